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

from reflection.stats.columns import FREE_MARK, Feature
from reflection.stats.empirical_bayes import Effects, Fit
from reflection.stats.false_discovery import Discoveries
from reflection.stats.gaussian_posterior import INTERCEPT_SD
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

    A level's contrast c is its own column and its steps, less the mean of all levels' steps; its prior variance is
    c'Pc, and that is divided out as of every effect (``Fit.estimate``).
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
    tau = np.append(fit.tau, INTERCEPT_SD)[layout.group_index]
    prior = contrasts**2 @ (layout.prior_share * tau**2)
    variance = np.maximum(np.einsum("ij,jk,ik->i", contrasts, fit.covariance.astype(np.float64), contrasts), 0.0)
    kept = np.maximum(1.0 - variance / np.maximum(prior, 1e-12), 1e-9)
    identifiable = layout.identifiable[levels]
    estimate, error = fit.estimate.copy(), fit.error.copy()
    estimate[levels] = np.where(identifiable, contrasts @ fit.mean / kept, 0.0)
    error[levels] = np.where(identifiable, np.sqrt(variance / kept), 1e3)
    return replace(fit, estimate=estimate, error=error)


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
