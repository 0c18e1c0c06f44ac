"""Learning is a pure function of a set: the same for every order, honest when it is thin, finite whatever comes."""

import dataclasses
import math
import random

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reflection.domain.evidence import decode, encode, evidence_of
from reflection.inference.fit_request import FitRequest
from reflection.inference.fits import metric_fit as fitting
from reflection.inference.learn import learn
from reflection.inference.too_few import FEWEST_CAMPAIGNS
from reflection.store import knowledge_blob

COUNT = st.sampled_from([0, 1, 3, 250, 10**6, 10**12])
AMOUNT = st.sampled_from([0.0, 1e-9, 0.4, 900.0, 1e12])


def request_of(knowledge):
    """The request that asks for the same knowledge again."""
    definitions = [one.definition for one in knowledge.bookables if one.platform is None]
    return FitRequest(seq=40, epoch=6, as_of=knowledge.as_of, definitions=definitions)


def _same(one, other):
    for field in dataclasses.fields(one):
        if field.name != "posteriors":
            assert getattr(one, field.name) == getattr(other, field.name), field.name
    assert set(one.posteriors) == set(other.posteriors)
    for name, posterior in one.posteriors.items():
        assert posterior.draws.tobytes() == other.posteriors[name].draws.tobytes()
        assert (posterior.sigma, dict(posterior.tau)) == (
            other.posteriors[name].sigma,
            dict(other.posteriors[name].tau),
        )


def _small(make_campaign, count):
    """Campaigns small and few enough to learn from in no time."""
    return [
        evidence_of(
            make_campaign(
                campaign_id=f"c{i}",
                platform=("Meta", "Google")[i % 2],
                creatives=[{"id": "v", "type": ("video", "text", "image")[i % 3]}],
                actual={"clicks": 2000 + 977 * (i * i % 7), "conversions": 40 + 13 * (i % 5)},
            )
        )
        for i in range(count)
    ]


def test_any_order_gives_the_same_bits(history_evidence, knowledge):
    shuffled = list(history_evidence)
    random.Random(5).shuffle(shuffled)
    _same(learn(iter(shuffled), request_of(knowledge)), knowledge)


@settings(max_examples=2)
@given(st.randoms(use_true_random=False))
def test_any_order_of_a_few_gives_the_same_bits(make_campaign, random_source):
    evidence = _small(make_campaign, 7)
    straight = learn(evidence)
    random_source.shuffle(evidence)
    _same(learn(evidence), straight)


def test_evidence_that_went_through_bytes_teaches_the_same(make_campaign):
    evidence = _small(make_campaign, 6)
    _same(learn([decode(encode(item)) for item in evidence]), learn(evidence))


def test_learning_does_not_change_its_input(make_campaign):
    evidence = _small(make_campaign, 6)
    before = [encode(item) for item in evidence]
    learn(evidence)
    assert [encode(item) for item in evidence] == before


@pytest.mark.parametrize("most", [1000, 25])
def test_whether_intervals_hold_is_told_in_the_same_bits_for_any_order(history_evidence, knowledge, monkeypatch, most):
    shuffled = list(history_evidence)
    random.Random(7).shuffle(shuffled)
    monkeypatch.setattr(fitting, "MOST_CAMPAIGNS", most)
    learnt = learn(shuffled) if most < len(shuffled) else knowledge  # for which another test takes any order

    assert most > len(shuffled) or learn(history_evidence).coverage == learnt.coverage
    assert set(learnt.coverage) == set(learnt.posteriors)
    for judged in learnt.coverage.values():
        assert judged["campaigns"] == min(most, 39)
        assert 0.6 <= judged["coverage_90"] <= 1
        assert 0.5 <= judged["z_sd"] <= 1.5
    stored = knowledge_blob.decode(*knowledge_blob.encode(learnt))
    assert stored.coverage == learnt.coverage


def test_few_campaigns_do_not_tell_whether_intervals_hold(make_campaign):
    learnt = learn(_small(make_campaign, 19))
    assert learnt.coverage == dict.fromkeys(("cpm", "ctr", "cvr", "aov"))
    assert learn(_small(make_campaign, 2)).coverage == {}


def test_the_planted_truth_is_found(knowledge):
    effects = {(effect.signal, effect.metric): effect for effect in knowledge.effects}
    assert effects["creative.type:video", "ctr"].finding
    assert effects["audience.age:18-25", "cvr"].finding
    assert effects["audience.segment:parents", "cvr"].finding
    assert effects["audience.segment:parents", "cvr"].effect < 1 < effects["audience.age:18-25", "cvr"].effect
    assert "segment students" in effects["audience.age:18-25", "cvr"].reason


