"""Worlds of plans: campaigns held out, each foretold as a plan of its spend, and what they brought.

    python benchmarks/worlds_of_plans.py                         every world, 20 seeds each
    python benchmarks/worlds_of_plans.py --seeds 5 "size"        some of them

Learnt and evaluated as the product does it, by `learn` and `evaluate`; a metric's 90 % interval should hold nine in ten
campaigns, small ones and large ones alike. Standard errors over worlds are in brackets.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from worlds import BASE, FIRST_DAY, Effects, Traits, counts, planted, row, traits

from reflection.domain.campaign import Audience, Creative
from reflection.domain.evidence import Counts, Evidence
from reflection.domain.metrics import METRICS
from reflection.domain.plan import Plan
from reflection.forecasting.calibration import EMPTY
from reflection.forecasting.plan_evaluation import evaluate
from reflection.inference.learn import learn

SEEDS = 20
LEARNT, HELD_OUT = 100, 45
FIGURES = ("ctr", "cvr", "cpa", "roas", "conversions")
TERCILES = ("small", "middle", "large")


@dataclass(frozen=True)
class World:
    """What is learnt, and campaigns held out with what each booked."""

    evidence: Sequence[Evidence]
    held_out: Sequence[tuple[Traits, Evidence]]


@dataclass(frozen=True)
class Conditions:
    """How campaigns of a kind of world come about.

    Attributes:
        slope: what e times the planned size adds to the log of CTR and of CVR.
        sizes: standard deviation of the log of planned sizes.
        quality: standard deviation of what lifts a campaign's CTR and CVR and cheapens its CPM at once.
        planned: whether somebody planned; else the expected figures are the facts.
    """

    text: str
    slope: Mapping[str, float]
    sizes: float = 1.2
    quality: float = 0.0
    planned: bool = True


OWN = {"cpm": 0.15, "ctr": 0.2, "cvr": 0.2, "aov": 0.1}
"""Standard deviation of what is peculiar to a campaign, by metric."""

WORLDS: dict[str, Conditions] = {
    "size": Conditions("CVR is 0.84 times as high at twice the planned size", {"cvr": -0.25}),
    "no size": Conditions("sizes differ and do not matter", {}),
    "facts as plan": Conditions(
        "CVR falls with size, the expected figures are the facts", {"cvr": -0.25}, planned=False
    ),
    "quality": Conditions("a good campaign is good in CTR, CVR and CPM at once", {}, quality=0.25),
}


def make(conditions: Conditions, seed: int) -> World:
    """The world of a seed."""
    rng = np.random.default_rng((19, seed))
    effects = planted(rng, null=False)
    made = [_campaign(index, conditions, effects, rng) for index in range(LEARNT + HELD_OUT)]
    return World([evidence for _, evidence in made[:LEARNT]], made[LEARNT:])


def _campaign(
    index: int, conditions: Conditions, effects: Effects, rng: np.random.Generator
) -> tuple[Traits, Evidence]:
    own, size = traits(rng), float(rng.normal(0, conditions.sizes))
    planned = int(80_000 * np.exp(size))
    scatter = {name: float(rng.normal(0, sd) + conditions.slope.get(name, 0.0) * size) for name, sd in OWN.items()}
    shared = float(rng.normal(0, conditions.quality))
    scatter |= {"ctr": scatter["ctr"] + shared, "cvr": scatter["cvr"] + shared, "cpm": scatter["cpm"] - shared}
    actual = counts(rng, own.shares(), effects, scatter, max(500, int(planned * rng.lognormal(0, 0.1))))
    clicks = planned * BASE["ctr"]
    orders = clicks * BASE["cvr"]
    promised = Counts(planned, clicks, orders, planned / 1000 * BASE["cpm"], orders * BASE["aov"])
    evidence = row(f"c{index:03d}", FIRST_DAY + 2 * index, own, own.shares(), actual)
    return own, replace(evidence, expected=promised if conditions.planned else actual, planner="plan")


def judged(name: str, seed: int) -> dict[str, list[tuple[float, bool]]]:
    """Metric -> (spend, whether the interval held what happened) of each campaign held out that was identified."""
    world = make(WORLDS[name], seed)
    knowledge = learn(world.evidence)
    plans = [(one.campaign_id, _plan(own, one)) for own, one in world.held_out]
    hits: dict[str, list[tuple[float, bool]]] = {metric: [] for metric in FIGURES}
    answers = evaluate(plans, knowledge, EMPTY)["plans"]
    for (_, one), answer in zip(world.held_out, answers, strict=True):
        for metric in FIGURES:
            said, happened = answer["metrics"][metric], METRICS[metric].value(one.actual)
            if said["identified"] and happened is not None:
                low, high = said["intervals"]["90"]
                hits[metric].append((one.actual.spend or 0.0, bool(low <= happened <= high)))
    return hits


def _plan(own: Traits, one: Evidence) -> Plan:
    """The campaign as it was planned, with the money it spent and nobody's figures."""
    return Plan(
        platform=own.platform,
        objective=own.objective,
        audiences=(Audience(name=f"{own.segment} {own.age}", attributes={"age": own.age, "segment": own.segment}),),
        creatives=tuple(Creative(id=f"a {kind}", type=kind) for kind in own.types),
        budget=float(one.actual.spend or 1.0),
        currency="EUR",
    )


def line(name: str, worlds: Sequence[Mapping[str, Sequence[tuple[float, bool]]]]) -> str:
    """Coverage of a world's metrics, and that of CVR by tercile of spend, as a row of markdown."""
    cells = [_share([[hit for _, hit in world[metric]] for world in worlds]) for metric in FIGURES]
    spends = np.sort([spend for world in worlds for spend, _ in world["cpa"]])
    edges = [0.0, *np.quantile(spends, [1 / 3, 2 / 3]), np.inf]
    for low, high in pairwise(edges):
        cells.append(_share([[hit for spend, hit in world["cpa"] if low <= spend < high] for world in worlds]))
    return f"| {name} | {WORLDS[name].text} | {len(worlds)} | " + " | ".join(cells) + " |"


def _share(hits: Iterable[Sequence[bool]]) -> str:
    shares = [float(np.mean(own)) for own in hits if len(own)]
    error = np.std(shares, ddof=1) / np.sqrt(len(shares)) if len(shares) > 1 else np.nan
    return f"{np.mean(shares):.3f} ({error:.3f})" if shares else ""


def report(seeds: int = SEEDS, names: Iterable[str] = (), workers: int = 2) -> str:
    """Learn and foretell worlds of every kind; the table as markdown."""
    chosen = list(names) or list(WORLDS)
    jobs = [(name, seed) for name in chosen for seed in range(seeds)]
    with ProcessPoolExecutor(workers) as pool:
        scores = list(pool.map(judged, *zip(*jobs, strict=True)))
    heads = [*(METRICS[metric].label for metric in FIGURES), *(f"CPA, {name}" for name in TERCILES)]
    return "\n".join(
        [
            "| world | | seeds | " + " | ".join(heads) + " |",
            "|---|---|---:|" + "---:|" * len(heads),
            *(line(name, scores[i * seeds : (i + 1) * seeds]) for i, name in enumerate(chosen)),
        ]
    )


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", help=", ".join(WORLDS))
    parser.add_argument("--seeds", type=int, default=SEEDS)
    parser.add_argument("--workers", type=int, default=2)
    options = parser.parse_args()
    print(report(options.seeds, options.names, options.workers))


if __name__ == "__main__":
    main()
