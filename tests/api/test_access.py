"""Who is let in: every route x every kind of caller, workspaces apart, no way in by browser or proxy."""

import re
from contextlib import ExitStack

import pytest
from fastapi import APIRouter
from fastapi.testclient import TestClient
from starlette.datastructures import Headers

from reflection.api import streams
from reflection.api.access import Access, is_loopback
from reflection.api.app import create_app
from reflection.api.openapi import CMP_007
from reflection.api.policies import POLICIES, ROUTERS, Right, check_table, names_of, routes_of
from reflection.errors import ConfigurationError, NotAllowed
from reflection.settings import Settings

FILLED = {
    "{signal:path}": "platform:meta",
    "{campaign_id:path}": "cmp",
    "{code}": "conflict",
    "{asset}": "start.js",
}
FILLED |= {"{learning_id}": "lrn_0123456789abcdef", "{recall_id}": "rcl_0123456789abcdef0123"}
FILLED |= {"{event_id}": "evt_0123456789abcdef", "{share_id}": "0123456789ab"}
REFUSED = {401, 403}
"""Any other status means that the caller was let in, whatever the route then said."""

CALLERS = {
    "nobody": (None, {Right.PUBLIC}),
    "a stranger": ("no-such-key-anywhere", {Right.PUBLIC}),
    "a reader": ("reader", {Right.PUBLIC, Right.READ}),
    "the owner": ("owner", {Right.PUBLIC, Right.READ, Right.WRITE}),
    "another workspace's owner": ("other", {Right.PUBLIC, Right.READ, Right.WRITE}),
    "the operator": ("any", set(Right)),
}


def path_of(name):
    method, path = name.split(" ", 1)
    for placeholder, value in FILLED.items():
        path = path.replace(placeholder, value)
    return method, re.sub(r"{[a-z_]+(:path)?}", "x", path)


@pytest.fixture
def brief_streams(monkeypatch):
    """A stream ends with its first news."""
    monkeypatch.setattr(streams, "STREAM_SECONDS", 0.0)


@pytest.fixture(scope="module")
def callers(guarded, keys):
    """A client of every caller."""
    with ExitStack() as clients:
        yield {
            caller: clients.enter_context(guarded.client(keys.get(role, role) if role else None))
            for caller, (role, _) in CALLERS.items()
        }


@pytest.mark.usefixtures("brief_streams")
@pytest.mark.parametrize("name", POLICIES)
def test_every_route_lets_in_whom_its_policy_names(callers, name):
    method, path = path_of(name)
    for caller, (_, rights) in CALLERS.items():
        response = callers[caller].request(method, path)

        assert (response.status_code not in REFUSED) == (POLICIES[name] in rights), caller
        if response.status_code == 401:
            assert response.headers["www-authenticate"] == "Bearer"
            assert response.headers["content-type"] == "application/problem+json"


def test_every_route_has_a_policy_and_every_policy_a_route():
    names = [name for router in ROUTERS for route in routes_of(router) for name in names_of(route)]

    assert sorted(names) == sorted(POLICIES)
    check_table()


def test_routers_are_flat_so_that_no_route_is_hidden():
    assert all(len(routes_of(router)) == len(router.routes) for router in ROUTERS)


def test_a_route_without_policy_stops_the_start():
    forgotten = APIRouter()
    forgotten.add_api_route("/forgotten", lambda: None)

    with pytest.raises(ConfigurationError, match="GET /forgotten"):
        check_table((*ROUTERS, forgotten))


def test_a_policy_without_route_stops_the_start_too():
    with pytest.raises(ConfigurationError, match="GET /insights"):
        check_table(ROUTERS[:1])


def test_nothing_answers_an_unknown_caller_not_even_a_404(guarded):
    with guarded.client() as client:
        assert client.get("/nowhere").status_code == 401
        assert client.post("/analyze-campaign", content=b"x" * 5_000_000).status_code == 401


@pytest.mark.parametrize("style", ["bearer", "BEARER", "x-api-key"])
def test_both_ways_of_sending_a_key_work(guarded, keys, style):
    header = {"X-API-Key": keys["owner"]} if style == "x-api-key" else {"Authorization": f"{style} {keys['owner']}"}
    with guarded.client(**header) as client:
        assert client.get("/insights").status_code == 200


@pytest.mark.parametrize("value", ["", "Bearer", "Basic b3duZXI6", "Bearer owner-key-of-acme-000", "\xff"])
def test_half_a_key_is_no_key(guarded, value):
    with guarded.client() as client:
        assert client.get("/insights", headers={"Authorization": value.encode("latin-1")}).status_code == 401


CANARY = "canary-of-acme-only"


def test_workspaces_never_see_each_other(guarded, keys):
    body = {**CMP_007, "campaign_id": f"{CANARY}-id", "audiences": [{"name": CANARY}]}
    with guarded.client(keys["owner"]) as owner, guarded.client(keys["other"]) as other:
        assert owner.post("/analyze-campaign", json=body).status_code == 200
        same = other.post("/analyze-campaign", json={**CMP_007, "campaign_id": "similar"})
        guarded.application.learner.learn_all()

        foreign = [
            same,
            other.get("/insights", params={"limit": 500}),
            other.get("/patterns", params={"limit": 500}),
            other.get("/recommendations", params={"platform": "Meta"}),
            other.get("/v1/effects", params={"limit": 1000}),
        ]
        own = owner.get(f"/v1/campaigns/{CANARY}-id")

        assert own.status_code == 200
        assert CANARY in own.text
        assert all(CANARY not in response.text for response in foreign)
        assert other.get(f"/v1/campaigns/{CANARY}-id").status_code == 404
        assert other.delete(f"/v1/campaigns/{CANARY}-id").status_code == 404
        assert other.get(f"/v1/effects/audience:{CANARY}/evidence").status_code == 404


