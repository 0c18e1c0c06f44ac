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

from reflection.domain import signals
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
COUNTS = ("impressions", "clicks", "conversions", "spend", "revenue")


@dataclass(frozen=True)
class Booked:
    """What a campaign booked: one platform and objective, audiences and creatives."""

    own: Traits
    audiences: tuple[Audience, ...]

    @property
    def creatives(self) -> tuple[Creative, ...]:
        """One a type."""
        return tuple(Creative(id=f"a {kind}", type=kind) for kind in self.own.types)

    def shares(self, audiences: Sequence[Audience]) -> dict[str, float]:
        """Membership shares by key, shown to some of its audiences alike."""
        mix = signals.of_cell(self.own.platform, self.own.objective, list(audiences), list(self.creatives))
        return {signal.key: share for signal, share in mix.items()}


@dataclass(frozen=True)
class World:
    """What is learnt, and campaigns held out with what each booked."""

    evidence: Sequence[Evidence]
    held_out: Sequence[tuple[Booked, Evidence]]


@dataclass(frozen=True)
class Conditions:
    """How campaigns of a kind of world come about.

    Attributes:
        slope: what e times the planned size adds to the log of CTR and of CVR.
        sizes: standard deviation of the log of planned sizes.
        quality: standard deviation of what lifts a campaign's CTR and CVR and cheapens its CPM at once.
        planned: whether somebody planned; else the expected figures are the facts.
        effects: standard deviation of planted effects.
        audiences: how many a campaign has, whose counts are known as one sum.
        usual: impressions that are usually planned; 80,000 bring 29 conversions.
    """

    text: str
    slope: Mapping[str, float]
    sizes: float = 1.2
    quality: float = 0.0
    planned: bool = True
    effects: float = 0.25
    audiences: int = 1
    usual: int = 80_000


OWN = {"cpm": 0.15, "ctr": 0.2, "cvr": 0.2, "aov": 0.1}
"""Standard deviation of what is peculiar to a campaign, by metric."""

WORLDS: dict[str, Conditions] = {
    "size": Conditions("CVR is 0.84 times as high at twice the planned size", {"cvr": -0.25}),
    "no size": Conditions("sizes differ and do not matter", {}),
    "facts as plan": Conditions(
        "CVR falls with size, the expected figures are the facts", {"cvr": -0.25}, planned=False
    ),
    "quality": Conditions("a good campaign is good in CTR, CVR and CPM at once", {}, quality=0.25),
    "several audiences": Conditions(
        "three that differ a lot, one sum, rates mix as rates", {}, effects=0.8, audiences=3
    ),
    "few conversions": Conditions("about three a campaign, and often none", {}, usual=8_000),
}


def make(conditions: Conditions, seed: int) -> World:
    """The world of a seed."""
    rng = np.random.default_rng((19, seed))
    effects = planted(rng, null=False, sd=conditions.effects)
    made = [_campaign(index, conditions, effects, rng) for index in range(LEARNT + HELD_OUT)]
    return World([evidence for _, evidence in made[:LEARNT]], made[LEARNT:])


def _campaign(
    index: int, conditions: Conditions, effects: Effects, rng: np.random.Generator
) -> tuple[Booked, Evidence]:
    booked, size = _booked(conditions, rng), float(rng.normal(0, conditions.sizes))
    planned = int(conditions.usual * np.exp(size))
    scatter = {name: float(rng.normal(0, sd) + conditions.slope.get(name, 0.0) * size) for name, sd in OWN.items()}
    shared = float(rng.normal(0, conditions.quality))
    scatter |= {"ctr": scatter["ctr"] + shared, "cvr": scatter["cvr"] + shared, "cpm": scatter["cpm"] - shared}
    shown = max(500, int(planned * rng.lognormal(0, 0.1)))
    parts = [
        counts(rng, booked.shares([audience]), effects, scatter, shown // len(booked.audiences))
        for audience in booked.audiences
    ]
    actual = Counts(*(sum(getattr(part, name) for part in parts) for name in COUNTS))
    clicks = planned * BASE["ctr"]
    orders = clicks * BASE["cvr"]
    promised = Counts(planned, clicks, orders, planned / 1000 * BASE["cpm"], orders * BASE["aov"])
    evidence = row(f"c{index:03d}", FIRST_DAY + 2 * index, booked.own, booked.shares(booked.audiences), actual)
    return booked, replace(evidence, expected=promised if conditions.planned else actual, planner="plan")


def _booked(conditions: Conditions, rng: np.random.Generator) -> Booked:
    own = traits(rng)
    if conditions.audiences == 1:
        return Booked(own, (own.audience(),))
    return Booked(replace(own, types=own.types[:1]), tuple(traits(rng).audience() for _ in range(conditions.audiences)))


def judged(name: str, seed: int) -> dict[str, list[tuple[float, bool]]]:
    """Metric -> (spend, whether the interval held what happened) of each campaign held out that was identified."""
    world = make(WORLDS[name], seed)
    knowledge = learn(world.evidence)
    plans = [(one.campaign_id, _plan(booked, one)) for booked, one in world.held_out]
    hits: dict[str, list[tuple[float, bool]]] = {metric: [] for metric in FIGURES}
    answers = evaluate(plans, knowledge, EMPTY)["plans"]
    for (_, one), answer in zip(world.held_out, answers, strict=True):
        for metric in FIGURES:
            said, happened = answer["metrics"][metric], METRICS[metric].value(one.actual)
            if said["identified"] and happened is not None:
                low, high = said["intervals"]["90"]
                hits[metric].append((one.actual.spend or 0.0, bool(low <= happened <= high)))
    return hits


def _plan(booked: Booked, one: Evidence) -> Plan:
    """The campaign as it was planned, with the money it spent and nobody's figures."""
    return Plan(
        platform=booked.own.platform,
        objective=booked.own.objective,
        audiences=booked.audiences,
        creatives=booked.creatives,
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
