"""Advice and plans are one mind: what a card proposes, `plan` calls better than usual, in every world.

Worlds are random accounts: audiences with attributes that nest (an age that two audiences share), creatives with types,
platforms of different levels, effects of the platform on what works, with and without breakdown, one or two objectives.
"""

from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pytest

from reflection.domain import signals
from reflection.domain.bookable import Bookable, agreed, descriptions_of
from reflection.domain.campaign import Campaign
from reflection.domain.evidence import evidence_of
from reflection.domain.knowledge import Knowledge
from reflection.domain.plan import Plan
from reflection.domain.validation import read
from reflection.forecasting.calibration import EMPTY
from reflection.forecasting.plan_evaluation import evaluate
from reflection.inference.fit_request import FitRequest
from reflection.inference.learn import learn
from reflection.inference.totals.total_effects import TotalEffects
from reflection.recommendations import cards

PLATFORMS = ("Meta", "Google", "TikTok")
AGES = ("18-25", "26-34", "35-44")
TYPES = ("video", "image")


class World:
    """A random account with its campaigns; `revenue` decides whether its goal is ROAS or CPA."""

    def __init__(self, seed: int, campaigns: int) -> None:
        self.rng = rng = np.random.default_rng(seed)
        self.objectives = ("Sales", "Leads")[: int(rng.integers(1, 3))]
        self.audiences = [
            {"name": f"Audience {index}", "attributes": {"age_range": AGES[index % 3], "tier": str(index % 2)}}
            for index in range(int(rng.integers(3, 6)))
        ]
        self.creatives = [{"id": f"crt_{index}", "type": TYPES[index % 2]} for index in range(int(rng.integers(2, 5)))]
        self.effect = {
            name: float(rng.normal(0, 0.3))
            for name in (*PLATFORMS, *AGES, *TYPES, *(one["name"] for one in self.audiences),
                         *(one["id"] for one in self.creatives), *(f"{p}{a}" for p in PLATFORMS for a in AGES))
        }  # fmt: skip
        self.revenue, self.detailed = bool(rng.random() < 0.5), bool(rng.random() < 0.7)
        self.campaigns = [read(Campaign, self._campaign(index)) for index in range(campaigns)]

    def _campaign(self, index: int) -> dict[str, Any]:
        rng, platform = self.rng, PLATFORMS[int(self.rng.choice(3, p=(0.5, 0.3, 0.2)))]
        audiences = [self.audiences[place] for place in sorted(rng.choice(len(self.audiences), 2, replace=False))]
        creatives = [self.creatives[place] for place in sorted(rng.choice(len(self.creatives), 2, replace=False))]
        rows = [
            {"audience": one["name"], "creative": other["id"], "metrics": self._metrics(platform, one, other)}
            for one in audiences
            for other in creatives
        ]
        totals = {
            name: sum(row["metrics"][name] for row in rows)
            for name in rows[0]["metrics"]
        }  # fmt: skip
        return {
            "campaign_id": f"c{index:03d}", "platform": platform,
            "objective": self.objectives[index % len(self.objectives)],
            "audiences": audiences, "creatives": creatives, "breakdown": rows if self.detailed else [],
            "expected_metrics": totals, "actual_metrics": totals, "currency": "EUR",
            "timestamp": f"2026-{1 + index // 28:02d}-{1 + index % 28:02d}T00:00:00+00:00",
        }  # fmt: skip

    def _metrics(self, platform: str, audience: dict[str, Any], creative: dict[str, Any]) -> dict[str, Any]:
        age = audience["attributes"]["age_range"]
        names = (platform, age, audience["name"], creative["type"], creative["id"], f"{platform}{age}")
        lift = np.exp(sum(self.effect[name] for name in names) + self.rng.normal(0, 0.15))
        clicks = int(self.rng.poisson(600))
        conversions = int(self.rng.poisson(clicks * min(0.05 * lift, 0.9)))
        known = {"impressions": 30_000, "clicks": clicks, "conversions": conversions, "spend": 300.0}
        return {**known, "revenue": 40.0 * conversions} if self.revenue else known

    def knowledge(self) -> Knowledge:
        """What is learnt of it."""
        asked = FitRequest(seq=1, as_of="2026-06-01", definitions=agreed(map(descriptions_of, self.campaigns)))
        return learn([evidence_of(campaign) for campaign in self.campaigns], asked)

    def plans(self, card: cards.Card) -> Iterator[Plan]:
        """Plans that book what a card is about: on its platform, or on every one; for every objective it ran for."""
        *context, key = [part.key for part in signals.parse(card.signal).parts]
        platforms = [name for name in PLATFORMS if signals.of_platform(name).key in (key, *context)] or PLATFORMS
        audiences = [one for one in self.audiences if key == f"audience:{one['name'].casefold()}"]
        creatives = [one for one in self.creatives if key == f"creative:{one['id']}"]
        for platform in platforms:
            for objective in self.objectives:
                yield Plan(
                    platform=platform, objective=objective, budget=1000.0, currency="EUR",
                    audiences=audiences, creatives=creatives,
                )  # fmt: skip


