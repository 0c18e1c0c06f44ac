"""Predictions of campaigns, also of those with signals nobody has seen."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from reflection.stats.columns import INTERCEPT, Feature, Layout
from reflection.stats.design import Design, Stratum
from reflection.stats.empirical_bayes import Fit, fit
from reflection.stats.prediction import aligned, cell_design, predict
from reflection.stats.sufficient_statistics import SufficientStatistics


def test_a_prediction_is_the_sum_of_the_effects_present(world: object, fitted: Fit) -> None:
    cell = world.cells[0]  # type: ignore[attr-defined]
    expected = fitted.mean[0] + sum(fitted.mean[fitted.layout.column(f)] * share for f, share in cell.items())

    assert predict(fitted, cell_design([cell])).mean[0] == pytest.approx(expected, abs=1e-4)


def test_uncertainty_is_that_of_the_draws(world: object, fitted: Fit) -> None:
    design = cell_design(world.cells[:5])  # type: ignore[attr-defined]
    x, _ = aligned(fitted, design)

    np.testing.assert_allclose(predict(fitted, design).sd, (x @ fitted.draws).std(axis=1), rtol=1e-3)


def test_unseen_signals_widen_and_never_crash(world: object, fitted: Fit) -> None:
    cell = dict(world.cells[0])  # type: ignore[attr-defined]
    strange = {
        **cell,
        Feature("platform", "new"): 1.0,
        Feature("never", "heard"): 1.0,
        Feature("a*b", "x*y"): 1.0,
    }
    known, unknown = predict(fitted, cell_design([cell])), predict(fitted, cell_design([strange]))

    assert unknown.mean[0] == pytest.approx(known.mean[0])
    tau = fitted.tau_of(Feature("platform", "new"))
    assert unknown.sd[0] ** 2 == pytest.approx(known.sd[0] ** 2 + tau**2 + 2 / 36, rel=1e-6)


def test_a_prediction_carries_the_scatter_of_a_single_campaign(world: object, fitted: Fit) -> None:
    prediction = predict(fitted, cell_design(world.cells[:3]))  # type: ignore[attr-defined]

    assert prediction.scatter == fitted.sigma_rms[Stratum.BETWEEN]
    assert prediction.scatter > fitted.sigma[Stratum.BETWEEN], "what is not known of it widens"


def test_the_expected_rate_is_the_mean_over_the_draws(world: object, fitted: Fit) -> None:
    design = cell_design(world.cells[:5])  # type: ignore[attr-defined]
    x, _ = aligned(fitted, design)

    np.testing.assert_allclose(predict(fitted, design).expected(), np.exp(x @ fitted.draws).mean(axis=1), rtol=0.01)


def test_nothing_to_predict_is_an_empty_prediction(fitted: Fit) -> None:
    prediction = predict(fitted, Design.of([]))

    assert prediction.mean.shape == (0,)
    assert prediction.sd.shape == (0,)


def test_a_fit_without_evidence_predicts_widely() -> None:
    blank = fit(SufficientStatistics().view(Layout.of([Feature("a", "x")])), 0)
    prediction = predict(blank, cell_design([{Feature("a", "x"): 1.0}]))

    assert np.isfinite(prediction.mean).all()
    assert prediction.sd[0] > 1.0
    assert prediction.scatter == 0.0


def test_many_rows_are_predicted_as_one_by_one(world: object, fitted: Fit) -> None:
    cells = list(world.cells) * 20  # type: ignore[attr-defined]
    together = predict(fitted, cell_design(cells))
    one = predict(fitted, cell_design(cells[2500:2501]))

    assert together.sd[2500] == pytest.approx(one.sd[0], rel=1e-5)


def test_new_campaigns_fall_into_their_intervals(make_world: Callable[..., object]) -> None:
    hits = []
    for seed in range(4):
        world = make_world(200, seed)
        known, new = slice(0, 100), slice(100, 200)
        from reflection.stats.design import campaign_rows
        from reflection.stats.observations import Observations

        seen = world.observations  # type: ignore[attr-defined]
        statistics = SufficientStatistics()
        part = Observations(seen.y[known], seen.v[known], seen.observed[known])
        statistics.add(campaign_rows(world.cells[known], part)[0])  # type: ignore[attr-defined]
        prediction = predict(fit(statistics.view(), seed), cell_design(world.cells[new]))  # type: ignore[attr-defined]
        hits.append(
            np.abs(seen.y[new] - prediction.mean)
            <= 1.645 * np.sqrt(prediction.sd**2 + prediction.scatter**2 + seen.v[new])
        )

    assert 0.85 <= np.mean(hits) <= 0.96


def test_the_intercept_is_part_of_a_cell() -> None:
    assert INTERCEPT in cell_design([{}]).features
