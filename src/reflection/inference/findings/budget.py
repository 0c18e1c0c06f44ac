"""Budget inefficiencies: campaigns that paid more per conversion than campaigns like them ever do; the money lost.

Every campaign scatters around what its signals explain. How many conversions such a campaign brings for its spend has
a predictive distribution: a Poisson count at a rate that scatters log-normally by what the fit learnt, and by no less
than the campaigns themselves show. A finding lies so far below that at most `OF_WASTE` of the findings are expected to
be ordinary campaigns (Benjamini and Hochberg 1995), one in a hundred: so strict because every campaign that comes is a
new chance to look (any_time.py). Everything else is the normal spread (`normal_spread`).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaincc, ndtr, ndtri

from reflection.domain.results import Finding
from reflection.domain.signals import normalise
from reflection.domain.weights import Interval
from reflection.explain.formatting import money
from reflection.inference.findings.common import finding_id
from reflection.inference.fits.fit import FittedMetrics
from reflection.stats.honesty.any_time import OF_WASTE

Floats = NDArray[np.float64]

WORTH_SAYING = 1.2
Z90 = 1.6448536269514722
MOST = 20
QUARTILES = 1.3489795003921634
"""Distance between the quartiles of the standard normal distribution."""

_NODES, _WEIGHTS = np.polynomial.hermite_e.hermegauss(61)


@dataclass(frozen=True, slots=True)
class Excess:
    """One campaign's log CPA beyond what its signals explain.

    Attributes:
        mean, sd: its posterior; the prior is the scatter of all campaigns.
        raw: the observed one.
        tail: probability that an ordinary campaign brings as few conversions for this spend, or fewer.
    """

    campaign: int
    mean: float
    sd: float
    raw: float
    spend: float
    tail: float

    @property
    def money_lost(self) -> float:
        """Expected money spent above what the signals explain."""
        return self.spend * (1 - math.exp(-self.mean))


def budget_findings(fitted: FittedMetrics) -> list[Finding]:
    """Campaigns that paid more than ordinary ones do, most money lost first."""
    excesses = campaign_excesses(fitted)
    rates = false_discovery_rates([item.tail for item in excesses])
    beyond = [
        (item, rate)
        for item, rate in zip(excesses, rates, strict=True)
        if rate <= OF_WASTE and item.mean >= math.log(WORTH_SAYING)
    ]
    ranked = sorted(beyond, key=lambda pair: (-pair[0].money_lost, pair[0].campaign))[:MOST]
    total, spread = sum(item.spend for item in excesses), normal_spread(fitted)
    return [_finding(fitted, item, rate, total, spread) for item, rate in ranked]


def normal_spread(fitted: FittedMetrics) -> Interval | None:
    """CPA of nine in ten campaigns as multiples of what their signals explain, chance in counts apart.

    None where CPA is not fitted or no scatter was found.
    """
    scatter = _scatter(fitted)
    return (math.exp(-Z90 * scatter), math.exp(Z90 * scatter)) if scatter else None


def campaign_excesses(fitted: FittedMetrics) -> list[Excess]:
    """The excess of every campaign with spend, in the order of the table; empty where CPA is not fitted."""
    if "conversions_per_spend" not in fitted.names():
        return []
    table, scatter = fitted.table, _scatter(fitted)
    spend = table.by_campaign(table.spend)
    expected = table.by_campaign(table.spend * fitted.expected_rate("conversions_per_spend"))
    conversions = table.by_campaign(np.where(np.isnan(table.spend), np.nan, table.conversions))
    judged = np.flatnonzero((np.nan_to_num(spend) > 0) & (np.nan_to_num(expected) > 0) & ~np.isnan(conversions))
    tails = _as_the_campaigns_show(predictive_tails(conversions[judged], expected[judged], scatter))
    excesses = []
    for index, tail in zip(judged.tolist(), tails.tolist(), strict=True):
        promised = float(expected[index]) + 0.5
        raw = math.log(promised / (float(conversions[index]) + 0.5))
        noise = 1 / promised
        shrinkage = scatter**2 / (scatter**2 + noise)
        sd = math.sqrt(max(shrinkage * noise, 1e-12))
        excesses.append(Excess(index, shrinkage * raw, sd, raw, float(spend[index]), tail))
    return excesses


def predictive_tails(conversions: Floats, expected: Floats, scatter: float) -> Floats:
    """P(as few conversions or fewer) where `expected` is the median rate and `scatter` that of its log; shape (n,).

    The Poisson distribution function (through the gamma function, so that fractions of conversions count), integrated
    over the scatter by Gauss-Hermite quadrature.
    """
    rates = expected[:, None] * np.exp(scatter * _NODES[None, :])
    tails = gammaincc(conversions[:, None] + 1.0, rates) @ (_WEIGHTS / _WEIGHTS.sum())
    return np.asarray(np.clip(tails, 1e-300, 1.0 - 1e-15))


def _as_the_campaigns_show(tails: Floats) -> Floats:
    """Tails by the spread the campaigns themselves show, where that is wider than the fit says (Efron 2004).

    Metrics that scatter together are no part of the fit. Read off the quartiles, which a few wasteful campaigns do not
    move.
    """
    if not len(tails):
        return tails
    scores = np.asarray(ndtri(tails))
    low, high = np.quantile(scores, [0.25, 0.75])
    return np.asarray(ndtr(scores / max(1.0, float(high - low) / QUARTILES)))


def false_discovery_rates(tails: Sequence[float]) -> list[float]:
    """The smallest level at which each of them is selected (Benjamini and Hochberg's adjusted p-values)."""
    order = np.argsort(np.asarray(tails, dtype=float), kind="stable")
    adjusted, least = [1.0] * len(tails), 1.0
    for rank in range(len(tails), 0, -1):
        index = int(order[rank - 1])
        least = min(least, tails[index] * len(tails) / rank)
        adjusted[index] = least
    return adjusted


def _scatter(fitted: FittedMetrics) -> float:
    """Standard deviation of log CPA between campaigns beyond their signals; 0 where none was found."""
    return fitted.scatter("cpa")


def _finding(fitted: FittedMetrics, item: Excess, rate: float, total: float, spread: Interval | None) -> Finding:
    campaign_id, currency = str(fitted.table.campaigns.ids[item.campaign]), fitted.table.currency
    lift = math.exp(item.mean)
    interval = (math.exp(item.mean - Z90 * item.sd), math.exp(item.mean + Z90 * item.sd))
    lost, spent = (money(amount, currency, whole=True) for amount in (item.money_lost, item.spend))
    ordinary = f"; nine in ten campaigns lie between {_change(spread[0])} and {_change(spread[1])}" if spread else ""
    return Finding(
        finding_id=finding_id("budget_inefficiency", campaign_id),
        category="budget_inefficiency",
        title=f"{campaign_id} paid {100 * (lift - 1):.0f} % more per conversion than its signals explain",
        description=(
            f"Given its platform, audiences and creatives, about {lost} of {spent} bought nothing extra "
            f"(CPA {_change(lift)} against what is explained, 90 % interval {_change(interval[0])} to "
            f"{_change(interval[1])}{ordinary})."
        ),
        signal_key=f"campaign:{normalise(campaign_id)}",
        impact_score=round(100 * item.mean * (1 - rate) * math.sqrt(item.spend / total), 4),
        evidence_count=1,
        metadata={"money_lost": item.money_lost, "currency": currency, "action": "review", "spread": spread},
        metric="cpa",
        direction="unfavorable",
        effect=lift,
        interval=interval,
        probability=1 - rate,
        lfsr=rate,
        raw_lift=math.exp(item.raw),
        effective_campaigns=1.0,
        spend=item.spend,
        supporting=(campaign_id,),
        contradicting=(),
    )


def _change(ratio: float) -> str:
    return f"{100 * (ratio - 1):+z.0f} %"
