"""Worlds in which the time of the year moves every campaign alike: seen twice, seen once, special once, not at all.

    python benchmarks/worlds_of_seasons.py                 every world, 8 seeds each
    python benchmarks/worlds_of_seasons.py --seeds 3       fewer

Learnt as the product learns, by `learn`. Of the parts of the year that it tells: how many of the planted ones (power),
how many that are none or of the other direction (false), and how often the 90 % interval of a month holds the truth,
told or not. Then a campaign of the strongest month of the next year is foretold as a plan, with its days and without.
Standard errors over worlds are in brackets.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from itertools import product
from typing import Any

import numpy as np
from worlds import BASE, FIRST_DAY, WORLDS, Effects, Kind, Traits, World, counts, planted, row, traits

from reflection.domain.evidence import Evidence
from reflection.domain.knowledge import Knowledge
from reflection.domain.metrics import COUNTS
from reflection.domain.plan import Plan
from reflection.forecasting import plan_evaluation
from reflection.forecasting.calibration import EMPTY
from reflection.inference.learn import learn
from reflection.ingest.jobs.register import Days
from reflection.ingest.jobs.weekdays import weekdays

SEEDS = 8
MONTHS = 26
SCATTER = {"cpm": 0.10, "ctr": 0.12, "cvr": 0.15, "aov": 0.08}
SEASONS = {"cpm": {11: 0.20, 12: 0.20}, "cvr": {11: 0.30, 12: 0.40, 1: -0.15, 7: -0.25, 8: -0.20}}
"""Log of what months do to a metric, before their mean is taken out."""

PASSING = 0.04
"""Standard deviation of what a single month of one year does to everything (log)."""

SPECIAL = 0.6
"""What one month of one year does to the log of everybody's CVR."""

RUNS = 24
"""Days that a campaign runs at most."""

_FIRST = date(2023, 1, 5)


@dataclass(frozen=True)
class Seasonal:
    """A world, and what its months (or weekdays) truly do: metric -> level -> log effect against the average.

    ``daily``: its rows are days of campaigns that were imported as a whole.
    """

    world: World
    months: Mapping[str, Mapping[int, float]]
    daily: bool = False


