"""The Gaussian posterior of all effects for given variance components, with its evidence and exact gradient.

Model of one metric (LEARNING 3): y = x' b + u + e, e ~ N(0, v) known, u ~ N(0, sigma_s^2) per stratum s (none
for experiments), b_j ~ N(0, tau_g^2) in group g conditioned on C' b = 0, intercept ~ N(0, 10^2). The
constraint is imposed exactly, by conditioning: with M = sum_b w_b A_b + D, S = M^-1 and G = C'SC, the
constrained covariance is S - SC G^-1 C'S (Rue and Held 2005, 2.3.3), which costs q extra solves and leaves no
penalty to tune. This file must not know how variance components are chosen, nor what the columns stand for.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from scipy import linalg, sparse

from reflection.stats.columns import Layout
from reflection.stats.design import Stratum
from reflection.stats.sufficient_statistics import View

Floats = NDArray[np.float64]

INTERCEPT_SD = 10.0
DENSE_COLUMNS = 600
"""Up to here the sums are held as one dense stack; above, as sparse blocks."""


@dataclass(frozen=True, eq=False)
class Posterior:
    """Constrained Gaussian posterior at fixed variance components.

    ``mean``: (p,). ``covariance``: (p, p). ``log_evidence``: log marginal likelihood up to a constant
    of the rows (not of the layout). Gradient and draws, which most posteriors are not asked for, are computed when
    they are.
    """

    mean: Floats
    covariance: Floats
    log_evidence: float
    _gradient: Callable[[], Floats]
    _correction: Callable[[], Floats]
    _factor: Floats

    @cached_property
    def gradient(self) -> Floats:
        """Derivative of ``log_evidence`` by (log sigma of each learnt stratum, log tau of each group)."""
        return self._gradient()

    def draw(self, rng: np.random.Generator, count: int) -> Floats:
        """Return posterior draws, shape (p, count); every draw satisfies the constraints."""
        white = rng.standard_normal((len(self.mean), count))
        noise = _solved(self._factor, white, transposed=True)
        return np.asarray(self.mean[:, None] + noise - self._correction() @ noise)


class Model:
    """The posterior of one view as a function of its variance components.

    ``components`` are log standard deviations: first of the learnt strata (:attr:`strata`), then of the
    layout's groups.
    """

    def __init__(self, view: View) -> None:
        self.view = view
        self.layout: Layout = view.layout
        present = set(view.stratum.tolist())
        self.strata = tuple(s for s in (Stratum.BETWEEN, Stratum.WITHIN) if s.value in present)
        p = len(self.layout)
        self._sums: _Sums = _DenseSums(view) if p <= DENSE_COLUMNS else _SparseSums(view)
        self._constraints: Floats | sparse.csc_array = self.layout.constraints
        if p <= DENSE_COLUMNS:
            self._constraints = self.layout.constraints.toarray()
        self._member = self.layout.group_index
        self._volume = _log_volume(self.layout)
        self.stratum_of_block = np.array(
            [self.strata.index(Stratum(s)) if s in self.strata else -1 for s in view.stratum.tolist()],
            dtype=np.intp,
        )

    @property
    def dimensions(self) -> int:
        """Number of variance components."""
        return len(self.strata) + len(self.layout.groups)

    @cached_property
    def curvature(self) -> Floats:
        """Typical curvature of the log evidence in each component: twice its rows or free effects."""
        rows = [self.view.rows[self.stratum_of_block == i].sum() for i in range(len(self.strata))]
        return np.maximum(2.0 * np.concatenate([rows, self.layout.dof]), 2.0)

    def information(self, components: Floats, posterior: Posterior) -> Floats:
        """Expected information about the components, shape (dimensions, dimensions).

        Of two tau: 2 tr(K_gh K_hg) with K = I - S D, what the rows say beside the prior; of a sigma: twice its rows,
        each counted by the share of its variance that is overdispersion (Fisher scoring for variance components,
        Searle, Casella and McCulloch 1992, 6.7). Sigma and tau are taken as independent, rows being many.
        """
        w, d = self.weights(components), self.prior_precision(components)[1:]
        starts = np.flatnonzero(np.diff(self._member[1:], prepend=-1))
        ends = np.append(starts[1:], len(d))
        squares = (  # group by group, so that no second matrix of this size is made; S is symmetric
            d * d[start] * np.square(posterior.covariance[1 + start : 1 + end, 1:]).sum(axis=0)
            for start, end in zip(starts.tolist(), ends.tolist(), strict=True)
        )
        of_tau = np.array([np.add.reduceat(row, starts) for row in squares]).reshape(len(starts), -1)
        determined = np.bincount(
            self._member[1:], np.diag(posterior.covariance)[1:] * d, minlength=len(self.layout.groups)
        )
        of_tau[np.diag_indices_from(of_tau)] += self.layout.dof - 2 * determined
        count = len(self.strata)
        found = np.zeros((self.dimensions, self.dimensions))
        for i in range(count):
            mine = self.stratum_of_block == i
            found[i, i] = (self.view.rows[mine] * (w[mine] * np.exp(2 * components[i])) ** 2).sum()
        found[count:, count:] = of_tau
        return 2 * found

    def prior_precision(self, components: Floats) -> Floats:
        """Diagonal prior precision of the unconstrained effects, shape (p,)."""
        tau = np.exp(components[len(self.strata) :])
        precision = np.full(len(self.layout), INTERCEPT_SD**-2)
        precision[1:] = tau[self._member[1:]] ** -2
        return precision

    def weights(self, components: Floats) -> Floats:
        """Weight 1/(v + sigma^2) of each block, shape (B,)."""
        extra = np.append(np.exp(2 * components[: len(self.strata)]), 0.0)
        return np.asarray(1.0 / (self.view.v + extra[self.stratum_of_block]))

    def posterior(self, components: Floats) -> Posterior:
        """Return the posterior at these components, shape (dimensions,)."""
        w, d = self.weights(components), self.prior_precision(components)
        precision = self._sums.weighted(w)
        precision.flat[:: len(d) + 1] += d  # the diagonal
        factor = _cholesky(precision)
        free = _inverse(factor)
        pull = w @ self.view.moment
        crossed = np.asarray(self._constraints.T @ free)  # C'S
        between = _cholesky(np.asarray(crossed @ self._constraints))
        half = _solved(between, crossed)
        covariance = free
        covariance -= half.T @ half
        mean = covariance @ pull
        evidence = self._log_evidence(components, w, float(pull @ mean), factor, between)
        gradient = partial(self._gradient, components, w, d, mean, covariance)
        correction = partial(_correction, half, between, self._constraints)
        return Posterior(mean, covariance, evidence, gradient, correction, factor)

    def _log_evidence(self, components: Floats, w: Floats, fitted: float, factor: Floats, between: Floats) -> float:
        """log p(y) + log p(C'b = 0 | y) - log p(C'b = 0), each Gaussian."""
        data = float(self.view.rows @ np.log(w) - w @ self.view.square + fitted)
        log_tau = components[len(self.strata) :]
        volume = np.log(np.diag(factor)).sum() + np.log(np.diag(between)).sum()
        return 0.5 * data - float(self.layout.dof @ log_tau) - float(volume) + self._volume

    def _gradient(self, components: Floats, w: Floats, d: Floats, mean: Floats, covariance: Floats) -> Floats:
        second = mean**2 + np.diag(covariance)
        of_tau = np.bincount(self._member[1:], (second * d)[1:], minlength=len(self.layout.groups)) - self.layout.dof
        expected = self._sums.traces(covariance) + self._sums.forms(mean)
        residual = self.view.square - 2 * self.view.moment @ mean + expected
        slope = w**2 * residual - w * self.view.rows
        of_sigma = [
            np.exp(2 * components[i]) * slope[self.stratum_of_block == i].sum() for i in range(len(self.strata))
        ]
        return np.concatenate([of_sigma, of_tau])


def _log_volume(layout: Layout) -> float:
    """Half the log determinant of C'C, which makes evidences of different layouts comparable."""
    gram = (layout.constraints.T @ layout.constraints).toarray()
    return 0.5 * float(np.linalg.slogdet(gram)[1])


