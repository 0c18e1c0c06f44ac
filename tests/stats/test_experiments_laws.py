"""Laws of experiments: the lift and its error to the digit, and the limits of what is an experiment."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from reflection.errors import LearningError
from reflection.stats.columns import INTERCEPT, Feature
from reflection.stats.design import GRID
from reflection.stats.experiments import Lift, experiment_rows, interval_lift, rate_lift

VIDEO, IMAGE = Feature("creative", "video"), Feature("creative", "image")


def test_the_lift_of_two_arms_by_hand() -> None:
    found = rate_lift((30.0, 400.0), (50.0, 900.0))

    assert found.log_lift == pytest.approx(np.log((30.5 / 400.5) / (50.5 / 900.5)))
    rate = 80.5 / 1301
    assert found.standard_error == pytest.approx(np.sqrt(1 / (400 * rate + 0.5) + 1 / (900 * rate + 0.5)))


def test_one_trial_in_each_arm_is_an_experiment() -> None:
    assert rate_lift((1.0, 1.0), (0.0, 1.0)).log_lift == pytest.approx(np.log(3))
    assert rate_lift((0.25, 0.5), (0.0, 0.5)).log_lift == pytest.approx(np.log(1.5)), "shares of a trial too"


def test_reported_limits_are_of_ninety_per_cent_unless_said_otherwise() -> None:
    assert interval_lift(1.2, 1.0, 1.44).standard_error == pytest.approx(np.log(1.44) / 2 / 1.6448536)
    assert interval_lift(1.2, 1.0, 1.44, z=1.96).standard_error == pytest.approx(np.log(1.44) / 2 / 1.96)
    assert interval_lift(0.5, 0.3, 0.9).log_lift == pytest.approx(np.log(0.5))


def test_a_contrast_is_treated_minus_control_also_of_shares() -> None:
    rows = experiment_rows({VIDEO: 0.75, IMAGE: 0.25, INTERCEPT: 1.0}, {VIDEO: 0.25}, Lift(0.2, 0.1))

    found = dict(zip(rows.design.features, rows.design.data / GRID, strict=True))
    assert found == {VIDEO: 0.5, IMAGE: 0.25}, "the intercept is no part of it, though one arm named it"
    assert rows.y[0] / GRID == pytest.approx(0.2, abs=1e-4)


@pytest.mark.parametrize(
    "broken",
    [
        lambda: rate_lift((1.0, 10.0), (1.0, 0.0)),
        lambda: rate_lift((1.0, 10.0), (1.0, -1.0)),
        lambda: interval_lift(1.0, 1.1, 1.1),
        lambda: interval_lift(1.0, 0.9, np.inf),
        lambda: interval_lift(np.inf, 0.9, 1.1),
        lambda: interval_lift(0.0, 0.9, 1.1),
        lambda: interval_lift(np.nan, 0.9, 1.1),
        lambda: experiment_rows({INTERCEPT: 1.0}, {}, Lift(0.1, 0.1)),
    ],
)
def test_what_is_no_experiment_is_refused(broken: Callable[[], object]) -> None:
    with pytest.raises(LearningError):
        broken()


@pytest.mark.parametrize("error", [0.0, -0.1, np.inf, np.nan])
def test_an_experiment_has_a_finite_standard_error_above_zero(error: float) -> None:
    with pytest.raises(LearningError, match="positive standard error"):
        experiment_rows({VIDEO: 1.0}, {IMAGE: 1.0}, Lift(0.1, error))


def test_a_large_standard_error_is_a_weak_experiment_and_no_mistake() -> None:
    assert experiment_rows({VIDEO: 1.0}, {IMAGE: 1.0}, Lift(0.1, 3.0)).v[0] == pytest.approx(9.0, rel=1e-4)
