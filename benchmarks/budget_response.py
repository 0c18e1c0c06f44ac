"""Worlds in which more money brings less and less, by platform: is that recovered, and is a budget well spread?

    python benchmarks/budget_response.py                 20 seeds each
    python benchmarks/budget_response.py --seeds 5

Conversions of a campaign go with its spend to the power of its platform's planted elasticity. Of each number of
campaigns: bias and coverage of what is told, how many are told at all; and of a budget spread over one candidate a
platform, what is lost against the best split there is (regret, per cent of its conversions): by `allocate`, by equal
shares, and in proportion to the spend of the past.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass

import numpy as np
from worlds import BASE, FIRST_DAY, row, traits

from reflection.domain import signals
from reflection.domain.allocation import AllocationRequest
from reflection.domain.campaign import Audience, Creative
from reflection.domain.evidence import Counts, Evidence
from reflection.domain.plan import Plan
from reflection.forecasting.allocation import allocate
from reflection.inference.learn import learn
from reflection.stats.decisions.allocation import spread

SEEDS = 20
PLANTED = {"google": 0.9, "meta": 0.7, "tiktok": 0.5}
LINEAR = dict.fromkeys(PLANTED, 1.0)
BY_AUDIENCE = {"ann": 0.2, "ben": -0.2}
"""By how much the elasticity of campaigns with an audience deviates from that of their platform."""

SIZES = (40, 200)
USUAL_SPEND = 1_500.0
SCATTER = {"cpm": 0.15, "ctr": 0.15, "cvr": 0.20}


@dataclass(frozen=True)
class Outcome:
    """One world: (told, truth, hit) of every platform told, how many are told, and the regrets of three splits."""

    told: list[tuple[float, float, bool]]
    platforms: int
    regret: tuple[float, float, float]


def deviations(seed: int, campaigns: int) -> list[tuple[float, float, bool]]:
    """(told, truth, hit) of every audience told, in a world where they differ: against the usual mix of both."""
    response = learn(_evidence(seed, campaigns, dict.fromkeys(PLANTED, 0.75), 0.8, BY_AUDIENCE)).response
    told = []
    for name, truth in BY_AUDIENCE.items():
        said = response.get(f"audience:{name}")
        if said is not None and said["identified"]:
            told.append((said["deviation"], truth, bool(said["interval"][0] <= truth <= said["interval"][1])))
    return told


def _level(rng: np.random.Generator, planted: dict[str, float]) -> dict[str, float]:
    return {name: float(rng.normal(0, 0.25)) for name in planted}


def _evidence(
    seed: int, campaigns: int, planted: dict[str, float], varied: float, audiences: dict[str, float]
) -> list[Evidence]:
    """Campaigns of one platform each, and of one audience where there are any; those differ in elasticity only."""
    rng = np.random.default_rng((seed, campaigns))
    level, evidence = _level(rng, planted), []
    for index in range(campaigns):
        own = traits(rng)
        spend = USUAL_SPEND * float(rng.lognormal(0, varied))
        noise = {metric: float(rng.normal(0, sd)) for metric, sd in SCATTER.items()}
        shown = spend / BASE["cpm"] * 1000 * np.exp(-noise["cpm"])
        booked = [list(audiences)[index % len(audiences)]] if audiences else []
        power = planted[own.platform] + sum(audiences[name] for name in booked)
        fading = (power - 1) * np.log(spend / USUAL_SPEND)  # half of it in clicks, half in conversions
        clicks = int(rng.poisson(shown * BASE["ctr"] * np.exp(noise["ctr"] + level[own.platform] + fading / 2)))
        came = int(rng.poisson(clicks * BASE["cvr"] * np.exp(noise["cvr"] + fading / 2)))
        counted = Counts(int(shown), clicks, came, round(spend, 2), None)
        members, creative = [Audience(name=name) for name in booked], Creative(id="c", type=own.types[0])
        shares = signals.of_cell(own.platform, own.objective, members, [creative])
        mix = {signal.key: share for signal, share in shares.items()}
        evidence.append(row(f"c{index:03d}", FIRST_DAY + 2 * index, own, mix, counted))
    return evidence


def world(seed: int, campaigns: int, planted: dict[str, float], varied: float = 0.8) -> Outcome:
    """One world learnt, and a budget of three usual campaigns spread. ``varied``: standard deviation of log spend."""
    level = _level(np.random.default_rng((seed, campaigns)), planted)
    evidence, past = _evidence(seed, campaigns, planted, varied, {}), dict.fromkeys(planted, 0.0)
    for one in evidence:
        past[signals.parse(one.platform_key).level] += one.actual.spend or 0.0
    knowledge = learn(evidence)
    told = []
    for name, truth in planted.items():
        said = knowledge.response.get(f"platform:{name}")
        if said is not None and said["identified"]:
            low, high = said["interval"]
            told.append((said["elasticity"], truth, bool(low <= truth <= high)))
    names, budget = sorted(planted), 3 * USUAL_SPEND * 2
    plans = tuple(Plan(plan_id=n, platform=n, objective="sales", budget=past[n] or 1.0, currency="EUR") for n in names)
    split = allocate(AllocationRequest(plans=plans, budget=budget), knowledge)
    base = np.log(1000 / BASE["cpm"] * BASE["ctr"] * BASE["cvr"])
    scale = np.array([base + level[n] + (1 - planted[n]) * np.log(USUAL_SPEND) for n in names])
    power = np.array([planted[n] for n in names])

    def brings(amounts: np.ndarray) -> float:
        return float(np.exp(scale + power * np.log(np.maximum(amounts, 1e-9))).sum())

    ours = np.array([item["amount"] for item in split["items"]])
    history = np.array([past[n] for n in names])
    best = brings(spread(budget, np.zeros(3), np.full(3, budget), scale[:, None], power[:, None]))
    splits = (ours, np.full(3, budget / 3), budget * history / history.sum())
    return Outcome(told, len(planted), tuple(1 - brings(amounts) / best for amounts in splits))


def report(seeds: int = SEEDS) -> str:
    """Markdown table of worlds with fading returns, without, and with one budget only."""
    lines = [
        "| world | campaigns | told | bias | coverage | regret of `allocate` | of equal shares | of past shares |",
        "|---|---:|---:|---:|---:|---:|---:|---:|",
    ]
    kinds = [("fading", PLANTED, 0.8), ("in proportion", LINEAR, 0.8), ("one budget only", PLANTED, 0.05)]
    for kind, planted, varied in kinds:
        for campaigns in SIZES:
            found = [world(seed, campaigns, planted, varied) for seed in range(seeds)]
            told = [one for outcome in found for one in outcome.told]
            regrets = np.mean([outcome.regret for outcome in found], axis=0)
            bias = f"{np.mean([said - truth for said, truth, _ in told]):+.3f}" if told else "-"
            hits = f"{np.mean([hit for _, _, hit in told]):.2f}" if told else "-"
            cells = " | ".join(f"{100 * regret:.1f} %" for regret in regrets)
            asked = sum(outcome.platforms for outcome in found)
            lines.append(f"| {kind} | {campaigns} | {len(told)} of {asked} | {bias} | {hits} | {cells} |")
    lines += [
        "",
        "Two audiences, whose elasticities deviate by .2 and -.2:",
        "",
        "| campaigns | told | bias | coverage |",
    ]
    lines += ["|---:|---:|---:|---:|"]
    for campaigns in SIZES:
        told = [one for seed in range(seeds) for one in deviations(seed, campaigns)]
        bias = f"{np.mean([np.sign(truth) * (said - truth) for said, truth, _ in told]):+.3f}" if told else "-"
        hits = f"{np.mean([hit for _, _, hit in told]):.2f}" if told else "-"
        lines.append(f"| {campaigns} | {len(told)} of {seeds * len(BY_AUDIENCE)} | {bias} | {hits} |")
    return "\n".join(lines)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=SEEDS)
    print(report(parser.parse_args().seeds))
