"""Laws of sums: octaves of the variance, exact squares of any sign, and the last row that still fits."""

from __future__ import annotations

import numpy as np
import pytest

from reflection.errors import LearningError
from reflection.stats.sums.columns import Feature, Layout
from reflection.stats.sums.design import Design, Rows, Stratum
from reflection.stats.sums.sufficient_statistics import SufficientStatistics

A, B = Feature("a", "0"), Feature("a", "1")


def _rows(x: list[float], y: list[float], v: list[float], stratum: Stratum = Stratum.BETWEEN) -> Rows:
    return Rows.of(Design.of([{A: share} for share in x]), y, v, stratum)


def _sums(*rows: Rows) -> SufficientStatistics:
    statistics = SufficientStatistics()
    for some in rows:
        statistics.add(some)
    return statistics


@pytest.mark.parametrize("octave", [-14, -3, 0, 4])
def test_rows_of_one_octave_of_variance_share_a_block(octave: int) -> None:
    low, high = 2.0**octave, 2.0 ** (octave + 1)
    v = [low, low * 1.4, high * 0.999]
    view = _sums(_rows([1.0] * 4, [0.0] * 4, [*v, high])).view()

    assert view.rows.tolist() == [3.0, 1.0]
    assert view.v == pytest.approx([np.prod(v) ** (1 / 3), high], rel=1e-4)


def test_the_outermost_octaves_take_what_lies_beyond() -> None:
    view = _sums(_rows([1.0] * 6, [0.0] * 6, [2.0**-18, 2.0**-14, 2.0**-13, 2.0**4, 2.0**5, 2.0**9])).view()

    assert view.rows.tolist() == [2.0, 1.0, 1.0, 2.0]
    assert view.v == pytest.approx([2.0**-16, 2.0**-13, 2.0**4, 2.0**7], rel=1e-4)


def test_strata_are_never_summed_together() -> None:
    parts = [_rows([1.0], [float(stratum)], [v], stratum) for stratum in Stratum for v in (2.0**-14, 2.0**5)]
    view = _sums(*parts).view()

    assert view.stratum.tolist() == [0, 0, 1, 1, 2, 2, 3, 3]
    assert view.v == pytest.approx([2.0**-14, 2.0**5] * 4)
    assert view.square == pytest.approx([0, 0, 1, 1, 4, 4, 9, 9])
    assert view.moment[:, 1] == pytest.approx([0, 0, 1, 1, 2, 2, 3, 3])
    assert view.moment.shape == (8, 2)


def test_means_over_periods_are_summed_apart_by_the_passing_scatter_left_in_them() -> None:
    design = Design.of([{Feature("a", "x"): 1.0}] * 6)
    passing = [1.0, 0.5, 0.25, 0.75, 2.0**-30, 1.0]
    view = _sums(Rows.of(design, [0.1] * 6, [0.5] * 6, Stratum.BETWEEN, passing)).view()

    assert view.rows.tolist() == [2.0, 2.0, 1.0, 1.0], "1; from a half on; from a quarter on; the rest"
    assert view.passing == pytest.approx([1.0, (0.5 * 0.75) ** 0.5, 0.25, 2.0**-30], rel=1e-4)
    assert view.stratum.tolist() == [0] * 4


def test_squares_of_any_sign_are_exact() -> None:
    rng = np.random.default_rng(3)
    rows = _rows([2.0**-16] * 500, rng.uniform(-32_768, 32_768, 500).tolist(), [1.0] * 500)
    statistics = _sums(rows)
    taken = rows.take(np.arange(100))
    statistics.subtract(taken)

    exact = sum(int(y) ** 2 for y in rows.y[100:])
    assert statistics.view().square[0] == exact / 2**32


BIG = 2.0**14
"""On the grid 2^30: four rows of it would make a sum of 2^62."""


@pytest.mark.parametrize("fold", [False, True])
def test_the_last_row_that_fits_is_learnt_and_the_next_refused(fold: bool) -> None:
    statistics = SufficientStatistics()
    for _ in range(3):
        statistics.add(_rows([BIG], [0.0], [1.0]))
        if fold:
            statistics.fold()
    with pytest.raises(LearningError, match="no longer fits"):
        statistics.add(_rows([BIG], [0.0], [1.0]))
    with pytest.raises(LearningError, match="no longer fits"):
        statistics.subtract(_rows([BIG], [0.0], [1.0]))

    assert statistics.rows == 3
    assert statistics.view().exposure()[1] == 3 * BIG**2


def test_a_merge_counts_what_both_sides_hold() -> None:
    two = _sums(_rows([BIG, BIG], [0.0, 0.0], [1.0, 1.0]))
    two.merge(_sums(_rows([BIG], [0.0], [1.0])))
    with pytest.raises(LearningError, match="no longer fits"):
        two.merge(_sums(_rows([1.0], [0.0], [1.0])))
    small = _sums(_rows([1.0, 1.0], [0.0, 0.0], [1.0, 1.0]))
    small.merge(_sums(_rows([BIG], [0.0], [1.0])))
    with pytest.raises(LearningError, match="no longer fits"):
        small.add(_rows([1.0], [0.0], [1.0]))


def test_large_values_of_y_count_as_large_shares_do() -> None:
    one = _sums(_rows([2.0**15], [2.0**13], [1.0]).take(np.arange(0)))
    one.add(_rows([2.0**13], [2.0**15], [1.0]))
    one.add(_rows([2.0**13], [-(2.0**15)], [1.0]))
    one.add(_rows([2.0**13], [0.0], [1.0]))
    with pytest.raises(LearningError, match="no longer fits"):
        one.add(_rows([2.0**13], [0.0], [1.0]))
    assert one.rows == 3


def test_a_view_of_other_columns_keeps_each_sum_with_its_feature() -> None:
    rows = Rows.of(Design.of([{A: 1.0, B: 0.5}, {B: 1.0}]), [2.0, 3.0], [1.0, 1.0])
    layout = Layout.of([Feature("a", "00"), B, Feature("z", "new"), A])
    view = _sums(rows).view(layout)
    a, b = layout.column(A), layout.column(B)
    assert a is not None
    assert b is not None

    gram = np.tril(view.grams[0].whole()) * view.gram_scale
    assert (gram[a, a], gram[b, b], gram[max(a, b), min(a, b)]) == (1.0, 1.25, 0.5)
    assert gram.sum() == 2.75
    assert (view.moment[0, a], view.moment[0, b], view.moment.sum()) == (2.0, 4.0, 6.0)
    assert (view.rows.tolist(), view.square.tolist()) == ([2.0], [13.0])


def test_no_rows_change_nothing() -> None:
    statistics = _sums(_rows([1.0], [0.5], [1.0]))
    before = statistics.digest()
    statistics.add(_rows([], [], []))
    statistics.merge(SufficientStatistics())

    assert statistics.digest() == before
    assert statistics != _sums(_rows([1.0], [0.25], [1.0]))
    assert statistics != _sums(_rows([1.0], [0.5], [0.9]))
    assert statistics != "the same"


def test_what_can_still_grow_is_no_key() -> None:
    with pytest.raises(TypeError):
        hash(SufficientStatistics())
