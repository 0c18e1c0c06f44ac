"""The whole way: campaigns with a planted effect are analysed and learnt from, and the learnings follow the truth."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from reflection.domain.campaign import Campaign
from reflection.learnings.claims import Claim
from reflection.memory.semantic import SearchResult
from reflection.settings import Settings
from reflection.wiring import Application, build

VIDEO = Claim("creative.type:video", "", "ctr").learning_id
MARGIN = 0.03
"""Scores apart by so much are a matter of meaning, not of rounding."""
START = datetime(2026, 1, 1, 9, tzinfo=UTC)


@pytest.fixture
def application(
    request: pytest.FixtureRequest, tmp_path: Path, settings_in: Callable[..., Settings]
) -> Iterator[Application]:
    """Without vectors, which cost more than all the rest, but where meaning is what a test is about."""
    with build(settings_in(tmp_path, embedding_model=getattr(request, "param", "none"))) as running:
        yield running


@pytest.fixture
def live(application: Application) -> Callable[..., list[str | None]]:
    """Plays campaigns a day apart, learns after every `every`, and gives the states of a learning that followed."""

    def play(
        count: int, effect: Callable[[int, str], float], learning_id: str = VIDEO, every: int = 20, first: int = 0
    ) -> list[str | None]:
        generator = np.random.default_rng(11 + first)
        states: list[str | None] = []
        for number in range(first, first + count):
            platform = ("Meta", "Google")[number // 2 % 2]
            kind = ("video", "image")[number % 2]
            lift = effect(number, platform) if kind == "video" else 0.0
            clicks = int(generator.poisson(1_500 * np.exp(lift + generator.normal(0.0, 0.05))))
            application.engine.analyze(_campaign(number, platform, kind, clicks))
            if (number + 1) % every == 0:
                application.learner.learn_now("default")
                facts = application.book.facts("default", [learning_id])
                states.append(facts.get(learning_id, {}).get("state"))
        return states

    return play


def _campaign(number: int, platform: str, kind: str, clicks: int) -> Campaign:
    forecast = {"impressions": 100_000, "clicks": 1_500, "conversions": 75.0, "spend": 900.0}
    fields = {
        "campaign_id": f"cmp_{number:03d}",
        "platform": platform,
        "objective": "Leads",
        "expected_metrics": forecast,
        "actual_metrics": forecast | {"clicks": clicks, "conversions": float(round(clicks * 0.05))},
        "audiences": [{"name": "students"}],
        "creatives": [{"id": f"crt_{number % 5}", "type": kind, "headline": f"headline {number % 7}"}],
        "timestamp": (START + timedelta(days=number)).isoformat(),
    }
    return Campaign.model_validate(fields)


def test_an_effect_planted_in_campaigns_1_to_30_and_gone_after_leaves_established(
    application: Application, live: Callable[..., list[str | None]]
) -> None:
    states = live(75, lambda number, _: 0.4 if number < 30 else 0.0, every=15)
    assert states[1] == "established"
    assert states[-1] == "superseded"
    learning = application.book.get("default", VIDEO)
    ended = (datetime.fromisoformat(learning["until"]).date() - START.date()).days
    assert abs(ended - 30) <= 4
    then = application.book.get("default", VIDEO, as_of=_recorded(learning, "established"))
    assert then["state"] == "established"
    assert learning["effect_now"] == pytest.approx(1.0, abs=0.12)


def test_an_effect_that_holds_stays_established(live: Callable[..., list[str | None]]) -> None:
    states = live(60, lambda *_: 0.4, every=20)
    established = states.index("established")
    assert set(states[established:]) == {"established"}


def test_an_effect_that_is_opposite_on_two_platforms_is_split_not_averaged_away(
    application: Application, live: Callable[..., list[str | None]]
) -> None:
    states = live(60, lambda _, platform: 0.4 if platform == "Meta" else -0.4, every=60)
    assert states[-1] == "contested"
    for platform, direction in (("meta", "favorable"), ("google", "unfavorable")):
        part = Claim("creative.type:video", f"platform:{platform}", "ctr").learning_id
        learning = application.book.get("default", part)
        assert (learning["state"], learning["direction"]) == ("established", direction)


def test_nothing_is_believed_where_there_is_nothing(
    application: Application, live: Callable[..., list[str | None]]
) -> None:
    live(60, lambda *_: 0.0, every=30)
    assert application.book.list("default", state="established")[0] == []


@pytest.mark.parametrize("application", ["packaged"], indirect=True)
def test_learnings_are_found_by_meaning_and_survive_purging_what_can_be_made_again(
    application: Application, live: Callable[..., list[str | None]]
) -> None:
    live(40, lambda *_: 0.4, every=40)
    assert application.backfill.catch_up("default") > 0
    result = application.memory.search("default", "do filmed ads get more clicks?", kind="learning")
    assert result.degraded == []
    assert _best(result, "video") > _best(result, "image") + MARGIN
    effects = {item.id: item.outcome["effect"] for item in result.items}
    assert effects[VIDEO] > 1.15
    assert application.memory.search("default", "do filmed ads get more clicks?", kind="learning") == result


def _best(result: SearchResult, word: str) -> float:
    """The score of the first learning about it."""
    return max(item.score for item in result.items if word in item.text)


def _recorded(learning: dict[str, Any], state: str) -> datetime:
    last = [row["recorded_at"] for row in learning["history"] if row["state"] == state][-1]
    return datetime.fromisoformat(last)
