"""Learning helps where there is something to learn, and finds nothing where there is nothing.

Simulated accounts with a known truth, the same for every way of planning: next campaigns are chosen by what the engine
learnt, and by weights that compound over campaigns (as many tools keep them). What counts is how good the chosen ones
truly are, without noise.
"""

import sys
from dataclasses import dataclass
from functools import cache

import numpy as np
import pytest
from numpy.typing import NDArray

from reflection.domain.campaign import Campaign
from reflection.domain.evidence import evidence_of
from reflection.domain.knowledge import Knowledge
from reflection.inference.learn import learn

Floats = NDArray[np.float64]
GROUPS = {"platform": 3, "age": 4, "type": 3}
NAMES = ("platform:platform {}", "audience:group {}", "creative.type:type {}")
BASE, SCATTER = 0.015, 0.2
CAMPAIGNS, CANDIDATES, CHOSEN = 60, 60, 6
STEP_UP, STEP_DOWN, LEAST, MOST = 1.05, 0.95, 0.5, 2.0


@dataclass(frozen=True)
class World:
    """An account: levels of its campaigns (n, 3), what they truly bring, and what was seen."""

    levels: NDArray[np.int64]
    truth: Floats
    impressions: NDArray[np.int64]
    clicks: NDArray[np.int64]
    candidates: NDArray[np.int64]
    candidate_truth: Floats
    effects: dict[str, float]
    """By signal: what it truly does (log), against the mean of its group."""


def world(seed: int, *, null: bool = False) -> World:
    """A world; `null`: nothing matters in it."""
    rng = np.random.default_rng([25, seed, null])
    size = 0.0 if null else 0.25
    effects = [rng.normal(0.0, size, count) for count in GROUPS.values()]
    levels, candidates = (np.column_stack([rng.integers(count, size=n) for count in GROUPS.values()])
                          for n in (CAMPAIGNS, CANDIDATES))  # fmt: skip
    truth, candidate_truth = (
        sum((effect[column] for effect, column in zip(effects, some.T, strict=True)), np.zeros(len(some)))
        for some in (levels, candidates)
    )
    impressions = np.maximum(3_000, rng.lognormal(10.0, 0.8, CAMPAIGNS)).astype(np.int64)
    rates = np.minimum(0.5, BASE * np.exp(truth + rng.normal(0.0, SCATTER, CAMPAIGNS)))
    clicks = rng.binomial(impressions, rates)
    truths = {
        key: float(effect[level] - effect.mean())
        for column, effect in enumerate(effects)
        for level, key in enumerate(NAMES[column].format(level) for level in range(len(effect)))
    }
    return World(levels, truth, impressions, clicks, candidates, candidate_truth, truths)


