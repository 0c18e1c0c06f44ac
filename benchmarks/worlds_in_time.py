"""Worlds in which what works changes: creatives wear out, a type falls and another rises, a platform counts anew.

    python benchmarks/worlds_in_time.py                          every world, 20 seeds each
    python benchmarks/worlds_in_time.py --seeds 5 "types turn"   some of them

What is true of them is the present: effects on the last day. Judged as the worlds of `worlds.py`, of which they are
some.
"""

from __future__ import annotations

import numpy as np
from worlds import FIRST_DAY, LEVELS, WORLDS, Kind, Traits, World, counts, main, planted, row, traits

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


IN_TIME = {
    "types turn": Kind("a year in which one type falls and another rises", lambda seed: types_turn(seed, null=False)),
    "types turn, null": Kind("the same year, nothing moves", lambda seed: types_turn(seed, null=True), null=True),
}
WORLDS.update(IN_TIME)

if __name__ == "__main__":
    main(IN_TIME)
