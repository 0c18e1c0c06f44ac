"""What a test is worth before it is run, and which result decides (Raiffa and Schlaifer 1961, preposterior analysis).

Two options, one of which is booked today; the log of their ratio is normal with a mean and a variance. A test observes
it with noise. After it the better one is booked, so its value is the expected maximum after it less the maximum now.
This file must not know what the options are, nor what money is.
"""

import math

from scipy.special import ndtr


def variance_after(variance: float, noise: float) -> float:
    """Variance of the log ratio after a test with this noise (a variance), whatever its outcome."""
    return variance * noise / (variance + noise)


def value_of_testing(mean: float, variance: float, noise: float) -> float:
    """Expected gain from choosing after the test and not now, per unit of what is got from the option booked today.

    Args:
        mean, variance: of the log ratio of the other option to that of today, ``variance`` above zero.
        noise: variance of the test's observation.
    """
    left = variance_after(variance, noise)
    learnt = math.sqrt(max(variance - left, 0.0))
    if learnt < 1e-9:
        return 0.0
    distance = (mean + left / 2) / learnt
    ratio = math.exp(mean + variance / 2)
    after = ratio * float(ndtr(distance + learnt)) - float(ndtr(distance))
    return max(after - max(ratio - 1.0, 0.0), 0.0)


def loss_while_testing(mean: float, variance: float) -> float:
    """Expected loss of what is booked on the option that is not the best today, per unit of what it would have got."""
    ratio = math.exp(mean + variance / 2)
    return abs(ratio - 1.0)


def deciding_result(mean: float, variance: float, noise: float) -> float:
    """The observed log ratio from which the other option is the better choice after the test."""
    return -noise * (0.5 + mean / variance)
