"""What another policy would have earned, from logged choices: doubly robust, with SNIPS as cross-check.

Only logged choices whose probability is known can be re-weighted; without propensities the answer is "not evaluable"
and says why. The model's predictions must come from data earlier than each choice; this file cannot check that and the
caller guarantees it. Numbers only.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from reflection.errors import LearningError

Array = NDArray[np.float64]

MINIMUM_EFFECTIVE = 10.0
DISAGREEMENT = 3.0
"""Standard errors between the two estimators above which neither is believed."""


@dataclass(frozen=True, slots=True)
class PolicyValue:
    """Value per choice of a policy, in the units of the reward.

    `value` (doubly robust), `interval` (90 %) and `snips` are None when not evaluable; `reason` says why.
    `effective` is Kish's effective sample size, (sum w)^2 / sum w^2.
    """

    n: int
    effective: float
    value: float | None
    interval: tuple[float, float] | None
    snips: float | None
    reason: str | None


def evaluate(
    rewards: Sequence[float],
    logged: Sequence[float | None],
    target: Sequence[float],
    predicted_chosen: Sequence[float],
    predicted_target: Sequence[float],
) -> PolicyValue:
    """Value of a target policy on logged choices.

    Args:
        rewards: what each choice earned.
        logged: probability with which it was made, in (0, 1]; None where it was not logged.
        target: probability with which the target policy would have made it.
        predicted_chosen: the model's reward for the choice made, fitted on earlier data only.
        predicted_target: the model's reward expected under the target policy, likewise.

    Source: Dudik, Langford, Li (2011); Swaminathan and Joachims (2015) for SNIPS.
    """
    count = len(rewards)
    if not len(logged) == len(target) == len(predicted_chosen) == len(predicted_target) == count:
        raise LearningError("every logged choice needs a reward, propensities and predictions")
    if count == 0:
        return _refused(0, 0.0, "no choice was logged")
    missing = sum(1 for value in logged if value is None or not 0.0 < value <= 1.0)
    if missing:
        return _refused(count, 0.0, f"not evaluable: {missing} of {count} choices were logged without a propensity")
    known = np.asarray([value for value in logged if value is not None], dtype=float)
    weights = np.asarray(target, dtype=float) / known
    total = float(weights.sum())
    effective = total**2 / float(weights @ weights) if total > 0 else 0.0
    if effective < MINIMUM_EFFECTIVE:
        worth = f"the logged choices are worth {effective:.1f} of the other policy's"
        why = f"not evaluable: {worth}, {MINIMUM_EFFECTIVE:g} are needed"
        return _refused(count, effective, why)
    reward, chosen = np.asarray(rewards, dtype=float), np.asarray(predicted_chosen, dtype=float)
    terms = np.asarray(predicted_target, dtype=float) + weights * (reward - chosen)
    return _verdict(terms, float(weights @ reward) / total, effective)


def _verdict(terms: Array, snips: float, effective: float) -> PolicyValue:
    value = float(terms.mean())
    error = float(terms.std(ddof=1)) / np.sqrt(terms.size)
    # Two roads to one number; far apart, the weights or the model are wrong and the number is worth nothing.
    if abs(value - snips) > DISAGREEMENT * max(error, 1e-12) + 1e-9 * abs(value):
        return PolicyValue(
            int(terms.size),
            effective,
            None,
            None,
            snips,
            f"not evaluable: the doubly robust estimate {value:.4g} and SNIPS {snips:.4g} disagree",
        )
    interval = (value - 1.645 * error, value + 1.645 * error)
    return PolicyValue(int(terms.size), effective, value, (float(interval[0]), float(interval[1])), snips, None)


def _refused(count: int, effective: float, reason: str) -> PolicyValue:
    return PolicyValue(count, effective, None, None, None, reason)
