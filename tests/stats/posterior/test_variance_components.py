"""Variance components: the mode is a mode, its uncertainty is that of the density."""

import numpy as np
import pytest

from reflection.stats.posterior.gaussian_posterior import Model
from reflection.stats.posterior.scatter_priors import PRIOR_RATE
from reflection.stats.posterior.variance_components import INTEGRATE_UP_TO, mode_of, objective
from reflection.stats.posterior.wide_posterior import model_of
from reflection.stats.sums.columns import INTERCEPT, Feature
from reflection.stats.sums.design import Design, Rows
from reflection.stats.sums.sufficient_statistics import SufficientStatistics

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


def _objective(model: Model, components: np.ndarray) -> tuple[float, np.ndarray]:
    return objective(components, model.rates, model.posterior(components))


def test_at_the_mode_the_density_is_level_and_highest(model: Model):
    mode = mode_of(model).components
    best, slope = _objective(model, mode)
    np.testing.assert_allclose(slope, 0.0, atol=1e-2)
    for step in (*np.eye(2) * 0.2, *np.eye(2) * -0.2):
        assert _objective(model, mode + step)[0] > best


@pytest.mark.parametrize("start", [[-5.9, 0.9], [0.5, -4.0], [-1.5, -1.2]])
def test_wherever_the_search_starts_it_ends_at_the_same_mode(model: Model, start: list[float]):
    np.testing.assert_allclose(mode_of(model, np.array(start)).components, mode_of(model).components, atol=1e-4)
    other = mode_of(model, np.zeros(7)).components
    assert other.tolist() == mode_of(model).components.tolist(), "a start of other components is not used"


def test_what_made_the_rows_is_found_again(model: Model):
    sigma, tau = np.exp(mode_of(model).components)
    assert sigma == pytest.approx(SIGMA, rel=0.15)
    assert 0.15 < tau < 0.8


def test_the_gradient_is_that_of_the_density(model: Model):
    at, step = np.log([0.25, 0.3]), 1e-5
    numeric = [
        (_objective(model, at + one)[0] - _objective(model, at - one)[0]) / (2 * step) for one in np.eye(2) * step
    ]
    np.testing.assert_allclose(_objective(model, at)[1], numeric, rtol=1e-4)


def test_many_rows_leave_little_doubt_of_sigma_and_few_levels_much_of_tau(model: Model):
    spread = mode_of(model).spread
    sd = np.sqrt(np.diag(spread @ spread.T))
    assert sd[0] < 0.1 < sd[1]


def test_without_rows_the_prior_of_the_components_is_left():
    mode = mode_of(Model(SufficientStatistics().view()))
    assert mode.spread.size == mode.components.size == 0
    assert PRIOR_RATE == 6.0


@pytest.fixture(scope="module")
def wide_model() -> Model:
    """Three groups of 640 columns in all: one with effects, one with few, one with none."""
    rng = np.random.default_rng(9)
    groups = [("audience.geo", 400, 0.3), ("audience.segment", 200, 0.05), ("creative.hook", 40, 0.0)]
    rows = [{INTERCEPT: 1.0} for _ in range(6_000)]
    y = rng.normal(0, SIGMA, len(rows))
    for group, count, tau in groups:
        effects, which = rng.normal(0, tau, count), rng.integers(count, size=len(rows))
        for row, level in zip(rows, which.tolist(), strict=True):
            row[Feature(group, f"l{level}")] = 1.0
        y += effects[which]
    statistics = SufficientStatistics()
    statistics.add(Rows.of(Design.of(rows), y, np.full(len(rows), 0.01)))
    return model_of(statistics.view())


def test_of_very_many_columns_the_mode_is_one_too(wide_model: Model):
    assert len(wide_model.layout) > INTEGRATE_UP_TO
    mode = mode_of(wide_model).components
    best, _ = _objective(wide_model, mode)
    information = wide_model.information(mode, wide_model.posterior(mode))

    for component in range(len(mode)):
        step = np.zeros(len(mode))
        step[component] = 2.0 / np.sqrt(max(information[component, component], 1.0))
        assert min(_objective(wide_model, mode + step)[0], _objective(wide_model, mode - step)[0]) > best - 0.1
    sigma, hook, geo, segment = np.exp(mode)[[0, 3, 1, 2]]
    assert sigma == pytest.approx(np.sqrt(SIGMA**2 - 0.01), rel=0.1), "beside the sampling noise of 0.01"
    assert geo == pytest.approx(0.3, rel=0.2)
    assert segment == pytest.approx(0.05, rel=0.4)
    assert hook < 0.03


def test_the_expected_information_is_the_mean_curvature(model: Model):
    """Over worlds drawn at the components; here one with many rows, so that sigma's is close to its mean already."""
    at, step = mode_of(model).components, 1e-3
    curvature = [
        (_objective(model, at + one)[1] - _objective(model, at - one)[1]) / (2 * step) for one in np.eye(2) * step
    ]
    information = model.information(at, model.posterior(at))

    prior = PRIOR_RATE * np.exp(at)
    assert information[0, 0] + prior[0] == pytest.approx(curvature[0][0], rel=0.15)
    assert information[1, 1] + prior[1] == pytest.approx(curvature[1][1], rel=0.6)
    assert information[0, 1] == information[1, 0] == 0.0
