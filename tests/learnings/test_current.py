"""What was found is listed with what is believed of it now; what holds no longer is not shown as current."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from reflection.domain.knowledge import Knowledge
from reflection.domain.learning_summary import LearningSummary
from reflection.domain.list_query import ListQuery, Place
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
        patterns: Sequence[dict[str, Any]] = (),
    ) -> None:
        claims = (states or {}).items()
        self._summaries = [LearningSummary(Claim(*claim).learning_id, *claim, state) for claim, state in claims]
        self._patterns = patterns
        self.asked: list[str] = []

    def patterns(self, limit: int) -> Sequence[dict[str, Any]]:
        return self._patterns[:limit]

    def learning_summaries(self) -> Sequence[LearningSummary]:
        self.asked.append("summaries")
        return self._summaries

    def learning_facts(self, learning_ids: Sequence[str]) -> dict[str, dict[str, Any]]:
        assert learning_ids, "nothing is asked for nothing"
        self.asked += learning_ids
        return {one.learning_id: _fact(one) for one in self._summaries if one.learning_id in learning_ids}

    def supporters(self, learning_ids: Sequence[str], signal_keys: Sequence[str]) -> dict[str, str]:
        return dict.fromkeys(learning_ids, "c9")

    def newest(self, campaign_ids: Collection[str], signal_keys: Sequence[str]) -> list[str]:
        return sorted(campaign_ids, reverse=True)


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


def test_a_pattern_names_its_learnings_that_of_its_own_metric_first(knowledge: Knowledge) -> None:
    states = {(VIDEO, "", "ctr"): "emerging", (VIDEO, "", "roas"): "established"}
    rows = CurrentLearnings(Reader(states, patterns=_patterns(knowledge))).patterns(knowledge, ListQuery(limit=100))[0]
    video = next(row for row in rows if row["id"] == ROAS)
    assert video["state"] == "established"
    assert [one["metric"] for one in video["learnings"]] == ["roas", "ctr"]


@pytest.mark.parametrize("first", ["cpa", "conversions_per_spend"])
def test_cpa_and_its_reciprocal_are_one_learning_of_a_pattern_and_one_pattern(knowledge: Knowledge, first: str) -> None:
    both = ["cpa", "conversions_per_spend"]
    states = {(key, "", metric): "established" for key in (VIDEO, "audience:nobody") for metric in both}
    finding = next(one for one in knowledge.findings if one.finding_id == ROAS)
    told = replace(knowledge, findings=(replace(finding, metric=first, metadata={"also": [*both, "roas"]}),))
    rows = CurrentLearnings(Reader(states, patterns=_patterns(told))).patterns(told, ListQuery(limit=100))[0]
    learnings = {row["signal_key"]: [one["metric"] for one in row["learnings"]] for row in rows}
    assert learnings == {VIDEO: [first], "audience:nobody": ["cpa"]}


def test_a_cluster_without_proof_is_called_descriptive(knowledge: Knowledge) -> None:
    cluster = next(one for one in knowledge.findings if one.category == "cluster")
    told = replace(knowledge, findings=(replace(cluster, status="descriptive"),))
    (row,) = CurrentLearnings(Reader(patterns=_patterns(told))).patterns(told, ListQuery(limit=10))[0]
    assert row["state"] == "descriptive"


def test_patterns_come_in_pages_that_together_are_the_list(knowledge: Knowledge) -> None:
    current = CurrentLearnings(Reader(patterns=_patterns(knowledge)))
    whole, end = current.patterns(knowledge, ListQuery(limit=100))
    pages: list[dict[str, Any]] = []
    after: Place | None = None
    for _ in range(len(whole)):
        page, cursor = current.patterns(knowledge, ListQuery(limit=2, after=after))
        pages += page
        if cursor is None:
            break
        after = Place.of_cursor(cursor)
    assert (pages, end) == (whole, None)
    assert {row["known_as_of"] for row in whole} == {knowledge.as_of}


def test_patterns_are_narrowed_to_a_category_and_to_campaigns(knowledge: Knowledge) -> None:
    current = CurrentLearnings(Reader(patterns=_patterns(knowledge)))
    rows, _ = current.patterns(knowledge, ListQuery(limit=100, kind="winning_audience", platform="Meta"))
    supporting = {one.finding_id: one.supporting for one in knowledge.findings}
    assert rows
    assert {row["category"] for row in rows} == {"winning_audience"}
    assert all(row["campaign_id"] == max(supporting[row["id"]]) for row in rows)
    assert current.patterns(knowledge, ListQuery(since=datetime(2027, 1, 1, tzinfo=UTC)))[0] == []


@pytest.mark.parametrize("state", sorted(PAST))
def test_a_pattern_that_holds_no_longer_is_not_listed_as_current(knowledge: Knowledge, state: str) -> None:
    current = CurrentLearnings(Reader({(VIDEO, "", "roas"): state}, patterns=_patterns(knowledge)))
    assert ROAS not in [row["id"] for row in current.patterns(knowledge, ListQuery(limit=100))[0]]
    everything = current.patterns(knowledge, ListQuery(limit=100, past=True))[0]
    gone = next(row for row in everything if row["id"] == ROAS)
    assert (gone["state"], gone["impact_score"], gone["summary"]) == (state, 0.0, f"{state}!")
    assert everything[-1]["impact_score"] == 0.0, "what has no impact any longer comes last"


def test_an_effect_that_is_opposite_in_two_contexts_is_not_told_as_one(knowledge: Knowledge) -> None:
    reader = Reader({(VIDEO, "", "roas"): "contested"}, patterns=_patterns(knowledge))
    rows = CurrentLearnings(reader).patterns(knowledge, ListQuery(limit=100))[0]
    assert next(row for row in rows if row["id"] == ROAS)["summary"] == "contested!"


def test_a_learning_that_the_last_fit_does_not_call_a_finding_is_a_pattern_too(knowledge: Knowledge) -> None:
    key, context = "audience.age:18-25", "platform:google"
    crossed = "platform*audience.age:google*18-25"
    assert crossed not in {one.signal_key for one in knowledge.findings}
    states = {(key, context, "roas"): "emerging", ("platform:snapchat", "", "roas"): "retired"}
    rows = CurrentLearnings(Reader(states, patterns=_patterns(knowledge))).patterns(knowledge, ListQuery(limit=500))[0]
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
    reader = Reader(states, patterns=_patterns(knowledge))
    current = CurrentLearnings(reader)
    current.patterns(knowledge, ListQuery(limit=100, past=True))[0]
    current.past("roas")
    assert sorted(reader.asked) == sorted(["summaries", *(Claim(*claim).learning_id for claim in states)])
