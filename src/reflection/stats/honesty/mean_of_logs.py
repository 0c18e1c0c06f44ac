"""Whether a mean differs from zero at any look, however wide its values scatter.

The Bayes factor of Student's t (Goenen et al. 2005) with the prior N(0, TAU^2) for the mean in standard deviations and
right-Haar priors: a martingale where the mean is zero, so that it ever reaches c in at most 1/c of cases (Ville 1939;
Hendriksen, de Heide and Gruenwald 2021; any_time.py):

    (1 + n TAU^2)^-1/2 ((1 + t^2/v) / (1 + t^2/(v (1 + n TAU^2))))^((v + 1)/2),    v = n - 1

This file must not know what the values are of.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtr, stdtrit

TAU = 1.0
LEAST_SD = 1e-3
"""Values that agree to the last digit are of figures that were rounded."""


@dataclass(frozen=True, slots=True)
class MeanOfLogs:
    """A mean with its 90 % interval; `wrong` the chance of the other sign, `log_factor` the evidence against zero."""

    mean: float
    low: float
    high: float
    wrong: float
    log_factor: float


def mean_of_logs(values: NDArray[np.float64]) -> MeanOfLogs:
    """The mean of (n,) independent values, at least two."""
    count, freedom = len(values), len(values) - 1
    mean, error = float(values.mean()), max(float(values.std(ddof=1)), LEAST_SD) / math.sqrt(count)
    square, wider = (mean / error) ** 2 / freedom, 1.0 + count * TAU**2
    log_factor = 0.5 * count * (math.log1p(square) - math.log1p(square / wider)) - 0.5 * math.log(wider)
    reach = float(stdtrit(freedom, 0.95)) * error
    return MeanOfLogs(mean, mean - reach, mean + reach, float(stdtr(freedom, -abs(mean) / error)), log_factor)
