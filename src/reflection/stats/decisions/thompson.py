"""From posterior draws to a decision: lanes, ranking, odds in money, exploration with known propensities.

Input are draws of log lifts (0 = the usual level) of the options on the goal metric; nothing here knows what an option
is. Ranking by the 90th posterior percentile is optimism in the face of uncertainty (Kaufmann et al. 2012); exploration
is Thompson sampling whose probabilities are computed, floored and logged, so that its value can be judged later.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from reflection.errors import LearningError
from reflection.stats.quantiles import of_sorted

Array = NDArray[np.float64]
Lane = Literal["exploit", "explore", "avoid", "not enough evidence"]

OPTIMISM = 0.9
"""Lower percentiles settle too early: at the 80th, what was not tried twice is seldom tried again."""

FLOOR = 0.05
EXPLORE_SHARE = (0.1, 0.3)


@dataclass(frozen=True, slots=True)
class Odds:
    """What choosing an option means against the usual level, over the posterior.

    Attributes:
        p_better: probability that it beats the usual level.
        low, median, high: 5 %, 50 % and 95 % quantiles of the multiplicative lift.
        optimistic: the 90th percentile of the lift, what options are ranked by.
        expected_gain, downside_5, cvar_5: mean, 5 % quantile and mean of the worst 5 % of the gain, in money (or
            per unit of spend when the stake is 1); negative is a loss.
    """

    p_better: float
    low: float
    median: float
    high: float
    optimistic: float
    expected_gain: float
    downside_5: float
    cvar_5: float


def odds(draws: ArrayLike, stakes: ArrayLike) -> tuple[Odds, ...]:
    """Odds of k options from draws of their log lifts, (k, n); `stakes`: their values at the usual level, money, (k,).

    Raises:
        LearningError: a draw is not finite, or a stake is negative.
    """
    matrix, stake = _matrix(draws), np.asarray(stakes, dtype=float)
    if stake.shape != matrix.shape[:1] or not np.isfinite(stake).all() or (stake < 0).any():
        raise LearningError("every option needs a stake that is not negative")
    # Ties count half: an option without any effect is better with probability 1/2, not 0.
    better = np.mean(matrix > 0, axis=1) + 0.5 * np.mean(matrix == 0, axis=1)
    lift = np.exp(np.clip(np.sort(matrix, axis=1), -50.0, 50.0))  # one sort serves every quantile
    low, median, optimistic, high = (of_sorted(lift, level) for level in (0.05, 0.5, OPTIMISM, 0.95))
    worst = lift[:, : max(1, int(np.ceil(0.05 * matrix.shape[1])))].mean(axis=1)
    gains = [stake * (part - 1.0) for part in (lift.mean(axis=1), low, worst)]
    columns = np.stack([better, low, median, high, optimistic, *gains], axis=1)
    return tuple(Odds(*row) for row in columns.tolist())


def lane(odds: Odds, *, established: bool) -> Lane:
    """The lane of one option, from the figures that are shown of it.

    `established` says whether there is evidence enough to advise anything of it, it being one of many: the odds of one
    are right of that one, and not of those that stand out. Exploit and avoid want an interval without "no difference"
    as well; otherwise there is not enough evidence to say anything; whether that is worth a test rests on the others.
    """
    if established and odds.low > 1.0:
        return "exploit"
    if established and odds.high < 1.0:
        return "avoid"
    return "not enough evidence"


def propensities(draws: ArrayLike, *, floor: float = FLOOR) -> Array:
    """Thompson probabilities of each option (row): the share of draws in which it is the best, floored.

    The floor is added on the simplex, ``floor + (1 - K * floor) * share``, so every option keeps at least `floor` and
    they add up to one; with so many options that the floors alone would exceed one half, the floor shrinks to 1/(2K).
    """
    matrix = _matrix(draws)
    options = matrix.shape[0]
    best = matrix.max(axis=0)
    tied = matrix == best
    share = (tied / tied.sum(axis=0)).mean(axis=1)
    least = min(floor, 0.5 / options)
    return np.asarray(least + (1.0 - options * least) * share, dtype=float)


def explore_share(draws: ArrayLike) -> float:
    """How much of the proposals to explore: 10 % when the best option is known, 30 % when it is anyone's guess.

    Measured by the squared entropy of who is best, relative to not knowing at all.
    """
    share = propensities(draws, floor=0.0)
    if share.size < 2:
        return EXPLORE_SHARE[0]
    present = share[share > 0]
    ignorance = float(-(present * np.log(present)).sum() / np.log(share.size))
    low, high = EXPLORE_SHARE
    return low + (high - low) * min(1.0, max(0.0, ignorance)) ** 2


def _matrix(draws: ArrayLike) -> Array:
    matrix = np.asarray(draws, dtype=float)
    if matrix.ndim != 2 or matrix.size == 0 or not np.isfinite(matrix).all():
        raise LearningError("options need a matrix of finite draws, one row each")
    return matrix
