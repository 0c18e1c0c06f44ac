"""A prediction of one metric as a log-normal, and the pool of two of them.

What counts few events is no log-normal: it is a multiple of a whole number, and often none. Its intervals are those of
the count, Poisson around a log-normal rate. Two predictions of the same campaign are pooled with inverse-variance
weights; because both foresee the same campaign, their errors are not independent, so the pool keeps the spread of a
mixture instead of shrinking it. Must not know whose predictions they are.
"""

import math
from dataclasses import dataclass, replace

import numpy as np
from scipy import special

ROUNDING = 1e-9
"""Log differences below it are those of floats: what is booked as usual is neither better nor worse."""

FEW = 30.0
"""Events from which on a log-normal holds as many outcomes as it says."""

HALF = 0.5
"""Of an event: what lies between two counts."""

_MOST = 4_000
"""Counts looked at; where they may be more, what is not known of the rate is all that matters."""

_SURE = 1e-12
_SCORES = special.ndtri((np.arange(32) + 0.5) / 32)


@dataclass(frozen=True, slots=True)
class Belief:
    """A log-normal prediction of one metric in its own units: mean and standard deviation of its logarithm.

    ``events``: how many are expected of what the metric counts; their noise is in ``sd``. ``per_event``: whether it is
    the less the more of them come, as a price of one is; of none there is no price.
    """

    mean: float
    sd: float
    events: float = math.inf
    per_event: bool = False

    @property
    def point(self) -> float:
        """The median: as likely to be passed as missed."""
        return float(np.exp(self.mean))

    def interval(self, level: float) -> tuple[float, float]:
        """The central interval that holds `level` of the probability, such as 0.9; of few events at least so much."""
        counts = self._counts(level) if self.events < FEW else None
        if counts is None:
            reach = float(special.ndtri(0.5 + level / 2)) * self.sd
            return float(np.exp(self.mean - reach)), float(np.exp(self.mean + reach))
        fewest, most = (count / self.events for count in counts)
        if self.per_event:
            return self.point / most, self.point / max(fewest, HALF / self.events)
        return self.point * fewest, self.point * most

    def _counts(self, level: float) -> tuple[float, float] | None:
        """How many events hold so much of the probability, and half of one more; None where they may be very many."""
        rate_sd = math.sqrt(max(self.sd**2 - 1 / (self.events + HALF), 0.0))
        rates = self.events * np.exp(rate_sd * _SCORES)
        most = math.ceil(rates[-1] + 6 * math.sqrt(rates[-1]) + 6)
        if most > _MOST:
            return None
        so_many = special.pdtr(np.arange(most)[:, None], rates).mean(axis=1)
        if self.per_event:
            so_many = (so_many - so_many[0]) / max(1.0 - so_many[0], _SURE)
        low, high = np.searchsorted(so_many, (0.5 - level / 2, 0.5 + level / 2)).tolist()
        return max(low - HALF, 0.0), high + HALF

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
    return replace(ours, mean=mean, sd=float(np.sqrt(within + between))), weight
