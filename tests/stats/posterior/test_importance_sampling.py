"""Proposals of the components: normal scores are exact, weights are fair, and the mixture is the integral."""

import numpy as np
import pytest
from scipy import integrate, stats

from reflection.stats.posterior.gaussian_posterior import Model, Posterior
from reflection.stats.posterior.importance_sampling import mean_of, mixed, proposed, sample_of
from reflection.stats.posterior.marginal_likelihood import MOST_ROWS
from reflection.stats.posterior.normal_scores import log_sd, normal_score
from reflection.stats.posterior.scatter_priors import PRIOR_RATE, UNIT_PRIOR_RATE
from reflection.stats.posterior.variance_components import mode_of
from reflection.stats.sums.columns import INTERCEPT, Feature
from reflection.stats.sums.design import Design, Rows
from reflection.stats.sums.sufficient_statistics import SufficientStatistics

LEVELS = tuple(Feature("platform", f"p{k}") for k in range(6))


def model_of(count: int, seed: int = 4, sigma: float = 0.2) -> Model:
    """One group of six levels with effects of .4."""
    rng = np.random.default_rng(seed)
    effects = rng.normal(0, 0.4, len(LEVELS))
    which = rng.integers(len(LEVELS), size=count)
    statistics = SufficientStatistics()
    design = Design.of([{INTERCEPT: 1.0, LEVELS[k]: 1.0} for k in which])
    statistics.add(Rows.of(design, effects[which] + rng.normal(0, sigma, count), np.full(count, 0.001)))
    return Model(statistics.view())


def mixture(model: Model, seed: int = 0, count: int = 32) -> tuple[np.ndarray, np.ndarray]:
    return mixed(*proposals(model, seed, count))


def proposals(model: Model, seed: int, count: int) -> tuple[np.ndarray, list[Posterior]]:
    return proposed(model, mode_of(model), np.random.default_rng(seed), count)


def integral(model: Model) -> tuple[np.ndarray, np.ndarray]:
    """Mean and standard deviation of the effects, integrated over both components on a grid of their logs."""
    axis = np.linspace(-7.5, 1.3, 41)
    density, moments = np.empty((41, 41)), np.empty((41, 41, 2, len(model.layout)))
    for i, sigma in enumerate(axis):
        for j, tau in enumerate(axis):
            at = np.array([sigma, tau])
            posterior = model.posterior(at)
            density[i, j] = posterior.log_evidence + (at - model.rates * np.exp(at)).sum()
            moments[i, j] = posterior.mean, posterior.mean**2 + np.diag(posterior.covariance)
    weight = np.exp(density - density.max())[:, :, None, None]

    def over_both(values: np.ndarray) -> np.ndarray:
        return integrate.simpson(integrate.simpson(values, x=axis, axis=0), x=axis, axis=0)

    mean, square = over_both(weight * moments) / over_both(weight)
    return mean, np.sqrt(square - mean**2)


@pytest.mark.parametrize("score", [-2.5, -1.0, 0.0, 0.7, 2.0, 6.5])
def test_a_normal_score_is_that_of_the_prior_and_back(score: float):
    rates = np.array([PRIOR_RATE, UNIT_PRIOR_RATE])
    sd = np.exp(log_sd(np.array([[score, score]]), rates))

    assert stats.norm.sf(score) == pytest.approx(stats.expon.sf(sd[0, 0], scale=1 / PRIOR_RATE), rel=1e-9)
    assert sd[0, 1] == pytest.approx(min(sd[0, 0] * PRIOR_RATE / UNIT_PRIOR_RATE, np.exp(1.5)))
    assert normal_score(np.log(sd), rates)[0, 0] == pytest.approx(score, abs=1e-7)


def test_scores_beyond_what_can_be_computed_stay_finite():
    found = log_sd(np.array([-np.inf, -50.0, -8.0, 9.0, 50.0, np.inf]), np.array(PRIOR_RATE))

    assert found.tolist() == [-8.0, -8.0, -8.0, 1.5, 1.5, 1.5]


@pytest.mark.parametrize("count", [9, 30])
def test_of_few_rows_the_mixture_is_the_integral(count: int):
    model = model_of(count)
    mean, sd = integral(model)
    own_mean, own_sd = mixture(model)
    many_mean, many_sd = mixture(model, count=400)

    np.testing.assert_allclose(own_mean, mean, atol=0.12 * sd.max())
    np.testing.assert_allclose(own_sd, sd, rtol=0.15)
    np.testing.assert_allclose(many_mean, mean, atol=0.02 * sd.max())
    np.testing.assert_allclose(many_sd, sd, rtol=0.02)


def test_of_more_rows_too_where_all_proposals_are_kept():
    model = model_of(MOST_ROWS + 40)
    mean, sd = integral(model)
    own_mean, own_sd = mixture(model)

    np.testing.assert_allclose(own_mean, mean, atol=0.1 * sd.max())
    np.testing.assert_allclose(own_sd, sd, rtol=0.1)


@pytest.mark.parametrize("count", [12, MOST_ROWS, MOST_ROWS + 1, 300])
def test_weights_add_up_and_the_mixture_lies_among_its_parts(count: int):
    model = model_of(count)
    weight, posteriors = proposals(model, 0, 40)
    mean, sd = mixed(weight, posteriors)

    assert len(weight) == len(posteriors) <= 120
    assert weight.sum() == pytest.approx(1.0)
    assert (weight >= 0).all()
    means = np.array([one.mean for one in posteriors])
    assert (means.min(axis=0) - 1e-12 <= mean).all()
    assert (mean <= means.max(axis=0) + 1e-12).all()
    assert (sd >= 0).all()


@pytest.mark.parametrize(("count", "proposals_of"), [(20, 96), (99, 64), (300, 32)])
def test_most_proposals_count(count: int, proposals_of: int):
    weight, _ = proposals(model_of(count), 0, 32)

    assert len(weight) <= proposals_of
    assert 1 / (weight**2).sum() > 0.6 * proposals_of


def test_draws_are_as_many_as_asked_for_with_the_moments_of_the_mixture_and_any_part_is_of_all():
    weight, posteriors = proposals(model_of(20), 0, 32)
    mean, sd = mixed(weight, posteriors)
    draws = sample_of(posteriors, np.rint(8_000 * weight).astype(int).tolist(), np.random.default_rng(1))

    np.testing.assert_allclose(mean_of(weight, posteriors), mean, atol=1e-12)
    for part in (draws, draws[:, :2_000]):
        np.testing.assert_allclose(part.mean(axis=1), mean, atol=0.08 * sd.max())
        np.testing.assert_allclose(part.std(axis=1), sd, rtol=0.08)


def test_the_same_generator_gives_the_same_proposals():
    model = model_of(20)

    np.testing.assert_array_equal(mixture(model, 3), mixture(model, 3))
    assert not np.array_equal(mixture(model, 3), mixture(model, 4))


@pytest.mark.parametrize("sigma", [1e-6, 0.2, 30.0])
def test_scatter_of_any_size_is_reached(sigma: float):
    model = model_of(25, sigma=sigma)
    mean, sd = mixture(model)

    assert np.isfinite(mean).all()
    assert np.isfinite(sd).all()
    assert (sd > 0).all()
