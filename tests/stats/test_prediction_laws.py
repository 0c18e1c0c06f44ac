"""Laws of predictions: shares of the unseen count by their square, variances add up, portions change nothing."""

from __future__ import annotations

import numpy as np
import pytest

from reflection.stats import prediction
from reflection.stats.columns import INTERCEPT, Feature
from reflection.stats.empirical_bayes import Fit
from reflection.stats.prediction import aligned, cell_design, predict


def test_a_cell_has_the_intercept_once() -> None:
    design = cell_design([{Feature("a", "x"): 0.5}, {}])

    assert design.matrix().toarray().tolist() == [[1.0, 0.5], [1.0, 0.0]]
    assert design.features[0] == INTERCEPT


def test_rows_are_put_into_the_columns_of_the_fit(world: object, fitted: Fit) -> None:
    cells = world.cells[:6]  # type: ignore[attr-defined]
    x, unseen = aligned(fitted, cell_design(cells))
    expected = np.zeros((6, len(fitted.layout)))
    expected[:, 0] = 1.0
    for row, cell in enumerate(cells):
        for feature, share in cell.items():
            expected[row, fitted.layout.column(feature)] = share

    np.testing.assert_allclose(x.toarray(), expected, atol=1e-4)
    assert unseen.tolist() == [0.0] * 6


def test_what_has_no_column_widens_by_its_prior_and_the_square_of_its_share(fitted: Fit) -> None:
    new, never = Feature("platform", "new"), Feature("never", "heard")
    _, unseen = aligned(fitted, cell_design([{new: 0.5, never: 0.25}, {never: 1.0}, {}]))

    tau = fitted.tau_of(new)
    assert unseen == pytest.approx([0.25 * tau**2 + 0.0625 / 36, 1 / 36, 0.0])


@pytest.mark.parametrize("at_once", [1, 2, 3, 7, 8])
def test_some_rows_at_a_time_are_predicted_as_all(
    world: object, fitted: Fit, monkeypatch: pytest.MonkeyPatch, at_once: int
) -> None:
    design = cell_design(world.cells[:7])  # type: ignore[attr-defined]
    whole = predict(fitted, design)
    monkeypatch.setattr(prediction, "_CHUNK", at_once)
    parts = predict(fitted, design)

    np.testing.assert_allclose(parts.sd, whole.sd, rtol=1e-6)
    np.testing.assert_array_equal(parts.mean, whole.mean)
    assert len(predict(fitted, cell_design([])).sd) == 0
