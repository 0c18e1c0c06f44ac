"""Lift and geo studies: what ads brought that would not have come anyway, and which share that is of what is claimed.

Pure: the study in, numbers out. Must not know what is learnt from them.
"""

import math

from reflection.domain.experiment import Arm, Experiment
from reflection.inference.trials.experiments import wrong_split


def shares_found(experiment: Experiment) -> list[tuple[Arm, float, float]]:
    """Each arm of a study with the share of its attributed conversions that was incremental, and its error."""
    if experiment.kind == "ab" or wrong_split(experiment):
        return []
    shares = []
    for arm in experiment.arms:
        measured = None if arm.control else incremental(experiment, arm)
        if measured is not None and arm.attributed:
            shares.append((arm, measured[0] / arm.attributed, measured[1] / arm.attributed))
    return shares


def incremental(experiment: Experiment, arm: Arm) -> tuple[float, float] | None:
    """Conversions that an arm's ads brought, and the standard error; None where it does not say.

    From counts only where people were drawn: places scatter more than chance of people, so that counts of them would
    look far too certain.
    """
    if arm.incremental is not None and arm.incremental_error is not None:
        return arm.incremental, arm.incremental_error
    control = experiment.control
    counts = (arm.conversions, arm.units, control.conversions, control.units)
    if experiment.kind != "lift" or any(count is None for count in counts) or not arm.units or not control.units:
        return None
    ratio = arm.units / control.units
    came, anyway = arm.conversions or 0.0, control.conversions or 0.0
    return came - anyway * ratio, math.sqrt(came + 0.5 + (anyway + 0.5) * ratio**2)
