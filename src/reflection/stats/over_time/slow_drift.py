"""Slow movement read back: what a level moved against the others since when, and what goes with its age.

A step in a straight line says little by itself, so what is judged (and told) of a walk of ramps is all that moved from
the beginning of each until the end; of a slope, its pace. This file must not know dates.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from reflection.stats.honesty.false_discovery import Discoveries
from reflection.stats.over_time.drift import STEP_MARK, drift_group, judged_contrasts
from reflection.stats.posterior.empirical_bayes import Effects, Fit
from reflection.stats.quantiles import limits
from reflection.stats.sums.columns import Feature, Layout

Floats = NDArray[np.float64]


def judged_since(fit: Fit, group: str) -> Fit:
    """Return the fit with the de-shrunk steps of ``group`` as what moved from the beginning of each until the end,
    against the other levels (:func:`since`): what is told of a slow walk is what has to be judged.
    """
    columns = list(fit.layout.columns_in(drift_group(group)))
    return judged_contrasts(fit, columns, _moves(fit.layout, columns)) if columns else fit


def paces(layout: Layout, group: str, along: Feature) -> tuple[list[int], Floats]:
    """Columns of the slopes of ``group`` and each one's pace as a contrast, (columns, p): with what ``along`` does to
    all.
    """
    columns = list(layout.columns_in(drift_group(group)))
    contrasts = np.zeros((len(columns), len(layout)))
    contrasts[:, columns] = np.eye(len(columns))
    shared = layout.column(along)
    if shared is not None:
        contrasts[:, shared] = 1.0
    return columns, contrasts


def judged_along(fit: Fit, group: str, along: Feature) -> Fit:
    """Return the fit with the de-shrunk slopes of ``group`` as their :func:`paces`: what is told has to be judged."""
    columns, contrasts = paces(fit.layout, group, along)
    return judged_contrasts(fit, columns, contrasts) if columns else fit


def _moves(layout: Layout, columns: list[int]) -> Floats:
    """What each level moved from the beginning of each step until the end, against the mean level, (columns, p)."""
    level, bucket = zip(*(layout.features[i].level.rpartition(STEP_MARK)[::2] for i in columns), strict=True)
    same = np.array(level)[:, None] == np.array(level)
    at = np.array(bucket)
    together = (at[:, None] == at).astype(np.float64)
    later = at[None, :] >= at[:, None]
    contrasts = np.zeros((len(columns), len(layout)))
    contrasts[:, columns] = (same & later) @ (np.eye(len(columns)) - together / together.sum(axis=1))
    return contrasts


@dataclass(frozen=True, eq=False)
class Movement:
    """What one level moved against the others of its group, log scale, with 90 % limits.

    ``bucket``: since when (its beginning). ``change``, ``low``, ``high``: until the end. ``last``: in the last bucket,
    with ``last_low`` and ``last_high``. ``rate``: false-sign rate; ``onwards``: probability that it went on in the last
    bucket in the direction of the change.
    """

    bucket: int
    change: float
    low: float
    high: float
    last: float
    last_low: float
    last_high: float
    rate: float
    onwards: float


def since(effects: Effects, group: str, discoveries: Discoveries) -> dict[str, Movement]:
    """What the levels moved whose walk is a discovery, by level: since the beginning that is surest.

    ``discoveries``: of a fit judged by :func:`judged_since`.
    """
    columns = list(effects.layout.columns_in(drift_group(group)))
    best: dict[str, int] = {}
    for place, column in enumerate(columns):
        level = effects.layout.features[column].level.rpartition(STEP_MARK)[0]
        rate = discoveries.lfsr[column]
        if discoveries.selected[column] and (level not in best or rate < discoveries.lfsr[columns[best[level]]]):
            best[level] = place
    moves = _moves(effects.layout, columns) if best else np.empty((0, 0))
    return {level: _movement(effects, columns, moves, place, discoveries) for level, place in sorted(best.items())}


def _movement(effects: Effects, columns: list[int], moves: Floats, place: int, discoveries: Discoveries) -> Movement:
    level, _, bucket = effects.layout.features[columns[place]].level.rpartition(STEP_MARK)
    last = max(i for i, c in enumerate(columns) if effects.layout.features[c].level.rpartition(STEP_MARK)[0] == level)
    contrasts = moves[[place, last]]
    draws, mean = contrasts @ effects.draws.astype(np.float64), contrasts @ effects.mean
    low, high = limits(draws)
    sign = 1.0 if mean[0] >= 0 else -1.0
    wrong = float((sign * draws[0] <= 0).mean())
    return Movement(
        bucket=int(bucket), change=float(mean[0]), low=float(low[0]), high=float(high[0]), last=float(mean[1]),
        last_low=float(low[1]), last_high=float(high[1]), rate=max(float(discoveries.lfsr[columns[place]]), wrong),
        onwards=float((sign * draws[1] > 0).mean()),
    )  # fmt: skip
