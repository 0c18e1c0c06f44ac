"""One canonical error, on every path: problem+json (RFC 9457), nothing leaked, and the next clean request
answers 200.

{type, title, status, detail, instance, errors[{field, problem}], hint, request_id}
"""

import json
import socket
import time
from urllib.parse import quote, urlsplit

import pytest
from starlette.requests import Request

from reflection.api.openapi import CMP_007
from reflection.api.problems import response_of
from reflection.engine.engine import Engine
from reflection.errors import Unavailable

KEYS = {"type", "title", "status", "detail", "instance", "errors", "hint", "request_id"}
JSON = {"Content-Type": "application/json"}
QUICK = 2.0
"""Seconds; a refusal takes some milliseconds, the rest is room for a busy machine."""


def with_metrics(**changes: object) -> bytes:
    body = {**CMP_007, "actual_metrics": {**CMP_007["actual_metrics"], **changes}}
    return json.dumps(body).encode()


def with_fields(**changes: object) -> bytes:
    return json.dumps({**CMP_007, **changes}).encode()


def raw(old: str, new: str) -> bytes:
    body = json.dumps(CMP_007)
    assert old in body
    return body.replace(old, new, 1).encode()


BAD_BODIES = {
    "NaN": (with_metrics(spend=float("nan")), 422, "actual_metrics.spend"),
    "NaN where a text belongs": (with_fields(campaign_id=float("nan")), 422, "campaign_id"),
    "Infinity": (with_metrics(spend=float("inf")), 422, "actual_metrics.spend"),
    "minus Infinity": (with_metrics(revenue=float("-inf")), 422, "actual_metrics.revenue"),
    "1e400": (raw("3950.0", "1e400"), 422, "actual_metrics.spend"),
    "10^24 impressions": (with_metrics(impressions=10**24), 422, "actual_metrics.impressions"),
    "a negative number": (with_metrics(clicks=-1), 422, "actual_metrics.clicks"),
    "a number as text": (with_metrics(clicks="5"), 422, "actual_metrics.clicks"),
    "true as a number": (with_metrics(clicks=True), 422, "actual_metrics.clicks"),
    "clicks above impressions": (with_metrics(clicks=10**7), 422, "actual_metrics"),
    "a naive timestamp": (with_fields(timestamp="2026-03-29T10:00:00"), 422, "timestamp"),
    "an epoch as timestamp": (with_fields(timestamp=1774778400), 422, "timestamp"),
    "the placeholder 'string'": (with_fields(platform="string"), 422, "platform"),
    "the placeholder 'unknown'": (with_fields(objective=" Unknown "), 422, "objective"),
    "a control character": (with_fields(campaign_id="a\u0000b"), 422, "campaign_id"),
    "half a surrogate pair": (raw("cmp_007", "\\ud800"), 422, ""),
    "an unknown field": (with_fields(budget=5), 422, "budget"),
    "a missing field": (raw('"platform": "Meta", ', ""), 422, "platform"),
    "an audience twice": (with_fields(audiences=[{"name": "a"}, {"name": "a"}]), 422, "audiences"),
    "a wrong type deep inside": (with_fields(audiences=[{"name": 5}]), 422, "audiences[0].name"),
    "a breakdown of nobody": (
        with_fields(breakdown=[{"audience": "x", "metrics": CMP_007["actual_metrics"]}]), 422, ""
    ),
    "no JSON": (b"campaign", 422, ""),
    "half a JSON": (b'{"campaign_id": "a', 422, ""),
    "no object": (b"[]", 422, ""),
    "not UTF-8": (b"\xff\xfe\x00", 422, ""),
    "nothing": (b"", 422, ""),
    "blanks": (b"  \n ", 422, ""),
    "a 10 MB body": (b'{"campaign_id": "' + b"a" * 10_000_000 + b'"}', 413, ""),
    "100,000 nested brackets": (b"[" * 100_000, 422, ""),
    "100,000 nested objects": (b'{"a":' * 100_000, 422, ""),
    "100,000 audiences": (with_fields(audiences=[{"name": f"a{n}"} for n in range(100_000)]), 413, ""),
    "50,000 audiences": (with_fields(audiences=[{"name": f"a{n}"} for n in range(50_000)]), 422, "audiences"),
    "2,000 values of an attribute": (
        with_fields(audiences=[{"name": "a", "attributes": {"tag": [f"v{n}" for n in range(2_000)]}}]), 422, "audiences"
    ),
    "400,000 wrong audiences": (b'{"audiences": [' + b"1," * 400_000 + b"1]}", 422, ""),
    "100,000 unknown fields": (b"{" + b",".join(b'"%d":1' % n for n in range(90_000)) + b"}", 422, ""),
}  # fmt: skip


