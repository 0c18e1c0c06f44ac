"""Columns are canonical, and the constraints have the rank that linear algebra says they have."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from reflection.stats.sums.columns import INTERCEPT, Feature, Kind, Layout

CELLS = st.sets(st.tuples(st.integers(0, 4), st.integers(0, 4)), min_size=1, max_size=25)


def _interaction(cells: set[tuple[int, int]]) -> Layout:
    return Layout.of([Feature("a*b", f"{i}*{j}") for i, j in cells])


def _projection(layout: Layout) -> np.ndarray:
    c = layout.constraints.toarray()
    return np.eye(len(layout)) - c @ np.linalg.pinv(c)


def test_order_and_repetition_of_features_do_not_matter() -> None:
    features = [Feature("platform", "meta"), Feature("age", "18"), Feature("platform", "tiktok")]

    assert Layout.of(features) == Layout.of([*reversed(features), features[0], INTERCEPT])


def test_the_intercept_is_column_zero_and_belongs_to_no_group() -> None:
    layout = Layout.of([Feature("age", "18")])

    assert layout.features[0] == INTERCEPT
    assert layout.group_index.tolist() == [-1, 0]


def test_an_empty_layout_has_an_intercept_only() -> None:
    layout = Layout.of([])

    assert len(layout) == 1
    assert layout.groups == ()
    assert layout.constraints.shape == (1, 0)
    assert layout.dof.tolist() == []


def test_kinds_are_told_by_the_name() -> None:
    names = ("a", "1"), ("a*b", "1*2"), ("~drift.a", "1@00002"), ("~unit.b", "1")
    layout = Layout.of([Feature(*name) for name in names])

    assert dict(zip(layout.groups, layout.kinds, strict=True)) == {
        "a": Kind.MAIN,
        "a*b": Kind.INTERACTION,
        "~drift.a": Kind.FREE,
        "~unit.b": Kind.UNIT,
    }
    assert [layout.features[c].group for c in layout.columns_of(Kind.FREE)] == ["~drift.a"]


def test_the_intercept_is_a_column_of_no_kind() -> None:
    layout = Layout.of([Feature("a", "1")])

    assert all(0 not in layout.columns_of(kind) for kind in Kind)


def test_a_main_group_loses_one_degree_of_freedom() -> None:
    layout = Layout.of([Feature("a", str(i)) for i in range(5)])

    assert layout.dof.tolist() == [4.0]
    np.testing.assert_allclose(layout.prior_share[1:], 0.8)


def test_a_complete_interaction_has_the_textbook_degrees_of_freedom() -> None:
    layout = _interaction({(i, j) for i in range(5) for j in range(6)})

    assert layout.dof.tolist() == [20.0]
    np.testing.assert_allclose(layout.prior_share[1:], 20 / 30)


def test_free_groups_are_not_constrained() -> None:
    layout = Layout.of([Feature("~slope", str(i)) for i in range(3)])

    assert layout.dof.tolist() == [3.0]
    assert layout.constraints.shape[1] == 0
    np.testing.assert_allclose(layout.prior_share, 1.0)


def test_the_only_level_of_a_group_cannot_be_told_from_the_intercept() -> None:
    layout = Layout.of([Feature("a", "only"), Feature("b", "x"), Feature("b", "y")])

    assert layout.identifiable.tolist() == [True, False, True, True]


def test_a_cell_that_closes_no_cycle_is_not_identifiable() -> None:
    layout = _interaction({(0, 0), (0, 1), (1, 0), (1, 1), (2, 1)})

    lonely = layout.column(Feature("a*b", "2*1"))
    assert np.flatnonzero(~layout.identifiable).tolist() == [lonely]


@given(CELLS)
def test_constraints_are_independent_and_complete_for_any_missing_cells(cells: set[tuple[int, int]]) -> None:
    layout = _interaction(cells)
    every = np.array(
        [[f.level.split("*")[0] == str(i) for f in layout.features[1:]] for i in range(5)]
        + [[f.level.split("*")[1] == str(j) for f in layout.features[1:]] for j in range(5)],
        dtype=float,
    )
    rank = np.linalg.matrix_rank(every)

    assert layout.constraints.shape[1] == rank
    assert layout.dof.tolist() == [len(cells) - rank]
    np.testing.assert_allclose(every @ _projection(layout)[1:, 1:], 0, atol=1e-9)


@given(CELLS)
def test_the_prior_share_is_the_diagonal_of_the_projection(cells: set[tuple[int, int]]) -> None:
    layout = Layout.of([*_interaction(cells).features, Feature("a", "0"), Feature("a", "1"), Feature("~s", "x")])

    np.testing.assert_allclose(layout.prior_share, np.diag(_projection(layout)), atol=1e-9)
    np.testing.assert_allclose(
        layout.dof,
        [layout.prior_share[layout.group_index == g].sum() for g in range(len(layout.groups))],
        atol=1e-9,
    )


def test_unknown_features_have_no_column() -> None:
    layout = Layout.of([Feature("a", "1")])

    assert layout.column(Feature("a", "2")) is None
    assert Feature("a", "1") in layout
    assert str(Feature("a", "1")) == "a:1"


def test_things_are_those_whose_attributes_are_groups_too_and_pairs_with_them() -> None:
    groups = ("audience", "audience.age", "platform", "platform*audience", "platform*audience.age", "~drift.platform")
    layout = Layout.of([Feature(group, "x*y" if "*" in group else "x") for group in groups])
    alone = Layout.of([Feature("audience", "x"), Feature("platform", "x")])

    things = {feature.group for feature, own in zip(layout.features, layout.of_things, strict=True) if own}

    assert things == {"audience", "platform*audience"}
    assert not alone.of_things.any()
