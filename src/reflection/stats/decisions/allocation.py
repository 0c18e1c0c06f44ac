"""Spreading an amount over candidates whose results grow less and less with what they get.

Each candidate is known by joint draws of what it brings: scale * amount^elasticity, elasticities at most 1. Of concave
functions the greedy choice of the next step is the best one (Fox 1966). This file must not know what is spread.
"""

from __future__ import annotations

import heapq

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

STEPS = 400
"""Steps an amount is spread in: a quarter of a per cent each."""

_HALVINGS = 100


def results(amounts: Floats, log_scale: Floats, elasticity: Floats) -> Floats:
    """What amounts (k,) bring in each draw, (k, draws): exp(log_scale) * amount^elasticity, nothing for nothing."""
    positive = np.maximum(amounts, 1e-12)[:, None]
    brought = np.exp(np.clip(log_scale + elasticity * np.log(positive), -700.0, 700.0))
    return np.where(amounts[:, None] > 0, brought, 0.0)


def worth(brought: Floats, risk: float) -> Floats:
    """What draws (k, draws) are worth, (k,): the mean of the worst 1 - ``risk`` of them (expected shortfall)."""
    count = max(1, round((1.0 - risk) * brought.shape[1]))
    if count == brought.shape[1]:
        return np.asarray(brought.mean(axis=1))
    return np.asarray(np.partition(brought, count - 1, axis=1)[:, :count].mean(axis=1))


def spread(
    total: float, least: Floats, most: Floats, log_scale: Floats, elasticity: Floats, risk: float = 0.0
) -> Floats:
    """Return the amount of each candidate, (n,), adding up to ``total`` within the bounds.

    Args:
        least, most: bounds, (n,); they leave room for ``total``.
        log_scale, elasticity: draws, (n, draws).
        risk: see `worth`; candidates are judged each by their own worst, as if all missed together.
    """
    start = np.minimum(least, most).astype(np.float64)
    amounts, counts = start.copy(), np.zeros(len(start), dtype=np.intp)
    left = total - float(start.sum())
    step = left / STEPS
    if step <= 0:
        return amounts

    def value(i: int, steps: int) -> float:
        grid = np.minimum(start[[i]] + step * steps, most[i])
        return float(worth(results(grid, log_scale[i], elasticity[i]), risk)[0])

    # A step is judged when it is next in turn: `STEPS` of them and one a candidate, however many there could be.
    now = [value(i, 0) for i in range(len(start))]
    after = [value(i, 1) for i in range(len(start))]
    queue = [(now[i] - after[i], i) for i in range(len(start)) if most[i] > start[i]]
    heapq.heapify(queue)
    while left > 1e-9 * total and queue:
        _, i = heapq.heappop(queue)
        more = min(step, most[i] - amounts[i], left)
        amounts[i] += more
        left -= more
        counts[i] += 1
        if amounts[i] < most[i] - 1e-12 * total and counts[i] < STEPS:
            now[i], after[i] = after[i], value(i, int(counts[i]) + 1)
            heapq.heappush(queue, (now[i] - after[i], i))
    return amounts


def within_bounds(amounts: Floats, total: float, least: Floats, most: Floats) -> Floats:
    """Amounts in the same proportions as far as bounds allow, (n,), adding up to ``total``; all are positive.

    One factor for all that no bound holds, found by bisection: what is cut rises with it.
    """
    low, high = 0.0, total / float(amounts.min())
    for _ in range(_HALVINGS):
        middle = 0.5 * (low + high)
        if float(np.clip(middle * amounts, least, most).sum()) < total:
            low = middle
        else:
            high = middle
    return np.asarray(np.clip(high * amounts, least, most))
