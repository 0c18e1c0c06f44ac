"""KPIs of counts: what is defined, how sure it is, and the specification's score."""

import dataclasses
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from reflection.domain import metrics as kpi_module
from reflection.domain.campaign import MAX_COUNT, Metrics
from reflection.domain.metrics import KPIS, ScoreWeights, interval, performance_score, rates, ratio, sampling_variance

COUNTS = st.sampled_from([0, 1, 2, 7, 100, 10**6, MAX_COUNT])
AMOUNTS = st.sampled_from([0.0, 1e-9, 0.3, 1.0, 4999.99, 1e12])


def _metrics(impressions=10_000, clicks=200, conversions=10.0, spend=500.0, revenue=1500.0):
    return Metrics(impressions=impressions, clicks=clicks, conversions=conversions, spend=spend, revenue=revenue)


@st.composite
def any_metrics(draw):
    impressions = draw(COUNTS)
    return Metrics(
        impressions=impressions,
        clicks=min(impressions, draw(COUNTS)),
        conversions=float(draw(st.one_of(COUNTS, AMOUNTS))),
        spend=draw(AMOUNTS),
        revenue=draw(st.none() | AMOUNTS),
    )


def test_the_definitions():
    found = rates(_metrics())
    assert found.ctr == 0.02
    assert found.cvr == 0.05
    assert found.cpa == 50.0
    assert found.roas == 3.0
    assert found.cpm == 50.0
    assert found.cpc == 2.5
    assert found.aov == 150.0


@given(any_metrics())
def test_the_identities_of_cpa_and_roas_hold(metrics):
    found = rates(metrics)
    if found.cpa and found.ctr and found.cvr and found.cpm:
        assert found.cpa == pytest.approx(found.cpm / 1000 / (found.ctr * found.cvr), rel=1e-9)
    if found.roas and found.aov and found.cvr and found.ctr and found.cpm:
        assert found.roas == pytest.approx(found.aov * found.cvr * found.ctr * 1000 / found.cpm, rel=1e-9)


def test_a_ratio_over_nothing_is_not_defined_and_never_zero():
    assert ratio(5, 0) is None
    assert ratio(None, 5) is None
    assert ratio(5, None) is None
    assert ratio(0, 5) == 0
    nothing = rates(_metrics(0, 0, 0.0, 0.0, None))
    assert {getattr(nothing, kpi) for kpi in KPIS} == {None}


def test_the_score_is_the_specifications():
    sample = _metrics(140_000, 4900, 205, 3950.0, 22_500.0)
    assert performance_score(sample, ScoreWeights()) == pytest.approx(220.73, abs=0.005)
    assert performance_score(sample, ScoreWeights(2.0, 0.0, 0.5)) == pytest.approx(410 - 0.5 * 3950 / 205)


def test_undefined_parts_add_nothing_to_the_score():
    assert performance_score(_metrics(0, 0, 0.0, 10.0, None), ScoreWeights()) == 0.0


@given(any_metrics(), st.sampled_from(KPIS))
def test_intervals_are_finite_ordered_and_hold_the_observed_value(metrics, kpi):
    band, value = interval(kpi, metrics), getattr(rates(metrics), kpi)
    if band is None:
        return
    low, high = band
    assert 0 <= low <= high < math.inf
    if value is not None and value > 0:
        assert low <= value * (1 + 1e-9)
        assert value <= high * (1 + 1e-9) or metrics.conversions < 1


def test_a_fraction_of_a_conversion_lies_within_its_interval():
    low, high = interval("cvr", _metrics(clicks=1, conversions=1e-9))

    assert low == 1e-9 < high


def test_rates_have_the_jeffreys_interval():
    low, high = interval("ctr", _metrics())
    assert (low, high) == pytest.approx(stats.beta(200.5, 9800.5).ppf([0.05, 0.95]))
    assert interval("ctr", _metrics(clicks=0))[0] == 0.0
    assert interval("cvr", _metrics(clicks=10))[1] == 1.0


def test_conversions_above_clicks_have_a_gamma_interval():
    low, high = interval("cvr", _metrics(clicks=5, conversions=20.0))
    assert (low, high) == pytest.approx(stats.gamma(20.5).ppf([0.05, 0.95]) / 5)
    assert low > 1


