"""Decisions: odds in money, lanes, ranking, and exploration whose probabilities are known."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reflection.errors import LearningError
from reflection.stats.decisions import thompson

RNG = np.random.default_rng(0)


def test_odds_are_in_money_of_the_stake():
    draws = np.log(np.array([0.5, 1.0, 1.5, 2.0]))

    (odds,) = thompson.odds([draws], [100.0])

    assert odds.p_better == pytest.approx(0.625)
    assert odds.expected_gain == pytest.approx(25.0)
    assert odds.cvar_5 == pytest.approx(-50.0)
    assert odds.downside_5 < 0


def test_an_option_without_effect_is_better_with_probability_one_half():
    assert thompson.odds([np.zeros(10)], [1.0])[0].p_better == 0.5


def test_the_worst_cases_are_worse_than_their_threshold():
    (odds,) = thompson.odds([RNG.normal(0.1, 0.3, 2000)], [1000.0])
    assert odds.cvar_5 <= odds.downside_5 <= odds.expected_gain


def test_quantiles_of_many_options_at_once_are_numpys():
    draws = RNG.normal(0, 0.5, (7, 333))
    found = thompson.odds(draws, [1.0] * 7)
    expected = np.exp(np.quantile(draws, [0.05, 0.5, thompson.OPTIMISM, 0.95], axis=1)).T
    measured = [[one.low, one.median, one.optimistic, one.high] for one in found]
    np.testing.assert_allclose(measured, expected, rtol=1e-3)


@pytest.mark.parametrize(
    ("draws", "stakes"), [([], []), ([[np.nan]], [1.0]), ([[np.inf]], [1.0]), ([[1.0]], [-1.0]), ([[1.0]], [])]
)
def test_odds_of_no_number_are_refused(draws: list[list[float]], stakes: list[float]):
    with pytest.raises(LearningError):
        thompson.odds(draws, stakes)


def test_extreme_draws_stay_finite():
    (odds,) = thompson.odds([[1e6, -1e6]], [1e12])
    assert np.isfinite([odds.expected_gain, odds.cvar_5, odds.high]).all()


@pytest.mark.parametrize(
    ("mean", "sd", "established", "lane"),
    [
        (0.3, 0.1, True, "exploit"),
        (-0.3, 0.1, True, "avoid"),
        (0.3, 0.1, False, "not enough evidence"),
        (-0.3, 0.1, False, "not enough evidence"),
        (-0.05, 0.3, False, "not enough evidence"),
    ],
)
def test_lanes_follow_evidence_and_odds(mean: float, sd: float, established: bool, lane: str):
    draws = np.random.default_rng(3).normal(mean, sd, 4000)
    (odds,) = thompson.odds([draws], [1.0])
    assert thompson.lane(odds, established=established) == lane


def test_the_uncertain_is_the_more_optimistic_among_equals():
    sure = np.random.default_rng(1).normal(0.1, 0.01, 2000)
    open_ = np.random.default_rng(2).normal(0.1, 0.4, 2000)
    known, guessed = thompson.odds([sure, open_], [1.0, 1.0])
    assert guessed.optimistic > known.optimistic


@given(st.integers(1, 60), st.integers(0, 10_000))
def test_propensities_add_up_and_keep_their_floor(options: int, seed: int):
    draws = np.random.default_rng(seed).normal(size=(options, 50))

    p = thompson.propensities(draws)

    assert p.sum() == pytest.approx(1.0)
    assert (p >= min(thompson.FLOOR, 0.5 / options) - 1e-12).all()


def test_propensities_are_the_chances_of_being_best():
    draws = np.array([[1.0, 1.0, 1.0, 0.0], [0.0, 0.0, 0.0, 1.0]])
    assert thompson.propensities(draws, floor=0.05) == pytest.approx([0.05 + 0.9 * 0.75, 0.05 + 0.9 * 0.25])


def test_options_that_tie_share_their_chance():
    assert thompson.propensities(np.zeros((4, 10))) == pytest.approx([0.25] * 4)


def test_more_is_explored_while_nobody_knows_which_is_best():
    equal = np.random.default_rng(1).normal(0, 1, (8, 4000))
    settled = equal + np.array([50.0] + [0.0] * 7)[:, None]
    assert thompson.explore_share(equal) == pytest.approx(0.3, abs=0.01)
    assert thompson.explore_share(settled) == pytest.approx(0.1, abs=0.01)
    assert thompson.explore_share(equal[:1]) == 0.1


@pytest.mark.parametrize("draws", [[], [[]], [1.0, 2.0], [[np.nan]]])
def test_options_need_a_matrix_of_draws(draws: list[float]):
    with pytest.raises(LearningError):
        thompson.propensities(draws)
