"""Working observations: the formulas of the method, and every perilous count."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reflection.stats.sums.observations import (
    DENSE,
    LOG_LIMIT,
    Observations,
    log_rate,
    observe_around,
    observe_cost,
    observe_order_value,
    observe_rate,
    pooled_rate,
    relinearise,
)

COUNT = st.floats(0, 2**53)


def _finite(observations: Observations) -> bool:
    return bool(
        np.isfinite(observations.y).all()
        and np.isfinite(observations.v).all()
        and (observations.v >= 0).all()
        and (np.abs(observations.y) <= LOG_LIMIT).all()
    )


def test_a_log_rate_is_centred_on_the_reference() -> None:
    seen = observe_rate([30.0], [1000.0], 0.02)

    assert seen.y[0] == pytest.approx(np.log(30.5 / 1000.5) - np.log(0.02))
    assert seen.v[0] == pytest.approx(1 / (1000 * 0.02 + 0.5))


def test_the_variance_does_not_depend_on_the_outcome() -> None:
    seen = observe_rate([0.0, 20.0, 500.0], [1000.0, 1000.0, 1000.0], 0.02)

    assert len(set(seen.v.tolist())) == 1


def test_no_trials_is_no_observation() -> None:
    for seen in (
        observe_rate([0.0, 1.0], [0.0, 10.0], 0.1),
        relinearise([0.0, 1.0], [0.0, 10.0], [0.0, -2.0], 0.1),
        observe_order_value([10.0, 10.0], [0.0, 2.0], 5.0),
        observe_cost([1.0, 1.0], [0.0, 1000.0], 1.0),
    ):
        assert seen.observed.tolist() == [False, True]
        assert _finite(seen)


def test_conversions_without_trials_say_nothing_about_the_rate() -> None:
    assert not observe_rate([3.0], [0.0], 0.1).observed[0]


def test_fractional_conversions_and_conversions_above_clicks_are_fine() -> None:
    seen = observe_rate([2.5, 12.0], [10.0, 10.0], 0.1)

    assert _finite(seen)
    assert seen.y[1] > seen.y[0]


def test_relinearising_around_the_truth_is_unbiased_where_one_pass_is_not() -> None:
    rng = np.random.default_rng(0)
    n = np.full(200_000, 20.0)
    x = rng.poisson(n * 0.05)
    around = relinearise(x, n, np.full(len(n), np.log(0.05)), 0.05)

    assert abs(around.y.mean()) < 0.01
    assert abs(observe_rate(x, n, 0.05).y.mean()) > 0.1
    assert around.v[0] == pytest.approx(np.var(around.y), rel=0.02)


def test_around_a_fit_sparse_counts_are_relinearised_and_dense_ones_are_plain_log_rates() -> None:
    n = np.array([DENSE / 0.05 - 1, DENSE / 0.05, 0.0])
    seen = observe_around([7.0, 40.0, 0.0], n, np.full(3, np.log(0.05)), 0.04)
    around = relinearise([7.0, 40.0, 0.0], n, np.full(3, np.log(0.05)), 0.04)

    assert seen.y[0] == around.y[0]
    assert seen.y[1] == pytest.approx(np.log(40.5 / (n[1] + 0.5)) - np.log(0.04))
    np.testing.assert_array_equal(seen.v, around.v)
    assert seen.observed.tolist() == [True, True, False]
    assert seen.y[2] == 0.0


def test_relinearising_matches_the_formula() -> None:
    seen = relinearise([7.0], [100.0], [np.log(0.05)], 0.04)

    assert seen.y[0] == pytest.approx(np.log(0.05) + (7 - 5) / 5 - np.log(0.04))
    assert seen.v[0] == pytest.approx(1 / 5)


def test_an_absurd_fit_is_bounded_and_weightless() -> None:
    seen = relinearise([1.0, 0.0], [1.0, 1.0], [-1e6, 1e6], 0.1)

    assert _finite(seen)
    assert seen.y[0] == LOG_LIMIT
    assert seen.v[0] > 1e100


def test_an_order_value_has_the_variance_of_a_mean() -> None:
    seen = observe_order_value([200.0], [4.0], 40.0, cv=2.0)

    assert seen.y[0] == pytest.approx(np.log(50 / 40))
    assert seen.v[0] == pytest.approx(1.0)


def test_money_that_is_zero_says_nothing_on_a_log_scale() -> None:
    assert not observe_order_value([0.0], [4.0], 40.0).observed[0]
    assert not observe_cost([0.0], [4000.0], 5.0).observed[0]


def test_cost_is_per_thousand_and_has_no_sampling_variance() -> None:
    seen = observe_cost([10.0], [4000.0], 2.0)

    assert seen.y[0] == pytest.approx(np.log(2.5 / 2.0))
    assert seen.v[0] == 0.0


def test_references_pool_counts_not_ratios() -> None:
    assert pooled_rate([1, 99], [1000, 1000]) == pytest.approx(100.5 / 2001)


def test_a_reference_without_evidence_is_finite() -> None:
    assert 0 < pooled_rate([], []) < np.inf


@given(st.lists(st.tuples(COUNT, COUNT, st.floats(-800, 800)), min_size=1, max_size=20))
def test_no_count_makes_a_number_infinite(cells: list[tuple[float, float, float]]) -> None:
    x, n, eta = (np.array(column) for column in zip(*cells, strict=True))
    reference = pooled_rate(x, n)

    assert np.isfinite(log_rate(x, n)).all()
    assert _finite(observe_rate(x, n, reference))
    assert _finite(relinearise(x, n, eta, reference))
    assert _finite(observe_order_value(x, n, 1.0))
    assert _finite(observe_cost(x, n, 1.0))


def test_observing_does_not_change_its_input() -> None:
    x, n = np.array([1.0, 0.0]), np.array([10.0, 0.0])
    observe_rate(x, n, 0.1)
    observe_cost(x, n, 0.1)

    assert x.tolist() == [1.0, 0.0]
    assert n.tolist() == [10.0, 0.0]
