"""Creatives that wear out: whether the pace and the day each falls below the average are found, by number of campaigns.

    python benchmarks/wear_out.py
    python benchmarks/wear_out.py --sizes 100,400 --seeds 5

Worlds of `worlds_in_time.wearing`, learnt as the product does it, by `learn`. Of every creative that truly loses on
CTR: how many are told (power), whether the 90 % interval of the pace holds the true one, how far off the pace and the
day are. A creative told to wear out that does not is false. Standard errors over worlds are in brackets.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
from worlds_in_time import wearing

from reflection.domain.effect import Effect
from reflection.domain.evidence import day_text
from reflection.inference.learn import learn

SIZES, SEEDS = (100, 200, 400, 800), 10
LOSES = 0.02
"""Log CTR a month from which a creative wears out; less is not asked for."""


@dataclass(frozen=True)
class Score:
    """One world: creatives that lose, of these told; of all told, those false; whether the intervals of the true ones
    held the pace, how far off it was (log, a month), and the days off of the day below the average, with whether its
    interval held it."""

    losing: int
    told: int
    false: int
    held: Sequence[bool]
    pace_off: Sequence[float]
    days_off: Sequence[float]
    day_held: Sequence[bool]


def judged(seed: int, campaigns: int) -> Score:
    """One world learnt and compared with its truth."""
    world = wearing(seed, null=False, campaigns=campaigns)
    knowledge = learn(world.world.evidence)
    told = {e.signal: e for e in knowledge.effects if e.metric == "ctr" and e.wear_out is not None}
    losing = {key for key, slope in world.slopes.items() if slope < -LOSES}
    held, pace_off, days_off, day_held = [], [], [], []
    for key, effect in told.items():
        worn, slope = effect.wear_out, world.slopes[key]
        if worn is None or key not in losing:
            continue
        low, high = np.log(worn.a_month_interval)
        held.append(bool(low <= slope <= high))
        pace_off.append(float(np.log(worn.a_month) - slope))
        true = _true_day(world.world.effects["ctr"][key], slope, effect)
        if worn.below_average is not None and true is not None:
            days_off.append(float((date.fromisoformat(worn.below_average) - date.fromisoformat(true)).days))
            early, late = worn.below_average_interval
            day_held.append((early or "9999") <= true <= (late or "9999"))
    false = sum(world.slopes[key] >= 0 for key in told)
    return Score(len(losing), len(losing & told.keys()), false, held, pace_off, days_off, day_held)


def _true_day(level: float, slope: float, effect: Effect) -> str | None:
    """The day a creative truly falls below the average, as far as the engine would say one; not before it was new."""
    worn = effect.wear_out
    if worn is None:
        return None
    new = (date.fromisoformat(worn.new_on) - date(1970, 1, 1)).days
    day = max(new + worn.age_days + round(-level / slope * 30), new)
    return None if day > new + worn.age_days + 365 else day_text(day)


def report(sizes: Sequence[int] = SIZES, seeds: int = SEEDS) -> str:
    """The figures, as a table of markdown."""
    lines = [
        "| campaigns | worlds | power | false | pace held by its 90 % interval | bias of the pace a month | day: "
        "median days off | half within days | day held |",
        "|---:|---:|---:|---:|---:|---:|---:|---:|---:|",
    ]
    for size in sizes:
        scores = [judged(seed, size) for seed in range(seeds)]
        told = sum(s.told + s.false for s in scores)
        held, off, days, day_held = (
            np.array([value for s in scores for value in getattr(s, name)], dtype=np.float64)
            for name in ("held", "pace_off", "days_off", "day_held")
        )
        power = sum(s.told for s in scores) / max(sum(s.losing for s in scores), 1)
        cells = [f"{size}", f"{seeds}", f"{power:.2f}", f"{sum(s.false for s in scores)} of {told}"]
        cells += [_mean(held), _mean(off), _median(days), _median(np.abs(days)), _mean(day_held)]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def _mean(values: np.ndarray) -> str:
    if not len(values):
        return ""
    return f"{values.mean():.3f} ({values.std(ddof=1) / np.sqrt(len(values)):.3f})" if len(values) > 1 else ""


def _median(values: np.ndarray) -> str:
    return f"{np.median(values):.0f}" if len(values) else ""


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", default=",".join(map(str, SIZES)))
    parser.add_argument("--seeds", type=int, default=SEEDS)
    options = parser.parse_args()
    print(report([int(size) for size in options.sizes.split(",")], options.seeds))


if __name__ == "__main__":
    main()
