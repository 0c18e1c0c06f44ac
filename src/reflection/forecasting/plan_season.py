"""What the days of a plan add to what is foretold of it, where the account has seasons.

A plan without days may run at any time of the year: it is foretold for an average month, and as unsure as months
differ. Must not know how a season is learnt.
"""

import math
from collections.abc import Iterator

from reflection.domain.knowledge import Knowledge
from reflection.domain.metrics import METRICS
from reflection.domain.plan import Plan
from reflection.domain.time_of_year import named
from reflection.forecasting.rate_shift import RateShift
from reflection.inference.time_of_year import shares_of_year

WORTH_SAYING = 0.05
"""Change of a metric by the time of the year from which on it is said."""


def season_shift(plan: Plan, knowledge: Knowledge) -> RateShift:
    """What the months of a plan add, by the metrics that have a season."""
    seasons = {name: one.season for name, one in knowledge.posteriors.items() if one.season is not None}
    if not seasons:
        return RateShift()
    shares = shares_of_year(plan.days) if plan.days else {}
    effects = {name: season.effect(shares) for name, season in seasons.items()}
    mean, variance = ({name: pair[side] for name, pair in effects.items()} for side in (0, 1))
    unknown = {month for season in seasons.values() for month in shares if month not in season.months}
    return RateShift(mean, variance, tuple(_notes(shares, mean, sorted(unknown))))


def _notes(shares: dict[int, float], mean: dict[str, float], unknown: list[int]) -> Iterator[str]:
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
        yield f"{named(list(shares))}, as in the years before: {', '.join(moved)} the year's average"
    if unknown:
        yield f"not identified: {named(unknown)} was not seen in two years; the intervals are wider for it"
