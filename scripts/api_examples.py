"""A body and an answer for every route, from real calls to a small workspace: what docs/api.md shows.

The forty sample campaigns are learnt, one export is imported, and every route is called once. Answers are shortened
(first items of lists, long texts cut, times of the run set to one instant), never made up.
"""

import json
import re
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any, NamedTuple
from unittest.mock import patch

from starlette.testclient import TestClient

from reflection.api import streams
from reflection.api.app import create_app
from reflection.api.openapi import CMP_007
from reflection.api.policies import POLICIES
from reflection.domain.campaign import Campaign
from reflection.settings import Settings
from reflection.web import site
from reflection.wiring import Application, build

ROOT = Path(__file__).resolve().parents[1]
INSTANT = "2026-04-01T10:00:00+00:00"
FIRST = 1
"""Items of a list that are shown."""

PAIR = 2
"""Plain items that are shown all the same: the two bounds of an interval."""

LONGEST = 110
MOST_KEYS = 14
MOST_DEPTH = 5
EXPORT = b"""Day,Campaign name,Amount spent (EUR),Impressions,Link clicks,Purchases
2026-09-01,Autumn,55.00,4000,90,4
"""
ROWS = [
    {"date": "2026-09-01", "campaign": "Autumn", "impressions": 4000, "clicks": 90, "conversions": 4, "spend": 55.0}
]
PLAN = {
    "platform": "Meta",
    "objective": "Lead Generation",
    "budget": 4000.0,
    "currency": "USD",
    "targets": {"cpa": 25.0},
}
_OF_A_RUN = (
    (re.compile(r"\b(rle|shr)_[0-9a-f]{12}_[A-Za-z0-9_-]{43}"), r"\1_0a1b2c3d4e5f_<secret>"),
    (re.compile(r"^(DELETE )?(/v1/(?:keys|shares)/)?[0-9a-f]{12}$"), r"\1\2XX"),
    (re.compile(r"\brcl_[0-9a-f]{20}"), "rcl_0123456789abcdef0123"),
    (re.compile(r"\balr_[0-9a-f]{12}"), "alr_0123456789ab"),
    (re.compile(r"\bmsg_[0-9a-f]{24}"), "msg_0123456789abcdef01234567"),
    (re.compile(r"\bwhsec_[A-Za-z0-9+/]+=*"), "whsec_<secret>"),
    (re.compile(r"http://127\.0\.0\.1:\d+(?=/(?:campaigns|\.\.\.))"), "http://127.0.0.1:9000"),
    (re.compile(rf"{datetime.now(UTC):%Y-%m-%d}T[\d:.]+(?:\+00:00|Z)"), INSTANT),
    (re.compile(rf"{datetime.now(UTC) + timedelta(days=7):%Y-%m-%d}T[\d:.]+\+00:00"), "2026-04-08T10:00:00+00:00"),
    (re.compile(rf"{datetime.now(UTC):%Y-%m-%d} \d\d:\d\d UTC"), "2026-04-01 10:00 UTC"),
    (re.compile(r"^(process_\w+) [\d.e+]+$"), r"\1 ..."),
)
"""What differs from run to run, and what is shown instead."""

_TIME = re.compile(r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}")


class Example(NamedTuple):
    """One call: the path with its query, the body (None for none), the status and the answer as text."""

    path: str
    body: Any
    status: int
    answer: str


