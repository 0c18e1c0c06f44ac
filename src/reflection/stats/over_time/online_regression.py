"""A fit that goes on learning, one observation at a time, and predicts before it learns.

Between two fits of `empirical_bayes` the variance components hardly move, so a Gaussian posterior can be conditioned on
each new row exactly by a rank-one update (Kalman 1960 without motion) in microseconds. A feature never seen enters with
its group's prior variance: it widens the prediction. Numbers only; must not know what is predicted.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import isfinite

import numpy as np
from numpy.typing import NDArray

from reflection.errors import LearningError
from reflection.stats.posterior.empirical_bayes import Moments, moments
from reflection.stats.posterior.scatter_priors import PRIOR_RATE
from reflection.stats.sums.columns import INTERCEPT, Feature
from reflection.stats.sums.design import Design, Rows, Stratum
from reflection.stats.sums.sufficient_statistics import SufficientStatistics

Floats = NDArray[np.float64]

HYPER_DRAWS = 16
INTEGRATE_BELOW = 60
"""From so many rows on the variance components are plugged in: what they leave open, conformal prediction covers."""

MOST_LEVERAGE = 0.9
"""An observation that makes up more than this of what is known where it lies cannot be taken out of a belief."""


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
    # Handed on while the columns stay: building it anew for every row would be most of the cost of learning one.
    _column: Mapping[Feature, int] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        if not self._column:
            object.__setattr__(self, "_column", {feature: index for index, feature in enumerate(self.features)})

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
        if not (isfinite(y) and isfinite(v) and v >= 0):
            raise LearningError("an observation needs a finite value and a finite variance")
        grown = self._with([feature for feature, value in row.items() if value and not self.knows(feature)])
        x, _ = grown._vector(row)
        return grown._conditioned(x, y, grown.scatter**2 + v)

    def unlearn(self, row: Mapping[Feature, float], y: float, v: float) -> "Sequential | None":
        """The belief without one observation learnt before; None when too little is known without it.

        Exact between two fits: conditioning on the observation with minus its variance. What it contributed to the
        variance components stays until the next fit.
        """
        if any(value and not self.knows(feature) for feature, value in row.items()):
            return None
        x, _ = self._vector(row)
        noise = self.scatter**2 + v
        if float(x @ self.covariance @ x) > MOST_LEVERAGE * noise:
            return None
        return self._conditioned(x, y, -noise)

    def _conditioned(self, x: Floats, y: float, noise: float) -> "Sequential":
        reach = self.covariance @ x
        gain = reach / (float(x @ reach) + noise)
        mean = self.mean + gain * (y - float(x @ self.mean))
        # One vector times itself: exactly symmetric, also after thousands of updates.
        covariance = self.covariance - np.multiply.outer(reach, reach) / (float(x @ reach) + noise)
        return Sequential(self.features, mean, covariance, self.scatter, self.tau, self._column)

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


def fitted(design: Design, y: Sequence[float], v: Sequence[float], seed: int | Sequence[int] = 0) -> Sequential:
    """Fit all rows anew as `empirical_bayes` does (variance components included); the same rows, the same answer.

    Args:
        design: the rows, see `with_intercept`; share one between metrics observed on the same rows.
        y, v: observed values and their known sampling variances.
    """
    statistics = SufficientStatistics()
    statistics.add(Rows.of(design, y, v))
    return _of(moments(statistics.view(), seed, hyper_draws=HYPER_DRAWS if len(design) < INTEGRATE_BELOW else 1))


def with_intercept(rows: Sequence[Mapping[Feature, float]]) -> Design:
    """The design of rows given without intercept."""
    return Design.of([{INTERCEPT: 1.0, **row} for row in rows])


def _of(moments: Moments) -> Sequential:
    """Correlations as at the mode, standard deviations as integrated over the variance components."""
    spread = np.sqrt(np.maximum(np.diag(moments.covariance), 1e-12))
    ratio = moments.sd / spread
    return Sequential(
        features=moments.layout.features,
        mean=moments.mean,
        covariance=moments.covariance * np.outer(ratio, ratio),
        scatter=moments.sigma.get(Stratum.BETWEEN, 1.0 / PRIOR_RATE),
        tau=dict(zip(moments.layout.groups, moments.tau.tolist(), strict=True)),
    )
