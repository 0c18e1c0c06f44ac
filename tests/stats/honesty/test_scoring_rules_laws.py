"""Laws of scores: each by its definition, and every case it refuses."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from reflection.errors import LearningError
from reflection.stats.honesty.scoring_rules import (
    anytime_effect,
    brier,
    crps_quantiles,
    hit,
    reliability,
    skill,
)


def test_the_score_of_quantiles_is_twice_their_mean_pinball_loss() -> None:
    levels, values = [0.1, 0.5, 0.9], [1.0, 2.0, 4.0]

    assert crps_quantiles(levels, values, 3.0) == pytest.approx(2 * (0.1 * 2 + 0.5 * 1 + 0.1 * 1) / 3)
    assert crps_quantiles(levels, values, 0.0) == pytest.approx(2 * (0.9 * 1 + 0.5 * 2 + 0.1 * 4) / 3)
    for bad in (([], []), ([0.5], [1.0, 2.0])):
        with pytest.raises(LearningError, match="as many"):
            crps_quantiles(*bad, 1.0)


def test_skill_needs_a_reference_that_errs() -> None:
    assert skill([1.0, 3.0], [4.0, 4.0]) == pytest.approx(0.5)
    assert skill([3.0], [0.5]) == pytest.approx(-5.0)
    for scores, reference in (([], [1.0]), ([1.0], []), ([1.0], [0.0]), ([1.0], [-1.0])):
        assert skill(scores, reference) is None


def test_an_interval_holds_its_bounds() -> None:
    assert [hit(1.0, 2.0, outcome) for outcome in (0.99, 1.0, 1.5, 2.0, 2.01)] == [False, True, True, True, False]


def test_brier_by_hand() -> None:
    assert brier([0.2, 1.0], [0.0, 1.0]) == pytest.approx(0.02)
    assert brier([], []) is None


def test_reliability_by_hand() -> None:
    found = reliability([0.05, 0.09, 0.55, 0.99, 1.0, 0.1], [0, 1, 1, 1, 1, 0])

    assert [(one.low, one.high, one.n) for one in found] == [
        (0.0, 0.1, 2), (0.1, 0.2, 1), (0.5, 0.6, 1), (0.9, 1.0, 2),
    ]  # fmt: skip
    assert [one.stated for one in found] == pytest.approx([0.07, 0.1, 0.55, 0.995])
    assert [one.happened for one in found] == [0.5, 0.0, 1.0, 1.0]
    assert found[0].interval == pytest.approx(stats.beta(1.5, 1.5).ppf([0.05, 0.95]))
    assert found[3].interval == pytest.approx(stats.beta(2.5, 0.5).ppf([0.05, 0.95]))
    assert [one.n for one in reliability([0.1, 0.3, 0.6], [1, 1, 1], bins=2)] == [2, 1]


def _terms(y: list[float], z: list[bool], p: list[float]) -> list[float]:
    """The augmented terms, from the earlier outcomes of each arm one after the other."""
    terms = []
    for i, (outcome, treated, chance) in enumerate(zip(y, z, p, strict=True)):
        guess = []
        for arm in (True, False):
            own = [y[j] for j in range(i) if z[j] is arm]
            every = y[:i]
            guess.append(sum(own) / len(own) if own else sum(every) / len(every) if every else 0.0)
        one, zero = guess
        weighed = (outcome - one) / chance if treated else -(outcome - zero) / (1 - chance)
        terms.append(one - zero + weighed)
    return terms


@pytest.mark.parametrize("alpha", [0.1, 0.05])
@pytest.mark.parametrize("count", [24, 150])
def test_an_effect_and_its_interval_by_hand(count: int, alpha: float) -> None:
    """Waudby-Smith et al. (2024): the Gaussian mixture boundary, tightest near 100 outcomes."""
    rng = np.random.default_rng(count)
    p = rng.uniform(0.3, 0.7, count).tolist()
    z = [k % 2 == 0 or k < 3 for k in range(count)]
    y = (1.0 + 0.5 * np.array(z) + rng.normal(0, 0.3, count)).tolist()
    terms = _terms(y, z, p)
    rho2 = (-2 * np.log(alpha) + np.log(-2 * np.log(alpha) + 1)) / 100
    boundary = np.sqrt(2 * (count * rho2 + 1) / (count**2 * rho2) * np.log(np.sqrt(count * rho2 + 1) / alpha))
    radius = np.std(terms, ddof=1) * boundary

    found = anytime_effect(y, z, p, alpha=alpha)

    assert (found.n, found.treated, found.reason) == (count, sum(z), None)
    assert found.effect == pytest.approx(np.mean(terms))
    assert found.interval == pytest.approx((np.mean(terms) - radius, np.mean(terms) + radius))
    if alpha == 0.1:
        assert anytime_effect(y, z, p) == found


@pytest.mark.parametrize(
    ("treated", "held", "chance", "reason"),
    [
        (10, 10, 0.5, None),
        (9, 11, 0.5, "9 treated and 11 held back; 10 of each are needed"),
        (11, 9, 0.5, "11 treated and 9 held back; 10 of each are needed"),
        (10, 10, 0.0, "an assignment was not random: its probability is 0 or 1"),
        (10, 10, 1.0, "an assignment was not random: its probability is 0 or 1"),
        (0, 0, 0.5, "no assignment was logged"),
    ],
)
def test_ten_of_each_arm_by_chance_are_an_experiment(
    treated: int, held: int, chance: float, reason: str | None
) -> None:
    z = [True] * treated + [False] * held
    y = np.random.default_rng(0).normal(size=len(z)).tolist()
    p = [0.5] * (len(z) - 1) + [chance] * bool(z)

    found = anytime_effect(y, z, p)

    assert (found.n, found.treated, found.reason) == (treated + held, treated, reason)
    assert (found.effect is None) == (found.interval is None) == (reason is not None)


def test_each_outcome_has_one_assignment_and_one_probability() -> None:
    for parts in (([1.0], [True, False], [0.5]), ([1.0], [True], [0.5, 0.5])):
        with pytest.raises(LearningError, match="its assignment"):
            anytime_effect(*parts)
    with pytest.raises(LearningError, match="its outcome"):
        reliability([0.1, 0.2], [1])
