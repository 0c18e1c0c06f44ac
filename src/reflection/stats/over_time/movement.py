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

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from reflection.stats.posterior.gaussian_posterior import Posterior
from reflection.stats.posterior.scatter_priors import PRIOR_RATE
from reflection.stats.sums.cholesky import cholesky, solved
from reflection.stats.sums.columns import Feature
from reflection.stats.sums.design import GRID, Rows
from reflection.stats.sums.gram import product
from reflection.stats.sums.sufficient_statistics import block_of

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]

STEP_SD = np.exp(np.linspace(np.log(0.01), np.log(1.0), 24))
"""Standard deviations of a step over which the evidence is integrated (log scale)."""

_LOG_PRIOR = np.append(
    np.log(PRIOR_RATE * STEP_SD * np.log(STEP_SD[1] / STEP_SD[0])) - PRIOR_RATE * STEP_SD,
    np.log(-np.expm1(-PRIOR_RATE * STEP_SD[0])),
)
"""Of each of these, and last of a step smaller than the first, of which nothing is seen."""


_ROWS_AT_ONCE = 1_024


@dataclass(frozen=True, eq=False)
class Steps:
    """The steps of one group: their columns and the bucket of each, (steps,).

    ``relative``: whether they are asked for as differences from the mean step of their bucket, which leaves out what
    moves all levels alike.
    """

    columns: Sequence[Feature]
    bucket: Ints
    relative: bool

    def contrasts(self) -> Floats:
        """The steps as they are asked for, as sums of the columns, (steps, steps)."""
        same = (self.bucket[:, None] == self.bucket).astype(np.float64)
        return np.asarray(np.eye(len(self.bucket)) - self.relative * same / same.sum(axis=1))


@dataclass(frozen=True)
class Order:
    """How groups of steps are asked: ``beside``: a group that must be in when another is asked, and is taken up with
    it; by itself it is not asked. ``along``: a group that is taken up with another, whatever speaks for it. ``after``:
    one that is taken up with another, too, and by itself is not asked either.
    """

    beside: Mapping[str, str] = field(default_factory=dict)
    along: Mapping[str, str] = field(default_factory=dict)
    after: Mapping[str, str] = field(default_factory=dict)

    @property
    def silent(self) -> frozenset[str]:
        """Groups that are not asked by themselves."""
        return frozenset((*self.beside.values(), *self.after.values()))


def movements(
    rows: Rows, still: Posterior, levels: Sequence[Feature], groups: Mapping[str, Steps], order: Order | None = None
) -> tuple[str, ...]:
    """Return the groups of steps that the rows favour over levels that stand still, in the order in which they were
    taken up.

    ``still``: the levels at the mode of their fit to these rows; ``levels``: its columns, in their order. ``groups``:
    steps that may be, of other columns.
    """
    order = order or Order()
    test = _first_test(rows, still, levels, groups)
    candidates = [name for name in groups if name not in order.silent]
    while True:
        left = [name for name in candidates if name not in test.factors]
        others = {name: order.beside.get(name) for name in left}
        beside = {other: test.with_group(other) for other in set(others.values())}
        factors = {name: beside[others[name]].evidence(name) for name in left}
        best = max(factors, key=lambda name: (factors[name][0], name), default=None)
        if best is None or factors[best][0] <= 0.0:
            return tuple(test.factors)
        test = beside[others[best]].with_group(best).with_group(order.along.get(best)).with_group(order.after.get(best))


@dataclass(frozen=True, eq=False)
class _Walks:
    """The steps of all groups in the rows, Z: those of one group side by side.

    ``steps``: the columns, times the root of each row's weight, CSR (n, steps). ``places``: of each group.
    ``contrasts``: of each that is asked for relatively.
    """

    steps: sparse.csr_array
    places: Mapping[str, slice]
    contrasts: Mapping[str, Floats]
    _across: dict[str, Floats] = field(default_factory=dict)

    @classmethod
    def of(cls, steps: sparse.csr_array, groups: Mapping[str, Steps]) -> _Walks:
        """The steps of these groups, one after the other."""
        ends = np.cumsum([0, *(len(one.columns) for one in groups.values())]).tolist()
        places = {name: slice(ends[i], ends[i + 1]) for i, name in enumerate(groups)}
        return cls(steps, places, {name: one.contrasts() for name, one in groups.items() if one.relative})

    def contrasted(self, rows: Floats) -> Floats:
        """Rows over the columns as rows over the steps that are asked for, (k, steps)."""
        parts = [
            rows[:, own] @ self.contrasts[name].T if name in self.contrasts else rows[:, own]
            for name, own in self.places.items()
        ]
        return np.concatenate(parts, axis=1)

    def information(self) -> dict[str, Floats]:
        """Z'WZ of each group alone, (its steps, its steps)."""
        total = {name: np.zeros((own.stop - own.start,) * 2) for name, own in self.places.items()}
        for first in range(0, self.steps.shape[0], _ROWS_AT_ONCE):
            some = self.steps[first : first + _ROWS_AT_ONCE].toarray()
            for name, own in self.places.items():
                total[name] += some[:, own].T @ some[:, own]
        return total | {name: turn @ total[name] @ turn.T for name, turn in self.contrasts.items()}

    def across(self, name: str) -> Floats:
        """Z'WZ of one group with all, (its steps, steps); worked out once."""
        if name not in self._across:
            rows = product(sparse.csr_array(self.steps[:, self.places[name]]), self.steps)
            self._across[name] = self.contrasted(self.contrasts[name] @ rows if name in self.contrasts else rows)
        return self._across[name]


