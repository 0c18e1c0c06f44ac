"""Why a KPI moved: exact, order-free, and honest about what is noise."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reflection.comparison.drivers import decompose, largest_remainder, lmdi, logarithmic_mean
from reflection.domain.campaign import DUST, MAX_COUNT, MAX_MONEY, Metrics
from reflection.domain.scatter import NO_SCATTER, CampaignScatter

POSITIVE = st.floats(min_value=1e-6, max_value=1e9)
UNKNOWN = NO_SCATTER
CENTS = 2**53 / 100
"""Amounts from which on a float holds no cents."""


def _metrics(impressions, clicks, conversions, spend, revenue=None):
    return Metrics(impressions=impressions, clicks=clicks, conversions=conversions, spend=spend, revenue=revenue)


PLAN, FACT = _metrics(95_000, 1900, 76, 3800.0, 7600.0), _metrics(140_000, 4900, 205, 3950.0, 22_500.0)


@st.composite
def delivered(draw):
    impressions = draw(st.integers(1, MAX_COUNT))
    clicks = draw(st.integers(1, impressions))
    return _metrics(
        impressions,
        clicks,
        draw(st.floats(DUST, MAX_COUNT)),
        draw(st.floats(DUST, MAX_MONEY)),
        draw(st.floats(DUST, MAX_MONEY)),
    )


def test_the_specifications_sample():
    cpa, roas = decompose(PLAN, FACT, UNKNOWN)
    assert {d.factor: round(d.contribution, 3) for d in cpa.drivers} == {"ctr": -18.035, "cpm": -11.249, "cvr": -1.447}
    assert {d.factor: round(d.contribution, 3) for d in roas.drivers} == {
        "ctr": 1.976, "cpm": 1.233, "aov": 0.329, "cvr": 0.159,
    }  # fmt: skip
    assert (cpa.expected, round(cpa.actual, 2)) == (50.0, 19.27)
    assert (roas.expected, round(roas.actual, 3)) == (2.0, 5.696)


def test_the_samples_cvr_is_noise_and_its_ctr_is_not():
    by_factor = {driver.factor: driver for driver in decompose(PLAN, FACT, UNKNOWN)[0].drivers}
    assert by_factor["cvr"].z == pytest.approx(0.7, abs=0.05)
    assert by_factor["cvr"].beyond_noise is False
    assert by_factor["ctr"].beyond_noise is True


def test_drivers_are_listed_by_what_they_moved():
    for item in decompose(PLAN, FACT, UNKNOWN):
        sizes = [abs(driver.contribution) for driver in item.drivers]
        assert sizes == sorted(sizes, reverse=True)


@given(POSITIVE, POSITIVE)
def test_the_logarithmic_mean_lies_between_and_is_symmetric(a, b):
    mean = logarithmic_mean(a, b)
    assert min(a, b) * (1 - 1e-9) <= mean <= max(a, b) * (1 + 1e-9)
    assert mean == pytest.approx(logarithmic_mean(b, a), rel=1e-9)


def test_the_logarithmic_mean_at_its_edges():
    assert logarithmic_mean(3.0, 3.0) == 3.0
    assert logarithmic_mean(0.0, 5.0) == logarithmic_mean(5.0, 0.0) == 0.0
    assert logarithmic_mean(1 + 1e-5, 1) == pytest.approx(1 + 5e-6, rel=1e-11)


@given(st.lists(st.floats(-5, 5), min_size=1, max_size=5), POSITIVE)
def test_contributions_add_up_exactly(logs, before):
    after = before * math.exp(sum(logs))
    parts = lmdi(after, before, {str(i): log for i, log in enumerate(logs)})
    assert sum(parts.values()) == pytest.approx(after - before, rel=1e-9, abs=1e-9 * max(before, after))


@given(delivered(), delivered())
def test_a_decomposition_explains_the_whole_change(plan, fact):
    for item in decompose(plan, fact, UNKNOWN):
        scale = max(item.expected, item.actual)
        assert sum(d.contribution for d in item.drivers) == pytest.approx(
            item.actual - item.expected, rel=1e-9, abs=1e-9 * scale
        )


@given(delivered(), delivered())
def test_what_is_displayed_adds_up_to_the_displayed_change(plan, fact):
    for item in decompose(plan, fact, UNKNOWN):
        change = round(item.actual, 2) - round(item.expected, 2)
        largest = max(item.expected, item.actual, *(abs(d.displayed) for d in item.drivers))
        if largest < CENTS:
            shown = sum(d.displayed for d in item.drivers)
            assert shown == pytest.approx(change, abs=max(1e-6, 2e-15 * largest))


@given(delivered(), delivered())
def test_turning_time_around_turns_the_signs(plan, fact):
    there, back = decompose(plan, fact, UNKNOWN), decompose(fact, plan, UNKNOWN)
    for one, other in zip(there, back, strict=True):
        forward = {d.factor: d.contribution for d in one.drivers}
        scale = max(one.expected, one.actual)
        assert forward == pytest.approx({d.factor: -d.contribution for d in other.drivers}, rel=1e-6, abs=1e-9 * scale)


@given(st.dictionaries(st.text(max_size=3), st.floats(-1e6, 1e6), min_size=1, max_size=6), st.integers(0, 3))
def test_largest_remainder_adds_up_to_the_rounded_total(parts, decimals):
    total = round(sum(parts.values()), decimals)
    shown = largest_remainder(parts, total, decimals)
    assert round(sum(shown.values()), decimals) == pytest.approx(total, abs=1e-9)
    assert all(abs(shown[name] - parts[name]) <= 10**-decimals * 1.01 for name in parts)


def test_amounts_too_large_for_cents_are_shown_as_they_are():
    assert largest_remainder({"a": 1e18, "b": 1.234}, 1e18) == {"a": 1e18, "b": 1.23}


def test_without_conversions_the_first_factor_that_broke_is_named():
    cases = {
        "spend": _metrics(0, 0, 0, 0.0),
        "cpm": _metrics(0, 0, 0, 10.0),
        "ctr": _metrics(100, 0, 0, 10.0),
        "cvr": _metrics(100, 10, 0, 10.0),
    }
    for broken, fact in cases.items():
        (item,) = decompose(_metrics(1000, 50, 5, 100.0), fact, UNKNOWN)
        assert (item.kpi, item.expected, item.actual) == ("conversions", 5, 0.0)
        assert {d.factor: d.contribution for d in item.drivers if d.contribution} == {broken: -5}
        assert "no CPA" in item.note


def test_a_forecast_without_conversions_explains_nothing():
    assert decompose(_metrics(1000, 50, 0, 100.0), FACT, UNKNOWN) == ()


def test_revenue_on_one_side_only_decomposes_cpa_alone():
    assert [item.kpi for item in decompose(_metrics(1000, 50, 5, 100.0), FACT, UNKNOWN)] == ["cpa"]


@given(delivered(), delivered(), st.sampled_from([None, 0.1, 0.6]))
def test_the_interval_of_a_part_holds_zero_where_its_factor_is_noise(plan, fact, sigma):
    scatter = CampaignScatter(dict.fromkeys(("cpm", "ctr", "cvr", "aov"), sigma))
    for item in decompose(plan, fact, scatter):
        for driver in item.drivers:
            if driver.interval is not None:
                low, high = driver.interval
                near = 1e-6 * max(abs(low), abs(high), item.expected)
                assert low - near <= driver.contribution <= high + near
                if driver.beyond_noise:
                    assert not low + near < 0 < high - near
                else:
                    assert low - near <= 0 <= high + near
