"""A level that jumped lately is followed as far as its rows say so, and one that stood still is left alone."""

import numpy as np
import pytest

from reflection.stats.over_time.late_jump import Jump, late_jump

SIZE, SINCE = 40, 275


def rows(seed: int, jump: float) -> tuple[np.ndarray, ...]:
    """A row each ninth day; the level jumps on day 310."""
    rng, day = np.random.default_rng(seed), np.arange(SIZE) * 9
    return rng.normal(0, 0.2, SIZE) + jump * (day >= 310), np.full(SIZE, 0.04), day, np.arange(SIZE)


def test_a_jump_is_held_by_its_interval_and_none_is_hardly_ever_seen() -> None:
    held, seen = 0, 0
    for seed in range(60):
        jump, none = late_jump(*rows(seed, -0.6), 0.0, SINCE), late_jump(*rows(seed, 0.0), 0.0, SINCE)
        assert jump is not None
        low, high = np.quantile(jump.draws(2_000, (1,)), [0.05, 0.95])
        held += low <= -0.6 <= high
        seen += none is not None and abs(np.quantile(none.draws(2_000, (1,)), [0.05, 0.95])).max() > 0.1
    assert held >= 48
    assert seen <= 9


@pytest.mark.parametrize("order", [np.arange(SIZE)[::-1], np.random.default_rng(1).permutation(SIZE)])
def test_the_order_of_rows_does_not_matter(order: np.ndarray) -> None:
    one, other = late_jump(*rows(3, -0.6), 0.1, SINCE), late_jump(*(part[order] for part in rows(3, -0.6)), 0.1, SINCE)
    assert isinstance(one, Jump)
    assert isinstance(other, Jump)
    np.testing.assert_allclose(one.weights, other.weights, rtol=1e-9)
    np.testing.assert_allclose(one.draws(50, (2,)), other.draws(50, (2,)), rtol=1e-6)


def test_rows_of_one_unit_are_one_witness() -> None:
    left, variance, day, unit = rows(5, -0.6)
    assert late_jump(left, variance, day, np.where(day >= SINCE, 0, unit), 0.1, SINCE) is None


def test_a_level_that_nobody_saw_before_has_nothing_to_jump_from() -> None:
    parts = [part[-3:] for part in rows(5, -0.6)]
    assert late_jump(*parts, 0.0, SINCE) is None
    assert late_jump(*(part[:0] for part in parts), 0.0, SINCE) is None
