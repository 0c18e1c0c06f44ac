"""Learning helps where there is something to learn, and finds nothing where there is nothing.

Simulated accounts with a known truth, the same for every way of planning: next campaigns are chosen by what the engine
learnt, and by weights that compound over campaigns (as many tools keep them). What counts is how good the chosen ones
truly are, without noise.
"""

import sys
from dataclasses import dataclass

import numpy as np
import pytest
from numpy.typing import NDArray

from reflection.campaign import Campaign
from reflection.knowledge import Knowledge
from reflection.learn import learn
from reflection.ledger import evidence_of

Floats = NDArray[np.float64]
GROUPS = {"platform": 3, "age": 4, "type": 3}
PAIRS = (("platform", "type"),)
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
    return World(levels, truth, impressions, clicks, candidates, candidate_truth)


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
    return [f"platform:platform {row[0]}", f"audience:group {row[1]}", f"creative.type:type {row[2]}"]


def compounding(one: World) -> dict[str, float]:
    """Weights that step up when a campaign beats its forecast and down when it does not."""
    weights: dict[str, float] = {}
    for row, impressions, clicks in zip(one.levels, one.impressions, one.clicks, strict=True):
        for key in keys(row):
            moved = weights.get(key, 1.0) * (STEP_UP if clicks > BASE * impressions else STEP_DOWN)
            weights[key] = min(MOST, max(LEAST, moved))
    return weights


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
        ours = chosen_truth(one, learnt(learn([evidence_of(campaign) for campaign in campaigns(one)])))
        over_blind.append(ours - no_learning(one))
        over_compounding.append(ours - chosen_truth(one, compounding(one)))
    return over_blind, over_compounding


def worlds_with_a_false_winner(seeds: range) -> int:
    """In how many worlds in which no signal matters one is said to win.

    Clusters do not count: they say which campaigns did better, which is true of those campaigns (they scatter beyond
    counting noise), and not why.
    """
    found = 0
    for seed in seeds:
        known = learn([evidence_of(campaign) for campaign in campaigns(world(seed, null=True))])
        signals = [finding for finding in known.findings if finding.category != "cluster" and not finding.descriptive]
        found += any(finding.direction == "favorable" for finding in signals)
        found += not signals and any(effect.finding and effect.effect > 1.0 for effect in known.effects)
    return found


def test_what_was_learnt_beats_no_learning() -> None:
    over_blind, over_compounding = gains(range(6))

    assert min(over_blind) > 0.0
    assert np.mean(over_compounding) > 0.0


def test_nothing_wins_where_nothing_matters() -> None:
    assert worlds_with_a_false_winner(range(4)) == 0


@pytest.mark.torture
def test_two_hundred_worlds_in_which_learning_helps() -> None:
    over_blind, over_compounding = (np.array(gained) for gained in gains(range(200)))
    sys.stdout.write(
        f"better than blind in {np.mean(over_blind > 0):.1%}, by {np.expm1(over_blind.mean()):.1%}; than compounding "
        f"weights in {np.mean(over_compounding > 0):.1%}, not worse in {np.mean(over_compounding >= 0):.1%}, "
        f"by {np.expm1(over_compounding.mean()):.1%}\n"
    )
    assert np.mean(over_blind > 0) >= 0.95
    assert over_compounding.mean() > 0.0


@pytest.mark.torture
def test_two_hundred_worlds_in_which_nothing_matters() -> None:
    assert worlds_with_a_false_winner(range(200)) <= 0.05 * 200
