"""Worlds in which something happens one day beside the campaigns: what is learnt when it is written down, and when not.

    python benchmarks/worlds_of_events.py               8 seeds each
    python benchmarks/worlds_of_events.py --seeds 3     fewer

Half a year before its end a price goes up and a quarter fewer buy. From then on the account mostly asks another segment
than before, so the price change looks like the segment's doing. Learnt with the event and without. "nothing happened":
the same event, written down, which did nothing. "together": the new segment is asked from that day on, and only it:
nobody can tell. Standard errors over worlds are in brackets.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
from worlds import FIRST_DAY, Effects, Traits, counts, planted, row, traits

from reflection.domain.events import Event
from reflection.domain.evidence import Evidence
from reflection.domain.knowledge import Knowledge
from reflection.inference.fit_request import FitRequest
from reflection.inference.learn import learn

SEEDS, CAMPAIGNS, DAYS = 8, 160, 365
CHANGE, SINCE = float(np.log(0.75)), 190
SCATTER = {"cpm": 0.10, "ctr": 0.12, "cvr": 0.15, "aov": 0.08}
FAVOURED = "parents"
"""The segment that is mostly asked after the change."""

EVENT = Event(day=date.fromordinal(date(1970, 1, 1).toordinal() + FIRST_DAY + SINCE), kind="price", text="prices up")


@dataclass(frozen=True)
class World:
    """Evidence, and what is true of it."""

    evidence: Sequence[Evidence]
    effects: Effects


def price_change(seed: int, *, change: float = CHANGE, together: bool = False) -> World:
    """A year with a change of price; ``together``: the favoured segment was asked on no day before, and alone after."""
    rng = np.random.default_rng((75, seed))
    effects = planted(rng, null=True)
    evidence: list[Evidence] = []
    for index in range(CAMPAIGNS):
        day, own = index * DAYS // CAMPAIGNS, traits(rng)
        after = day >= SINCE
        favoured = after if together else rng.random() < (0.75 if after else 0.1)
        others = ("families", "gamers", "students")
        segment = FAVOURED if favoured else str(rng.choice(others))
        here = Traits(own.platform, own.objective, own.age, segment, own.types[:1])
        scatter = {metric: float(rng.normal(0, sd)) for metric, sd in SCATTER.items()}
        scatter["cvr"] += change * after
        counted = counts(rng, here.shares(), effects, scatter, int(rng.lognormal(np.log(120_000), 0.6)))
        evidence.append(row(f"c{index:03d}", FIRST_DAY + day, here, here.shares(), counted))
    return World(evidence, effects)


@dataclass(frozen=True)
class Score:
    """One world: whether the event is told, its interval holds the truth, and the reason that names something else;
    how far off (log) the favoured segment's CVR is, and whether it is told."""

    told: bool
    held: bool | None
    doubted: bool
    segment: float
    segment_told: bool


def judged(world: World, change: float, *, known: bool) -> Score:
    """One world learnt, with the event written down or not."""
    knowledge = learn(world.evidence, FitRequest(events=[EVENT] if known else []))
    said = next((one for one in knowledge.diagnostics["events"] if one["metric"] == "cvr"), None)
    effect = _segment(knowledge)
    return Score(
        told=any(one["finding"] for one in knowledge.diagnostics["events"]),
        held=None if said is None else bool(said["interval"][0] <= np.exp(change) <= said["interval"][1]),
        doubted=said is not None and "cannot be told" in said["reason"],
        segment=abs(effect[0]),
        segment_told=effect[1],
    )


def _segment(knowledge: Knowledge) -> tuple[float, bool]:
    """Log effect of the favoured segment on CVR, which truly has none, and whether it is told."""
    effect = next(e for e in knowledge.effects if (e.signal, e.metric) == (f"audience.segment:{FAVOURED}", "cvr"))
    return float(np.log(effect.effect)), effect.finding


KINDS = {
    "written down": (CHANGE, False, True),
    "not written down": (CHANGE, False, False),
    "nothing happened": (0.0, False, True),
    "together": (CHANGE, True, True),
}


def report(seeds: int = SEEDS) -> str:
    """The figures, as a table of markdown."""
    lines = [
        "| world | seeds | event told | its 90 % interval holds | cannot be told from the segment | segment's CVR off "
        "(log; truth: none) | segment told |",
        "|---|---:|---:|---:|---:|---:|---:|",
    ]
    for name, (change, together, known) in KINDS.items():
        scores = [judged(price_change(n, change=change, together=together), change, known=known) for n in range(seeds)]
        held = [score.held for score in scores if score.held is not None]
        off = np.array([score.segment for score in scores])
        cells = [name, str(seeds), str(sum(s.told for s in scores)), f"{sum(held)} of {len(held)}"]
        cells += [str(sum(s.doubted for s in scores)), f"{off.mean():.3f} ({off.std(ddof=1) / np.sqrt(seeds):.3f})"]
        cells += [str(sum(s.segment_told for s in scores))]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=SEEDS)
    print(report(parser.parse_args().seeds))


if __name__ == "__main__":
    main()
