"""What more money brings: the elasticity of conversions in spend, by platform and audience, where spend varied enough.

Campaigns are compared with what their signals alone explain; what is left goes with their spend. Of few campaigns the
two are estimated together, because neither is known well. An association like every other one: budgets follow success,
so an elasticity is rather too high than too low. A pure function of the fits.
Must not know what is made of it.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from reflection.domain import signals
from reflection.domain.scatter import composed_scatter
from reflection.inference.evidence.campaign_columns import Floats, Ints
from reflection.inference.fits.fit import FittedMetrics
from reflection.stats.decisions.elasticity import Beside, elasticities
from reflection.stats.sums.campaign_size import SIZE
from reflection.stats.sums.design import Stratum

PER_SPEND = "conversions_per_spend"
FEWEST = 8
"""Campaigns of a platform from which its elasticity is told."""

LEAST_SPREAD = 0.2
"""Least standard deviation of log spend on a platform: below, hardly anything but one budget was seen."""

MOST_UNSURE = 2_000
"""Campaigns up to which what their signals do is estimated beside their spend; of more it is as good as known."""

LEAST_EFFECT = 1e-6
"""Least prior variance of an effect that is estimated beside."""

MOST_AUDIENCES = 12
MOST_CAMPAIGNS = 50_000
"""Audiences whose elasticity is asked for, and campaigns up to which it is."""

LEARNT = 0.8
"""Most of the prior's width that an interval may keep, to be called learnt."""

LEARNT_OF_AUDIENCE = 0.55
"""The same of how far an audience deviates: its prior is around nothing, and should not be what is told."""

Z90 = 1.6448536269514722


def budget_response(fitted: FittedMetrics) -> dict[str, dict[str, Any]]:
    """Key of a platform -> {elasticity, interval, sd, prior_sd, identified, reason, usual, low, high, campaigns}, of an
    audience the same with `deviation` in the place of `elasticity`.

    `elasticity` is 1 where twice the money brings twice the conversions; `deviation` is by how much that of campaigns
    with an audience is above what it usually is on their platform. `usual`, `low` and `high` are the median, least and
    most that a campaign there spent. Empty where no money or no conversions are known.
    """
    if PER_SPEND not in fitted.names():
        return {}
    table = fitted.table
    spend, came = table.by_campaign(table.spend), table.by_campaign(table.conversions)
    foretold = np.where(np.isnan(table.conversions), np.nan, _proportional(fitted))
    expected = table.by_campaign(foretold)
    rows = np.flatnonzero((np.nan_to_num(spend) > 0) & ~np.isnan(came) & (np.nan_to_num(expected) > 0))
    if not len(rows):
        return {}
    names, platform = np.unique(table.campaigns.platform_key[rows], return_inverse=True)
    passing, lasting = _scatters(fitted)
    amount, foreseen = np.log(spend[rows]), expected[rows] + 0.5
    x = amount - np.array([np.median(amount[platform == g]) for g in range(len(names))])[platform]
    y = np.log((came[rows] + 0.5) / foreseen)
    unit = table.campaigns.unit[rows]
    audiences, members = _audiences(fitted, rows)
    beside, explained = _beside(fitted, rows, foretold)
    noise = 1.0 / foreseen + passing**2
    slopes = elasticities(x, y + explained, noise, platform, unit, lasting, len(names), members, beside)
    response = {}
    for g, name in enumerate(names.tolist()):
        of = _Elasticity(float(slopes.mean[g]), float(slopes.sd[g]), slopes.prior_sd, "elasticity", "there")
        response[str(name)] = _response(of, x, spend[rows], unit, platform == g)
    for k, name in enumerate(audiences):
        mean, sd = float(slopes.member_mean[k]), float(slopes.member_sd[k])
        of = _Elasticity(mean, sd, float(slopes.member_prior_sd[k]), "deviation", "with it")
        response[name] = _response(of, x, spend[rows], unit, members[:, k] > 0)
    return response


@dataclass(frozen=True, slots=True)
class _Elasticity:
    """An elasticity, or how far one deviates (`name`), with its standard deviation and that of the prior."""

    mean: float
    sd: float
    prior_sd: float
    name: str
    where: str