def campaigns(one: World) -> list[Campaign]:
    """The world's past as campaigns with an honest, ignorant forecast."""
    made = []
    for number, (row, impressions, clicks) in enumerate(zip(one.levels, one.impressions, one.clicks, strict=True)):
        spend = float(impressions) / 100
        sides = {
            f"{side}_metrics": {
                "impressions": int(impressions), "clicks": int(count), "conversions": float(count // 25), "spend": spend
            }
            for side, count in (("expected", round(impressions * BASE)), ("actual", clicks))
        }  # fmt: skip
        made.append(
            Campaign.model_validate(
                {
                    "campaign_id": f"c{number:03}",
                    "platform": f"Platform {row[0]}",
                    "objective": "Leads",
                    "audiences": ({"name": f"Group {row[1]}"},),
                    "creatives": ({"id": f"crt_{row[2]}", "type": f"type {row[2]}"},),
                    "timestamp": f"2026-01-{number // 3 + 1:02}T10:00:00+00:00",
                    **sides,
                },
                strict=False,
            )
        )
    return made


def keys(row: NDArray[np.int64]) -> list[str]:
    """The signals of one campaign."""
    return [name.format(level) for name, level in zip(NAMES, row, strict=True)]


def compounding(one: World) -> dict[str, float]:
    """Weights that step up when a campaign beats its forecast and down when it does not."""
    weights: dict[str, float] = {}
    for row, impressions, clicks in zip(one.levels, one.impressions, one.clicks, strict=True):
        for key in keys(row):
            moved = weights.get(key, 1.0) * (STEP_UP if clicks > BASE * impressions else STEP_DOWN)
            weights[key] = min(MOST, max(LEAST, moved))
    return weights


@cache
def known_of(seed: int) -> Knowledge:
    """What is learnt from a world's past."""
    return learn([evidence_of(campaign) for campaign in campaigns(world(seed))])


def learnt(known: Knowledge) -> dict[str, float]:
    """The engine's shrunk effects on CTR by signal."""
    return {effect.signal: effect.effect for effect in known.effects if effect.metric == "ctr"}


def chosen_truth(one: World, weights: dict[str, float]) -> float:
    """How good, on the log scale and without noise, the candidates are that these weights would choose."""
    score = [np.mean([np.log(weights.get(key, 1.0)) for key in keys(row)]) for row in one.candidates]
    best = np.argsort(score, kind="stable")[-CHOSEN:]
    return float(one.candidate_truth[best].mean())


def no_learning(one: World) -> float:
    """What choosing blindly brings: the mean of all candidates."""
    return float(one.candidate_truth.mean())


def gains(seeds: range) -> tuple[list[float], list[float]]:
    """What the engine's choice brings beyond choosing blindly, and beyond compounding weights, world by world."""
    over_blind, over_compounding = [], []
    for seed in seeds:
        one = world(seed)
        ours = chosen_truth(one, learnt(known_of(seed)))
        over_blind.append(ours - no_learning(one))
        over_compounding.append(ours - chosen_truth(one, compounding(one)))
    return over_blind, over_compounding


def errors(seeds: range) -> tuple[float, float]:
    """Root mean square error (log) of effects as learnt, and of effects as they were seen, each signal by itself.

    What is seen compares campaigns with a signal to those without it: the distance to the mean of the other levels.
    """
    pooled, alone = [], []
    for seed in seeds:
        truths = world(seed).effects
        for effect in known_of(seed).effects:
            if effect.metric == "ctr" and effect.signal in truths and effect.raw_lift:
                levels = sum(key.partition(":")[0] == effect.group for key in truths)
                pooled.append(np.log(effect.effect) - truths[effect.signal])
                alone.append(np.log(effect.raw_lift) * (levels - 1) / levels - truths[effect.signal])
    return float(np.sqrt(np.mean(np.square(pooled)))), float(np.sqrt(np.mean(np.square(alone))))


def worlds_with_a_false_winner(seeds: range) -> int:
    """In how many worlds in which no signal matters a signal, or a group of campaigns, is said to win.

    Descriptive findings do not count: they say of themselves that they promise nothing.
    """
    found = 0
    for seed in seeds:
        known = learn([evidence_of(campaign) for campaign in campaigns(world(seed, null=True))])
        said = any(finding.direction == "favorable" and not finding.descriptive for finding in known.findings)
        found += said or any(effect.finding and effect.effect > 1.0 for effect in known.effects)
    return found


def test_what_was_learnt_beats_no_learning() -> None:
    over_blind, over_compounding = gains(range(6))

    assert min(over_blind) > 0.0
    assert np.mean(over_compounding) > 0.0


def test_effects_learnt_together_err_less_than_each_seen_by_itself() -> None:
    pooled, alone = errors(range(6))

    assert pooled <= alone


def test_nothing_wins_where_nothing_matters() -> None:
    assert worlds_with_a_false_winner(range(5)) <= 1


@pytest.mark.torture(part="learning")
def test_two_hundred_worlds_in_which_learning_helps() -> None:
    over_blind, over_compounding = (np.array(gained) for gained in gains(range(200)))
    sys.stdout.write(
        f"better than blind in {np.mean(over_blind > 0):.1%}, by {np.expm1(over_blind.mean()):.1%}; than compounding "
        f"weights in {np.mean(over_compounding > 0):.1%}, not worse in {np.mean(over_compounding >= 0):.1%}, "
        f"by {np.expm1(over_compounding.mean()):.1%}\n"
    )
    pooled, alone = errors(range(200))
    sys.stdout.write(f"error of effects learnt together {pooled:.3f}, each by itself {alone:.3f} (log)\n")
    assert np.mean(over_blind > 0) >= 0.95
    assert over_compounding.mean() > 0.0
    assert pooled <= alone


@pytest.mark.torture(part="learning")
def test_two_hundred_worlds_in_which_nothing_matters() -> None:
    found = worlds_with_a_false_winner(range(200))
    sys.stdout.write(f"a false winner in {found} of 200 worlds without any effect\n")
    assert found <= 0.05 * 200
