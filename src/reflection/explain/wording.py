"""Which words fit a piece of evidence, by its certainty, its direction and what it is compared with.

Names of phrases only. Must not know the words themselves, nor the order of a text.
"""

from collections.abc import Iterable

from reflection.domain.basis import BASES, FORECAST, Basis
from reflection.domain.finding_kinds import LASTING_CHANGE, PLANNER_BIAS
from reflection.domain.metrics import HEADLINES, KPIS
from reflection.domain.verdict import RESTS_ON
from reflection.explain.evidence import Evidence

REPEATED = ("part", "within")
"""Phrases on a driver that are shorter where the sentence before said the same of another."""

OF_ONE_PHRASE = {
    "platform_trend": ("since",),
    "month": ("alike",),
    "lasting": ("since",),
    "lasting_new": ("since", "spend"),
    "lasting_new_unpriced": ("since",),
    "planner": ("alike", "gap", "spend"),
    "planner_unpriced": ("alike",),
}
"""Figures that one phrase of a finding has beside those of all."""


def reads_the_same(item: Evidence) -> bool:
    """Whether a fact and what it is compared with are written alike: then no difference between them is told."""
    return item.text("actual") == item.text("expected")


def basis_of(item: Evidence) -> Basis:
    """What a KPI is compared with."""
    return BASES[item.detail.get("basis", FORECAST)]


def headline(items: Iterable[Evidence]) -> list[Evidence]:
    """The KPIs that a verdict is told with: return and cost; others where nothing is compared and there is neither."""
    deltas = {item.label: item for item in items if item.kind == "delta"}
    alone = any(not basis_of(item).comparable for item in deltas.values())
    for names in (RESTS_ON, *((HEADLINES, KPIS) if alone else ())):
        own = [deltas[name] for name in names if name in deltas]
        if chosen := [item for item in own if ("actual" if alone else "change") in item.figures]:
            return chosen
    return []


def driver_phrase(item: Evidence) -> str:
    """Which words fit a driver: by its certainty, and by its direction against the whole change."""
    if item.certainty == "noise":
        return "noise"
    if item.value("actual") == 0:
        return "exact_zero"
    move = item.detail["move"]
    if not move:
        return "no_move"
    if item.detail.get("whole") == "noise":
        return "within"
    part, total = item.value("part") or 0.0, item.value("total") or 0.0
    if ((item.value("signed_part") or 0.0) > 0) != (move == "up"):
        return "against"
    if item.text("part") == item.text("total"):
        return "all"
    return "more_than_all" if part > total else "part"


def outcome_phrase(item: Evidence) -> str:
    """Which words fit what the money brought: against the forecast's return, its CPA, or neither."""
    kpi = item.detail["kpi"]
    if not kpi:
        known = "_and_".join(name for name in ("conversions", "revenue") if name in item.figures)
        return f"unpaid_{known}" if "spend" not in item.figures else known or "spend"
    if item.certainty != "beyond_noise":
        return f"{kpi}_unclear" if item.certainty == "unknown" else f"{kpi}_noise"
    return f"{kpi}_more" if item.detail["direction"] == "better" else f"{kpi}_less"


def asides(item: Evidence) -> dict[str, str]:
    """What is added to a finding: of a movement against whom and whether it goes on, of a change whether it may be the
    season, of plans what came short; no phrase where nothing is."""
    side = "above" if (item.value("effect") or 0.0) >= 1 else "below"
    more = "above" if (item.value("gap_signed") or 0.0) >= 0 else "below"
    return {
        "against": "trend.slow" if "slow" in item.detail else "",
        "onwards": f"trend.ongoing.{side}" if "ongoing" in item.detail else "",
        "season": "lasting.season" if "season untold" in item.detail else "",
        "more": f"planner.{item.detail['gap of']}.{more}" if "gap" in item.figures else "",
    }


def finding_phrase(item: Evidence) -> str:
    """Which words fit a finding: some categories compare with something else than the average."""
    category = item.detail["category"]
    if item.grade == "randomised":
        return "randomised"
    if category == "budget_inefficiency" and item.detail["of"] != "campaign":
        return "observed"
    if category in ("budget_inefficiency", "cluster") and item.detail["scope"] == "workspace":
        return f"{category}_of_others"
    if item.detail.get("kind") == PLANNER_BIAS and "spend" not in item.figures:
        return f"{PLANNER_BIAS}_unpriced"
    if "new" in item.detail:
        return f"{LASTING_CHANGE}_new" if "spend" in item.figures else f"{LASTING_CHANGE}_new_unpriced"
    if "kind" in item.detail:
        return item.detail["kind"]
    if category == "platform_trend" and "since" not in item.figures:
        return "observed"  # a movement without its date is none
    return category if category in ("budget_inefficiency", "cluster", "platform_trend") else "observed"
