"""Budget inefficiencies: campaigns that paid clearly more per conversion than their signals explain; the money lost.

A campaign's own deviation u (log CPA beyond its signals) has the prior N(0, sigma^2) learnt from all campaigns; its
observation carries counting noise 1/expected conversions. Reported is what is probably at least `WORTH_SAYING` dearer;
the set is cut so that on average at most 10 % of the reported ones are not.
"""

import math
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr

from reflection.domain.metrics import METRICS
from reflection.domain.results import Finding
from reflection.domain.signals import normalise
from reflection.inference.findings.common import finding_id
from reflection.inference.fit import FittedMetrics
from reflection.stats.design import Stratum
from reflection.stats.false_discovery import select

WORTH_SAYING = 1.2
Z90 = 1.6448536269514722
MOST = 20


@dataclass(frozen=True, slots=True)
class Excess:
    """One campaign's log CPA beyond what its signals explain: posterior mean and standard deviation."""

    campaign: int
    mean: float
    sd: float
    raw: float
    spend: float

    @property
    def probability(self) -> float:
        """Probability that it paid at least `WORTH_SAYING` times what its signals explain."""
        return float(ndtr((self.mean - math.log(WORTH_SAYING)) / self.sd))

    @property
    def lost(self) -> float:
        """Expected money spent above what the signals explain."""
        return self.spend * (1 - math.exp(-self.mean))


def budget_findings(fitted: FittedMetrics) -> list[Finding]:
    """Campaigns that paid more than explained, most money lost first."""
    excesses = campaign_excesses(fitted)
    if not excesses:
        return []
    chosen = select(np.array([1 - item.probability for item in excesses]))
    likely = [item for item, ok in zip(excesses, chosen, strict=True) if ok and item.probability > 0.5]
    ranked = sorted(likely, key=lambda item: (-item.lost, item.campaign))[:MOST]
    total = sum(item.spend for item in excesses)
    return [_finding(fitted, item, total) for item in ranked]


def campaign_excesses(fitted: FittedMetrics) -> list[Excess]:
    """The excess of every campaign with spend, in the order of the table; empty where CPA is not fitted."""
    if "conversions_per_spend" not in fitted.names():
        return []
    table = fitted.table
    scatter2 = sum(fitted.metrics[m].fit.sigma.get(Stratum.BETWEEN, 0.0) ** 2 for m in METRICS["cpa"].composition)
    counted = ~np.isnan(table.spend) & ~np.isnan(table.conversions)
    paid = np.where(counted, table.spend, np.nan)
    spend = table.by_campaign(paid)
    expected = table.by_campaign(paid * fitted.expected_rate("conversions_per_spend"))
    conversions = table.by_campaign(np.where(counted, table.conversions, np.nan))
    found = []
    for index in np.flatnonzero((np.nan_to_num(spend) > 0) & (np.nan_to_num(expected) > 0)).tolist():
        promised = float(expected[index]) + 0.5
        raw = math.log(promised / (float(conversions[index]) + 0.5))
        noise = 1 / promised
        kept = scatter2 / (scatter2 + noise)
        sd = math.sqrt(max(kept * noise, 1e-12))
        found.append(Excess(index, kept * raw, sd, raw, float(spend[index])))
    return found


def _finding(fitted: FittedMetrics, item: Excess, total: float) -> Finding:
    campaign_id, currency = str(fitted.table.campaigns.ids[item.campaign]), fitted.table.currency
    lift = math.exp(item.mean)
    interval = (math.exp(item.mean - Z90 * item.sd), math.exp(item.mean + Z90 * item.sd))
    money = f"{item.lost:,.0f} {currency or ''}".strip()
    return Finding(
        finding_id=finding_id("budget_inefficiency", campaign_id),
        category="budget_inefficiency",
        title=f"{campaign_id} paid {100 * (lift - 1):.0f} % more per conversion than its signals explain",
        description=(
            f"Given its platform, audiences and creatives, about {money} of {item.spend:,.0f} bought nothing extra "
            f"(CPA {lift:.2f} times what is explained, 90 % interval {interval[0]:.2f} to {interval[1]:.2f}; "
            f"probability of at least {100 * (WORTH_SAYING - 1):.0f} % too much: {100 * item.probability:.0f} %)."
        ),
        signal_key=f"campaign:{normalise(campaign_id)}",
        impact_score=round(100 * item.mean * item.probability * math.sqrt(item.spend / total), 4),
        evidence_count=1,
        metadata={"money_lost": item.lost, "currency": currency, "action": "review"},
        metric="cpa",
        direction="unfavorable",
        effect=lift,
        interval=interval,
        probability=item.probability,
        lfsr=1 - item.probability,
        raw_lift=math.exp(item.raw),
        effective_campaigns=1.0,
        spend=item.spend,
        supporting=(campaign_id,),
        contradicting=(),
    )
