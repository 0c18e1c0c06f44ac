"""What something beside the signals adds to the rates of a plan, such as its texts, or the time of the year.

Must not know what it is that adds it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from reflection.domain.metrics import METRICS


@dataclass(frozen=True, slots=True)
class RateShift:
    """What is added to the logs of observed metrics.

    Attributes:
        mean, variance: by metric, on the log scale; the variance is that of what is not known of it.
        notes: sentences for whoever reads the plan.
    """

    mean: Mapping[str, float] = field(default_factory=dict)
    variance: Mapping[str, float] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    def on(self, metric: str) -> tuple[float, float]:
        """Mean and variance on the log of an observed metric or of what is composed of them."""
        parts = METRICS[metric].composition.items()
        mean = sum(sign * self.mean.get(part, 0.0) for part, sign in parts)
        return mean, sum(sign**2 * self.variance.get(part, 0.0) for part, sign in parts)


def together(shifts: Sequence[RateShift], metric: str) -> tuple[float, float]:
    """Mean and variance of several, each by itself, on the log of a metric."""
    parts = [shift.on(metric) for shift in shifts]
    return sum(mean for mean, _ in parts), sum(variance for _, variance in parts)
