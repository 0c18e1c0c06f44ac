"""Which pairs of signals a fit looks at, and their columns: what two do together that neither does alone.

Two kinds, by rules that see which campaigns had what, and never what came of it:

- A name (an audience, a creative) that ran on several platforms has an effect in common, and what differs on each. Tools
  give ids of their own, and the same video need not do alike everywhere: the model pools them, not the key.
- An audience (its name, or an attribute) with a creative (its id, type or attribute), and a platform with an attribute
  of either. Of a group at most `MOST_LEVELS` signals take part, each seen in `LEAST_CAMPAIGNS` real campaigns; a group
  takes part with two; two groups are crossed where their pairs were seen in `LEAST_PER_PAIR` real campaigns each on
  average. Of those, audiences with creatives first and the ones with fewest pairs first, `MOST_KINDS` with at most
  `MOST_PAIRS` pairs together.

Platforms with creative types and with ages are part of each campaign's evidence already (`signals.INTERACTIONS`). Must
not know how effects are estimated.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from reflection.domain import signals

LEAST_CAMPAIGNS = 5
"""Real campaigns with either signal of a pair."""

LEAST_PER_PAIR = 4
"""Real campaigns with each pair of a kind, on average."""

MOST_LEVELS = 8
MOST_KINDS = 4
MOST_PAIRS = 48
"""Columns of pairs, for the time of a fit."""

MOST_NAMES = 60
"""Columns of audiences on platforms, and of creatives, of those with most campaigns."""

MOST_CANDIDATES = 1_000

NAMES = (signals.AUDIENCE, signals.CREATIVE)


@dataclass(frozen=True, eq=False)
class _Side:
    """Some signals of one group: their keys, columns and shares, CSC (cells, signals)."""

    keys: list[str]
    shares: sparse.csc_array


class Cells:
    """The cells of a table by signal.

    Args:
        columns: signal key -> its column.
        matrix: shares, CSR (cells, columns).
        real: number of the real campaign of each cell.
        aliases: signals that another one stands for: no kind of pair is made of them.
    """

    def __init__(
        self,
        columns: Mapping[str, int],
        matrix: sparse.csr_array,
        real: NDArray[np.int64],
        aliases: Collection[str] = (),
    ) -> None:
        self._columns, self._matrix, self._aliases = columns, matrix, aliases
        self._unit = np.unique(real, return_inverse=True)[1].astype(np.int64)
        self._seen = self._campaigns(matrix)
        self._groups: dict[str, list[str]] = {}
        for key in sorted(columns):
            self._groups.setdefault(signals.parse(key).group, []).append(key)

    def with_pairs(self) -> tuple[dict[str, int], sparse.csr_array, tuple[str, ...]]:
        """The columns, and one more for each pair that is looked at; and every pair of those kinds, seen or not."""
        kinds = list(self._kinds())
        crossed = [*self._names_apart(), *(_crossed(first, second) for first, second in kinds)]
        keys = [key for side in crossed for key in side.keys]
        if not keys:
            return dict(self._columns), self._matrix, ()
        wider = {**self._columns, **{key: self._matrix.shape[1] + place for place, key in enumerate(keys)}}
        every = (_pair(a, b) for first, second in kinds for a, b in product(first.keys, second.keys))
        matrix = sparse.hstack([self._matrix, *(side.shares for side in crossed)], format="csr")
        return wider, sparse.csr_array(matrix), tuple(every)

    def _names_apart(self) -> Iterator[_Side]:
        """Names on each of their platforms, of those that ran on several."""
        platforms = self._side(self._groups.get(signals.PLATFORM, []))
        for group in NAMES:
            names = self._side(sorted(self._groups.get(group, []), key=self._most_seen)[:MOST_CANDIDATES])
            ran = (names.shares.T @ platforms.shares).toarray() > 0
            ways = np.where(ran.sum(axis=1) > 1, ran.sum(axis=1), 0)
            kept = (ways > 0) & (np.cumsum(ways) <= MOST_NAMES)
            yield _crossed(platforms, names, ran.T & kept)

    def _kinds(self) -> Iterator[tuple[_Side, _Side]]:
        """The kinds of pairs that are looked at, by their sides."""
        count = pairs = 0
        for size, first, second in self._candidates():
            if count < MOST_KINDS and pairs + size <= MOST_PAIRS and self._enough(first, second):
                count, pairs = count + 1, pairs + size
                yield first, second

    def _enough(self, first: _Side, second: _Side) -> bool:
        seen = self._campaigns(sparse.csr_array(_crossed(first, second).shares))
        return bool(seen.sum() >= LEAST_PER_PAIR * len(first.keys) * len(second.keys))

    def _candidates(self) -> list[tuple[int, _Side, _Side]]:
        """Every kind of pair there could be: how many pairs, and its sides; in the order in which they are chosen."""
        sides = {group: side for group in sorted(self._groups) if len((side := self._levels(group)).keys) > 1}
        of_audience, of_creative = ([g for g in sides if g == own or g.startswith(f"{own}.")] for own in NAMES)
        kinds = [*product(of_audience, of_creative)]
        kinds += [
            (signals.PLATFORM, group)
            for group in (*of_audience, *of_creative)
            if group not in NAMES and (signals.PLATFORM, group) not in signals.INTERACTIONS
        ]
        sized = [(len(sides[a].keys) * len(sides[b].keys), sides[a], sides[b]) for a, b in kinds if a in sides]
        return sorted(sized, key=lambda one: (one[1] is sides.get(signals.PLATFORM), one[0]))

    def _levels(self, group: str) -> _Side:
        """The signals of a group that take part."""
        enough = [key for key in self._groups[group] if self._seen[self._columns[key]] >= LEAST_CAMPAIGNS]
        stated = [key for key in enough if not signals.is_unstated(key)]
        own = [key for key in stated if group == signals.PLATFORM or key not in self._aliases]
        return self._side(sorted(sorted(own, key=self._most_seen)[:MOST_LEVELS]))

    def _most_seen(self, key: str) -> tuple[int, str]:
        return -int(self._seen[self._columns[key]]), key

    def _side(self, keys: list[str]) -> _Side:
        places = np.array([self._columns[key] for key in keys], dtype=np.intp)
        return _Side(keys, sparse.csc_array(self._matrix[:, places]))

    def _campaigns(self, matrix: sparse.csr_array) -> NDArray[np.int64]:
        """Real campaigns with each column, (columns,)."""
        size = int(self._unit.max(initial=0)) + 1
        row = np.repeat(self._unit, np.diff(matrix.indptr))
        both = np.unique(matrix.indices.astype(np.int64) * size + row)
        return np.bincount(both // size, minlength=matrix.shape[1])


def _crossed(first: _Side, second: _Side, chosen: NDArray[np.bool_] | None = None) -> _Side:
    """The pairs of two sides that occurred, or some of them, (first, second)."""
    keys, parts = [], []
    for i, a in enumerate(first.keys):
        some = np.arange(len(second.keys)) if chosen is None else np.flatnonzero(chosen[i])
        both = sparse.csc_array(second.shares[:, some].multiply(first.shares[:, [i]]))
        occurred = np.flatnonzero(np.diff(both.indptr))
        keys += [_pair(a, second.keys[some[j]]) for j in occurred]
        parts.append(both[:, occurred])
    if not keys:
        return _Side([], sparse.csc_array((first.shares.shape[0], 0)))
    return _Side(keys, sparse.csc_array(sparse.hstack(parts, format="csc")))


def _pair(first: str, second: str) -> str:
    return signals.crossed(signals.parse(first), signals.parse(second)).key
