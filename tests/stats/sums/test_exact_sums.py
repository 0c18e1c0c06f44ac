"""Exact sums: the same bits in any order and any partition, and right."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse

from reflection.errors import LearningError
from reflection.stats.sums.exact_sums import ExactSums

NUMBERS = st.lists(st.floats(-1e15, 1e15, allow_nan=False), max_size=30)


@given(NUMBERS, st.integers(1, 5), st.randoms(use_true_random=False))
def test_order_and_partition_leave_no_trace(numbers, count, random):
    mixed = list(numbers)
    random.shuffle(mixed)
    parts = sum((ExactSums.of(np.array(mixed[part::count])) for part in range(count)), ExactSums.nothing(()))
    whole = ExactSums.of(np.array(numbers))

    assert (parts.high, parts.low) == (whole.high, whole.low)
    assert whole.value == pytest.approx(math.fsum(numbers), rel=1e-12, abs=1e-5)


def test_columns_of_a_sparse_matrix_are_summed_with_the_value_of_their_rows():
    matrix = sparse.csr_array(np.array([[1.0, 0.5, 0.0], [0.0, 0.25, 0.0]]))
    assert ExactSums.of_columns(matrix, [8.0, 4.0]).value.tolist() == [8.0, 5.0, 0.0]
    assert ExactSums.by(np.array([2, 0, 2]), np.array([1.5, -2.0, 1e12]), 3).value.tolist() == [-2.0, 0.0, 1e12 + 1.5]


@pytest.mark.parametrize("wrong", [np.nan, np.inf, 1e30])
def test_what_cannot_be_added_exactly_is_refused(wrong):
    with pytest.raises(LearningError):
        ExactSums.of([1.0, wrong])
