"""How sure a KPI is from counting noise alone: sampling variances by the delta method, Jeffreys intervals."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from reflection.comparison.counting_noise import interval, sampling_variance
from reflection.domain.campaign import Metrics
from reflection.domain.metrics import KPIS, rates


def _metrics(impressions=10_000, clicks=200, conversions=10.0, spend=500.0, revenue=1500.0):
    return Metrics(impressions=impressions, clicks=clicks, conversions=conversions, spend=spend, revenue=revenue)


@given(st.from_type(Metrics), st.sampled_from(KPIS))
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


@pytest.mark.parametrize("conversions", [1.0, 0.5])
def test_a_single_conversion_has_an_interval_of_its_cost(conversions):
    low, high = interval("cpa", _metrics(conversions=conversions))
    assert (low, high) == pytest.approx(500 / stats.gamma(conversions + 0.5).ppf([0.95, 0.05]))