def assert_problem(response, status):
    problem = response.json()
    assert (response.status_code, problem["status"]) == (status, status)
    assert response.headers["content-type"] == "application/problem+json"
    assert set(problem) == KEYS
    assert problem["title"]
    assert problem["detail"]
    assert problem["request_id"] == response.headers["x-request-id"]
    assert all(set(error) == {"field", "problem"} for error in problem["errors"])
    assert "Traceback" not in response.text
    return problem


@pytest.mark.parametrize("name", BAD_BODIES)
def test_a_bad_body_is_refused_quickly_and_the_next_clean_request_answers(client, live, name):
    body, status, field = BAD_BODIES[name]
    started = time.process_time()

    refused = client.post("/analyze-campaign", content=body, headers=JSON)
    elapsed = time.process_time() - started

    problem = assert_problem(refused, status)
    assert elapsed < QUICK
    assert len(refused.content) < 10_000
    if field:
        assert problem["errors"][0]["field"].startswith(field)
    assert client.post("/analyze-campaign", json=CMP_007).status_code == 200


def test_a_refused_body_stores_nothing(serve):
    with serve() as live, live.client() as client:
        for body, _, _ in BAD_BODIES.values():
            client.post("/analyze-campaign", content=body, headers=JSON)

        assert live.application.store.last_seq("default") == 0
        assert live.application.store.workspaces() in ([], ["default"])


def test_many_wrong_fields_are_listed_and_counted(client):
    problem = assert_problem(client.post("/analyze-campaign", content=b"{}", headers=JSON), 422)

    assert {error["field"] for error in problem["errors"]} >= {"campaign_id", "platform", "timestamp"}
    assert "and 5 more" in problem["detail"]


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/nowhere", 404),
        ("GET", "/insights/", 404),
        ("GET", "/../etc/passwd", 404),
        ("GET", "/v1/campaigns/never-seen", 404),
        ("GET", "/v1/effects/platform:nowhere/evidence", 404),
        ("DELETE", "/v1/campaigns/never-seen", 404),
        ("POST", "/v1/campaigns/never-seen/accept", 404),
        ("GET", "/problems/never-heard-of", 404),
        ("GET", "/docs/../secret", 404),
        ("GET", "/analyze-campaign", 405),
        ("DELETE", "/insights", 405),
        ("OPTIONS", "/insights", 405),
        ("PUT", "/v1/campaigns/x", 405),
        ("GET", "/insights?limit=0", 422),
        ("GET", "/insights?limit=many", 422),
        ("GET", "/patterns?limit=501", 422),
        ("GET", "/recommendations?platform=", 422),
        ("GET", "/recommendations?platform=%00", 422),
        ("GET", "/v1/effects?metric=clicks", 422),
        ("GET", "/v1/effects?cursor=%2E%2E", 422),
        ("GET", "/v1/effects?findings_only=perhaps", 422),
    ],
)
def test_every_error_path_has_the_one_shape(client, method, path, status):
    assert_problem(client.request(method, path), status)


def test_a_wrong_method_says_which_are_right(client):
    assert client.get("/analyze-campaign").headers["allow"] == "POST"
    assert client.put("/v1/campaigns/x").headers["allow"] == "DELETE, GET"


@pytest.mark.parametrize("content_type", [None, "text/plain", "application/x-www-form-urlencoded", "application/xml"])
def test_another_content_type_is_refused(client, content_type):
    headers = {"Content-Type": content_type} if content_type else {}

    assert_problem(client.post("/analyze-campaign", content=json.dumps(CMP_007).encode(), headers=headers), 415)


