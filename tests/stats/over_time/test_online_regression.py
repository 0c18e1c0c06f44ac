"""Learning one row at a time: exactly what a batch would say, and wider for what was never seen."""

import numpy as np
import pytest

from reflection.errors import LearningError
from reflection.stats.over_time.online_regression import Sequential, fitted, with_intercept
from reflection.stats.sums.columns import INTERCEPT, Feature
from reflection.stats.sums.design import Design

A, B, C = Feature("platform", "a"), Feature("platform", "b"), Feature("platform", "c")


def _data(n: int = 60) -> tuple[Design, list[float], list[float]]:
    rng = np.random.default_rng(1)
    rows = [{(A, B)[k % 2]: 1.0} for k in range(n)]
    y = [(0.3 if A in row else -0.3) + rng.normal(0, 0.2) for row in rows]
    return with_intercept(rows), y, [0.01] * n


@pytest.fixture(scope="module")
def belief() -> Sequential:
    return fitted(*_data())


def test_a_fit_finds_the_levels(belief: Sequential):
    assert belief.predict({A: 1.0}, 0.0)[0] == pytest.approx(0.3, abs=0.1)
    assert belief.predict({B: 1.0}, 0.0)[0] == pytest.approx(-0.3, abs=0.1)
    assert belief.scatter == pytest.approx(0.2, abs=0.06)


def test_the_same_rows_give_the_same_belief(belief: Sequential):
    np.testing.assert_array_equal(fitted(*_data()).covariance, belief.covariance)


def test_rank_one_learning_equals_conditioning_on_all_rows_at_once(belief: Sequential):
    rng = np.random.default_rng(3)
    new = [({A: 1.0} if k % 3 else {B: 0.5, A: 0.5}, float(rng.normal()), 0.02) for k in range(12)]
    online = belief
    for row, y, v in new:
        online = online.learn(row, y, v)

    x = np.array([[1.0, row.get(A, 0.0), row.get(B, 0.0)] for row, _, _ in new])
    noise = np.diag([v + belief.scatter**2 for _, _, v in new])
    gain = belief.covariance @ x.T @ np.linalg.inv(x @ belief.covariance @ x.T + noise)
    np.testing.assert_allclose(
        online.mean, belief.mean + gain @ (np.array([y for _, y, _ in new]) - x @ belief.mean), atol=1e-9
    )
    np.testing.assert_allclose(online.covariance, belief.covariance - gain @ x @ belief.covariance, atol=1e-9)


def test_learning_leaves_the_earlier_belief_alone(belief: Sequential):
    before = belief.mean.copy()
    belief.learn({A: 1.0}, 5.0, 0.01)
    np.testing.assert_array_equal(belief.mean, before)


def test_unlearning_is_learning_backwards(belief: Sequential):
    seen = belief.learn({A: 1.0}, 1.5, 0.02).learn({B: 0.5, A: 0.5}, -0.4, 0.05)
    back = seen.unlearn({A: 1.0}, 1.5, 0.02)

    other = belief.learn({B: 0.5, A: 0.5}, -0.4, 0.05)
    assert back is not None
    np.testing.assert_allclose(back.mean, other.mean, atol=1e-10)
    np.testing.assert_allclose(back.covariance, other.covariance, atol=1e-10)


def test_what_was_all_that_is_known_cannot_be_unlearnt(belief: Sequential):
    assert belief.unlearn({C: 1.0}, 0.4, 0.01) is None
    sure = Sequential((INTERCEPT, C), np.zeros(2), np.diag([0.0, 0.02]), 0.1, {"platform": 0.2})
    assert sure.unlearn({C: 1.0}, 0.4, 0.01) is None


def test_the_covariance_stays_symmetric_over_thousands_of_rows(belief: Sequential):
    rng = np.random.default_rng(8)
    for _ in range(3_000):
        belief = belief.learn({(A, B)[rng.integers(2)]: 1.0}, float(rng.normal()), 0.01)
    np.testing.assert_array_equal(belief.covariance, belief.covariance.T)
    assert np.linalg.eigvalsh(belief.covariance).min() > -1e-12


def test_order_does_not_matter(belief: Sequential):
    one = belief.learn({A: 1.0}, 0.4, 0.01).learn({B: 1.0}, 0.1, 0.02)
    two = belief.learn({B: 1.0}, 0.1, 0.02).learn({A: 1.0}, 0.4, 0.01)
    np.testing.assert_allclose(one.mean, two.mean, atol=1e-12)


def test_an_unseen_level_widens_and_is_learnt_when_it_comes(belief: Sequential):
    seen, new = belief.predict({A: 1.0}, 0.01), belief.predict({C: 1.0}, 0.01)
    assert new[1] > seen[1]
    assert not belief.knows(C)

    after = belief
    for _ in range(30):
        after = after.learn({C: 1.0}, 0.9, 0.01)
    assert after.knows(C)
    assert after.predict({C: 1.0}, 0.01)[0] == pytest.approx(0.9, abs=0.1)


def test_a_group_never_fitted_has_the_prior_mean_as_scatter(belief: Sequential):
    assert belief.prior(Feature("hook", "x")) == pytest.approx(1 / 6)


def test_the_linear_predictor_is_surer_than_an_observation(belief: Sequential):
    assert belief.effect({A: 1.0})[1] < belief.predict({A: 1.0}, 0.0)[1]


@pytest.mark.parametrize(("y", "v"), [(np.nan, 0.1), (0.1, np.inf), (0.1, -1.0)])
def test_no_number_is_not_learnt(belief: Sequential, y: float, v: float):
    with pytest.raises(LearningError):
        belief.learn({A: 1.0}, y, v)
