"""Spreading an amount: the best split where it can be worked out, within bounds, careful where that is asked for."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reflection.stats.decisions import allocation
from reflection.stats.decisions.allocation import STEPS, results, spread, within_bounds, worth

FREE = np.zeros(2), np.full(2, 1e9)


def test_the_split_is_the_one_that_calculus_gives() -> None:
    """With one elasticity e, amounts go as scale^(1 / (1 - e))."""
    scale, e = np.log([[1.0], [1.5]]), np.full((2, 1), 0.5)
    amounts = spread(1000.0, *FREE, scale, e)

    assert amounts.sum() == pytest.approx(1000.0)
    assert amounts[1] / amounts[0] == pytest.approx(1.5**2, rel=0.05)


def test_in_proportion_all_goes_to_the_better_one_up_to_its_bound() -> None:
    scale, e = np.log([[1.0], [1.1]]), np.ones((2, 1))

    np.testing.assert_allclose(spread(100.0, *FREE, scale, e), [0.0, 100.0], atol=1e-6)
    np.testing.assert_allclose(spread(100.0, np.zeros(2), np.array([100.0, 60.0]), scale, e), [40.0, 60.0], atol=1e-6)


@given(
    least=st.lists(st.floats(0, 20), min_size=3, max_size=3),
    room=st.lists(st.floats(0, 60), min_size=3, max_size=3),
    share=st.floats(0, 1),
)
def test_amounts_add_up_within_their_bounds(least: list[float], room: list[float], share: float) -> None:
    low = np.array(least)
    high = low + np.array(room)
    total = float(low.sum() + share * (high - low).sum())
    rng = np.random.default_rng(0)
    amounts = spread(total, low, high, rng.normal(0, 1, (3, 5)), rng.uniform(0.3, 1, (3, 5)), 0.3)

    assert amounts.sum() == pytest.approx(total, abs=1e-6 * max(total, 1.0) + total / STEPS * 1e-3)
    assert (amounts >= low - 1e-9).all()
    assert (amounts <= high + 1e-9).all()
    nearest = within_bounds(np.array([1.0, 2.0, 4.0]), total, low, high)
    assert nearest.sum() == pytest.approx(total, abs=1e-9 * max(total, 1.0))
    assert (low <= nearest).all()
    assert (nearest <= high).all()


def test_a_step_is_judged_when_it_is_next_in_turn_however_many_candidates_there_are(monkeypatch) -> None:
    judged, rng = list[int](), np.random.default_rng(2)
    monkeypatch.setattr(allocation, "worth", lambda brought, risk: judged.append(1) or worth(brought, risk))
    scale, elasticity = rng.normal(0, 1, (300, 4)), rng.uniform(0.3, 0.9, (300, 4))

    amounts = spread(1000.0, np.zeros(300), np.full(300, 1e9), scale, elasticity)

    assert amounts.sum() == pytest.approx(1000.0)
    assert len(judged) <= STEPS + 2 * 300


def test_proportions_stay_where_no_bound_holds_them() -> None:
    free = within_bounds(np.array([1.0, 2.0, 5.0]), 16.0, *(np.zeros(3), np.full(3, 16.0)))
    held = within_bounds(np.array([1.0, 2.0, 5.0]), 16.0, np.zeros(3), np.array([16.0, 16.0, 4.0]))
    assert free == pytest.approx([2.0, 4.0, 10.0])
    assert held == pytest.approx([4.0, 8.0, 4.0])


def test_risk_turns_money_to_what_is_surer() -> None:
    rng = np.random.default_rng(1)
    scale = np.stack([rng.normal(0.0, 0.05, 400), rng.normal(0.1, 1.0, 400)])
    e = np.full((2, 400), 0.7)

    bold, careful = spread(100.0, *FREE, scale, e), spread(100.0, *FREE, scale, e, 0.7)
    assert careful[0] > bold[0] + 20


def test_the_worst_share_of_draws() -> None:
    draws = np.array([[4.0, 1.0, 3.0, 2.0]])
    assert worth(draws, 0.0)[0] == 2.5
    assert worth(draws, 0.5)[0] == 1.5
    assert results(np.zeros(1), np.zeros(3), np.full(3, 0.5)).sum() == 0.0