def _response(of: _Elasticity, x: Floats, spend: Floats, unit: Ints, own: NDArray[np.bool_]) -> dict[str, Any]:
    reason = _objection(x[own], of)
    return {
        of.name: of.mean,
        "interval": [of.mean - Z90 * of.sd, of.mean + Z90 * of.sd],
        "sd": of.sd,
        "prior_sd": of.prior_sd,
        "identified": reason is None,
        "reason": reason,
        "usual": float(np.median(spend[own])),
        "low": float(spend[own].min()),
        "high": float(spend[own].max()),
        "campaigns": len(np.unique(unit[own])),
    }


def _audiences(fitted: FittedMetrics, rows: Ints) -> tuple[list[str], Floats]:
    """Names of audiences whose elasticity is asked for, sorted, and the share of each in each campaign's money.

    Those with most campaigns; of very many campaigns none, because they would not fit in memory beside each other.
    """
    table, column = fitted.table, {str(feature): n for n, feature in enumerate(fitted.table.features)}
    keys = sorted(key for key in (*column, *table.aliases) if _is_audience(key))
    if len(keys) < 2 or len(rows) > MOST_CAMPAIGNS:
        return [], np.zeros((len(rows), 0))
    money, whole = np.nan_to_num(table.spend), np.nan_to_num(table.by_campaign(table.spend))[table.campaign]
    weight = np.divide(money, whole, out=np.zeros(len(money)), where=whole > 0)
    owner = sparse.csr_array((weight, (table.campaign, np.arange(len(weight)))))
    standing = [column[table.aliases.get(key, key)] for key in keys]
    shares = sparse.csc_array((owner @ table.shares)[rows][:, standing])
    count = np.diff(shares.indptr)
    common = [place for place in range(len(keys)) if FEWEST <= count[place] < len(rows)]
    largest = sorted(sorted(common, key=lambda place: (-count[place], place))[:MOST_AUDIENCES])
    return [keys[place] for place in largest], shares[:, largest].toarray()


def _beside(fitted: FittedMetrics, rows: Ints, foretold: Floats) -> tuple[Beside, Floats]:
    """What the signals of each campaign do to conversions for the money, to be estimated beside, and what the fit says
    that they do, (n,): both none of very many campaigns.

    Args:
        foretold: conversions of every cell, by which the cells of a campaign count.
    """
    table, design, layout = fitted.table, fitted.design, fitted.layout
    mean, variance = np.zeros(len(layout)), np.zeros(len(layout))
    for name, sign in fitted.parts(PER_SPEND):
        fit = fitted.metrics[name].fit
        mean += sign * fit.mean
        variance[1:] += fit.layout.prior_share[1:] * np.square(fit.tau[fit.layout.group_index[1:]])
    standing = [(place, layout.column(feature)) for place, feature in enumerate(design.features) if feature != SIZE]
    unsure = [(place, column) for place, column in standing if column is not None and variance[column] > LEAST_EFFECT]
    if not unsure or len(rows) > MOST_UNSURE:
        return Beside(np.zeros((len(rows), 0)), np.zeros(0)), np.zeros(len(rows))
    places, columns = (list(part) for part in zip(*unsure, strict=True))
    weight, whole = np.nan_to_num(foretold), np.nan_to_num(table.by_campaign(foretold))[table.campaign]
    weight = np.divide(weight, whole, out=np.zeros(len(weight)), where=whole > 0)
    owner = sparse.csr_array((weight, (table.campaign, np.arange(len(weight)))))
    cells = sparse.csc_array(sparse.hstack([design.shares, design.controls]))[:, places]
    values = sparse.csr_array(owner @ cells)[rows].toarray()
    return Beside(values, variance[columns]), values @ mean[columns]


def _is_audience(key: str) -> bool:
    return key.startswith(f"{signals.AUDIENCE}:") and not signals.is_unstated(key)


def _objection(x: Floats, of: _Elasticity) -> str | None:
    """Why an elasticity cannot be told; None where it can."""
    if len(x) < FEWEST:
        return f"it takes {FEWEST} campaigns {of.where}, not {len(x)}"
    if float(x.std()) < LEAST_SPREAD:
        return "its campaigns all spent about the same"
    most = LEARNT if of.name == "elasticity" else LEARNT_OF_AUDIENCE
    return None if of.sd <= most * of.prior_sd else "its campaigns leave open what more money brings"


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
