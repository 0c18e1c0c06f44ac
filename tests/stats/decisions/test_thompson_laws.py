"""Laws of decisions: every figure of the odds by its definition, lanes at their limits, slates by hand."""

from dataclasses import replace

import numpy as np
import pytest

from reflection.errors import LearningError
from reflection.stats.decisions.thompson import Odds, explore_share, lane, odds, propensities

RNG = np.random.default_rng
EVEN = Odds(0.5, 0.9, 1.0, 1.1, 1.0, 0.0, -0.1, -0.2)


@pytest.mark.parametrize(("count", "worst"), [(1, 1), (10, 1), (20, 1), (21, 2), (100, 5), (101, 6)])
def test_every_figure_of_the_odds_is_what_it_is_defined_as(count: int, worst: int):
    draws = RNG(count).normal(0.1, 0.4, (2, count))
    for found, own, stake in zip(odds(draws, [1.0, 250.0]), np.exp(draws), (1.0, 250.0), strict=True):
        assert found.p_better == pytest.approx((own > 1).mean())
        assert (found.low, found.median, found.high) == pytest.approx(tuple(np.quantile(own, [0.05, 0.5, 0.95])))
        assert found.optimistic == pytest.approx(np.quantile(own, 0.9))
        assert found.expected_gain == pytest.approx(stake * (own.mean() - 1))
        assert found.downside_5 == pytest.approx(stake * (np.quantile(own, 0.05) - 1))
        assert found.cvar_5 == pytest.approx(stake * (np.sort(own)[:worst].mean() - 1))


def test_a_lift_is_bounded_at_e_to_the_fiftieth():
    (up,), (down,) = odds([[1e6]], [1.0]), odds([[-1e6]], [1.0])

    assert np.log([up.high, down.low]) == pytest.approx([50.0, -50.0])


def test_a_free_option_has_odds_and_an_infinite_stake_has_none():
    assert odds([[0.3, 0.1]], [0.0])[0].expected_gain == 0.0
    for stakes in ([np.inf], [np.nan], [1.0, 1.0]):
        with pytest.raises(LearningError, match="stake"):
            odds([[0.3, 0.1]], stakes)


CLEAR, CLEARLY_WORSE, OPEN = (1.01, 1.2), (0.8, 0.99), (0.9, 1.1)


@pytest.mark.parametrize(
    ("p_better", "interval", "optimistic", "established", "expected"),
    [
        (0.95, CLEAR, 1.0, True, "exploit"),
        (0.95, OPEN, 1.0, True, "not enough evidence"),
        (0.95, CLEAR, 1.0, False, "not enough evidence"),
        (0.05, CLEARLY_WORSE, 1.0, True, "avoid"),
        (0.05, OPEN, 1.0, True, "not enough evidence"),
        (0.5, OPEN, 1.5, False, "not enough evidence"),
        (0.01, CLEARLY_WORSE, 0.9, False, "not enough evidence"),
    ],
)
def test_lanes_at_their_limits(
    p_better: float, interval: tuple[float, float], optimistic: float, established: bool, expected: str
):
    middle = float(np.sqrt(interval[0] * interval[1])) if interval != OPEN else 1.001
    one = replace(EVEN, p_better=p_better, low=interval[0], median=middle, high=interval[1], optimistic=optimistic)

    assert lane(one, established=established) == expected


@pytest.mark.parametrize(("options", "least"), [(2, 0.05), (10, 0.05), (11, 0.5 / 11), (20, 0.025)])
def test_floors_take_a_half_at_most(options: int, least: float):
    draws = np.zeros((options, 5))
    draws[0] = 1.0

    found = propensities(draws)

    assert found[1:] == pytest.approx([least] * (options - 1))
    assert found[0] == pytest.approx(1 - least * (options - 1))


@pytest.mark.parametrize("wins", [0, 1, 2, 3, 4])
def test_exploration_grows_with_the_square_of_the_entropy(wins: int):
    draws = np.zeros((2, 8))
    draws[0, :wins], draws[1, wins:] = 1.0, 1.0
    shares = [share for share in (wins / 8, 1 - wins / 8) if share]
    entropy = -sum(share * np.log2(share) for share in shares)

    assert explore_share(draws) == pytest.approx(0.1 + 0.2 * entropy**2)
