"""Coordinates without constraints: orthonormal, complete, and the same effects either way."""

import numpy as np
import pytest

from reflection.stats.sums.columns import Feature, Layout
from reflection.stats.sums.zero_sum import ZeroSum, zero_sum

CELLS = [(0, 0), (0, 1), (1, 0), (1, 1), (2, 1), (2, 2), (2, 0)]


@pytest.fixture(scope="module")
def layout() -> Layout:
    """Three main groups (one of a single level), an incomplete interaction and a slope."""
    features = [Feature("a", str(i)) for i in range(3)] + [Feature("b", str(j)) for j in range(3)]
    features += [Feature("a*b", f"{i}*{j}") for i, j in CELLS] + [Feature("c", "only"), Feature("~slope", "x")]
    return Layout.of(features)


@pytest.fixture(scope="module")
def basis(layout: Layout) -> ZeroSum:
    return zero_sum(layout)


def test_the_basis_is_orthonormal_and_spans_what_the_constraints_allow(layout: Layout, basis: ZeroSum):
    dense = basis.effects(np.eye(len(basis)))

    np.testing.assert_allclose(dense.T @ dense, np.eye(len(basis)), atol=1e-12)
    np.testing.assert_allclose(layout.constraints.T @ dense, 0.0, atol=1e-12)
    assert len(basis) == len(layout) - layout.constraints.shape[1] == 1 + layout.dof.sum()
    np.testing.assert_allclose(np.diag(dense @ dense.T), layout.prior_share, atol=1e-12)


def test_a_coordinate_belongs_to_the_group_whose_effects_it_moves(layout: Layout, basis: ZeroSum):
    dense = basis.effects(np.eye(len(basis)))

    for coordinate, group in enumerate(basis.member.tolist()):
        moved = np.flatnonzero(np.abs(dense[:, coordinate]) > 1e-12)
        assert set(layout.group_index[moved].tolist()) == {group}
    assert basis.member[0] == -1


def test_forms_over_columns_are_those_over_coordinates(layout: Layout, basis: ZeroSum):
    rng = np.random.default_rng(0)
    dense = basis.effects(np.eye(len(basis)))
    rows = rng.standard_normal((4, len(layout)))
    stack = np.array([np.outer(row, row) for row in rows])

    np.testing.assert_allclose(basis.vectors(rows), rows @ dense, atol=1e-12)
    np.testing.assert_allclose(basis.squares(stack), dense.T @ stack @ dense, atol=1e-12)


def test_a_covariance_of_coordinates_is_one_of_effects(basis: ZeroSum):
    rng = np.random.default_rng(1)
    dense = basis.effects(np.eye(len(basis)))
    half = rng.standard_normal((len(basis), len(basis)))
    covariance = half @ half.T

    np.testing.assert_allclose(basis.covariance(covariance), dense @ covariance @ dense.T, atol=1e-10)
    np.testing.assert_allclose(basis.variance(covariance), np.diag(dense @ covariance @ dense.T), atol=1e-10)


def test_of_the_intercept_alone_nothing_is_lost():
    basis = zero_sum(Layout.of([]))

    assert len(basis) == 1
    assert basis.effects(np.array([2.0])).tolist() == [2.0]
    assert basis.vectors(np.array([[3.0]])).tolist() == [[3.0]]
