"""What a test is worth: against simulation, and at its limits."""

import math

import numpy as np
import pytest

from reflection.stats.decisions.value_of_information import TwoOptions

COUNT = 400_000


def believed(logs: np.ndarray) -> TwoOptions:
    """Two options by draws of the logs of today's and of the other, (2, draws)."""
    ratio = logs[1] - logs[0]
    today, other = np.exp(logs).mean(axis=1)
    covariance = float(np.cov(logs[0], ratio, bias=True)[0, 1])
    return TwoOptions(float(today), float(other), float(ratio.mean()), float(ratio.var()), covariance)


def drawn(mean: float, sds: tuple[float, float], correlation: float) -> np.ndarray:
    today, own = np.random.default_rng(5).standard_normal((2, COUNT))
    other = correlation * today + math.sqrt(1 - correlation**2) * own
    return np.stack([sds[0] * today, mean + sds[1] * other])


def after(logs: np.ndarray, limit: float, noise: float) -> float:
    """What is got by who books the other from an observed log ratio on."""
    seen = logs[1] - logs[0] + np.random.default_rng(6).normal(0, math.sqrt(noise), COUNT)
    return float(np.where(seen > limit, np.exp(logs[1]), np.exp(logs[0])).mean())


@pytest.mark.parametrize("noise", [0.02, 0.1])
@pytest.mark.parametrize(
    ("mean", "sds", "correlation"), [(0.0, (0.0, 0.3), 0.0), (-0.2, (0.2, 0.2), -0.5), (0.15, (0.3, 0.2), 0.4)]
)
def test_the_value_is_that_of_choosing_after_many_simulated_tests(
    mean: float, sds: tuple[float, float], correlation: float, noise: float
) -> None:
    logs = drawn(mean, sds, correlation)
    options = believed(logs)
    gained = after(logs, options.deciding_result(noise), noise) - max(options.today, options.other)
    assert options.value_of_testing(noise) == pytest.approx(gained, abs=0.003)


@pytest.mark.parametrize("shift", [-0.1, 0.1])
def test_no_other_limit_decides_better(shift: float) -> None:
    logs, noise = drawn(0.05, (0.25, 0.3), 0.2), 0.05
    limit = believed(logs).deciding_result(noise)
    assert after(logs, limit, noise) > after(logs, limit + shift, noise)


def test_which_of_the_two_is_booked_today_changes_nothing() -> None:
    logs, noise = drawn(0.1, (0.2, 0.3), 0.3), 0.05
    one, turned = believed(logs), believed(logs[::-1])

    assert one.value_of_testing(noise) == pytest.approx(turned.value_of_testing(noise))
    assert one.loss_while_testing == pytest.approx(turned.loss_while_testing)
    assert one.deciding_result(noise) == pytest.approx(-turned.deciding_result(noise))


def test_a_larger_test_is_worth_more_and_a_useless_one_nothing() -> None:
    options = TwoOptions(1.0, math.exp(-0.1 + 0.045), -0.1, 0.09)
    values = [options.value_of_testing(noise) for noise in (1e18, 1.0, 0.1, 0.01, 1e-6)]
    assert values == sorted(values)
    assert values[0] == pytest.approx(0.0, abs=1e-6)
    assert values[-1] > 0


@pytest.mark.parametrize("mean", [-0.5, 0.5])
def test_what_is_known_is_not_worth_testing(mean: float) -> None:
    assert TwoOptions(1.0, math.exp(mean), mean, 0.001).value_of_testing(0.001) == pytest.approx(0.0, abs=1e-9)


def test_testing_costs_what_the_worse_half_loses() -> None:
    assert TwoOptions(1.0, 0.8, -0.3, 0.04).loss_while_testing == pytest.approx(0.2)
    assert TwoOptions(1.0, 1.25, 0.2, 0.04).loss_while_testing == pytest.approx(0.25)


def test_a_test_leaves_less_than_there_was() -> None:
    assert TwoOptions(1.0, 1.0, 0.0, 0.09).variance_after(0.03) == pytest.approx(1 / (1 / 0.09 + 1 / 0.03))
