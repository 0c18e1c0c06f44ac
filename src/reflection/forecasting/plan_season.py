"""What the days of a plan add to what is foretold of it, where the account has seasons.

A plan without days may run at any time of the year: it is foretold for an average month, and as unsure as months
differ. Must not know how a season is learnt.
"""

import calendar
import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from reflection.domain.evidence import days_of
from reflection.domain.knowledge import Knowledge
from reflection.domain.metrics import METRICS
from reflection.domain.plan import Plan
from reflection.domain.recurring_times import RecurringTimes, joined
from reflection.forecasting.rate_shift import RateShift
from reflection.inference.columns.time_of_year import shares_of_year
from reflection.inference.columns.weekdays import shares_of_week

WORTH_SAYING = 0.05
"""Change of a metric by the time of the year from which on it is said."""


def season_shift(plan: Plan, knowledge: Knowledge) -> RateShift:
    """What the months of a plan add, by the metrics that have a season."""
    seasons = {name: one.season for name, one in knowledge.posteriors.items() if one.season is not None}
    if not seasons:
        return RateShift()
    shares = shares_of_year(plan.days) if plan.days else {}
    shift = _shift(seasons, shares)
    unknown = {month for season in seasons.values() for month in shares if month not in season.levels}
    return replace(shift, notes=tuple(_notes(shares, shift.mean, sorted(unknown))))


def week_shift(plan: Plan, knowledge: Knowledge) -> RateShift:
    """What the weekdays of a plan for less than a week add, by the metrics that go with them; a `timestamp` alone does
    not say how long it runs."""
    period = days_of(plan.period_start, plan.period_end)
    shares = shares_of_week(period) if period else {}
    weeks = {name: one.week for name, one in knowledge.posteriors.items() if one.week is not None}
    return _shift(weeks, shares) if shares else RateShift()


def _shift(times: Mapping[str, RecurringTimes], shares: Mapping[int, float]) -> RateShift:
    effects = {name: one.effect(shares) for name, one in times.items()}
    mean, variance = ({name: pair[side] for name, pair in effects.items()} for side in (0, 1))
    return RateShift(mean, variance)


def _notes(shares: Mapping[int, float], mean: Mapping[str, float], unknown: list[int]) -> Iterator[str]:
    if not shares:
        yield (
            "no days are planned, and the account's figures go with the time of the year: foretold for an average "
            "month, with intervals wider for it; give period_start and period_end"
        )
        return
    moved = [
        f"{METRICS[name].label} {abs(100 * math.expm1(effect)):.0f} % {'above' if effect > 0 else 'below'}"
        for name, effect in mean.items()
        if abs(math.expm1(effect)) >= WORTH_SAYING
    ]
    if moved:
        yield f"{_month_names(shares)}, as in the years before: {', '.join(moved)} the year's average"
    if unknown:
        yield f"not identified: {_month_names(unknown)} was not seen in two years; the intervals are wider for it"


def _month_names(months: Iterable[int]) -> str:
    return joined([calendar.month_name[month] for month in months])
