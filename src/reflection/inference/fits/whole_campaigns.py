"""What a campaign's total lies above the mean of its ads' logs: what its own level is when it is foretold as a whole.

A fit reads an ad, a large one or a small one, as one witness of what its signals do; a total adds up what was shown,
most of it where it is cheap or sells. A campaign that goes on is shown as before, so its own past totals say what its
next one will be. Works on the cells of a partition. Must not know which metric it is, nor how own levels are estimated.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np

from reflection.inference.evidence.campaign_columns import Floats, Ints
from reflection.stats.sums.design import GRID, WORKING_WITHIN_SD, quantised
from reflection.stats.sums.observations import Observations


@dataclass(frozen=True, eq=False)
class CellLevels:
    """What is expected and was counted of each of n cells, (n,) each.

    Attributes:
        predictor: expected log rate, as the design has it; `offset`: what a sum has beyond that.
        above, below: what was counted of numerator and denominator, the latter times the reference.
        events: expected events, of which a log's variance is the inverse; infinite of what is known exactly.
    """

    predictor: Floats
    offset: Floats
    above: Floats
    below: Floats
    events: Floats


@dataclass(frozen=True, eq=False)
class AboveMean:
    """What the totals of each of n units lie above the mean of its rows' logs, (n,) each.

    Attributes:
        expected: by the fit. beyond: what they did beyond that; as uncertain as what is peculiar to a unit.
        squares: of its rows' own from the unit's, summed; `free`: how many of them are free.
    """

    expected: Floats
    beyond: Floats
    squares: Floats
    free: Floats

    @classmethod
    def none(cls, count: int) -> "AboveMean":
        """Of units that are not foretold from their own past."""
        return cls(*np.zeros((4, count)))

    @classmethod
    def joined(cls, parts: Sequence["AboveMean"]) -> "AboveMean":
        """Of the units of several partitions, one after the other."""
        return cls(*(np.concatenate([getattr(part, field.name) for part in parts]) for field in fields(cls)))

    def take(self, at: Ints) -> "AboveMean":
        """Of some units."""
        return AboveMean(*(getattr(self, field.name)[at] for field in fields(self)))

    @property
    def variance(self) -> float:
        """Of a row's total from the next one's, beyond that of the mean of logs; 0 where no unit repeats."""
        free = float(self.free.sum())
        return float(self.squares.sum()) / free if free else 0.0


def above_mean_of_logs(
    cells: CellLevels, observations: Observations, campaign: Ints, unit: Ints, *, half: float
) -> AboveMean:
    """What the totals of each unit lie above the mean of its rows' logs, on the grid of evidence.

    Args:
        campaign: of each cell. unit: of each campaign, among at most as many units as campaigns.
        half: what is added to a count before its log is taken.
    """
    rows = np.flatnonzero(observations.observed)
    owner, count = campaign[rows], len(unit)

    def summed(values: Floats) -> Floats:
        return np.asarray(np.bincount(owner, values, minlength=count))

    precision = 1.0 / (observations.v[rows] + WORKING_WITHIN_SD**2)
    linear, below = cells.predictor[rows], cells.below[rows]
    number, weight = summed(np.ones(len(rows))), np.maximum(summed(precision), 1e-300)
    mean = summed(precision * linear) / weight
    beyond = summed(precision * (observations.y[rows] - linear)) / weight
    foretold = summed(below * np.exp(linear + cells.offset[rows]))
    has_rows = number > 0
    rate = np.where(has_rows, np.log(np.maximum(foretold, 1e-300) / np.maximum(summed(below), 1e-300)), 0.0)
    did = np.log(
        (summed(cells.above[rows]) + half) / np.maximum(foretold + half, 1e-300), where=has_rows, out=np.zeros(count)
    )
    variance = 1.0 / (summed(cells.events[rows]) + 0.5)
    trust = np.where(has_rows, 1.0 / (variance + WORKING_WITHIN_SD**2), 0.0)
    return _of_units(np.where(has_rows, rate - mean, 0.0), np.where(number > 1, did - beyond, 0.0), trust, unit)


def _of_units(expected: Floats, beyond: Floats, trust: Floats, unit: Ints) -> AboveMean:
    """Weighted means over the rows of each unit, and how far these lie from them; rows without trust say nothing."""
    count = len(unit)
    whole = np.maximum(np.bincount(unit, trust, minlength=count), 1e-300)
    expected, beyond = _on_grid(expected), _on_grid(beyond)
    means = [np.bincount(unit, trust * own, minlength=count) / whole for own in (expected, beyond)]
    has_rows = trust > 0
    squares = np.where(has_rows, (expected + beyond - (means[0] + means[1])[unit]) ** 2, 0.0)
    rows = np.bincount(unit, has_rows, minlength=count)
    of_unit = np.bincount(unit, squares, minlength=count).astype(np.float64)
    return AboveMean(_on_grid(means[0]), _on_grid(means[1]), _on_grid(of_unit), np.maximum(rows - 1.0, 0.0))


def _on_grid(values: Floats) -> Floats:
    return np.asarray(quantised(values) / GRID, dtype=np.float64)
