"""Out of all proportion: six times off either way alike, and surprise that only grows with the distance."""

import math

from hypothesis import given
from hypothesis import strategies as st

from reflection.stats.honesty.proportion import FACTOR, is_out_of_proportion, leans, surprise

counts = st.floats(0.01, 1e9)


@given(due=counts, factor=st.floats(1.0, 100.0))
def test_both_ways_alike(due: float, factor: float) -> None:
    if not math.isclose(factor, FACTOR, rel_tol=1e-9):
        assert is_out_of_proportion(due * factor, due) == is_out_of_proportion(due / factor, due) == (factor > FACTOR)


@given(count=st.floats(0.0, 1e9), due=counts)
def test_what_is_out_of_proportion_leans_to_its_side_and_surprises(count: float, due: float) -> None:
    if is_out_of_proportion(count, due):
        assert leans(count, due, many=count > due)
        assert not leans(count, due, many=count < due)
        assert surprise(count, due) > 0.1 * due


@given(due=counts, near=st.floats(1.0, 50.0), further=st.floats(1.0, 50.0))
def test_surprise_is_none_at_what_was_due_and_grows_with_the_distance(due: float, near: float, further: float) -> None:
    assert surprise(due, due) == 0.0
    slack = 1e-9 * due
    assert surprise(due * near * further, due) >= surprise(due * near, due) - slack
    assert surprise(due / (near * further), due) >= surprise(due / near, due) - slack


def test_of_nothing_due_nothing_is_said() -> None:
    assert not is_out_of_proportion(40.0, 0.0)
