"""What days of the week do to every campaign alike, from the single days that imported files speak of.

A campaign that is imported as a whole has one sum, but its file said every day. Each day is compared with what the
same campaigns got in the same week, so neither which of them ran nor how they were doing counts as the day's; what
is left of a day over all campaigns is one figure (`stats.over_time.recurring_levels`). Told where the odds are as
long as for every other movement. Days whose conversions may still come in say nothing of these. Pure; must not know
stores or doors.
"""

import datetime as dt
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import mode
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reflection.domain.bookable import EvidenceFloor
from reflection.domain.metrics import METRICS, OBSERVED, RATES
from reflection.domain.recurring_times import WEEKDAYS, joined, neighbours
from reflection.inference.columns.weekdays import FEWEST_WEEKDAYS, FEWEST_WEEKS, WINDOW, weekday
from reflection.ingest.checks.maturity import usual_window
from reflection.ingest.jobs.register import Days
from reflection.ingest.jobs.reported_days import ReportedDay, reported
from reflection.stats.honesty.any_time import OF_DAYS, log_factor_needed
from reflection.stats.over_time.recurring_levels import RecurringLevels, recurring_levels
from reflection.stats.quantiles import limits

LATE = frozenset({"conversions", "revenue"})
"""Counts that go on coming in after their day."""

ROUNDS = 4
"""Of what campaigns got in a week and what its days did, each given the other."""

FEWEST_TURNS = 2
DRAWS, SEED = 4_000, 20_261_130
FLOOR = EvidenceFloor()

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class _Rows:
    """Days of campaigns: numerator and denominator of one metric, numbers of the campaign, its week and the day."""

    x: Floats
    n: Floats
    series: Ints
    week: Ints
    day: Ints


def weekdays(imported: Sequence[Days]) -> dict[str, list[dict[str, Any]]]:
    """Metric -> all days of the week, those told together as one, as `weekdays` in GET /v1/effects has them.

    A metric is here only where its days differ beyond chance. Empty where files speak of fewer than eight weeks.
    """
    cells: dict[tuple[str, str | None, str, dt.date], ReportedDay] = {}
    for row in reported(imported, WINDOW):
        cells[row.platform, row.currency, row.campaign, row.day] = row
    rows = [row for _, row in sorted(cells.items(), key=lambda cell: str(cell[0]))]
    by_metric = {metric: _of_metric(metric, rows, number) for number, metric in enumerate(OBSERVED)}
    return {metric: parts for metric, parts in by_metric.items() if parts}


def beside_fit(page: Mapping[str, Any], daily: Mapping[str, list[dict[str, Any]]]) -> dict[str, Any]:
    """A page of effects with what daily rows say of weekdays, of metrics of which the fit says nothing itself."""
    return {**page, "weekdays": {**daily, **page["weekdays"]}}


def _of_metric(metric: str, days: Sequence[ReportedDay], number: int) -> list[dict[str, Any]]:
    rows = _rows(metric, days)
    if rows is None:
        return []
    single, place = np.unique(rows.day, return_inverse=True)
    levels, level = np.unique(weekday(single), return_inverse=True)
    turn = np.unique(_week(single), return_inverse=True)[1]
    if len(levels) < FEWEST_WEEKDAYS or np.bincount(level).min() < FEWEST_WEEKS:
        return []
    expected = _expected(rows, level[place])
    x, n, foreseen = (np.bincount(place, amount).astype(np.float64) for amount in (rows.x, rows.n, expected))
    half = 0.5 if metric in RATES else 1e-9
    y = np.log((x + half) / (foreseen + half))
    events = foreseen if metric in RATES else n
    noise = METRICS[metric].noise / (events + 0.5) if METRICS[metric].events else np.zeros(len(y))
    week = recurring_levels(y, noise, level, turn, DRAWS, (SEED, number))
    if week.log_factor < log_factor_needed(OF_DAYS, len(OBSERVED)):
        return []
    return _parts(week, levels, level, turn, y, _Witnesses(rows, x if metric in RATES else n, place))


