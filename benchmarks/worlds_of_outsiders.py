"""Worlds that do not know how the engine thinks: campaigns as an advertiser would post them, by another generator.

    python benchmarks/worlds_of_outsiders.py                            every world, 20 seeds each
    python benchmarks/worlds_of_outsiders.py --seeds 5 "small account"  some of them

Campaigns are read as the doors read them: audiences and creatives come with names that do nothing beside their
attributes, and nothing depends on its partner, while a fit looks for both. Scatter is skewed or has long tails, sizes
have a heavy tail, single orders differ, money goes where it did well. Judged as the worlds of `worlds.py`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
from worlds import WORLDS, Effects, Kind, World, main

from reflection.domain import signals
from reflection.domain.campaign import Campaign
from reflection.domain.evidence import evidence_of
from reflection.domain.validation import read

USUAL = {"cpm": 9.0, "ctr": 0.012, "cvr": 0.04, "aov": 55.0}
GROUPS = {
    "platform": ("Meta", "Google", "TikTok", "LinkedIn"),
    "objective": ("Sales", "Retention"),
    "audience.age": ("18-24", "25-34", "35-49", "50+"),
    "audience.interest": ("sport", "travel", "home", "tech", "food"),
    "creative.type": ("video", "image", "carousel", "text"),
    "creative.hook": ("price", "story", "proof", "news"),
}
SIZE, START = 60_000, datetime(2025, 1, 3, 10, tzinfo=UTC)
AT_RANDOM = 8
"""Campaigns before anybody looks at how the others did."""


@dataclass(frozen=True)
class Account:
    """How an account comes about.

    Attributes:
        effect: standard deviation of effects, of which four in ten are none; those on money are smaller.
        scatter: of campaigns, log scale; of CPM and AOV three quarters and half of it.
        shape: of the scatter: "normal", "gamma" (rates that are gamma: counts negative binomial) or "t".
        heavy: whether sizes have a Pareto tail. order: standard deviation of the log of a single order.
        follows: probability that platform, age and type are those that did best so far, with more money.
        levels: how many of each group there are at most.
    """

    campaigns: int
    effect: float = 0.2
    scatter: float = 0.2
    shape: str = "normal"
    heavy: bool = False
    order: float = 0.5
    follows: float = 0.0
    levels: int = 5

    def groups(self) -> dict[str, tuple[str, ...]]:
        """The levels of each group."""
        return {group: levels[: self.levels] for group, levels in GROUPS.items()}


def world(account: Account, seed: int) -> World:
    """The world of a seed."""
    rng = np.random.default_rng((118, seed))
    effects = _effects(account, rng)
    posted: list[dict[str, Any]] = []
    past: list[tuple[Mapping[str, str], float]] = []
    for index in range(account.campaigns):
        own = {group: str(rng.choice(levels)) for group, levels in account.groups().items()}
        size = float(rng.normal(0, 0.8))
        if account.heavy:
            size = float(np.log(rng.pareto(1.3) + 0.3))
        if account.follows and len(past) > AT_RANDOM:
            size += _followed(account, own, past, rng)
        metrics = _counted(account, own, effects, SIZE * float(np.exp(size)), rng)
        past.append((own, float(np.log((metrics["conversions"] + 0.5) / metrics["spend"]))))
        posted.append(_campaign(index, account, own, metrics))
    return World([evidence_of(read(Campaign, campaign)) for campaign in posted], effects)


def _effects(account: Account, rng: np.random.Generator) -> Effects:
    effects: dict[str, dict[str, float]] = {metric: {} for metric in USUAL}
    shares = {"cpm": 0.7, "ctr": 1.0, "cvr": 1.0, "aov": 0.5}
    for group, levels in account.groups().items():
        for metric, share in shares.items():
            drawn = share * rng.normal(0, account.effect, len(levels)) * (rng.random(len(levels)) > 0.4)
            values = (drawn - drawn.mean()).tolist()
            effects[metric] |= {_key(group, level): value for level, value in zip(levels, values, strict=True)}
    return effects


def _key(group: str, level: str) -> str:
    return f"{group}:{signals.normalise(level)}"


def _followed(
    account: Account, own: dict[str, str], past: Sequence[tuple[Mapping[str, str], float]], rng: np.random.Generator
) -> float:
    """Book what did best so far, or leave it; how much larger the campaign is for how well its platform did."""
    usual = float(np.mean([value for _, value in past]))

    def mean(group: str, level: str) -> float:
        return float(np.mean([value for booked, value in past if booked[group] == level] or [usual]))

    for group in ("platform", "audience.age", "creative.type"):
        if rng.random() < account.follows:
            own[group] = max(account.groups()[group], key=lambda level: mean(group, level))
    return 0.8 * (mean("platform", own["platform"]) - usual)


def _counted(
    account: Account, own: Mapping[str, str], effects: Effects, size: float, rng: np.random.Generator
) -> dict[str, float]:
    shares = {"cpm": 0.75, "ctr": 1.0, "cvr": 1.0, "aov": 0.5}
    rate = {
        metric: USUAL[metric]
        * np.exp(sum(of_metric[_key(group, level)] for group, level in own.items()))
        * _scatter(account.shape, shares[metric] * account.scatter, rng)
        for metric, of_metric in effects.items()
    }
    shown = max(300, int(size * np.exp(rng.normal(0, 0.15))))
    clicks = int(min(rng.poisson(shown * rate["ctr"]), shown))
    conversions = int(min(rng.poisson(clicks * rate["cvr"]), clicks))
    orders = rng.lognormal(-(account.order**2) / 2, account.order, conversions)
    return {
        "impressions": shown,
        "clicks": clicks,
        "conversions": conversions,
        "spend": max(0.01, round(shown / 1000 * rate["cpm"], 2)),
        "revenue": round(rate["aov"] * float(orders.sum()), 2),
    }


def _scatter(shape: str, sd: float, rng: np.random.Generator) -> float:
    """A factor whose log has about this standard deviation."""
    if shape == "gamma":
        return float(max(rng.gamma(sd**-2) * sd**2, 1e-9))
    return float(np.exp(sd * (rng.standard_t(3) / np.sqrt(3) if shape == "t" else rng.normal())))


def _campaign(index: int, account: Account, own: Mapping[str, str], metrics: Mapping[str, float]) -> dict[str, Any]:
    """As it is posted; its plan is what is usual."""
    age, interest, kind, hook = (own[group] for group in list(GROUPS)[2:])
    orders = SIZE * USUAL["ctr"] * USUAL["cvr"]
    plan = {"impressions": SIZE, "clicks": int(SIZE * USUAL["ctr"]), "conversions": int(orders)}
    money = {"spend": SIZE / 1000 * USUAL["cpm"], "revenue": int(orders) * USUAL["aov"]}
    return {
        "campaign_id": f"c{index:03d}",
        "platform": own["platform"],
        "objective": own["objective"],
        "expected_metrics": {**plan, **money},
        "actual_metrics": dict(metrics),
        "audiences": [{"name": f"{interest} {age}", "attributes": {"age": age, "interest": interest}}],
        "creatives": [{"id": f"{kind}-{hook}", "type": kind, "attributes": {"hook": hook}}],
        "timestamp": (START + timedelta(days=index * 360 // account.campaigns)).isoformat(),
        "currency": "EUR",
    }


_ACCOUNTS: dict[str, tuple[str, Account]] = {
    "small account": ("40 campaigns, names and partners do nothing", Account(40)),
    "small account, three levels": ("20 campaigns, three levels a group", Account(20, levels=3)),
    "overdispersed": ("150 campaigns with gamma rates", Account(150, scatter=0.45, shape="gamma")),
    "long tails": ("150 campaigns, scatter and sizes with long tails", Account(150, 0.2, 0.35, "t", heavy=True)),
    "money follows success": ("150 campaigns, six in ten booked for it", Account(150, follows=0.6, order=1.0)),
    "overdispersed, null": ("the same, no effects", Account(150, 0.0, 0.45, "gamma", heavy=True)),
    "money follows success, null": ("the same, no effects", Account(150, 0.0, follows=0.6, order=1.0)),
}

OF_OUTSIDERS = {
    name: Kind(text, lambda seed, account=account: world(account, seed), null=account.effect == 0)
    for name, (text, account) in _ACCOUNTS.items()
}
WORLDS.update(OF_OUTSIDERS)

if __name__ == "__main__":
    main(OF_OUTSIDERS)