def _cholesky(matrix: Floats) -> Floats:
    """Lower Cholesky factor; straight to LAPACK, since for twenty columns SciPy's checks are half of the cost."""
    factor, info = linalg.lapack.dpotrf(matrix, lower=1, clean=1)
    if info:
        raise np.linalg.LinAlgError(f"the leading minor of order {info} is not positive definite")
    return np.asarray(factor)


def _solved(factor: Floats, right: Floats, *, transposed: bool = False) -> Floats:
    """The solution of ``factor x = right`` for a lower Cholesky factor; nothing is asked of LAPACK for no rows."""
    return np.asarray(linalg.lapack.dtrtrs(factor, right, lower=1, trans=int(transposed))[0]) if len(factor) else right


def _inverse(factor: Floats) -> Floats:
    """Full inverse from a lower Cholesky factor."""
    lower, _ = linalg.lapack.dpotri(factor, lower=1)
    full = lower + lower.T  # the factor's upper triangle is zero, and so is this one's
    np.fill_diagonal(full, lower.diagonal())
    return np.asarray(full)


def _correction(half: Floats, between: Floats, constraints: Floats | sparse.csc_array) -> Floats:
    """SC G^-1 C', what a free draw must lose to satisfy the constraints, shape (p, p)."""
    solved = _solved(between, half, transposed=True)
    return np.asarray((constraints @ solved).T)


