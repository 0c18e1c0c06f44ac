"""Simulated accounts with a planted truth, loaded and learnt, and every sentence the engine says of them."""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest
from starlette.testclient import TestClient

from reflection.api.app import create_app
from reflection.domain import signals
from reflection.domain.campaign import Campaign
from reflection.settings import Settings
from reflection.wiring import build

CTR, CVR, CPM, AOV = 0.014, 0.035, 22.0, 90.0
SCATTER = 0.15
"""Standard deviation of the log of every rate between campaigns, beyond counting."""

MESSAGES = (
    "What did we learn?", "Which platform should get more budget?", "What should we test next?",
    "Which audience works best?", "What should we stop doing?",
)  # fmt: skip


@dataclass(frozen=True)
class Unit:
    """One thing to book and the lift it is planted with on each rate."""

    body: Mapping[str, Any]
    ctr: float = 1.0
    cvr: float = 1.0
    cpm: float = 1.0

    @property
    def log_value(self) -> float:
        """What it is worth per money spent, on the log scale."""
        return float(np.log(self.ctr * self.cvr / self.cpm))


@dataclass(frozen=True)
class Goal:
    """What campaigns are for."""

    objective: str
    kind: str
    revenue: bool = True


SALES, LEADS = Goal("Sales", "purchase"), Goal("Lead Generation", "lead", revenue=False)
PLATFORMS = {"Meta": Unit({}, ctr=1.15), "Google": Unit({}, cvr=1.1), "LinkedIn": Unit({}, ctr=0.75, cpm=1.7)}
AUDIENCES = (
    Unit({"name": "Students", "attributes": {"age_range": "18-25", "segment": "students"}}, cvr=1.45),
    Unit({"name": "Parents", "attributes": {"age_range": "35-44", "segment": "parents"}}, cvr=0.7),
    Unit({"name": "Career changers", "attributes": {"age_range": "35-44", "segment": "changers"}}, cvr=0.97),
    Unit({"name": "Graduates", "attributes": {"age_range": "26-34", "segment": "graduates"}}),
)
CREATIVES = (
    Unit({"id": "crt_video", "type": "video", "headline": "Watch it"}, ctr=1.5),
    Unit({"id": "crt_image", "type": "image", "headline": "See it"}, ctr=0.85),
    Unit({"id": "crt_text", "type": "text", "headline": "Read it"}, ctr=0.75),
    Unit({"id": "crt_story", "type": "story", "headline": "Feel it"}),
)
RETARGETING = Unit({"name": "Retargeting visitors", "attributes": {"segment": "retargeting"}}, cvr=4.0, cpm=1.8)
PROSPECTING = Unit({"name": "Prospecting broad", "attributes": {"segment": "prospecting"}}, cvr=0.8)
BRAND = Unit({"name": "Brand searchers", "attributes": {"segment": "brand search"}}, ctr=5.0, cvr=3.0, cpm=2.0)


@dataclass(frozen=True)
class Recipe:
    """How an account is made; what is left out is as most accounts are."""

    audiences: tuple[Unit, ...] = AUDIENCES
    creatives: tuple[Unit, ...] = CREATIVES
    goals: tuple[Goal, ...] = (SALES,)
    currencies: tuple[str, ...] = ("USD",)
    breakdown: bool = True
    plan: bool = True
    one_off: bool = False
    fault: bool = False
    season: bool = False
    pair: bool = False


NEUTRAL_VIDEO = Unit({"id": "crt_video", "type": "video", "headline": "Watch it"})
POOR_VIDEO = Unit({"id": "crt_video", "type": "video", "headline": "Watch it"}, ctr=0.7)

RECIPES = {
    "shop": Recipe(),
    "shop without a breakdown": Recipe(breakdown=False),
    "leads": Recipe(goals=(LEADS,)),
    "mixed goals": Recipe(goals=(SALES, LEADS)),
    "brand search": Recipe(audiences=(*AUDIENCES[:3], BRAND)),
    "retargeting": Recipe(audiences=(*AUDIENCES[:2], RETARGETING, PROSPECTING)),
    "one-off creatives": Recipe(one_off=True),
    "tracking fault": Recipe(fault=True),
    "no plan": Recipe(plan=False),
    "two currencies": Recipe(currencies=("USD", "EUR")),
    "season": Recipe(creatives=(NEUTRAL_VIDEO, *CREATIVES[1:]), season=True),
    "pair": Recipe(creatives=(POOR_VIDEO, *CREATIVES[1:]), pair=True),
}


@dataclass
class Account:
    """Campaigns, and what is true of what they booked.

    Attributes:
        truth: key of a bookable thing -> log of what it is worth per money spent, against the account's average.
        faulty: campaigns whose tracking is planted to be wrong.
    """

    name: str
    campaigns: list[Campaign] = field(default_factory=list)
    truth: dict[str, float] = field(default_factory=dict)
    faulty: set[str] = field(default_factory=set)


