"""The date of a running server and worker is put back, forward and back again: nobody waits, nothing is forgotten."""

import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx2 as httpx
import pytest
from tests.crash.set_clock import Clock

from reflection.api.openapi import CMP_007
from reflection.store.database.open import open_database
from reflection.store.maintenance.verify import verify

KEY = "acme-key-0123456789abcdef"
DAY, PATIENCE, SOON = 86_400, 120.0, 60
JUMPS = (-DAY, -400 * DAY, 365 * DAY, 0)
"""Seconds beside the system's date, one after the other."""


def body(number: int) -> dict[str, Any]:
    return {**CMP_007, "campaign_id": f"c{number:02}", "platform": ("Meta", "Google")[number % 2]}


def listen(client: httpx.Client, heard: list[str], ended: threading.Event) -> None:
    """What a stream says until it ends or the client is closed."""
    try:
        with client.stream("GET", "/v1/stream") as answer:
            for line in answer.iter_lines():
                heard.append(line)
    except httpx.TransportError:
        return
    ended.set()


@pytest.mark.torture(part="server")
def test_wherever_the_date_is_put_a_running_server_goes_on(start: Callable[..., Any], tmp_path: Path) -> None:
    clock, heard, ended = Clock(tmp_path), list[str](), threading.Event()
    server = start(*clock.before, f"MARKO_API_KEYS=acme={KEY}").ready(Authorization=f"Bearer {KEY}")
    headers = {"Authorization": f"Bearer {KEY}"}
    with (
        httpx.Client(base_url=server.url, headers=headers, timeout=PATIENCE) as client,
        httpx.Client(base_url=server.url, headers=headers, timeout=PATIENCE) as streaming,
    ):
        first = client.post("/analyze-campaign", json=body(0), headers={"Idempotency-Key": "first"})
        shared = client.post("/v1/shares", json={"campaign_id": "c00"}).json()["path"]
        threading.Thread(target=listen, args=(streaming, heard, ended), daemon=True).start()
        for number, seconds in enumerate(JUMPS, start=1):
            clock.put(seconds)
            posted = client.post("/analyze-campaign", json=body(number))
            assert posted.status_code == 200, posted.text
            end = time.monotonic() + PATIENCE
            while client.get("/v1/effects").json()["pending"]:
                assert time.monotonic() < end, f"the worker does not learn at {seconds}"
                time.sleep(0.1)
            again = client.post("/analyze-campaign", json=body(0), headers={"Idempotency-Key": "first"})
            assert again.content == first.content, "an answer is remembered wherever the clock is"
            assert client.get("/ready").status_code == 200
            assert httpx.get(f"{server.url}{shared}").status_code == (404 if seconds > 14 * DAY else 200)
            wrong = [httpx.get(f"{server.url}/insights", headers={"X-API-Key": "x" * 20}) for _ in range(125)]
            assert all(0 < int(one.headers["retry-after"]) <= SOON for one in wrong if one.status_code == 429)
        assert wrong[-1].status_code == 429
        assert heard
        assert not ended.is_set(), "a stream does not end because the date is another"
    assert "Traceback" not in server.end(signal.SIGTERM)
    database = open_database(tmp_path / "x.db")
    assert verify(database) == []
    database.close()