def _contradictions(world: World, knowledge: Knowledge) -> list[str]:
    metric = "roas" if knowledge.goal_metric == "roas" else "cpa"
    wrong = []
    for option in cards.build(knowledge):
        card = option.card
        bookable = next(one for one in knowledge.bookables if one.key == card.signal)
        for plan in world.plans(card):
            if signals.of_objective(plan.objective).key not in bookable.objectives:
                continue
            (evaluated,) = evaluate([("p", plan)], knowledge, EMPTY)["plans"]
            chance = evaluated["metrics"][metric]["p_better"]
            if (card.lane == "exploit" and chance < 0.5) or (card.lane == "avoid" and chance > 0.5):
                wrong.append(f"{card.lane} {card.signal}: plan on {plan.platform} says {chance:.3f}")
    return wrong


@cache
def _learnt(seed: int) -> tuple[World, Knowledge]:
    """A world of 24 campaigns and what is learnt of it."""
    world = World(seed, 24)
    return world, world.knowledge()


@pytest.mark.parametrize("seed", range(3))
def test_no_plan_contradicts_a_card(seed: int):
    world, knowledge = _learnt(seed)
    assert knowledge.bookables
    assert _contradictions(world, knowledge) == []


@pytest.mark.torture(part="learning")
@pytest.mark.parametrize("seed", range(100, 160))
def test_no_plan_contradicts_a_card_in_many_worlds(seed: int):
    world = World(seed, int(np.random.default_rng(seed).integers(6, 90)))
    assert _contradictions(world, world.knowledge()) == []


def test_the_worlds_do_give_advice():
    lanes = [option.card.lane for seed in range(2) for option in cards.build(_learnt(seed)[1])]
    assert "exploit" in lanes
    assert "avoid" in lanes


def test_what_a_plan_says_of_what_it_books_is_what_the_card_says(knowledge: Knowledge):
    card = next(one.card for one in cards.build(knowledge, "Meta", "Sales") if one.card.lane == "exploit")
    audience = {
        "name": "Students 18-25",
        "attributes": {"age_range": "18-25", "city_tier": "Tier-1", "segment": "students"},
    }
    plan = Plan(platform="Meta", objective="Sales", budget=1000.0, currency="USD", audiences=[audience],
                creatives=[{"id": "crt_video", "type": "video"}])  # fmt: skip
    (evaluated,) = evaluate([("p", plan)], knowledge, EMPTY)["plans"]
    booked = {one["signal"]: one for one in evaluated["booked"]}
    for option in cards.build(knowledge, "Meta", "Sales"):
        if option.card.signal in booked:
            shown = booked[option.card.signal]
            assert (shown["effect"], shown["p_better"], shown["lane"]) == (
                option.card.effect, option.card.p_better, option.card.lane,
            )  # fmt: skip
    assert card.signal in booked


SEASON = {"reason": "it ran in one season only", "others": []}


def _plans_of(knowledge: Knowledge, bookable: Bookable) -> Iterator[Plan]:
    """A plan for each platform that books one audience or creative as it is defined."""
    parts = [signals.parse(key).parts[-1] for key in bookable.definition.parts]
    attributes = {one.group.partition(".")[2]: one.level for one in parts if "." in one.group}
    name = signals.parse(bookable.key).parts[-1].level
    for platform in sorted(key for key in knowledge.delivery[""] if key.startswith("platform:")):
        yield Plan(
            platform=platform.partition(":")[2], objective="Sales", budget=1000.0, currency="USD",
            audiences=[{"name": name, "attributes": attributes}] if bookable.definition.kind == "audience" else [],
            creatives=[{"id": name, **attributes}] if bookable.definition.kind == "creative" else [],
        )  # fmt: skip


def test_whatever_is_doubted_a_plan_differs_from_usual_by_the_total_effect_of_what_it_books(knowledge: Knowledge):
    """A signal of each kind doubted: odds rest on nothing doubtful, and on both sides of a comparison nothing is."""
    kinds = {key.partition(":")[0]: key for key in sorted(knowledge.delivery[""]) if not key.startswith("objective:")}
    alone = [one for one in knowledge.bookables if one.platform is None]
    booked = [next(one for one in alone if one.definition.kind == kind) for kind in ("audience", "creative")]
    compared = 0
    for doubtful in ["", *kinds.values()]:
        doubts = {doubtful: SEASON} if doubtful else {}
        doubted = replace(knowledge, diagnostics={**knowledge.diagnostics, "unidentified": doubts})
        totals = TotalEffects(doubted, knowledge.goal_metric)
        for one in booked:
            for plan in _plans_of(doubted, one):
                (evaluated,) = evaluate([("p", plan)], doubted, EMPTY)["plans"]
                metric = evaluated["metrics"][knowledge.goal_metric]
                if doubtful in one.definition.parts:
                    assert metric["p_better"] is None
                    continue
                platform, objective = signals.of_platform(plan.platform).key, signals.of_objective("Sales").key
                (draws,) = totals.draws([one], platform=platform, objective=objective)
                assert np.log(metric["signals"] / metric["usual"]) == pytest.approx(draws.mean(), abs=0.01)
                assert (metric["p_better"] > 0.5) == (metric["signals"] > metric["usual"])
                assert metric["identified"] == (doubtful != platform)
                compared += 1
    assert compared > len(kinds)


