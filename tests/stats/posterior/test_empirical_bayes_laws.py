"""Laws of fits: the prior divides out again, what cannot be told apart is zero, evidence is an integral."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from tests.stats.conftest import campaign_rows

from reflection.stats.posterior import empirical_bayes
from reflection.stats.posterior.empirical_bayes import Fit, fit, moments
from reflection.stats.posterior.gaussian_posterior import Model
from reflection.stats.posterior.variance_components import mode_of
from reflection.stats.sums.columns import INTERCEPT, Feature, Layout
from reflection.stats.sums.design import Design, Rows, Stratum
from reflection.stats.sums.sufficient_statistics import SufficientStatistics, View

LEVELS = tuple(Feature("platform", f"p{k}") for k in range(3))


@pytest.fixture(scope="module")
def confounded(make_world: Callable[..., object]) -> View:
    """A world with a signal that every campaign has."""
    world = make_world(60, 5)
    statistics = SufficientStatistics()
    cells = [{**cell, Feature("objective", "only"): 1.0} for cell in world.cells]  # type: ignore[attr-defined]
    statistics.add(campaign_rows(cells, world.observations)[0])  # type: ignore[attr-defined]
    return statistics.view()


@pytest.fixture(scope="module")
def small() -> View:
    """Forty rows of three levels: a scatter and one standard deviation to learn."""
    rng = np.random.default_rng(11)
    which = rng.integers(3, size=40)
    effects = np.array([0.3, -0.1, -0.2])
    design = Design.of([{INTERCEPT: 1.0, LEVELS[k]: 1.0} for k in which])
    statistics = SufficientStatistics()
    statistics.add(Rows.of(design, effects[which] + rng.normal(0, 0.25, 40), np.full(40, 0.02)))
    return statistics.view()


def test_what_cannot_be_told_apart_is_zero_without_any_doubt(confounded: View) -> None:
    fixed = ~confounded.layout.identifiable
    assert fixed.any()
    for found in (
        fit(confounded, 0),
        fit(confounded, 0, hyper_draws=1),
        moments(confounded),
        moments(confounded, 0, hyper_draws=8),
    ):
        assert (found.mean[fixed] == 0.0).all()
        assert (found.sd[fixed] == 0.0).all()
        assert (found.sd[~fixed] > 0.0).all()
    whole = fit(confounded, 0)
    assert (whole.draws[fixed] == 0.0).all()
    assert (whole.low[fixed] == 0.0).all()
    assert (whole.high[fixed] == 0.0).all()
    assert (whole.estimate[fixed] == 0.0).all()
    assert (whole.error[fixed] >= 100.0).all(), "nothing is known of it"


def test_one_draw_of_the_components_plugs_in_their_mode(small: View) -> None:
    model = Model(small)
    at_mode = mode_of(model).posterior
    sd = np.sqrt(np.diag(at_mode.covariance))

    for found in (fit(small, 3, hyper_draws=1), moments(small, 3, hyper_draws=1), moments(small, 3)):
        np.testing.assert_allclose(found.mean, at_mode.mean)
        np.testing.assert_allclose(found.sd, sd)
        np.testing.assert_allclose(found.covariance, at_mode.covariance, rtol=1e-6, atol=1e-9)
        assert found.sigma == {Stratum.BETWEEN: pytest.approx(np.exp(mode_of(model).components[0]))}
        assert found.tau == pytest.approx(np.exp(mode_of(model).components[1:]))


def test_moments_are_those_of_the_fit(small: View) -> None:
    whole, quick = fit(small, 3, hyper_draws=600), moments(small, 3, hyper_draws=600)

    np.testing.assert_allclose(quick.mean, whole.mean, atol=1e-9)
    np.testing.assert_allclose(quick.sd, whole.sd, rtol=0.06)  # of 2,000 draws
    assert (quick.sd[1:] > moments(small).sd[1:]).all(), "what is left open about the components widens them"


def test_limits_are_the_quantiles_of_the_draws_and_draws_have_the_moments(small: View) -> None:
    found = fit(small, 3, draws=20_000)

    np.testing.assert_allclose(found.low, np.quantile(found.draws, 0.05, axis=1), atol=1e-6)
    np.testing.assert_allclose(found.high, np.quantile(found.draws, 0.95, axis=1), atol=1e-6)
    np.testing.assert_allclose(found.draws.mean(axis=1), found.mean, atol=0.01)
    np.testing.assert_allclose(found.draws.std(axis=1), found.sd, rtol=0.05)
    assert fit(small, 3).draws.shape == (4, 2000)
    assert found.draws.dtype == np.float32


def test_the_prior_times_what_is_left_without_it_is_the_posterior(small: View) -> None:
    """1/S = 1/P + 1/s^2 and m/S = b/s^2: precisions of a prior and of a likelihood add up."""
    found = fit(small, 3, hyper_draws=1)
    model = Model(small)
    covariance = np.diag(mode_of(model).posterior.covariance)[1:]
    prior = small.layout.prior_share[1:] * found.tau[0] ** 2
    estimate, error = found.estimate[1:], found.error[1:]

    np.testing.assert_allclose(1 / covariance, 1 / prior + 1 / error**2)
    np.testing.assert_allclose(found.mean[1:] / covariance, estimate / error**2)


def test_an_effect_without_evidence_keeps_no_estimate_and_a_huge_error() -> None:
    layout = Layout.of(LEVELS)
    found = fit(SufficientStatistics().view(layout), 0)

    assert np.isfinite(found.estimate).all()
    assert (np.abs(found.estimate) < 1e-3).all()
    assert (found.error[1:] > 100).all()


def _integrated(view: View) -> float:
    """The log evidence with the components integrated over a fine grid of their logarithms."""
    model = Model(view)
    axes = [np.linspace(-7.0, 1.5, 60)] * model.dimensions
    points = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, model.dimensions)
    logs = np.array(
        [
            model.posterior(at).log_evidence + (np.log(model.rates) + at - model.rates * np.exp(at)).sum()
            for at in points
        ]
    )
    cell = (axes[0][1] - axes[0][0]) ** model.dimensions
    return float(logs.max() + np.log(np.exp(logs - logs.max()).sum() * cell))


@pytest.fixture(scope="module")
def bare() -> View:
    """The same forty rows without their levels."""
    rng = np.random.default_rng(11)
    which = rng.integers(3, size=40)
    y = np.array([0.3, -0.1, -0.2])[which] + rng.normal(0, 0.25, 40)
    statistics = SufficientStatistics()
    statistics.add(Rows.of(Design.of([{INTERCEPT: 1.0}] * 40), y, np.full(40, 0.02)))
    return statistics.view()


def test_the_bayes_factor_is_a_ratio_of_integrals(small: View, bare: View) -> None:
    assert fit(small, 3).log_bayes_factor == pytest.approx(_integrated(small) - _integrated(bare), abs=0.3)
    assert fit(bare, 3).log_bayes_factor == pytest.approx(0.0, abs=1e-5), "nothing is not better than nothing"


def _by_laplace(view: View) -> float:
    """The same by Laplace's method: the height of the peak, and its curvature by differences of the height."""
    model = Model(view)

    def height(at: np.ndarray) -> float:
        prior = (np.log(model.rates) + at - model.rates * np.exp(at)).sum()
        return float(model.posterior(at).log_evidence + prior)

    mode, h = mode_of(model).components, 1e-2
    steps = np.eye(len(mode)) * h

    def bend(a: np.ndarray, b: np.ndarray) -> float:
        crossed = height(mode + a - b) + height(mode - a + b)
        return (crossed - height(mode + a + b) - height(mode - a - b)) / (4 * h * h)

    curvature = np.array([[bend(a, b) for a in steps] for b in steps])
    return height(mode) + 0.5 * len(mode) * np.log(2 * np.pi) - 0.5 * float(np.linalg.slogdet(curvature)[1])


