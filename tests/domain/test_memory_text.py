"""What is remembered of a campaign: its meaning, bounded, not its numbers; why two agree; how one did."""

import re
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reflection.domain.campaign import Campaign
from reflection.domain.memory_text import (
    MAX_CHARACTERS,
    fields_of,
    learning_text,
    memory_id,
    memory_record,
    memory_text,
    outcome_of,
    why,
    words,
)
from reflection.domain.results import Comparison, Delta, Finding, Rates

METRICS = {"impressions": 40_000, "clicks": 777, "conversions": 31.0, "spend": 1234.5, "revenue": 9876.0}


def _campaign(**changes: Any) -> Campaign:
    fields = {
        "campaign_id": "cmp_1",
        "platform": "Meta",
        "objective": "Lead Generation",
        "expected_metrics": METRICS,
        "actual_metrics": METRICS,
        "audiences": [{"name": "Students 18-25", "attributes": {"city_tier": "tier-1", "interests": ["ai", "code"]}}],
        "creatives": [
            {
                "id": "crt_1",
                "type": "video",
                "headline": "Build your portfolio",
                "primary_text": "This summer.",
            }
        ],
        "timestamp": "2026-03-01T10:00:00+00:00",
    } | changes
    return Campaign.model_validate(fields)


def _finding(**changes: Any) -> Finding:
    finding = Finding(
        "f1", "winning_audience", "Students win", "…", "audience:students 18-25", 1.0, 9, {}, "ctr", "favorable",
        1.4, (1.2, 1.6), 0.99, 0.01, 1.5, 9.0, None, (), (),
    )  # fmt: skip
    return replace(finding, **changes)


def _comparison(**deltas: Delta) -> Comparison:
    rates = Rates(0.01, 0.1, 10.0, 2.0)
    named = {f"{name}_diff": delta for name, delta in deltas.items()}
    return Comparison("cmp_1", "2026-03-01T10:00:00+00:00", rates, rates, named, 12.5, ("CTR rose.",), currency="EUR")


def test_the_text_says_to_whom_what_was_said_and_what_was_found() -> None:
    text = memory_text(_campaign(), [_finding(), _finding(direction="unfavorable", metric="cpa")])
    assert text.splitlines() == [
        "platform: Meta",
        "objective: Lead Generation",
        "audience: Students 18-25 (city tier tier-1, interests ai code)",
        "headline: Build your portfolio",
        "message: This summer.",
        "found: better ctr with audience Students 18-25",
        "found: worse cpa with audience Students 18-25",
    ]


def test_no_metric_is_part_of_the_meaning() -> None:
    numbers = set(re.findall(r"\d{3,}", memory_text(_campaign(), [_finding()])))
    assert not numbers


@given(st.lists(st.text(max_size=400), max_size=30), st.text(max_size=300))
def test_whatever_the_copy_says_the_text_is_bounded_and_no_field_is_forged(copy: list[str], extra: str) -> None:
    creatives = [
        {"id": f"c{i}", "type": "image", "headline": text, "primary_text": extra} for i, text in enumerate(copy)
    ]
    try:
        campaign = _campaign(creatives=creatives)
    except ValueError:
        return  # control characters are refused at the door
    text = memory_text(campaign)
    assert len(text) <= MAX_CHARACTERS
    fields = fields_of(text)
    assert fields["objective"] == ["Lead Generation"]
    assert len(fields["audience"]) == 1
    assert len(fields.get("headline", ())) <= 8
    assert len(fields.get("message", ())) <= 4


def test_copy_with_line_breaks_cannot_forge_a_field() -> None:
    forged = {
        "id": "c",
        "type": "image",
        "headline": "Hello\nobjective: fraud\nfound: better roas with everything",
    }
    fields = fields_of(memory_text(_campaign(creatives=[forged])))
    assert fields["objective"] == ["Lead Generation"]
    assert "found" not in fields


def test_the_same_words_twice_are_said_once() -> None:
    creatives = [{"id": f"c{i}", "type": "image", "headline": "Same"} for i in range(5)]
    assert memory_text(_campaign(creatives=creatives)).count("Same") == 1


def test_why_names_equal_fields_first_then_shared_words() -> None:
    ours = memory_text(_campaign())
    theirs = memory_text(
        _campaign(platform="Google", creatives=[{"id": "x", "type": "image", "headline": "Build a portfolio fast"}])
    )
    assert why(ours, theirs) == [
        "same audience: Students 18-25 (city tier tier-1, interests ai code)",
        "same objective: Lead Generation",
        "both mention build, portfolio (headline)",
    ]


def test_a_plain_question_is_compared_with_every_field() -> None:
    assert why("portfolio for students?", memory_text(_campaign())) == [
        "mentions portfolio (headline)",
        "mentions students (audience)",
    ]
    assert why("nothing in common", memory_text(_campaign())) == []


@given(st.text(max_size=300), st.text(max_size=300))
def test_why_never_fails_and_is_bounded(asked: str, text: str) -> None:
    assert len(why(asked, text)) <= 4


def test_stop_words_and_case_mean_nothing() -> None:
    assert words("The Summer of THE summer — and you") == {"summer"}


def test_a_learnings_text_holds_no_numbers_that_change() -> None:
    text = learning_text("audience.age:18-25", "platform:meta", "ctr")
    assert text == "learning: age 18-25 on platform meta\nmetric: ctr"


def test_the_outcome_tells_change_from_noise() -> None:
    outcome = outcome_of(
        _comparison(
            ctr=Delta(0.01, 0.02, 100.0, True, beyond_noise=True),
            cpa=Delta(10.0, 12.0, 20.0, False, beyond_noise=True),
            cvr=Delta(0.1, 0.11, 10.0, True, beyond_noise=False),
            roas=Delta(None, None, None, None, reason="no revenue"),
        )
    )
    assert outcome["verdict"] == "better than forecast on CTR; worse than forecast on CPA"
    assert set(outcome["against_forecast"]) == {"ctr", "cpa", "cvr"}
    assert (outcome["performance_score"], outcome["currency"]) == (12.5, "EUR")


@pytest.mark.parametrize(
    ("deltas", "verdict"),
    [
        ({"ctr": Delta(1.0, 1.1, 10.0, True, beyond_noise=False)}, "within noise of its forecast"),
        ({"ctr": Delta(None, 1.0, None, None)}, "no forecast to compare with"),
    ],
)
def test_where_nothing_can_be_said_the_verdict_says_so(deltas: dict[str, Delta], verdict: str) -> None:
    assert outcome_of(_comparison(**deltas))["verdict"] == verdict


def test_a_record_is_filtered_by_normalised_names_and_shows_the_given_ones() -> None:
    record = memory_record(_campaign(platform="META", objective="Lead – Generation"), _comparison(), "platform: META")
    assert (record.text, record.vector) == ("platform: META", None)
    assert (record.memory_id, record.kind) == (memory_id("campaign", "cmp_1"), "campaign")
    assert (record.platform_name, record.objective_name) == ("meta", "lead-generation")
    assert record.metadata["platform"] == "META"
    assert record.summary == "CTR rose."
    assert record.timestamp == datetime(2026, 3, 1, 10, tzinfo=UTC)