def test_the_fault_is_held_and_changes_nothing(knowledge, history_evidence, fault_id):
    others = (evidence for evidence in history_evidence if evidence.campaign_id != fault_id)
    without = learn(others, FitRequest(seq=40, epoch=6, as_of=knowledge.as_of))
    assert list(knowledge.held) == [fault_id]
    assert knowledge.campaigns == 39
    assert without.effects == knowledge.effects
    assert without.weights == knowledge.weights


def test_findings_are_sorted_by_impact_with_distinct_ids(knowledge):
    impacts = [finding.impact_score for finding in knowledge.findings]
    assert impacts == sorted(impacts, reverse=True)
    assert len({finding.finding_id for finding in knowledge.findings}) == len(knowledge.findings)


def test_weights_are_the_effects_on_the_goal(knowledge):
    effects = {effect.signal: effect for effect in knowledge.effects if effect.metric == knowledge.goal_metric}
    for weight in knowledge.weights:
        assert weight.weight == effects[weight.signal_key].effect
        assert weight.interval == effects[weight.signal_key].interval
        assert "*" not in weight.signal_key
    assert [w.signal_key for w in knowledge.weights] == sorted(w.signal_key for w in knowledge.weights)


@pytest.mark.parametrize(
    ("goal", "revenue", "chosen"),
    [
        ("auto", 22_500.0, "roas"),
        ("auto", None, "conversions_per_spend"),
        ("conversions_per_spend", 22_500.0, "conversions_per_spend"),
        ("roas", None, "roas"),
    ],
)
def test_the_goal_is_roas_where_revenue_is_given(make_campaign, goal, revenue, chosen):
    few = [evidence_of(make_campaign(campaign_id=name, actual={"revenue": revenue})) for name in "abcd"]
    assert learn(few, FitRequest(goal=goal)).goal_metric == chosen


@pytest.mark.parametrize("count", range(FEWEST_CAMPAIGNS))
def test_too_few_campaigns_say_so(make_campaign, count):
    found = learn(_small(make_campaign, count), FitRequest(seq=count, as_of="2026-04-01T00:00:00+00:00"))
    assert found.effects == found.findings == found.weights == ()
    assert found.campaigns == count
    assert found.reason.startswith(("0 campaigns were", "1 campaign was", "2 campaigns were")[count])
    assert found.as_of == "2026-04-01T00:00:00+00:00"


def test_campaigns_that_all_have_the_same_signals_teach_no_effect(make_campaign):
    found = learn(
        [evidence_of(make_campaign(campaign_id=name, actual={"clicks": 4000 + i})) for i, name in enumerate("abcde")]
    )
    assert found.findings == ()
    assert not any(effect.finding for effect in found.effects)
    assert "no effect is beyond noise" in found.reason
    knowledge_blob.encode(found)


def test_mixed_currencies_do_not_add_up(make_campaign):
    mixed = [
        evidence_of(make_campaign(campaign_id=f"{currency}{i}", currency=currency, actual={"spend": 3950.0 * scale}))
        for currency, scale, count in (("USD", 1, 4), ("JPY", 150, 3))
        for i in range(count)
    ]
    found = learn(mixed)
    assert found.currency == "USD"
    assert found.posteriors["cpm"].reference == pytest.approx(3950 / 140_000)


@settings(max_examples=4, suppress_health_check=[HealthCheck.data_too_large, HealthCheck.too_slow])
@given(st.data())
def test_no_count_leads_to_a_number_that_is_none(make_campaign, data):
    def side():
        impressions = data.draw(COUNT)
        return {
            "impressions": impressions,
            "clicks": min(impressions, data.draw(COUNT)),
            "conversions": float(data.draw(COUNT | AMOUNT)),
            "spend": data.draw(AMOUNT),
            "revenue": data.draw(st.none() | AMOUNT),
        }

    evidence = [
        evidence_of(
            make_campaign(
                campaign_id=f"c{i}",
                platform=data.draw(st.sampled_from(["Meta", "Google"])),
                creatives=[{"id": "v", "type": data.draw(st.sampled_from(["video", "text"]))}],
                currency=data.draw(st.sampled_from([None, "USD", "EUR"])),
                timestamp=f"20{data.draw(st.integers(10, 26))}-03-01T00:00:00+00:00",
                actual=side(),
            )
        )
        for i in range(data.draw(st.integers(0, 8)))
    ]
    found = learn(evidence)
    knowledge_blob.encode(found)  # refuses NaN and infinity
    for effect in found.effects:
        assert effect.interval[0] <= effect.effect <= effect.interval[1]
        assert math.isfinite(effect.effect)
    for posterior in found.posteriors.values():
        assert np.isfinite(posterior.draws).all()
