"""The Gaussian posterior of all effects for given variance components, with its evidence and exact gradient.

Model of one metric (LEARNING 3): y = x' b + u + e, e ~ N(0, v) known, u ~ N(0, sigma_s^2) per stratum s (none for
experiments; where units repeat, between rows carry the scatter of units and a share of that between periods), b_j ~
N(0, tau_g^2) in group g conditioned on C' b = 0, intercept ~ N(0, 10^2). The constraint is imposed exactly: everything
is worked out in the coordinates of `zero_sum`, in which there is none, so that a posterior takes one Cholesky factor
and leaves no penalty to tune. Of very many columns that basis would be too large: see `wide_posterior`. This file must
not know how variance components are chosen, nor what the columns stand for.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy import linalg

from reflection.stats.posterior.scatter_priors import PRIOR_RATE, UNIT_PRIOR_RATE, group_rates
from reflection.stats.sums.block_sums import BlockSums, DenseSums
from reflection.stats.sums.cholesky import Number, cholesky, inverse, solved
from reflection.stats.sums.columns import Layout
from reflection.stats.sums.design import Stratum
from reflection.stats.sums.sufficient_statistics import View
from reflection.stats.sums.zero_sum import zero_sum

Floats = NDArray[np.float64]

INTERCEPT_SD = 10.0

_AT_ONCE = 8
"""Components whose precision matrices are made together: few enough to stay in the processor's cache."""


