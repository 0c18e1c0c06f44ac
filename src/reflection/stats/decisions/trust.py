"""How far observed effects can be trusted: the factor by which randomised experiments confirm them.

Each experiment j measured y_j (variance v_j) where observation alone had said o_j (posterior variance S_j). The model:
y_j ~ N(f o_j, f^2 S_j + v_j + w^2): f is 1 where observation is right on average and 0 where nothing of it is real, w
what single experiments scatter around that. Both are integrated over a grid; o_j is a posterior mean, so its error does
not pull f towards zero. This file must not know what was measured.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

PRIOR_MEAN, PRIOR_SD = 1.0, 1.0
"""Without experiments observation is believed, loosely."""

SCATTER_RATE = 6.0
"""Rate of the exponential prior of w, as that of every other standard deviation."""

_FACTORS = np.linspace(-2.0, 4.0, 601)
_SCATTERS = np.concatenate([[0.0], np.geomspace(0.01, 2.0, 30)])


@dataclass(frozen=True, slots=True)
class Trust:
    """The factor: posterior median with 90 % limits, and of how many experiments."""

    factor: float
    low: float
    high: float
    experiments: int


def trust(observed: ArrayLike, uncertainty: ArrayLike, measured: ArrayLike, variance: ArrayLike) -> Trust:
    """Return the factor that experiments say, arrays of shape (n,); of none the prior.

    Args:
        observed, uncertainty: what observation alone said of each, and the variance of that.
        measured, variance: what the experiment measured, and the variance of that.
    """
    o, s, y, v = (np.asarray(one, dtype=np.float64) for one in (observed, uncertainty, measured, variance))
    spread = (_FACTORS[:, None] ** 2 * s + v)[:, None, :] + (_SCATTERS**2)[None, :, None]
    off = (y - _FACTORS[:, None] * o)[:, None, :]
    log_likelihood = -0.5 * (off**2 / spread + np.log(spread)).sum(axis=2)
    widths = np.gradient(_SCATTERS)
    log_prior = -0.5 * ((_FACTORS - PRIOR_MEAN) / PRIOR_SD)[:, None] ** 2 - SCATTER_RATE * _SCATTERS + np.log(widths)
    log_posterior = log_likelihood + log_prior
    mass = np.exp(log_posterior - log_posterior.max()).sum(axis=1)
    below = np.cumsum(mass) / mass.sum()
    low, factor, high = (float(np.interp(q, below, _FACTORS)) for q in (0.05, 0.5, 0.95))
    return Trust(factor, low, high, len(o))
