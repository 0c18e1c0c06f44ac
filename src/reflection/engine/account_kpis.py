"""A KPI of the whole account as it stands, for whoever asks how it is: apart by currency and by what is counted.

The ratio of sums of campaigns that say both of what it divides, without what is held and without what came without
spend where spend is a part. Reads one snapshot. Must not know questions or sentences.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

from reflection.comparison.counting_noise import interval
from reflection.domain.account_kpi import AccountKpi
from reflection.domain.campaign import Metrics
from reflection.domain.metrics import METRICS
from reflection.domain.money import currency_order
from reflection.domain.ports import Snapshot
from reflection.engine.campaign_list import CampaignLister
from reflection.engine.months import Goal

Key = tuple[str | None, str]
"""Currency and kind of conversion."""

SUMS = ("campaigns", "above", "below", "events")

Months = dict[str, dict[str, float]]
"""Month -> {campaigns, above, below, events}."""


def account_kpis(snapshot: Snapshot, metric: str) -> tuple[AccountKpi, ...]:
    """A KPI of every currency and kind, in the order in which currencies are told."""
    counts = (*METRICS[metric].counts, METRICS[metric].events or METRICS[metric].counts[1])
    knowledge, sums = snapshot.knowledge(), defaultdict[Key, Months](dict)
    campaigns: Counter[str] = Counter()
    for row in snapshot.ratio_sums(counts, CampaignLister(snapshot).held):
        key = row["currency"], knowledge.kind_for(Goal(row["conversion_kind"], row["objective"]))
        month = sums[key].setdefault(row["month"], dict.fromkeys(SUMS, 0.0))
        for name in month:
            month[name] += row[name] or 0
        campaigns[row["currency"] or ""] += row["campaigns"]
    place = currency_order(campaigns, knowledge.currency)
    told = [kpi for key, months in sums.items() for kpi in _kpi(metric, key, months)]
    return tuple(sorted(told, key=lambda kpi: (place[kpi.currency or ""], -kpi.campaigns, kpi.kind)))


def _kpi(metric: str, key: Key, months: Mapping[str, dict[str, float]]) -> Iterator[AccountKpi]:
    """The KPI of some months; nothing where it is not defined."""
    every = {name: sum(one[name] for one in months.values()) for name in SUMS}
    facts, last = _facts(metric, every), max(months)
    value = METRICS[metric].value(facts)
    if value is not None:
        yield AccountKpi(
            metric, *key, int(every["campaigns"]), min(months), last, value, interval(metric, facts),
            METRICS[metric].value(_facts(metric, months[last])),
        )  # fmt: skip


def _facts(metric: str, sums: Mapping[str, float]) -> Metrics:
    above, below = METRICS[metric].counts
    counts: dict[str, Any] = dict.fromkeys(("impressions", "clicks", "conversions", "spend", "revenue"))
    # unchecked: what is added up may exceed what one campaign may say
    counts |= {METRICS[metric].events or below: sums["events"], above: sums["above"], below: sums["below"]}
    return Metrics.model_construct(**counts)