@dataclass(frozen=True, eq=False)
class Posterior:
    """Constrained Gaussian posterior at fixed variance components.

    ``log_evidence``: log marginal likelihood up to a constant of the rows (not of the layout). ``coordinates``: the
    mean in the model's own coordinates, (r,). What not everybody asks for (``mean``, ``covariance``, ``variance``,
    ``gradient``, draws) is worked out when it is.
    """

    log_evidence: float
    components: Floats
    coordinates: Floats
    _model: Model
    _factor: Floats

    @cached_property
    def mean(self) -> Floats:
        """Mean of the effects, (p,)."""
        return self.effects(self.coordinates)

    @cached_property
    def free_covariance(self) -> Floats:
        """Covariance of the coordinates, (r, r)."""
        return inverse(self._factor)

    @cached_property
    def covariance(self) -> Floats:
        """Covariance of the effects, (p, p)."""
        return zero_sum(self._model.layout).covariance(self.free_covariance)

    @property
    def variance(self) -> Floats:
        """Diagonal of the covariance, (p,), without the rest of it."""
        return zero_sum(self._model.layout).variance(self.free_covariance)

    @property
    def weights(self) -> Floats:
        """Weight 1/(v + sigma^2) of each block, (B,)."""
        return self._model.weights(self.components)

    @cached_property
    def gradient(self) -> Floats:
        """Derivative of ``log_evidence`` by (log sigma of each learnt stratum, log tau of each group)."""
        return self._model.gradient(self.components, self)

    def half(self, columns: Floats) -> Floats:
        """Rows over columns times a square root of their covariance S, (k, p) -> (r, k): H with H'H = columns S
        columns'."""
        return solved(self._factor, zero_sum(self._model.layout).vectors(columns).T)

    def draw(self, rng: np.random.Generator, count: int) -> NDArray[np.float32]:
        """Return posterior draws, shape (p, count); every draw satisfies the constraints."""
        return self.effects(self.draw_coordinates(rng, count))

    def draw_coordinates(self, rng: np.random.Generator, count: int) -> NDArray[np.float32]:
        """Draws of the coordinates, (r, count), of which :meth:`effects` makes draws of the effects."""
        white = rng.standard_normal((count, len(self.coordinates)), dtype=np.float32).T
        return solved(self._factor, white, transposed=True) + self.coordinates[:, None].astype(np.float32)

    def effects(self, coordinates: NDArray[Number]) -> NDArray[Number]:
        """Effects of coordinates, (r, ...) -> (p, ...)."""
        return zero_sum(self._model.layout).effects(coordinates)


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
        self.carried = _carried(view, self.strata)
        self._sums, self._moment, self._member = self._in_coordinates()

    def _in_coordinates(self) -> tuple[BlockSums, Floats, NDArray[np.intp]]:
        """The sums, the moments and the group of each coordinate (the first is the intercept)."""
        basis = zero_sum(self.layout)
        return DenseSums(self.view, basis), basis.vectors(self.view.moment), basis.member

    @property
    def dimensions(self) -> int:
        """Number of variance components."""
        return len(self.strata) + len(self.layout.groups)

    @cached_property
    def rates(self) -> Floats:
        """Rate of the exponential prior of each standard deviation, shape (dimensions,)."""
        of_strata = np.full(len(self.strata), PRIOR_RATE)
        if Stratum.PERIOD in self.strata and Stratum.BETWEEN in self.strata:
            of_strata[self.strata.index(Stratum.BETWEEN)] = UNIT_PRIOR_RATE
        return np.concatenate([of_strata, group_rates(self.layout)])

    @cached_property
    def curvature(self) -> Floats:
        """Typical curvature of the log evidence in each component: twice its rows or free effects."""
        return np.maximum(2.0 * np.concatenate([self.rows_of_strata, self.layout.dof]), 2.0)

    @property
    def rows_of_strata(self) -> Floats:
        """Rows that carry each learnt scatter, shape (strata,)."""
        return np.asarray(self.view.rows @ self.carried)

    def information(self, components: Floats, posterior: Posterior) -> Floats:
        """Expected information about the components, shape (dimensions, dimensions).

        Of two tau: 2 tr(K_gh K_hg) with K = I - S D, what the rows say beside the prior; of a sigma: twice its rows,
        each counted by the share of its variance that is this overdispersion (Fisher scoring for variance components,
        Searle, Casella and McCulloch 1992, 6.7). Sigma and tau are taken as independent, rows being many.
        """
        w, d, member = self.weights(components), self.prior_precision(components)[1:], self.layout.group_index[1:]
        starts = np.flatnonzero(np.diff(member, prepend=-1))
        ends = np.append(starts[1:], len(d))
        squares = (  # group by group, so that no second matrix of this size is made; S is symmetric
            d * d[start] * np.square(posterior.covariance[1 + start : 1 + end, 1:]).sum(axis=0)
            for start, end in zip(starts.tolist(), ends.tolist(), strict=True)
        )
        of_tau = np.array([np.add.reduceat(row, starts) for row in squares]).reshape(len(starts), -1)
        determined = np.bincount(member, np.diag(posterior.covariance)[1:] * d, minlength=len(self.layout.groups))
        of_tau[np.diag_indices_from(of_tau)] += self.layout.dof - 2 * determined
        count = len(self.strata)
        total = np.zeros((self.dimensions, self.dimensions))
        share = w[:, None] * self.carried * np.exp(2 * components[:count])
        total[:count, :count] = share.T @ (self.view.rows[:, None] * share)
        total[count:, count:] = of_tau
        return 2 * total

    def prior_precision(self, components: Floats) -> Floats:
        """Diagonal prior precision of the unconstrained effects, shape (p,)."""
        return self._precision(components, self.layout.group_index)

    def _precision(self, components: Floats, member: NDArray[np.intp]) -> Floats:
        """Prior precision by group, (..., dimensions) -> (..., members); the first member is the intercept."""
        of_group = np.exp(-2 * components[..., len(self.strata) :])
        precision = np.empty((*components.shape[:-1], len(member)))
        precision[..., 0] = INTERCEPT_SD**-2
        precision[..., 1:] = of_group[..., member[1:]]
        return precision

    def weights(self, components: Floats) -> Floats:
        """Weight 1/(v + sigma^2) of each block, (..., dimensions) -> (..., B)."""
        return np.asarray(1.0 / (self.view.v + np.exp(2 * components[..., : len(self.strata)]) @ self.carried.T))

    @cached_property
    def coordinates_of_groups(self) -> tuple[slice, ...]:
        """Where the coordinates of each group are."""
        ends = 1 + np.searchsorted(self._member[1:], np.arange(len(self.layout.groups)), "right")
        return tuple(slice(int(first), int(end)) for first, end in pairwise([1, *ends.tolist()]))

    def posterior(self, components: Floats) -> Posterior:
        """Return the posterior at these components, shape (dimensions,)."""
        return self.posteriors(components[None])[0]

    def posteriors(self, components: Floats) -> list[Posterior]:
        """The posteriors at each of N components, (N, dimensions)."""
        posteriors: list[Posterior] = []
        for start in range(0, len(components), _AT_ONCE):
            some = components[start : start + _AT_ONCE]
            w, d = self.weights(some), self._precision(some, self._member)
            precision = self._sums.weighted(w)
            precision.reshape(len(some), -1)[:, :: d.shape[1] + 1] += d  # the diagonal
            for number, pull in enumerate(w @ self._moment):
                factor = cholesky(precision[number])
                white = solved(factor, pull)
                evidence = self._log_evidence(w[number], d[number], float(white @ white), np.diag(factor))
                coordinates = solved(factor, white, transposed=True)
                posteriors.append(Posterior(evidence, some[number], coordinates, self, factor))
        return posteriors

    def _log_evidence(self, w: Floats, d: Floats, fitted: float, diagonal: Floats) -> float:
        """log p(y), a Gaussian in the coordinates."""
        data = float(self.view.rows @ np.log(w) - w @ self.view.square + fitted)
        return 0.5 * (data + float(np.log(d).sum())) - float(np.log(diagonal).sum())

    def gradient(self, components: Floats, posterior: Posterior) -> Floats:
        """Derivative of the log evidence at these components, shape (dimensions,)."""
        w, d = self.weights(components), self._precision(components, self._member)
        second = posterior.coordinates**2 + np.diag(posterior.free_covariance)
        of_tau = np.bincount(self._member[1:], (second * d)[1:], minlength=len(self.layout.groups)) - self.layout.dof
        slope = w**2 * self._residual(posterior) - w * self.view.rows
        of_sigma = np.exp(2 * components[: len(self.strata)]) * (slope @ self.carried)
        return np.concatenate([of_sigma, of_tau])

    def hessian(self, components: Floats, posterior: Posterior) -> Floats:
        """Second derivatives of the log evidence at these components, shape (dimensions, dimensions).

        From dS = -S dM S and dm = S (dr - dM m); r = sum_b w_b X_b'y_b.
        """
        w, d = self.weights(components), self._precision(components, self._member)
        s, m = posterior.free_covariance, posterior.coordinates
        count, member = len(self.strata), self._member[1:]
        indicator = np.zeros((len(d), len(self.layout.groups)))
        indicator[np.arange(1, len(d)), member] = d[1:]  # D of each group, as a column
        pulled = indicator * m[:, None]
        total = np.zeros((self.dimensions, self.dimensions))
        of_tau = indicator.T @ (2 * np.square(s) @ indicator) + 4 * pulled.T @ (s @ pulled)
        of_tau.flat[:: len(of_tau) + 1] -= 2 * ((m**2 + np.diag(s)) @ indicator)
        total[count:, count:] = of_tau
        residual, turned = self._residual(posterior), []
        variances = np.exp(2 * components[:count]) * self.carried  # of each scatter in each block
        changes = -2 * variances * np.square(w)[:, None]
        slope = w**2 * residual - w * self.view.rows
        total[:count, :count] = variances.T @ ((2 * w * residual - self.view.rows)[:, None] * changes)
        total.flat[: count * self.dimensions : self.dimensions + 1] += 2 * (slope @ variances)
        for i, change in enumerate(changes.T):
            weighted = self._sums.weighted(change)
            push = change @ self._moment - weighted @ m
            moved = s @ weighted
            total[i, count:] = total[count:, i] = (2 * m * (s @ push) - np.einsum("ij,ij->i", moved, s)) @ indicator
            turned.append((push, moved))
        for i, (push, moved) in enumerate(turned):
            for k, (other, also) in enumerate(turned):
                total[i, k] += push @ (s @ other) + 0.5 * float(np.einsum("ij,ji->", moved, also))
        return total

    def _residual(self, posterior: Posterior) -> Floats:
        """Expected sum of squared residuals of each block, shape (B,)."""
        expected = self._sums.traces(posterior.free_covariance, posterior.coordinates)
        return np.asarray(self.view.square - 2 * self._moment @ posterior.coordinates + expected)


def mean_variance(weight: Floats, posteriors: Sequence[Posterior]) -> Floats:
    """Weighted mean of the variances of the effects, (p,): of one model, in the coordinates of which they are added."""
    total = np.zeros_like(posteriors[0]._factor)
    for share, posterior in zip(weight.tolist(), posteriors, strict=True):
        total += share * linalg.lapack.dpotri(posterior._factor, lower=1)[0]
    full = total + total.T  # the upper triangles are zero
    np.fill_diagonal(full, total.diagonal())
    return zero_sum(posteriors[0]._model.layout).variance(full)


def _carried(view: View, strata: tuple[Stratum, ...]) -> Floats:
    """Which share of each learnt scatter the rows of each block carry, shape (B, strata)."""
    carried = np.zeros((len(view.stratum), len(strata)))
    for column, stratum in enumerate(strata):
        carried[view.stratum == stratum, column] = 1.0
    if Stratum.PERIOD in strata:
        between = view.stratum == Stratum.BETWEEN
        carried[between, strata.index(Stratum.PERIOD)] = view.passing[between]
    return carried
