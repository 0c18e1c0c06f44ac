"""What others do with the same campaigns: the estimators the learning core is compared with.

Each returns effects in simulator columns, (1 + 40,), centred within their group, with standard errors and
the effects it would call findings. Spellings follow common practice; none of them is tuned against.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special, stats
from simulator import FIRST, GROUPS, MAINS, World
from sklearn.ensemble import GradientBoostingRegressor

from reflection.stats.honesty.false_discovery import select
from reflection.stats.sums.observations import log_rate, pooled_rate

Floats = NDArray[np.float64]

Z90 = 1.6449


@dataclass(frozen=True, eq=False)
class Estimates:
    """Main effects (column 0 unused), 90 % limits, and what would be called a finding. NaN where a method is
    silent.
    """

    mean: Floats
    low: Floats
    high: Floats
    selected: NDArray[np.bool_]


def benjamini_hochberg(p: Floats, level: float = 0.1) -> NDArray[np.bool_]:
    """Select by Benjamini and Hochberg (1995); NaN is never selected."""
    p = np.where(np.isnan(p), 1, p)
    order = np.argsort(p)
    passed = np.flatnonzero(p[order] <= level * np.arange(1, len(p) + 1) / len(p))
    chosen = np.zeros(len(p), dtype=bool)
    chosen[order[: passed[-1] + 1 if len(passed) else 0]] = True
    return chosen


def raw_means(world: World) -> Estimates:
    """Mean of the campaigns' rates with a level against the overall mean, Welch tests with
    Benjamini-Hochberg.
    """
    rate = world.x / world.trials
    mean, error, p = (np.full(len(MAINS) + 1, np.nan) for _ in range(3))
    freedom = np.ones(len(MAINS) + 1)
    for j in MAINS:
        has = world.shares[:, j] > 0
        freedom[j] = max(has.sum() - 1, 1)
        if has.any():
            mean[j] = np.log(max(rate[has].mean(), 1e-9) / rate.mean())
        if has.sum() >= 2:
            error[j] = rate[has].std(ddof=1) / np.sqrt(has.sum()) / max(rate[has].mean(), 1e-9)
            if (~has).sum() >= 2:
                p[j] = stats.ttest_ind(rate[has], rate[~has], equal_var=False).pvalue
    return _estimates(mean, error * stats.t.ppf(0.95, freedom), benjamini_hochberg(p[1:]))


def beta_binomial(world: World) -> Estimates:
    """Empirical-Bayes beta-binomial per group on pooled counts, selected by posterior sign probability."""
    mean, error = np.full(len(MAINS) + 1, np.nan), np.full(len(MAINS) + 1, np.nan)
    overall = world.x.sum() / world.trials.sum()
    for group, size in GROUPS.items():
        columns = [j for j in range(FIRST[group], FIRST[group] + size) if (world.shares[:, j] > 0).any()]
        x = np.array([world.x[world.shares[:, j] > 0].sum() for j in columns])
        n = np.array([world.trials[world.shares[:, j] > 0].sum() for j in columns])
        spread = 1e-6
        if len(columns) > 1:
            spread = max(np.var(x / n, ddof=1) - np.mean(overall * (1 - overall) / n), 1e-10)
        strength = overall * (1 - overall) / spread - 1
        a, b = x + strength * overall, n - x + strength * (1 - overall)
        mean[columns] = special.digamma(a) - special.digamma(a + b) - np.log(overall)
        error[columns] = np.sqrt(special.polygamma(1, a) - special.polygamma(1, a + b))
    wrong_sign = np.nan_to_num(stats.norm.cdf(-np.abs(mean / error))[1:], nan=1)
    return _estimates(mean, Z90 * error, select(wrong_sign))


def predict_intercept(world: World) -> Floats:
    """The pooled rate for every unseen campaign, log scale."""
    return np.full(len(world.unseen_shares), np.log(world.x.sum() / world.trials.sum()))


def predict_boosted(world: World) -> Floats:
    """Gradient-boosted trees on the memberships, weighted by information, log scale."""
    v = 1 / (world.trials * pooled_rate(world.x, world.trials) + 0.5)
    model = GradientBoostingRegressor(n_estimators=120, max_depth=3, learning_rate=0.05, subsample=0.7, random_state=0)
    model.fit(world.shares[:, MAINS], log_rate(world.x, world.trials), sample_weight=1 / (v + 0.06))
    return np.asarray(model.predict(world.unseen_shares[:, MAINS]))


def predict_raw(world: World, estimates: Estimates) -> Floats:
    """The pooled rate plus the raw effect of every level present."""
    present = world.unseen_shares[:, MAINS] > 0
    return predict_intercept(world) + present @ np.nan_to_num(estimates.mean[1:])


def predict_beta_binomial(world: World, estimates: Estimates) -> Floats:
    """The pooled rate plus the effects weighted by membership."""
    return predict_intercept(world) + world.unseen_shares[:, MAINS] @ np.nan_to_num(estimates.mean[1:])


def _estimates(mean: Floats, half_width: Floats, selected: NDArray[np.bool_]) -> Estimates:
    """Centre the effects within each group, as zero-sum truths are."""
    centred = mean.copy()
    for group, size in GROUPS.items():
        own = slice(FIRST[group], FIRST[group] + size)
        centred[own] -= np.nanmean(centred[own])
    return Estimates(centred, centred - half_width, centred + half_width, np.concatenate([[False], selected]))
