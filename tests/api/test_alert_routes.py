"""/v1/alerts: whose they are, what is shown once and what never, and that what happens is told with what is true."""

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from reflection.api.app import create_app
from reflection.api.openapi import CMP_007
from reflection.settings import Settings
from reflection.wiring import Application, build

KEYS = {
    "operator": "operator-key-of-all-0001",
    "watcher": "reads-everything-000001",
    "acme": "write-key-of-acme-00001",
}
ROUTES = (
    ("GET", "/v1/alerts"),
    ("POST", "/v1/alerts"),
    ("DELETE", "/v1/alerts/{id}"),
    ("POST", "/v1/alerts/{id}/test"),
    ("GET", "/v1/alerts/{id}/deliveries"),
    ("POST", "/v1/alerts/{id}/deliveries/retry"),
)
HOOK = "https://127.0.0.1:9/canary-path?canary-query"


@pytest.fixture
def application(tmp_path: Path, migrated: Path, settings_in: Callable[..., Settings]) -> Iterator[Application]:
    shutil.copy(migrated, tmp_path / "reflection.db")
    api_keys = f"*={KEYS['operator']},*:read={KEYS['watcher']},acme={KEYS['acme']}"
    with build(settings_in(tmp_path, api_keys=api_keys, alert_hosts="127.0.0.1", embedding_model="none")) as built:
        yield built


@pytest.fixture
def call(application: Application) -> Callable[..., object]:
    """call(key, method, path, workspace="default", ...): a request with a key."""
    client = TestClient(create_app(application), "http://127.0.0.1:8000", client=("127.0.0.1", 50_000))

    def send(key, method, path, workspace="default", **more):
        return client.request(method, path, headers={"X-API-Key": key, "X-Workspace": workspace}, **more)

    return send


def made(call, workspace="default", **fields):
    answer = call(KEYS["operator"], "POST", "/v1/alerts", workspace, json={"address": HOOK, **fields})
    assert answer.status_code == 201, answer.text
    return answer.json()


def test_who_may_manage_keys_may_manage_alerts_and_nobody_else(call, application):
    admin = application.keys.create("acme", "admin", "")[1]
    for workspace, key, reads, changes in (
        ("default", KEYS["operator"], True, True),
        ("default", KEYS["watcher"], True, False),
        ("acme", KEYS["acme"], False, False),
        ("acme", admin, True, True),
        ("acme", application.keys.create("acme", "read", "")[1], False, False),
    ):
        alert = made(call, workspace)
        for method, path in ROUTES:
            status = call(key, method, path.format(id=alert["alert_id"]), workspace, json={}).status_code
            assert (status != 403) == (reads if method == "GET" else changes), (method, path, workspace)


def test_an_alert_belongs_to_its_workspace(call):
    alert = made(call, "acme")

    assert call(KEYS["operator"], "GET", "/v1/alerts", "globex").json() == {"items": []}
    for method, path in ROUTES[2:]:
        answer = call(KEYS["operator"], method, path.format(id=alert["alert_id"]), "globex")
        assert answer.status_code == 404, path


def test_the_secret_is_shown_once_and_the_address_never(call, capfd):
    alert = made(call, name="planner", on=["import.failed"])
    assert alert["secret"].startswith("whsec_")
    said = []
    for method, path in (ROUTES[0], *ROUTES[3:], ROUTES[2]):
        said.append(call(KEYS["operator"], method, path.format(id=alert["alert_id"])).text)
    said += capfd.readouterr()

    for secret in (alert["secret"], "canary"):
        assert not [text for text in said if secret in text]
    (row,) = json.loads(said[0])["items"]
    assert row == {key: value for key, value in alert.items() if key != "secret"}
    assert row["where"] == "https://127.0.0.1:9/..."


def test_a_wrong_request_says_what_is_wrong_and_repeats_no_secret(call):
    for fields, field in (
        ({"address": "https://canary@example.com"}, "address"),
        ({"address": "https://10.0.0.1/canary"}, "address"),
        ({"on": ["campaign.hold"]}, "on[0]"),
        ({"report": {"zone": "Middle/Earth"}}, "report.zone"),
        ({"report": {"hour": 24}}, "report.hour"),
        ({"silence_days": 0}, "silence_days"),
        ({"colour": "red"}, "colour"),
    ):
        answer = call(KEYS["operator"], "POST", "/v1/alerts", json={"address": HOOK, **fields})
        assert answer.status_code == 422, fields
        assert field in answer.text
        assert "canary" not in answer.text


def test_what_is_true_is_told_and_what_was_not_stored_is_not(call, application):
    alert = made(call)
    kinds = lambda: sorted(waiting.kind for waiting in application.alerts.outbox.waiting())  # noqa: E731
    body = {**CMP_007, "campaign_id": "c1", "currency": "EUR"}
    assert call(KEYS["operator"], "POST", "/analyze-campaign?dry_run=true", json=body).status_code == 200
    assert kinds() == []
    for _ in range(2):
        assert call(KEYS["operator"], "POST", "/analyze-campaign", json=body).status_code == 200
    assert kinds() == ["campaign.outside_interval"]
    assert call(KEYS["operator"], "POST", "/v1/imports", files={"files": ("bad.csv", b"\0")}).status_code == 422
    assert kinds() == ["campaign.outside_interval", "import.failed"]
    ready = call(KEYS["operator"], "GET", "/ready").json()["parts"]
    assert ready["alerts"] == {"default": {"waiting": 2, "given_up": 0}}
    assert b"reflection_alerts_waiting 2.0" in call(KEYS["operator"], "GET", "/metrics").content
    assert call(KEYS["acme"], "GET", "/ready", "acme").json()["parts"]["alerts"] == {}
    assert call(KEYS["operator"], "DELETE", "/v1/campaigns/c1").status_code == 204
    assert kinds() == ["import.failed"], "what is gone is not told"
    assert call(KEYS["operator"], "DELETE", f"/v1/alerts/{alert['alert_id']}").status_code == 200
    assert kinds() == []
