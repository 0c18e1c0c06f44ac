"""Contract C2: recommendations in the envelope that the company's agents exchange.

Our answer as an envelope, keys being content hashes and confidence a calibrated probability. Pure; must not know
requests or storage.
"""

from collections.abc import Mapping
from typing import Any

from reflection.domain import signals

AGENT = "reflection"
VERSION = "1"
PLATFORMS = {
    "meta": "meta", "facebook": "meta", "instagram": "meta",
    "google": "google", "google ads": "google", "youtube": "google",
    "tiktok": "tiktok",
}  # fmt: skip
"""Our platform levels -> the envelope's; everything else is ``unknown``."""

TYPES = {"audience": "audience", "creative": "creative", "platform": "budget"}
HIGH, MEDIUM = 0.9, 0.75


def wrap(answer: Mapping[str, Any]) -> dict[str, Any]:
    """The answer of `ranking.recommend` as an envelope; cards without enough evidence are not recommendations.

    `tests` stand beside them as they are: of what they test nothing is known, so they have no odds and no key.
    """
    cards = [card for card in answer["cards"] if card["lane"] != "not enough evidence"]
    return {
        "agent_name": AGENT,
        "recommendations": [_wrapped(card, answer) for card in cards],
        "tests": list(answer["tests"]),
    }


def _wrapped(card: Mapping[str, Any], answer: Mapping[str, Any]) -> dict[str, Any]:
    confidence = 1.0 - card["p_better"] if card["lane"] == "avoid" else card["p_better"]
    low, high = card["interval"]
    return {
        "source_recommendation_key": card["id"],
        "recommendation_type": TYPES.get(signals.parse(card["signal"]).parts[-1].group.split(".")[0], "other"),
        "platform": _platform(card),
        "action": card["action"],
        "reasoning": {
            "triggered_by": card["reason"],
            "metric_name": card["metric"],
            "metric_change": f"{(card['effect'] - 1) * 100:+z.1f}%",
            "supporting_data": {
                "interval_90": [low, high],
                "campaigns": card["campaigns"],
                "evidence_for": list(card["evidence_for"]),
                "evidence_against": list(card["evidence_against"]),
                "grade": card["grade"],
            },
        },
        "confidence": round(confidence, 4),
        "priority": "high" if confidence >= HIGH else "medium" if confidence >= MEDIUM else "low",
        "context": {
            "as_of": answer["as_of"],
            "pending": answer["pending"],
            "epoch": answer["epoch"],
            "objective": card["objective"],
        },
        "version": VERSION,
        "agent_specific": {
            key: card[key]
            for key in ("lane", "sentence", "expected_gain", "downside_5", "cvar_5", "stake", "currency", "propensity")
        },
    }


def _platform(card: Mapping[str, Any]) -> str:
    named = card["platform"] or next(
        (part.level for part in signals.parse(card["signal"]).parts if part.group == signals.PLATFORM), ""
    )
    return PLATFORMS.get(signals.normalise(named), "unknown")
