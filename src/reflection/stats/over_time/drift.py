"""Effects that move over time, as ordinary columns.

A random walk over time buckets is coded by step features 1{level = p and bucket >= k} in a free group of
their own, whose standard deviation is learnt like any other (LEARNING 3). Steps are additive and order-free,
so old rows never change when time goes on. This file turns (level, bucket) into columns and fitted columns
back into paths; it must not know dates.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from reflection.stats.honesty.false_discovery import Discoveries
from reflection.stats.over_time.movement import Steps
from reflection.stats.posterior.empirical_bayes import UNKNOWN, Effects, Fit
from reflection.stats.posterior.gaussian_posterior import INTERCEPT_SD
from reflection.stats.quantiles import limits
from reflection.stats.sums.columns import FREE_MARK, Feature, Layout

Floats = NDArray[np.float64]

_GROUP = f"{FREE_MARK}drift."
STEP_MARK = "@"
"""Between the level and the bucket in the name of a step."""
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


def steps_of(columns: Iterable[Feature], group: str, *, relative: bool) -> Steps:
    """The steps that are a group of their own among some columns, see
    :class:`~reflection.stats.over_time.movement.Steps`.
    """
    own = sorted(column for column in columns if column.group == group)
    bucket = [int(column.level.rpartition(STEP_MARK)[2]) for column in own]
    return Steps(own, np.array(bucket, dtype=np.intp), relative)


@lru_cache(maxsize=16_384)
def step_feature(group: str, level: str, bucket: int) -> Feature:
    """Return the column of the step that ``level`` makes when ``bucket`` begins."""
    return Feature(drift_group(group), f"{level}{STEP_MARK}{bucket:0{_DIGITS}d}")


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
    for column in effects.layout.columns_in(drift_group(group)):
        name, mark, bucket = effects.layout.features[column].level.rpartition(STEP_MARK)
        if mark and name == level:
            walks.append((int(bucket), column))
    if not walks:
        return None
    begun, columns = np.array(sorted(walks)).T
    walk = np.cumsum(effects.draws[columns].astype(np.float64), axis=0)
    low, high = limits(walk)
    mask = discoveries.selected[columns] if discoveries else np.zeros(len(columns), dtype=np.bool_)
    return Path(
        buckets=np.concatenate([[begun[0] - 1], begun]),
        mean=np.concatenate([[0.0], np.cumsum(effects.mean[columns])]),
        low=np.concatenate([[0.0], low]),
        high=np.concatenate([[0.0], high]),
        changes=tuple(begun[mask].tolist()),
        rates=tuple(discoveries.lfsr[columns[mask]].tolist()) if discoveries else (),
    )


Beside = Mapping[Feature, Mapping[Feature, float]]
"""Columns beside its own steps that move a level, by the level, each with what it has of it in the end."""


def at_present(effects: Effects, group: str, beside: Beside = MappingProxyType({})) -> Effects:
    """Return the effects at the end of the walks of ``group``: what holds now instead of before the first step.

    Each level gains its walk's end minus the mean end over the group's levels, and the intercept gains
    that mean: every prediction for the last bucket stays the same, and the effects still sum to zero.
    """
    levels, ends = _ends(effects.layout, group, beside)
    if not ends.any():
        return effects
    changed, moving = [0, *levels], np.flatnonzero(ends.any(axis=0))
    ends = ends[:, moving]
    walks, ends_at = ends @ effects.draws[moving].astype(np.float64), ends @ effects.mean[moving]
    moved = np.concatenate([[walks.mean(axis=0)], walks - walks.mean(axis=0)]) + effects.draws[changed]
    mean, sd, draws = effects.mean.copy(), effects.sd.copy(), effects.draws.copy()
    mean[changed] += np.append(ends_at.mean(), ends_at - ends_at.mean())
    sd[changed], draws[changed] = moved.std(axis=1), moved
    return Effects(effects.layout, mean, sd, draws)


def all_at_present(effects: Effects, features: Collection[Feature]) -> Effects:
    """Return the effects with those of some steps, which move everything, taken by the intercept."""
    columns = [i for i, feature in enumerate(effects.layout.features) if feature in features]
    if not columns:
        return effects
    mean, sd, draws = effects.mean.copy(), effects.sd.copy(), effects.draws.copy()
    mean[0] += effects.mean[columns].sum()
    draws[0] += effects.draws[columns].sum(axis=0)
    sd[0] = draws[0].std(dtype=np.float64)
    return Effects(effects.layout, mean, sd, draws)


def around_mean(effects: Effects, group: str) -> Effects:
    """Return the effects with the steps of ``group``, of which one holds at a time, as differences from their mean,
    which the intercept takes: no prediction changes.
    """
    columns = list(effects.layout.columns_in(drift_group(group)))
    if not columns:
        return effects
    mean, sd, draws = effects.mean.copy(), effects.sd.copy(), effects.draws.copy()
    changed = [0, *columns]
    own = draws[columns].astype(np.float64)
    moved = np.concatenate([draws[:1] + own.mean(axis=0), own - own.mean(axis=0)])
    middle = mean[columns].mean()
    mean[0] += middle
    mean[columns] -= middle
    sd[changed], draws[changed] = moved.std(axis=1), moved
    return Effects(effects.layout, mean, sd, draws)


def judged_around_mean(fit: Fit, group: str) -> Fit:
    """Return the fit with the de-shrunk effects of the steps of ``group`` as :func:`around_mean` tells them."""
    columns = list(fit.layout.columns_in(drift_group(group)))
    if not columns:
        return fit
    contrasts = np.zeros((len(columns), len(fit.layout)))
    contrasts[:, columns] = np.eye(len(columns)) - 1.0 / len(columns)
    return judged_contrasts(fit, columns, contrasts)


def judged_at_present(fit: Fit, group: str, beside: Beside = MappingProxyType({})) -> Fit:
    """Return the fit with the de-shrunk effects of ``group`` at the end of its walks: what :func:`at_present` tells is
    what has to be judged.

    A level's contrast is its own column and its walk's end, less the mean of all levels' ends.
    """
    levels, ends = _ends(fit.layout, group, beside)
    if not ends.any():
        return fit
    contrasts = ends - ends.mean(axis=0)
    contrasts[np.arange(len(levels)), levels] = 1.0
    return judged_contrasts(fit, levels, contrasts)


def _ends(layout: Layout, group: str, beside: Beside) -> tuple[list[int], Floats]:
    """Columns of the levels of a group, and the end of each one's walk as a contrast, (levels, p)."""
    steps: dict[str, list[int]] = {}
    levels = list(layout.columns_in(group))
    for column in layout.columns_in(drift_group(group)):
        steps.setdefault(layout.features[column].level.rpartition(STEP_MARK)[0], []).append(column)
    ends = np.zeros((len(levels), len(layout)))
    for row, place in zip(ends, levels, strict=True):
        row[steps.get(layout.features[place].level, [])] = 1.0
        for feature, amount in beside.get(layout.features[place], {}).items():
            moved = layout.column(feature)
            if moved is not None:
                row[moved] += amount
    return levels, ends


