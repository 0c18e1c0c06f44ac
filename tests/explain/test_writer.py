"""The deterministic writer: what it says of the sample, and what it must never say."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reflection.domain.held import fault_text
from reflection.domain.ports import Facts
from reflection.domain.results import Finding, Insights, Statement
from reflection.domain.scatter import CampaignScatter
from reflection.explain.evidence_of_facts import gather
from reflection.explain.phrases import sentences_en as phrases_en
from reflection.explain.writer import DeterministicWriter

CAUSAL = re.compile(r"\b(because|caus\w+|drove|driven|due to|led to|leads to|thanks to|results? in|boost\w*)\b", re.I)


def _write(facts: Facts) -> Insights:
    return DeterministicWriter().write(facts)


def _citing(insights: Insights, evidence_id: str) -> list[Statement]:
    return [item for item in insights.statements if evidence_id in item.evidence]


def test_the_sample_is_told_verdict_first_then_drivers(rich_facts: Facts) -> None:
    insights = _write(rich_facts)
    texts = [item.text for item in insights.statements]
    assert texts[0] == (
        "The campaign did better than its forecast: ROAS 5.70 against 2.00 expected (+184.8 %) "
        "and CPA USD 19.27 against USD 50.00 expected (-61.5 %)."
    )
    assert (
        texts[1] == "CTR was 3.50 % against 2.00 %; that accounts for USD 18.03 of the USD 30.73 by which CPA is lower."
    )
    assert texts[2] == "CPM was USD 28.21 against USD 40.00, which accounts for another USD 11.25."
    assert texts[3].startswith("CVR was 4.18 % against 4.00 %, which is within noise")


def test_what_is_noise_is_called_noise_and_never_learnt(rich_facts: Facts) -> None:
    about_cvr = _citing(_write(rich_facts), "driver:cpa:cvr") + _citing(_write(rich_facts), "delta:cvr")
    assert about_cvr
    assert all("within noise" in item.text for item in about_cvr)


def test_every_sentence_cites_evidence_that_exists(rich_facts: Facts) -> None:
    known = {item.id for item in gather(rich_facts)}
    for statement in _write(rich_facts).statements:
        assert statement.evidence
        assert set(statement.evidence) <= known
        assert 0 < statement.priority <= 1
        assert statement.source == "deterministic"


def test_lists_hold_the_statements_of_their_kind(rich_facts: Facts) -> None:
    insights = _write(rich_facts)
    for kind, texts in (
        ("key_learning", insights.key_learnings),
        ("recommendation", insights.recommendations),
        ("anomaly", insights.anomalies),
    ):
        assert texts == tuple(item.text for item in insights.statements if item.kind == kind)
        assert texts


def test_the_same_facts_give_the_same_words(rich_facts: Facts) -> None:
    assert _write(rich_facts) == _write(rich_facts)


def test_findings_are_associations_unless_randomised(
    make_facts: Callable[..., Facts], make_finding: Callable[..., Finding]
) -> None:
    observed = _write(make_facts(findings=(make_finding(),)))
    assert (
        "Other things equal, CTR was 32.0 % above that of the average audience with age 18-25"
        in observed.key_learnings[4]
    )
    assert observed.key_learnings[4].endswith("observed, not tested.")
    tested = _write(make_facts(findings=(make_finding(grade="randomised"),)))
    assert tested.key_learnings[4].startswith("In a randomised test, age 18-25 raised CTR by 32.0 %")


def test_advice_is_what_can_be_booked_with_money_and_evidence(rich_facts: Facts) -> None:
    advice = _write(rich_facts).recommendations
    assert advice[0] == (
        "Put more of the budget on audience Students 18-25: CPA probably 20 % lower than usual (90 % interval 9 % to "
        "29 % lower); on USD 1,000 about 9 more conversions. Seen in 12 campaigns, 40 ad rows, with USD 5,000 "
        "spent."
    )
    assert advice[1].startswith("Put less of the budget on creative crt_9: ROAS probably 20 % lower than usual")
    assert "on USD 500 about USD 240 less revenue" in advice[1]
    assert advice[2].startswith("Next test: run creative type video with about USD 500")


def test_a_finding_on_a_signal_explains_and_advises_nothing(
    make_facts: Callable[..., Facts], make_finding: Callable[..., Finding]
) -> None:
    written = _write(make_facts(findings=(make_finding(),)))
    assert any("age 18-25" in text for text in written.key_learnings)
    assert not any("18-25" in text for text in written.recommendations)


@pytest.mark.parametrize(("against", "words"), [(1, "1 result points"), (3, "3 results point ")])
def test_results_against_a_finding_are_counted_with_the_right_verb(
    make_facts: Callable[..., Facts], make_finding: Callable[..., Finding], against: int, words: str
) -> None:
    ids = tuple(f"c{number}" for number in range(against))
    text = " ".join(_write(make_facts(findings=(make_finding(contradicting=ids),))).key_learnings)
    assert words in text


def test_one_campaign_is_singular(make_facts: Callable[..., Facts], make_finding: Callable[..., Finding]) -> None:
    text = " ".join(_write(make_facts(findings=(make_finding(evidence_count=1),))).key_learnings)
    assert "1 campaign)" in text


def test_thin_evidence_says_so_and_proposes_a_test(make_facts: Callable[..., Facts]) -> None:
    audiences = [{"name": "Students"}, {"name": "Parents"}]
    insights = _write(make_facts(reason="3 campaigns are too few", audiences=audiences))
    assert "Nothing can be called a finding yet: 3 campaigns are too few." in insights.key_learnings
    assert any("breakdown" in text for text in insights.recommendations)
    assert "Nothing can be called a finding yet" in insights.narrative_summary


def _without_revenue(sample: dict[str, Any], *sides: str) -> dict[str, Any]:
    changed = dict(sample)
    for side in sides:
        changed[side] = {key: value for key, value in sample[side].items() if key != "revenue"}
    return changed


def test_missing_revenue_is_named_and_asked_for(make_facts: Callable[..., Facts], sample: dict[str, Any]) -> None:
    sales = {**_without_revenue(sample, "expected_metrics", "actual_metrics"), "objective": "Sales"}
    insights = _write(make_facts(sales))
    assert "Revenue is missing, so ROAS and average order value cannot be told." in insights.key_learnings
    assert "Send revenue with the next campaign: without it ROAS stays unknown." in insights.recommendations
    assert "ROAS" not in insights.statements[0].text
    assert "Revenue is missing" in insights.narrative_summary


def test_a_forecast_without_revenue_is_named(make_facts: Callable[..., Facts], sample: dict[str, Any]) -> None:
    insights = _write(make_facts(_without_revenue(sample, "expected_metrics")))
    assert "The forecast has no revenue, so ROAS cannot be compared." in insights.key_learnings


def test_no_conversions_give_no_cpa_but_the_reason(make_facts: Callable[..., Facts], sample: dict[str, Any]) -> None:
    sample["actual_metrics"] = sample["actual_metrics"] | {"conversions": 0, "revenue": 0.0}
    insights = _write(make_facts(sample))
    assert "CPA USD 0" not in insights.narrative_summary
    assert any("CVR was zero against 4.00 %" in text for text in insights.key_learnings)
    assert any("no conversions" in text for text in insights.anomalies)


def test_conversions_above_clicks_are_an_anomaly(make_facts: Callable[..., Facts], sample: dict[str, Any]) -> None:
    sample["actual_metrics"] = sample["actual_metrics"] | {"conversions": 6000}
    assert any("conversions exceed clicks" in text for text in _write(make_facts(sample)).anomalies)


def test_without_a_currency_amounts_are_plain_numbers(make_facts: Callable[..., Facts], sample: dict[str, Any]) -> None:
    sample.pop("currency")
    text = _write(make_facts(sample)).statements[0].text
    assert "CPA 19.27 against 50.00 expected" in text


def _with(sample: dict[str, Any], **actual: float) -> dict[str, Any]:
    return sample | {"actual_metrics": sample["expected_metrics"] | actual}


@pytest.mark.parametrize(
    ("actual", "opening"),
    [
        ({"conversions": 30, "revenue": 2500.0}, "The campaign did worse than its forecast"),
        ({"conversions": 80, "revenue": 7900.0}, "No clear difference from its forecast"),
        (
            {"impressions": 47_500, "clicks": 950, "conversions": 38, "spend": 1900.0, "revenue": 3800.0},
            "Cost and return are exactly as forecast: ROAS 2.00 and CPA USD 50.00.",
        ),
        ({}, "ROAS 2.00 and CPA USD 50.00, with no forecast to compare that with."),
        ({"conversions": 200, "revenue": 1500.0}, "The result is mixed against the forecast"),
    ],
)
def test_the_verdict_follows_the_numbers(
    make_facts: Callable[..., Facts], sample: dict[str, Any], actual: dict[str, float], opening: str
) -> None:
    assert _write(make_facts(_with(sample, **actual))).statements[0].text.startswith(opening)


def test_a_wide_scatter_between_campaigns_turns_a_win_into_noise(make_facts: Callable[..., Facts]) -> None:
    scatter = CampaignScatter({"cpm": 2.0, "ctr": 2.0, "cvr": 2.0, "aov": 2.0})
    insights = _write(make_facts(scatter=scatter))
    assert insights.statements[0].text.startswith("No clear difference from its forecast")
    assert not any("did better" in text for text in insights.key_learnings)
    assert insights.anomalies == ()


@pytest.mark.parametrize(
    ("changes", "learnt", "advice"),
    [
        (
            {"category": "budget_inefficiency", "signal_key": "campaign:cmp_1", "metric": "cpa"},
            "The campaign paid 32.0 % more per conversion than its platform, audiences and creatives explain",
            "Review where the money went before spending more: it is 97 % likely",
        ),
        (
            {
                "category": "platform_trend",
                "signal_key": "platform:meta",
                "metric": "cpm",
                "first_seen": "2026-03-02",
            },
            "Platform meta: since 2026-03-02, CPM has moved to 32.0 % above its earlier level",
            "Plan platform meta with its CPM since 2026-03-02",
        ),
        (
            {"category": "cluster", "signal_key": "cluster:scale", "metadata": {"label": "Scale winners"}},
            "The campaign belongs to a group of 12 campaigns (Scale winners) whose CTR is 32.0 % above",
            "",
        ),
    ],
)
def test_findings_that_compare_with_something_else_say_with_what(
    make_facts: Callable[..., Facts],
    make_finding: Callable[..., Finding],
    changes: dict[str, Any],
    learnt: str,
    advice: str,
) -> None:
    direction = {} if changes["category"] == "cluster" else {"direction": "unfavorable"}
    insights = _write(make_facts(findings=(make_finding(**direction, **changes),)))
    assert any(text.startswith(learnt) for text in insights.key_learnings)
    about = [item.text for item in _citing(insights, "finding:f1") if item.kind == "recommendation"]
    assert [text.startswith(advice) for text in about] == ([True] if advice else [])


def test_a_suspected_tracking_fault_is_an_anomaly(make_facts: Callable[..., Facts]) -> None:
    wrong = "CPA is 2.35 where 7 comparable campaigns sit at 91.00 to 166.00"
    insights = _write(make_facts(notes=(fault_text(wrong),)))
    assert insights.anomalies == (
        f"Held: looks like a tracking fault, because {wrong}. It counts in no total and teaches nothing.",
    )
    assert insights.statements[0].priority > max(item.priority for item in insights.statements[1:])


def test_nothing_is_concluded_from_figures_that_look_wrong(
    make_facts: Callable[..., Facts], make_finding: Callable[..., Finding]
) -> None:
    note = fault_text("CPA is 2.35 where 7 comparable campaigns sit at 91.00 to 166.00")
    insights = _write(make_facts(notes=(note,), findings=(make_finding(),)))
    assert insights.key_learnings == ()
    assert [line.question for line in insights.summary] == ["happened", "why", "next", "certainty", "money"]
    assert {item for line in insights.summary for item in line.evidence} == {"flag:suspected_tracking_fault"}


def test_findings_without_an_effect_are_not_given_one(
    make_facts: Callable[..., Facts], make_finding: Callable[..., Finding]
) -> None:
    finding = make_finding(category="cluster", effect=None, interval=None, lfsr=None, probability=None)
    insights = _write(make_facts(findings=(finding,)))
    about = [item for item in insights.statements if item.evidence == ("finding:f1",)]
    assert all("%" not in item.text for item in about)


counts = st.integers(0, 10**6)


def _amounts(most: float) -> st.SearchStrategy[float]:
    return st.floats(0, most).map(lambda value: round(value, 2))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    impressions=counts,
    clicks=counts,
    conversions=st.one_of(counts, _amounts(1e5)),
    spend=_amounts(1e6),
    revenue=st.none() | _amounts(1e7),
)
def test_any_campaign_is_told_in_sound_sentences(
    make_facts: Callable[..., Facts],
    impressions: int,
    clicks: int,
    conversions: float,
    spend: float,
    revenue: float | None,
) -> None:
    actual = {
        "impressions": impressions,
        "clicks": min(clicks, impressions),
        "conversions": conversions,
        "spend": spend,
        "revenue": revenue,
    }
    facts = make_facts(actual_metrics=actual, reason="too few")
    insights = _write(facts)
    assert insights.narrative_summary
    for statement in insights.statements:
        text = statement.text
        assert text.endswith(".")
        assert text[0].isupper()
        assert not re.search(r"nan|inf\b|None|\{|\}|  |\.\.|e[+-]\d", text), text
        assert not CAUSAL.search(text), text


def test_phrases_hold_no_digits_so_that_figures_come_from_evidence_only() -> None:
    for key, phrase in phrases_en.ENGLISH.phrases.items():
        assert not re.search(r"\d", phrase), key


def test_lists_read_naturally() -> None:
    listed = phrases_en.ENGLISH.listed
    assert [listed([]), listed(["a"]), listed(["a", "b"]), listed(["a", "b", "c"])] == [
        "",
        "a",
        "a and b",
        "a, b and c",
    ]


def test_a_descriptive_group_is_described_and_promises_nothing(
    make_facts: Callable[..., Facts], make_finding: Callable[..., Finding]
) -> None:
    group = make_finding(
        finding_id="g", category="cluster", status="descriptive", signal_key="cluster:at-risk", lfsr=None,
        metadata={"label": "At-risk campaigns"},
    )  # fmt: skip
    facts = make_facts(findings=(group,))
    insights = DeterministicWriter().write(facts)
    (told,) = [item for item in insights.statements if "finding:g" in item.evidence]
    assert told.kind == "key_learning"
    assert told.text.endswith("That describes them and promises nothing.")
    assert "interval" not in told.text


def test_with_nothing_but_descriptions_it_is_said_that_nothing_was_found(
    make_facts: Callable[..., Facts], make_finding: Callable[..., Finding]
) -> None:
    group = make_finding(finding_id="g", category="cluster", status="descriptive", signal_key="cluster:at-risk")
    texts = [
        item.text for item in _write(make_facts(findings=(group,), reason="8 campaigns were learnt from")).statements
    ]
    assert "Nothing can be called a finding yet: 8 campaigns were learnt from." in texts
