"""/v1/events through the real application: written down, listed, taken back, apart by workspace; hostile texts."""

import json
from typing import Any

import pytest
from fastapi.testclient import TestClient

from reflection.api.routers.events import EventPage

SALE = {
    "day": "2026-03-01",
    "until": "2026-03-07",
    "kind": "promotion",
    "scope": "Platform: META ",
    "text": " 20 % off ",
}
HOSTILE = '=HYPERLINK("http://x","y")<script>alert(1)</script>\u202e{braces} javascript:alert(1)'


def add(page: TestClient, workspace: str, **event: Any) -> Any:
    return page.post("/v1/events", json=event, headers={"X-Workspace": workspace})


def listed(page: TestClient, workspace: str, **query: Any) -> list[dict[str, Any]]:
    answer = page.get("/v1/events", params=query, headers={"X-Workspace": workspace})
    assert answer.status_code == 200, answer.text
    EventPage.model_validate(answer.json())
    return list(answer.json()["items"])


def test_an_event_is_written_down_once_and_taken_back_and_restored(page: TestClient) -> None:
    first = add(page, "once", **SALE)
    assert first.status_code == 201
    assert {**first.json(), "created_at": ""} == {
        "event_id": first.json()["event_id"], "day": "2026-03-01", "until": "2026-03-07", "scope": "platform:meta",
        "kind": "promotion", "text": "20 % off", "created_at": "",
    }  # fmt: skip
    again = add(page, "once", **SALE)
    assert (again.status_code, again.json()) == (200, first.json())
    assert listed(page, "once") == [first.json()]
    path = f"/v1/events/{first.json()['event_id']}"
    assert page.delete(path).status_code == 404, "of another workspace"
    gone = page.delete(path, headers={"X-Workspace": "once"})
    assert gone.json() == first.json()
    assert listed(page, "once") == []
    assert page.delete(path, headers={"X-Workspace": "once"}).status_code == 404
    restored = {name: value for name, value in gone.json().items() if name not in ("event_id", "created_at")}
    assert add(page, "once", **restored).json()["event_id"] == first.json()["event_id"]


@pytest.mark.parametrize(
    ("query", "days"),
    [
        ({}, ["2026-03-10", "2026-03-05", "2026-03-01"]),
        ({"since": "2026-03-06"}, ["2026-03-10", "2026-03-01"]),
        ({"until": "2026-03-04"}, ["2026-03-01"]),
        ({"kind": "price"}, ["2026-03-05"]),
        ({"scope": "platform:Google"}, ["2026-03-10"]),
        ({"scope": "platform:meta"}, ["2026-03-10", "2026-03-01"]),
    ],
)
def test_events_are_found_by_day_kind_and_scope(page: TestClient, query: dict[str, str], days: list[str]) -> None:
    add(page, "filters", **SALE)
    add(page, "filters", day="2026-03-05", kind="price", scope="campaign:c 1", text="dearer")
    add(page, "filters", day="2026-03-10", text="everything")

    assert [item["day"] for item in listed(page, "filters", **query)] == days


def test_pages_hold_every_event_once(page: TestClient) -> None:
    for number in range(7):
        add(page, "pages", day=f"2026-03-{1 + number // 3:02d}", text=f"event {number}")
    items, cursor = [], None
    while True:
        query = {"limit": 2} | ({"cursor": cursor} if cursor else {})
        body = page.get("/v1/events", params=query, headers={"X-Workspace": "pages"}).json()
        items += body["items"]
        cursor = body["next_cursor"]
        if cursor is None:
            break

    assert items == listed(page, "pages")
    assert len({item["event_id"] for item in items}) == 7


@pytest.mark.parametrize(
    "wrong",
    [
        {"day": "2026-02-30"}, {"day": 1}, {"until": "2026-02-01"}, {"scope": "meta"}, {"scope": "platform:"},
        {"kind": "party"}, {"text": "  "}, {"text": "x" * 501}, {"colour": "red"},
    ],
)  # fmt: skip
def test_what_is_no_event_is_refused_and_stored_nowhere(page: TestClient, wrong: dict[str, Any]) -> None:
    answer = add(page, "refused", **{**SALE, **wrong})

    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert listed(page, "refused") == []


def test_a_hostile_text_comes_back_as_data(page: TestClient) -> None:
    answer = add(page, "hostile", day="2026-03-01", text=HOSTILE)

    if answer.status_code == 201:  # marks nobody can see may be cut or refused at the door
        (item,) = listed(page, "hostile")
        assert json.loads(json.dumps(item))["text"] == answer.json()["text"]
        assert page.get("/v1/events", headers={"X-Workspace": "hostile"}).headers["content-type"] == "application/json"
