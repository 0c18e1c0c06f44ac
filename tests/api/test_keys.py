"""Keys made while the server runs: they open what their scope says, at once, and nothing once they are revoked."""

import time

import pytest

from reflection.api import access as access_module
from reflection.api.access import RING_SECONDS, Access
from reflection.api.openapi import CMP_007
from reflection.errors import Unavailable
from reflection.settings import Settings
from reflection.store.api_keys import KeyRing

PATIENCE = 60.0


@pytest.fixture(autouse=True)
def impatient(monkeypatch):
    """A shorter look, so that the tests need not wait for it."""
    monkeypatch.setattr(access_module, "RING_SECONDS", 0.05)


def test_a_change_is_noticed_within_a_second():
    assert RING_SECONDS <= 1.0


def becomes(client, path, status, headers=None):
    """Whether an answer gets a status within the time a change may take."""
    deadline = time.monotonic() + PATIENCE
    while (answer := client.get(path, headers=headers or {})).status_code != status:
        if time.monotonic() > deadline:
            return answer.status_code
        time.sleep(0.05)
    return status


def header(text):
    return {"X-API-Key": text}


def test_a_key_made_while_the_server_runs_opens_and_closes_it(serve):
    with serve() as live, live.client() as client:
        assert client.get("/insights").status_code == 200

        key, text = live.application.keys.create("acme", "write", "")
        assert becomes(client, "/insights", 401) == 401
        assert client.get("/insights", headers=header(text)).status_code == 200
        assert client.get("/health").status_code == 200

        live.application.keys.revoke(key.key_id)
        assert becomes(client, "/insights", 401, header(text)) == 401
        refused = client.get("/insights", headers=header(text))
        assert "revoked" in refused.json()["detail"]
        assert text not in refused.text
        assert client.get("/insights").status_code == 401, "a server that had keys must not open up again"


def test_stored_and_configured_keys_work_beside_each_other(serve, keys):
    with serve(api_keys=f"acme={keys['owner']}") as live, live.client() as client:
        _, text = live.application.keys.create("globex", "write", "")

        assert client.get("/insights", headers=header(keys["owner"])).status_code == 200
        assert becomes(client, "/insights", 200, header(text)) == 200
        assert client.get("/insights", headers={**header(text), "X-Workspace": "acme"}).status_code == 403


@pytest.mark.parametrize(
    ("scope", "workspace", "allowed"),
    [
        ("read", "acme", {"read"}),
        ("write", "acme", {"read", "write"}),
        ("admin", "acme", {"read", "write", "metrics"}),
        ("read", "*", {"read", "metrics"}),
    ],
)
def test_a_scope_is_what_a_key_may_do(serve, scope, workspace, allowed):
    with serve() as live, live.client() as client:
        _, text = live.application.keys.create(workspace, scope, "")
        assert becomes(client, "/insights", 401) == 401

        done = {
            "read": client.get("/insights", headers=header(text)),
            "write": client.post("/analyze-campaign", json=CMP_007, headers=header(text)),
            "metrics": client.get("/metrics", headers=header(text)),
        }

        assert {name for name, answer in done.items() if answer.status_code == 200} == allowed
        assert {answer.status_code for name, answer in done.items() if name not in allowed} <= {403}


def test_workspaces_of_stored_keys_are_apart(serve):
    with serve() as live, live.client() as client:
        _, one = live.application.keys.create("acme", "write", "")
        _, two = live.application.keys.create("globex", "write", "")
        assert becomes(client, "/insights", 401) == 401
        client.post("/analyze-campaign", json=CMP_007, headers=header(one))

        assert client.get(f"/v1/campaigns/{CMP_007['campaign_id']}", headers=header(one)).status_code == 200
        assert client.get(f"/v1/campaigns/{CMP_007['campaign_id']}", headers=header(two)).status_code == 404


def test_keys_stored_before_the_start_hold_from_the_first_request_on(serve):
    with serve() as live:
        _, text = live.application.keys.create("acme", "write", "")
    with serve() as live, live.client() as client:
        assert client.get("/insights").status_code == 401
        assert client.get("/insights", headers=header(text)).status_code == 200
        assert client.get("/health", headers={"Host": "any.name.test"}).status_code == 200


def test_rates_are_counted_by_key(serve):
    with serve(rate_limit="3/minute") as live, live.client() as client:
        _, greedy = live.application.keys.create("acme", "read", "")
        _, other = live.application.keys.create("acme", "read", "")
        assert becomes(client, "/insights", 401) == 401
        statuses = [client.get("/insights", headers=header(greedy)).status_code for _ in range(4)]

        assert statuses == [200, 200, 200, 429]
        assert client.get("/insights", headers=header(other)).status_code == 200


def test_nobody_is_let_in_on_old_knowledge():
    access = Access(Settings(_env_file=None))
    access.renew(lambda: KeyRing({}))

    def broken():
        raise Unavailable("the disk is gone")

    with pytest.raises(Unavailable):
        access.renew(broken)


def test_a_key_never_reaches_the_log(serve, capfd):
    with serve(log_level="DEBUG") as live, live.client() as client:
        _, text = live.application.keys.create("acme", "write", "")
        assert becomes(client, "/insights", 200, header(text)) == 200
        client.get(f"/v1/campaigns/{text}", headers=header(text))

    assert text not in capfd.readouterr().err
