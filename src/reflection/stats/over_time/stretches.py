"""Stretches of a row of places in which something is mostly there, and between which it mostly is not.

Each place is in one of two states with shares of their own; the likeliest sequence of states is found by dynamic
programming (Viterbi 1967), a change of state costing log(things counted) as the Bayesian information criterion has it.
Shares start far apart and are taken from the states found. What chance may have made is none: the states must be
likelier than one share for all by odds that pay for every change and for having looked. Must not know what is there.
"""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

_ROUNDS = 2
_START = 0.2
"""Of all that is there, or not there, how much is taken to lie on the wrong side at first."""

_FOR_LOOKING = 5.0
"""Log odds beyond the changes' own cost. Of 2,000 random series each of 12, 20, 40 and 100 campaigns 0, 2, 0 and 0 have
stretches; without it 31, 27, 24 and 22 %."""


def stretches(present: Floats, total: Floats) -> NDArray[np.bool_]:
    """Whether each place lies in a stretch of each series, (series, places); all False where there are none.

    Args:
        present: how many at each place have what a series is about, (series, places).
        total: how many there are, (places,).
    """
    count = max(float(total.sum()), 1.0)
    share = (present.sum(axis=1) + 0.5) / (count + 1.0)
    high, low, penalty = 1.0 - _START * (1.0 - share), _START * share, float(np.log(count))
    inside = np.zeros(present.shape, dtype=np.bool_)
    for _ in range(_ROUNDS):
        inside = _likeliest(_evidence(present, total, high) - _evidence(present, total, low), penalty)
        high, low = (_share(present, total, where) for where in (inside, ~inside))
    apart = np.where(inside, _evidence(present, total, high), _evidence(present, total, low)).sum(axis=1)
    odds = apart - _evidence(present, total, share).sum(axis=1)
    changes = np.count_nonzero(np.diff(inside, axis=1), axis=1)
    return np.asarray(inside & ((high > low) & (odds >= penalty * changes + _FOR_LOOKING))[:, None])


def _evidence(present: Floats, total: Floats, share: Floats) -> Floats:
    """Log likelihood of each place at a share, (series, places)."""
    return np.asarray(present * np.log(share)[:, None] + (total - present) * np.log1p(-share)[:, None])


def _share(present: Floats, total: Floats, where: NDArray[np.bool_]) -> Floats:
    """Share of what is there among some places of each series, as if half of one more were, (series,)."""
    own, all_of_them = np.where(where, present, 0.0).sum(axis=1), np.where(where, total, 0.0).sum(axis=1)
    return np.asarray((own + 0.5) / (all_of_them + 1.0))


def _likeliest(favour: Floats, penalty: float) -> NDArray[np.bool_]:
    """The likeliest states, (series, places); `favour`: log odds of being inside that each place gives."""
    # How much better the best way that ends inside is than the best that ends outside, before each place and at last.
    leads = np.zeros((favour.shape[1] + 1, len(favour)))
    for place, more in enumerate(favour.T):
        np.minimum(np.maximum(leads[place], -penalty), penalty, out=leads[place + 1])
        leads[place + 1] += more
    to_outside, to_inside = leads > penalty, leads > -penalty  # whether the best way there comes from inside
    inside = np.empty((favour.shape[1] + 1, len(favour)), dtype=np.bool_)
    inside[-1] = leads[-1] > 0
    for place in range(favour.shape[1] - 1, 0, -1):
        inside[place] = np.where(inside[place + 1], to_inside[place], to_outside[place])
    return inside[1:].T
