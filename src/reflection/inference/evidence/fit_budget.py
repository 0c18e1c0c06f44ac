"""What one fit may be made of, and which part of the evidence stands for all where there is more.

The cost of a fit grows with the cube of its columns and, within campaigns that give a breakdown, with cells times
signals: neither is bounded by bytes. Three rules bound it; each is a function of the set of campaigns alone, so that
no order of arrival and no partition changes a bit:

- **Cells.** Of a campaign whose cells times signals exceed a level, the cells with the most impressions are learnt from
  (of equally many the first by what they say): which they are does not depend on what came of them. The level is one
  for all campaigns, the highest at which all together stay within `MOST_CONTRASTS`.
- **Signals.** Those of the most campaigns have effects; of equally many the more general, then the first by name. Names
  that a single campaign has tell of nothing but that campaign: they fill up to `SIGNALS`. Several goals share what one
  may cost.
- **Goals.** Those with the most money; campaigns of further goals are stored and compared, not learnt from.

A fit that left anything out says so (`LeftOut`). Must not know metrics, nor how effects are estimated.
"""

from array import array
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from reflection.domain.evidence import Cell
from reflection.inference.evidence.collinearity import generality

Ints = NDArray[np.int64]

OF_A_CAMPAIGN = 100_000
"""Cells times signals of one campaign: 1,000 cells with a hundred different signals among them."""

MOST_CONTRASTS = 4_000_000
"""Cells times signals of all campaigns with a breakdown together."""

SIGNALS, SIGNALS_A_CAMPAIGN, MOST_SIGNALS = 300, 4, 1_000
"""Signals with an effect of their own: so many, so many more for each campaign, and never more than the last."""

MOST_SHARES = 10_000_000
"""Memberships that are held while evidence is read; of more, the cells that no fit can be made of are forgotten."""

MOST_GOALS = 20
"""Goals that are learnt for: each is a fit."""


@dataclass(frozen=True, slots=True)
class LeftOut:
    """What a fit was not made of: signals without an effect (of many at least so many), cells of breakdowns, goals."""

    signals: int = 0
    cells: int = 0
    goals: int = 0

    def __bool__(self) -> bool:
        return bool(self.signals or self.cells or self.goals)

    def __add__(self, other: "LeftOut") -> "LeftOut":
        return LeftOut(self.signals + other.signals, self.cells + other.cells, self.goals + other.goals)

    def as_counts(self) -> dict[str, int]:
        """{signals, cells, goals} without zeros."""
        counts = {"signals": self.signals, "cells": self.cells, "goals": self.goals}
        return {name: count for name, count in counts.items() if count}


NOTHING_LEFT_OUT = LeftOut()


