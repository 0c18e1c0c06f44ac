"""Contract C2: what goes out is calibrated and keyed stably."""

from datetime import UTC, datetime
from typing import Any

import pytest

from reflection.domain.knowledge import NOTHING, Knowledge
from reflection.recommendations import agent_envelope
from reflection.recommendations.ranking import RecommendationInput, recommend

NOW = datetime(2026, 4, 1, tzinfo=UTC)
PLATFORM_NAMES = ("meta", "google", "tiktok", "unknown")
TYPE_NAMES = ("audience", "budget", "creative", "timing", "seo", "funnel", "other")


def answer_from(knowledge: Knowledge, **options: Any) -> dict[str, Any]:
    """The recommendations of a knowledge."""
    return recommend(RecommendationInput(knowledge=knowledge, **options))


def test_the_envelope_has_the_contract_fields(knowledge: Knowledge):
    wrapped = agent_envelope.wrap(answer_from(knowledge, now=NOW))

    assert wrapped["agent_name"] == "reflection"
    for row in wrapped["recommendations"]:
        assert set(row) == {
            "source_recommendation_key", "recommendation_type", "platform", "action", "reasoning", "confidence",
            "priority", "context", "version", "agent_specific",
        }  # fmt: skip
        assert set(row["reasoning"]) == {"triggered_by", "metric_name", "metric_change", "supporting_data"}
        assert row["recommendation_type"] in TYPE_NAMES
        assert row["platform"] in PLATFORM_NAMES


def test_confidence_is_the_probability_that_the_advice_is_right(knowledge: Knowledge):
    answer = answer_from(knowledge, now=NOW)
    rows = {row["source_recommendation_key"]: row for row in agent_envelope.wrap(answer)["recommendations"]}
    for card in answer["cards"]:
        if card["lane"] == "avoid":
            assert rows[card["id"]]["confidence"] == pytest.approx(1 - card["p_better"], abs=1e-4)
        elif card["lane"] == "exploit":
            assert rows[card["id"]]["confidence"] == pytest.approx(card["p_better"], abs=1e-4)
        elif card["lane"] == "not enough evidence":
            assert card["id"] not in rows


def test_platforms_and_types_are_mapped(knowledge: Knowledge):
    rows = agent_envelope.wrap(answer_from(knowledge, now=NOW))["recommendations"]
    by_action = {row["action"]: row for row in rows}
    assert by_action["test platform google"]["platform"] == "google"
    assert by_action["test platform google"]["recommendation_type"] == "budget"
    assert by_action["use more of creative type video"]["platform"] == "unknown"
    assert by_action["use more of creative type video"]["recommendation_type"] == "creative"


def test_nothing_known_is_an_empty_envelope():
    assert agent_envelope.wrap(answer_from(NOTHING, now=NOW)) == {"agent_name": "reflection", "recommendations": []}


def test_what_goes_out_comes_back_in(knowledge: Knowledge):
    wrapped = agent_envelope.wrap(answer_from(knowledge, now=NOW))
    claims = agent_envelope.unwrap(wrapped)
    keys = [row["source_recommendation_key"] for row in wrapped["recommendations"]]
    assert [claim["key"] for claim in claims] == keys
    assert all(claim["evidence"] for claim in claims)


def _incoming(**changes: object) -> dict[str, object]:
    row = {"source_recommendation_key": "k1", "action": "raise budget", "confidence": 80, **changes}
    return {"agent_name": "allocator", "recommendations": [row]}


@pytest.mark.parametrize(
    ("given", "kept"),
    [(80, 0.8), (0.8, 0.8), (1, 1.0), (0, 0.0), (150, None), (35.5, None), ("80", None), (True, None), (None, None)],
)
def test_incoming_confidence_is_kept_where_it_can_be_a_probability(given: object, kept: float | None):
    assert agent_envelope.unwrap(_incoming(confidence=given))[0]["confidence"] == kept


@pytest.mark.parametrize("data", [{"a": "n/a"}, {"a": ["unknown", ""], "b": None}, {}, "string", None])
def test_placeholder_evidence_counts_as_none(data: object):
    assert agent_envelope.unwrap(_incoming(reasoning={"supporting_data": data}))[0]["evidence"] is None


def test_real_evidence_survives_its_placeholders():
    claim = agent_envelope.unwrap(_incoming(reasoning={"supporting_data": {"ctr": 0.02, "note": "unknown"}}))[0]
    assert claim["evidence"] == {"ctr": 0.02}


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"agent_name": "x"},
        {"agent_name": "x", "recommendations": "all"},
        {"agent_name": "x", "recommendations": [3]},
        {"agent_name": "x", "recommendations": [{"action": "a"}]},
        {"agent_name": "x", "recommendations": [{"source_recommendation_key": "k", "action": "n/a"}]},
    ],
)
def test_what_is_no_envelope_is_refused(body: dict[str, object]):
    with pytest.raises(InvalidInput):
        agent_envelope.unwrap(body)
