"""Laws of off-policy values: the two published estimators to the digit, and what is refused at which limit."""

import numpy as np
import pytest

from reflection.stats.offpolicy import evaluate


def _by_hand(rewards, logged, target, chosen, expected):
    """Dudik, Langford, Li (2011), equation 2, and the self-normalised mean, one choice after the other."""
    weights = [p / q for p, q in zip(target, logged, strict=True)]
    terms = [e + w * (r - c) for e, w, r, c in zip(expected, weights, rewards, chosen, strict=True)]
    value = sum(terms) / len(terms)
    error = (sum((term - value) ** 2 for term in terms) / (len(terms) - 1) / len(terms)) ** 0.5
    snips = sum(w * r for w, r in zip(weights, rewards, strict=True)) / sum(weights)
    return value, (value - 1.645 * error, value + 1.645 * error), snips, sum(weights) ** 2 / sum(w * w for w in weights)


def test_the_estimators_are_the_published_ones():
    rng = np.random.default_rng(2)
    log = [rng.normal(1, 0.5, 40), rng.uniform(0.2, 1, 40), rng.uniform(0.1, 1, 40), *rng.normal(1, 0.2, (2, 40))]
    found = evaluate(*[values.tolist() for values in log])
    value, interval, snips, effective = _by_hand(*log)

    assert found.n == 40
    assert found.value == pytest.approx(value)
    assert found.interval == pytest.approx(interval)
    assert found.snips == pytest.approx(snips)
    assert found.effective == pytest.approx(effective)
    assert found.reason is None


def _same_policy(n: int, centre: float, reward: float = 0.0, spread: float = 1.0):
    """The target makes the logged choices: the value is the mean of the predictions, SNIPS that of the rewards."""
    predicted = [centre + spread * (-1) ** k for k in range(n)]
    return evaluate([reward] * n, [0.5] * n, [0.5] * n, [reward] * n, predicted)


@pytest.mark.parametrize(("distance", "believed"), [(0.74, True), (0.76, False), (-0.74, True), (-0.76, False)])
def test_estimators_more_than_three_standard_errors_apart_are_not_believed(distance: float, believed: bool):
    found = _same_policy(18, distance, spread=np.sqrt(17 / 16))  # the standard error is a quarter

    assert (found.value is not None) == believed
    assert (found.interval is not None) == believed
    assert found.snips == 0.0
    assert believed or "disagree" in str(found.reason)
    assert (found.n, found.effective) == (18, pytest.approx(18.0))


@pytest.mark.parametrize(("apart", "believed"), [(1e-4, True), (1e-2, False)])
def test_rounding_is_no_disagreement(apart: float, believed: bool):
    assert (_same_policy(20, 1e6, reward=1e6 + apart, spread=0.0).value is not None) == believed


@pytest.mark.parametrize(("n", "evaluable"), [(10, True), (9, False)])
def test_ten_choices_of_the_policy_are_enough(n: int, evaluable: bool):
    found = _same_policy(n, 0.0)

    assert (found.value is not None) == evaluable
    assert found.effective == n
    assert evaluable or found.reason == (
        "not evaluable: the logged choices are worth 9.0 of the other policy's, 10 are needed"
    )


def test_a_policy_that_makes_none_of_the_choices_is_worth_none():
    found = evaluate([1.0] * 20, [0.5] * 20, [0.0] * 20, [1.0] * 20, [1.0] * 20)

    assert (found.n, found.effective, found.value) == (20, 0.0, None)


@pytest.mark.parametrize(
    ("propensity", "known"), [(1.0, True), (1e-3, True), (0.0, False), (1.001, False), (-0.1, False), (None, False)]
)
def test_a_propensity_is_above_zero_and_at_most_one(propensity: float | None, known: bool):
    found = evaluate([1.0] * 20, [propensity] * 20, [0.5] * 20, [1.0] * 20, [1.0] * 20)

    assert (found.value is not None) == known
    assert known or (found.effective, found.reason) == (
        0.0,
        "not evaluable: 20 of 20 choices were logged without a propensity",
    )


def test_an_empty_log_is_worth_nothing():
    found = evaluate([], [], [], [], [])

    assert (found.n, found.effective, found.snips, found.interval) == (0, 0.0, None, None)
