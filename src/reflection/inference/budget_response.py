"""What more money brings: the elasticity of conversions in spend, by platform, where spend varied enough to say it.

Campaigns are compared with what their signals alone explain; what is left goes with their spend. An association like
every other one: budgets follow success, so an elasticity is rather too high than too low. A pure function of the fits.
Must not know what is made of it.
"""

from typing import Any

import numpy as np

from reflection.domain.scatter import composed_scatter
from reflection.inference.campaign_columns import Floats
from reflection.inference.fit import FittedMetrics
from reflection.stats.campaign_size import SIZE
from reflection.stats.design import Stratum
from reflection.stats.elasticity import elasticities

PER_SPEND = "conversions_per_spend"
FEWEST = 8
"""Campaigns of a platform from which its elasticity is told."""

LEAST_SPREAD = 0.2
"""Least standard deviation of log spend on a platform: below, hardly anything but one budget was seen."""

LEARNT = 0.8
"""Most of the prior's width that an interval may keep, to be called learnt."""

Z90 = 1.6448536269514722


def budget_response(fitted: FittedMetrics) -> dict[str, dict[str, Any]]:
    """Platform key -> {elasticity, interval, sd, prior_sd, identified, reason, usual, low, high, campaigns}.

    `elasticity` is 1 where twice the money brings twice the conversions. `usual`, `low` and `high` are the median,
    least and most that a campaign there spent. Empty where no money or no conversions are known.
    """
    if PER_SPEND not in fitted.names():
        return {}
    table = fitted.table
    spend, came = table.by_campaign(table.spend), table.by_campaign(table.conversions)
    expected = table.by_campaign(np.where(np.isnan(table.conversions), np.nan, _proportional(fitted)))
    kept = np.flatnonzero((np.nan_to_num(spend) > 0) & ~np.isnan(came) & (np.nan_to_num(expected) > 0))
    if not len(kept):
        return {}
    names, platform = np.unique(table.campaigns.platform_key[kept], return_inverse=True)
    passing, lasting = _scatters(fitted)
    amount, foreseen = np.log(spend[kept]), expected[kept] + 0.5
    x = amount - np.array([np.median(amount[platform == g]) for g in range(len(names))])[platform]
    y = np.log((came[kept] + 0.5) / foreseen)
    unit = table.campaigns.unit[kept]
    found = elasticities(x, y, 1.0 / foreseen + passing**2, platform, unit, lasting, len(names))
    response = {}
    for g, name in enumerate(names.tolist()):
        own, sd = spend[kept][platform == g], float(found.sd[g])
        reason = _objection(x[platform == g], sd / found.prior_sd)
        mean = float(found.mean[g])
        response[str(name)] = {
            "elasticity": mean,
            "interval": [mean - Z90 * sd, mean + Z90 * sd],
            "sd": sd,
            "prior_sd": found.prior_sd,
            "identified": reason is None,
            "reason": reason,
            "usual": float(np.median(own)),
            "low": float(own.min()),
            "high": float(own.max()),
            "campaigns": len(np.unique(unit[platform == g])),
        }
    return response


def _objection(x: Floats, kept: float) -> str | None:
    """Why the elasticity of a platform cannot be told; None where it can."""
    if len(x) < FEWEST:
        return f"it takes {FEWEST} campaigns there, not {len(x)}"
    if float(x.std()) < LEAST_SPREAD:
        return "its campaigns all spent about the same"
    return None if kept <= LEARNT else "its campaigns leave open what more money brings"


def _proportional(fitted: FittedMetrics) -> Floats:
    """Conversions that each cell would have had if they went with its spend, its signals given, (cells,)."""
    rate = np.log(fitted.expected_rate(PER_SPEND))
    column = fitted.layout.column(SIZE)
    if column is not None:
        size = fitted.design.controls[:, [fitted.design.features.index(SIZE) - len(fitted.table.features)]]
        sizes = size.toarray()[:, 0]
        for name, sign in fitted.parts(PER_SPEND):
            rate -= sign * float(fitted.metrics[name].fit.mean[column]) * sizes
    return np.asarray(np.exp(rate) * np.nan_to_num(fitted.table.spend))


def _scatters(fitted: FittedMetrics) -> tuple[float, float]:
    """Standard deviations of what passes from row to row and of what lasts of a real campaign.

    Where none repeats, all of it passes.
    """
    whole = fitted.scatter(PER_SPEND)
    repeats = any(Stratum.PERIOD in metric.fit.sigma for metric in fitted.metrics.values())
    if not repeats:
        return whole, 0.0
    sigmas = {name: metric.fit.sigma.get(Stratum.PERIOD, 0.0) for name, metric in fitted.metrics.items()}
    passing = composed_scatter(PER_SPEND, sigmas, fitted.correlations)
    return passing, float(np.sqrt(max(whole**2 - passing**2, 0.0)))
