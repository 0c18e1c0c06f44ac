"""The section on what to do next: recommendation cards where there are any, and the sentences of the
analysis.

Must not know formats or how a recommendation is made.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from reflection.domain.results import Analysis
from reflection.explain import formatting
from reflection.explain.evidence import INTERVAL_LEVEL
from reflection.explain.phrases_en import ENGLISH
from reflection.reports.view import CardView, Section

MAX_CARDS = 6
MAX_IDS = 5
LANES = {"exploit": "Do more", "explore": "Test", "avoid": "Do less", "not enough evidence": "Find out"}


def cards_section(
    analysis: Analysis | None, recommendations: Mapping[str, Any] | None, spelt: Mapping[str, str]
) -> Section:
    """What to do next, with odds: the sentences of one analysis where there is one, else those of the workspace.

    Args:
        spelt: signals as campaigns spell them, by key.
    """
    given = recommendations or {}
    cards = given.get("cards", ())
    statements = analysis.insights.statements if analysis else ()
    points = tuple(item.text for item in statements if item.kind == "recommendation")
    if analysis is None and not cards:
        points = tuple(formatting.plain_name(str(text), 400) for text in given.get("recommendations", ())[:MAX_CARDS])
    return Section(
        "next", "What to do next", points=points, cards=tuple(card(_respelt(one, spelt)) for one in cards[:MAX_CARDS])
    )


def _respelt(one: Mapping[str, Any], spelt: Mapping[str, str]) -> Mapping[str, Any]:
    """A card with its signal as campaigns spell it."""
    known, given = one.get("label"), spelt.get(one.get("signal", ""))
    if not known or not given:
        return one
    return {**one, "action": given.join(str(one["action"]).split(known, 1))}


def card(one: Mapping[str, Any]) -> CardView:
    """One card of `recommend.recommend`."""
    currency = one.get("currency")
    low, high = (formatting.signed_lift(bound) for bound in one["interval"])
    facts = [
        ("Odds to be better", formatting.probability(one["p_better"])),
        ("Effect", formatting.signed_lift(one["effect"])),
        (f"{INTERVAL_LEVEL} interval", f"{low} to {high}"),
    ]
    used = "If used, expected" if one["lane"] == "avoid" else "Expected gain"
    for label, key in ((used, "expected_gain"), ("Worst case in 20", "downside_5")):
        if one.get(key) is not None:
            facts.append((label, formatting.money(one[key], currency, signed=True, whole=True)))
    sides = [f"for it: {_ids(one['evidence_for'])}"] if one["evidence_for"] else []
    sides += [f"against it: {_ids(one['evidence_against'])}"] if one["evidence_against"] else []
    action = formatting.plain_name(one["action"], 120)
    grade = "Tested at random" if one["grade"] == "randomised" else "Observed, not tested"
    return CardView(
        lane=LANES.get(one["lane"], one["lane"]),
        title=action[:1].upper() + action[1:],
        facts=tuple(facts),
        reason=_reason(one),
        evidence="; ".join([grade, *sides]) + ".",
    )


def _reason(one: Mapping[str, Any]) -> str:
    """What the card rests on, for a reader who knows no statistics; the card's own reason has the details."""
    if one["lane"] in ("exploit", "avoid"):
        number = len(one["evidence_for"]) + len(one["evidence_against"])
        campaigns = ENGLISH.counted("campaign", number, formatting.count(number))
        return f"A finding on {campaigns}. An association: platforms choose who sees an ad."
    weight = one.get("campaigns")
    if not weight or weight < 0.1:
        return "Hardly any campaign had it so far: only a test can tell."
    campaigns = ENGLISH.counted("campaign", weight, formatting.count(round(weight, 1)))
    return f"Not enough evidence yet, worth {campaigns}."


def _ids(ids: Sequence[str]) -> str:
    shown = ", ".join(formatting.plain_name(one, 60) for one in ids[:MAX_IDS])
    return f"{shown} and {len(ids) - MAX_IDS} more" if len(ids) > MAX_IDS else shown
