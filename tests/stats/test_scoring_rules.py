"""Scores: closed forms against Monte Carlo, and an effect interval that survives constant looking."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reflection.errors import LearningError
from reflection.stats import scoring_rules


@pytest.mark.parametrize("outcome", [0.0, 0.4, 1.0, 3.0, 12.0])
def test_the_lognormal_score_agrees_with_that_of_its_draws(outcome: float):
    draws = np.exp(np.random.default_rng(1).normal(0.3, 0.6, 60_000))

    exact = scoring_rules.crps_lognormal(0.3, 0.6, outcome)

    assert scoring_rules.crps_samples(draws, outcome) == pytest.approx(exact, abs=0.02)


@pytest.mark.parametrize("outcome", [-2.0, 0.0, 0.7])
def test_the_normal_score_agrees_with_that_of_its_draws(outcome: float):
    draws = np.random.default_rng(2).normal(0.5, 1.3, 60_000)

    assert scoring_rules.crps_samples(draws, outcome) == pytest.approx(
        scoring_rules.crps_normal(0.5, 1.3, outcome), abs=0.02
    )


def test_a_point_forecast_scores_its_absolute_error():
    assert scoring_rules.crps_samples([3.0], 5.0) == 2.0
    assert scoring_rules.crps_lognormal(np.log(3.0), 0.0, 5.0) == pytest.approx(2.0)
    assert scoring_rules.crps_normal(3.0, 0.0, 5.0) == 2.0
    assert scoring_rules.crps_quantiles([0.5], [3.0], 5.0) == 2.0


def test_many_quantiles_approach_the_exact_score():
    levels = (np.arange(400) + 0.5) / 400
    from scipy.stats import norm

    values = norm.ppf(levels)

    assert scoring_rules.crps_quantiles(levels, values, 0.8) == pytest.approx(
        scoring_rules.crps_normal(0, 1, 0.8), abs=0.005
    )


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=30), st.floats(-1e6, 1e6))
def test_a_score_is_never_negative_and_never_above_the_mean_distance(draws: list[float], outcome: float):
    score = scoring_rules.crps_samples(draws, outcome)
    assert -1e-6 <= score <= np.mean(np.abs(np.array(draws) - outcome)) + 1e-6


def test_the_honest_distribution_scores_best():
    rng = np.random.default_rng(5)
    outcomes = np.exp(rng.normal(0, 0.5, 4000))
    honest, bold, shy = (np.mean([scoring_rules.crps_lognormal(0, sd, y) for y in outcomes]) for sd in (0.5, 0.1, 1.5))
    assert honest < bold
    assert honest < shy


def test_skill_is_relative_to_a_reference_and_none_without_one():
    assert scoring_rules.skill([1.0, 1.0], [2.0, 2.0]) == pytest.approx(0.5)
    assert scoring_rules.skill([], []) is None
    assert scoring_rules.skill([1.0], [0.0]) is None


def test_empty_distributions_are_refused():
    with pytest.raises(LearningError):
        scoring_rules.crps_samples([], 1.0)
    with pytest.raises(LearningError):
        scoring_rules.crps_quantiles([], [], 1.0)
    with pytest.raises(LearningError):
        scoring_rules.crps_quantiles([0.5], [1.0, 2.0], 1.0)


def test_hits_include_the_bounds():
    assert scoring_rules.hit(1.0, 2.0, 1.0)
    assert scoring_rules.hit(1.0, 2.0, 2.0)
    assert not scoring_rules.hit(1.0, 2.0, 2.1)


def test_the_integral_transform_is_uniform_when_the_forecast_is_right():
    rng = np.random.default_rng(6)
    values = [scoring_rules.pit_lognormal(0.2, 0.4, y) for y in np.exp(rng.normal(0.2, 0.4, 5000))]

    assert np.histogram(values, bins=10, range=(0, 1))[0] / 5000 == pytest.approx(0.1, abs=0.02)
    assert scoring_rules.pit_lognormal(0.0, 1.0, 0.0) == 0.0


def test_the_integral_transform_of_draws_counts_ties_half():
    assert scoring_rules.pit_samples([1.0, 2.0, 2.0, 3.0], 2.0) == 0.5


def test_brier_is_the_mean_squared_error():
    assert scoring_rules.brier([1.0, 0.5], [1, 0]) == pytest.approx(0.125)
    assert scoring_rules.brier([], []) is None


def test_reliability_bins_say_how_often_it_happened():
    p = [0.05] * 10 + [0.95] * 10 + [1.0]
    y = [0] * 9 + [1] + [1] * 11

    low, high = scoring_rules.reliability(p, y)

    assert (low.n, low.happened, low.stated) == (10, pytest.approx(0.1), pytest.approx(0.05))
    assert (high.n, high.happened) == (11, 1.0)
    assert low.interval[0] < 0.1 < low.interval[1]


def test_probabilities_without_outcomes_are_refused():
    with pytest.raises(LearningError):
        scoring_rules.reliability([0.5], [])


def _experiment(rng: np.random.Generator, n: int, effect: float) -> tuple[list[float], list[bool], list[float]]:
    treated = rng.random(n) < 0.8
    outcomes = rng.standard_t(5, n) * 0.4 + 2.0 + effect * treated
    return list(outcomes), list(treated), [0.8] * n


def test_the_interval_holds_at_every_look_at_once():
    missed = 0
    for seed in range(120):
        rng = np.random.default_rng([9, seed])
        outcomes, treated, probabilities = _experiment(rng, 300, 0.12)
        looks = [scoring_rules.anytime_effect(outcomes[:n], treated[:n], probabilities[:n]) for n in range(60, 301, 12)]
        missed += any(look.interval is not None and not look.interval[0] <= 0.12 <= look.interval[1] for look in looks)
    assert missed / 120 <= 0.1


def test_the_effect_is_unbiased_and_found_with_enough_outcomes():
    estimates = []
    for seed in range(60):
        result = scoring_rules.anytime_effect(*_experiment(np.random.default_rng([4, seed]), 800, 0.25))
        assert result.effect is not None
        estimates.append(result.effect)
    assert np.mean(estimates) == pytest.approx(0.25, abs=0.02)
    large = scoring_rules.anytime_effect(*_experiment(np.random.default_rng(1), 4000, 0.25))
    assert large.interval is not None
    assert large.interval[0] > 0


@pytest.mark.parametrize(
    ("outcomes", "treated", "probabilities", "words"),
    [
        ([], [], [], "no assignment"),
        ([1.0] * 30, [True] * 30, [0.8] * 30, "0 held back"),
        ([1.0] * 30, [True] * 15 + [False] * 15, [1.0] * 30, "not random"),
    ],
)
def test_without_randomised_outcomes_the_effect_is_not_evaluable_and_says_why(
    outcomes: list[float], treated: list[bool], probabilities: list[float], words: str
):
    result = scoring_rules.anytime_effect(outcomes, treated, probabilities)

    assert result.effect is None
    assert result.interval is None
    assert words in str(result.reason)


def test_every_outcome_needs_its_assignment():
    with pytest.raises(LearningError):
        scoring_rules.anytime_effect([1.0], [True, False], [0.5])
