"""A prediction of one metric as a log-normal, and the pool of two of them.

Two predictions of the same campaign are pooled with inverse-variance weights; because both foresee the same campaign,
their errors are not independent, so the pool keeps the spread of a mixture instead of shrinking it. Must not know whose
predictions they are.
"""

from dataclasses import dataclass

import numpy as np
from scipy import special

ROUNDING = 1e-9
"""Log differences below it are those of floats: what is booked as usual is neither better nor worse."""


@dataclass(frozen=True, slots=True)
class Belief:
    """A log-normal prediction of one metric in its own units: mean and standard deviation of its logarithm."""

    mean: float
    sd: float

    @property
    def point(self) -> float:
        """The median: as likely to be passed as missed."""
        return float(np.exp(self.mean))

    def interval(self, level: float) -> tuple[float, float]:
        """The central interval that holds `level` of the probability, such as 0.9."""
        reach = float(special.ndtri(0.5 + level / 2)) * self.sd
        return float(np.exp(self.mean - reach)), float(np.exp(self.mean + reach))

    def beats(self, value: float, *, lower_is_better: bool) -> float:
        """Probability of reaching a value or beating it."""
        gap = self.mean - float(np.log(value))
        above = float(special.ndtr((gap if abs(gap) > ROUNDING else 0.0) / self.sd))
        return 1.0 - above if lower_is_better else above


def blend(corrected: Belief | None, ours: Belief | None) -> tuple[Belief | None, float | None]:
    """Pool two predictions of the same campaign; the belief and the weight of the signals in it.

    Weights are inverse variances; the variance is that of the mixture, so disagreement widens instead of cancelling.
    """
    if corrected is None or ours is None:
        return (corrected or ours), (None if corrected is None and ours is None else float(corrected is None))
    weight = ours.sd**-2 / (ours.sd**-2 + corrected.sd**-2)
    mean = weight * ours.mean + (1 - weight) * corrected.mean
    within = weight * ours.sd**2 + (1 - weight) * corrected.sd**2
    between = weight * (1 - weight) * (ours.mean - corrected.mean) ** 2
    return Belief(mean, float(np.sqrt(within + between))), weight
