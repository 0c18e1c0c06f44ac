"""Cells become independent integer rows, whatever order they come in."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.stats.conftest import campaign_rows

from reflection.errors import LearningError
from reflection.stats.sums.columns import INTERCEPT, Feature
from reflection.stats.sums.design import GRID, WORKING_WITHIN_SD, Design, Rows, Stratum, quantised
from reflection.stats.sums.observations import Observations, observe_rate

A, B, C = Feature("g", "a"), Feature("g", "b"), Feature("g", "c")
CELL = st.tuples(st.sampled_from([A, B, C]), st.floats(-3, 3), st.floats(0.001, 2))


def _observed(cells: list[tuple[Feature, float, float]]) -> tuple[list[dict[Feature, float]], Observations]:
    y, v = np.array([c[1] for c in cells]), np.array([c[2] for c in cells])
    return [{c[0]: 1.0} for c in cells], Observations(y, v, np.ones(len(cells), dtype=bool))


def _content(rows: Rows) -> list[tuple[object, ...]]:
    dense = rows.design.matrix().toarray()
    named = [sorted((rows.design.features[j], row[j]) for j in np.flatnonzero(row)) for row in dense]
    return sorted(zip(named, rows.y.tolist(), rows.log2_v.tolist(), rows.stratum.tolist(), strict=True))


def test_one_cell_is_one_between_row_with_the_intercept() -> None:
    rows, origin = campaign_rows(*_observed([(A, -0.5, 0.25)]))

    assert rows.stratum.tolist() == [Stratum.BETWEEN]
    assert dict(zip(rows.design.features, rows.design.data.tolist(), strict=True)) == {
        INTERCEPT: GRID,
        A: GRID,
    }
    assert rows.y.tolist() == [-0.5 * GRID]
    assert rows.v.tolist() == [0.25]
    assert origin.tolist() == [0]


def test_k_cells_are_one_between_row_and_k_minus_one_contrasts() -> None:
    cells, seen = _observed([(A, 0.0, 0.1), (B, 1.0, 0.1), (C, 2.0, 0.4), (A, 0.3, 0.2)])
    rows, origin = campaign_rows(cells, seen, [7, 7, 7, 9])

    assert rows.stratum.tolist() == [Stratum.BETWEEN, Stratum.WITHIN, Stratum.WITHIN, Stratum.BETWEEN]
    assert origin.tolist() == [7, 7, 7, 9]


def test_contrasts_are_free_of_what_the_cells_share() -> None:
    shared = Feature("platform", "meta")
    cells = [{A: 1.0, shared: 1.0}, {B: 1.0, shared: 1.0}, {C: 1.0, shared: 1.0}]
    seen = Observations(np.array([0.0, 1.0, 2.0]), np.array([0.1, 0.2, 0.3]), np.ones(3, dtype=bool))
    rows, _ = campaign_rows(cells, seen, [0, 0, 0])
    dense = rows.design.matrix().toarray()[rows.stratum == Stratum.WITHIN]

    assert shared in rows.design.features
    for feature in (shared, INTERCEPT):
        assert not dense[:, rows.design.features.index(feature)].any()


def _weights(v: np.ndarray) -> np.ndarray:
    """Rows of the transformation, read back from unit memberships."""
    names = [Feature("cell", f"{i}") for i in range(len(v))]
    seen = Observations(np.zeros(len(v)), v, np.ones(len(v), dtype=bool))
    rows, _ = campaign_rows([{name: 1.0} for name in names], seen, np.zeros(len(v), dtype=int))
    return rows.design.matrix().toarray()[:, [rows.design.features.index(name) for name in names]]


@given(st.lists(st.floats(0.001, 3), min_size=2, max_size=6))
def test_rows_of_a_campaign_are_independent_under_the_working_variances(variances: list[float]) -> None:
    v = np.array(variances)
    h = _weights(v)
    covariance = h @ np.diag(v + WORKING_WITHIN_SD**2) @ h.T

    np.testing.assert_allclose(covariance - np.diag(np.diag(covariance)), 0, atol=1e-3)
    np.testing.assert_allclose((h[1:] ** 2).sum(axis=1), 1, atol=1e-3)
    np.testing.assert_allclose(h.sum(axis=1), [1, *np.zeros(len(v) - 1)], atol=1e-3)


def test_the_rows_of_a_campaign_carry_all_its_information() -> None:
    """Weighted least squares on the rows equals that on the cells when the campaign shift is free."""
    v = np.array([0.1, 0.3, 0.2])
    working = v + WORKING_WITHIN_SD**2
    y = np.array([0.2, -0.4, 1.0])
    h = _weights(v)[1:]
    within = ((h @ y) ** 2 / (h**2 @ working)).sum()
    mean = (y / working).sum() / (1 / working).sum()

    assert within == pytest.approx(((y - mean) ** 2 / working).sum(), abs=1e-3)


@given(st.lists(CELL, min_size=1, max_size=6), st.randoms(use_true_random=False))
def test_the_order_of_cells_changes_nothing(cells: list[tuple[Feature, float, float]], random: object) -> None:
    campaign = [i % 2 for i in range(len(cells))]
    shuffled = list(zip(cells, campaign, strict=True))
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    before, _ = campaign_rows(*_observed(cells), campaign)
    after, _ = campaign_rows(*_observed([c for c, _ in shuffled]), [k for _, k in shuffled])

    assert _content(before) == _content(after)


def test_unobserved_cells_are_left_out() -> None:
    cells, seen = _observed([(A, 0.0, 0.1), (B, 1.0, 0.1)])
    rows, _ = campaign_rows(cells, Observations(seen.y, seen.v, np.array([True, False])), [0, 0])

    assert len(rows) == 1
    assert B not in rows.design.features


def test_no_cells_are_no_rows() -> None:
    rows, origin = campaign_rows([], Observations(np.empty(0), np.empty(0), np.empty(0, dtype=bool)))

    assert len(rows) == 0
    assert len(origin) == 0


@pytest.mark.parametrize("number", [np.nan, np.inf, -np.inf, 1e9])
def test_numbers_off_the_grid_are_refused(number: float) -> None:
    with pytest.raises(LearningError):
        quantised([0.0, number])


@pytest.mark.parametrize("variance", [np.nan, np.inf, -1.0])
def test_impossible_variances_are_refused(variance: float) -> None:
    with pytest.raises(LearningError):
        Rows.of(Design.of([{A: 1.0}]), [0.0], [variance])


def test_lengths_must_agree() -> None:
    with pytest.raises(LearningError):
        Rows.of(Design.of([{A: 1.0}]), [0.0, 1.0], [1.0, 1.0])


def test_variances_of_any_size_stay_finite() -> None:
    rows = Rows.of(Design.of([{A: 1.0}] * 3), [0.0] * 3, [0.0, 1.0, 1e300])

    assert np.isfinite(rows.v).all()
    assert (np.diff(rows.v) > 0).all()


def test_some_rows_are_those_rows() -> None:
    cells = [{Feature("a", str(i % 3)): 1.0, Feature("b", str(i)): 0.5} for i in range(6)]
    rows, _ = campaign_rows(cells, observe_rate(np.arange(6.0) + 1, np.full(6, 100.0), 0.03))
    at = np.array([4, 1])
    some = rows.take(at)

    np.testing.assert_array_equal(some.design.matrix().toarray(), rows.design.matrix().toarray()[at])
    assert (some.y.tolist(), some.log2_v.tolist()) == (rows.y[at].tolist(), rows.log2_v[at].tolist())
    assert [part.dtype for part in (some.design.indptr, some.design.indices, some.design.data)] == [
        part.dtype for part in (rows.design.indptr, rows.design.indices, rows.design.data)
    ]


def test_rows_within_some_columns_are_the_rows_without_the_others() -> None:
    cells = [{Feature("a", str(i % 3)): 1.0, Feature("b", str(i)): 0.5} for i in range(6)]
    rows, _ = campaign_rows(cells, observe_rate(np.arange(6.0) + 1, np.full(6, 100.0), 0.03))
    kept = [Feature("b", "4"), Feature("a", "1"), Feature("a", "2"), Feature("b", "none of these")]
    at = [rows.design.features.index(feature) for feature in kept[:3]]
    whole = rows.design.matrix().toarray()

    np.testing.assert_array_equal(rows.design.within(kept).matrix().toarray(), whole[:, sorted(at)])
    np.testing.assert_array_equal(rows.design.matrix(kept).toarray(), np.column_stack([whole[:, at], np.zeros(6)]))
    assert rows.design.within(rows.design.features) is rows.design