def examples() -> dict[str, Example]:
    """An example for every route of the table of rights."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        settings = Settings.load(
            _env_file=None, database_path=folder / "reflection.db", output_dir=folder / "output",
            weights_path=folder / "weights.json", vector_backend="local", embedding_model="none",
            alert_hosts=("127.0.0.1",),
        )  # fmt: skip
        with build(settings) as application:
            bodies = json.loads((ROOT / "data/samples/campaign_history.json").read_text(encoding="utf-8"))
            campaigns = [Campaign.model_validate_json(json.dumps(body)) for body in bodies]
            list(application.engine.analyze_many(campaigns, following=True))
            application.learner.learn_now("default")
            app = create_app(application)
            with TestClient(app, "http://127.0.0.1:8000", client=("127.0.0.1", 50_000)) as client:
                called = dict(_called(client, application))
    page = {f"GET {path}" for path in (*site.SCREENS, site.ASSETS)}  # a browser's, not a program's
    missing = set(POLICIES) - set(called) - page
    if missing:
        raise SystemExit(f"no example for {', '.join(sorted(missing))}")
    return {name: called[name] for name in POLICIES if name not in page}


class _Caller:
    """Calls routes; `last` is the JSON object that the last of them answered, for what the next one needs of it."""

    def __init__(self, client: TestClient) -> None:
        self._client = client
        self.last: dict[str, Any] = {}

    def send_key(self, text: str) -> None:
        """Send a key from now on."""
        self._client.headers["X-API-Key"] = text

    def __call__(self, name: str, path: str = "", body: Any = None, **upload: Any) -> tuple[str, Example]:
        """One route with what it was asked and what it said."""
        method, template = name.split(" ", 1)
        sent = {} if body is None or upload else {"json": body}
        answer = self._client.request(method, path or template, **sent, **upload)
        if answer.status_code >= 400:
            raise SystemExit(f"{name}: {answer.status_code} {answer.text}")
        is_object = "application/json" in answer.headers.get("content-type", "") and answer.text[:1] == "{"
        self.last = answer.json() if is_object else {}
        asked = json.loads(_steady(json.dumps(body)))
        return name, Example(_text(path or template), asked, answer.status_code, _shown(answer))


def _called(client: TestClient, application: Application) -> Iterator[tuple[str, Example]]:
    """Every route, in an order in which each finds what it needs."""
    call = _Caller(client)
    yield call("POST /analyze-campaign", body=CMP_007)
    for name in ("GET /insights", "GET /patterns", "GET /v1/insights", "GET /v1/patterns"):
        yield call(name, f"{name.split(' ')[1]}?limit=1")
    yield call("GET /v1/attention", "/v1/attention?limit=2")
    yield call("GET /v1/months", "/v1/months?months=6")
    yield from _planning(call)
    yield from _learning(call)
    yield from _imports(call, application)
    yield from _campaigns(call)
    yield call("POST /v1/events", body={"day": "2026-03-01", "until": "2026-03-07", "kind": "promotion",
                                        "scope": "platform:Meta", "text": "20 % off everything"})  # fmt: skip
    event = call.last["event_id"]
    yield call("GET /v1/events", "/v1/events?since=2026-03-01&until=2026-03-31")
    yield call("DELETE /v1/events/{event_id}", f"/v1/events/{event}")
    yield from _experiments(call)
    yield from _creatives(call)
    with _receiver() as address:
        yield from _alerts(call, address)
    yield call("GET /v1/tables/{table}", "/v1/tables/effects?format=csv")
    yield call("POST /v1/shares", body={"campaign_id": "cmp_h39_meta_lead", "days": 7})
    share, opened = call.last["share_id"], call.last["path"]
    yield call("GET /share/{token}", opened)
    yield call("GET /v1/shares")
    yield call("DELETE /v1/shares/{share_id}", f"/v1/shares/{share}")
    with patch.object(streams, "STREAM_SECONDS", 0.0):  # a look, and no waiting for news
        example = call("GET /v1/stream")
    yield example
    for name in ("POST /v1/samples", "GET /v1/samples", "GET /v1/workspaces", "DELETE /v1/samples"):
        yield call(name)
    for name in ("GET /health", "GET /ready", "GET /metrics", "GET /openapi.json", "GET /docs"):
        yield call(name)
    yield call("GET /problems/{code}", "/problems/not-found")
    question = {"jsonrpc": "2.0", "id": 1, "method": "tools/call",
                "params": {"name": "list_campaigns", "arguments": {"limit": 1}}}  # fmt: skip
    yield call("POST /mcp", "", question, json=question, headers={"Accept": "application/json"})
    yield call("GET /docs/{asset}", "/docs/swagger-ui.css")
    for address in site.SCREENS:
        yield call(f"GET {address}", re.sub(r"{.*?}", "x", address))
    yield call(f"GET {site.ASSETS}", "/assets/page.css")
    yield from _keys(call)


def _creatives(call: _Caller) -> Iterator[tuple[str, Example]]:
    """A text foretold, registered and taken back."""
    text = {"creative_id": "crt_summer", "headline": "Can you save 20 % today?", "media_type": "image"}
    yield call("POST /v1/creatives", body={"creatives": [text]})
    yield call("GET /v1/creatives", "/v1/creatives?limit=1")
    yield call("GET /v1/creatives/{creative_id:path}", "/v1/creatives/crt_summer")
    yield call("GET /v1/creative-effects", "/v1/creative-effects?limit=1")
    yield call("DELETE /v1/creatives/{creative_id:path}", "/v1/creatives/crt_summer")


def _experiments(call: _Caller) -> Iterator[tuple[str, Example]]:
    """A test written down, read, followed by the order of the next one, and taken back."""
    counts = {"units": 50_000.0, "impressions": 90_000.0}
    arms = [
        {"name": "image", "control": True, "creative": "crt_image", "clicks": 1200.0, **counts},
        {"name": "video", "creative": "crt_video", "clicks": 1500.0, **counts},
    ]
    yield call("POST /v1/experiments", body={"experiment_id": "hero-1", "name": "Hero", "arms": arms})
    yield call("GET /v1/experiments", "/v1/experiments?limit=1")
    yield call("GET /v1/experiments/{experiment_id}", "/v1/experiments/hero-1")
    order = {"signal": "creative:crt_video", "against": "creative:crt_image", "days": 14, "budget": 500.0}
    yield call("POST /v1/experiments/next", body=order)
    yield call("DELETE /v1/experiments/{experiment_id}", "/v1/experiments/hero-1")


class _Received(BaseHTTPRequestHandler):
    """Takes any message, and says so."""

    def do_POST(self) -> None:
        """Answer that it arrived."""
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        """Nothing: the calls are what is shown."""


@contextmanager
def _receiver() -> Iterator[str]:
    """The address of a webhook that takes every message, while it is open."""
    with HTTPServer(("127.0.0.1", 0), _Received) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/campaigns"
        finally:
            server.shutdown()
            thread.join()


def _alerts(call: _Caller, address: str) -> Iterator[tuple[str, Example]]:
    """An alert made, tried, its messages read, and removed."""
    kinds = ["campaign.outside_interval", "learning.ended"]
    yield call("POST /v1/alerts", body={"address": address, "on": kinds, "name": "the team"})
    place = f"/v1/alerts/{call.last['alert_id']}"
    yield call("GET /v1/alerts")
    yield call("POST /v1/alerts/{alert_id}/test", f"{place}/test")
    yield call("GET /v1/alerts/{alert_id}/deliveries", f"{place}/deliveries?limit=1")
    yield call("POST /v1/alerts/{alert_id}/deliveries/retry", f"{place}/deliveries/retry")
    yield call("DELETE /v1/alerts/{alert_id}", place)


def _keys(call: _Caller) -> Iterator[tuple[str, Example]]:
    """A key made, listed and revoked; last, because from the first key on every call needs one."""
    yield call("POST /v1/keys", body={"workspace": "*", "scope": "admin", "name": "the operator"})
    key = call.last["key_id"]
    call.send_key(call.last["key"])
    yield call("GET /v1/keys")
    yield call("DELETE /v1/keys/{key_id}", f"/v1/keys/{key}")


def _planning(call: _Caller) -> Iterator[tuple[str, Example]]:
    """Plans and forecasts, and the life of a recommendation."""
    yield call("GET /recommendations", "/recommendations?platform=Meta")
    yield call("POST /v1/plans/evaluate", body={"plans": [PLAN]})
    yield call("POST /v1/plans/allocate", body={"plans": [PLAN, {**PLAN, "platform": "Google"}], "budget": 10_000.0})
    forecast = {"issuer": "media team", "version": "1", "issued_at": "2026-04-01T00:00:00+00:00", "metric": "cpa",
                "point": 21.0, "campaign_id": "cmp_next", "currency": "USD"}  # fmt: skip
    yield call("POST /v1/forecasts", body={"forecasts": [forecast]})
    yield call("GET /v1/track-record")
    yield call("GET /v1/recommendations", "/v1/recommendations?platform=Meta")
    key = call.last["cards"][0]["id"]
    life = f"/v1/recommendations/{key}"
    yield call(
        "POST /v1/recommendations/{recommendation_id}/shown",
        f"/v1/recommendations/{key}/shown",
        {"campaign_id": "cmp_next"},
    )
    yield call(
        "POST /v1/recommendations/{recommendation_id}/feedback",
        f"/v1/recommendations/{key}/feedback",
        {"accepted": True},
    )
    yield call("GET /v1/recommendations/{recommendation_id}", life)
    yield call("POST /shown", body={"recommendation_id": key, "campaign_id": "cmp_next"})
    yield call("POST /feedback", body={"recommendation_id": key, "accepted": True, "note": "booked for May"})


def _learning(call: _Caller) -> Iterator[tuple[str, Example]]:
    """What was learnt, searched, asked and reported."""
    campaign = CMP_007["campaign_id"]
    yield call("GET /v1/effects", "/v1/effects?metric=ctr&limit=1")
    yield call("GET /v1/effects/{signal:path}/evidence", "/v1/effects/creative.type:video/evidence?metric=ctr")
    yield call("GET /v1/learnings", "/v1/learnings?limit=1")
    learning = call.last["items"][0]["id"]
    yield call("GET /v1/learnings/{learning_id}", f"/v1/learnings/{learning}")
    yield call(
        "POST /v1/learnings/{learning_id}/review",
        f"/v1/learnings/{learning}/review",
        {"verdict": "approve", "author": "Ada"},
    )
    yield call("GET /v1/memory/search", "/v1/memory/search?q=video+for+students")
    recall = call.last["recall_id"]
    outcome = {"campaign_id": campaign, "outcome": "CPA was 19.27"}
    yield call("POST /v1/learnings/recalls/{recall_id}/outcome", f"/v1/learnings/recalls/{recall}/outcome", outcome)
    yield call("POST /agent-chat", body={"message": f"How did {campaign} do?"})
    yield call("GET /v1/campaigns/{campaign_id:path}/report", f"/v1/campaigns/{campaign}/report?format=md")
    yield call("GET /v1/portfolio/report", "/v1/portfolio/report?start=2026-03-01&end=2026-03-31&format=md")


def _campaigns(call: _Caller) -> Iterator[tuple[str, Example]]:
    """Campaigns listed, accepted and forgotten."""
    campaign, held = CMP_007["campaign_id"], "cmp_h31_google_sales"
    yield call("GET /v1/campaigns", "/v1/campaigns?platform=Meta&limit=1")
    yield call("GET /v1/campaigns/{campaign_id:path}", f"/v1/campaigns/{campaign}")
    yield call("POST /v1/campaigns/{campaign_id:path}/accept", f"/v1/campaigns/{held}/accept")
    yield call("DELETE /v1/campaigns/{campaign_id:path}/accept", f"/v1/campaigns/{held}/accept")
    yield call("DELETE /v1/campaigns/{campaign_id:path}", f"/v1/campaigns/{campaign}")


def _imports(call: _Caller, application: Application) -> Iterator[tuple[str, Example]]:
    """An export sent as a file, followed and taken back, and rows sent as JSON."""
    yield call("POST /v1/imports", body="files=@export.csv", files={"files": ("export.csv", EXPORT)})
    place = f"/v1/imports/{call.last['import_id']}"
    while application.imports.work():
        pass
    yield call("GET /v1/imports", "/v1/imports?limit=1")
    yield call("GET /v1/imports/{import_id}", place)
    yield call("GET /v1/imports/{import_id}/events", f"{place}/events")
    yield call("GET /v1/pacing")
    yield call("GET /v1/days", "/v1/days?days=7")
    yield call("DELETE /v1/imports/{import_id}", place)
    yield call("POST /v1/observations", body={"platform": "Meta", "rows": ROWS, "dry_run": True})


def _shown(answer: Any) -> str:
    """An answer as it is shown: JSON shortened and indented, other texts by their first lines."""
    kind = answer.headers.get("content-type", "")
    if "json" in kind:
        return json.dumps(_short(answer.json()), indent=2, ensure_ascii=False)
    lines = [line for line in answer.text.splitlines() if line.strip()][:6]
    return "\n".join(_text(line) for line in lines)


def _short(value: Any, depth: int = 0) -> Any:
    """A value with the first items of its lists, the first keys of its objects and the opening of its texts."""
    if isinstance(value, dict):
        if depth == MOST_DEPTH:
            return "{...}" if value else {}
        shown = {_text(name): _short(item, depth + 1) for name, item in list(value.items())[:MOST_KEYS]}
        return shown | ({"...": f"{len(value) - MOST_KEYS} more"} if len(value) > MOST_KEYS else {})
    if isinstance(value, list) and len(value) <= PAIR and not any(isinstance(item, (dict, list)) for item in value):
        return [_short(item, depth + 1) for item in value]
    if isinstance(value, list):
        shown_items = [_short(item, depth + 1) for item in value[:FIRST]]
        return [*shown_items, f"... {len(value) - FIRST} more"] if len(value) > FIRST else shown_items
    if isinstance(value, float):
        return float(f"{value:.4g}")
    return _text(value) if isinstance(value, str) else value


def _text(text: str) -> str:
    """A text as it is shown: the same in every run, cut where it is long."""
    if _TIME.match(text) and abs(datetime.fromisoformat(text) - datetime.now(UTC)) < timedelta(hours=6):
        return INSTANT
    text = _steady(text)
    text = re.sub(r"\S*/tmp\w*/?(?=output|reflection)", "", text)
    return text if len(text) <= LONGEST else f"{text[:LONGEST].rstrip()} ..."


def _steady(text: str) -> str:
    """A text without what differs from run to run."""
    for pattern, instead in _OF_A_RUN:
        text = pattern.sub(instead, text)
    return text
