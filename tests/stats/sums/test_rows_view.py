"""Sums straight from rows say what sums of integers say, to the rounding of floating point."""

from __future__ import annotations

import numpy as np
import pytest

from reflection.stats.sums.columns import INTERCEPT, Feature, Layout
from reflection.stats.sums.design import Design, Rows, Stratum
from reflection.stats.sums.rows_view import RowsView
from reflection.stats.sums.sufficient_statistics import SufficientStatistics, View
from reflection.stats.sums.zero_sum import zero_sum

FEATURES = [Feature("a", str(level)) for level in range(4)] + [Feature("b", str(level)) for level in range(3)]
NOT_ASKED = Feature("~a", "1")
LAYOUT = Layout.of(FEATURES)


def _rows(count: int, seed: int = 0) -> Rows:
    rng = np.random.default_rng(seed)
    cells = [
        {INTERCEPT: 1.0, FEATURES[rng.integers(4)]: 1.0, FEATURES[4 + rng.integers(3)]: 1 / 3, NOT_ASKED: 0.5}
        for _ in range(count)
    ]
    strata = rng.choice([Stratum.BETWEEN, Stratum.WITHIN, Stratum.PERIOD], count)
    return Rows.of(
        Design.of(cells), rng.normal(0, 2, count), np.exp(rng.normal(-3, 2, count)), strata, rng.random(count)
    )


def _same(view: View, other: View) -> None:
    for name in ("moment", "square", "rows", "v", "passing", "stratum"):
        np.testing.assert_allclose(getattr(view, name), getattr(other, name), rtol=1e-12, err_msg=name)
    basis = zero_sum(view.layout)
    np.testing.assert_allclose(view.squares(basis), other.squares(basis), rtol=1e-12, atol=1e-9)


@pytest.mark.parametrize("count", [1, 40, 3_000])
def test_rows_and_sums_of_them_say_the_same(count: int) -> None:
    rows, sums = _rows(count), SufficientStatistics()
    sums.add(rows)

    _same(RowsView.of_rows(rows, LAYOUT), sums.view(LAYOUT))


def test_some_columns_alone_are_as_if_others_had_no_effect() -> None:
    rows, columns = _rows(60), np.array([0, 1, 2, 3, 4])

    _same(
        RowsView.of_rows(rows, LAYOUT).of_columns(columns),
        RowsView.of_rows(rows, Layout.of(LAYOUT.features[column] for column in columns.tolist())),
    )
