"""The section on what to do next: recommendation cards where there are any, and the sentences of the analysis.

Must not know formats or how a recommendation is made.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from reflection.domain.conversion_kind import plural
from reflection.domain.results import Analysis
from reflection.explain import formatting
from reflection.explain.advice import HEADINGS, grounds
from reflection.explain.evidence import INTERVAL_LEVEL
from reflection.explain.phrases.sentences_en import ENGLISH
from reflection.reports.view import CardView, Section

MAX_CARDS = 6
MAX_IDS = 5


def cards_section(
    analysis: Analysis | None, recommendations: Mapping[str, Any] | None, labels: Mapping[str, str]
) -> Section:
    """What to do next, with odds: the sentences of one analysis where there is one, else those of the workspace.

    Args:
        labels: signals as campaigns spell them, by key.
    """
    answer = recommendations or {}
    cards = answer.get("cards", ())
    statements = analysis.insights.statements if analysis else ()
    points = tuple(item.text for item in statements if item.kind == "recommendation")
    tests = [test["description"] for test in answer.get("tests", ())]
    if analysis is None and not cards:
        points = tuple(formatting.plain_name(str(text), 400) for text in answer.get("recommendations", ())[:MAX_CARDS])
    return Section(
        "next",
        "What to do next",
        points=tuple(dict.fromkeys((*points, *(tests if cards or analysis is not None else ())))),
        cards=tuple(card(_with_label(values, labels)) for values in cards[:MAX_CARDS]),
    )


def _with_label(values: Mapping[str, Any], labels: Mapping[str, str]) -> Mapping[str, Any]:
    """A card with its signal as campaigns spell it."""
    label, spelling = values.get("label"), labels.get(values.get("signal", ""))
    if not label or not spelling:
        return values
    return {**values, "label": spelling, "action": spelling.join(str(values["action"]).split(label, 1))}


def card(values: Mapping[str, Any]) -> CardView:
    """One card of `recommend.recommend`."""
    currency = values.get("currency")
    low, high = (formatting.signed_lift(bound) for bound in values["interval"])
    facts = [
        ("Odds to be better", formatting.probability(values["p_better"])),
        ("Effect", formatting.signed_lift(values["effect"])),
        (f"{INTERVAL_LEVEL} interval", f"{low} to {high}"),
    ]
    used = "If used, expected" if values["lane"] == "avoid" else "Expected gain"
    if values.get("stake"):
        used += f" on {formatting.money(values['stake'], currency, whole=True)}"
    for label, key in ((used, "expected_gain"), ("Worst case in 20", "downside_5")):
        if values.get(key) is not None:
            facts.append((label, formatting.money(values[key], currency, signed=True, whole=True)))
    sides = [f"for it: {_ids(values['evidence_for'])}"] if values["evidence_for"] else []
    sides += [f"against it: {_ids(values['evidence_against'])}"] if values["evidence_against"] else []
    grade = "Tested at random" if values["grade"] == "randomised" else "Observed, not tested"
    return CardView(
        lane=HEADINGS.get(values["lane"], values["lane"]),
        title=formatting.capital(_title(values)),
        facts=tuple(facts),
        reason=_reason(values),
        evidence="; ".join([grade, *sides]) + ".",
    )


def _title(values: Mapping[str, Any]) -> str:
    """What to do, or only of what where that is nothing; and where, as elsewhere its figures are others."""
    idle = values["lane"] == "not enough evidence" and values.get("label")
    title = formatting.plain_name(values["label"] if idle else values["action"], 120)
    places = [("on", values.get("platform")), ("for", values.get("objective"))]
    where = " ".join(f"{word} {formatting.plain_name(name)}" for word, name in places if name)
    whose = f"for {plural(values['goal'])}: " if values.get("goal") is not None else ""
    return f"{whose}{title}, {where}" if where else f"{whose}{title}"


def _reason(values: Mapping[str, Any]) -> str:
    """What the card rests on, for a reader who knows no statistics; the card's own reason has the details."""
    if values["lane"] in ("exploit", "avoid"):
        number = values.get("campaigns") or len(values["evidence_for"]) + len(values["evidence_against"])
        campaigns = ENGLISH.counted("campaign", number, formatting.count(number))
        if values["grade"] == "randomised":
            return f"Seen in {campaigns}, and {grounds('randomised', values['experiments'])}."
        return f"Seen in {campaigns}. An association: platforms choose who sees an ad."
    weight = values.get("campaigns")
    if not weight or weight < 0.1:
        return "Hardly any campaign had it so far: only a test can tell."
    campaigns = ENGLISH.counted("campaign", weight, formatting.count(round(weight, 1)))
    return f"Not enough evidence yet, seen in {campaigns}."


def _ids(ids: Sequence[str]) -> str:
    names = ", ".join(formatting.plain_name(name, 60) for name in ids[:MAX_IDS])
    return f"{names} and {len(ids) - MAX_IDS} more" if len(ids) > MAX_IDS else names
