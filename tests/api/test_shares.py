"""Shared links: they open one page as it was made and nothing else, until they expire or are taken back."""

import re
import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select

from reflection.api.app import create_app
from reflection.api.openapi import CMP_007
from reflection.api.routers.shares import NewShare, Shares
from reflection.errors import NotFound
from reflection.reports.rendering import CONTENT_SECURITY_POLICY
from reflection.settings import Settings
from reflection.store import shares as share_rows
from reflection.store.database.connections import Database
from reflection.store.maintenance.purge import remaining
from reflection.store.shares import SharedPage
from reflection.wiring import Application, build

OWNER, READER, OTHER = "owner-key-of-acme-00001", "reader-key-of-acme-0001", "other-key-of-globex-001"
CAMPAIGN = "cmp_h39_meta_lead"


@pytest.fixture(scope="module")
def application(
    tmp_path_factory: pytest.TempPathFactory, learnt: Path, settings_in: Callable[..., Settings]
) -> Iterator[Application]:
    folder = tmp_path_factory.mktemp("shares")
    shutil.copy(learnt, folder / "reflection.db")
    keys = f"default={OWNER},default:read={READER},globex={OTHER}"
    with build(settings_in(folder, api_keys=keys, embedding_model="none")) as built:
        yield built


@pytest.fixture(scope="module")
def client(application: Application) -> TestClient:
    return TestClient(create_app(application), "http://127.0.0.1:8000", client=("127.0.0.1", 50_000))


@pytest.fixture
def call(client: TestClient) -> Callable[..., Any]:
    def send(method: str, path: str, key: str | None = OWNER, **more: Any) -> Any:
        return client.request(method, path, headers={"X-API-Key": key} if key else {}, **more)

    return send


@pytest.fixture
def share(call: Callable[..., Any]) -> Callable[..., dict[str, Any]]:
    def make(**body: Any) -> dict[str, Any]:
        answer = call("POST", "/v1/shares", json=body or {"campaign_id": CAMPAIGN})
        assert answer.status_code == 201, answer.text
        NewShare.model_validate(answer.json())
        return dict(answer.json())

    return make


def test_a_report_is_read_without_a_key_and_with_everything_that_keeps_it_a_page(call, share):
    made = share()
    answer = call("GET", made["path"], key=None)

    assert answer.status_code == 200
    assert answer.headers["content-security-policy"] == CONTENT_SECURITY_POLICY
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert "noindex" in answer.headers["x-robots-tag"]
    assert CAMPAIGN in answer.text
    assert "@media print" in answer.text
    assert "<script" not in answer.text
    assert not re.search(r"(?:href|src)=", answer.text), "a page that leads nowhere"


def test_a_learning_is_shared_as_it_is_believed_without_what_people_remarked(application, call, share):
    learning = application.book.list("default")[0][0]
    application.notes.review("default", learning["id"], "note", "between us only", "Ada")
    made = share(learning_id=learning["id"])
    page = call("GET", made["path"], key=None).text

    assert made["kind"] == "learning"
    assert "90 % interval" in page
    assert f"Beyond its own noise: {learning['supporting']} campaigns for it" in page
    assert page.count("the other way") >= learning["contradicting"]
    assert "between us only" not in page
    assert "Ada" not in page
    assert "nan" not in page.casefold().split()


def test_nothing_else_can_be_reached_with_a_link(client, call, share):
    token = share()["path"].removeprefix("/share/")

    for path in ("/insights", f"/v1/campaigns/{CAMPAIGN}", "/v1/shares", "/openapi.json"):
        assert call("GET", path, key=token).status_code == 401
        assert client.get(path).status_code == 401
    assert client.get(f"/share/{token}/../../insights").status_code in (401, 404)
    assert client.post(f"/share/{token}").status_code == 405
    assert client.get(f"/share/{token}", params={"format": "json"}).status_code == 422
    assert client.get(f"/v1/campaigns/share/{token}").status_code == 401


def test_a_link_that_is_wrong_in_any_place_opens_nothing_and_says_no_more(call, share):
    token = share()["path"].removeprefix("/share/")
    wrong = [token[:-1], f"{token}x", token.replace("shr_", "rle_"), token.swapcase(), "shr__", "x", "shr_" + "0" * 12]
    answers = [call("GET", f"/share/{one}", key=None) for one in wrong]

    assert {answer.status_code for answer in answers} <= {404}
    assert len({answer.json()["detail"] for answer in answers if "detail" in answer.json()} - {"Not Found"}) == 1


