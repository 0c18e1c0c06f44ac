"""The page over HTTP: shell and files for everybody, with a strict policy; data for those who have the right."""

import pytest
from fastapi.testclient import TestClient
from starlette.routing import compile_path

from reflection.api.app import create_app
from reflection.api.policies import POLICIES, Right, is_public
from reflection.web import site
from reflection.wiring import build

PLACES = (
    "/",
    "/campaigns",
    "/campaigns/a%2Fb",
    "/works",
    "/works/creative.type%3Avideo",
    "/plan",
    "/ask",
    "/record",
    "/data",
)


@pytest.fixture(scope="module")
def client(tmp_path_factory, settings_in):  # type: ignore[no-untyped-def]
    settings = settings_in(tmp_path_factory.mktemp("page"), api_keys="acme=owner-key-of-acme-0001")
    with build(settings) as application, TestClient(create_app(application), base_url="http://127.0.0.1") as client:
        yield client


@pytest.mark.parametrize("place", PLACES)
def test_every_screen_has_the_shell_and_the_policy_without_a_key(client: TestClient, place: str) -> None:
    answer = client.get(place, params={"workspace": "acme", "whatever": "1"})

    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/html")
    assert answer.content == site.asset(site.SHELL).body  # type: ignore[union-attr]
    policy = dict(part.strip().split(" ", 1) for part in answer.headers["content-security-policy"].split(";"))
    assert policy["default-src"] == policy["frame-ancestors"] == policy["base-uri"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == policy["connect-src"] == "'self'"
    assert "unsafe" not in str(policy)


@pytest.mark.parametrize("name", site.names())
def test_every_file_is_there_packed_and_asked_for_once(client: TestClient, name: str) -> None:
    answer = client.get(f"/assets/{name}")

    assert answer.status_code == 200
    assert answer.headers["content-encoding"] == "gzip"
    assert answer.content == site.asset(name).body  # type: ignore[union-attr]
    again = client.get(f"/assets/{name}", headers={"If-None-Match": answer.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    plain = client.get(f"/assets/{name}", headers={"Accept-Encoding": "identity"})
    assert "content-encoding" not in plain.headers
    assert plain.content == answer.content


@pytest.mark.parametrize("path", ["/v1/campaigns", "/v1/effects", "/campaigns-of-others", "/assets", "/worksx"])
def test_data_and_everything_else_need_the_key(client: TestClient, path: str) -> None:
    assert client.get(path).status_code == 401


def test_what_is_no_file_of_the_page_is_not_there(client: TestClient) -> None:
    answer = client.get("/assets/../../settings.py".replace("..", "%2e%2e"))

    assert answer.status_code == 404
    assert answer.json()["type"] == "/problems/not-found"


def test_no_public_address_hides_a_route_that_needs_a_right() -> None:
    """Public templates are matched before routing, so they must never match the path of anything else."""
    for name, right in POLICIES.items():
        method, template = name.split(" ", 1)
        for filling in ("x", "a/b", "x/evidence"):
            path = template
            for part in compile_path(template)[2]:
                path = path.replace(f"{{{part}:path}}", filling).replace(f"{{{part}}}", "x")
            assert is_public(path) == (right is Right.PUBLIC), f"{method} {path}"
