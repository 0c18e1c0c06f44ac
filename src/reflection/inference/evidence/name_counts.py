"""How many campaigns have each name, counted by hash: which names a fit keeps where there are too many to hold.

Names take memory and time as soon as they are read, whatever a fit makes of them afterwards. So they are counted while
the evidence is read, by counters whose number is the same however many names there are; counts of partitions add up,
and no order leaves a trace. Up to `MOST_NAMES` different ones, and up to `MOST_HELD` of all campaigns together,
nothing else happens. Of more, the evidence is read again with the names of the most campaigns alone (`KEPT`, four times
as many as have effects of their own); a rare name that shares the counter of a common one is kept with it.

Must not know what is counted of campaigns, nor how effects are estimated.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Set
from dataclasses import dataclass, field, replace
from functools import lru_cache
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

from reflection.domain.evidence import Cell, Evidence

Ints = NDArray[np.int32]

MOST_NAMES = 20_000
"""Different names up to which all are held."""

MOST_HELD, HELD_A_CAMPAIGN = 10_000_000, 40
"""Names of all campaigns together that are held, a name as often as campaigns have it; or so many for each campaign."""

KEPT = 4_096
"""Counters whose names are kept where there are more."""

COUNTERS = 1 << 21
"""Counters there are: of rare names two in a thousand share theirs with a common one."""


@dataclass(frozen=True, eq=False)
class CommonNames:
    """The names that are held of too many: those of the fullest counters, and some whatever they are.

    Attributes:
        full: which counters these are, (COUNTERS,). always: names of experiments.
        others: how many names are not among them, at least: names that share a counter count as one.
    """

    full: NDArray[np.bool_]
    always: frozenset[str]
    others: int

    def __contains__(self, name: str) -> bool:
        return bool(self.full[_counter(name)]) or name in self.always

    def of(self, evidence: Iterable[Evidence]) -> Iterator[Evidence]:
        """Evidence with these names alone."""
        for item in evidence:
            common = {name for name in _names_of(item) if name in self}
            yield replace(item, cells=tuple(Cell(_only(common, cell.shares), cell.counts) for cell in item.cells))


@dataclass(frozen=True, eq=False)
class NameCounts:
    """Names by their hashes, as often as campaigns have them; those of partitions add up.

    Attributes:
        times: of each counter, (COUNTERS,). campaigns: how many were counted.
    """

    times: Ints = field(default_factory=lambda: np.zeros(COUNTERS, dtype=np.int32))
    campaigns: int = 0

    @classmethod
    def of(cls, names: Mapping[str, int], campaigns: int) -> "NameCounts":
        """By the names: how many of so many campaigns have each."""
        counts = cls(campaigns=campaigns)
        counters = np.array([_counter(name) for name in names], dtype=np.int64)
        np.add.at(counts.times, counters, np.array(list(names.values()), dtype=np.int32))
        return counts

    def __add__(self, other: "NameCounts") -> "NameCounts":
        return NameCounts(self.times + other.times, self.campaigns + other.campaigns)

    def common(self, always: Collection[str] = ()) -> CommonNames | None:
        """The names that are held, those of the fullest counters, of equally full ones the first; None where all are.

        Args:
            always: names that are held whatever they are.
        """
        names, most = int(np.count_nonzero(self.times)), most_held(self.campaigns)
        if names <= MOST_NAMES and int(self.times.sum(dtype=np.int64)) <= most:
            return None
        fullest = np.argsort(-self.times, kind="stable")[: min(KEPT, names)]
        full = np.zeros(COUNTERS, dtype=np.bool_)
        full[fullest[np.cumsum(self.times[fullest], dtype=np.int64) <= most]] = True
        return CommonNames(full, frozenset(always), names - int(full.sum()))


class NameCounter:
    """Evidence passed on as it is read, its names counted on the way.

    Attributes:
        cut: whether some was not passed on, because there are too many names to hold: it has to be read again.
    """

    def __init__(self, evidence: Iterable[Evidence]) -> None:
        self._evidence, self._names = evidence, Counter[str]()
        self._counts: NameCounts | None = None
        self._campaigns, self._entries = 0, 0
        self.cut = False

    def __iter__(self) -> Iterator[Evidence]:
        for item in self._evidence:
            own = _names_of(item)
            self._names.update(own)
            self._campaigns, self._entries = self._campaigns + 1, self._entries + len(own)
            if len(self._names) > 2 * MOST_NAMES:
                self._count()
                self.cut = True
            self.cut = self.cut or self._entries > most_held(self._campaigns)
            if not self.cut:
                yield item

    @property
    def counts(self) -> NameCounts:
        """Of what was read."""
        return replace(self._count(), campaigns=self._campaigns)

    def _count(self) -> NameCounts:
        """Put what was gathered into the counters."""
        more = NameCounts.of(self._names, 0)
        self._names.clear()
        self._counts = more if self._counts is None else self._counts + more
        return self._counts


def _names_of(item: Evidence) -> Set[str]:
    """Every signal of a campaign."""
    if len(item.cells) == 1:
        return item.cells[0].shares.keys()
    return set[str]().union(*(cell.shares for cell in item.cells))


def most_held(campaigns: int) -> int:
    """How many names of so many campaigns together are held, a name as often as campaigns have it."""
    return max(MOST_HELD, HELD_A_CAMPAIGN * campaigns)


@lru_cache(maxsize=16_384)
def _counter(name: str) -> int:
    """The counter of a name."""
    return int.from_bytes(blake2b(name.encode(), digest_size=8).digest(), "little") % COUNTERS


def _only(common: Set[str], shares: Mapping[str, float]) -> Mapping[str, float]:
    return shares if common >= shares.keys() else {name: share for name, share in shares.items() if name in common}
