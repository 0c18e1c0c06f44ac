"""The effect of one signal on one metric, as a fit gives it. Must not know how it was estimated."""

from dataclasses import dataclass, fields
from typing import Any

from reflection.domain.grade import Grade
from reflection.domain.weights import Interval


@dataclass(frozen=True, slots=True)
class Trend:
    """How an effect moved, where that is a finding itself.

    Attributes:
        since: first day of the change, as a date.
        change: lift of its level now over that of then, with its 90 % interval; of a platform over its own level, of
            everything else against the others of its kind.
        lfsr: false-sign rate of the change.
        a_month: lift of thirty days at the pace of the last part of the time, with its 90 % interval; None of
            platforms, which jump.
        ongoing: whether it surely went on in that part; None of platforms.
    """

    since: str
    change: float
    interval: Interval
    lfsr: float
    a_month: float | None = None
    a_month_interval: Interval | None = None
    ongoing: bool | None = None


@dataclass(frozen=True, slots=True)
class WearOut:
    """How a creative wears out, where that is a finding itself; of a metric of which it gets the worse.

    Attributes:
        new_on: first day it ran. age_days: how old it was when it last ran.
        a_month: lift of thirty days more of age, with its 90 % interval.
        change: lift since it was new, with its 90 % interval.
        below_average: the day it falls below what an average creative does today, or fell; None where that is more than
            a year away. below_average_interval: the earliest and the latest day (90 %), None as above.
        spend: what was spent on it in thirty days lately; cost: how much of that buys nothing any more, against when it
            was new, with its 90 % interval; None where no money is known.
    """

    new_on: str
    age_days: int
    a_month: float
    a_month_interval: Interval
    change: float
    interval: Interval
    below_average: str | None
    below_average_interval: tuple[str | None, str | None]
    spend: float | None = None
    cost: float | None = None
    cost_interval: Interval | None = None


@dataclass(frozen=True, slots=True)
class Effect:
    """The effect of one signal on one metric, as a multiplicative lift (1.0 = the average level of its group).

    `finding` says whether it may be called one (false-sign rate at most 10 %, and evidence that reaches the floor);
    `reason` says why not. `goal` is the kind of conversion of the campaigns it rests on, None where the workspace has
    one goal.

    Attributes:
        campaigns: effective number of campaigns, by the share of their impressions.
        real_campaigns, rows: real campaigns it was seen in, and rows of evidence (of a breakdown: ad rows).
        events: events of the metric counted with it, by its shares.
        within: the one real campaign it was seen in, where it is beyond noise there; it says nothing of others.
        identified: whether the evidence can tell it from the effects of other things; else `reason` says from which.
        grade: ``randomised`` where experiments tested it, in every part but the price of an impression; else
            ``observed``.
        experiments: ids of those that tested it, or a part of it.
        trend: how it moved, where that is beyond noise; `effect` is its present level all the same.
        wear_out: how a creative wears out, where that is beyond noise.
    """

    signal: str
    group: str
    metric: str
    raw_lift: float | None
    effect: float
    interval: Interval
    probability: float
    lfsr: float
    campaigns: float
    spend: float | None
    finding: bool
    reason: str
    goal: str | None = None
    real_campaigns: int = 0
    rows: int = 0
    events: float = 0.0
    within: str | None = None
    identified: bool = True
    grade: Grade = "observed"
    experiments: tuple[str, ...] = ()
    trend: Trend | None = None
    wear_out: WearOut | None = None


ESTIMATES = ("effect", "interval", "probability", "lfsr")
"""Fields that say how large an effect is, and how sure."""


def known_values(effect: Effect) -> dict[str, Any]:
    """An effect's fields as every door gives them: None for each estimate of one that is not identified, whose `reason`
    says why; its plain ratio stays."""
    values = {field.name: getattr(effect, field.name) for field in fields(effect)}
    return values if effect.identified else {**values, **dict.fromkeys(ESTIMATES)}
