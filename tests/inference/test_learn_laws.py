"""Laws of learning: what the result is labelled with, when it says nothing, and which day a weight is of."""

from datetime import UTC, datetime, timedelta

import pytest

from reflection.domain import signals
from reflection.domain.evidence import evidence_of
from reflection.domain.results import Finding
from reflection.inference import goal_knowledge
from reflection.inference.evidence import collinearity
from reflection.inference.fit_request import FitRequest
from reflection.inference.learn import learn
from reflection.stats.sums import columns, zero_sum
from reflection.store import knowledge_blob


@pytest.fixture(scope="module")
def days():
    """Of six campaigns, the latest first; of each platform three, those of Google a year before those of Meta."""
    return [datetime(2025 - k % 2, 7 - k, 10 + k, 23, tzinfo=UTC) for k in range(6)]


@pytest.fixture(scope="module")
def few(make_campaign, days):
    """Six campaigns with and without a breakdown."""
    return [
        evidence_of(
            make_campaign(
                campaign_id=f"c{k}",
                platform=("Meta", "Google")[k % 2],
                creatives=[{"id": "v", "type": ("video", "text")[k // 3]}],
                actual={"clicks": 2000 + 977 * (k * k % 7), "conversions": 40 + 13 * (k % 5)},
                timestamp=day.isoformat(),
            )
        )
        for k, day in enumerate(days)
    ]


@pytest.fixture(scope="module")
def learnt(few):
    """What the six teach."""
    return learn(few, FitRequest(seq=7, epoch=3, as_of="2026-04-01T00:00:00+00:00"))


def test_a_fit_leaves_nothing_behind_that_another_one_would_tell(few, learnt):
    """What is kept from fit to fit (layouts, bases, keys) is a function of its name: a cold start has the same bits."""
    for kept in (columns._layout, columns._constrained, zero_sum.zero_sum, zero_sum._complement, signals.part_keys):
        kept.cache_clear()
    request = FitRequest(seq=7, epoch=3, as_of="2026-04-01T00:00:00+00:00")
    cold = knowledge_blob.encode(learn(few, request))
    learn(few[:5])
    assert knowledge_blob.encode(learn(few, request)) == cold == knowledge_blob.encode(learnt)


def test_three_campaigns_are_learnt_from_and_two_are_not(few):
    assert learn(few[:3]).effects
    thin = learn(few[:2])
    assert thin.effects == ()
    assert thin.reason == "2 campaigns were learnt from; comparing takes at least 3"
    assert thin.posteriors == {}


def test_a_result_is_labelled_as_told_and_as_the_first_of_nothing_when_not_told(learnt):
    nothing = learn([])
    assert (nothing.seq, nothing.epoch, nothing.as_of, nothing.campaigns) == (0, 1, None, 0)
    assert (learnt.seq, learnt.epoch, learnt.as_of, learnt.campaigns) == (7, 3, "2026-04-01T00:00:00+00:00", 6)


@pytest.mark.parametrize(
    ("with_revenue", "count", "chosen"),
    [(1, 2, "roas"), (1, 3, "conversions_per_spend"), (0, 0, "conversions_per_spend")],
)
def test_the_goal_is_roas_where_half_of_the_campaigns_give_revenue(make_campaign, with_revenue, count, chosen):
    evidence = [
        evidence_of(make_campaign(campaign_id=f"c{k}", actual={"revenue": 100.0 if k < with_revenue else None}))
        for k in range(count)
    ]
    assert learn(evidence).goal_metric == chosen


def test_a_weight_is_of_the_last_day_of_a_campaign_with_its_signal(few, learnt, days, monkeypatch):
    monkeypatch.setattr(collinearity, "CELLS_AT_ONCE", 4)
    assert learn(few).weights == learnt.weights, "some cells at a time say the same"
    found = {weight.signal_key: weight.last_updated for weight in learnt.weights}

    def last(chosen):
        return max(day for k, day in enumerate(days) if chosen(k)).replace(hour=0).isoformat()

    assert found["platform:meta"] == last(lambda k: k % 2 == 0)
    assert found["platform:google"] == last(lambda k: k % 2 == 1)
    assert found["creative.type:video"] == last(lambda k: k < 3)
    assert found["creative.type:text"] == last(lambda k: k >= 3)


def test_every_main_signal_with_an_effect_on_the_goal_has_a_weight(knowledge, history, fault_id):
    effects = {e.signal for e in knowledge.effects if e.metric == knowledge.goal_metric and "*" not in e.signal}
    assert {weight.signal_key for weight in knowledge.weights} == effects
    learnt = [campaign for campaign in history if campaign.campaign_id != fault_id]
    for weight in knowledge.weights:
        having = sum(signals.parse(weight.signal_key) in signals.of_campaign(campaign) for campaign in learnt)
        assert 0 < weight.successes + weight.failures <= having


def _finding(descriptive):
    fields = {"category": "winning_audience", "title": "t", "description": "d", "signal_key": "platform:meta"}
    return Finding(
        finding_id="f",
        **fields,
        impact_score=1.0,
        evidence_count=1,
        metadata={},
        metric="ctr",
        direction="favorable",
        effect=1.2,
        interval=(1.1, 1.3),
        probability=0.9,
        lfsr=None if descriptive else 0.05,
        raw_lift=1.2,
        effective_campaigns=1.0,
        spend=1.0,
        supporting=(),
        contradicting=(),
        status="descriptive" if descriptive else "established",
    )


def test_months_of_three_campaigns_are_not_told_as_many_campaigns(make_campaign):
    rows = [
        evidence_of(make_campaign(campaign_id=f"{unit}{month}", unit_id=unit, actual={"clicks": 4_000 + month}))
        for unit in "abc"
        for month in range(12)
    ]
    assert learn(rows).reason == (
        "3 campaigns were learnt from in 36 rows and no effect is beyond noise; that is normal for few campaigns "
        "without a breakdown"
    )


def test_a_description_alone_is_no_finding_and_the_reason_is_given(few, knowledge, monkeypatch):
    monkeypatch.setattr(goal_knowledge, "_findings", lambda *_: (_finding(descriptive=True),))
    judged = learn(few)
    assert len(judged.findings) == 1
    assert judged.reason.startswith("6 campaigns were learnt from and no effect is beyond noise")
    assert any(not finding.descriptive for finding in knowledge.findings)
    assert knowledge.reason is None


def test_sentences_are_spelt_as_the_campaigns_spell(history, history_evidence, knowledge):
    spelt = signals.usual_among(map(signals.spellings_of, history))
    found = learn(history_evidence, FitRequest(spellings=spelt))

    assert {finding.finding_id for finding in found.findings} == {item.finding_id for item in knowledge.findings}
    spoken = [finding for finding in found.findings if finding.category != "cluster" and "label" in finding.metadata]
    assert spoken
    for finding in spoken:
        assert finding.title.startswith(signals.label_of(finding.signal_key, spelt))
    assert any(finding.title != item.title for finding, item in zip(found.findings, knowledge.findings, strict=True))
    assert found.diagnostics["spelt"] == spelt
    assert knowledge.diagnostics["spelt"] == {}


def test_what_was_learnt_from_is_told(learnt, days):
    told = learnt.diagnostics
    day = timedelta(days=1)
    epoch = datetime(1970, 1, 1, tzinfo=UTC)
    assert (told["cells"], told["within_measured"]) == (6, False)
    assert told["first_day"] == (min(days) - epoch) // day
    assert told["last_day"] == (max(days) - epoch) // day
    assert set(told["scatter"]) == {"cpm", "ctr", "cvr", "aov"}
    assert all(set(value) == {"between"} for value in told["scatter"].values())


def test_a_breakdown_measures_scatter_within_campaigns(make_campaign):
    def broken_down(k):
        clicks = 100 + 37 * (k * k % 5)
        rows = [
            {"creative": name, "metrics": {"impressions": 60_000, "clicks": c, "conversions": 5 + k, "spend": 100.0}}
            for name, c in (("v", clicks), ("t", 90 + 11 * k))
        ]
        creatives = [{"id": "v", "type": "video"}, {"id": "t", "type": "text"}]
        return evidence_of(make_campaign(campaign_id=f"c{k}", creatives=creatives, breakdown=rows))

    told = learn([broken_down(k) for k in range(5)]).diagnostics
    assert told["within_measured"] is True
    assert told["cells"] > 5
    assert set(told["scatter"]["ctr"]) == {"between", "within"}


def test_a_goal_that_nobody_can_measure_is_learnt_around(make_campaign):
    evidence = [
        evidence_of(make_campaign(campaign_id=f"c{k}", actual={"clicks": 2000 + 90 * k, "revenue": None}))
        for k in range(4)
    ]
    found = learn(evidence, FitRequest(goal="roas"))
    assert found.goal_metric == "roas"
    assert found.weights == ()
    assert "ctr" in found.posteriors
