"""Lists of stored campaigns: filters, search and pages, and what the learning makes of each."""

import shutil
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from reflection.domain.campaign import Campaign
from reflection.engine import campaign_list
from reflection.engine.campaign_list import ListRequest
from reflection.errors import InvalidInput
from reflection.settings import Settings
from reflection.store import campaign_list as store_list
from reflection.wiring import Application, build


@pytest.fixture(scope="module")
def listed(
    tmp_path_factory: pytest.TempPathFactory,
    history: Sequence[Campaign],
    learnt: Path,
    settings_in: Callable[..., Settings],
) -> Iterator[Application]:
    """The forty sample campaigns, learnt from, and a named one for leads that is not learnt from yet."""
    settings = settings_in(tmp_path_factory.mktemp("listed"), embedding_model="none")
    shutil.copy(learnt, settings.database_path)
    with build(settings) as application:
        changes = {"campaign_id": "new", "name": "Größer wohnen", "conversion_kind": "lead", "account_id": "act_1"}
        application.engine.analyze(history[1].model_copy(update=changes))
        yield application


def _all(application: Application, **filters: Any) -> list[dict[str, Any]]:
    """Every item of a list, page by page."""
    items, cursor = [], None
    while True:
        page = application.engine.campaigns(ListRequest(**{"limit": 7, **filters, "cursor": cursor}))
        items += page["items"]
        cursor = page["next_cursor"]
        if cursor is None:
            return items


def test_pages_hold_every_campaign_once_the_newest_first(listed: Application, history: Sequence[Campaign]) -> None:
    items = _all(listed)

    assert len(items) == 41
    assert {item["campaign_id"] for item in items} == {campaign.campaign_id for campaign in history} | {"new"}
    days = [item["timestamp"] for item in items]
    assert days == sorted(days, reverse=True)


def test_pages_of_large_campaigns_have_fewer_of_them_and_hold_every_campaign_once(
    listed: Application, monkeypatch: pytest.MonkeyPatch
) -> None:
    items = _all(listed)
    for module in (campaign_list, store_list):
        monkeypatch.setattr(module, "MOST_CHARACTERS", 50_000)

    assert 0 < len(listed.engine.campaigns(ListRequest(limit=40))["items"]) < 20
    assert _all(listed, limit=40) == items


@pytest.mark.parametrize(
    ("filters", "holds"),
    [
        ({"platform": " META "}, lambda item: item["platform"] == "Meta"),
        ({"objective": "lead generation"}, lambda item: item["objective"] == "Lead Generation"),
        ({"kind": "Leads"}, lambda item: item["campaign_id"] == "new"),
        ({"kind": "purchase"}, lambda item: item["campaign_id"] != "new"),
        ({"search": "größer"}, lambda item: item["campaign_id"] == "new"),
        ({"search": "H0 _google"}, lambda item: "h0" in item["campaign_id"] and "_google" in item["campaign_id"]),
        ({"state": "pending"}, lambda item: item["campaign_id"] == "new"),
        ({"state": "accepted"}, lambda item: False),
    ],
)
def test_a_filter_keeps_exactly_what_it_says(listed: Application, filters: dict[str, Any], holds: Any) -> None:
    expected = [item for item in _all(listed) if holds(item)]

    assert _all(listed, **filters) == expected
    assert expected or filters == {"state": "accepted"}


def test_days_are_included_at_both_ends(listed: Application) -> None:
    days = sorted(item["timestamp"] for item in _all(listed))
    since, until = (datetime.fromisoformat(days[place]).astimezone(UTC) for place in (10, 20))

    assert len(_all(listed, since=since, until=until)) == sum(days[10] <= day <= days[20] for day in days)


def test_the_held_one_says_why_and_the_others_say_nothing(listed: Application, fault_id: str) -> None:
    (held,) = _all(listed, state="held")

    assert held["campaign_id"] == fault_id
    assert held["reason"] == listed.engine.held()[fault_id]
    assert "suspected tracking fault" in held["reason"]
    assert {item["reason"] for item in _all(listed, state="learnt")} == {None}
    assert len(_all(listed, state="learnt")) == 39


def test_a_campaign_is_shown_by_its_name(listed: Application) -> None:
    (item,) = _all(listed, state="pending")

    assert (item["name"], item["account_id"], item["conversion_kind"]) == ("Größer wohnen", "act_1", "lead")
    assert all(item["name"] == item["campaign_id"] for item in _all(listed, state="learnt"))


@pytest.mark.parametrize("cursor", ["x", "bm9wZQ", "WzEsMl0", "e30"])
def test_a_cursor_of_somebody_else_is_refused(listed: Application, cursor: str) -> None:
    with pytest.raises(InvalidInput, match="not one of ours"):
        listed.engine.campaigns(ListRequest(cursor=cursor))
