"""Randomised experiments as rows of evidence.

An experiment compares a treated arm with a control arm that differs only in what was randomised, so it enters
as one contrast: x = x_treated - x_control, y = log lift, v = SE^2, without overdispersion (LEARNING 3). What
the arms share cancels, the intercept included. This file must not know how an experiment was run.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from reflection.errors import LearningError
from reflection.stats.columns import INTERCEPT, Feature
from reflection.stats.design import Design, Rows, Stratum


@dataclass(frozen=True)
class Lift:
    """Measured log lift of treated against control, with its standard error."""

    log_lift: float
    standard_error: float


def rate_lift(treated: tuple[float, float], control: tuple[float, float]) -> Lift:
    """Return the log lift of two arms given as (successes, trials).

    log((x1 + 1/2)/(n1 + 1/2)) - log((x0 + 1/2)/(n0 + 1/2)); SE^2 = sum of 1/(expected count + 1/2) at the
    pooled rate, so that it does not depend on which arm won. Raises LearningError when an arm has no trials.
    """
    (x1, n1), (x0, n0) = treated, control
    if n1 <= 0 or n0 <= 0:
        raise LearningError("Both arms of an experiment need trials.")
    rate = (x1 + x0 + 0.5) / (n1 + n0 + 1.0)
    lift = np.log((x1 + 0.5) / (n1 + 0.5)) - np.log((x0 + 0.5) / (n0 + 0.5))
    return Lift(float(lift), float(np.sqrt(1 / (n1 * rate + 0.5) + 1 / (n0 * rate + 0.5))))


def interval_lift(lift: float, low: float, high: float, z: float = 1.6448536269514722) -> Lift:
    """Return the log lift of a reported multiplicative lift (1.0 = none) with its confidence limits (90 % by
    default).

    A lift below 1 is as welcome as one above. Raises LearningError unless 0 < low < high and lift > 0.
    """
    if not (0 < low < high < np.inf and 0 < lift < np.inf):
        raise LearningError("A lift and its limits must be positive, the lower limit below the upper.")
    return Lift(float(np.log(lift)), float((np.log(high) - np.log(low)) / (2 * z)))


def experiment_rows(treated: Mapping[Feature, float], control: Mapping[Feature, float], lift: Lift) -> Rows:
    """Return the contrast row of one experiment.

    Raises LearningError when the arms do not differ in any feature, or the standard error is not positive and
    finite.
    """
    features = (set(treated) | set(control)) - {INTERCEPT}
    contrast = {f: treated.get(f, 0.0) - control.get(f, 0.0) for f in sorted(features)}
    if not any(contrast.values()):
        raise LearningError("The arms of an experiment must differ in what is learnt about.")
    if not 0 < lift.standard_error < np.inf:
        raise LearningError("An experiment needs a positive standard error.")
    return Rows.of(Design.of([contrast]), [lift.log_lift], [lift.standard_error**2], Stratum.EXPERIMENT)