def test_what_always_ran_on_one_platform_has_no_odds_against_what_is_usual_there(knowledge: Knowledge):
    """Together with its platform it is one thing, whose level is identified; apart from it nothing of it is."""
    booked = next(one for one in knowledge.bookables if one.definition.kind == "audience" and one.platform is None)
    reason = "it ran always together with platform meta, so their effects cannot be told apart"
    doubts = {booked.key: {"reason": reason, "others": ["platform:meta"]}}
    doubted = replace(knowledge, diagnostics={**knowledge.diagnostics, "unidentified": doubts})
    plan = next(one for one in _plans_of(doubted, booked) if one.platform == "meta")
    (evaluated,) = evaluate([("p", plan.model_copy(update={"targets": {"cpa": 20.0}}))], doubted, EMPTY)["plans"]
    metric = evaluated["metrics"]["cpa"]
    assert metric["identified"]
    assert 0 < metric["p_target"] < 1
    assert metric["p_better"] is None
    (note,) = [note for note in evaluated["notes"] if reason in note]
    assert note.endswith("there are no odds of its doing better than usual")


def test_an_attribute_explains_and_is_never_advised(knowledge: Knowledge):
    """Career changers are always 35-44 and do worse than usual as a whole, whatever their segment's partial effect."""
    partial = next(
        one for one in knowledge.effects
        if (one.signal, one.metric) == ("audience.segment:career changers", knowledge.goal_metric)
    )  # fmt: skip
    assert partial.effect > 1.05
    shown = {option.card.signal: option.card for option in cards.build(knowledge)}
    assert all(signals.parse(key).parts[-1].group in ("audience", "creative", "platform") for key in shown)
    career = shown["audience:career changers 35-44"]
    assert career.effect < 1
    assert career.lane not in ("exploit", "explore")


def test_what_merely_ran_beside_is_no_part_of_the_effect():
    """Video clicks 20 % better everywhere but runs mostly in the audience that is three times dearer (Simpson)."""
    rng = np.random.default_rng(7)
    campaigns = []
    for index in range(24):
        rows = []
        for audience, level, share in (("Cold", 0.02, 0.9), ("Warm", 0.10, 0.1)):
            for creative, lift, own in (("v", 1.2, share), ("i", 1.0, 1 - share)):
                spend = 2000.0 * own
                clicks = int(rng.poisson(spend))
                orders = int(rng.poisson(clicks * level * lift))
                metrics = {"impressions": 50 * clicks, "clicks": clicks, "conversions": orders, "spend": spend}
                rows.append({"audience": audience, "creative": creative, "metrics": metrics})
        totals = {name: sum(row["metrics"][name] for row in rows) for name in rows[0]["metrics"]}
        campaigns.append(read(Campaign, {
            "campaign_id": f"c{index}", "platform": "Meta", "objective": "Sales", "currency": "EUR",
            "audiences": [{"name": "Cold"}, {"name": "Warm"}],
            "creatives": [{"id": "v", "type": "video"}, {"id": "i", "type": "image"}], "breakdown": rows,
            "expected_metrics": totals, "actual_metrics": totals,
            "timestamp": f"2026-01-{1 + index:02d}T00:00:00+00:00",
        }))  # fmt: skip
    asked = FitRequest(seq=1, as_of="2026-04-01T00:00:00+00:00", definitions=agreed(map(descriptions_of, campaigns)))
    knowledge = learn([evidence_of(campaign) for campaign in campaigns], asked)
    totals = {one.key: one.total for one in knowledge.bookables}
    video, image = totals["creative:v"], totals["creative:i"]
    assert video is not None
    assert image is not None
    assert video.effect / image.effect == pytest.approx(1.2, rel=0.06)
    assert video.lane == "exploit"


def test_the_figures_do_not_depend_on_the_order_of_campaigns():
    world, knowledge = _learnt(1)
    assert replace_campaigns(world).knowledge().bookables == knowledge.bookables


def replace_campaigns(world: World) -> World:
    """The same account, its campaigns told in the other order."""
    other = World.__new__(World)
    other.__dict__ |= {**world.__dict__, "campaigns": list(reversed(world.campaigns))}
    return other
