"""The Gaussian posterior of all effects for given variance components, with its evidence and exact gradient.

Model of one metric (LEARNING 3): y = x' b + u + e, e ~ N(0, v) known, u ~ N(0, sigma_s^2) per stratum s (none for
experiments; where units repeat, between rows carry the scatter of units and a share of that between periods), b_j ~
N(0, tau_g^2) in group g conditioned on C' b = 0, intercept ~ N(0, 10^2). The constraint is imposed exactly, by
conditioning: with M = sum_b w_b A_b + D, S = M^-1 and G = C'SC, the constrained covariance is S - SC G^-1 C'S (Rue
and Held 2005, 2.3.3), which costs q extra solves and leaves no penalty to tune. This file must not know how variance
components are chosen, nor what the columns stand for.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy import linalg, sparse

from reflection.stats.block_sums import BlockSums, DenseSums, SparseSums
from reflection.stats.columns import Layout
from reflection.stats.design import Stratum
from reflection.stats.sufficient_statistics import View

Floats = NDArray[np.float64]

PRIOR_RATE = 6.0
"""Rate of the exponential prior of every standard deviation: mean 1/6, one in twenty above one half."""
UNIT_PRIOR_RATE = 2.0
"""Of the scatter between units that repeat: a handful of them is all there often is, and must not claim precision."""

INTERCEPT_SD = 10.0
DENSE_COLUMNS = 600
"""Up to here the sums are held as one dense stack; above, as sparse blocks."""


@dataclass(frozen=True, eq=False)
class Posterior:
    """Constrained Gaussian posterior at fixed variance components.

    ``mean``: (p,). ``log_evidence``: log marginal likelihood up to a constant of the rows (not of the layout). What
    not everybody asks for (``covariance``, ``variance``, ``gradient``, draws) is worked out when it is: of hundreds of
    proposals most are only weighed.
    """

    mean: Floats
    log_evidence: float
    components: Floats
    _model: Model
    _factor: Floats
    _half: Floats
    _between: Floats
    _inverse: Floats | None

    @cached_property
    def covariance(self) -> Floats:
        """Covariance of the effects, (p, p)."""
        free = _inverse(self._factor) if self._inverse is None else self._inverse
        free -= self._half.T @ self._half
        return free

    @cached_property
    def variance(self) -> Floats:
        """Diagonal of the covariance, (p,), without the rest of it."""
        white = _triangle_inverse(self._factor)
        return np.asarray(np.einsum("ij,ij->j", white, white) - np.einsum("ij,ij->j", self._half, self._half))

    @cached_property
    def gradient(self) -> Floats:
        """Derivative of ``log_evidence`` by (log sigma of each learnt stratum, log tau of each group)."""
        return self._model.gradient(self.components, self)

    def draw(self, rng: np.random.Generator, count: int) -> Floats:
        """Return posterior draws, shape (p, count); every draw satisfies the constraints."""
        noise = _solved(self._factor, rng.standard_normal((len(self.mean), count)), transposed=True)
        missed = _solved(self._between, self._model.missed(noise))
        return np.asarray(self.mean[:, None] + noise - self._half.T @ missed)


class Model:
    """The posterior of one view as a function of its variance components.

    ``components`` are log standard deviations: first of the learnt strata (:attr:`strata`), then of the
    layout's groups.
    """

    def __init__(self, view: View) -> None:
        self.view = view
        self.layout: Layout = view.layout
        present = set(view.stratum.tolist())
        self.strata = tuple(s for s in (Stratum.BETWEEN, Stratum.WITHIN, Stratum.PERIOD) if s.value in present)
        p = len(self.layout)
        self._sums: BlockSums = DenseSums(view) if p <= DENSE_COLUMNS else SparseSums(view)
        self._constraints: Floats | sparse.csc_array = self.layout.constraints
        if p <= DENSE_COLUMNS:
            self._constraints = self.layout.constraints.toarray()
        self._member = self.layout.group_index
        self._volume = _log_volume(self.layout)
        self.carried = _carried(view, self.strata)

    @property
    def dimensions(self) -> int:
        """Number of variance components."""
        return len(self.strata) + len(self.layout.groups)

    @cached_property
    def rates(self) -> Floats:
        """Rate of the exponential prior of each standard deviation, shape (dimensions,)."""
        rates = np.full(self.dimensions, PRIOR_RATE)
        if Stratum.PERIOD in self.strata and Stratum.BETWEEN in self.strata:
            rates[self.strata.index(Stratum.BETWEEN)] = UNIT_PRIOR_RATE
        return rates

    @cached_property
    def curvature(self) -> Floats:
        """Typical curvature of the log evidence in each component: twice its rows or free effects."""
        return np.maximum(2.0 * np.concatenate([self.view.rows @ self.carried, self.layout.dof]), 2.0)

    def information(self, components: Floats, posterior: Posterior) -> Floats:
        """Expected information about the components, shape (dimensions, dimensions).

        Of two tau: 2 tr(K_gh K_hg) with K = I - S D, what the rows say beside the prior; of a sigma: twice its rows,
        each counted by the share of its variance that is this overdispersion (Fisher scoring for variance components,
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
        total = np.zeros((self.dimensions, self.dimensions))
        share = w[:, None] * self.carried * np.exp(2 * components[:count])
        total[:count, :count] = share.T @ (self.view.rows[:, None] * share)
        total[count:, count:] = of_tau
        return 2 * total

    def prior_precision(self, components: Floats) -> Floats:
        """Diagonal prior precision of the unconstrained effects, shape (p,)."""
        tau = np.exp(components[len(self.strata) :])
        precision = np.full(len(self.layout), INTERCEPT_SD**-2)
        precision[1:] = tau[self._member[1:]] ** -2
        return precision

    def weights(self, components: Floats) -> Floats:
        """Weight 1/(v + sigma^2) of each block, shape (B,)."""
        return np.asarray(1.0 / (self.view.v + self.carried @ np.exp(2 * components[: len(self.strata)])))

    def posterior(self, components: Floats) -> Posterior:
        """Return the posterior at these components, shape (dimensions,)."""
        w, d = self.weights(components), self.prior_precision(components)
        precision = self._sums.weighted(w)
        precision.flat[:: len(d) + 1] += d  # the diagonal
        factor = _cholesky(precision)
        pull = w @ self.view.moment
        crossed, inverse = self._crossed(factor)
        between = _cholesky(np.asarray(crossed @ self._constraints))
        half = _solved(between, crossed)
        free = _solved(factor, _solved(factor, pull), transposed=True)
        mean = free - half.T @ (half @ pull)
        evidence = self._log_evidence(components, w, float(pull @ mean), factor, between)
        return Posterior(mean, evidence, components, self, factor, half, between, inverse)

    def _crossed(self, factor: Floats) -> tuple[Floats, Floats | None]:
        """C'S, (q, p), and S where that is the quicker way to it: where C is sparse."""
        if isinstance(self._constraints, np.ndarray):
            half = _solved(factor, self._constraints)
            return np.ascontiguousarray(_solved(factor, half, transposed=True).T), None
        free = _inverse(factor)
        return np.asarray(self._constraints.T @ free), free

    def missed(self, noise: Floats) -> Floats:
        """By how much columns of effects miss the constraints, C' noise."""
        return np.asarray(self._constraints.T @ noise)

    def _log_evidence(self, components: Floats, w: Floats, fitted: float, factor: Floats, between: Floats) -> float:
        """log p(y) + log p(C'b = 0 | y) - log p(C'b = 0), each Gaussian."""
        data = float(self.view.rows @ np.log(w) - w @ self.view.square + fitted)
        log_tau = components[len(self.strata) :]
        volume = np.log(np.diag(factor)).sum() + np.log(np.diag(between)).sum()
        return 0.5 * data - float(self.layout.dof @ log_tau) - float(volume) + self._volume

    def gradient(self, components: Floats, posterior: Posterior) -> Floats:
        """Derivative of the log evidence at these components, shape (dimensions,)."""
        w, d, covariance, mean = (
            self.weights(components), self.prior_precision(components), posterior.covariance, posterior.mean
        )  # fmt: skip
        second = mean**2 + np.diag(covariance)
        of_tau = np.bincount(self._member[1:], (second * d)[1:], minlength=len(self.layout.groups)) - self.layout.dof
        slope = w**2 * self._residual(posterior) - w * self.view.rows
        of_sigma = np.exp(2 * components[: len(self.strata)]) * (slope @ self.carried)
        return np.concatenate([of_sigma, of_tau])

    def hessian(self, components: Floats, posterior: Posterior) -> Floats:
        """Second derivatives of the log evidence at these components, shape (dimensions, dimensions), for dense sums.

        From dS = -S dM S and dm = S (dr - dM m), which hold for the constrained S as well; r = sum_b w_b X_b'y_b.
        """
        w, d, s, m = (
            self.weights(components), self.prior_precision(components), posterior.covariance, posterior.mean
        )  # fmt: skip
        count, member = len(self.strata), self._member[1:]
        indicator = np.zeros((len(self.layout), len(self.layout.groups)))
        indicator[np.arange(1, len(self.layout)), member] = d[1:]  # D of each group, as a column
        pulled = indicator * m[:, None]
        total = np.zeros((self.dimensions, self.dimensions))
        of_tau = indicator.T @ (2 * np.square(s) @ indicator) + 4 * pulled.T @ (s @ pulled)
        of_tau[np.diag_indices_from(of_tau)] -= 2 * ((m**2 + np.diag(s)) @ indicator)
        total[count:, count:] = of_tau
        residual, turned = self._residual(posterior), []
        variances = np.exp(2 * components[:count]) * self.carried  # of each scatter in each block
        changes = -2 * variances * np.square(w)[:, None]
        slope = w**2 * residual - w * self.view.rows
        total[:count, :count] = variances.T @ ((2 * w * residual - self.view.rows)[:, None] * changes)
        total[np.diag_indices(count)] += 2 * (slope @ variances)
        for i, change in enumerate(changes.T):
            weighted = self._sums.weighted(change)
            push = change @ self.view.moment - weighted @ m
            moved = s @ weighted
            total[i, count:] = total[count:, i] = (2 * m * (s @ push) - np.einsum("ij,ji->i", moved, s)) @ indicator
            turned.append((push, moved))
        for i, (push, moved) in enumerate(turned):
            for k, (other, also) in enumerate(turned):
                total[i, k] += push @ (s @ other) + 0.5 * np.einsum("ij,ji->", moved, also)
        return total

    def _residual(self, posterior: Posterior) -> Floats:
        """Expected sum of squared residuals of each block, shape (B,)."""
        expected = self._sums.traces(posterior.covariance, posterior.mean)
        return np.asarray(self.view.square - 2 * self.view.moment @ posterior.mean + expected)


def _carried(view: View, strata: tuple[Stratum, ...]) -> Floats:
    """Which share of each learnt scatter the rows of each block carry, shape (B, strata)."""
    carried = np.zeros((len(view.stratum), len(strata)))
    for column, stratum in enumerate(strata):
        carried[view.stratum == stratum, column] = 1.0
    if Stratum.PERIOD in strata:
        between = view.stratum == Stratum.BETWEEN
        carried[between, strata.index(Stratum.PERIOD)] = view.passing[between]
    return carried


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


def _triangle_inverse(factor: Floats) -> Floats:
    """Inverse of a lower triangle."""
    return np.asarray(linalg.lapack.dtrtri(factor, lower=1)[0])


def _inverse(factor: Floats) -> Floats:
    """Full inverse from a lower Cholesky factor."""
    lower, _ = linalg.lapack.dpotri(factor, lower=1)
    full = lower + lower.T  # the factor's upper triangle is zero, and so is this one's
    np.fill_diagonal(full, lower.diagonal())
    return np.asarray(full)
