"""Laws of conformal intervals: ranks in exact fractions, steps of the error rates, every limit where it is stated."""

from fractions import Fraction
from math import ceil

import numpy as np
import pytest
from scipy import stats

from reflection.stats.honesty.conformal import Conformal, multiplier, quantile

LEVELS = (0.5, 0.8, 0.9)


@pytest.mark.parametrize("count", [1, 2, 4, 9, 10, 19, 20, 39, 99])
@pytest.mark.parametrize("alpha", [Fraction(1, 20), Fraction(1, 10), Fraction(1, 5), Fraction(1, 2), Fraction(9, 10)])
def test_the_rank_is_exact_where_floating_point_is_not(count: int, alpha: Fraction):
    place = ceil((count + 1) * (1 - alpha))

    assert quantile(np.arange(1.0, count + 1), float(alpha)) == (place if place <= count else np.inf)


@pytest.mark.parametrize(("learned", "freedom"), [(0, 3), (9, 3), (10, 4), (18, 12), (200, 194)])
@pytest.mark.parametrize("alpha", [0.5, 0.2, 0.1])
def test_the_stand_in_is_a_two_sided_t_quantile(learned: int, freedom: int, alpha: float):
    assert multiplier(np.array([]), alpha, learned=learned) == pytest.approx(stats.t(freedom).ppf(1 - alpha / 2))


def test_eighteen_scores_are_too_few_and_nineteen_are_enough():
    assert multiplier(np.array([0.1] * 18), 0.1, learned=200) == pytest.approx(stats.t(194).ppf(0.95))
    assert multiplier(np.array([0.1] * 19), 0.1, learned=200) == 0.1


def test_no_interval_reaches_beyond_six_standard_deviations():
    assert multiplier(np.array([100.0] * 50), 0.1, learned=50) == 6.0
    assert multiplier(np.array([0.1] * 19), 0.01, learned=50) == 6.0, "a rank that nobody has"
    assert multiplier(np.array([]), 0.001, learned=0) == 6.0
    assert multiplier(np.array([5.9] * 50), 0.1, learned=50) == 5.9


def test_a_new_group_aims_at_the_stated_levels():
    scores = tuple(np.linspace(0.01, 1.0, 100).tolist())

    assert Conformal(scores).multipliers("meta", learned=100) == pytest.approx(
        [quantile(scores, 1 - level) for level in LEVELS]
    )
    assert Conformal().multipliers("meta", learned=18) == pytest.approx(
        [stats.t(12).ppf((1 + level) / 2) for level in LEVELS]
    )


@pytest.mark.parametrize("score", [0.0, 0.505, 0.51, 0.6, 0.95, 2.0])
def test_a_score_moves_each_error_rate_by_three_hundredths_of_its_surprise(score: float):
    """Gibbs and Candes (2021): alpha + gamma (alpha0 - miss); a score on the limit is no miss."""
    state = Conformal(tuple(np.linspace(0.01, 1.0, 100).round(2).tolist()))
    reach = state.multipliers("meta", learned=100)

    after = state.learn("meta", -2 * score, 2.0, learned=100)

    assert after.alphas["meta"] == pytest.approx(
        [1 - level + 0.03 * (1 - level - (score > limit)) for level, limit in zip(LEVELS, reach, strict=True)]
    )
    assert after.scores[-1] == score


def test_an_error_rate_goes_on_from_where_it_was():
    state = Conformal((1.0,) * 100, {"meta": (0.4, 0.15, 0.08), "google": (0.3, 0.2, 0.1)}, 100)

    after = state.learn("meta", 9.0, 1.0, learned=100)

    assert after.alphas["meta"] == pytest.approx((0.4 - 0.015, 0.15 - 0.024, 0.08 - 0.027))
    assert after.alphas["google"] == (0.3, 0.2, 0.1)
    assert after.seen == 101


@pytest.mark.parametrize(("residual", "limits"), [(1e9, (0.025, 0.01, 0.005)), (0.0, (0.9, 0.9, 0.5))])
def test_error_rates_stay_between_a_twentieth_and_five_times_their_aim(residual: float, limits: tuple[float, ...]):
    state = Conformal()
    for count in range(300):
        state = state.learn("meta", residual, 1.0, learned=count)

    assert state.alphas["meta"] == pytest.approx(limits)


def test_the_last_250_scores_are_kept_in_their_order():
    state = Conformal(tuple(float(k) for k in range(250)), seen=250)

    assert state.learn("meta", 7.5, 1.0, learned=250).scores == (*(float(k) for k in range(1, 250)), 7.5)


def test_error_rates_from_elsewhere_are_held_within_their_limits():
    scores = tuple(np.linspace(0.01, 1.0, 100).tolist())
    wild = Conformal(scores, {"meta": (2.0, -1.0, 0.0)}, 100)

    assert wild.multipliers("meta", learned=100) == pytest.approx([quantile(scores, 0.9), quantile(scores, 0.01), 6.0])