def seasonal(seed: int, *, null: bool, special: bool = False, months: int = MONTHS, campaigns: int = 220) -> Seasonal:
    """Campaigns of some weeks over some months; ``special``: there is no season, but one month of one year was."""
    rng = np.random.default_rng((74, seed))
    effects = planted(rng, null)
    truth = {metric: _centred({} if null else SEASONS.get(metric, {})) for metric in BASE}
    days = 365 * months // 12
    moved = ("cpm", "cvr") if special or not null else ()
    passing = {metric: rng.normal(0, PASSING, months + 3) * (metric in moved) for metric in BASE}
    if special:
        passing["cvr"][int(rng.integers(3, months - 3))] += SPECIAL
    evidence: list[Evidence] = []
    for index in range(campaigns):
        begins = _FIRST + timedelta(days=index * (days - RUNS) // campaigns)
        ends = begins + timedelta(days=int(rng.integers(5, RUNS)))
        own = traits(rng)
        here = Traits(own.platform, own.objective, own.age, own.segment, own.types[:1])
        middle = begins + (ends - begins) / 2
        single = 12 * (middle.year - _FIRST.year) + middle.month - _FIRST.month
        scatter = {
            metric: float(rng.normal(0, sd)) + truth[metric][middle.month] + float(passing[metric][single])
            for metric, sd in SCATTER.items()
        }
        shares = here.shares()
        counted = counts(rng, shares, effects, scatter, int(rng.lognormal(np.log(80_000), 0.8)))
        first, last = ((day - date(1970, 1, 1)).days for day in (begins, ends))
        evidence.append(replace(row(f"c{index:03d}", last, here, shares, counted), ran=(first, last)))
    return Seasonal(World(evidence, effects), truth)


def _centred(levels: Mapping[int, float], size: int = 12) -> dict[int, float]:
    mean = sum(levels.values()) / size
    return {level: levels.get(level, 0.0) - mean for level in range(1, size + 1)}


WEEKDAYS = {1: 0.15, 2: 0.10, 6: -0.25, 7: -0.30}
"""Log of what weekdays, Monday being 1, do to CVR, before their mean is taken out."""

DAY = 0.06
"""Standard deviation of what a single day does to everybody's CVR (log)."""


def weekly(seed: int, *, null: bool, units: int = 6, days: int = 84) -> Seasonal:
    """Rows of a day of some campaigns, over twelve weeks."""
    rng = np.random.default_rng((76, seed))
    effects = planted(rng, null)
    truth = {metric: _centred({} if null or metric != "cvr" else WEEKDAYS, 7) for metric in BASE}
    own = [traits(rng) for _ in range(units)]
    lasting = [{metric: float(rng.normal(0, 2 * sd)) for metric, sd in SCATTER.items()} for _ in own]
    special = rng.normal(0, DAY, days)
    evidence: list[Evidence] = []
    for day, unit in product(range(days), range(units)):
        here, ran = own[unit], FIRST_DAY + day
        weekday = 1 + (ran + 3) % 7
        scatter = {
            metric: lasting[unit][metric] + float(rng.normal(0, sd / 2)) + truth[metric][weekday]
            for metric, sd in SCATTER.items()
        }
        scatter["cvr"] += float(special[day])
        counted = counts(rng, here.shares(), effects, scatter, int(rng.lognormal(np.log(60_000), 0.3)))
        plain = row(f"{unit}/{day:03d}", ran, here, here.shares(), counted, f"unit {unit}")
        evidence.append(replace(plain, ran=(ran, ran)))
    return Seasonal(World(evidence, effects), truth)


def whole(seed: int, *, null: bool, weekend: bool = False) -> Seasonal:
    """The same rows as the days of six campaigns that were imported as a whole; a quarter of them is missing.

    ``weekend``: two campaigns that sell half as well run on weekends only, and no day of the week does anything.
    """
    rng, world = np.random.default_rng((77, seed)), weekly(seed, null=null)
    kept = [one for one in world.world.evidence if rng.random() < 0.75 and not (weekend and _absent(one))]
    return replace(world, world=replace(world.world, evidence=kept), daily=True)


def _absent(one: Evidence) -> bool:
    return one.unit in ("unit 0", "unit 1") and (one.day + 3) % 7 < 5


def _days(world: Seasonal) -> Days:
    """The rows as an import keeps them."""
    rows = [
        [
            one.unit,
            *[(date(1970, 1, 1) + timedelta(days=one.day)).isoformat()] * 2,
            *(getattr(one.actual, n) for n in COUNTS),
        ]
        for one in world.world.evidence
    ]
    return Days("meta", "Meta", rows, "EUR")


OF_SEASONS: dict[str, tuple[str, Callable[[int], Seasonal], bool]] = {
    "seasons": ("26 months; CVR and CPM go with the month", lambda seed: seasonal(seed, null=False), False),
    "seasons, null": ("the same, nothing has any effect", lambda seed: seasonal(seed, null=True), True),
    "special once, null": (
        "the same, CVR of one month of one year is 80 % higher",
        lambda seed: seasonal(seed, null=True, special=True),
        True,
    ),
    "weekdays": ("a row a day of 6 campaigns, 12 weeks", lambda seed: weekly(seed, null=False), False),
    "weekdays, null": ("the same; single days differ by 6 %", lambda seed: weekly(seed, null=True), True),
    "whole campaigns": ("daily rows of 6 campaigns imported as a whole", lambda s: whole(s, null=False), False),
    "whole campaigns, null": ("the same, single days differ by 6 %", lambda s: whole(s, null=True), True),
    "weekend campaigns, null": ("two of them run on weekends only", lambda s: whole(s, null=True, weekend=True), True),
    "seen once": ("the first, 17 months of it", lambda seed: seasonal(seed, null=False, months=17), False),
}


def _kind(text: str, make: Callable[[int], Seasonal], *, null: bool) -> Kind:
    return Kind(text, lambda seed: make(seed).world, null)


WORLDS.update({name: _kind(text, make, null=null) for name, (text, make, null) in OF_SEASONS.items()})

PLANTED = 0.1
"""Log effect of a month from which on it should be told."""


@dataclass(frozen=True)
class Score:
    """One world: months that should be told, of these told; months told falsely; whether each month's interval held;
    log errors of the plan of the strongest month, with its days and without."""

    due: int
    told: int
    false: int
    held: list[bool]
    dated: float | None
    undated: float | None


def judged(make: Callable[[int], Seasonal], seed: int) -> Score:
    """One world learnt and compared with its truth."""
    world = make(seed)
    knowledge = learn([] if world.daily else world.world.evidence)
    said = [(m, part) for name in ("season", "weekdays") for m, part in knowledge.diagnostics.get(name, {}).items()]
    said = list(weekdays([_days(world)]).items()) if world.daily else said
    parts = [(m, part) for m, all_of in said for part in all_of]
    due = {(m, month) for m, months in world.months.items() for month, value in months.items() if abs(value) > PLANTED}
    told = {(m, month): part["effect"] for m, part in parts if part["finding"] for month in _levels(part)}
    wrong = [(m, month) for (m, month), lift in told.items() if _opposite(world.months[m][month], lift)]
    held = [_holds(part, world.months[m]) for m, part in parts]
    monthly = len(world.months["cvr"]) > 7
    dated, undated = (_error(knowledge, world, with_days=days) if monthly else None for days in (True, False))
    return Score(len(due), len(due & told.keys()), len(wrong), held, dated, undated)


def _holds(part: Mapping[str, Any], months: Mapping[int, float]) -> bool:
    """Whether the interval of a part of the year holds what its months truly do."""
    low, high = part["interval"]
    return bool(low <= np.exp(np.mean([months[month] for month in _levels(part)])) <= high)


def _levels(part: Mapping[str, Any]) -> list[int]:
    """The months or weekdays of a part of what comes round."""
    return list(part["months"] if "months" in part else part["weekdays"])


def _opposite(true: float, lift: float) -> bool:
    """Whether what is told is none (nearly), or of the other direction."""
    return abs(true) < PLANTED / 4 or (true > 0) != (lift > 1)


def _error(knowledge: Knowledge, world: Seasonal, *, with_days: bool) -> float | None:
    """How far off (log) the CVR of a plan for the strongest month is."""
    month = max(range(1, 13), key=lambda one: abs(world.months["cvr"][one]))
    begin = datetime(2025, month, 3, tzinfo=UTC)
    days = {"period_start": begin, "period_end": begin + timedelta(days=20)} if with_days else {}
    own = Traits("meta", "sales", "25-34", "parents", ("video",))
    plan = Plan(platform="meta", objective="sales", audiences=(own.audience(),), budget=500.0, currency="EUR", **days)
    said = plan_evaluation.evaluate([("", plan)], knowledge, EMPTY)["plans"][0]["metrics"]["cvr"]["signals"]
    true = _true_cvr(plan, world.world.effects, world.months["cvr"][month])
    return None if said is None else float(np.log(said / true))


def _true_cvr(plan: Plan, effects: Effects, month: float) -> float:
    return BASE["cvr"] * float(np.exp(sum(s * effects["cvr"].get(k, 0.0) for k, s in plan.shares().items()) + month))


def report(seeds: int = SEEDS) -> str:
    """The figures, as a table of markdown."""
    lines = [
        "| world | | seeds | times told of those planted | told, false | worlds with any told | their 90 % "
        "intervals hold | plan of the strongest month, CVR off (log): with days | without |",
        "|---|---|---:|---:|---:|---:|---:|---:|---:|",
    ]
    for name, (text, make, _) in OF_SEASONS.items():
        scores = [judged(make, seed) for seed in range(seeds)]
        told, false = sum(s.told + s.false for s in scores), sum(s.false for s in scores)
        cells = [name, text, str(seeds), _mean([s.told / s.due for s in scores if s.due]), f"{false} of {told}"]
        cells += [f"{sum(s.told + s.false > 0 for s in scores)}"]
        cells += [_mean([float(np.mean(s.held)) for s in scores if s.held])]
        cells += [_mean([abs(s.dated) for s in scores if s.dated is not None])]
        cells += [_mean([abs(s.undated) for s in scores if s.undated is not None])]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def _mean(values: list[float]) -> str:
    if not values:
        return ""
    error = np.std(values, ddof=1) / np.sqrt(len(values)) if len(values) > 1 else np.nan
    return f"{np.mean(values):.3f} ({error:.3f})"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=SEEDS)
    print(report(parser.parse_args().seeds))


if __name__ == "__main__":
    main()
