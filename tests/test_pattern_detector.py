"""The specification's acceptance of the pattern detector: its categories, from the sample history."""

import pytest

from reflection.domain.evidence import evidence_of
from reflection.inference.findings.for_campaign import patterns_for

CATEGORIES = {
    "winning_audience", "high_performing_creative", "cross_platform_pattern", "cluster",
}  # fmt: skip
"""Of the history, which has no planted drift; a trend needs one (tests/inference/findings/test_trends.py)."""

FIELDS = ("finding_id", "category", "title", "description", "signal_key", "impact_score", "evidence_count", "metadata")


@pytest.fixture(scope="module")
def by_signal(knowledge):
    return {finding.signal_key: finding for finding in knowledge.findings}


def test_all_five_categories_are_found_in_the_history(knowledge):
    assert {finding.category for finding in knowledge.findings} == CATEGORIES


def test_every_finding_has_the_fields_of_the_specification(knowledge):
    for finding in knowledge.findings:
        assert all(getattr(finding, name) is not None for name in FIELDS)
        assert finding.impact_score > 0
        assert finding.evidence_count >= 1


def test_students_are_the_winning_audience_and_parents_the_one_to_avoid(by_signal):
    students, parents = by_signal["audience.age:18-25"], by_signal["audience.segment:parents"]
    assert (students.category, students.direction) == ("winning_audience", "favorable")
    assert (parents.category, parents.direction) == ("winning_audience", "unfavorable")
    assert "audience.segment:students" in students.metadata["aliases"]


def test_video_is_the_high_performing_creative_and_text_the_one_to_avoid(by_signal):
    video, text = by_signal["creative.type:video"], by_signal["creative.type:text"]
    assert (video.category, video.direction) == ("high_performing_creative", "favorable")
    assert (text.category, text.direction) == ("high_performing_creative", "unfavorable")
    assert "ctr" in video.metadata["also"]


def test_budget_inefficiencies_name_the_money(knowledge_of_waste):
    found = [finding for finding in knowledge_of_waste.findings if finding.category == "budget_inefficiency"]
    assert found
    assert all(finding.metadata["money_lost"] > 0 for finding in found)


def test_the_history_has_the_normal_spread_and_no_waste(knowledge):
    assert not [finding for finding in knowledge.findings if finding.category == "budget_inefficiency"]
    low, high = knowledge.spread
    assert 0.4 < low < 0.8 < 1.25 < high < 2.5


def test_platforms_that_differ_are_named(by_signal):
    assert by_signal["platform:linkedin"].direction == "unfavorable"
    assert by_signal["platform:linkedin"].category == "cross_platform_pattern"


def test_clusters_carry_the_specifications_names(knowledge):
    names = {finding.metadata["label"] for finding in knowledge.findings if finding.category == "cluster"}
    assert names <= {"Scale winners", "Efficient converters", "At-risk campaigns"}
    assert names


def test_each_finding_has_its_interval_and_its_campaigns(knowledge, history):
    ids = {campaign.campaign_id for campaign in history}
    for finding in knowledge.findings:
        assert finding.interval[0] <= finding.effect <= finding.interval[1]
        assert finding.supporting
        assert set(finding.supporting) | set(finding.contradicting) <= ids


def test_what_has_no_effect_is_not_a_finding(by_signal):
    assert not any(key.startswith("objective:") for key in by_signal)


def test_the_faulty_campaign_supports_nothing(knowledge, fault_id):
    assert all(fault_id not in (*finding.supporting, *finding.contradicting) for finding in knowledge.findings)


def test_the_samples_report_has_what_concerns_it(sample, knowledge):
    report = patterns_for(
        sample, evidence_of(sample).signal_keys(), knowledge, generated_at="2026-03-29T10:00:00+00:00"
    )
    assert report.campaign_id == sample.campaign_id
    assert [finding.signal_key for finding in report.winning_audiences] == ["audience.age:18-25"]
    assert [finding.signal_key for finding in report.high_performing_creatives] == ["creative.type:video"]
    assert "platform:meta" in report.auto_tags
