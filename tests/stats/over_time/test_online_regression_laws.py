"""Laws of learning row by row: variances add up, an unseen feature brings its prior, a fit changes its ways at 60."""

import numpy as np
import pytest

from reflection.stats.over_time.online_regression import Sequential, fitted, with_intercept
from reflection.stats.posterior.empirical_bayes import moments
from reflection.stats.sums.columns import INTERCEPT, Feature
from reflection.stats.sums.design import Rows, Stratum
from reflection.stats.sums.sufficient_statistics import SufficientStatistics

A, B, C, HOOK = Feature("platform", "a"), Feature("platform", "b"), Feature("platform", "c"), Feature("hook", "x")


@pytest.fixture
def belief() -> Sequential:
    covariance = np.array([[0.04, 0.01, 0.0], [0.01, 0.09, -0.02], [0.0, -0.02, 0.16]])
    return Sequential((INTERCEPT, A, B), np.array([0.5, 0.2, -0.3]), covariance, 0.3, {"platform": 0.25})


def test_a_prediction_adds_the_variances_of_effects_prior_scatter_and_sampling(belief: Sequential):
    row = {A: 1.0, B: 0.5, C: 2.0, HOOK: 3.0}
    x = np.array([1.0, 1.0, 0.5])
    known, unseen = x @ belief.covariance @ x, (2 * 0.25) ** 2 + (3 / 6) ** 2

    assert belief.predict(row, 0.07) == pytest.approx((0.55, np.sqrt(known + unseen + 0.3**2 + 0.07)))
    assert belief.effect(row) == pytest.approx((0.55, np.sqrt(known + unseen)))


def test_a_sure_belief_predicts_with_a_deviation_one_can_divide_by():
    sure = Sequential((INTERCEPT,), np.zeros(1), np.zeros((1, 1)), 0.0, {})

    assert sure.predict({}, 0.0) == (0.0, pytest.approx(1e-6))
    assert sure.effect({}) == (0.0, 0.0)
    rounded = Sequential((INTERCEPT,), np.zeros(1), np.array([[-1e-18]]), 0.0, {})
    assert rounded.effect({}) == (0.0, 0.0), "a variance that rounding took below zero"


def test_learning_of_a_new_feature_is_conditioning_with_its_prior(belief: Sequential):
    row, y, v = {A: 1.0, C: 0.5, HOOK: 1.0}, 1.1, 0.02
    after = belief.learn(row, y, v)

    prior = np.zeros((5, 5))
    prior[:3, :3] = belief.covariance
    prior[3, 3], prior[4, 4] = 0.25**2, 1 / 36
    x = np.array([1.0, 1.0, 0.0, 0.5, 1.0])
    gain = prior @ x / (x @ prior @ x + 0.3**2 + v)
    assert after.features == (INTERCEPT, A, B, C, HOOK)
    np.testing.assert_allclose(after.mean, np.append(belief.mean, [0, 0]) + gain * (y - 0.7))
    np.testing.assert_allclose(after.covariance, prior - np.outer(gain, x @ prior))


def test_a_feature_that_is_absent_is_neither_learnt_nor_missed(belief: Sequential):
    assert belief.learn({A: 1.0, C: 0.0}, 0.4, 0.0).features == belief.features
    assert belief.unlearn({A: 1.0, C: 0.0}, 0.4, 0.5) is not None


@pytest.mark.parametrize(("leverage", "possible"), [(0.5, True), (0.89, True), (0.91, False), (1.5, False)])
def test_what_makes_up_nine_tenths_of_a_belief_stays(leverage: float, possible: bool):
    known = Sequential((INTERCEPT,), np.zeros(1), np.array([[leverage * (0.2**2 + 0.01)]]), 0.2, {})

    assert (known.unlearn({}, 0.4, 0.01) is not None) == possible


@pytest.mark.parametrize(("count", "draws"), [(59, 16), (60, 1)])
def test_from_sixty_rows_on_the_variance_components_are_plugged_in(count: int, draws: int):
    rng = np.random.default_rng(1)
    rows = [{(A, B, C)[k % 3]: 1.0} for k in range(count)]
    y, v = rng.normal(0, 0.3, count).tolist(), [0.01] * count
    design = with_intercept(rows)
    statistics = SufficientStatistics()
    statistics.add(Rows.of(design, y, v))
    expected = moments(statistics.view(), 5, hyper_draws=draws)

    found = fitted(design, y, v, seed=5)

    np.testing.assert_allclose(found.mean, expected.mean)
    np.testing.assert_allclose(np.sqrt(np.diag(found.covariance)), expected.sd)
    np.testing.assert_allclose(
        found.covariance / np.outer(expected.sd, expected.sd),
        expected.covariance / np.sqrt(np.outer(np.diag(expected.covariance), np.diag(expected.covariance))),
        err_msg="correlations are those at the mode",
    )
    assert found.scatter == expected.sigma[Stratum.BETWEEN]
    assert found.tau == dict(zip(expected.layout.groups, expected.tau.tolist(), strict=True))


def test_every_row_has_the_intercept_once_and_says_its_own_share_where_it_gives_one():
    matrix = with_intercept([{A: 0.25}, {A: 1.0, INTERCEPT: 0.5}]).matrix().toarray()

    assert matrix.tolist() == [[1.0, 0.25], [0.5, 1.0]]


def test_without_rows_the_scatter_is_the_mean_of_its_prior():
    assert fitted(with_intercept([]), [], []).scatter == pytest.approx(1 / 6)


def test_a_level_that_cannot_be_told_apart_stays_at_zero():
    """The only level of its group: no variance, and no division by one."""
    rng = np.random.default_rng(1)
    found = fitted(with_intercept([{A: 1.0}] * 20), rng.normal(0, 0.3, 20).tolist(), [0.01] * 20)

    assert found.effect({A: 1.0}) == pytest.approx(found.effect({}))
    assert found.covariance[1].tolist() == [0.0, 0.0]
