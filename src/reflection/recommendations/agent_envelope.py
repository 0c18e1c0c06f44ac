"""Contract C2: recommendations in the envelope that the company's agents exchange.

Out: our answer as an envelope, keys being content hashes and confidence a calibrated probability. In: another agent's
envelope as claims, where placeholder evidence counts as none. Pure; must not know requests or storage.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from reflection.domain import signals
from reflection.domain.campaign import PLACEHOLDERS
from reflection.errors import InvalidInput

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
PLATFORM_NAMES = ("meta", "google", "tiktok", "unknown")
TYPE_NAMES = ("audience", "budget", "creative", "timing", "seo", "funnel", "other")


def wrap(answer: Mapping[str, Any]) -> dict[str, Any]:
    """The answer of `recommend.recommend` as an envelope; cards without enough evidence are not recommendations."""
    cards = [card for card in answer["cards"] if card["lane"] != "not enough evidence"]
    return {"agent_name": AGENT, "recommendations": [_wrapped(card, answer) for card in cards]}


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
            "metric_change": f"{(card['effect'] - 1) * 100:+.1f}%",
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
        "context": {"as_of": answer["as_of"], "epoch": answer["epoch"], "objective": card["objective"]},
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


def unwrap(envelope: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Another agent's envelope as claims {key, issuer, type, platform, action, metric, confidence, evidence, version}.

    `confidence` is kept only where it can be a probability (0 to 1, or 0 to 100 as an integer percentage);
    `evidence` drops placeholders ("n/a", "unknown", "", null) at any depth and is None when nothing is left.

    Raises:
        InvalidInput: not an envelope, or a recommendation without key or action.
    """
    issuer, rows = envelope.get("agent_name"), envelope.get("recommendations")
    if not _real(issuer) or not isinstance(rows, Sequence) or isinstance(rows, str):
        raise InvalidInput("an envelope has an agent_name and a list of recommendations", field="agent_name")
    return [_claim(str(issuer), row, index) for index, row in enumerate(rows)]


def _claim(issuer: str, row: Any, index: int) -> dict[str, Any]:
    where = f"recommendations[{index}]"
    if not isinstance(row, Mapping):
        raise InvalidInput("a recommendation is an object", field=where)
    for name in ("source_recommendation_key", "action"):
        if not _real(row.get(name)):
            raise InvalidInput(f"a recommendation needs its {name}", field=f"{where}.{name}")
    given = row.get("reasoning")
    reasoning: Mapping[str, Any] = given if isinstance(given, Mapping) else {}
    return {
        "key": str(row["source_recommendation_key"]),
        "issuer": issuer,
        "type": row.get("recommendation_type") if row.get("recommendation_type") in TYPE_NAMES else "other",
        "platform": row.get("platform") if row.get("platform") in PLATFORM_NAMES else "unknown",
        "action": str(row["action"]),
        "metric": reasoning.get("metric_name") if _real(reasoning.get("metric_name")) else None,
        "confidence": _probability(row.get("confidence")),
        "evidence": _without_placeholders(reasoning.get("supporting_data")),
        "version": str(row.get("version") or ""),
    }


def _probability(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    number = float(value)
    if isinstance(value, int) and 1 < value <= 100:
        number = value / 100.0
    return number if 0.0 <= number <= 1.0 else None


def _real(value: Any) -> bool:
    return isinstance(value, str) and bool(value.strip()) and value.strip().casefold() not in PLACEHOLDERS


def _without_placeholders(value: Any) -> Any:
    if isinstance(value, Mapping):
        kept = {key: _without_placeholders(item) for key, item in value.items()}
        return {key: item for key, item in kept.items() if item is not None} or None
    if isinstance(value, list | tuple):
        return [item for item in map(_without_placeholders, value) if item is not None] or None
    if isinstance(value, str):
        return value if _real(value) else None
    return value
