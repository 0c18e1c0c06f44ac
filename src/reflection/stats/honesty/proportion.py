"""Whether a count is out of all proportion to what was due: six times off, and how unlikely by chance.

Real things differ by factors of two or three; what is six times off is counted wrong far more often than it is a
discovery. This file must not know what is counted, nor how surprising is too much.
"""

import math

FACTOR = 6.0


def is_out_of_proportion(count: float, due: float) -> bool:
    """Whether a count is at most a sixth, or at least six times, of what was due; of nothing due nothing is said."""
    return due > 0 and not 1 / FACTOR < count / due < FACTOR


def leans(count: float, due: float, *, many: bool) -> bool:
    """Whether a count is at least half-way out of proportion, to the side of too many or of too few."""
    return count >= FACTOR / 2 * due if many else count <= due / 2


def surprise(count: float, due: float) -> float:
    """Nats by which a Poisson count of so many is less likely, where so many are due, than where itself is.

    >>> surprise(0, 30), round(surprise(60, 30), 1)
    (30, 11.6)
    """
    return due - count + (count * math.log(count / due) if count else 0.0)
