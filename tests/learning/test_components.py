"""Variance components: the mode is a mode, its uncertainty is that of the density, proposals are weighted fairly."""

import numpy as np
import pytest

from reflection.learning.components import PRIOR_RATE, mixed, mode_of, objective, proposed, spread_of
from reflection.learning.layout import INTERCEPT, Feature
from reflection.learning.posterior import Model
from reflection.learning.rows import Design, Rows
from reflection.learning.statistics import SufficientStatistics

LEVELS = tuple(Feature("platform", f"p{k}") for k in range(6))
TAU, SIGMA = 0.4, 0.2


@pytest.fixture(scope="module")
def model() -> Model:
    rng = np.random.default_rng(4)
    effects = rng.normal(0, TAU, len(LEVELS))
    which = rng.integers(len(LEVELS), size=300)
    design = Design.of([{INTERCEPT: 1.0, LEVELS[k]: 1.0} for k in which])
    statistics = SufficientStatistics()
    statistics.add(Rows.of(design, effects[which] + rng.normal(0, SIGMA, 300), np.full(300, 0.001)))
    return Model(statistics.view())


def test_at_the_mode_the_density_is_level_and_highest(model: Model):
    mode = mode_of(model)
    best, slope = objective(model, mode)
    np.testing.assert_allclose(slope, 0.0, atol=1e-2)
    for step in (*np.eye(2) * 0.2, *np.eye(2) * -0.2):
        assert objective(model, mode + step)[0] > best


def test_what_made_the_rows_is_found_again(model: Model):
    sigma, tau = np.exp(mode_of(model))
    assert sigma == pytest.approx(SIGMA, rel=0.15)
    assert 0.15 < tau < 0.8


def test_the_gradient_is_that_of_the_density(model: Model):
    at, step = np.log([0.25, 0.3]), 1e-5
    numeric = [(objective(model, at + one)[0] - objective(model, at - one)[0]) / (2 * step) for one in np.eye(2) * step]
    np.testing.assert_allclose(objective(model, at)[1], numeric, rtol=1e-4)


def test_many_rows_leave_little_doubt_of_sigma_and_few_levels_much_of_tau(model: Model):
    spread = spread_of(model, mode_of(model))
    sd = np.sqrt(np.diag(spread @ spread.T))
    assert sd[0] < 0.1 < sd[1]


def test_weights_of_proposals_add_up_and_the_mixture_lies_among_them(model: Model):
    mode = mode_of(model)
    weight, posteriors = proposed(model, mode, spread_of(model, mode), np.random.default_rng(0), 40)
    mean, sd = mixed(weight, posteriors)

    assert weight.sum() == pytest.approx(1.0)
    assert weight.max() <= 10 / 40 + 1e-12
    means = np.array([one.mean for one in posteriors])
    assert (means.min(axis=0) - 1e-12 <= mean).all()
    assert (mean <= means.max(axis=0) + 1e-12).all()
    assert (sd >= 0).all()


def test_without_rows_the_prior_of_the_components_is_left():
    mode = mode_of(Model(SufficientStatistics().view()))
    assert mode.size == 0
    assert PRIOR_RATE == 6.0
