"""Rows in the columns of a fit: shares of what it has no column for count by their square."""

from __future__ import annotations

import numpy as np
import pytest

from reflection.stats.posterior.empirical_bayes import Fit
from reflection.stats.posterior.prediction import aligned
from reflection.stats.sums.columns import INTERCEPT, Feature
from reflection.stats.sums.design import Design


def design_of(cells: list[dict[Feature, float]]) -> Design:
    return Design.of([{INTERCEPT: 1.0, **cell} for cell in cells])


def test_rows_are_put_into_the_columns_of_the_fit(world: object, fitted: Fit) -> None:
    cells = world.cells[:6]  # type: ignore[attr-defined]
    x, unseen = aligned(fitted, design_of(cells))
    expected = np.zeros((6, len(fitted.layout)))
    expected[:, 0] = 1.0
    for row, cell in enumerate(cells):
        for feature, share in cell.items():
            expected[row, fitted.layout.column(feature)] = share

    np.testing.assert_allclose(x.toarray(), expected, atol=1e-4)
    assert unseen.tolist() == [0.0] * 6


def test_what_has_no_column_widens_by_its_prior_and_the_square_of_its_share(fitted: Fit) -> None:
    new, never = Feature("platform", "new"), Feature("never", "heard")
    _, unseen = aligned(fitted, design_of([{new: 0.5, never: 0.25}, {never: 1.0}, {}]))

    tau = fitted.tau_of(new)
    assert unseen == pytest.approx([0.25 * tau**2 + 0.0625 / 36, 1 / 36, 0.0])