def _rows(metric: str, days: Sequence[ReportedDay]) -> _Rows | None:
    """The days that say both counts of a metric and on which there was something to count."""
    above, below = METRICS[metric].counts
    late = bool(LATE & {above, below})
    newest = max((row.day for row in days), default=dt.date.min)
    currency = mode(row.currency for row in days) if METRICS[metric].monetary and days else None
    usable = [
        row
        for row in days
        if _known(row.amount(above))
        and (row.amount(below) or 0.0) > 0.0
        and not (late and (newest - row.day).days < usual_window(row.platform))
        and currency in (None, row.currency)
    ]
    if not usable:
        return None
    day = np.array([row.day.toordinal() for row in usable], dtype=np.intp) - dt.date(1970, 1, 1).toordinal()
    names = [str((row.platform, row.currency, row.campaign)) for row in usable]
    counts = ([row.amount(name) or 0.0 for row in usable] for name in (above, below))
    x, n = (np.array(count, dtype=np.float64) for count in counts)
    series = np.unique(names, return_inverse=True)[1]
    week = np.unique(series * 10_000 + _week(day), return_inverse=True)[1]
    compared = (np.bincount(week)[week] > 1) & (np.bincount(week, x)[week] > 0)  # one day alone says nothing
    if not compared.any():
        return None
    week = np.unique(week[compared], return_inverse=True)[1]
    return _Rows(x[compared], n[compared], series[compared], week, day[compared])


def _known(amount: float | None) -> bool:
    """Whether a day says it; a credit below zero is no day's own."""
    return amount is not None and amount >= 0.0


def _week(day: Ints) -> Ints:
    """Number of the week of days since 1970-01-01, from a Monday on."""
    return np.asarray((day + 3) // 7)


def _expected(rows: _Rows, level: Ints) -> Floats:
    """What each row would have got at its campaign's level in its week, if all days of the week were alike."""
    effect = np.zeros(int(level.max()) + 1)
    got = np.bincount(rows.week, rows.x)
    for _ in range(ROUNDS):
        rate = got / np.maximum(np.bincount(rows.week, rows.n * np.exp(effect)[level]), 1e-12)
        expected = rows.n * rate[rows.week]
        effect = np.log((np.bincount(level, rows.x) + 0.5) / (np.bincount(level, expected) + 0.5))
        effect -= effect.mean()
    return expected


@dataclass(frozen=True, eq=False)
class _Witnesses:
    """The rows of a metric, the events that were counted on each day, and the day of each row."""

    rows: _Rows
    counted: Floats
    place: Ints

    def enough(self, inside: NDArray[np.bool_]) -> tuple[bool, int]:
        """Whether some days and the others are witnessed enough, and how many campaigns ran on these."""
        own = inside[self.place]
        campaigns = len(np.unique(self.rows.series[own]))
        events = min(self.counted[inside].sum(), self.counted[~inside].sum())
        return campaigns >= FLOOR.campaigns and events >= FLOOR.events, campaigns


def _parts(
    week: RecurringLevels, levels: Ints, level: Ints, turn: Ints, y: Floats, witnesses: _Witnesses
) -> list[dict[str, Any]]:
    """All days of the week in their order, neighbours that are beyond chance in one direction as one."""
    low, high = limits(week.draws)
    signs = {
        int(number): int(np.sign(week.draws[k].mean())) * int(not low[k] <= 0.0 <= high[k])
        for k, number in enumerate(levels.tolist())
    }
    parts = []
    for own in neighbours(signs, 7):
        places = np.searchsorted(levels, own)
        draws = week.draws[places].mean(axis=0)
        (bottom,), (top,) = limits(draws[None])
        sign, inside = (1.0 if draws.mean() >= 0 else -1.0), np.isin(level, places)
        above = [float((y - week.turns[turn])[inside & (turn == k)].mean()) for k in np.unique(turn[inside]).tolist()]
        agree, (enough, campaigns) = sum(sign * one > 0 for one in above), witnesses.enough(inside)
        clear = all(signs[one] for one in own) and not bottom <= 0.0 <= top
        reason = f"seen in {agree} of {len(above)} weeks, by the daily rows of imports"
        if not clear or not enough:
            reason = "not enough evidence"
        elif agree < FEWEST_TURNS or 2 * agree <= len(above):
            reason = f"not the same in every week: {reason}"
        parts.append(
            {
                "name": joined([WEEKDAYS[one - 1] for one in own]),
                "effect": math.exp(float(draws.mean())),
                "interval": [math.exp(float(bottom)), math.exp(float(top))],
                "lfsr": float((sign * draws <= 0).mean()),
                "finding": reason.startswith("seen"),
                "reason": reason,
                "campaigns": campaigns,
                "weekdays": own,
            }
        )
    return parts