def test_the_same_id_in_two_workspaces_is_two_campaigns(guarded, keys):
    with guarded.client(keys["owner"]) as owner, guarded.client(keys["other"]) as other:
        owner.post("/analyze-campaign", json={**CMP_007, "campaign_id": "twin", "objective": "Sales"})
        other.post("/analyze-campaign", json={**CMP_007, "campaign_id": "twin", "objective": "Reach"})

        assert other.delete("/v1/campaigns/twin").status_code == 204
        assert owner.get("/v1/campaigns/twin").status_code == 200


def test_a_key_cannot_choose_another_workspace(guarded, keys):
    with guarded.client(keys["owner"]) as client:
        assert client.get("/insights", headers={"X-Workspace": "globex"}).status_code == 403
        assert client.get("/insights", headers={"X-Workspace": "acme"}).status_code == 200
        assert client.get("/insights", headers={"X-Workspace": "../acme"}).status_code == 422


@pytest.mark.parametrize("name", ["Authorization", "X-API-Key", "X-Workspace", "Idempotency-Key"])
def test_what_decides_who_calls_and_where_is_said_once(guarded, keys, name):
    """Or a proxy that adds its own judges one of them, and we another."""
    own = {"Authorization": f"Bearer {keys['any']}", "X-Workspace": "acme", "Idempotency-Key": "1"}
    with guarded.client(None) as client:
        twice = [*own.items(), *([("X-API-Key", "a")] if name == "X-API-Key" else []), (name, own.get(name, "b"))]
        answer = client.get("/insights", headers=twice)

    assert answer.status_code == 422, answer.text
    assert answer.json()["errors"][0]["field"] == name


def test_a_key_for_any_workspace_chooses(guarded, keys):
    with guarded.client(keys["any"]) as client, guarded.client(keys["owner"]) as owner:
        headers = {"X-Workspace": "acme"}
        client.post("/analyze-campaign", json={**CMP_007, "campaign_id": "chosen"}, headers=headers)

        assert owner.get("/v1/campaigns/chosen").status_code == 200
        assert client.get("/v1/campaigns/chosen").status_code == 404


def scope(client=("127.0.0.1", 5), method="GET"):
    return {"type": "http", "client": client, "method": method}


@pytest.mark.parametrize("address", ["10.0.0.7", "192.168.1.2", "8.8.8.8", "2001:db8::1", "nowhere", "", None])
def test_without_keys_only_this_machine_is_served(address):
    client = (address, 1) if address is not None else None

    with pytest.raises(NotAllowed, match="on this machine"):
        Access(Settings(_env_file=None)).caller(scope(client), Headers({}))


@pytest.mark.parametrize("address", ["127.0.0.1", "127.8.9.1", "::1", "::ffff:127.0.0.1"])
def test_loopback_has_several_names(address):
    assert is_loopback(address)


@pytest.mark.parametrize(
    "host",
    [
        "evil.test", "127.0.0.1.evil.test", "localhost.evil.test:8000", "", "[::1", "0.0.0.0", "evil.test@localhost",
        "localhost:evil.test", "localhost/evil.test", "localhost?", "localhost#", "[localhost]", "localhost:8000:1",
    ],
)  # fmt: skip
def test_a_foreign_host_name_is_refused(client, host):
    assert client.get("/health", headers={"Host": host}).status_code in (400, 421)


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:8000", "127.0.0.1:1", "[::1]:8000"])
def test_a_loopback_host_name_is_served(client, host):
    assert client.get("/health", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize("host", ["test", "testserver"])
def test_names_of_test_clients_are_foreign_over_a_socket(client, host):
    assert client.get("/health", headers={"Host": host}).status_code == 421


@pytest.mark.parametrize("name", ["testserver", "test"])
def test_a_test_client_within_the_process_is_served_as_it_is(settings, name):
    with TestClient(create_app(settings=settings), base_url=f"http://{name}") as client:
        assert client.post("/analyze-campaign", json=CMP_007).status_code == 200


def test_a_test_client_needs_a_key_where_keys_are_set(settings):
    guarded = settings.model_copy(update={"api_keys": Settings(api_keys="a-key-of-this-very-test").api_keys})
    with TestClient(create_app(settings=guarded)) as client:
        assert client.get("/insights").status_code == 401


def test_other_names_can_be_allowed(serve):
    with serve(allowed_hosts="engine.test") as live, live.client() as client:
        assert client.get("/health", headers={"Host": "engine.test"}).status_code == 200
        assert client.get("/health", headers={"Host": "evil.test"}).status_code == 421


@pytest.mark.parametrize("header", ["X-Forwarded-For", "Forwarded", "X-Real-IP", "Via", "X-Forwarded-Host"])
def test_a_proxy_needs_a_key(client, header):
    assert client.get("/insights", headers={header: "127.0.0.1"}).status_code == 403


@pytest.mark.parametrize(
    "headers", [{"Origin": "https://evil.test"}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"}]
)
def test_another_web_site_may_not_write(client, headers):
    assert client.post("/analyze-campaign", json=CMP_007, headers=headers).status_code == 403
    assert client.post("/v1/campaigns/x/accept", headers=headers).status_code == 403


def test_the_own_documentation_page_may_write(client, live):
    headers = {"Origin": live.url, "Sec-Fetch-Site": "same-origin"}

    assert client.post("/analyze-campaign", json=CMP_007, headers=headers).status_code == 200