def test_costs_have_the_interval_of_their_count():
    low, high = interval("cpa", _metrics())
    assert (low, high) == pytest.approx(500 / stats.gamma(10.5).ppf([0.95, 0.05]))
    assert interval("cpc", _metrics(clicks=0)) is None


def test_cpm_is_known_exactly():
    assert interval("cpm", _metrics()) == (50.0, 50.0)


def test_money_without_revenue_or_without_conversions_has_no_interval():
    assert interval("roas", _metrics(revenue=None)) is None
    assert interval("aov", _metrics(conversions=0.0)) is None
    assert interval("roas", _metrics(conversions=1e-6)) is None


@pytest.mark.parametrize(
    ("kpi", "variance"),
    [
        ("cpm", 0.0),
        ("ctr", 0.98 / 200),
        ("cpc", 1 / 200),
        ("cvr", 0.95 / 10),
        ("cpa", 0.1),
        ("aov", 0.1),
        ("roas", 0.2),
    ],
)
def test_sampling_variances_by_the_delta_method(kpi, variance):
    assert sampling_variance(kpi, _metrics()) == pytest.approx(variance)


def test_where_nothing_was_counted_there_is_no_variance():
    nothing = _metrics(0, 0, 0.0, 0.0, 0.0)
    assert {sampling_variance(kpi, nothing) for kpi in KPIS} == {None}


def test_everybody_converting_is_still_uncertain():
    assert sampling_variance("cvr", _metrics(clicks=1, conversions=1.0)) == 1.0


def test_a_denominator_below_one_is_one_too():
    assert ratio(5, 0.5) == 10.0
    assert ratio(5, 1.0) == 5.0


def test_the_scatter_of_order_values_enters_by_its_square(monkeypatch):
    monkeypatch.setattr(kpi_module, "ORDER_VALUE_CV", 2.0)

    assert sampling_variance("aov", _metrics()) == pytest.approx(4 / 10)
    assert sampling_variance("roas", _metrics()) == pytest.approx((1 + 4) / 10)


def test_an_interval_that_spans_e_to_the_hundredth_says_nothing():
    def conversions(half):  # the log of ROAS has the standard deviation sqrt(2 / conversions)
        return 2 * (1.6448536269514722 / half) ** 2

    low, high = interval("roas", _metrics(conversions=conversions(49.5)))
    assert math.log(high / low) == pytest.approx(99)
    assert interval("roas", _metrics(conversions=conversions(50.5))) is None


@pytest.mark.parametrize(
    ("kpi", "counts"),
    [
        ("cvr", {"clicks": 0}),
        ("cvr", {"conversions": 0.0}),
        ("ctr", {"clicks": 0}),
        ("aov", {"conversions": 0.0}),
        ("aov", {"revenue": 0.0}),
        ("roas", {"conversions": 0.0}),
        ("roas", {"revenue": 0.0}),
        ("cpm", {"spend": 0.0}),
        ("cpm", {"impressions": 0, "clicks": 0}),
    ],
)
def test_half_of_a_ratio_has_no_variance(kpi, counts):
    assert sampling_variance(kpi, _metrics(**counts)) is None


def test_conversions_above_clicks_vary_as_a_count():
    assert sampling_variance("cvr", _metrics(clicks=5, conversions=20.0)) == pytest.approx(1 / 20)


def test_the_lower_limit_is_never_above_the_observed_rate():
    assert interval("cvr", _metrics(clicks=10, conversions=1e-9))[0] == pytest.approx(1e-10)


def test_the_weights_of_the_score_cannot_be_changed():
    with pytest.raises(dataclasses.FrozenInstanceError):
        ScoreWeights().ctr = 0.0


@pytest.mark.parametrize("conversions", [1.0, 0.5])
def test_a_single_conversion_has_an_interval_of_its_cost(conversions):
    low, high = interval("cpa", _metrics(conversions=conversions))
    assert (low, high) == pytest.approx(500 / stats.gamma(conversions + 0.5).ppf([0.95, 0.05]))
