"""Laws of information: what a campaign would teach is conditioning, one campaign after the other."""

from __future__ import annotations

import numpy as np
import pytest

from reflection.stats.columns import Feature
from reflection.stats.design import Stratum
from reflection.stats.empirical_bayes import Fit
from reflection.stats.expected_information import sd_after
from reflection.stats.prediction import aligned, cell_design

A = Feature("platform", "0")


def _conditioned(fit: Fit, x: np.ndarray, noise: float, repeats: int) -> np.ndarray:
    covariance = fit.covariance.astype(float)
    for _ in range(repeats):
        reach = covariance @ x
        covariance = covariance - np.outer(reach, reach) / (noise + x @ reach)
    return covariance


@pytest.mark.parametrize("repeats", [1, 2, 7])
@pytest.mark.parametrize("stratum", [Stratum.BETWEEN, Stratum.EXPERIMENT])
def test_campaigns_teach_one_after_the_other(fitted: Fit, world: object, repeats: int, stratum: Stratum) -> None:
    design, v = cell_design(world.cells[:4]), np.array([0.01, 0.02, 0.3, 0.0])  # type: ignore[attr-defined]
    x = aligned(fitted, design)[0].toarray()
    column = fitted.layout.column(A)
    assert column is not None
    found = sd_after(fitted, column, design, v, repeats, stratum)
    scatter = fitted.sigma.get(stratum, 0.0) ** 2
    assert scatter > 0 or stratum is Stratum.EXPERIMENT

    for row, one in enumerate(found):
        left = _conditioned(fitted, x[row], v[row] + scatter, repeats)[column, column]
        assert one == pytest.approx(np.sqrt(max(left, 0.0)), rel=1e-4, abs=1e-4)
    if repeats == 1 and stratum is Stratum.BETWEEN:
        np.testing.assert_array_equal(found, sd_after(fitted, column, design, v))


def test_an_unseen_signal_makes_a_campaign_teach_less_by_its_prior(fitted: Fit) -> None:
    strange = Feature("platform", "never")
    column = fitted.layout.column(A)
    assert column is not None
    known, unknown = sd_after(fitted, column, cell_design([{A: 1.0}, {A: 1.0, strange: 0.5}]), [0.01, 0.01])
    (same,) = sd_after(fitted, column, cell_design([{A: 1.0}]), [0.01 + (0.5 * fitted.tau_of(strange)) ** 2])

    assert known < unknown
    assert unknown == pytest.approx(same)
