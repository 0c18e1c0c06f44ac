"""What a test is worth before it is run, and which result decides (Raiffa and Schlaifer 1961, preposterior analysis).

Two options, one of which is booked today; the logs of what they bring are jointly normal. A test observes the log of
their ratio with noise. After it the better one is booked, so its value is the expected maximum after it less the
maximum now; which of the two is booked today makes no difference to it. This file must not know what the options are,
nor what money is.
"""

import math
from dataclasses import dataclass
from functools import cached_property

from scipy.special import ndtr


@dataclass(frozen=True)
class TwoOptions:
    """What is believed of two options.

    Attributes:
        today, other: what each is expected to bring, in one unit, above zero.
        mean, variance: of the log of the ratio of the other to today's, ``variance`` above zero.
        covariance: of the log of today's with that of the ratio; zero where today's is known.
    """

    today: float
    other: float
    mean: float
    variance: float
    covariance: float = 0.0

    @cached_property
    def loss_while_testing(self) -> float:
        """What the weaker of the two is expected to bring less than the other."""
        return abs(self.other - self.today)

    def variance_after(self, noise: float) -> float:
        """Variance of the log ratio after a test with this noise (a variance), whatever its outcome."""
        return self.variance * noise / (self.variance + noise)

    def value_of_testing(self, noise: float) -> float:
        """Expected gain from choosing after the test and not now, of one who books what is expected to bring more."""
        moved = self._moved(noise)
        if moved[1] - moved[0] < 1e-9:
            return 0.0
        limit = self._limit(noise)
        after = self.today * float(ndtr(limit - moved[0])) + self.other * float(ndtr(moved[1] - limit))
        return max(after - max(self.today, self.other), 0.0)

    def deciding_result(self, noise: float) -> float:
        """The observed log ratio from which the other option is the better choice after the test."""
        return self.mean + self._limit(noise) * math.sqrt(self.variance + noise)

    def _moved(self, noise: float) -> tuple[float, float]:
        """How far a result one standard deviation up moves the expected log of today's, and of the other."""
        deviation = math.sqrt(self.variance + noise)
        return self.covariance / deviation, (self.covariance + self.variance) / deviation

    def _limit(self, noise: float) -> float:
        """The deciding result in standard deviations from what is expected: there both are expected to bring as much.

        After a result of z the expected value of something is exp(c z - c^2 / 2) times what it was, c being `_moved`.
        """
        today, other = self._moved(noise)
        return (math.log(self.today / self.other) + (other**2 - today**2) / 2) / (other - today)
