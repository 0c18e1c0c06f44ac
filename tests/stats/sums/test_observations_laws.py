"""Laws of working observations: any positive count speaks, silence is blank, bounds are where they are said to be."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from reflection.stats.sums.observations import observe_cost, observe_order_value, observe_rate, relinearise


@pytest.mark.parametrize("scale", [1.0, 0.25, 1e-6])
def test_any_positive_count_or_amount_says_something(scale: float) -> None:
    """Units of money are arbitrary, and counts may be fractions of an attributed event."""
    assert observe_rate([0.0], [scale], 0.1).observed[0]
    assert relinearise([0.0], [scale], [-2.0], 0.1).observed[0]
    assert observe_cost([scale], [1000.0], 1.0).observed[0]
    assert observe_cost([5.0], [scale], 1.0).observed[0]
    assert observe_order_value([scale], [4.0], 1.0).observed[0]
    assert observe_order_value([10.0], [scale], 1.0).observed[0]


def test_a_smaller_unit_of_money_changes_nothing_when_the_reference_is_in_it_too() -> None:
    spend, revenue, shown, orders = [3.0, 0.4], [70.0, 0.9], [1000.0, 90.0], [2.0, 0.5]
    for scale in (100.0, 0.01):
        smaller = [[scale * value for value in amounts] for amounts in (spend, revenue)]
        np.testing.assert_allclose(
            observe_cost(smaller[0], shown, 5 * scale).y, observe_cost(spend, shown, 5.0).y, atol=1e-12
        )
        np.testing.assert_allclose(
            observe_order_value(smaller[1], orders, 30 * scale).y,
            observe_order_value(revenue, orders, 30.0).y,
            atol=1e-12,
        )


def test_cells_that_say_nothing_are_blank() -> None:
    for seen in (
        observe_rate([3.0], [0.0], 0.1),
        relinearise([3.0], [0.0], [-2.0], 0.1),
        observe_order_value([0.0], [2.0], 5.0),
        observe_order_value([3.0], [0.0], 5.0),
        observe_cost([0.0], [1000.0], 1.0),
        observe_cost([5.0], [0.0], 1.0),
    ):
        assert (seen.y.tolist(), seen.v.tolist(), seen.observed.tolist()) == ([0.0], [0.0], [False])


def test_the_variance_of_an_order_value_is_the_square_of_its_scatter_over_the_orders() -> None:
    assert observe_order_value([90.0], [3.0], 30.0, cv=3.0).v[0] == pytest.approx(9 / 3)
    assert observe_order_value([90.0], [4.0], 30.0).v[0] == pytest.approx(1 / 4), "orders scatter as much as their mean"


def test_an_observation_is_bounded_at_128_nats() -> None:
    """What the integer sums can hold: 2^7 nats on a grid of 2^-16."""
    assert relinearise([1.0], [1.0], [-290.0], 1.0).y[0] == 128.0
    assert observe_rate([1e300], [1.0], 1e-300).y[0] == 128.0
    assert observe_order_value([1e-100], [1.0], 1.0).y[0] == -128.0
    assert relinearise([1.0], [1.0], [-np.log(128.0)], 1 / 128).y[0] == pytest.approx(127.0), "just within"


def test_a_fit_is_taken_for_at_least_e_to_the_minus_300() -> None:
    assert relinearise([1.0], [1.0], [-1e6], 1.0).v[0] == pytest.approx(np.exp(300.0))
    assert relinearise([1.0], [1.0], [1e6], 1.0).v[0] == pytest.approx(np.exp(-300.0))
    assert relinearise([1.0], [1.0], [-299.5], 1.0).v[0] == pytest.approx(np.exp(299.5))


def test_an_observation_cannot_be_changed() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        observe_rate([1.0], [10.0], 0.1).y = np.zeros(1)  # type: ignore[misc]
