"""A fit that goes on learning, one observation at a time, and predicts before it learns.

Between two fits of ``effects`` the variance components hardly move, so a Gaussian posterior can be conditioned on each
new row exactly by a rank-one update (Kalman 1960 without motion) in microseconds. A feature never seen enters with its
group's prior variance: it widens the prediction. Numbers only; must not know what is predicted.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from reflection.errors import LearningError
from reflection.learning.effects import PRIOR_RATE, Fit, fit
from reflection.learning.layout import INTERCEPT, Feature
from reflection.learning.rows import Design, Rows, Stratum
from reflection.learning.statistics import SufficientStatistics

Floats = NDArray[np.float64]

HYPER_DRAWS = 48
INTEGRATE_BELOW = 60
"""From so many rows on the variance components are plugged in: what they leave open, conformal prediction covers."""

DRAWS = 200


@dataclass(frozen=True, eq=False)
class Sequential:
    """Gaussian belief about the effects of some features.

    ``features``: p columns, the intercept first. ``mean``: (p,). ``covariance``: (p, p). ``scatter``: standard
    deviation of a single observation beyond its known variance. ``tau``: prior standard deviation per group.
    """

    features: tuple[Feature, ...]
    mean: Floats
    covariance: Floats
    scatter: float
    tau: Mapping[str, float]

    @cached_property
    def _column(self) -> dict[Feature, int]:
        return {feature: index for index, feature in enumerate(self.features)}

    def knows(self, feature: Feature) -> bool:
        """Whether a feature has a column, that is, any evidence."""
        return feature in self._column

    def prior(self, feature: Feature) -> float:
        """Prior standard deviation of a feature; the prior mean of tau for a group never fitted."""
        return self.tau.get(feature.group, 1.0 / PRIOR_RATE)

    def predict(self, row: Mapping[Feature, float], v: float) -> tuple[float, float]:
        """Mean and standard deviation of an observation with sampling variance `v`; `row` without intercept."""
        x, unseen = self._vector(row)
        variance = float(x @ self.covariance @ x) + unseen + self.scatter**2 + v
        return float(x @ self.mean), float(np.sqrt(max(variance, 1e-12)))

    def effect(self, row: Mapping[Feature, float]) -> tuple[float, float]:
        """Mean and standard deviation of the linear predictor itself, without scatter and sampling noise."""
        x, unseen = self._vector(row)
        return float(x @ self.mean), float(np.sqrt(max(float(x @ self.covariance @ x) + unseen, 0.0)))

    def learn(self, row: Mapping[Feature, float], y: float, v: float) -> "Sequential":
        """The belief after one observation.

        Raises:
            LearningError: y or v is not a finite number.
        """
        if not (np.isfinite(y) and np.isfinite(v) and v >= 0):
            raise LearningError("an observation needs a finite value and a finite variance")
        grown = self._with([feature for feature, value in row.items() if value and not self.knows(feature)])
        x, _ = grown._vector(row)
        reach = grown.covariance @ x
        gain = reach / float(x @ reach + grown.scatter**2 + v)
        mean = grown.mean + gain * (y - float(x @ grown.mean))
        covariance = grown.covariance - np.outer(gain, reach)
        # Outer products of rounded numbers drift from symmetry over thousands of updates.
        covariance = (covariance + covariance.T) / 2.0
        return Sequential(grown.features, mean, covariance, self.scatter, self.tau)

    def _with(self, new: Sequence[Feature]) -> "Sequential":
        if not new:
            return self
        size = len(self.features)
        covariance = np.zeros((size + len(new), size + len(new)))
        covariance[:size, :size] = self.covariance
        for offset, feature in enumerate(new):
            covariance[size + offset, size + offset] = self.prior(feature) ** 2
        mean = np.concatenate([self.mean, np.zeros(len(new))])
        return Sequential((*self.features, *new), mean, covariance, self.scatter, self.tau)

    def _vector(self, row: Mapping[Feature, float]) -> tuple[Floats, float]:
        x = np.zeros(len(self.features))
        x[0] = 1.0
        unseen = 0.0
        for feature, value in row.items():
            column = self._column.get(feature)
            if column is None:
                unseen += (value * self.prior(feature)) ** 2
            else:
                x[column] = value
        return x, unseen


def fitted(
    rows: Sequence[Mapping[Feature, float]], y: Sequence[float], v: Sequence[float], seed: int | Sequence[int] = 0
) -> Sequential:
    """Fit all rows anew with ``effects.fit`` (variance components included); the same rows, the same answer.

    Args:
        rows: features of each observation, the intercept is added here.
        y, v: observed values and their known sampling variances.
    """
    design = Design.of([{INTERCEPT: 1.0, **row} for row in rows])
    statistics = SufficientStatistics()
    statistics.add(Rows.of(design, y, v))
    hyper_draws = HYPER_DRAWS if len(rows) < INTEGRATE_BELOW else 1
    return _of(fit(statistics.view(), seed, hyper_draws=hyper_draws, draws=DRAWS))


def _of(found: Fit) -> Sequential:
    """Correlations as at the mode, standard deviations as integrated over the variance components."""
    at_mode = found.covariance.astype(np.float64)
    spread = np.sqrt(np.maximum(np.diag(at_mode), 1e-12))
    ratio = np.where(found.sd > 0, found.sd / spread, 0.0)
    return Sequential(
        features=found.layout.features,
        mean=np.asarray(found.mean, dtype=np.float64),
        covariance=at_mode * np.outer(ratio, ratio),
        scatter=float(found.sigma.get(Stratum.BETWEEN, 1.0 / PRIOR_RATE)),
        tau={group: float(tau) for group, tau in zip(found.layout.groups, found.tau, strict=True)},
    )
