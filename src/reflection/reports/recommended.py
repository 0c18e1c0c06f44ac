"""The section on what to do next: recommendation cards where there are any, and the sentences of the
analysis.

Must not know formats or how a recommendation is made.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from reflection.explain import formatting
from reflection.report import Analysis
from reflection.reports.view import CardView, Section

MAX_CARDS = 6
MAX_IDS = 5
LANES = {"exploit": "Do more", "explore": "Test", "avoid": "Do less", "not enough evidence": "Find out"}


def cards_section(analysis: Analysis | None, recommendations: Mapping[str, Any] | None) -> Section:
    """What to do next, with odds: the sentences of one analysis where there is one, else those of the
    workspace.
    """
    given = recommendations or {}
    cards = given.get("cards", ())
    statements = analysis.insights.statements if analysis else ()
    points = tuple(item.text for item in statements if item.kind == "recommendation")
    if analysis is None:
        points = tuple(formatting.plain_name(str(text), 400) for text in given.get("recommendations", ())[:MAX_CARDS])
    return Section("next", "What to do next", points=points, cards=tuple(card(one) for one in cards[:MAX_CARDS]))


def card(one: Mapping[str, Any]) -> CardView:
    """One card of `recommend.recommend`."""
    currency = one.get("currency")
    low, high = (formatting.signed_lift(bound) for bound in one["interval"])
    facts = [
        ("Odds to be better", formatting.probability(one["p_better"])),
        (
            "Effect",
            f"{formatting.signed_lift(one['effect'])} ({low} to {high})",
        ),
    ]
    used = "If used, expected" if one["lane"] == "avoid" else "Expected gain"
    for label, key in ((used, "expected_gain"), ("Worst case in 20", "downside_5")):
        if one.get(key) is not None:
            facts.append((label, formatting.money(one[key], currency, signed=True, whole=True)))
    sides = [f"for it: {_ids(one['evidence_for'])}"] if one["evidence_for"] else []
    sides += [f"against it: {_ids(one['evidence_against'])}"] if one["evidence_against"] else []
    action = formatting.plain_name(one["action"], 120)
    reason = formatting.plain_name(one["reason"], 300)
    grade = "tested at random" if one["grade"] == "randomised" else "observed, not tested"
    return CardView(
        lane=LANES.get(one["lane"], one["lane"]),
        title=action[:1].upper() + action[1:],
        facts=tuple(facts),
        reason=reason[:1].upper() + reason[1:],
        evidence="; ".join([grade, *sides]),
    )


def _ids(ids: Sequence[str]) -> str:
    shown = ", ".join(formatting.plain_name(one, 60) for one in ids[:MAX_IDS])
    return f"{shown} and {len(ids) - MAX_IDS} more" if len(ids) > MAX_IDS else shown
