"""What an experiment says by itself, before anything is learnt from it: its split, its lifts, and whether one may stop.

Pure: the experiment in, plain values out. Must not know campaigns.
"""

import math
from typing import Any

import numpy as np

from reflection.domain.experiment import Experiment
from reflection.inference.trials.experiments import WRONG_SPLIT, levels_of, split_p, wrong_split
from reflection.inference.trials.studies import incremental
from reflection.stats.sums.experiments import always_valid, events_needed

Z90 = 1.6448536269514722


def results_of(experiment: Experiment) -> dict[str, Any]:
    """{split, comparisons, studies, settled, events_needed}.

    `split` is {p, as_planned} or None where not every arm says how many were assigned. A comparison has the lift of an
    arm over what it is compared with, its 90 % interval, and one that holds however often one looks (`always_valid`);
    it is settled where that leaves out "no difference", or leaves in only differences that are not worth knowing.
    `events_needed`: of each of two equal arms, until a lift of `smallest_effect` is settled with 80 %.
    """
    chance = split_p(experiment)
    comparisons = _comparisons(experiment)
    return {
        "split": None if chance is None else {"p": chance, "as_planned": chance >= WRONG_SPLIT},
        "comparisons": comparisons,
        "studies": _studies(experiment),
        "settled": bool(comparisons)
        and not wrong_split(experiment)
        and all(item["verdict"] != "open" for item in comparisons),
        "events_needed": math.ceil(events_needed(experiment.smallest_effect)),
    }


def _comparisons(experiment: Experiment) -> list[dict[str, Any]]:
    """Every arm against the control (or the first arm), on every metric that was measured."""
    comparisons = []
    for metric, arms, levels in levels_of(experiment) if experiment.kind == "ab" else ():
        for number in range(1, len(arms)):
            lift = float(levels.y[number] - levels.y[0])
            error = math.sqrt(levels.v[number] + levels.v[0])
            low, high = always_valid(lift, error, experiment.smallest_effect)
            comparisons.append(
                {
                    "arm": arms[number].name,
                    "against": arms[0].name,
                    "metric": metric,
                    "lift": _ratio(lift),
                    "interval": [_ratio(lift - Z90 * error), _ratio(lift + Z90 * error)],
                    "always_valid": [_ratio(low), _ratio(high)],
                    "verdict": _verdict(low, high, experiment.smallest_effect),
                }
            )
    return comparisons


def _verdict(low: float, high: float, smallest: float) -> str:
    """``higher``, ``lower``, ``alike`` (no difference worth knowing), or ``open``."""
    if low > 0 or high < 0:
        return "higher" if low > 0 else "lower"
    return "alike" if -smallest <= low and high <= smallest else "open"


def _ratio(log_lift: float) -> float:
    return float(np.exp(np.clip(log_lift, -50.0, 50.0)))


def _studies(experiment: Experiment) -> list[dict[str, Any]]:
    """What ads brought that would not have come anyway, of each arm of a study."""
    studies = []
    for arm in experiment.arms if experiment.kind != "ab" else ():
        measured = None if arm.control else incremental(experiment, arm)
        if measured is None:
            continue
        value, error = measured
        limits = [value - Z90 * error, value + Z90 * error]
        share = [amount / arm.attributed for amount in (value, *limits)] if arm.attributed else None
        studies.append(
            {
                "arm": arm.name,
                "incremental": value,
                "interval": limits,
                "attributed": arm.attributed,
                "share_incremental": None if share is None else share[0],
                "share_interval": None if share is None else share[1:],
                "cost_per_incremental": arm.spend / value if arm.spend and limits[0] > 0 else None,
            }
        )
    return studies
