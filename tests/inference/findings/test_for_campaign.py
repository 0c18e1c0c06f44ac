"""The findings that concern one campaign, and why there are none."""

import dataclasses

from reflection.domain.evidence import evidence_of
from reflection.domain.knowledge import NOTHING
from reflection.inference.findings.for_campaign import MOST_FINDINGS, patterns_for


def _report(campaign, knowledge):
    return patterns_for(campaign, evidence_of(campaign).signal_keys(), knowledge, generated_at="now")


def test_only_findings_about_its_signals_or_itself(sample, knowledge):
    found = _report(sample, knowledge)
    keys = set(evidence_of(sample).signal_keys())
    assert found.pattern_report
    for finding in found.pattern_report:
        if finding.category in ("cluster", "budget_inefficiency"):
            assert sample.campaign_id in finding.supporting
        else:
            assert {finding.signal_key, *finding.metadata.get("aliases", ())} & keys


def test_video_on_meta_for_students_is_what_the_history_taught(sample, knowledge):
    found = _report(sample, knowledge)
    assert [finding.signal_key for finding in found.high_performing_creatives] == ["creative.type:video"]
    assert [finding.signal_key for finding in found.winning_audiences] == ["audience.age:18-25"]
    assert all(finding.direction == "favorable" for finding in found.winning_audiences)


def test_findings_are_spelt_as_the_campaign_spells_its_signals(make_campaign, knowledge):
    campaign = make_campaign(creatives=[{"id": "crt_010", "type": "VIDEO"}])
    (finding,) = _report(campaign, knowledge).high_performing_creatives
    assert finding.metadata["label"] == "creative type VIDEO"
    assert finding.title.startswith("creative type VIDEO: ROAS")
    assert finding.description.startswith("creative type VIDEO comes with")
    known = next(item for item in knowledge.findings if item.finding_id == finding.finding_id)
    assert known.metadata["label"] == "creative type video"


def test_a_campaign_of_the_history_meets_what_is_said_about_itself(history, knowledge_of_waste):
    finding = next(f for f in knowledge_of_waste.findings if f.category == "budget_inefficiency")
    campaign = next(c for c in history if c.campaign_id == finding.supporting[0])
    assert finding in _report(campaign, knowledge_of_waste).budget_inefficiencies


def test_categories_together_are_the_whole_report(history, knowledge):
    for campaign in history[:10]:
        found = _report(campaign, knowledge)
        parts = (found.winning_audiences + found.high_performing_creatives + found.budget_inefficiencies
                 + found.platform_trends + found.clusters)  # fmt: skip
        levels = {f.finding_id for f in found.pattern_report if f.category == "cross_platform_pattern"}
        assert {f.finding_id for f in parts} | levels == {f.finding_id for f in found.pattern_report}


def test_tags_are_signals_and_kinds_of_findings(sample, knowledge):
    tags = _report(sample, knowledge).auto_tags
    assert "platform:meta" in tags
    assert "high_performing_creative:favorable" in tags
    assert not any("*" in tag for tag in tags)


def test_nothing_learnt_is_said_and_not_shown_as_nothing_found(sample, knowledge):
    assert "nothing has been learnt yet" in _report(sample, NOTHING).reason
    unconcerned = dataclasses.replace(knowledge, findings=())
    assert "none of this campaign's signals stands out" in _report(sample, unconcerned).reason


def test_the_next_test_and_what_it_is_as_of_stand_beside(sample, knowledge):
    found = _report(sample, knowledge)
    assert found.next_test == knowledge.next_test
    assert (found.as_of, found.epoch) == (knowledge.as_of, knowledge.epoch)


def test_a_report_is_bounded(sample, knowledge):
    finding = next(f for f in knowledge.findings if f.signal_key == "creative.type:video")
    many = tuple(dataclasses.replace(finding, finding_id=f"fnd_{i}") for i in range(100))
    assert len(_report(sample, dataclasses.replace(knowledge, findings=many)).pattern_report) == MOST_FINDINGS
