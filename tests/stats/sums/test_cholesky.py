"""Cholesky factors and what is solved with them, in either precision."""

import numpy as np
import pytest

from reflection.stats.sums.cholesky import cholesky, inverse, solved


@pytest.fixture
def matrix() -> np.ndarray:
    half = np.random.default_rng(0).standard_normal((6, 9))
    return half @ half.T


def test_a_factor_gives_the_matrix_and_its_inverse(matrix: np.ndarray) -> None:
    factor = cholesky(matrix)

    np.testing.assert_allclose(factor @ factor.T, matrix)
    np.testing.assert_allclose(inverse(factor) @ matrix, np.eye(6), atol=1e-10)


def test_what_is_not_positive_definite_has_none(matrix: np.ndarray) -> None:
    with pytest.raises(np.linalg.LinAlgError):
        cholesky(-matrix)


@pytest.mark.parametrize("transposed", [False, True])
@pytest.mark.parametrize(("precision", "within"), [(np.float32, 1e-5), (np.float64, 1e-12)])
def test_it_is_solved_in_the_precision_of_the_right_side(
    matrix: np.ndarray, precision: type, within: float, transposed: bool
) -> None:
    factor, right = cholesky(matrix), np.random.default_rng(1).standard_normal((6, 3)).astype(precision)
    solution = solved(factor, right, transposed=transposed)

    assert solution.dtype == precision
    np.testing.assert_allclose((factor.T if transposed else factor) @ solution, right, atol=within)


def test_of_no_rows_nothing_is_asked() -> None:
    assert solved(np.zeros((0, 0)), np.zeros((0, 2))).shape == (0, 2)
