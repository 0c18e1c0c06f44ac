"""A KPI of the whole account, or of a platform, as it stands: apart by currency and by what is counted.

The ratio of sums of campaigns that say both of what it divides, without what is held and without what came without
spend where spend is a part. Reads one snapshot. Must not know questions or sentences.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from reflection.comparison.counting_noise import interval
from reflection.domain.account_kpi import AccountKpi
from reflection.domain.campaign import Metrics
from reflection.domain.metrics import METRICS
from reflection.domain.money import currency_order
from reflection.domain.ports import Snapshot
from reflection.domain.signals import normalise
from reflection.engine.campaign_list import CampaignLister
from reflection.engine.months import Goal
from reflection.explain.campaign_names import words_of

Key = tuple[str | None, str, str | None]
"""Currency, kind of conversion, and the platform where one is asked for."""

SUMS = ("campaigns", "above", "below", "events")

Months = dict[str, dict[str, float]]
"""Month -> {campaigns, above, below, events}."""


def account_kpis(snapshot: Snapshot, metric: str, named: Collection[str] = ()) -> tuple[AccountKpi, ...]:
    """A KPI of every currency and kind, in the order in which currencies are told.

    Args:
        named: words of a question; where they name platforms, the KPI is that of each of these.
    """
    counts = (*METRICS[metric].counts, METRICS[metric].events or METRICS[metric].counts[1])
    knowledge, sums = snapshot.knowledge(), defaultdict[Key, Months](dict)
    campaigns: Counter[str] = Counter()
    rows = snapshot.ratio_sums(counts, CampaignLister(snapshot).held)
    spellings = {normalise(row["platform"]): row["platform"] for row in rows if _is_named(row["platform"], named)}
    for row in rows:
        platform = spellings.get(normalise(row["platform"]))
        if spellings and platform is None:
            continue
        key = row["currency"], knowledge.kind_for(Goal(row["conversion_kind"], row["objective"])), platform
        month = sums[key].setdefault(row["month"], dict.fromkeys(SUMS, 0.0))
        for name in month:
            month[name] += row[name] or 0
        campaigns[row["currency"] or ""] += row["campaigns"]
    place = currency_order(campaigns, knowledge.currency)
    kpis = [kpi for key, months in sums.items() for kpi in _kpi(metric, key, months)]
    return tuple(
        sorted(kpis, key=lambda kpi: (kpi.platform or "", place[kpi.currency or ""], -kpi.campaigns, kpi.kind))
    )


def _is_named(platform: str, words: Collection[str]) -> bool:
    return bool(own := words_of(platform)) and set(own) <= set(words)


def _kpi(metric: str, key: Key, months: Mapping[str, dict[str, float]]) -> Iterator[AccountKpi]:
    """The KPI of some months; nothing where it is not defined."""
    every = {name: sum(one[name] for one in months.values()) for name in SUMS}
    facts, last = _facts(metric, every), max(months)
    value = METRICS[metric].value(facts)
    if value is not None:
        yield AccountKpi(
            metric, *key[:2], int(every["campaigns"]), min(months), last, value, interval(metric, facts),
            METRICS[metric].value(_facts(metric, months[last])), key[2],
        )  # fmt: skip


def _facts(metric: str, sums: Mapping[str, float]) -> Metrics:
    above, below = METRICS[metric].counts
    counts: dict[str, Any] = dict.fromkeys(("impressions", "clicks", "conversions", "spend", "revenue"))
    # unchecked: what is added up may exceed what one campaign may say
    counts |= {METRICS[metric].events or below: sums["events"], above: sums["above"], below: sums["below"]}
    return Metrics.model_construct(**counts)
