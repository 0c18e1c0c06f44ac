"""Heavy work that one key asks for at once leaves a neighbour's reading as it was, through a real server."""

import signal
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx2 as httpx
import pytest

from reflection.api.openapi import CMP_007

REPORTS = 60
OWNER, READER, NEIGHBOUR = (f"{name}-key-0123456789abcdef" for name in ("owner", "reader", "neighbour"))


def bearer(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"}


@pytest.mark.torture(part="server")
def test_sixty_different_reports_of_one_key_keep_no_neighbour_waiting(start: Callable[..., Any]) -> None:
    keys = f"MARKO_API_KEYS=acme={OWNER},acme:read={READER},globex={NEIGHBOUR}"
    server = start("env", keys).ready(**bearer(OWNER))
    names = [f"c{number:02}" for number in range(REPORTS)]
    with httpx.Client(base_url=server.url, timeout=300, headers=bearer(OWNER)) as owner:
        for name in names:
            assert owner.post("/analyze-campaign", json={**CMP_007, "campaign_id": name}).status_code == 200
    busy, waited = threading.Event(), list[float]()

    def report(name: str) -> bytes:
        while True:
            answer = httpx.get(
                f"{server.url}/v1/campaigns/{name}/report?format=pdf", headers=bearer(READER), timeout=300
            )
            if answer.status_code == 200:
                return answer.content
            assert answer.status_code in (429, 503), answer.text
            time.sleep(float(answer.headers["retry-after"]))

    def read() -> None:
        with httpx.Client(base_url=server.url, timeout=300, headers=bearer(NEIGHBOUR)) as client:
            while not busy.is_set():
                for path in ("/health", "/insights", "/v1/effects"):
                    began = time.monotonic()
                    assert client.get(path).status_code == 200
                    waited.append(time.monotonic() - began)

    began = time.monotonic()
    with ThreadPoolExecutor(REPORTS + 1) as pool:
        reading = pool.submit(read)
        made = list(pool.map(report, names))
        busy.set()
        reading.result()
    took = time.monotonic() - began

    assert "Traceback" not in server.end(signal.SIGTERM)
    assert all(one.startswith(b"%PDF") for one in made)
    assert len(waited) > REPORTS
    assert max(waited) < took / 5, (max(waited), took)
