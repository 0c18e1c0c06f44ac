"""Sums of x x': the same integers whichever way they are held and added."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse

from reflection.stats.sums import gram
from reflection.stats.sums.gram import DenseGram, Gram, SparseGram, grams_of, product, summed

LARGEST = 2**16


def rows(seed: int, share: float, count: int, columns: int) -> tuple[sparse.csr_array, np.ndarray, list[int]]:
    """Rows with so many numbers, their signs, and where two blocks begin."""
    rng = np.random.default_rng(seed)
    numbers = rng.integers(-LARGEST, LARGEST, (count, columns)) * (rng.random((count, columns)) < share)
    return sparse.csr_array(numbers), rng.choice([-1, 1], count), [0, int(rng.integers(1, count))]


def directly(x: sparse.csr_array, sign: np.ndarray, starts: list[int]) -> list[list[list[int]]]:
    full = x.toarray()
    return [
        (full[first:end] * sign[first:end, None]).T.dot(full[first:end]).tolist()
        for first, end in zip(starts, [*starts[1:], len(full)], strict=True)
    ]


@given(st.integers(0, 2**32), st.sampled_from([0.1, 0.5, 1.0]), st.integers(2, 9), st.integers(1, 6))
@pytest.mark.parametrize(("most", "exact", "cheap"), [(600, 2**53, 10**9), (600, 2**53, 0), (600, 1, 1), (0, 2**53, 1)])
def test_every_way_gives_the_same_sums(
    most: int, exact: int, cheap: int, seed: int, share: float, count: int, columns: int
) -> None:
    x, sign, starts = rows(seed, share, count, columns)
    with pytest.MonkeyPatch.context() as patch:
        for name, value in (("DENSE_COLUMNS", most), ("EXACT", exact), ("_CHEAP", cheap), ("_ROWS_AT_ONCE", 2)):
            patch.setattr(gram, name, value)
        sums = grams_of(x, sign, starts, LARGEST)
        assert {type(one) for one in sums} == {DenseGram if most else SparseGram}
        assert [one.whole().tolist() for one in sums] == directly(x, sign, starts)
        assert [one.diagonal().tolist() for one in sums] == [np.diag(one.whole()).tolist() for one in sums]
        assert [one.any() for one in sums] == [bool(one.whole().any()) for one in sums]
        assert all((one.lower().data != 0).all() for one in sums)


@given(st.integers(0, 2**32), st.sampled_from([0.1, 1.0]), st.integers(2, 9), st.integers(1, 6))
@pytest.mark.parametrize("cheap", [0, 10**9])
def test_a_product_is_the_same_in_full_and_in_sparse_matrices(
    cheap: int, seed: int, share: float, count: int, columns: int
) -> None:
    x, _, _ = rows(seed, share, count, columns)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(gram, "_CHEAP", cheap)
        patch.setattr(gram, "_ROWS_AT_ONCE", 2)
        total = product(x.astype(np.float64)[:, :1], x.astype(np.float64))
    np.testing.assert_allclose(total, x.toarray()[:, :1].T @ x.toarray())


def test_what_is_too_large_for_floating_point_is_added_as_integers() -> None:
    x = sparse.csr_array(np.array([[2**31], [1]]))
    (total,) = grams_of(x, np.ones(2, dtype=np.int64), [0], 2**31)
    assert total.whole().tolist() == [[2**62 + 1]]


@given(st.integers(0, 2**32), st.permutations([0, 1, 2, -1]), st.integers(3, 6))
@pytest.mark.parametrize("most", [600, 4, 3, 0])
def test_columns_move_alike_on_both_sides_of_the_limit(most: int, seed: int, at: list[int], columns: int) -> None:
    x, sign, starts = rows(seed, 0.7, 5, 4)
    (first, second) = grams_of(x, sign, starts, LARGEST)
    other: list[Gram] = [SparseGram(first.lower()), SparseGram(second.lower())]
    expected = np.zeros((columns, columns), dtype=np.int64)
    kept = [place for place in range(4) if at[place] >= 0]
    expected[np.ix_([at[place] for place in kept], [at[place] for place in kept])] = first.whole()[np.ix_(kept, kept)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(gram, "DENSE_COLUMNS", most)
        for one in (first, other[0]):
            moved = one.moved(np.array(at), columns)
            assert isinstance(moved, SparseGram if columns > most else DenseGram)
            assert moved.whole().tolist() == expected.tolist()
    for one, more in ((first, other[1]), (first, second), (other[0], other[1])):
        assert summed(one, more).whole().tolist() == (first.whole() + second.whole()).tolist()
