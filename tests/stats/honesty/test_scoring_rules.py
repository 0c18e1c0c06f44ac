"""Scores: quantiles against the closed form, and an effect interval that survives constant looking."""

import numpy as np
import pytest
from scipy.stats import norm

from reflection.errors import LearningError
from reflection.stats.honesty import scoring_rules


def test_a_point_forecast_scores_its_absolute_error():
    assert scoring_rules.crps_quantiles([0.5], [3.0], 5.0) == 2.0


def _exact(sd: float, outcome: float) -> float:
    """CRPS of a normal forecast around 0 in closed form (Gneiting et al. 2005)."""
    z = outcome / sd
    return float(sd * (z * (2 * norm.cdf(z) - 1) + 2 * norm.pdf(z) - 1 / np.sqrt(np.pi)))


@pytest.mark.parametrize("outcome", [-2.0, 0.0, 0.8])
def test_many_quantiles_approach_the_exact_score(outcome: float):
    levels = (np.arange(400) + 0.5) / 400

    score = scoring_rules.crps_quantiles(levels, 1.3 * norm.ppf(levels), outcome)

    assert score == pytest.approx(_exact(1.3, outcome), abs=0.005)


def test_the_honest_distribution_scores_best():
    levels = (0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95)
    outcomes = np.random.default_rng(5).normal(0, 0.5, 400)
    honest, bold, shy = (
        np.mean([scoring_rules.crps_quantiles(levels, sd * norm.ppf(levels), y) for y in outcomes])
        for sd in (0.5, 0.1, 1.5)
    )
    assert honest < bold
    assert honest < shy


def test_skill_is_relative_to_a_reference_and_none_without_one():
    assert scoring_rules.skill([1.0, 1.0], [2.0, 2.0]) == pytest.approx(0.5)
    assert scoring_rules.skill([], []) is None
    assert scoring_rules.skill([1.0], [0.0]) is None


def test_empty_distributions_are_refused():
    with pytest.raises(LearningError):
        scoring_rules.crps_quantiles([], [], 1.0)
    with pytest.raises(LearningError):
        scoring_rules.crps_quantiles([0.5], [1.0, 2.0], 1.0)


def test_hits_include_the_bounds():
    assert scoring_rules.hit(1.0, 2.0, 1.0)
    assert scoring_rules.hit(1.0, 2.0, 2.0)
    assert not scoring_rules.hit(1.0, 2.0, 2.1)


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
    for seed in range(60):
        rng = np.random.default_rng([9, seed])
        outcomes, treated, probabilities = _experiment(rng, 300, 0.12)
        looks = [scoring_rules.anytime_effect(outcomes[:n], treated[:n], probabilities[:n]) for n in range(60, 301, 12)]
        missed += any(look.interval is not None and not look.interval[0] <= 0.12 <= look.interval[1] for look in looks)
    assert missed / 60 <= 0.1


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
