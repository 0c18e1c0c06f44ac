"""The same campaigns are told alike however they came: one by one with fits between, in one load, or the other way."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
import pytest

from reflection.domain.campaign import Campaign
from reflection.domain.list_query import ListQuery
from reflection.engine.attention import Attention
from reflection.settings import Settings
from reflection.wiring import Application, build

WHEN = ("generated_at", "as_of", "known_as_of", "epoch", "stored_memory", "pending", "created_at", "similar_campaigns")
"""What says when and in which order campaigns came."""


def _one_by_one(application: Application, campaigns: Sequence[Campaign]) -> None:
    for number, campaign in enumerate(campaigns, 1):
        list(application.engine.analyze_many([campaign], following=True))
        if number in (5, len(campaigns)):
            application.learner.learn_all()


def _at_once(application: Application, campaigns: Sequence[Campaign]) -> None:
    list(application.engine.analyze_many(campaigns, following=True))
    application.learner.learn_all()


def _reversed(application: Application, campaigns: Sequence[Campaign]) -> None:
    _at_once(application, campaigns[::-1])


def _without_when(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _without_when(part) for name, part in value.items() if name not in WHEN}
    return [_without_when(part) for part in value] if isinstance(value, list) else value


def _doors(application: Application, campaigns: Sequence[Campaign]) -> dict[str, Any]:
    """What is said of the campaigns wherever one may look."""
    engine = application.engine
    with application.store.snapshot("default") as snapshot:
        attention = Attention(snapshot, (), datetime(2026, 6, 1, tzinfo=UTC)).page(50)["items"]
    kept = [{name: item[name] for name in ("campaign_id", "text", "surprise")} for item in attention]
    verdicts = {item["campaign_id"]: item["verdict"] for item in engine.campaigns()["items"]}
    told = {one.campaign_id: _without_when(orjson.loads(engine.show(one.campaign_id))) for one in campaigns}
    said = {row["content"] for row in engine.insight_page(ListQuery(limit=200))["items"] if isinstance(row["id"], int)}
    own = {name: {statement["text"] for statement in one["insights"]["statements"]} for name, one in told.items()}
    return {"told": told, "verdicts": verdicts, "attention": kept, "said": said, "own": own}


@pytest.fixture(scope="module")
def told(
    tmp_path_factory: pytest.TempPathFactory, settings_in: Callable[[Path], Settings], history: tuple[Campaign, ...]
) -> list[dict[str, Any]]:
    """What every door says, by each of the ways."""
    campaigns, answers = history[:9], []
    for way in (_one_by_one, _at_once, _reversed):
        with build(settings_in(tmp_path_factory.mktemp("way"))) as application:
            way(application, campaigns)
            answers.append(_doors(application, campaigns))
    return answers


def test_a_campaign_is_told_alike_by_every_way(told: list[dict[str, Any]]) -> None:
    first, *others = told
    for other in others:
        for name, analysis in first["told"].items():
            assert other["told"][name] == analysis
        assert other["verdicts"] == first["verdicts"]
        assert other["attention"] == first["attention"]


def test_a_list_says_of_a_campaign_what_the_campaign_says(told: list[dict[str, Any]]) -> None:
    for one in told:
        assert one["verdicts"] == {name: part["comparison_report"]["verdict"] for name, part in one["told"].items()}
        assert one["said"]
        assert one["said"] <= set().union(*one["own"].values())