@dataclass(frozen=True, eq=False)
class _ScoreTest:
    """Score of all steps beside the groups that were taken up: ``factors``, each with its evidence.

    ``information``: Z'WZ of each group. ``half``: H, (k, steps), with H'H what the standing levels and the groups that
    were taken up leave out of it.
    """

    score: Floats
    information: Mapping[str, Floats]
    half: Floats
    walks: _Walks
    factors: Mapping[str, float]

    def evidence(self, name: str) -> tuple[float, float]:
        """Log Bayes factor of a group's steps, and the most probable standard deviation of one."""
        return _evidence(self.score[self.walks.places[name]], self._of_group(name))

    def with_group(self, name: str | None) -> _ScoreTest:
        """The same beside one group more, at the most probable standard deviation of its steps."""
        if name is None or name in self.factors or name not in self.walks.places:
            return self
        (factor, sd), own, information = self.evidence(name), self.walks.places[name], self._of_group(name)
        root = cholesky(np.eye(len(information)) / sd**2 + information)
        further = solved(root, self.walks.across(name) - self.half[:, own].T @ self.half)
        score = self.score - further.T @ solved(root, self.score[own])
        half = np.concatenate([self.half, further])
        return _ScoreTest(score, self.information, half, self.walks, {**self.factors, name: factor})

    def _of_group(self, name: str) -> Floats:
        half = self.half[:, self.walks.places[name]]
        return np.asarray(self.information[name] - half.T @ half)


def _first_test(rows: Rows, still: Posterior, levels: Sequence[Feature], groups: Mapping[str, Steps]) -> _ScoreTest:
    """a = Z'Py and Z'PZ of the steps of all groups, beside levels that stand still.

    Made of the rows: sums of each block, as a fit has them, would be those of all pairs of columns for any weights.
    """
    root = np.sqrt(_weights(rows, still))
    columns = [*levels, *(column for one in groups.values() for column in one.columns)]
    matrix = sparse.csr_array(rows.design.matrix(columns) * root[:, None])
    walks = _Walks.of(matrix[:, len(levels) :], groups)
    cross = walks.contrasted(product(matrix[:, : len(levels)], walks.steps))
    pull = walks.contrasted((walks.steps.T @ (root * (rows.y / GRID)))[None])[0]
    return _ScoreTest(pull - still.mean @ cross, walks.information(), still.half(cross.T), walks, {})


def _weights(rows: Rows, still: Posterior) -> Floats:
    """The weight of each row in a fit to them, (n,): that of its block."""
    return np.asarray(still.weights[np.unique(block_of(rows), return_inverse=True)[1]])


def _evidence(score: Floats, information: Floats) -> tuple[float, float]:
    """Log Bayes factor of one group's steps, and the most probable standard deviation of one."""
    values, vectors = np.linalg.eigh(information)
    values, squares = np.maximum(values, 0.0), np.square(vectors.T @ score)
    scaled = np.square(STEP_SD)[:, None]
    gain = 0.5 * (squares * scaled / (1.0 + scaled * values) - np.log1p(scaled * values)).sum(axis=1)
    likely = _LOG_PRIOR + np.append(gain, 0.0)
    return _log_sum(likely) - _log_sum(_LOG_PRIOR), float(STEP_SD[int(np.argmax(likely[:-1]))])


def _log_sum(logs: Floats) -> float:
    """Log of the sum of what these are logs of; SciPy's `logsumexp` checks for twenty times as long as it adds."""
    first = int(np.argmax(logs))
    rest = np.exp(logs - logs[first])
    rest[first] = 0.0
    return float(np.log1p(rest.sum()) + logs[first])
