"""What a time of the year adds: months by their shares, doubt where no day is known or a month was not seen twice."""

import numpy as np
import pytest

from reflection.domain.recurring_times import RecurringTimes, joined

TIMES = RecurringTimes(np.array([1, 12]), np.array([[-0.2, -0.2], [0.3, 0.5]], dtype=np.float32), np.array([0.2, 0.1]))


def test_a_month_adds_its_effect_and_what_one_year_is_off() -> None:
    assert TIMES.effect({12: 1.0}) == pytest.approx((0.4, 0.01 + 0.01))
    assert TIMES.effect({12: 0.5, 1: 0.5}) == pytest.approx((0.1, 0.0025 + 0.005))


def test_what_was_not_seen_twice_is_unknown_and_not_none() -> None:
    assert TIMES.effect({7: 1.0}) == pytest.approx((0.0, 0.04 + 0.01))


def test_without_days_nothing_is_added_and_any_month_may_be_meant() -> None:
    mean, variance = TIMES.effect({})
    assert mean == 0.0
    assert variance > 0.05


@pytest.mark.parametrize(
    ("names", "text"),
    [(["May"], "May"), (["May", "June"], "May and June"), (["May", "June", "July"], "May to July")],
)
def test_times_are_named_as_people_say_them(names: list[str], text: str) -> None:
    assert joined(names) == text
