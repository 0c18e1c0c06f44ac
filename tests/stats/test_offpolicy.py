"""Off-policy value: unbiased where it can be known, refused where it cannot."""

import numpy as np
import pytest

from reflection.errors import LearningError
from reflection.stats import offpolicy

ARMS = np.array([1.0, 1.5, 0.6])


def _log(seed: int, n: int = 600, model_bias: float = 0.0) -> dict[str, list[float]]:
    rng = np.random.default_rng(seed)
    logging, target = np.array([0.5, 0.2, 0.3]), np.array([0.1, 0.8, 0.1])
    arm = rng.choice(3, n, p=logging)
    model = ARMS + model_bias
    return {
        "rewards": list(ARMS[arm] + rng.normal(0, 0.5, n)),
        "logged": list(logging[arm]),
        "target": list(target[arm]),
        "predicted_chosen": list(model[arm]),
        "predicted_target": [float(target @ model)] * n,
    }


TRUE = float(np.array([0.1, 0.8, 0.1]) @ ARMS)


def test_the_value_is_unbiased_with_a_right_model_and_with_a_wrong_one():
    for bias in (0.0, 0.7):
        values = [offpolicy.evaluate(**_log(seed, model_bias=bias)).value for seed in range(60)]
        assert np.mean([value for value in values if value is not None]) == pytest.approx(TRUE, abs=0.03)


def test_the_interval_covers_nine_times_in_ten():
    covered = []
    for seed in range(150):
        interval = offpolicy.evaluate(**_log(seed)).interval
        assert interval is not None
        covered.append(interval[0] <= TRUE <= interval[1])
    assert 0.83 <= np.mean(covered) <= 0.97


def test_the_cross_check_is_reported_beside_the_value():
    result = offpolicy.evaluate(**_log(1))
    assert result.snips == pytest.approx(TRUE, abs=0.15)
    assert 10 < result.effective < 600


def test_without_propensities_it_is_refused():
    log = _log(1)
    log["logged"][3] = None  # type: ignore[call-overload]

    result = offpolicy.evaluate(**log)

    assert result.value is None
    assert "not evaluable: 1 of 600 choices were logged without a propensity" in str(result.reason)


def test_a_propensity_of_zero_is_no_propensity():
    log = _log(1)
    log["logged"][0] = 0.0
    assert offpolicy.evaluate(**log).value is None


def test_choices_worth_too_little_are_refused():
    log = _log(1, n=12)
    log["target"] = [1.0] + [0.0] * 11

    result = offpolicy.evaluate(**log)

    assert result.value is None
    assert result.effective == pytest.approx(1.0)
    assert "are needed" in str(result.reason)


def test_two_estimators_that_disagree_are_not_believed():
    log = _log(1)
    log["predicted_target"] = [100.0] * 600
    log["predicted_chosen"] = list(np.array(log["rewards"]))

    result = offpolicy.evaluate(**log)

    assert result.value is None
    assert "disagree" in str(result.reason)


def test_an_empty_log_says_so():
    result = offpolicy.evaluate([], [], [], [], [])
    assert (result.value, result.reason) == (None, "no choice was logged")


def test_lengths_must_agree():
    with pytest.raises(LearningError):
        offpolicy.evaluate([1.0], [], [], [], [])
