"""One interval decides whether a KPI moved beyond noise, and it is the one that is shown."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reflection.comparison.counting_noise import Z90, interval
from reflection.comparison.judgement import judge
from reflection.domain.campaign import Metrics
from reflection.domain.metrics import KPIS, METRICS

SIGMAS = st.sampled_from([None, 0.0, 0.05, 0.3, 1.2])


def _metrics(impressions=140_000, clicks=4900, conversions=205.0, spend=3950.0, revenue=22_500.0):
    return Metrics(impressions=impressions, clicks=clicks, conversions=conversions, spend=spend, revenue=revenue)


FACT = _metrics()


@st.composite
def sides(draw):
    impressions = draw(st.integers(0, 10**7))
    clicks = draw(st.integers(0, min(impressions, 10**5)))
    return _metrics(
        impressions, clicks, draw(st.sampled_from([0.0, 0.4, 1.0, 7.0, 90.0, 4000.0])),
        draw(st.sampled_from([0.0, 3.0, 480.0, 90_000.0])), draw(st.sampled_from([None, 0.0, 250.0, 1e5])),
    )  # fmt: skip


@given(sides(), sides(), SIGMAS, st.sampled_from(KPIS))
def test_a_move_is_beyond_noise_if_and_only_if_the_expected_value_lies_outside(plan, fact, sigma, kpi):
    judgement, expected = judge(kpi, plan, fact, sigma), METRICS[kpi].value(plan)
    value = METRICS[kpi].value(fact)
    if judgement.interval is None:
        assert judgement.beyond_noise is None
        return
    low, high = judgement.interval
    assert 0 <= low <= high < math.inf
    if value is not None:
        assert low <= value * (1 + 1e-9)
        assert value <= high * (1 + 1e-9)
    if expected:
        assert judgement.beyond_noise == (expected < low * (1 - 1e-9) or expected > high * (1 + 1e-9))
    if judgement.z is not None and abs(abs(judgement.z) - Z90) > 1e-6:
        assert (abs(judgement.z) > Z90) == judgement.beyond_noise


@given(sides(), st.sampled_from(KPIS), SIGMAS)
def test_scatter_only_widens(fact, kpi, sigma):
    narrow, wide = judge(kpi, FACT, fact, None).interval, judge(kpi, FACT, fact, sigma).interval
    if narrow is not None and wide is not None:
        assert wide[0] <= narrow[0]
        assert narrow[1] <= wide[1]


@pytest.mark.parametrize("kpi", ["ctr", "cvr", "cpa", "roas", "cpm", "cpc", "aov"])
def test_before_anything_was_learnt_it_is_the_counting_noise(kpi):
    assert judge(kpi, FACT, FACT, None).interval == interval(kpi, FACT)


def test_variances_of_noise_and_scatter_add_up():
    low, high = interval("cpa", FACT)
    wide = judge("cpa", FACT, FACT, 0.25).interval
    cpa = METRICS["cpa"].value(FACT)
    assert math.log(cpa / wide[0]) == pytest.approx(math.hypot(math.log(cpa / low), Z90 * 0.25))
    assert math.log(wide[1] / cpa) == pytest.approx(math.hypot(math.log(high / cpa), Z90 * 0.25))


def test_an_exact_price_moves_beyond_noise_by_anything_until_a_scatter_is_known():
    dearer = _metrics(spend=4000.0)
    assert judge("cpm", FACT, dearer, None)[1:] == (None, True)
    assert judge("cpm", FACT, FACT, None)[1:] == (None, False)
    assert judge("cpm", FACT, dearer, 0.1).beyond_noise is False


def test_seeing_nothing_is_judged_by_how_likely_that_is():
    plan = _metrics(10_000, 100, 10.0, 100.0)
    assert judge("ctr", plan, _metrics(299, 0, 0.0, 1.0), None).beyond_noise is True
    assert judge("ctr", plan, _metrics(297, 0, 0.0, 1.0), None).beyond_noise is False
    assert judge("ctr", plan, _metrics(297, 0, 0.0, 1.0), None).z is None


def test_no_return_is_judged_by_the_conversions_that_were_due():
    plan = _metrics(10_000, 100, 10.0, 100.0, 300.0)  # a conversion for 10
    assert judge("roas", plan, _metrics(conversions=0.0, spend=31.0, revenue=0.0), None).beyond_noise is True
    assert judge("roas", plan, _metrics(conversions=0.0, spend=29.0, revenue=0.0), None).beyond_noise is False
    assert judge("roas", plan, _metrics(conversions=0.0, spend=31.0, revenue=0.0), 0.5).beyond_noise is False
    assert judge("roas", plan, _metrics(conversions=5.0, revenue=0.0), None).beyond_noise is None


def test_nothing_spent_or_nothing_expected_is_no_verdict():
    assert judge("cpa", FACT, _metrics(spend=0.0), None) == (None, None, None)
    assert judge("ctr", _metrics(clicks=0), FACT, None).beyond_noise is None
    assert judge("ctr", None, FACT, None) == (interval("ctr", FACT), None, None)
