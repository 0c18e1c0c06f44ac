"""A promise and its outcome: ratios that exist for every count, and scales that invert them."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reflection.domain.evidence import Counts
from reflection.domain.metrics import PLAN_METRICS
from reflection.domain.planner_forecast import ForecastScale, observed, scales

EXPECTED = Counts(10_000, 200, 10, 500, 1000)


def test_every_promised_metric_has_a_scale_at_its_promised_value():
    found = scales(EXPECTED)
    assert set(found) == set(PLAN_METRICS)
    assert {name: scale.base for name, scale in found.items()} == {
        "ctr": 0.02, "cvr": 0.05, "cpa": 50.0, "roas": 2.0, "conversions": 10, "revenue": 1000,
    }  # fmt: skip


def test_what_was_not_promised_is_left_out():
    assert set(scales(Counts(10_000, 200, 0, 500, None))) == {"ctr"}
    assert scales(Counts(0, 0, 0, 0, None)) == {}


def test_a_kept_promise_has_a_ratio_of_zero():
    for y, _ in observed(EXPECTED, EXPECTED).values():
        assert y == pytest.approx(0.0)


def test_twice_the_conversions_are_log_two():
    better = Counts(100_000, 2000, 200, 5000, 20_000)
    found = observed(Counts(100_000, 2000, 100, 5000, 10_000), better)
    assert found["conversions"][0] == pytest.approx(math.log(2), abs=0.01)
    assert found["cpa"][0] == pytest.approx(-math.log(2), abs=0.01)
    assert found["roas"][0] == pytest.approx(math.log(2), abs=0.01)


def test_zero_conversions_are_an_observation():
    found = observed(EXPECTED, Counts(10_000, 200, 0, 500, 0))
    assert set(found) == set(PLAN_METRICS)
    assert all(math.isfinite(y) and math.isfinite(v) for y, v in found.values())
    assert found["conversions"][0] < -2


def test_variance_comes_from_expected_counts_and_not_from_the_outcome():
    few, many = (observed(EXPECTED, Counts(10_000, 200, n, 500, None))["cvr"][1] for n in (1, 90))
    assert few == many


def test_what_was_not_delivered_says_nothing():
    assert observed(EXPECTED, Counts(0, 0, 0, 0, None)) == {}
    assert "roas" not in observed(EXPECTED, Counts(10_000, 200, 3, 500, None))


@given(st.floats(0, 1e12), st.floats(0.01, 1e12), st.floats(0, 1e6))
def test_a_scale_inverts_its_own_ratio(value: float, base: float, offset: float):
    scale = ForecastScale(base, offset, 0.1)
    y = scale.ratio(value)
    if abs(y) < 45:
        assert scale.value(y) == pytest.approx(value, rel=1e-6, abs=(base + offset) * 1e-9)


counts = st.builds(
    Counts, st.integers(0, 10**12), st.integers(0, 10**12), st.floats(0, 1e12), st.floats(0, 1e12),
    st.none() | st.floats(0, 1e12),
)  # fmt: skip


@given(counts, counts)
def test_extreme_counts_stay_finite(expected: Counts, actual: Counts):
    for y, v in observed(expected, actual).values():
        assert math.isfinite(y)
        assert 0 <= v < math.inf
