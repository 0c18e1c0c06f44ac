"""Work for a client that left: what waits is not begun, what is under way ends at a step, what stores is done."""

import socket
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx2 as httpx
import pytest

from reflection.api import pools
from reflection.api.openapi import CMP_007
from reflection.api.policies import POLICIES, pool_of
from reflection.api.pools import COMPUTING, HEAVY, LONG, Pool
from reflection.api.routers import imports, reports, samples
from reflection.domain.steps import NobodyWaits, to_the_end, work_until

REPORT = "/v1/campaigns/cmp_007_meta_summer_bootcamp/report"
PLAN = {"platform": "Meta", "objective": "Lead Generation", "budget": 1000.0}
ROW = {
    "date": "2026-09-01", "campaign": "Sale", "impressions": 10_000, "clicks": 200, "conversions": 10, "spend": 100.5,
    "currency": "EUR",
}  # fmt: skip
ROWS = {"platform": "Meta", "rows": [ROW]}
EXPORT = Path(__file__).parents[2] / "data" / "samples" / "meta_export" / "ads_manager_monthly_cad.csv"
FILES = {"files": {"files": ("a.csv", EXPORT.read_bytes())}}

READINGS: dict[str, dict[str, Any]] = {
    "GET /v1/campaigns/{campaign_id:path}/report": {"url": f"{REPORT}?format=pdf"},
    "GET /v1/portfolio/report": {"url": "/v1/portfolio/report?start=2026-01-01&end=2026-12-31&format=pdf"},
    "GET /v1/tables/{table}": {"url": "/v1/tables/campaigns?format=xlsx"},
    "GET /v1/tables/{table} as CSV": {"url": "/v1/tables/campaigns"},
    "POST /v1/shares": {"url": "/v1/shares", "json": {"campaign_id": CMP_007["campaign_id"]}},
    "POST /v1/imports": {"url": "/v1/imports", **FILES, "data": {"dry_run": "true"}},
    "POST /v1/observations": {"url": "/v1/observations", "json": {**ROWS, "dry_run": True}},
    "POST /v1/plans/evaluate": {"url": "/v1/plans/evaluate", "json": {"plans": [PLAN]}},
    "POST /v1/plans/allocate": {"url": "/v1/plans/allocate", "json": {"plans": [PLAN, PLAN]}},
    "GET /recommendations": {"url": "/recommendations"},
    "GET /v1/recommendations": {"url": "/v1/recommendations"},
    "GET /v1/recommendations/{recommendation_id}": {"url": "/v1/recommendations/rec_0123456789abcdef"},
    "GET /v1/track-record": {"url": "/v1/track-record"},
}
STORING: dict[str, dict[str, Any]] = {
    "POST /v1/imports": {"url": "/v1/imports", **FILES},
    "POST /v1/observations": {"url": "/v1/observations", "json": ROWS},
    "POST /v1/samples": {"url": "/v1/samples"},
    "DELETE /v1/samples": {"url": "/v1/samples"},
}


class Works:
    """Work of a server's pools whose client leaves as soon as it is at a first step, and what became of it."""

    def __init__(self) -> None:
        self.begun, self.ends = threading.Event(), list[str]()
        self._left: Callable[[], bool] = bool

    def do(self, left: Callable[[], bool], work: Callable[[], Any]) -> Any:
        self._left = left
        try:
            answer = work_until(self.wait, work)
        except Exception as error:
            self.ends.append("stopped" if isinstance(error, NobodyWaits) else repr(error))
            raise
        if self.begun.is_set():
            self.ends.append("done")
        return answer

    def wait(self) -> bool:
        """Be under way until the client has left."""
        self.begun.set()
        _until(self._left)
        return True

    def go_on(self) -> None:
        """Be under way for good until the client has left."""
        to_the_end()
        self.wait()


@pytest.fixture
def works(monkeypatch: pytest.MonkeyPatch) -> Works:
    works = Works()
    monkeypatch.setattr(pools, "work_until", works.do)
    for router in (imports, samples):
        monkeypatch.setattr(router, "to_the_end", works.go_on)
    return works


def test_every_route_that_is_heavy_or_computes_is_tried_here() -> None:
    tried = {name.partition(" as ")[0] for name in READINGS.keys() | STORING.keys()}
    assert {name for name in POLICIES if pool_of(name) in LONG} == tried


@pytest.mark.parametrize("name", READINGS)
def test_what_is_under_way_ends_at_its_next_step_when_its_client_leaves(live: Any, works: Works, name: str) -> None:
    _leave_when_begun(live, works, name, READINGS[name])

    _until(lambda: bool(works.ends))
    assert works.ends == ["stopped"]
    _until(lambda: all(not pool._running for pool in live.app.state.pools.pools.values()))


@pytest.mark.parametrize("name", STORING)
def test_what_stores_is_done_though_its_client_left(live: Any, works: Works, name: str) -> None:
    _leave_when_begun(live, works, name, STORING[name])

    _until(lambda: bool(works.ends))
    assert works.ends == ["done"]


def _leave_when_begun(live: Any, works: Works, name: str, asked: dict[str, Any]) -> None:
    """Ask as a client that closes its connection as soon as somebody works for it."""
    address = urlsplit(live.url)
    content = {key: value for key, value in asked.items() if key != "url"}
    request = httpx.Request(name.split(" ")[0], live.url + asked["url"], **content)
    body = request.read()
    head = [f"{request.method} {asked['url']} HTTP/1.1", f"Host: {address.netloc}", f"Content-Length: {len(body)}"]
    if "content-type" in request.headers:
        head.append(f"Content-Type: {request.headers['content-type']}")
    with socket.create_connection((address.hostname, address.port)) as leaves:
        leaves.sendall("\r\n".join([*head, "", ""]).encode() + body)
        assert works.begun.wait(60)


def test_heavy_work_of_a_client_that_left_is_not_begun(serve: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    go, made = threading.Event(), list[str]()

    def slow(*arguments: Any) -> bytes:
        made.append(arguments[4])
        go.wait(60)
        return b"a report"

    monkeypatch.setattr(reports, "campaign_report", slow)
    with serve() as live, live.client() as client, ThreadPoolExecutor(4) as callers:
        client.post("/analyze-campaign", json=CMP_007)
        pool = live.app.state.pools.pools[HEAVY] = Pool(replace(HEAVY, threads=1))
        stays = callers.submit(client.get, REPORT, params={"format": "md"})
        _until(lambda: made == ["md"])
        _ask_and_leave(live, f"{REPORT}?format=html", pool)
        go.set()

        assert stays.result().status_code == 200
        assert made == ["md"]


@pytest.mark.parametrize("path", ["/v1/recommendations", "/v1/track-record"])
def test_what_is_worked_out_is_not_begun_for_a_client_that_left(serve: Any, path: str) -> None:
    with serve() as live:
        pool = live.app.state.pools.pools[COMPUTING]
        pool._free = 0
        _ask_and_leave(live, path, pool)


def _ask_and_leave(live: Any, path: str, pool: Pool) -> None:
    """Ask, wait for a turn, leave; until nobody waits any longer."""
    with socket.create_connection(("127.0.0.1", int(live.url.rsplit(":", 1)[1]))) as leaves:
        leaves.sendall(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode())
        _until(lambda: len(pool._waiting) == 1)
    _until(lambda: not pool._waiting)


def _until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.005)
