"""Where the running month ends: spend and conversions so far, and what the days that are left will probably add.

From the days that imported files speak of. The days left are foretold as the next of many stretches of the same
length (`stats.over_time.series`), so that how often such intervals held in the past is known and told. A day on
which nobody reported anything is a gap: only what came after it is looked at. Pure; must not know stores or doors.
"""

import datetime as dt
from calendar import monthrange
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reflection.domain.number_of import number_of
from reflection.ingest.jobs.register import Days
from reflection.ingest.jobs.reported_days import reported
from reflection.stats.over_time.series import hits, level_index, replay

METRICS = ("spend", "conversions")
FEWEST, MOST = 3, 12
"""Stretches of the past that a forecast takes, and that it looks at."""

STILL_RUNS = 7
"""Days without delivery from which a campaign is taken to have ended."""

MOST_CAMPAIGNS = 200
FIRST_SCORED = 2
NINETY = level_index(0.9)

Key = tuple[str, str | None, str | None]
"""Platform, currency, campaign; None for all campaigns of the platform."""

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class _Daily:
    """One day's amounts of one campaign or platform; None where a file does not say them."""

    spend: float | None
    conversions: float | None


def pacing(imported: Sequence[Days]) -> dict[str, Any]:
    """{items, day, period_start, period_end, days_left, coverage}.

    An item is {kind: account or campaign, platform, currency, campaign, spend, conversions}; each of the two has
    {so_far, projected, interval, reason}, accounts first, the largest spend first. `coverage` says how often the 90 %
    interval held in the past: {forecasts, coverage_90}. Empty where no file speaks of single days.
    """
    by_day = _by_day(imported)
    newest = max((day for days in by_day.values() for day in days), default=None)
    if newest is None:
        return {"items": [], "day": None, "period_start": None, "period_end": None, "days_left": None, "coverage": {}}
    first = newest.replace(day=1)
    last = newest.replace(day=monthrange(newest.year, newest.month)[1])
    left = (last - newest).days
    running = {key: days for key, days in by_day.items() if (newest - max(days)).days < STILL_RUNS}
    keys = sorted(running, key=lambda key: (key[2] is not None, -_sum(running[key], "spend", first), str(key)))
    accounts = sum(key[2] is None for key in keys)
    keys = keys[: accounts + MOST_CAMPAIGNS]
    projections = {metric: _projected(metric, keys, running, first, newest, left) for metric in METRICS}
    return {
        "items": [
            {
                "kind": "account" if key[2] is None else "campaign",
                "platform": key[0],
                "currency": key[1],
                "campaign": key[2],
                **{metric: projections[metric][0][key] for metric in METRICS},
            }
            for key in keys
        ],
        "day": newest.isoformat(),
        "period_start": first.isoformat(),
        "period_end": last.isoformat(),
        "days_left": left,
        "coverage": {metric: projections[metric][1] for metric in METRICS},
    }


def _by_day(imported: Sequence[Days]) -> dict[Key, dict[dt.date, _Daily]]:
    """The amounts of every campaign and platform by day; of one campaign's day the latest file counts."""
    cells: dict[tuple[str, str | None, str, dt.date], _Daily] = {}
    for platform, currency, name, day, spend, conversions, *_ in reported(imported):
        cells[platform, currency, name, day] = _Daily(spend, conversions)
    days: dict[Key, dict[dt.date, _Daily]] = defaultdict(dict)
    for (platform, currency, name, day), amounts in sorted(cells.items(), key=lambda cell: str(cell[0])):
        days[platform, currency, name][day] = amounts
        whole = days[platform, currency, None]
        before = whole.get(day)
        whole[day] = (
            amounts
            if before is None
            else _Daily(_added(before.spend, amounts.spend), _added(before.conversions, amounts.conversions))
        )
    return dict(days)


def _added(one: float | None, other: float | None) -> float | None:
    return None if one is None or other is None else one + other


def _sum(days: Mapping[dt.date, _Daily], metric: str, since: dt.date) -> float:
    return sum(getattr(amounts, metric) or 0.0 for day, amounts in days.items() if day >= since)


def _projected(
    metric: str,
    keys: Sequence[Key],
    days: Mapping[Key, Mapping[dt.date, _Daily]],
    first: dt.date,
    newest: dt.date,
    left: int,
) -> tuple[dict[Key, dict[str, Any]], dict[str, Any]]:
    """What each key has and will have, and how often such intervals held in the past."""
    answers: dict[Key, dict[str, Any]] = {}
    by_length: dict[int, list[tuple[Key, Floats]]] = defaultdict(list)
    for key in keys:
        history = _history(metric, days[key], days[key[0], key[1], None], newest)
        so_far = None if history is None else _sum(days[key], metric, first)
        answers[key] = {"so_far": so_far, "projected": so_far, "interval": None, "reason": None}
        if history is None:
            answers[key] |= {"projected": None, "reason": f"some days do not say their {metric}"}
        elif left == 0:
            answers[key]["interval"] = [so_far, so_far]
        elif len(history) < FEWEST * left:
            reason = (
                f"{number_of(left, 'day is', 'days are')} to come, which takes {FEWEST * left} days without a gap, "
                f"not {len(history)}"
            )
            answers[key] |= {"projected": None, "reason": reason}
        else:
            stretches = min(len(history) // left, MOST)
            by_length[stretches].append((key, history[-stretches * left :].reshape(stretches, left).sum(axis=1)))
    inside: list[bool] = []
    for stretches, series in by_length.items():
        counts = np.column_stack([sums for _, sums in series])
        steps = replay(np.vstack([counts, counts[-1:]]), start=FIRST_SCORED)  # the last step is the one to come
        for step, outcome in zip(steps[:-1], counts[FIRST_SCORED:], strict=True):
            inside += hits(step, outcome)[NINETY].tolist()
        coming = steps[stretches - FIRST_SCORED]
        for place, (key, _) in enumerate(series):
            so_far = answers[key]["so_far"]
            bounds = [so_far + float(bound[NINETY][place]) for bound in (coming.low, coming.high)]
            answers[key] |= {"projected": so_far + float(coming.point[place]), "interval": bounds}
    coverage = sum(inside) / len(inside) if inside else None
    return answers, {"forecasts": len(inside), "coverage_90": coverage}


def _history(
    metric: str, own: Mapping[dt.date, _Daily], account: Mapping[dt.date, _Daily], newest: dt.date
) -> Floats | None:
    """Its days up to the newest, since it began or since the last gap of its account.

    A day on which others reported and it did not is one without delivery. None where a day does not say the metric.
    """
    amounts: list[float] = []
    day, began = newest, min(own)
    while day >= began and day in account:
        figures = own.get(day)
        amount = 0.0 if figures is None else getattr(figures, metric)
        if amount is None:
            return None
        amounts.append(max(float(amount), 0.0))
        day -= dt.timedelta(days=1)
    return np.array(amounts[::-1])
