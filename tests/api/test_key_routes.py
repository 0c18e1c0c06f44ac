"""/v1/keys: who may make which key, that its text is shown once, and that a revoked one is refused at once."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from reflection.api.app import create_app
from reflection.settings import Settings
from reflection.store.api_keys import MOST_KEYS
from reflection.wiring import Application, build

OPERATOR = "operator-key-of-all-0001"


@pytest.fixture
def application(tmp_path: Path, migrated: Path, settings_in: Callable[..., Settings]) -> Iterator[Application]:
    shutil.copy(migrated, tmp_path / "reflection.db")
    with build(settings_in(tmp_path, api_keys=f"*={OPERATOR},*:read=reads-everything-00001")) as built:
        yield built


@pytest.fixture
def call(application: Application) -> Callable[..., object]:
    """call(key, method, path, ...): a request with a key."""
    client = TestClient(create_app(application), "http://127.0.0.1:8000", client=("127.0.0.1", 50_000))

    def send(key: str, method: str, path: str, **more: object) -> object:
        return client.request(method, path, headers={"X-API-Key": key}, **more)  # type: ignore[arg-type]

    return send


def made(call, key=OPERATOR, **body):
    answer = call(key, "POST", "/v1/keys", json=body)
    assert answer.status_code == 201, answer.text
    return answer.json()


def test_a_key_opens_at_once_and_nothing_at_once_when_it_is_revoked(call):
    key = made(call, workspace="acme", scope="read", name="dashboard")

    assert call(key["key"], "GET", "/insights").status_code == 200
    assert call(key["key"], "GET", "/insights").headers["cache-control"] == "no-store"
    gone = call(OPERATOR, "DELETE", f"/v1/keys/{key['key_id']}").json()
    assert gone["revoked_at"] is not None
    assert call(key["key"], "GET", "/insights").status_code == 401
    assert call(OPERATOR, "DELETE", f"/v1/keys/{key['key_id']}").json() == gone, "again changes nothing"


def test_its_text_is_shown_once_and_is_in_no_log(call, capfd):
    key = made(call, workspace="acme", scope="write")
    call(key["key"], "GET", "/insights")

    assert key["key"].startswith(f"rle_{key['key_id']}_")
    assert key["key"] not in call(OPERATOR, "GET", "/v1/keys").text
    assert key["key"] not in call(OPERATOR, "DELETE", f"/v1/keys/{key['key_id']}").text
    printed = capfd.readouterr()
    assert key["key"] not in printed.out + printed.err


def test_an_operator_of_one_workspace_sees_and_makes_keys_of_that_one_only(call):
    theirs = made(call, workspace="globex", scope="write")
    admin = made(call, workspace="acme", scope="admin")
    own = made(call, admin["key"], scope="read")

    assert own["workspace"] == "acme"
    listed = call(admin["key"], "GET", "/v1/keys").json()["items"]
    assert {item["key_id"] for item in listed} == {admin["key_id"], own["key_id"]}
    for workspace in ("*", "globex"):
        assert call(admin["key"], "POST", "/v1/keys", json={"workspace": workspace}).status_code == 403
    assert call(admin["key"], "DELETE", f"/v1/keys/{theirs['key_id']}").status_code == 404
    assert call(theirs["key"], "GET", "/insights").status_code == 200


@pytest.mark.parametrize("scope", ["read", "write"])
def test_who_does_not_operate_sees_and_makes_none(call, scope):
    key = made(call, workspace="acme", scope=scope)["key"]

    assert call(key, "GET", "/v1/keys").status_code == 403
    assert call(key, "POST", "/v1/keys", json={}).status_code == 403
    assert call(key, "DELETE", "/v1/keys/x").status_code == 403


def test_a_key_that_only_reads_makes_none_that_writes(call):
    assert call("reads-everything-00001", "GET", "/v1/keys").status_code == 200
    assert call("reads-everything-00001", "POST", "/v1/keys", json={"scope": "admin"}).status_code == 403
    assert call("reads-everything-00001", "DELETE", "/v1/keys/x").status_code == 403


@pytest.mark.parametrize(
    "body",
    [
        {"workspace": "Not One"},
        {"workspace": ""},
        {"scope": "owner"},
        {"name": "a\nb"},
        {"name": "x" * 101},
        {"who": 1},
    ],
)
def test_what_is_no_key_is_refused_and_named(call, body):
    answer = call(OPERATOR, "POST", "/v1/keys", json=body)

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == next(iter(body))
    assert call(OPERATOR, "GET", "/v1/keys").json()["items"] == []


def test_the_first_key_of_a_keyless_server_closes_it(tmp_path, migrated, settings_in):
    shutil.copy(migrated, tmp_path / "reflection.db")
    with build(settings_in(tmp_path)) as application:
        client = TestClient(create_app(application), "http://127.0.0.1:8000", client=("127.0.0.1", 50_000))
        key = client.post("/v1/keys", json={"workspace": "*", "scope": "admin"}).json()["key"]

        assert client.get("/insights").status_code == 401
        assert client.get("/v1/keys", headers={"X-API-Key": key}).status_code == 200


def test_keys_in_force_are_bounded(call, monkeypatch):
    assert MOST_KEYS == 1_000
    monkeypatch.setattr("reflection.store.api_keys.MOST_KEYS", 2)
    first = made(call, workspace="acme")
    made(call, workspace="acme")

    assert call(OPERATOR, "POST", "/v1/keys", json={"workspace": "acme"}).status_code == 409
    made(call, workspace="globex")
    call(OPERATOR, "DELETE", f"/v1/keys/{first['key_id']}")
    made(call, workspace="acme")
