"""Contract C2: what goes out is calibrated and keyed stably."""

from dataclasses import replace
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
    assert by_action["test meta"]["platform"] == "meta"
    assert by_action["test meta"]["recommendation_type"] == "budget"
    assert by_action["put more of the budget on creative type video"]["platform"] == "unknown"
    assert by_action["put more of the budget on creative type video"]["recommendation_type"] == "creative"


def test_what_could_be_tested_is_told_as_everywhere_else(knowledge: Knowledge):
    proposed = knowledge.next_test
    assert proposed is not None
    own = [replace(one, doubt="so") if one.key == proposed.signal_key else one for one in knowledge.bookables]
    answer = answer_from(replace(knowledge, bookables=tuple(own)), now=NOW)

    assert answer["tests"]
    assert agent_envelope.wrap(answer)["tests"] == answer["tests"]


def test_nothing_known_is_an_empty_envelope():
    assert agent_envelope.wrap(answer_from(NOTHING, now=NOW)) == {
        "agent_name": "reflection",
        "recommendations": [],
        "tests": [],
    }