def test_evidence_is_integrated_by_the_method_of_laplace(small: View, bare: View) -> None:
    assert fit(small, 3).log_bayes_factor == pytest.approx(_by_laplace(small) - _by_laplace(bare), abs=0.02)


def test_of_more_columns_than_can_be_integrated_the_mode_is_plugged_in(
    small: View, monkeypatch: pytest.MonkeyPatch
) -> None:
    columns, plugged = len(small.layout), moments(small, 3)
    monkeypatch.setattr(empirical_bayes, "INTEGRATE_UP_TO", columns - 1)
    np.testing.assert_allclose(fit(small, 3).sd, plugged.sd)
    np.testing.assert_allclose(moments(small, 3, hyper_draws=20).sd, plugged.sd)
    monkeypatch.setattr(empirical_bayes, "INTEGRATE_UP_TO", columns)
    assert (moments(small, 3, hyper_draws=20).sd[1:] > plugged.sd[1:]).all()
    assert (moments(small, 3, hyper_draws=20).sd[1:] != plugged.sd[1:]).all()


def test_what_is_behind_a_fit_is_told(small: View) -> None:
    found = fit(small, 3)

    assert found.rows == 40
    assert found.exposure[1:].sum() == pytest.approx(40)


def test_the_standard_deviation_of_a_known_group_is_its_own(fitted: Fit) -> None:
    for group, unseen in zip(fitted.layout.groups, fitted.unseen.tolist(), strict=True):
        assert fitted.tau_of(Feature(group, "new")) == unseen


def test_errors_have_the_doubt_about_the_components(small: View) -> None:
    """All of a group alike: by how much its effects are wider, on average, than at the most probable components."""
    integrated, plugged = fit(small, 3), fit(small, 3, hyper_draws=1)

    wider = float(np.exp(np.log(integrated.sd[1:] / plugged.sd[1:]).mean()))
    np.testing.assert_allclose(integrated.error[1:] / plugged.error[1:], wider)
    assert wider > 1.0
    np.testing.assert_array_equal(integrated.estimate, plugged.estimate)
