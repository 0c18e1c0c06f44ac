"""Spend and CPA by month, for a time line: apart by currency and by what is counted, without what is held.

A campaign counts in the month of its timestamp (UTC). CPA is the ratio of sums, with the 90 % interval of counting
noise. Reads one snapshot. Must not know doors or drawings.
"""

from collections import Counter, defaultdict
from typing import Any, NamedTuple

from reflection.comparison.counting_noise import interval
from reflection.domain.campaign import Metrics
from reflection.domain.goal import HasGoal
from reflection.domain.metrics import ratio
from reflection.domain.money import currency_order
from reflection.domain.ports import Snapshot
from reflection.engine.campaign_list import CampaignLister

MOST_MONTHS = 60
SUMS = ("campaigns", "spend", "priced", "conversions", "counted", "spend_of_counted")


class Goal(NamedTuple):
    """What campaigns that were added up are for."""

    conversion_kind: str | None
    objective: str


class _Group(NamedTuple):
    """What may be added: one month, one currency, one kind of conversion."""

    currency: str | None
    kind: str
    month: str


def months(snapshot: Snapshot, number: int = 24) -> dict[str, Any]:
    """The last months up to that of the newest campaign: {items, since, held, as_of, pending}."""
    knowledge, held = snapshot.knowledge(), CampaignLister(snapshot).held
    newest = snapshot.newest_day()
    answer = {"held": len(held), "as_of": knowledge.as_of, "pending": snapshot.pending()}
    if newest is None:
        return {"items": [], "since": None, **answer}
    since = _months_before(newest[:7], number - 1)
    groups: dict[_Group, dict[str, float]] = defaultdict(lambda: dict.fromkeys(SUMS, 0))
    for row in snapshot.month_sums(since, held):
        goal: HasGoal = Goal(row["conversion_kind"], row["objective"])
        sums = groups[_Group(row["currency"], knowledge.kind_for(goal), row["month"])]
        for name in SUMS:
            sums[name] += row[name] or 0
    items = [_item(group, sums) for group, sums in groups.items()]
    spends: dict[tuple[str | None, str], float] = defaultdict(float)
    campaigns: Counter[str] = Counter()
    for item in items:
        spends[(item["currency"], item["kind"])] += item["spend"] or 0.0
        campaigns[item["currency"] or ""] += item["campaigns"]
    place = currency_order(campaigns, knowledge.currency)
    items.sort(
        key=lambda item: (
            place[item["currency"] or ""], -spends[(item["currency"], item["kind"])], item["kind"], item["month"],
        )
    )  # fmt: skip
    return {"items": items, "since": since, **answer}


def _item(group: _Group, sums: dict[str, float]) -> dict[str, Any]:
    """A month of a group; None where no campaign says a figure, and how many do not say it beside it."""
    counted = bool(sums["counted"])
    spend, conversions = sums["spend_of_counted"], sums["conversions"]
    # unchecked: what is added up may exceed what one campaign may say
    facts = Metrics.model_construct(impressions=None, clicks=None, conversions=conversions, spend=spend)
    return {
        "month": group.month,
        "currency": group.currency,
        "kind": group.kind,
        "campaigns": sums["campaigns"],
        "spend": sums["spend"] if sums["priced"] else None,
        "conversions": conversions if counted else None,
        "cpa": ratio(spend, conversions) if counted else None,
        "interval": interval("cpa", facts) if counted and conversions else None,
        "without_spend": sums["campaigns"] - sums["priced"],
        "without_cpa": sums["campaigns"] - sums["counted"],
    }


def _months_before(month: str, number: int) -> str:
    """The first of the month so many months before a month: ``2026-03``, 2 -> ``2026-01``."""
    index = int(month[:4]) * 12 + int(month[5:7]) - 1 - number
    return f"{index // 12:04d}-{index % 12 + 1:02d}"