def judged_contrasts(fit: Fit, columns: list[int], contrasts: Floats) -> Fit:
    """The fit with contrasts c, (columns, p), in the place of the de-shrunk effects of columns: a contrast's prior
    variance is c'Pc, and that is divided out as of every effect (``Fit.estimate``); together as wide as their draws.
    """
    layout, places = fit.layout, np.flatnonzero(contrasts.any(axis=0))
    contrasts = contrasts[:, places]
    tau = np.append(fit.tau, INTERCEPT_SD)[layout.group_index[places]]
    prior = contrasts**2 @ (layout.prior_share[places] * tau**2)
    covariance = fit.covariance[np.ix_(places, places)].astype(np.float64)
    variance = np.maximum(((contrasts @ covariance) * contrasts).sum(axis=1), 0.0)
    shrinkage = np.maximum(1.0 - variance / np.maximum(prior, 1e-12), 1e-9)
    identifiable = layout.identifiable[columns] & (prior > 0)
    estimate, error = fit.estimate.copy(), fit.error.copy()
    estimate[columns] = np.where(identifiable, contrasts @ fit.mean[places] / shrinkage, 0.0)
    spread, known = (contrasts @ fit.draws[places].astype(np.float64)).std(axis=1), identifiable & (variance > 0)
    wider = np.exp(np.log(spread[known] / np.sqrt(variance[known])).mean()) if known.any() else 1.0
    error[columns] = np.where(identifiable, wider * np.sqrt(variance / shrinkage), UNKNOWN)
    return replace(fit, estimate=estimate, error=error)


def _step_columns(effects: Effects, group: str, level: str) -> list[int]:
    prefix, features = f"{level}{STEP_MARK}", effects.layout.features
    return [i for i in effects.layout.columns_in(drift_group(group)) if features[i].level.startswith(prefix)]


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
    return [i for i in _step_columns(effects, group, level) if int(features[i].level.rpartition(STEP_MARK)[2]) > since]
