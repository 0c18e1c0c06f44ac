"""Which pairs of signals a fit looks at, and their columns: what two do together that neither does alone.

Two kinds, by rules that see which campaigns had what, and never what came of it:

- A name (an audience, a creative) that ran on several platforms has an effect in common, and what differs on each.
  Tools give ids of their own, and the same video need not do alike everywhere: the model pools them, not the key.
- An audience (its name, or an attribute) with a creative (its id, type or attribute), and a platform with an attribute
  of either. Of a group at most `MOST_LEVELS` signals take part, each seen in `LEAST_CAMPAIGNS` real campaigns; a group
  takes part with two; two groups are crossed where their pairs were seen in `LEAST_PER_PAIR` real campaigns each on
  average. Of those, audiences with creatives first and the ones with fewest pairs first, `MOST_KINDS` with at most
  `MOST_PAIRS` pairs together. A pair of them that no campaign had is unknown, and not none.

Platforms with creative types and with ages are part of each campaign's evidence already (`signals.INTERACTIONS`). Must
not know how effects are estimated.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import product
from typing import Any

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
"""Names that are looked at for platforms, those with most campaigns."""

NAMES = (signals.AUDIENCE, signals.CREATIVE)


@dataclass(frozen=True, slots=True)
class PairChoice:
    """The pairs that a fit looks at, by key: names on platforms, and every pair of the kinds that are looked at."""

    names: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()

    @property
    def keys(self) -> tuple[str, ...]:
        """All of them, each once."""
        return tuple(dict.fromkeys((*self.names, *self.kinds)))


def choose(
    columns: Mapping[str, int], matrix: sparse.csr_array, real: NDArray[np.int64], aliases: Collection[str] = ()
) -> PairChoice:
    """Choose the pairs by what campaigns had.

    Args:
        columns: signal key -> its column.
        matrix: shares, (cells, columns).
        real: number of the real campaign of each cell.
        aliases: signals that another one stands for: no kind of pair is made of them.
    """
    chooser = _Chooser(columns, matrix, np.unique(real, return_inverse=True)[1].astype(np.int64), aliases)
    return PairChoice(tuple(chooser.names()), tuple(chooser.kinds()))


def pair_shares(keys: Sequence[str], columns: Mapping[str, int], matrix: sparse.csr_array) -> sparse.csc_array:
    """Share of each pair in each cell, the product of those of its two signals, CSC (cells, pairs)."""
    parts = [[part.key for part in signals.parse(key).parts] for key in keys]
    sides = [
        sparse.csc_array(matrix[:, np.array([columns[part[side]] for part in parts], dtype=np.intp)]) for side in (0, 1)
    ]
    return sparse.csc_array(sides[0].multiply(sides[1]))


def units_having(matrix: sparse.csr_array, unit: NDArray[np.integer[Any]]) -> NDArray[np.int64]:
    """How many units have each column of a matrix, (columns,); `unit` is the number of each row's, from 0 on."""
    size = int(unit.max(initial=0)) + 1
    both = np.sort(matrix.indices.astype(np.int64) * size + np.repeat(unit, np.diff(matrix.indptr)))
    first = np.diff(both, prepend=-1) > 0  # sorting so many takes a tenth of the time of NumPy's `unique`, which hashes
    return np.bincount(both[first] // size, minlength=matrix.shape[1])


@dataclass(frozen=True, eq=False)
class _Chooser:
    """The cells of a table by signal; `unit` is the number of each cell's real campaign, from 0 on."""

    columns: Mapping[str, int]
    matrix: sparse.csr_array
    unit: NDArray[np.int64]
    aliases: Collection[str]

    def names(self) -> Iterator[str]:
        """Names on each of their platforms, of those that ran on several."""
        platforms, campaigns = self._of_group(signals.PLATFORM), self._campaigns_with
        for group in NAMES:
            names = sorted(self._of_group(group), key=lambda key: (-int(campaigns[self.columns[key]]), key))
            names = names[:MOST_CANDIDATES]
            ran = (self._shares(names).T @ self._shares(platforms)).toarray() > 0
            ways = np.where(ran.sum(axis=1) > 1, ran.sum(axis=1), 0)
            affordable = (ways > 0) & (np.cumsum(ways) <= MOST_NAMES)
            for place in np.flatnonzero(affordable).tolist():
                yield from (_pair(platforms[where], names[place]) for where in np.flatnonzero(ran[place]).tolist())

    def kinds(self) -> Iterator[str]:
        """Every pair of the kinds that are looked at."""
        count = pairs = 0
        for keys in self._candidates():
            if count < MOST_KINDS and pairs + len(keys) <= MOST_PAIRS and self._enough(keys):
                count, pairs = count + 1, pairs + len(keys)
                yield from keys

    def _enough(self, keys: Sequence[str]) -> bool:
        made = sparse.csr_array(pair_shares(keys, self.columns, self.matrix))
        return bool(units_having(made, self.unit).sum() >= LEAST_PER_PAIR * len(keys))

    def _candidates(self) -> list[list[str]]:
        """The pairs of every kind there could be, in the order in which they are chosen."""
        campaigns = self._campaigns_with
        groups = sorted({signals.parse(key).group for key in self.columns})
        sides = {group: levels for group in groups if len(levels := self._levels(group, campaigns)) > 1}
        of_audience, of_creative = ([g for g in sides if g == own or g.startswith(f"{own}.")] for own in NAMES)
        kinds = [*product(of_audience, of_creative)]
        kinds += [
            (signals.PLATFORM, group)
            for group in (*of_audience, *of_creative)
            if group not in NAMES and (signals.PLATFORM, group) not in signals.INTERACTIONS
        ]
        crossed = [[_pair(a, b) for a, b in product(sides[x], sides[y])] for x, y in kinds if x in sides]
        return sorted(crossed, key=lambda keys: (keys[0].startswith(signals.PLATFORM), len(keys)))

    def _levels(self, group: str, campaigns: NDArray[np.int64]) -> list[str]:
        """The signals of a group that take part."""
        own = [
            key
            for key in self._of_group(group)
            if campaigns[self.columns[key]] >= LEAST_CAMPAIGNS
            and not signals.is_unstated(key)
            and (group == signals.PLATFORM or key not in self.aliases)
        ]
        return sorted(sorted(own, key=lambda key: (-int(campaigns[self.columns[key]]), key))[:MOST_LEVELS])

    def _of_group(self, group: str) -> list[str]:
        return sorted(key for key in self.columns if key.startswith(f"{group}:"))

    def _shares(self, keys: Sequence[str]) -> sparse.csc_array:
        return sparse.csc_array(self.matrix[:, np.array([self.columns[key] for key in keys], dtype=np.intp)])

    @cached_property
    def _campaigns_with(self) -> NDArray[np.int64]:
        """Real campaigns with each signal, (columns,)."""
        return units_having(self.matrix, self.unit)


def _pair(first: str, second: str) -> str:
    return signals.crossed(signals.parse(first), signals.parse(second)).key
