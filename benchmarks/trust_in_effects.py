"""Worlds in which campaigns show more than is there, and experiments: is the factor between the two recovered?

    python benchmarks/trust_in_effects.py                 20 seeds each
    python benchmarks/trust_in_effects.py --seeds 5

Of a difference between two creatives that campaigns show, a planted share is real; pairs of creatives are tested at
random. Learnt as the product learns it. Of each number of experiments: the median factor, how often its 90 % interval
holds the planted one, and, of the tested creatives, the error of the effect without and with the experiments and how
often the 90 % interval with them holds the truth.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from worlds import BASE, FIRST_DAY, counts, row, traits

from reflection.domain import signals
from reflection.domain.campaign import Creative
from reflection.domain.experiment import Arm, Experiment
from reflection.domain.knowledge import Knowledge
from reflection.inference.fit_request import FitRequest
from reflection.inference.learn import learn

SEEDS = 20
CREATIVES = 16
FACTORS = (1.0, 0.5, 0.0)
EXPERIMENTS = (5, 10, 20)
SHOWN_IN_TEST = 60_000
PASSING = {"cpm": 0.10, "ctr": 0.12, "cvr": 0.12, "aov": 0.08}


@dataclass(frozen=True)
class Outcome:
    """One world: the factor learnt (None where it was not told), whether its interval holds the planted one, errors of
    tested effects without and with experiments, and whether their intervals hold the truth."""

    factor: float | None
    held: bool | None
    without: Sequence[float]
    with_them: Sequence[float]
    hits: Sequence[bool]


def world(seed: int, factor: float, experiments: int, campaigns: int = 120) -> Outcome:
    """One world learnt without and with its experiments."""
    rng = np.random.default_rng((seed, experiments))
    shown = rng.normal(0, 0.3, CREATIVES)
    shown -= shown.mean()
    real = factor * shown + rng.normal(0, 0.03, CREATIVES)
    real -= real.mean()
    names = [f"crt_{number:02d}" for number in range(CREATIVES)]
    effects = {metric: {} for metric in BASE}
    effects["ctr"] = {f"creative:{name}": float(value) for name, value in zip(names, shown, strict=True)}
    evidence = []
    for index in range(campaigns):
        own = traits(rng)
        chosen = rng.choice(CREATIVES, 2, replace=False)
        ads = [Creative(id=names[one], type=("video", "image")[one % 2]) for one in chosen]
        mix = signals.of_cell(own.platform, own.objective, [], ads)
        shares = {signal.key: share for signal, share in mix.items()}
        scatter = {metric: float(rng.normal(0, sd)) for metric, sd in PASSING.items()}
        counted = counts(rng, shares, effects, scatter, int(rng.lognormal(np.log(80_000), 0.5)))
        evidence.append(row(f"c{index:03d}", FIRST_DAY + 3 * index, own, shares, counted))
    tests = [_test(rng, number, names, real) for number in range(experiments)]
    before, after = learn(evidence), learn(evidence, FitRequest(experiments=tests))
    return _judged(before, after, factor, {f"creative:{n}": float(v) for n, v in zip(names, real, strict=True)}, tests)


def _test(rng: np.random.Generator, number: int, names: Sequence[str], real: np.ndarray) -> Experiment:
    pair = sorted(rng.choice(CREATIVES, 2, replace=False).tolist())
    arms = []
    for one in pair:
        clicks = float(rng.poisson(SHOWN_IN_TEST * BASE["ctr"] * np.exp(real[one])))
        arms.append(Arm(name=names[one], creative=names[one], impressions=float(SHOWN_IN_TEST), clicks=clicks))
    return Experiment(experiment_id=f"t{number:02d}", name=f"test {number}", arms=tuple(arms))


def _judged(
    before: Knowledge, after: Knowledge, factor: float, real: dict[str, float], tests: Sequence[Experiment]
) -> Outcome:
    """Effects of tested creatives: their names beside their types, which here have no effect of their own."""
    tested = sorted({f"creative:{arm.creative}" for test in tests for arm in test.arms})
    old = {effect.signal: effect for effect in before.effects if effect.metric == "ctr"}
    new = {effect.signal: effect for effect in after.effects if effect.metric == "ctr"}
    told = after.experiments.trust
    within = None if told is None or told["factor"] is None else told["interval"]
    return Outcome(
        factor=None if within is None else told["factor"],
        held=None if within is None else bool(within[0] <= factor <= within[1]),
        without=[float(np.log(old[key].effect)) - real[key] for key in tested],
        with_them=[float(np.log(new[key].effect)) - real[key] for key in tested],
        hits=[bool(new[key].interval[0] <= np.exp(real[key]) <= new[key].interval[1]) for key in tested],
    )


def report(seeds: int = SEEDS) -> str:
    """Markdown table of every planted factor and number of experiments."""
    lines = [
        "| planted factor | experiments | told in | median factor | interval holds it | effects' error without | with "
        "| their coverage |",
        "|---:|---:|---:|---:|---:|---:|---:|---:|",
    ]
    for factor in FACTORS:
        for experiments in EXPERIMENTS:
            found = [world(seed, factor, experiments) for seed in range(seeds)]
            told = [one for one in found if one.factor is not None]
            middle = f"{np.median([one.factor for one in told]):.2f}" if told else "-"
            held = f"{np.mean([one.held for one in told]):.2f}" if told else "-"
            rms = [
                float(np.sqrt(np.mean(np.concatenate([getattr(one, name) for one in found]) ** 2)))
                for name in ("without", "with_them")
            ]
            hits = float(np.mean(np.concatenate([one.hits for one in found])))
            lines.append(
                f"| {factor:.1f} | {experiments} | {len(told)} of {seeds} | {middle} | {held} | {rms[0]:.3f} | "
                f"{rms[1]:.3f} | {hits:.2f} |"
            )
    return "\n".join(lines)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=SEEDS)
    print(report(parser.parse_args().seeds))