def test_a_link_taken_back_opens_nothing_and_its_page_is_gone(application, call, share):
    made = share()
    assert call("DELETE", f"/v1/shares/{made['share_id']}", key=OTHER).status_code == 404
    assert call("DELETE", f"/v1/shares/{made['share_id']}", key=READER).status_code == 403
    assert call("GET", made["path"], key=None).status_code == 200
    assert call("DELETE", f"/v1/shares/{made['share_id']}").status_code == 200

    assert call("GET", made["path"], key=None).status_code == 404
    assert call("DELETE", f"/v1/shares/{made['share_id']}").status_code == 404


def test_a_link_goes_with_its_campaign(application, call, share):
    body = {**CMP_007, "campaign_id": "short-lived"}
    assert call("POST", "/analyze-campaign", json=body).status_code == 200
    made = share(campaign_id="short-lived")
    call("DELETE", "/v1/campaigns/short-lived")

    assert call("GET", made["path"], key=None).status_code == 404
    call("POST", "/analyze-campaign", json=body)
    assert call("GET", made["path"], key=None).status_code == 404, "the page was removed, not hidden"


def test_who_reads_may_list_and_not_share(call, share):
    made = share()

    assert call("POST", "/v1/shares", key=READER, json={"campaign_id": CAMPAIGN}).status_code == 403
    listed = call("GET", "/v1/shares", key=READER)
    Shares.model_validate(listed.json())
    assert made["share_id"] in listed.text
    assert made["path"].split("_", 2)[2] not in listed.text
    assert call("GET", "/v1/shares", key=OTHER).json() == {"items": []}


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({}, 422), ({"campaign_id": CAMPAIGN, "learning_id": "lrn_0123456789abcdef"}, 422), ({"learning_id": "x"}, 422),
        ({"campaign_id": CAMPAIGN, "days": 0}, 422), ({"campaign_id": CAMPAIGN, "days": 366}, 422),
        ({"campaign_id": "nobody"}, 404), ({"learning_id": "lrn_0123456789abcdef"}, 404),
    ],
)  # fmt: skip
def test_what_cannot_be_shared_is_refused(call, body, status):
    assert call("POST", "/v1/shares", json=body).status_code == status


def test_a_link_is_in_no_log(call, share, capfd):
    token = share()["path"].removeprefix("/share/")
    call("GET", f"/share/{token}", key=None)
    call("GET", f"/share/{token}x", key=None)

    printed = capfd.readouterr()
    assert "/share/{token}" in printed.err
    assert token.split("_", 2)[2] not in printed.out + printed.err


class Clock:
    now = datetime(2026, 4, 1, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def book(tmp_path: Path, migrated: Path) -> Iterator[tuple[share_rows.ShareBook, Clock, Database]]:
    shutil.copy(migrated, tmp_path / "store.db")
    database, clock = Database(tmp_path / "store.db"), Clock()
    yield share_rows.ShareBook(database, now=clock), clock, database
    database.close()


def test_a_link_expires_and_its_page_is_forgotten(book):
    shares, clock, database = book
    page = SharedPage("report", "a page", b"<p>secret</p>", campaign_id="c")
    _, text = shares.create("acme", page, timedelta(days=7))
    clock.now += timedelta(days=7) - timedelta(seconds=1)
    assert shares.open(text)[2] == page.body
    clock.now += timedelta(seconds=1)

    with pytest.raises(NotFound):
        shares.open(text)
    assert shares.list("acme") == []
    assert remaining(database, "acme") == {"shares": 1}
    assert (shares.forget("globex"), shares.forget("acme")) == (0, 1)
    assert remaining(database, "acme") == {}


def test_the_worker_forgets_pages_that_expired(application):
    application.shares.create("default", SharedPage("report", "t", b"x", campaign_id="c"), timedelta(seconds=-1))
    before = remaining(application.database, "default")["shares"]
    application.retention.forget()
    assert remaining(application.database, "default").get("shares", 0) == before - 1


def test_the_text_of_a_link_is_in_no_row_and_nowhere_in_the_file(book):
    shares, _, database = book
    _, text = shares.create("acme", SharedPage("report", "t", b"x", campaign_id="c"), timedelta(days=1))
    secret = text.split("_", 2)[2].encode()
    with database.read("acme") as connection:
        row = connection.execute(select(share_rows.shares)).one()
    assert all(secret not in (value if isinstance(value, bytes) else str(value).encode()) for value in row)
    if not database.is_file:
        return
    database.close()

    assert all(secret not in path.read_bytes() for path in database.path.parent.iterdir() if path.is_file())


def test_links_are_bounded(book, monkeypatch):
    shares, _, _ = book
    monkeypatch.setattr(share_rows, "MOST_SHARES", 1)
    page = SharedPage("report", "t", b"x", campaign_id="c")
    shares.create("acme", page, timedelta(days=1))

    with pytest.raises(share_rows.Conflict):
        shares.create("acme", page, timedelta(days=1))
    shares.create("globex", page, timedelta(days=1))
