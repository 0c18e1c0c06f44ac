"""Laws of rows: what two cells say by hand, and every limit of the grid where it is stated."""

from __future__ import annotations

import numpy as np
import pytest
from tests.stats.conftest import campaign_rows

from reflection.errors import LearningError
from reflection.stats.sums.columns import INTERCEPT, Feature
from reflection.stats.sums.design import GRID, GRID_BITS, Design, Rows, Stratum, quantised
from reflection.stats.sums.observations import Observations

A, B, C = Feature("g", "a"), Feature("g", "b"), Feature("g", "c")


def _dense(rows: Rows) -> list[dict[Feature, float]]:
    matrix = rows.design.matrix().toarray()
    return [{f: share for f, share in zip(rows.design.features, row, strict=True) if share} for row in matrix]


def test_two_cells_are_their_weighted_mean_and_their_difference() -> None:
    """Weights 1/(v + 0.15^2), the contrast of length one: by hand."""
    y, v = np.array([0.4, -0.2]), np.array([0.0775, 0.0275])  # working variances 0.1 and 0.05
    rows, origin = campaign_rows([{A: 1.0}, {B: 0.5, C: 0.5}], Observations(y, v, np.array([True, True])), [3, 3])
    between, within = _dense(rows)
    third, root = 1 / 3, np.sqrt(0.5)

    assert between == pytest.approx({INTERCEPT: 1.0, A: third, B: third, C: third}, abs=1e-4)
    assert within == pytest.approx({A: -root, B: root / 2, C: root / 2}, abs=1e-4)
    assert rows.y / GRID == pytest.approx([0.0, -0.6 * root], abs=1e-4)
    assert rows.v == pytest.approx([v[0] / 9 + v[1] * 4 / 9, (v[0] + v[1]) / 2], rel=1e-4)
    assert (rows.stratum.tolist(), origin.tolist()) == ([Stratum.BETWEEN, Stratum.WITHIN], [3, 3])


def test_a_third_cell_is_compared_with_the_weighted_mean_of_the_first_two() -> None:
    y, v = np.array([0.4, -0.2, 1.0]), np.array([0.0775, 0.0275, 0.0275])
    rows, _ = campaign_rows([{A: 1.0}, {B: 1.0}, {C: 1.0}], Observations(y, v, np.ones(3, dtype=bool)), [0, 0, 0])
    h = np.array([-1 / 3, -2 / 3, 1.0]) / np.sqrt(1 / 9 + 4 / 9 + 1)

    assert _dense(rows)[2] == pytest.approx(dict(zip((A, B, C), h, strict=True)), abs=1e-4)
    assert rows.y[2] / GRID == pytest.approx(h @ y, abs=1e-4)
    assert rows.v[2] == pytest.approx(h**2 @ v, rel=1e-4)


def test_cells_that_differ_in_what_they_saw_only_are_sorted_by_it() -> None:
    for y, v in (([0.5, -0.5], [0.1, 0.1]), ([0.5, 0.5], [0.3, 0.1])):
        found = []
        for order in ([0, 1], [1, 0]):
            seen = Observations(np.array(y)[order], np.array(v)[order], np.array([True, True]))
            rows, _ = campaign_rows([{A: 1.0}, {A: 1.0}], seen, [0, 0])
            found.append((rows.y.tolist(), rows.log2_v.tolist(), rows.design.data.tolist()))
        assert found[0] == found[1]


def test_every_cell_is_a_campaign_where_none_is_named() -> None:
    seen = Observations(np.zeros(3), np.ones(3), np.array([True, False, True]))
    rows, origin = campaign_rows([{A: 1.0}, {B: 1.0}, {A: 1.0}], seen)

    assert origin.tolist() == [0, 2]
    assert rows.stratum.tolist() == [Stratum.BETWEEN] * 2
    assert origin.dtype == np.intp


def test_the_grid_has_sixteen_bits() -> None:
    assert (GRID_BITS, GRID) == (16, 65_536.0)
    assert quantised([1.0, -0.5, 1 / 3, 1e-6]).tolist() == [65_536, -32_768, 21_845, 0]
    assert quantised([2.0**15, -(2.0**15)]).tolist() == [2**31, -(2**31)]
    for beyond in (2.0**15 + 1e-6, -(2.0**15) - 1e-6):
        with pytest.raises(LearningError, match="too large"):
            quantised([beyond])


@pytest.mark.parametrize(
    ("variance", "kept"),
    [
        (0.0, 2.0**-20),
        (2.0**-21, 2.0**-20),
        (2.0**-20, 2.0**-20),
        (2.0**-19, 2.0**-19),
        (2.0**19, 2.0**19),
        (2.0**20, 2.0**20),
        (2.0**21, 2.0**20),
        (1e300, 2.0**20),
    ],
)
def test_variances_are_kept_between_a_millionth_and_a_million(variance: float, kept: float) -> None:
    assert Rows.of(Design.of([{A: 1.0}]), [0.0], [variance]).v.tolist() == [kept]


def test_rows_are_of_whole_campaigns_unless_told_otherwise() -> None:
    design = Design.of([{A: 1.0}, {A: 0.5}])

    assert Rows.of(design, [0.0, 0.0], [1.0, 1.0]).stratum.tolist() == [Stratum.BETWEEN] * 2
    told = Rows.of(design, [0.0, 0.0], [1.0, 1.0], Stratum.EXPERIMENT)
    assert told.stratum.tolist() == [2, 2]
    assert told.stratum.dtype == np.int8
    assert (Stratum.BETWEEN, Stratum.WITHIN) == (0, 1)


@pytest.mark.parametrize(
    ("y", "v"), [([0.0], [1.0, 1.0]), ([0.0, 0.0], [1.0]), ([0.0], [1.0]), ([[0.0, 0.0]], [[1.0, 1.0]])]
)
def test_a_row_has_one_value_and_one_variance(y: list[float], v: list[float]) -> None:
    with pytest.raises(LearningError, match="2 rows need as many"):
        Rows.of(Design.of([{A: 1.0}, {B: 1.0}]), y, v)


def test_zeros_take_no_place() -> None:
    design = Design.of([{A: 0.0, B: 1.0}, {}, {A: -0.5}])

    assert design.features == (B, A)
    assert design.indptr.tolist() == [0, 1, 1, 2]
    assert (len(design), design.data.tolist()) == (3, [65_536, -32_768])
    assert [part.dtype for part in (design.indptr, design.indices, design.data)] == [np.int64, np.int32, np.int64]
