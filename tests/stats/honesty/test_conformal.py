"""Conformal intervals: equal to the oracle, nested, covering, and adaptive per group."""

import numpy as np
import pytest
from crepes import ConformalRegressor
from hypothesis import given
from hypothesis import strategies as st

from reflection.errors import LearningError
from reflection.stats.honesty.conformal import CAP, LEVELS, MINIMUM_SCORES, WINDOW, Conformal, multiplier, quantile


def test_the_quantile_is_the_ranked_score():
    scores = np.arange(1.0, 10.0)

    assert quantile(scores, 0.1) == 9.0
    assert quantile(scores, 0.5) == 5.0


def test_twenty_scores_minus_one_name_the_eighteenth_and_not_the_next_by_rounding():
    assert quantile(np.arange(1.0, 20.0), 0.1) == 18.0


def test_too_few_scores_give_an_infinite_quantile():
    assert quantile(np.array([1.0, 2.0]), 0.1) == float("inf")


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("confidence", [0.5, 0.8, 0.9, 0.95])
def test_intervals_equal_those_of_crepes_with_normalised_residuals(seed: int, confidence: float):
    rng = np.random.default_rng(seed)
    residuals, sds = rng.standard_t(4, 137), rng.uniform(0.2, 2.0, 137)
    means, spreads = rng.normal(size=25), rng.uniform(0.2, 2.0, 25)
    oracle = ConformalRegressor().fit(residuals, sigmas=sds)

    reach = quantile(np.sort(np.abs(residuals) / sds), 1 - confidence)

    expected = oracle.predict_int(means, sigmas=spreads, confidence=confidence)
    np.testing.assert_allclose(np.stack([means - reach * spreads, means + reach * spreads], axis=1), expected)


def test_below_nineteen_scores_a_t_quantile_stands_in():
    few = multiplier(np.array([0.1] * (MINIMUM_SCORES - 1)), 0.1, learned=18)

    assert few == pytest.approx(1.782, abs=1e-3)
    assert multiplier(np.array([0.1] * MINIMUM_SCORES), 0.1, learned=19) == 0.1


def test_a_multiplier_is_capped():
    assert multiplier(np.array([1e9] * 50), 0.1, learned=50) == CAP


def test_intervals_of_higher_levels_contain_those_of_lower_ones():
    state = Conformal(scores=tuple(np.linspace(0, 3, 60)), alphas={"meta": (0.05, 0.5, 0.4)}, seen=60)

    reach = state.multipliers("meta", learned=60)

    assert list(reach) == sorted(reach)
    assert len(reach) == len(LEVELS)


def test_learning_gives_a_new_state_and_leaves_the_old_one_alone():
    before = Conformal()

    after = before.learn("meta", 1.0, 0.5, learned=3)

    assert (before.scores, before.seen, dict(before.alphas)) == ((), 0, {})
    assert (after.scores, after.seen) == ((2.0,), 1)


def test_only_the_last_scores_count():
    state = Conformal()
    for k in range(WINDOW + 20):
        state = state.learn("meta", float(k), 1.0, learned=k)

    assert len(state.scores) == WINDOW
    assert state.scores[0] == 20.0
    assert state.seen == WINDOW + 20


def test_a_miss_widens_its_own_group_only():
    state = Conformal(scores=(1.0,) * 100, seen=100)

    after = state.learn("meta", 50.0, 1.0, learned=100)

    assert all(alpha < 1 - level for alpha, level in zip(after.alphas["meta"], LEVELS, strict=True))
    assert "google" not in after.alphas


@pytest.mark.parametrize(("residual", "sd"), [(np.nan, 1.0), (1.0, np.inf), (1.0, 0.0), (np.inf, 1.0)])
def test_a_score_that_is_no_number_is_refused(residual: float, sd: float):
    with pytest.raises(LearningError):
        Conformal().learn("meta", residual, sd, learned=1)


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=60))
def test_multipliers_stay_finite_whatever_was_seen(residuals: list[float]):
    state = Conformal()
    for count, residual in enumerate(residuals):
        state = state.learn("meta", residual, 1.0, learned=count)

    reach = state.multipliers("meta", learned=len(residuals))

    assert all(0 <= value <= CAP for value in reach)
    assert all(0 < alpha < 1 for alpha in state.alphas["meta"])


def test_a_group_that_suddenly_scatters_three_times_as_much_regains_its_coverage():
    rng = np.random.default_rng(7)
    state, hits = Conformal(), []
    for t in range(1500):
        group = "meta" if t % 4 == 0 else "google"
        residual = rng.normal() * (3.0 if group == "meta" and t > 500 else 1.0)
        reach = state.multipliers(group, learned=t)[-1]
        if group == "meta" and t > 700:
            hits.append(abs(residual) <= reach)
        state = state.learn(group, residual, 1.0, learned=t)

    assert np.mean(hits) == pytest.approx(0.9, abs=0.04)


def test_coverage_is_nominal_at_every_level_when_nothing_changes():
    rng = np.random.default_rng(3)
    state, hits = Conformal(), []
    for t in range(2000):
        residual = rng.standard_t(4)
        reach = state.multipliers("meta", learned=t)
        if t > 100:
            hits.append([abs(residual) <= value for value in reach])
        state = state.learn("meta", residual, 1.0, learned=t)

    np.testing.assert_allclose(np.mean(hits, axis=0), LEVELS, atol=0.02)
