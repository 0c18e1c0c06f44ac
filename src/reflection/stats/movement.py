"""Whether the levels of a group moved over time at all: asked before any column of theirs is fitted.

A random walk has many columns, and where nothing moves they cost time and widen what is there. Here one fit of levels
that stand still is asked for its score in the direction of every walk, so that the evidence for each group of steps
follows from matrices as large as the steps are many (Lin 1997; a Bayes factor with the components held):

    log p(y | tau) / p(y | 0) = -1/2 log|I + tau^2 Z'PZ| + 1/2 a'(tau^-2 I + Z'PZ)^-1 a,      a = Z'Py

with P what the standing levels leave of the weights, integrated over tau with its exponential prior. A group whose
evidence is above none is taken up, and the next is asked beside it, until none is left. This file must not know what a
level is, nor when anything happened.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import linalg, special

from reflection.stats.block_sums import SparseSums
from reflection.stats.gaussian_posterior import PRIOR_RATE, Posterior
from reflection.stats.sufficient_statistics import View

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]

STEP_SD = np.exp(np.linspace(np.log(0.01), np.log(1.0), 24))
"""Standard deviations of a step over which the evidence is integrated (log scale)."""


@dataclass(frozen=True, eq=False)
class Steps:
    """The steps of one group: their columns, (steps,), and the bucket of each, (steps,).

    ``relative``: whether they are asked for as differences from the mean step of their bucket, which leaves out what
    moves all levels alike.
    """

    columns: Ints
    bucket: Ints
    relative: bool

    def contrasts(self) -> Floats:
        """The steps as they are asked for, as sums of the columns, (steps, steps)."""
        same = (self.bucket[:, None] == self.bucket).astype(np.float64)
        return np.asarray(np.eye(len(self.bucket)) - self.relative * same / same.sum(axis=1))


def movements(view: View, still: Ints, levels: Posterior, groups: Mapping[str, Steps]) -> dict[str, float]:
    """Return the groups of steps that the sums favour over levels that stand still, with the log Bayes factor of each,
    in the order in which they were taken up.

    ``view``: sums of all columns. ``still``: those of the levels, ascending and the intercept first; ``levels``: the
    posterior of the same sums in these columns, at its mode. ``groups``: steps that may be; none of them among
    ``still``.
    """
    score, information = _score(view, still, levels, groups)
    taken: dict[str, float] = {}
    ends = np.cumsum([0, *(len(steps.columns) for steps in groups.values())]).tolist()
    places = {name: np.arange(ends[i], ends[i + 1]) for i, name in enumerate(groups)}
    while True:
        factors = {name: _evidence(score, information, places[name]) for name in groups if name not in taken}
        best = max(factors, key=lambda name: (factors[name][0], name), default=None)
        if best is None or factors[best][0] <= 0.0:
            return taken
        taken[best], sd = factors[best]
        own = places[best]
        gain = np.linalg.inv(np.eye(len(own)) / sd**2 + information[np.ix_(own, own)])
        score = score - information[:, own] @ (gain @ score[own])
        information = information - information[:, own] @ gain @ information[own]


def _score(view: View, still: Ints, levels: Posterior, groups: Mapping[str, Steps]) -> tuple[Floats, Floats]:
    """a = Z'Py and Z'PZ of the steps of all groups, one after the other."""
    weights = levels.weights
    lower = SparseSums(view).weighted(weights)
    gram = lower + np.tril(lower, -1).T
    steps = np.concatenate([one.columns for one in groups.values()])
    turn = linalg.block_diag(*(one.contrasts() for one in groups.values()))
    cross = turn @ gram[np.ix_(steps, still)]
    own = turn @ gram[np.ix_(steps, steps)] @ turn.T
    score = turn @ (weights @ view.moment[:, steps]) - cross @ levels.mean
    return score, own - cross @ levels.covariance @ cross.T


def _evidence(score: Floats, information: Floats, own: Ints) -> tuple[float, float]:
    """Log Bayes factor of one group's steps, and the most probable standard deviation of one."""
    values, vectors = np.linalg.eigh(information[np.ix_(own, own)])
    values, squares = np.maximum(values, 0.0), np.square(vectors.T @ score[own])
    scaled = np.square(STEP_SD)[:, None]
    gain = 0.5 * (squares * scaled / (1.0 + scaled * values) - np.log1p(scaled * values)).sum(axis=1)
    prior = np.log(PRIOR_RATE * STEP_SD * np.log(STEP_SD[1] / STEP_SD[0])) - PRIOR_RATE * STEP_SD
    none = np.log(-np.expm1(-PRIOR_RATE * STEP_SD[0]))  # of a step smaller than the first nothing is seen
    total = special.logsumexp(np.append(prior + gain, none)) - special.logsumexp(np.append(prior, none))
    return float(total), float(STEP_SD[int(np.argmax(prior + gain))])
