"""The posterior of very many columns: sums stay sparse, and the constraints are imposed by conditioning.

With M = sum_b w_b A_b + D, S = M^-1 and G = C'SC, the constrained covariance is S - SC G^-1 C'S (Rue and Held 2005,
2.3.3), which costs an inverse and leaves no penalty to tune; the coordinates are the effects themselves. The same
posterior as `gaussian_posterior`. This file must not know how variance components are chosen.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy import linalg

from reflection.stats.posterior.gaussian_posterior import Model, Posterior
from reflection.stats.sums.block_sums import BlockSums, SparseSums
from reflection.stats.sums.cholesky import cholesky, inverse, solved
from reflection.stats.sums.columns import Layout
from reflection.stats.sums.gram import DENSE_COLUMNS
from reflection.stats.sums.sufficient_statistics import View

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class WidePosterior(Posterior):
    """A posterior of very many columns."""

    _half: Floats
    _between: Floats
    _inverse: Floats

    @property
    def mean(self) -> Floats:
        """The coordinates."""
        return self.coordinates

    @cached_property
    def free_covariance(self) -> Floats:
        """Covariance of the effects, which are the coordinates here, (p, p)."""
        free = self._inverse
        free -= self._half.T @ self._half
        return free

    @property
    def covariance(self) -> Floats:
        """The same."""
        return self.free_covariance

    @property
    def variance(self) -> Floats:
        """Diagonal of the covariance, (p,), without the rest of it."""
        white = np.asarray(linalg.lapack.dtrtri(self._factor, lower=1)[0])
        return np.asarray(np.einsum("ij,ij->j", white, white) - np.einsum("ij,ij->j", self._half, self._half))

    def draw(self, rng: np.random.Generator, count: int) -> NDArray[np.float32]:
        """Return posterior draws, shape (p, count); every draw satisfies the constraints."""
        noise = solved(self._factor, rng.standard_normal((len(self.mean), count)), transposed=True)
        missed = solved(self._between, np.asarray(self._model.layout.constraints.T @ noise))
        return np.asarray(self.mean[:, None] + noise - self._half.T @ missed, dtype=np.float32)


class WideModel(Model):
    """The posterior of one view of very many columns as a function of its variance components."""

    def __init__(self, view: View) -> None:
        super().__init__(view)
        self._volume = _log_volume(self.layout)

    def _in_coordinates(self) -> tuple[BlockSums, Floats, NDArray[np.intp]]:
        return SparseSums(self.view), self.view.moment, self.layout.group_index

    def posteriors(self, components: Floats) -> list[Posterior]:
        """The posteriors at each of N components, (N, dimensions), of which as many are in memory."""
        return [self.posterior(one) for one in components]

    def posterior(self, components: Floats) -> Posterior:
        """Return the posterior at these components, shape (dimensions,)."""
        w, d = self.weights(components), self.prior_precision(components)
        precision = self._sums.weighted(w)
        precision.flat[:: len(d) + 1] += d  # the diagonal
        factor = cholesky(precision)
        pull = w @ self.view.moment
        free = inverse(factor)
        crossed = np.asarray(self.layout.constraints.T @ free)
        between = cholesky(np.asarray(crossed @ self.layout.constraints))
        half = solved(between, crossed)
        mean = solved(factor, solved(factor, pull), transposed=True) - half.T @ (half @ pull)
        diagonal = np.concatenate([np.diag(factor), np.diag(between)])
        log_tau = components[len(self.strata) :]
        volume = self._volume - self.layout.dof @ log_tau - 0.5 * np.log(d[1:]).sum()
        evidence = self._log_evidence(w, d, float(pull @ mean), diagonal) + float(volume)
        return WidePosterior(evidence, components, mean, self, factor, half, between, free)


def model_of(view: View) -> Model:
    """The model of one view, by the number of its columns."""
    return Model(view) if len(view.layout) <= DENSE_COLUMNS else WideModel(view)


def _log_volume(layout: Layout) -> float:
    """Half the log determinant of C'C, which makes evidences of different layouts comparable."""
    gram = (layout.constraints.T @ layout.constraints).toarray()
    return 0.5 * float(np.linalg.slogdet(gram)[1])
