"""Standard deviations as normal scores: the scale on which their posterior is near to normal.

A standard deviation s with an Exp(r) prior has the score u = ndtri(1 - exp(-r s)), whose prior is N(0, 1). This file
must not know what scatters.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import special

from reflection.stats.posterior.variance_components import BOUNDS

Floats = NDArray[np.float64]

_EXTREME = 20.0
_LIMITS = (BOUNDS[0] - 2.0, BOUNDS[1] + 0.5)


def log_sd(scores: Floats, rates: Floats) -> Floats:
    """Log standard deviation of each normal score, (..., dimensions), within what can be computed."""
    beyond = -special.log_ndtr(-np.clip(scores, -_EXTREME, _EXTREME))
    return np.asarray(np.clip(np.log(beyond / rates), *_LIMITS))


def normal_score(log_sds: Floats, rates: Floats) -> Floats:
    """Normal score of each log standard deviation."""
    return np.asarray(-special.ndtri_exp(-rates * np.exp(log_sds)))