class CellRanks:
    """How large each cell is among those of its campaign, gathered campaign by campaign: 0 for the largest."""

    def __init__(self) -> None:
        self._rank, self._owner = array("q"), array("q")
        self._signals, self._cells = array("q"), array("q")

    def largest(self, cells: Sequence[Cell]) -> Sequence[Cell]:
        """The cells of the next campaign that any fit can be made of, in the order given; they are ranked."""
        owner = len(self._cells)
        self._cells.append(len(cells))
        if len(cells) == 1:
            self._rank.append(0)
            self._owner.append(owner)
            self._signals.append(len(cells[0].shares))
            return cells
        signals = len({key for cell in cells for key in cell.shares})
        order = sorted(range(len(cells)), key=lambda place: -(cells[place].counts.impressions or 0.0))
        places = sorted(order[: max(OF_A_CAMPAIGN // max(signals, 1), 1)])
        rank = {place: number for number, place in enumerate(order)}
        self._rank.extend(rank[place] for place in places)
        self._owner.extend([owner] * len(places))
        self._signals.append(signals)
        return [cells[place] for place in places]

    @property
    def owner(self) -> Ints:
        """The campaign of each ranked cell, by the order of arrival."""
        return np.array(self._owner, dtype=np.int64)

    @property
    def cells(self) -> Ints:
        """How many cells each campaign has in all, in the order of arrival."""
        return np.array(self._cells, dtype=np.int64)

    @property
    def contrasts(self) -> Ints:
        """How many campaigns with several cells have each number of cells times signals; what is more, is the last."""
        cells, signals = self.cells, np.array(self._signals, dtype=np.int64)
        several = np.minimum((cells * signals)[cells > 1], OF_A_CAMPAIGN)
        return np.bincount(several, minlength=OF_A_CAMPAIGN + 1)

    def within(self, level: int) -> NDArray[np.bool_]:
        """Which of the cells that were ranked a fit is made of, by the level of all partitions."""
        signals = np.array(self._signals, dtype=np.int64)
        most = np.maximum(level // np.maximum(signals, 1), 1)
        return np.asarray(np.array(self._rank, dtype=np.int64) < most[self.owner])

    def extended(self, other: "CellRanks", campaigns: Ints, cells: Ints) -> None:
        """Add some campaigns of another partition, ascending by their places there, and these cells of theirs."""
        number = np.full(len(other._cells), -1, dtype=np.int64)
        number[campaigns] = np.arange(len(self._cells), len(self._cells) + len(campaigns))
        self._owner.frombytes(number[other.owner[cells]].tobytes())
        self._rank.frombytes(np.array(other._rank, dtype=np.int64)[cells].tobytes())
        self._signals.frombytes(np.array(other._signals, dtype=np.int64)[campaigns].tobytes())
        self._cells.frombytes(other.cells[campaigns].tobytes())

    def forget(self, mask: NDArray[np.bool_]) -> None:
        """Keep the ranks of some cells only."""
        self._rank = array("q", np.array(self._rank, dtype=np.int64)[mask].tobytes())
        self._owner = array("q", self.owner[mask].tobytes())


def level_of(counts: Ints) -> int:
    """The highest level, at most `OF_A_CAMPAIGN`, at which all campaigns cut down to it stay within `MOST_CONTRASTS`.

    Args:
        counts: how many campaigns that have several cells have each number of cells times signals
            (`CellRanks.contrasts`, of all partitions).
    """
    size = np.flatnonzero(counts)
    counts = counts[size]
    smaller = np.cumsum(counts) - counts
    below, above = np.cumsum(counts * size) - counts * size, int(counts.sum()) - smaller
    room = (MOST_CONTRASTS - below) // np.maximum(above, 1)  # for those as large or larger, all smaller being whole
    full = np.flatnonzero(room < size)
    return OF_A_CAMPAIGN if not len(full) else max(int(room[full[0]]), 1)


def most_signals(campaigns: int, goals: int = 1) -> int:
    """How many signals have an effect of their own in a fit of so many campaigns.

    Args:
        goals: fits that are made of the workspace: together they cost no more than one of `MOST_SIGNALS`.
    """
    most = next(most for most in range(MOST_SIGNALS, 0, -1) if goals * most**3 <= MOST_SIGNALS**3)
    return min(SIGNALS + SIGNALS_A_CAMPAIGN * campaigns, most)


def common(
    keys: Sequence[str],
    aliases: Mapping[str, str],
    having: Ints,
    campaigns: int,
    tested: Collection[str] = (),
    goals: int = 1,
) -> tuple[list[str], dict[str, str]]:
    """Signals that get an effect of their own, and the aliases that share one; all of them where they are few.

    Args:
        aliases: signal key -> the key that stands for it, which is among the keys, too.
        having: how many campaigns have each signal. campaigns: how many there are.
        tested: signals of experiments, which come before all others. goals: as of `most_signals`.
    """
    most, alone = most_signals(campaigns, goals), [key for key in keys if key not in aliases]
    counts = dict(zip(keys, having.tolist(), strict=True))
    shared = sum(counts[key] > 1 or key in tested for key in alone)
    most = min(most, max(shared, SIGNALS))
    if len(alone) <= most and len(aliases) <= most:
        return alone, dict(aliases)

    def first(some: Iterable[str]) -> list[str]:
        return sorted(some, key=lambda key: (key not in tested, -counts[key], generality(key)))[:most]

    alone = first(alone)
    standing = set(alone)
    return alone, {key: aliases[key] for key in sorted(first(k for k, same in aliases.items() if same in standing))}
