"""The list of insights: what the workspace has learnt, told from today, before what its campaigns say themselves."""

import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from reflection.domain.campaign import Campaign
from reflection.domain.list_query import ListQuery, Place
from reflection.domain.signals import normalise
from reflection.errors import InvalidInput
from reflection.settings import Settings
from reflection.wiring import Application, build

AGED = ("finding:", "recommendation:", "next_test", "flag:no_findings", "effect:", "learnt")


@pytest.fixture(scope="module")
def taught(
    tmp_path_factory: pytest.TempPathFactory, learnt: Path, settings_in: Callable[..., Settings]
) -> Iterator[Application]:
    """The forty campaigns, learnt; nothing writes to it."""
    settings = settings_in(tmp_path_factory.mktemp("taught"), embedding_model="none")
    shutil.copy(learnt, settings.database_path)
    with build(settings) as application:
        yield application


def _rows(application: Application, **query: Any) -> list[dict[str, Any]]:
    return application.engine.insights(**{"limit": 500, **query})


def test_what_was_learnt_stands_before_what_single_campaigns_say(taught: Application) -> None:
    rows = _rows(taught)
    learnings = [place for place, row in enumerate(rows) if row["learnings"]]
    advice = {row["id"] for row in rows if str(row["id"]).startswith("rec_")}
    single = [place for place, row in enumerate(rows) if isinstance(row["id"], int)]

    assert len(learnings) >= 3
    assert max(learnings) < min(single)
    assert advice >= {card["id"] for card in taught.recommendations.recommend()["cards"] if card["lane"] == "exploit"}
    assert {rows[place]["kind"] for place in learnings} == {"key_learning"}
    assert [row["priority"] for row in rows] == sorted((row["priority"] for row in rows), reverse=True)
    assert {row["known_as_of"] for row in rows} == {taught.engine.knowledge().as_of}


def test_every_learning_that_holds_is_told_once_by_its_newest_campaign(taught: Application, history: Any) -> None:
    dates = {campaign.campaign_id: campaign.timestamp for campaign in history}
    rows = {row["id"]: row for row in _rows(taught) if row["learnings"]}
    learnings = taught.book.list("default", limit=500)[0]

    holding = [item for item in learnings if item["state"] not in ("superseded", "retired")]
    told_as_cpa = {(item["signal_key"], item["context"]) for item in holding if item["metric"] == "cpa"}
    assert set(rows) == {
        item["id"]
        for item in holding
        if item["metric"] != "conversions_per_spend" or (item["signal_key"], item["context"]) not in told_as_cpa
    }
    assert len({row["content"] for row in rows.values()}) == len(rows)
    for name, row in rows.items():
        supporting = [item["campaign_id"] for item in taught.book.get("default", name)["evidence"] if item["supports"]]
        assert row["campaign_id"] in supporting
        assert dates[row["campaign_id"]] == max(dates[one] for one in supporting)


def test_nothing_that_was_known_when_a_campaign_came_is_said_again(taught: Application) -> None:
    own = [row for row in _rows(taught) if isinstance(row["id"], int)]

    assert own
    assert not [row for row in own for one in row["evidence"] if one.startswith(AGED)]
    assert not [row for row in _rows(taught) if "nothing has been learnt yet" in row["content"]]


def test_a_campaign_held_out_says_so_and_nothing_else(taught: Application, fault_id: str) -> None:
    (row,) = [row for row in _rows(taught) if row["campaign_id"] == fault_id]

    assert row["kind"] == "anomaly"
    assert "Held: looks like a tracking fault, because" in row["content"]


@pytest.mark.parametrize("query", [{"platform": "meta "}, {"objective": "SALES"}, {"platform": "TikTok", "past": True}])
def test_a_filter_leaves_rows_of_campaigns_that_fit(taught: Application, history: Any, query: dict[str, Any]) -> None:
    named = {campaign.campaign_id: campaign for campaign in history}
    fits: Callable[[Campaign], bool] = lambda campaign: all(  # noqa: E731
        normalise(getattr(campaign, name)) == normalise(value) for name, value in query.items() if name != "past"
    )
    rows = _rows(taught, **query)

    assert any(row["learnings"] for row in rows)
    assert any(isinstance(row["id"], int) for row in rows)
    assert all(fits(named[row["campaign_id"]]) for row in rows)
    own = {row["id"] for row in _rows(taught, limit=5_000) if fits(named[row["campaign_id"]])}
    assert {row["id"] for row in _rows(taught, **{**query, "limit": 5_000, "past": False})} >= own


@pytest.mark.parametrize("kind", ["key_learning", "recommendation", "anomaly"])
def test_a_kind_is_the_list_without_the_others(taught: Application, kind: str) -> None:
    rows = _rows(taught, kind=kind, limit=5_000)

    assert rows == [row for row in _rows(taught, limit=5_000) if row["kind"] == kind]


def test_since_leaves_what_was_made_at_that_instant_or_later(taught: Application) -> None:
    made = sorted({row["created_at"] for row in _rows(taught)})
    middle = datetime.fromisoformat(made[len(made) // 2])

    rows = _rows(taught, since=middle)
    recent = [row for row in _rows(taught, limit=5_000) if datetime.fromisoformat(row["created_at"]) >= middle]
    assert rows == recent[:500]
    assert _rows(taught, since=datetime.now(UTC) + timedelta(days=1)) == []
    assert _rows(taught, since=datetime(2000, 1, 1, tzinfo=UTC)) == _rows(taught)


@pytest.mark.parametrize("query", [{}, {"platform": "Meta"}, {"kind": "key_learning"}, {"past": True}])
def test_pages_together_are_the_list(taught: Application, query: dict[str, Any]) -> None:
    whole = taught.engine.insight_page(ListQuery(limit=5_000, **query))
    pages: list[dict[str, Any]] = []
    cursor = None
    while True:
        after = Place.of_cursor(cursor) if cursor else None
        page = taught.engine.insight_page(ListQuery(limit=29, after=after, **query))
        pages, cursor = pages + page["items"], page["next_cursor"]
        if cursor is None:
            break

    assert whole["next_cursor"] is None
    assert pages == whole["items"]


@pytest.mark.parametrize("cursor", ["", "x", "bm9uc2Vuc2U", "WzEuMCxudWxsXQ", "é"])
def test_a_cursor_that_no_page_gave_is_refused(cursor: str) -> None:
    with pytest.raises(InvalidInput, match="cursor"):
        Place.of_cursor(cursor)


@pytest.mark.parametrize("place", [Place(1.25, "lrn_1"), Place(0.7, 12), Place(0.1 + 0.2, "held:a b/ü")])
def test_a_place_survives_its_cursor(place: Place) -> None:
    assert Place.of_cursor(place.cursor) == place


def test_what_no_longer_holds_is_told_only_when_it_is_asked_for(learnt_application: Application, history: Any) -> None:
    application = learnt_application
    told = {row["id"] for row in _rows(application) if row["learnings"]}
    for campaign in history:
        application.engine.delete(campaign.campaign_id)
    application.learner.learn_all()

    assert told
    assert not told & {row["id"] for row in _rows(application)}
    assert application.engine.patterns(limit=500) == []
    assert {row["state"] for row in application.engine.patterns(limit=500, past=True)} == {"retired"}