def _account(name: str, size: int, seed: int) -> Account:
    """An account of so many campaigns by one of the recipes."""
    recipe, rng = RECIPES[name], np.random.default_rng(seed)
    account = Account(name)
    spent: dict[str, dict[str, tuple[float, float]]] = {}
    for number in range(size):
        goal = recipe.goals[number % len(recipe.goals)]
        platform = str(rng.choice(list(PLATFORMS)))
        audiences, creatives = _chosen(recipe, number, rng)
        if recipe.one_off:
            creatives = [
                Unit({**unit.body, "id": f"{unit.body['id']}_{number}"}, unit.ctr, unit.cvr, unit.cpm)
                for unit in creatives
            ]
        body = _body(number, goal, platform, audiences, creatives, recipe, rng)
        account.campaigns.append(Campaign.model_validate(body))
        spend = body["actual_metrics"]["spend"]
        for group, unit, key, share in _booked(platform, audiences, creatives):
            value, weight = spent.setdefault(group, {}).get(key, (unit.log_value, 0.0))
            spent[group][key] = (value, weight + spend * share)
    for units in spent.values():
        total = sum(weight for _, weight in units.values())
        usual = sum(value * weight for value, weight in units.values()) / total
        account.truth |= {key: value - usual for key, (value, _) in units.items()}
    if recipe.fault:
        _break(account, int(rng.integers(size // 2, size)))
    return account


def _in_season(recipe: Recipe, number: int) -> bool:
    """Whether a campaign runs in the season, one month of four, in which everybody buys twice as much."""
    return recipe.season and number % 40 >= 30


def _chosen(recipe: Recipe, number: int, rng: np.random.Generator) -> tuple[list[Unit], list[Unit]]:
    """What a campaign books; in an account with a season video runs in it only, in one with a pair students see
    nothing else, and nobody else does.
    """
    video, others = recipe.creatives[:1], recipe.creatives[1:]
    if recipe.season:
        return _some(recipe.audiences, rng), list(video) if _in_season(recipe, number) else _some(others, rng)
    if recipe.pair:
        if number % 2:
            return list(recipe.audiences[:1]), list(video)
        return _some(recipe.audiences[1:], rng), _some(others, rng)
    return _some(recipe.audiences, rng), _some(recipe.creatives, rng)


def _some(units: tuple[Unit, ...], rng: np.random.Generator) -> list[Unit]:
    """One to three of them."""
    count = int(rng.integers(1, min(4, len(units) + 1)))
    return [units[index] for index in sorted(rng.choice(len(units), count, replace=False))]


def _booked(platform: str, audiences: list[Unit], creatives: list[Unit]) -> Iterator[tuple[str, Unit, str, float]]:
    yield "platform", PLATFORMS[platform], signals.of_platform(platform).key, 1.0
    for unit in audiences:
        yield "audience", unit, signals.Signal("audience", signals.normalise(unit.body["name"])).key, 1 / len(audiences)
    for unit in creatives:
        yield "creative", unit, signals.Signal("creative", signals.normalise(unit.body["id"])).key, 1 / len(creatives)


def _body(
    number: int, goal: Goal, platform: str, audiences: list[Unit], creatives: list[Unit], recipe: Recipe,
    rng: np.random.Generator,
) -> dict[str, Any]:  # fmt: skip
    """One campaign as a client posts it."""
    budget = float(rng.uniform(2_000, 9_000))
    scatter = {name: float(np.exp(rng.normal(0, SCATTER))) for name in ("ctr", "cvr", "cpm")}
    scatter["cvr"] *= 2.0 if _in_season(recipe, number) else 1.0
    place, cells = PLATFORMS[platform], []
    for audience in audiences:
        for creative in creatives:
            share = budget / (len(audiences) * len(creatives))
            cpm = CPM * place.cpm * audience.cpm * creative.cpm * scatter["cpm"]
            impressions = round(1000 * share / cpm)
            clicks = int(
                rng.binomial(impressions, min(0.9, CTR * place.ctr * audience.ctr * creative.ctr * scatter["ctr"]))
            )
            orders = int(rng.binomial(clicks, min(0.9, CVR * place.cvr * audience.cvr * creative.cvr * scatter["cvr"])))
            revenue = round(float(rng.gamma(max(orders, 1e-9), AOV)), 2) if orders else 0.0
            metrics = {
                "impressions": impressions,
                "clicks": clicks,
                "conversions": float(orders),
                "spend": round(share, 2),
            }
            metrics |= {"revenue": revenue} if goal.revenue else {}
            cells.append({"audience": audience.body["name"], "creative": creative.body["id"], "metrics": metrics})
    actual = {
        name: type(cells[0]["metrics"][name])(round(sum(cell["metrics"][name] for cell in cells), 2))
        for name in cells[0]["metrics"]
    }
    day = np.datetime64("2025-01-06") + np.timedelta64(number * 3, "D")
    body: dict[str, Any] = {
        "campaign_id": f"c{number:03}", "name": f"Campaign {number}", "platform": platform, "objective": goal.objective,
        "conversion_kind": goal.kind, "currency": recipe.currencies[number % len(recipe.currencies)],
        "audiences": [dict(unit.body) for unit in audiences], "creatives": [dict(unit.body) for unit in creatives],
        "timestamp": f"{day}T09:00:00+00:00", "actual_metrics": actual, "expected_metrics": _plan(actual, goal),
        "planner": "planner_a" if recipe.plan else "account-average",
    }  # fmt: skip
    return body | ({"breakdown": cells} if recipe.breakdown else {})


def _plan(actual: Mapping[str, Any], goal: Goal) -> dict[str, Any]:
    """What a planner promises who knows the base rates and nothing else."""
    impressions = round(1000 * actual["spend"] / CPM)
    clicks = round(impressions * CTR)
    conversions = round(clicks * CVR, 1)
    plan = {"impressions": impressions, "clicks": clicks, "conversions": conversions, "spend": actual["spend"]}
    return plan | ({"revenue": round(conversions * AOV, 2)} if goal.revenue else {})


def _break(account: Account, index: int) -> None:
    """Make one campaign's tracking count every conversion sixty times."""
    campaign = account.campaigns[index]
    body = campaign.model_dump(mode="json", exclude_none=True)
    for metrics in (body["actual_metrics"], *(cell["metrics"] for cell in body.get("breakdown", ()))):
        metrics["conversions"] *= 60.0
        if "revenue" in metrics:
            metrics["revenue"] *= 60.0
    account.campaigns[index] = Campaign.model_validate_json(json.dumps(body))
    account.faulty.add(campaign.campaign_id)


@dataclass
class Doors:
    """An account as the engine speaks of it: every answer of every door, each asked once."""

    account: Account
    answers: dict[str, Any]
    stored: dict[str, dict[str, Any]]

    def texts(self) -> Iterator[tuple[str, str]]:
        """Every sentence with the door it came through."""
        for door, answer in [*self.answers.items(), *self.stored.items()]:
            yield from ((door, text) for text in _texts(answer))

    def statements(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """Sentences on single campaigns with their evidence, and whose they are."""
        for campaign_id, answer in self.stored.items():
            yield from ((campaign_id, statement) for statement in answer["insights"]["statements"])


KEY = re.compile(r"(?:audience|creative|platform|objective)[\w.*]*:\S.*")
"""A signal's key, which answers carry beside the words for it."""


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        if " " in value and not KEY.fullmatch(value):
            yield value
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from _texts(item)
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item)


@pytest.fixture(scope="session")
def audit(
    tmp_path_factory: pytest.TempPathFactory, settings_in: Callable[..., Settings]
) -> Callable[[str, int, int], Doors]:
    """An account loaded, learnt and asked through every door; made once for each recipe, size and seed."""
    made: dict[tuple[str, int, int], Doors] = {}

    def doors(name: str, size: int, seed: int) -> Doors:
        key = (name, size, seed)
        if key not in made:
            settings = settings_in(tmp_path_factory.mktemp("audit"), embedding_model="none")
            made[key] = _asked(_account(name, size, seed), settings)
        return made[key]

    return doors


def _asked(account: Account, settings: Settings) -> Doors:
    with build(settings) as application:
        list(application.engine.analyze_many(account.campaigns, following=True))
        application.learner.learn_now("default")
        client = TestClient(create_app(application), "http://127.0.0.1:8000", client=("127.0.0.1", 50000))
        urls = [
            "/insights?limit=500", "/patterns?limit=500", "/recommendations", "/v1/recommendations",
            "/v1/learnings?limit=500", "/v1/effects?limit=1000",
            "/v1/portfolio/report?start=2025-01-01&end=2030-01-01&format=json",
        ]  # fmt: skip
        answers = {url.partition("?")[0]: _json(client.get(url)) for url in urls}
        for platform in PLATFORMS:
            answers[f"/v1/recommendations {platform}"] = _json(client.get(f"/v1/recommendations?platform={platform}"))
        for message in MESSAGES:
            answers[f"chat: {message}"] = _json(client.post("/agent-chat", json={"message": message}))
        sample = account.campaigns[:: max(1, len(account.campaigns) // 12)]
        names = {campaign.campaign_id for campaign in sample} | account.faulty
        stored = {name: _json(client.get(f"/v1/campaigns/{name}")) for name in sorted(names)}
    return Doors(account, answers, stored)


def _json(answer: Any) -> Any:
    assert answer.status_code == 200, answer.text
    return answer.json()