class _Sums(Protocol):
    def weighted(self, w: Floats) -> Floats: ...

    def traces(self, symmetric: Floats) -> Floats: ...

    def forms(self, vector: Floats) -> Floats: ...


class _DenseSums:
    """B full matrices as one (B, p^2) array."""

    def __init__(self, view: View) -> None:
        self._p = len(view.layout)
        self._stack = np.zeros((len(view.grams), self._p**2))
        for row, gram in zip(self._stack, view.grams, strict=True):
            lower = gram.toarray() * view.gram_scale
            row[:] = (lower + np.tril(lower, -1).T).ravel()

    def weighted(self, w: Floats) -> Floats:
        """sum_b w_b A_b, shape (p, p)."""
        return np.asarray(w @ self._stack).reshape(self._p, self._p)

    def traces(self, symmetric: Floats) -> Floats:
        """tr(A_b T) for a symmetric T, shape (B,)."""
        return np.asarray(self._stack @ symmetric.ravel())

    def forms(self, vector: Floats) -> Floats:
        """t' A_b t, shape (B,)."""
        return np.asarray(self._stack @ np.outer(vector, vector).ravel())


class _SparseSums:
    """B lower triangles in CSR form, as integers."""

    def __init__(self, view: View) -> None:
        self._p, self._scale, self._grams = len(view.layout), view.gram_scale, view.grams

    def weighted(self, w: Floats) -> Floats:
        """Lower triangle of sum_b w_b A_b, shape (p, p); the upper one is zero."""
        total = np.zeros((self._p, self._p))
        for weight, gram in zip(w, self._grams, strict=True):
            for start in range(0, self._p, _BAND):
                band = gram[start : start + _BAND]
                total[start : start + _BAND] += (weight * self._scale) * band.toarray()
        return total

    def traces(self, symmetric: Floats) -> Floats:
        """tr(A_b T) for a symmetric T, shape (B,)."""
        found = []
        for gram in self._grams:
            row = np.repeat(np.arange(self._p, dtype=np.int32), np.diff(gram.indptr))
            lower = float(gram.data @ symmetric[row, gram.indices])
            found.append(2 * lower - float(gram.diagonal() @ np.diag(symmetric)))
        return np.array(found) * self._scale

    def forms(self, vector: Floats) -> Floats:
        """t' A_b t, shape (B,)."""
        found = [2 * (vector @ (gram @ vector)) - gram.diagonal() @ vector**2 for gram in self._grams]
        return np.array(found) * self._scale


_BAND = 256
