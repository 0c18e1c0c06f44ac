"""Effects that move over time, as ordinary columns.

A random walk over time buckets is coded by step features 1{level = p and bucket >= k} in a free group of
their own, whose standard deviation is learnt like any other (LEARNING 3). Steps are additive and order-free,
so old rows never change when time goes on. This file turns (level, bucket) into columns and fitted columns
back into paths; it must not know dates.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from reflection.stats.columns import FREE_MARK, Feature, Layout
from reflection.stats.empirical_bayes import UNKNOWN, Effects, Fit
from reflection.stats.false_discovery import Discoveries
from reflection.stats.gaussian_posterior import INTERCEPT_SD
from reflection.stats.movement import Steps
from reflection.stats.quantiles import limits

Floats = NDArray[np.float64]

_GROUP = f"{FREE_MARK}drift."
_AT = "@"
_DIGITS = 5


@dataclass(frozen=True, eq=False)
class Path:
    """The effect of one level over consecutive buckets, log scale, against its level's effect before the
    first step.

    ``buckets``: (T,). ``mean``, ``low``, ``high``: with 90 % limits, (T,); the first bucket is 0 by
    definition. ``changes``: buckets at which the step is a finding; ``rates``: their false-sign rates.
    """

    buckets: NDArray[np.intp]
    mean: Floats
    low: Floats
    high: Floats
    changes: tuple[int, ...]
    rates: tuple[float, ...]


def drift_group(group: str) -> str:
    """Return the free group that holds the steps of ``group``."""
    return _GROUP + group


def is_walk(group: str) -> bool:
    """Whether a group holds the steps of another."""
    return group.startswith(_GROUP)


def walking(layout: Layout) -> tuple[str, ...]:
    """Groups whose levels have steps in a layout, sorted."""
    return tuple(group.removeprefix(_GROUP) for group in layout.groups if is_walk(group))


def steps_of(layout: Layout, group: str, *, relative: bool) -> Steps:
    """The steps of a group in a layout, see :class:`~reflection.stats.movement.Steps`."""
    columns = [i for i, feature in enumerate(layout.features) if feature.group == drift_group(group)]
    bucket = [int(layout.features[i].level.rpartition(_AT)[2]) for i in columns]
    return Steps(np.array(columns, dtype=np.intp), np.array(bucket, dtype=np.intp), relative)


@lru_cache(maxsize=16_384)
def step_feature(group: str, level: str, bucket: int) -> Feature:
    """Return the column of the step that ``level`` makes when ``bucket`` begins."""
    return Feature(drift_group(group), f"{level}{_AT}{bucket:0{_DIGITS}d}")


def steps(group: str, level: str, bucket: int, share: float = 1.0, first: int = 0) -> dict[Feature, float]:
    """Return the step columns of a row in time bucket ``bucket`` (>= ``first``): one for each bucket begun
    since ``first``.

    ``share``: the row's membership of the level. ``first``: the earliest bucket of the workspace; fixed, or
    rows would change.
    """
    return {step_feature(group, level, k): share for k in range(first + 1, bucket + 1)}


def path(effects: Effects, group: str, level: str, discoveries: Discoveries | None = None) -> Path | None:
    """Read back the path of a level, or None when the layout has no step of it."""
    walks = []
    for column, feature in enumerate(effects.layout.features):
        name, mark, bucket = feature.level.rpartition(_AT)
        if feature.group == drift_group(group) and mark and name == level:
            walks.append((int(bucket), column))
    if not walks:
        return None
    begun, columns = np.array(sorted(walks)).T
    walk = np.cumsum(effects.draws[columns].astype(np.float64), axis=0)
    low, high = limits(walk)
    chosen = discoveries.selected[columns] if discoveries else np.zeros(len(columns), dtype=np.bool_)
    return Path(
        buckets=np.concatenate([[begun[0] - 1], begun]),
        mean=np.concatenate([[0.0], np.cumsum(effects.mean[columns])]),
        low=np.concatenate([[0.0], low]),
        high=np.concatenate([[0.0], high]),
        changes=tuple(begun[chosen].tolist()),
        rates=tuple(discoveries.lfsr[columns[chosen]].tolist()) if discoveries else (),
    )


def at_present(effects: Effects, group: str) -> Effects:
    """Return the effects at the end of the walks of ``group``: what holds now instead of before the first
    step.

    Each level gains its walk's end minus the mean end over the group's levels, and the intercept gains
    that mean: every prediction for the last bucket stays the same, and the effects still sum to zero.
    """
    features = effects.layout.features
    levels = [i for i, feature in enumerate(features) if feature.group == group]
    ends = [_step_columns(effects, group, features[i].level) for i in levels]
    if not any(len(columns) for columns in ends):
        return effects
    changed = [0, *levels]
    walks = np.array([effects.draws[columns].astype(np.float64).sum(axis=0) for columns in ends])
    ends_at = np.array([effects.mean[columns].sum() for columns in ends])
    moved = np.concatenate([[walks.mean(axis=0)], walks - walks.mean(axis=0)]) + effects.draws[changed]
    mean, sd, low, high = (part.copy() for part in (effects.mean, effects.sd, effects.low, effects.high))
    draws = effects.draws.copy()
    mean[changed] += np.append(ends_at.mean(), ends_at - ends_at.mean())
    sd[changed], draws[changed] = moved.std(axis=1), moved
    low[changed], high[changed] = limits(moved)
    return Effects(effects.layout, mean, sd, low, high, draws)


def judged_at_present(fit: Fit, group: str) -> Fit:
    """Return the fit with the de-shrunk effects of ``group`` at the end of its walks: what :func:`at_present` tells is
    what has to be judged.

    A level's contrast is its own column and its steps, less the mean of all levels' steps.
    """
    layout = fit.layout
    levels = [i for i, feature in enumerate(layout.features) if feature.group == group]
    steps = [_step_columns(fit, group, layout.features[i].level) for i in levels]
    if not any(steps):
        return fit
    contrasts = np.zeros((len(levels), len(layout)))
    for row, columns in zip(contrasts, steps, strict=True):
        row[columns] = 1.0
    contrasts -= contrasts.mean(axis=0)
    contrasts[np.arange(len(levels)), levels] = 1.0
    return _judged(fit, levels, contrasts)


def judged_since(fit: Fit, group: str) -> Fit:
    """Return the fit with the de-shrunk steps of ``group`` as what moved from the beginning of each until the end,
    against the other levels (:func:`since`): what is told of a slow walk is what has to be judged.
    """
    columns = [i for i, feature in enumerate(fit.layout.features) if feature.group == drift_group(group)]
    return _judged(fit, columns, _moves(fit.layout, columns)) if columns else fit


def _judged(fit: Fit, columns: list[int], contrasts: Floats) -> Fit:
    """The fit with contrasts c, (columns, p), in the place of the de-shrunk effects of columns: a contrast's prior
    variance is c'Pc, and that is divided out as of every effect (``Fit.estimate``).
    """
    layout = fit.layout
    tau = np.append(fit.tau, INTERCEPT_SD)[layout.group_index]
    prior = contrasts**2 @ (layout.prior_share * tau**2)
    variance = np.maximum(np.einsum("ij,jk,ik->i", contrasts, fit.covariance.astype(np.float64), contrasts), 0.0)
    kept = np.maximum(1.0 - variance / np.maximum(prior, 1e-12), 1e-9)
    identifiable = layout.identifiable[columns] & (prior > 0)
    estimate, error = fit.estimate.copy(), fit.error.copy()
    estimate[columns] = np.where(identifiable, contrasts @ fit.mean / kept, 0.0)
    error[columns] = np.where(identifiable, np.sqrt(variance / kept), UNKNOWN)
    return replace(fit, estimate=estimate, error=error)


def _moves(layout: Layout, columns: list[int]) -> Floats:
    """What each level moved from the beginning of each step until the end, against the mean level, (columns, p)."""
    level, bucket = zip(*(layout.features[i].level.rpartition(_AT)[::2] for i in columns), strict=True)
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
    columns = [i for i, feature in enumerate(effects.layout.features) if feature.group == drift_group(group)]
    best: dict[str, int] = {}
    for place, column in enumerate(columns):
        level = effects.layout.features[column].level.rpartition(_AT)[0]
        rate = discoveries.lfsr[column]
        if discoveries.selected[column] and (level not in best or rate < discoveries.lfsr[columns[best[level]]]):
            best[level] = place
    moves = _moves(effects.layout, columns) if best else np.empty((0, 0))
    return {level: _movement(effects, columns, moves, place, discoveries) for level, place in sorted(best.items())}


def _movement(effects: Effects, columns: list[int], moves: Floats, place: int, discoveries: Discoveries) -> Movement:
    level, _, bucket = effects.layout.features[columns[place]].level.rpartition(_AT)
    last = max(i for i, c in enumerate(columns) if effects.layout.features[c].level.rpartition(_AT)[0] == level)
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


def _step_columns(effects: Effects, group: str, level: str) -> list[int]:
    prefix = f"{level}{_AT}"
    return [
        column
        for column, feature in enumerate(effects.layout.features)
        if feature.group == drift_group(group) and feature.level.startswith(prefix)
    ]


def change(effects: Effects, group: str, level: str, since: int) -> tuple[float, float, float]:
    """Return how far a level has moved after bucket ``since``: posterior mean and 90 % limits, log scale."""
    columns = _columns_after(effects, group, level, since)
    walk = effects.draws[columns].astype(np.float64).sum(axis=0)
    low, high = limits(walk[None])
    return float(effects.mean[columns].sum()), float(low[0]), float(high[0])


def probability_of_sign(effects: Effects, group: str, level: str, since: int) -> float:
    """Return the posterior probability that the move after bucket ``since`` has the sign of its mean."""
    walk = effects.draws[_columns_after(effects, group, level, since)].astype(np.float64).sum(axis=0)
    above = float((walk > 0).mean())
    return max(above, 1 - above)


def _columns_after(effects: Effects, group: str, level: str, since: int) -> list[int]:
    features = effects.layout.features
    return [i for i in _step_columns(effects, group, level) if int(features[i].level.rpartition(_AT)[2]) > since]
