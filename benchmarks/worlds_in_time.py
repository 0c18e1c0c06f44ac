"""Worlds in which what works changes: creatives wear out, a type falls and another rises, a platform counts anew.

    python benchmarks/worlds_in_time.py                          every world, 20 seeds each
    python benchmarks/worlds_in_time.py --seeds 5 "types turn"   some of them

What is true of them is the present: effects on the last day. Judged as the worlds of `worlds.py`, of which they are
some.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from worlds import FIRST_DAY, LEVELS, WORLDS, Kind, Traits, World, counts, main, planted, row, traits

from reflection.domain import signals
from reflection.domain.campaign import Creative
from reflection.domain.evidence import Evidence

YEAR = 365
SCATTER = {"cpm": 0.10, "ctr": 0.12, "cvr": 0.12, "aov": 0.08}
FALL = 0.7
"""What a falling type loses of its log CTR over the year, and the rising one gains."""


def types_turn(seed: int, *, null: bool, campaigns: int = 150) -> World:
    """A year in which one creative type falls and another rises, steadily or at once; the truth is the last day's."""
    rng = np.random.default_rng((71, seed))
    effects = planted(rng, null)
    falling, rising = (str(kind) for kind in rng.choice(LEVELS["creative.type"], 2, replace=False))
    at_once = float(rng.uniform(0.4, 0.7)) if seed % 2 else None
    evidence: list[Evidence] = []
    for index in range(campaigns):
        day = index * YEAR // campaigns
        passed = day / YEAR if at_once is None else float(day / YEAR >= at_once)
        own = traits(rng)
        here = Traits(own.platform, own.objective, own.age, own.segment, own.types[:1])
        scatter = {metric: float(rng.normal(0, sd)) for metric, sd in SCATTER.items()}
        if not null:
            left = 1.0 - passed  # of what the type had before, against the present
            scatter["ctr"] += FALL * left * ((here.types[0] == falling) - (here.types[0] == rising))
        shares = here.shares()
        counted = counts(rng, shares, effects, scatter, int(rng.lognormal(np.log(80_000), 0.8)))
        evidence.append(row(f"c{index:03d}", FIRST_DAY + day, here, shares, counted))
    return World(evidence, effects)


WEAR = 0.10
"""What a creative that wears out loses of its log CTR a month, more or less by half of it."""

_CREATIVES, _MONTHS = 16, 7


@dataclass(frozen=True)
class Wearing:
    """A world in which creatives wear out, and what each truly loses of its log CTR a month, by signal."""

    world: World
    slopes: Mapping[str, float]


def wearing(seed: int, *, null: bool, campaigns: int = 200) -> Wearing:
    """A year in which creatives begin one after the other, run for some months and wear out; the truth is their last
    day's."""
    rng = np.random.default_rng((72, seed))
    effects = planted(rng, null)
    begins = np.sort(rng.integers(0, YEAR - 90, _CREATIVES))
    begins[0] = 0
    lives = rng.integers(90, 30 * _MONTHS, _CREATIVES)
    slopes = np.zeros(_CREATIVES) if null else rng.normal(-WEAR, WEAR / 2, _CREATIVES)
    own = np.zeros(_CREATIVES) if null else rng.normal(0, 0.3, _CREATIVES)
    types = [str(kind) for kind in rng.choice(LEVELS["creative.type"], _CREATIVES)]
    last = np.zeros(_CREATIVES)
    evidence: list[Evidence] = []
    for index in range(campaigns):
        day = index * YEAR // campaigns
        running = np.flatnonzero((begins <= day) & (day <= begins + lives))
        chosen = int(rng.choice(running)) if len(running) else int(np.argmin(np.abs(begins - day)))
        months = max(day - begins[chosen], 0) / 30
        last[chosen] = max(months, last[chosen])
        drawn = traits(rng)
        creative = Creative(id=f"c{chosen:02d}", type=types[chosen])
        mix = signals.of_cell(drawn.platform, drawn.objective, [drawn.audience()], [creative])
        shares = {signal.key: share for signal, share in mix.items()}
        scatter = {metric: float(rng.normal(0, sd)) for metric, sd in SCATTER.items()}
        scatter["ctr"] += float(own[chosen] + slopes[chosen] * months)
        counted = counts(rng, shares, effects, scatter, int(rng.lognormal(np.log(80_000), 0.8)))
        evidence.append(row(f"c{index:03d}", FIRST_DAY + day, drawn, shares, counted))
    present = own + slopes * last
    for metric in effects:
        level = present - present.mean() if metric == "ctr" else np.zeros(_CREATIVES)
        effects[metric] |= {f"creative:c{place:02d}": float(value) for place, value in enumerate(level)}
    return Wearing(World(evidence, effects), {f"creative:c{i:02d}": float(slope) for i, slope in enumerate(slopes)})


LOST = 0.5
"""Share of its conversions that a platform still counts after its tag was changed."""


NO_EFFECTS: dict[str, dict[str, float]] = {metric: {} for metric in SCATTER}


def level_shift(seed: int, *, campaigns: int = 150) -> World:
    """A year in which one platform counts half of its conversions from some day of the last two months on; no effects.

    What is measured is true in this world, so that whoever believes the platform's figures is right about the figures.
    """
    rng = np.random.default_rng((73, seed))
    effects = planted(rng, null=True)
    platform = str(rng.choice(LEVELS["platform"]))
    since = int(rng.integers(YEAR - 85, YEAR - 40))
    for level in LEVELS["platform"]:
        effects["cvr"][f"platform:{level}"] = float(np.log(LOST) * ((level == platform) - 1 / len(LEVELS["platform"])))
    evidence: list[Evidence] = []
    for index in range(campaigns):
        day, own = index * YEAR // campaigns, traits(rng)
        scatter = {metric: float(rng.normal(0, sd)) for metric, sd in SCATTER.items()}
        scatter["cvr"] += float(np.log(LOST)) * (own.platform == platform and day >= since)
        counted = counts(rng, own.shares(), NO_EFFECTS, scatter, int(rng.lognormal(np.log(200_000), 0.6)))
        evidence.append(row(f"c{index:03d}", FIRST_DAY + day, own, own.shares(), counted))
    return World(evidence, effects)


IN_TIME = {
    "types turn": Kind("a year in which one type falls and another rises", lambda seed: types_turn(seed, null=False)),
    "types turn, null": Kind("the same year, nothing moves", lambda seed: types_turn(seed, null=True), null=True),
    "wear-out": Kind(
        "16 creatives begin one after the other and wear out", lambda seed: wearing(seed, null=False).world
    ),
    "level shift": Kind("one platform counts half of its conversions since lately", level_shift),
    "wear-out, null": Kind("the same, none wears out", lambda seed: wearing(seed, null=True).world, null=True),
}
WORLDS.update(IN_TIME)

if __name__ == "__main__":
    main(IN_TIME)