@pytest.mark.parametrize("content_type", ["application/json; charset=utf-8", "Application/JSON"])
def test_json_may_be_called_json_in_any_way(client, content_type):
    response = client.post(
        "/analyze-campaign", content=json.dumps(CMP_007).encode(), headers={"Content-Type": content_type}
    )

    assert response.status_code == 200


def test_a_chunked_body_is_counted_while_it_comes(client):
    chunks = (b'{"campaign_id": "' + b"a" * 100_000 for _ in range(100))

    assert_problem(client.post("/analyze-campaign", content=chunks, headers=JSON), 413)


def test_a_lying_content_length_does_not_help(live):
    host, port = urlsplit(live.url).hostname, urlsplit(live.url).port
    with socket.create_connection((host, port), timeout=10) as connection:
        connection.sendall(
            f"POST /analyze-campaign HTTP/1.1\r\nHost: {host}:{port}\r\nContent-Type: application/json\r\n"
            "Content-Length: 99999999999\r\nConnection: close\r\n\r\n{".encode()
        )
        answer = connection.recv(65536)

    assert answer.startswith(b"HTTP/1.1 413")
    assert b"application/problem+json" in answer


def test_an_announced_excess_is_refused_on_every_path(client):
    for path in ("/nowhere", "/health", "/v1/campaigns/x/accept"):
        assert_problem(client.post(path, content=b"a" * 2_000_000), 413)


def test_an_unforeseen_error_leaks_nothing_and_is_logged_with_its_request(serve, monkeypatch, capfd):
    def broken(*_args, **_kwargs):
        raise RuntimeError("canary-in-the-exception\nforged line with canary-of-a-secret")

    with serve(log_level="DEBUG", openai_api_key="canary-of-a-secret") as live, live.client() as client:
        monkeypatch.setattr(Engine, "insight_page", broken)
        response = client.get("/insights", headers={"X-Request-ID": "my-request-1"})
        monkeypatch.undo()
        assert client.get("/insights").status_code == 200

    problem = assert_problem(response, 500)
    assert problem["request_id"] == "my-request-1"
    assert "canary" not in response.text
    lines = capfd.readouterr().err.splitlines()
    logged = [json.loads(line) for line in lines if "canary-in-the-exception" in line]
    assert [entry["request_id"] for entry in logged] == ["my-request-1"]
    assert not any("canary-of-a-secret" in line or line.startswith("forged line") for line in lines)


def test_every_problem_type_can_be_looked_up(client):
    for path, method in (("/nowhere", "GET"), ("/insights", "PUT"), ("/insights?limit=0", "GET")):
        problem = client.request(method, path).json()
        described = client.get(problem["type"])

        assert described.status_code == 200
        assert described.json()["status"] == problem["status"]


def test_a_request_id_that_could_forge_a_log_line_is_replaced(client):
    assert client.get("/health", headers={"X-Request-ID": "a b;c"}).headers["x-request-id"] != "a b;c"
    assert client.get("/health", headers={"X-Request-ID": "a.b-c_1"}).headers["x-request-id"] == "a.b-c_1"


@pytest.mark.parametrize("signal", ["a*b:c", "a:b*c", "*", "a*:b", "platform*creative:x"])
def test_evidence_of_what_is_no_signal_is_not_found(client, signal):
    assert client.get(f"/v1/effects/{quote(signal, safe='')}/evidence").status_code == 404


def test_a_wrong_parameter_is_named_as_the_sender_wrote_it(client):
    """Whatever checks it: names of functions, types and branches are the program's own."""
    for path, operations in client.get("/openapi.json").json()["paths"].items():
        names = [one["name"] for one in operations.get("get", {}).get("parameters", ()) if one["in"] == "query"]
        if not names or "{" in path:
            continue
        answer = client.get(path, params=dict.fromkeys(names, "-1\x01"))
        fields = {one["field"] for one in answer.json().get("errors") or ()}
        assert fields <= {f"query.{name}" for name in names}, path
        assert "since" not in names or "query.since" in fields, path


@pytest.mark.parametrize("kind", [Unavailable, *Unavailable.__subclasses__()])
def test_who_may_come_again_is_told_when(kind):
    asked = Request({"type": "http", "path": "/insights", "headers": []})

    assert int(response_of(asked, kind("the database is busy")).headers["retry-after"]) > 0
