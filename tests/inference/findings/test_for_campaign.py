"""The findings that concern one campaign, and why there are none."""

import dataclasses

import pytest

from reflection.comparison.compare import compare
from reflection.domain.evidence import evidence_of
from reflection.domain.knowledge import NOTHING, Knowledge
from reflection.domain.results import Finding
from reflection.inference.findings.for_campaign import MOST_FINDINGS, patterns_for
from reflection.reports.period import Period


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


@pytest.mark.parametrize("planner", ["ana", "ben", None, "account-average", "no-forecast"])
@pytest.mark.parametrize("day", ["2025-12-31", "2026-01-01", "2026-08-01"])
def test_a_month_tells_of_all_what_each_of_its_campaigns_tells(make_campaign, planner, day):
    """Evidence that lies before a month is no less its own: a habit goes on, and what has lasted lasts."""
    named = {"title": "t", "description": "d", "impact_score": 1.0, "evidence_count": 9, "metric": "cpa"}
    seen = {"interval": (1.1, 1.5), "probability": 0.98, "lfsr": 0.02, "raw_lift": None, "effective_campaigns": 9.0}
    direct = {"direction": "unfavorable", "effect": 1.3, "spend": 9.0, "supporting": ("a", "b"), "contradicting": ()}
    about = {"alike": 9, "gap_of": "conversions", "gap": -90.0}
    findings = (
        *(
            Finding(f"of-{whose}", "cross_platform_pattern", signal_key=f"planner:{whose}",
                    metadata={"kind": "planner", "planner": whose, "label": "Plans", **about},
                    **named, **seen, **direct)
            for whose in ("ana", None)
        ),
        Finding("since", "platform_trend", signal_key="lasting:2026-01-01", first_seen="2026-01-01",
                metadata={"kind": "lasting", "label": "The account"}, **named, **seen, **direct),
    )  # fmt: skip
    campaign = make_campaign(planner=planner, timestamp=f"{day}T12:00:00Z", campaign_id="later")
    alone = {one.finding_id for one in _report(campaign, Knowledge(campaigns=9, findings=findings)).pattern_report}
    period = Period()
    period.add(compare(campaign, generated_at="2026-08-02T00:00:00+00:00"))

    told = {one.finding_id for one in findings if period.concerns(one)}

    assert told == alone
    habit = {"ana": {"of-ana"}, None: {"of-None"}}.get(planner, set())
    assert alone == habit | ({"since"} if day >= "2026-01-01" else set())


@pytest.mark.parametrize(
    ("start", "end", "told"),
    [
        ("2026-08-03", "2026-08-20", {"month", "season"}),  # most of its days in August
        ("2026-08-25", "2026-09-20", set()),
        ("2025-08-03", "2025-08-20", {"season"}),
        ("2026-03-14", "2026-03-15", {"weekday"}),  # a Saturday and a Sunday
        ("2026-03-09", "2026-03-15", set()),  # of a week, which has every day once
        (None, None, {"month", "season"}),
    ],
)
@pytest.mark.parametrize("platform", ["Meta", "Google"])
def test_a_time_is_told_of_whatever_ran_then_and_there(make_campaign, platform, start, end, told):
    """Findings name at most fifty campaigns: who else ran then is told of it just the same, alone and in a period."""
    said = {"title": "t", "description": "d", "impact_score": 1.0, "evidence_count": 900, "metric": "cpa"}
    seen = {"interval": (1.1, 1.5), "probability": 0.98, "lfsr": 0.02, "raw_lift": None, "effective_campaigns": 9.0}
    direct = {"direction": "unfavorable", "effect": 1.3, "spend": 9.0, "supporting": ("a", "b"), "contradicting": ()}
    about = {
        "month:2026-08": {"kind": "month", "platform": "platform:meta"},
        "season:08": {"kind": "season", "months": [8], "sides": [700, 60]},
        "weekday:06-07": {"kind": "weekday", "weekdays": [6, 7]},
    }
    findings = tuple(
        Finding(key, "platform_trend", signal_key=key, metadata={"label": "Then", **one}, **said, **seen, **direct)
        for key, one in about.items()
    )
    days = {} if start is None else {"period_start": f"{start}T00:00:00Z", "period_end": f"{end}T23:59:59Z"}
    stamp = {"timestamp": "2026-08-31T12:00:00Z", "planner": "no-forecast"}
    campaign = make_campaign(campaign_id="later", platform=platform, **stamp, **days)

    report = _report(campaign, Knowledge(campaigns=900, findings=findings)).pattern_report
    period = Period()
    period.add(compare(campaign, generated_at="2026-10-02T00:00:00+00:00"))

    alone = {one.metadata["kind"] for one in report}
    assert alone == (told if platform == "Meta" else told - {"month"})
    assert {one.metadata["kind"] for one in findings if period.concerns(one)} == alone
    assert findings[1].against == 60
