"""Levels that come round, such as days of the week, from one figure a day: what each does, and whether any does so.

    y_t = a_turn(t) + w_level(t) + noise,   noise ~ N(0, v_t + s^2),   w ~ N(0, tau^2),   a free

s is what is special about a single day; s and tau have exponential priors and are integrated over grids. The evidence
for levels is that of tau > 0 against tau = 0, s being at its own best in either. This file must not know what comes
round.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]

RATE = 6.0
"""Of the exponential priors of tau and s."""

_TAU = np.array([0.0, 0.01, 0.02, 0.04, 0.07, 0.1, 0.15, 0.2, 0.3, 0.45, 0.7])
_SINGLE = np.array([0.0, 0.01, 0.02, 0.04, 0.07, 0.1, 0.15, 0.2, 0.3, 0.5, 0.8])
_LEAST, _TURN_SD = 1e-3, 3.0


@dataclass(frozen=True, eq=False)
class RecurringLevels:
    """``draws`` of the effects of levels against their mean, (levels, draws); ``turns``, the mean level of each turn,
    (turns,); ``log_factor``: log Bayes factor of levels that differ against none that does.
    """

    draws: Floats
    turns: Floats
    log_factor: float


def recurring_levels(
    y: Floats, v: Floats, level: Ints, turn: Ints, count: int, seed: tuple[int, ...]
) -> RecurringLevels:
    """What levels do.

    Args:
        y, v: log figure of each time and its known variance, (n,).
        level, turn: of each time, from 0 on, (n,); every level and turn has one.
        count: of draws.
    """
    turns, levels = int(turn.max()) + 1, int(level.max()) + 1
    design = np.zeros((len(y), turns + levels))
    design[np.arange(len(y)), turn] = 1.0
    design[np.arange(len(y)), turns + level] = 1.0
    likely, means, factors = [], [], []
    for single, its_width in zip(_SINGLE, np.gradient(_SINGLE), strict=True):
        noise = v + max(float(single), _LEAST) ** 2
        gram, moment = design.T @ (design / noise[:, None]), design.T @ (y / noise)
        rest = -0.5 * float((np.log(noise) + y**2 / noise).sum()) - RATE * single + np.log(its_width)
        for tau, width in zip(_TAU, np.gradient(_TAU), strict=True):
            prior = np.append(np.full(turns, _TURN_SD), np.full(levels, max(float(tau), 1e-4))) ** -2.0
            factor = np.linalg.cholesky(gram + np.diag(prior))
            middle = np.linalg.solve(factor.T, np.linalg.solve(factor, moment))
            fit = 0.5 * (np.log(prior).sum() + float(moment @ middle)) - float(np.log(np.diag(factor)).sum())
            likely.append(rest + fit + (np.log(width) - RATE * tau if tau else 0.0))
            means.append(middle)
            factors.append(factor)
    logs = np.array(likely).reshape(len(_SINGLE), len(_TAU))
    some = np.logaddexp.reduce(logs[:, 1:], axis=None) - np.log(
        np.sum(np.exp(-RATE * _TAU[1:]) * np.gradient(_TAU)[1:])
    )
    log_factor = float(some - np.logaddexp.reduce(logs[:, 0]))
    logs[:, 0] = -np.inf
    mass = np.exp(logs - logs.max()).ravel()
    rng = np.random.default_rng(seed)
    times = rng.multinomial(count, mass / mass.sum())
    parts = [
        means[k][:, None] + np.linalg.solve(factors[k].T, rng.standard_normal((turns + levels, times[k])))
        for k in np.flatnonzero(times).tolist()
    ]
    draws = np.concatenate(parts, axis=1)
    own = draws[turns:]
    shift = own.mean(axis=0)
    return RecurringLevels(own - shift, (draws[:turns] + shift).mean(axis=1), log_factor)
