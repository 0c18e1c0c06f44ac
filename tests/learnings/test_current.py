"""What was said and found is listed with what is believed of it now; what holds no longer is not shown as current."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import orjson
import pytest

from reflection.domain.knowledge import Knowledge
from reflection.domain.ports import LearningSummary
from reflection.inference.findings.common import finding_id
from reflection.learnings.current import PAST, CurrentLearnings
from reflection.learnings.lifecycle import Claim
from reflection.recommendations.ranking import RecommendationInput, recommend

VIDEO = "creative.type:video"
ROAS = finding_id("high_performing_creative", VIDEO, "roas")


def answer_from(knowledge: Knowledge, **options: Any) -> dict[str, Any]:
    """The recommendations of a knowledge."""
    return recommend(RecommendationInput(knowledge=knowledge, **options))


class Reader:
    """Learnings {(signal, context, metric): state}, beside stored sentences and patterns; notes what was asked."""

    def __init__(
        self,
        states: dict[tuple[str, str, str], str] | None = None,
        *,
        insights: Sequence[dict[str, Any]] = (),
        patterns: Sequence[dict[str, Any]] = (),
    ) -> None:
        claims = (states or {}).items()
        self._summaries = [LearningSummary(Claim(*claim).learning_id, *claim, state) for claim, state in claims]
        self._insights, self._patterns = insights, patterns
        self.asked: list[str] = []

    def insights(self, limit: int) -> Sequence[dict[str, Any]]:
        return self._insights[:limit]

    def patterns(self, limit: int) -> Sequence[dict[str, Any]]:
        return self._patterns[:limit]

    def learning_summaries(self) -> Sequence[LearningSummary]:
        self.asked.append("summaries")
        return self._summaries

    def learning_facts(self, learning_ids: Sequence[str]) -> dict[str, dict[str, Any]]:
        assert learning_ids, "nothing is asked for nothing"
        self.asked += learning_ids
        return {one.learning_id: _fact(one) for one in self._summaries if one.learning_id in learning_ids}


def _fact(summary: LearningSummary) -> dict[str, Any]:
    numbers = {"effect": 1.5, "interval": (1.2, 1.8), "lfsr": 0.01, "campaigns": 9.0}
    when = {"since": "2026-01-01", "until": None, "recorded_at": "2026-03-01T00:00:00+00:00"}
    return {
        **summary._asdict(),
        **numbers,
        **when,
        "id": summary.learning_id,
        "text": f"{summary.state}!",
        "reason": "so",
    }


def _insight(number: int, *evidence: str) -> dict[str, Any]:
    return {"id": number, "kind": "key_learning", "content": f"sentence {number}", "evidence": list(evidence)}


@pytest.fixture
def knowledge(knowledge: Knowledge) -> Knowledge:
    """What the forty campaigns teach, the finding on video among it."""
    assert any(one.finding_id == ROAS for one in knowledge.findings)
    return knowledge


def _patterns(knowledge: Knowledge) -> list[dict[str, Any]]:
    return [
        {
            "id": one.finding_id,
            "campaign_id": None,
            "category": one.category,
            "signal_key": one.signal_key,
            "summary": one.description,
            "impact_score": one.impact_score,
            "created_at": "2026-01-01",
        }
        for one in knowledge.findings
    ]


def test_a_sentence_names_the_learning_it_rests_on_and_its_state() -> None:
    sentences = [_insight(1, f"finding:{ROAS}"), _insight(2, "delta:cpa")]
    rows = CurrentLearnings(Reader({(VIDEO, "", "roas"): "established"}, insights=sentences)).insights(10)
    assert [(row["id"], row["state"]) for row in rows] == [(1, "established"), (2, None)]
    assert [one["id"] for one in rows[0]["learnings"]] == [Claim(VIDEO, "", "roas").learning_id]
    assert rows[0]["content"] == "sentence 1", "what was said stays as it was said"
    assert rows[1]["learnings"] == []


@pytest.mark.parametrize("state", sorted(PAST))
def test_a_sentence_on_what_holds_no_longer_is_given_only_when_asked_for(state: str) -> None:
    sentences = [_insight(1, f"finding:{ROAS}"), _insight(2)]
    current = CurrentLearnings(Reader({(VIDEO, "", "roas"): state}, insights=sentences))
    assert [row["id"] for row in current.insights(10)] == [2]
    assert [(row["id"], row["state"]) for row in current.insights(10, past=True)] == [
        (1, state),
        (2, None),
    ]


def test_sentences_left_out_make_room_for_the_next_ones() -> None:
    gone = [_insight(number, f"finding:{ROAS}") for number in range(40)]
    kept = [_insight(number) for number in range(40, 50)]
    current = CurrentLearnings(Reader({(VIDEO, "", "roas"): "superseded"}, insights=[*gone, *kept]))
    assert [row["id"] for row in current.insights(3)] == [40, 41, 42]


def test_one_past_learning_decides_over_a_present_one() -> None:
    ctr = finding_id("high_performing_creative", VIDEO, "ctr")
    states = {(VIDEO, "", "ctr"): "established", (VIDEO, "", "roas"): "retired"}
    sentences = [_insight(1, f"finding:{ctr}", f"finding:{ROAS}")]
    assert CurrentLearnings(Reader(states, insights=sentences)).insights(10) == []


def test_without_learnings_sentences_are_as_they_were_stored() -> None:
    (row,) = CurrentLearnings(Reader(insights=[_insight(1, f"finding:{ROAS}")])).insights(10)
    assert (row["state"], row["learnings"]) == (None, [])


def test_a_pattern_names_its_learnings_that_of_its_own_metric_first(knowledge: Knowledge) -> None:
    states = {(VIDEO, "", "ctr"): "emerging", (VIDEO, "", "roas"): "established"}
    rows = CurrentLearnings(Reader(states, patterns=_patterns(knowledge))).patterns(knowledge, 100)
    video = next(row for row in rows if row["id"] == ROAS)
    assert video["state"] == "established"
    assert [one["metric"] for one in video["learnings"]] == ["roas", "ctr"]


def test_a_cluster_without_proof_is_called_descriptive(knowledge: Knowledge) -> None:
    cluster = next(one for one in knowledge.findings if one.category == "cluster")
    told = replace(knowledge, findings=(replace(cluster, status="descriptive"),))
    (row,) = CurrentLearnings(Reader(patterns=_patterns(told))).patterns(told, 10)
    assert row["state"] == "descriptive"


@pytest.mark.parametrize("state", sorted(PAST))
def test_a_pattern_that_holds_no_longer_is_not_listed_as_current(knowledge: Knowledge, state: str) -> None:
    current = CurrentLearnings(Reader({(VIDEO, "", "roas"): state}, patterns=_patterns(knowledge)))
    assert ROAS not in [row["id"] for row in current.patterns(knowledge, 100)]
    everything = current.patterns(knowledge, 100, past=True)
    gone = next(row for row in everything if row["id"] == ROAS)
    assert (gone["state"], gone["impact_score"], gone["summary"]) == (state, 0.0, f"{state}!")
    assert everything[-1]["impact_score"] == 0.0, "what has no impact any longer comes last"


def test_an_effect_that_is_opposite_in_two_contexts_is_not_told_as_one(knowledge: Knowledge) -> None:
    reader = Reader({(VIDEO, "", "roas"): "contested"}, patterns=_patterns(knowledge))
    rows = CurrentLearnings(reader).patterns(knowledge, 100)
    assert next(row for row in rows if row["id"] == ROAS)["summary"] == "contested!"


def test_a_learning_that_the_last_fit_does_not_call_a_finding_is_a_pattern_too(knowledge: Knowledge) -> None:
    key, context = "audience.age:18-25", "platform:google"
    crossed = "platform*audience.age:google*18-25"
    assert crossed not in {one.signal_key for one in knowledge.findings}
    states = {(key, context, "roas"): "emerging", ("platform:snapchat", "", "roas"): "retired"}
    rows = CurrentLearnings(Reader(states, patterns=_patterns(knowledge))).patterns(knowledge, 500)
    beside = [row for row in rows if str(row["id"]).startswith("lrn_")]
    assert [(row["signal_key"], row["state"], row["category"]) for row in beside] == [
        (crossed, "emerging", "winning_audience")
    ]
    assert beside[0]["impact_score"] >= 0.0


def test_what_holds_no_longer_is_recommended_neither_way_and_is_named(knowledge: Knowledge) -> None:
    before = answer_from(knowledge, now="2026-04-01")
    (booked,) = [card["signal"] for card in before["cards"] if VIDEO in card["parts"]]
    reader = Reader({(VIDEO, "", knowledge.goal_metric): "superseded"})
    past = CurrentLearnings(reader).past(knowledge.goal_metric)
    answer = answer_from(knowledge, now="2026-04-01", past=past)
    assert booked not in [card["signal"] for card in answer["cards"]]
    assert booked not in [one["signal_key"] for one in answer["top_signals"]]
    assert not any(booked.partition(":")[2] in text for text in answer["recommendations"])
    assert [(one["signal_key"], one["state"]) for one in answer["no_longer"]] == [(VIDEO, "superseded")]


def test_a_learning_is_read_once_however_many_lists_name_it(knowledge: Knowledge) -> None:
    states = {(VIDEO, "", "roas"): "superseded", ("audience.age:18-25", "", "roas"): "emerging"}
    reader = Reader(states, insights=[_insight(1, f"finding:{ROAS}")], patterns=_patterns(knowledge))
    current = CurrentLearnings(reader)
    current.insights(10, past=True)
    current.patterns(knowledge, 100, past=True)
    current.past("roas")
    assert sorted(reader.asked) == sorted(["summaries", *(Claim(*claim).learning_id for claim in states)])


def test_sentences_on_evidence_that_was_taken_back_are_not_current_in_a_real_workspace(
    application: Any, history: Any
) -> None:
    engine = application.engine
    list(engine.analyze_many(history))
    application.learner.learn_all()
    first = orjson.loads(engine.analyze(history[0].model_copy(update={"campaign_id": "later"})).body)
    cited = {name for item in first["insights"]["statements"] for name in item["evidence"] if "finding:" in name}
    assert cited, "the campaign was told something that was learnt"

    def about(past: bool) -> list[dict[str, Any]]:
        rows = engine.insights(limit=500, past=past)
        return [row for row in rows if cited & set(row["evidence"]) and row["campaign_id"] == "later"]

    assert {row["state"] for row in about(past=False)} <= {"established", "emerging", None}
    assert any(row["learnings"] for row in about(past=False))
    for campaign in history:
        engine.delete(campaign.campaign_id)
    application.learner.learn_all()
    assert [row for row in about(past=False) if row["state"]] == []
    assert {row["state"] for row in about(past=True) if row["learnings"]} == {"retired"}
    assert engine.patterns(limit=500) == []
    assert {row["state"] for row in engine.patterns(limit=500, past=True)} == {"retired"}
