"""What a campaign would teach is known before it runs, and it is what a refit finds."""

from __future__ import annotations

import numpy as np
import pytest

from reflection.stats.columns import Feature
from reflection.stats.design import Design, Rows, Stratum
from reflection.stats.empirical_bayes import Fit, fit
from reflection.stats.expected_information import sd_after
from reflection.stats.gaussian_posterior import Model
from reflection.stats.prediction import cell_design
from reflection.stats.sufficient_statistics import SufficientStatistics

QUESTION = Feature("creative", "0")


@pytest.fixture(scope="module")
def candidates() -> Design:
    """Two campaigns with the creative asked about, one without."""
    return cell_design(
        [
            {QUESTION: 1.0, Feature("platform", "0"): 1.0},
            {QUESTION: 0.5, Feature("creative", "1"): 0.5, Feature("platform", "0"): 1.0},
            {Feature("creative", "1"): 1.0, Feature("platform", "0"): 1.0},
        ]
    )


def test_the_expected_interval_is_that_of_a_refit(world: object, candidates: Design) -> None:
    statistics = SufficientStatistics()
    statistics.add(world.rows)  # type: ignore[attr-defined]
    view = statistics.view(world.layout)  # type: ignore[attr-defined]
    found = fit(view, 0, hyper_draws=1)
    column = found.layout.column(QUESTION)
    v = 2.0**-6
    one = Design(candidates.features, candidates.indptr[:2], candidates.indices[:3], candidates.data[:3])
    statistics.add(Rows.of(one, [3.0], [v], Stratum.BETWEEN))
    components = np.log(np.array([*found.sigma.values(), *found.tau]))
    refitted = Model(statistics.view(world.layout)).posterior(components)  # type: ignore[attr-defined]

    assert sd_after(found, column, candidates, [v] * 3)[0] == pytest.approx(
        np.sqrt(refitted.covariance[column, column]), rel=5e-3
    )


def test_more_repeats_and_more_trials_teach_more(fitted: Fit, candidates: Design) -> None:
    column = fitted.layout.column(QUESTION)
    before = np.sqrt(fitted.covariance[column, column])
    once = sd_after(fitted, column, candidates, [0.1] * 3)

    assert (once <= before + 1e-9).all()
    assert (sd_after(fitted, column, candidates, [0.1] * 3, repeats=10) <= once).all()
    assert (sd_after(fitted, column, candidates, [0.01] * 3) <= once).all()


def test_a_campaign_with_the_signal_teaches_more_than_half_of_it(fitted: Fit, candidates: Design) -> None:
    column = fitted.layout.column(QUESTION)
    after = sd_after(fitted, column, candidates, [0.01] * 3)

    assert after[0] < after[1]
