"""Whether the mean of a series changed once and stayed so: the evidence, since when, and by how much.

Values ``b`` of consecutive stretches of time with covariance ``s^2 C``, ``s`` unknown. A change of ``d`` from stretch k
on has the prior ``N(0, (s TAU)^2)``; mean and scale have their right-Haar priors, so that the Bayes factor against no
change (Goenen et al. 2005) is a martingale whatever they are (Hendriksen, de Heide and Gruenwald 2021):

    BF_k = (1 + TAU^2 a)^-1/2 (R / (R - TAU^2 a / (1 + TAU^2 a) d^2 a))^((n - 1) / 2)

with ``d`` the generalised least squares estimate, ``a`` its information and ``R`` what the mean leaves of the squares.
The k-th place at which a change may be, at the beginning of a stretch or within it, has the weight ``1 / (k (k + 1))``
at every look, so that the mixture is one, too, and the chance that it ever reaches c is at most 1/c where nothing
changed (any_time.py). This file must not know dates.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cholesky, solve_triangular
from scipy.special import logsumexp, stdtr

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]

TAU = 0.25
"""Standard deviation of a change, on the log scale where the covariance is right."""

FEWEST = 3
"""Stretches before a change, and since."""

_TAIL = 0.05


@dataclass(frozen=True, eq=False)
class LevelChange:
    """A change that stayed.

    Attributes:
        place: of the first stretch that it is in. earliest, latest: 90 % limits of that.
        mean: its size by least squares, over all places by their odds.
        wrong: probability of the other sign. log_factor: evidence for any change against none.
    """

    place: int
    earliest: int
    latest: int
    mean: float
    wrong: float
    log_factor: float
    _sizes: tuple[Floats, Floats, Floats, int]

    @cached_property
    def interval(self) -> tuple[float, float]:
        """90 % limits of its size: of a change that is not told of, nobody asks."""
        low, high = (_quantile(*self._sizes, level) for level in (_TAIL, 1.0 - _TAIL))
        return low, high


def level_change(values: Floats, covariance: Floats) -> LevelChange | None:
    """The change of a series of means, (n,), with their covariance up to a factor, (n, n); None for too few of them."""
    count = len(values)
    if count < 2 * FEWEST:
        return None
    starts = np.arange(FEWEST, count - FEWEST + 1)
    factor, ones = cholesky(covariance, lower=True), np.ones(count)
    whole_steps = (np.arange(count)[:, None] >= starts).astype(np.float64)
    later = np.column_stack([whole_steps, 0.5 * (whole_steps[:, :-1] + whole_steps[:, 1:])])
    places = np.concatenate([starts, starts[:-1]])
    whole = solve_triangular(factor, np.column_stack([values, ones, later]), lower=True)
    mean = whole[:, 1] / np.linalg.norm(whole[:, 1])
    whole = whole - np.outer(mean, mean @ whole)
    left, steps = whole[:, 0], whole[:, 2:]
    about = np.square(steps).sum(axis=0)
    size, squares = (left @ steps) / about, max(float(left @ left), 1e-12)
    gain = TAU**2 * about / (1.0 + TAU**2 * about)
    unexplained = np.maximum(1.0 - gain * size**2 * about / squares, 1e-12)
    order = places - FEWEST + 1.0
    logs = -0.5 * np.log1p(TAU**2 * about) - 0.5 * (count - 1) * np.log(unexplained)
    odds = np.exp(logs - logsumexp(logs))
    freedom = count - 2
    error = np.sqrt(np.maximum(squares / about - size**2, 1e-12) / freedom)
    moved = float(odds @ size)
    beyond = float(odds @ stdtr(freedom, -np.sign(moved) * size / error))
    begun = np.bincount(places, odds)
    reached = np.cumsum(begun)
    return LevelChange(
        place=int(np.argmax(begun)),
        earliest=int(np.searchsorted(reached, _TAIL)),
        latest=min(int(np.searchsorted(reached, 1.0 - _TAIL)), int(places.max())),
        mean=moved,
        wrong=beyond,
        log_factor=float(logsumexp(logs - np.log(2.0 * order * (order + 1.0)))),
        _sizes=(odds, size, error, freedom),
    )


def _quantile(odds: Floats, mean: Floats, error: Floats, freedom: int, level: float) -> float:
    """A quantile of a mixture of Student's t distributions, by halving."""
    low, high = float((mean - 50.0 * error).min()), float((mean + 50.0 * error).max())
    for _ in range(60):
        middle = 0.5 * (low + high)
        below = float(odds @ stdtr(freedom, (middle - mean) / error))
        low, high = (middle, high) if below < level else (low, middle)
    return 0.5 * (low + high)


def means_of_stretches(
    values: Floats, noise: Floats, lasting: float, unit: Ints, stretch: Ints
) -> tuple[Floats, Floats]:
    """The mean of each stretch, (n,), and their covariance, where rows of one unit share what lasts of it.

    Args:
        values: (rows,). noise: variance of each. lasting: variance of what a unit's rows share.
        unit, stretch: numbers of each row's, from 0 on, each stretch with a row.
    """
    weight, count = 1.0 / noise, int(stretch.max()) + 1
    units, unit = np.unique(unit, return_inverse=True)
    place = unit * count + stretch
    cells, own = np.unique(place, return_inverse=True)
    weights, pulls = np.bincount(own, weight), np.bincount(own, weight * values)
    whose, when = np.divmod(cells, count)
    of_unit = np.bincount(whose, weights, minlength=len(units))
    shrunk = lasting / (1.0 + lasting * of_unit)
    pulled = np.bincount(whose, pulls, minlength=len(units))
    right = np.bincount(when, pulls - weights * (shrunk * pulled)[whose], minlength=count)
    information = np.diag(np.bincount(when, weights, minlength=count))
    starts = np.searchsorted(whose, np.arange(len(units) + 1))
    for k in np.flatnonzero((np.diff(starts) > 0) & (shrunk > 0)).tolist():
        here = slice(starts[k], starts[k + 1])
        information[np.ix_(when[here], when[here])] -= shrunk[k] * np.outer(weights[here], weights[here])
    covariance = np.linalg.inv(information)
    return np.asarray(covariance @ right), covariance
