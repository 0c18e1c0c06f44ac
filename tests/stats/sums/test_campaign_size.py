"""The size of a campaign as a column: the logarithm of what was planned, against the usual plan."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reflection.stats.sums.campaign_size import LIMIT, SIZE, size_of, usual_size
from reflection.stats.sums.columns import Kind

sizes = st.lists(st.floats(0.0, 1e300), min_size=1, max_size=40)


def test_the_column_is_free_of_constraints() -> None:
    assert Kind.of(SIZE.group) == Kind.FREE


def test_the_usual_size_is_the_median_of_those_known() -> None:
    assert usual_size([10.0, 0.0, 1_000.0, 100.0]) == 100.0
    assert usual_size([0.0, 0.0]) == 1.0
    assert usual_size([]) == 1.0


def test_twice_the_usual_size_is_a_logarithm_of_two_and_an_unknown_one_is_the_usual() -> None:
    assert size_of([100.0, 200.0, 50.0, 0.0], 100.0) == pytest.approx([0.0, np.log(2), -np.log(2), 0.0])


def test_a_slip_of_the_pen_is_bounded() -> None:
    assert size_of([1e15, 1e-9], 10_000.0).tolist() == [LIMIT, -LIMIT]


@pytest.mark.parametrize("usual", [5e-324, 1e-9, 1.0, 1e15, 1.7976931348623157e308])
def test_any_two_sizes_can_be_compared(usual: float) -> None:
    found = size_of([usual / 1e4, usual, min(usual, 1e300) * 1e4, 5e-324, 1e15], usual)
    assert found[0] <= found[1] == 0.0
    assert (np.abs(found) <= LIMIT).all()
    assert size_of([1e15], 5e-324) == LIMIT == -size_of([5e-324], 1e15)


@given(sizes, st.randoms())
def test_the_order_of_campaigns_changes_no_bit(planned: list[float], random: object) -> None:
    shuffled = list(planned)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert usual_size(shuffled) == usual_size(planned)
    found = size_of(planned, usual_size(planned))
    assert np.isfinite(found).all()
    assert (np.abs(found) <= LIMIT).all()
    assert sorted(size_of(shuffled, usual_size(shuffled)).tolist()) == sorted(found.tolist())
