"""A server of its own, and streams of campaigns posted to it: what clients meet, and when each campaign counts.

What benchmarks of speed have in common. Must not know what is compared with what.
"""

from __future__ import annotations

import http.client
import json
import math
import os
import re
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).parents[1]
FEWEST_POSTS = 20
UVICORN = ("uvicorn", "--log-level", "warning")
STAGE_LINE = r'^reflection_analysis_stage_seconds_(sum|count)\{stage="(\w+)"\} (\S+)$'
LOOK, SETTLE = 0.1, 600.0
"""Seconds between two looks at what is known, and how long after a stream everything must be known."""

PATIENCE, STARTED = 900.0, 600.0


@dataclass(frozen=True)
class Stream:
    """What clients met: latencies in seconds, requests a second, campaigns that were sent and not acknowledged."""

    latencies: list[float]
    rate: float
    lost: int

    def quantile(self, share: float) -> float:
        """Of the latencies, in milliseconds."""
        return float(np.quantile(self.latencies, share)) * 1000


class Watch:
    """Looks again and again at how many campaigns wait to be learnt, and says when each acknowledged one was in."""

    def __init__(self, port: int) -> None:
        self._port, self._acknowledged, self._counted = port, list[float](), list[float]()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look)
        self._thread.start()

    def acknowledged(self) -> None:
        """A campaign was answered."""
        self._acknowledged.append(time.monotonic())

    def settled(self) -> list[float]:
        """Seconds from each campaign's answer to effects that count it, once all do."""
        end = time.monotonic() + SETTLE
        while len(self._counted) < len(self._acknowledged) and time.monotonic() < end:
            time.sleep(LOOK)
        self._over.set()
        self._thread.join()
        if len(self._counted) < len(self._acknowledged):
            raise SystemExit("what was posted is not learnt")
        return [counted - began for began, counted in zip(self._acknowledged, self._counted, strict=True)]

    def _look(self) -> None:
        while not self._over.is_set():
            posted = len(self._acknowledged)  # before asking: a campaign that came meanwhile may be in what waits
            known, now = posted - _pending(self._port), time.monotonic()
            self._counted += [now] * (known - len(self._counted))
            time.sleep(LOOK)


def _pending(port: int) -> int:
    """How many campaigns the effects do not count yet."""
    return int(get(port, "/v1/effects?limit=1")["pending"])


@contextmanager
def process(*command: str, folder: Path, environment: dict[str, str]) -> Iterator[None]:
    """A Python module as a process of its own, with arguments; ended as a service manager ends it."""
    own = subprocess.Popen([sys.executable, "-m", *command], cwd=folder, env=environment)
    try:
        yield
    finally:
        own.terminate()
        own.wait()


@contextmanager
def server(*command: str, folder: Path, environment: dict[str, str]) -> Iterator[int]:
    """A server as a process of its own; the port it listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    with process(*command, "--port", str(port), folder=folder, environment=environment):
        _wait(port)
        yield port


def engine_server(environment: dict[str, str]) -> AbstractContextManager[int]:
    """The engine as it is usually run: a server that starts its own worker."""
    return server(*UVICORN, "app.main:app", folder=ROOT, environment=environment)


def get(port: int, place: str, body: dict[str, Any] | None = None) -> Any:
    """The JSON at an address, posted to where there is a body."""
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)) as connection:
        sent = None if body is None else json.dumps(body)
        method = "GET" if body is None else "POST"
        connection.request(method, place, sent, {"Content-Type": "application/json"} if sent else {})
        return json.loads(connection.getresponse().read())


def environment(path: Path) -> dict[str, str]:
    return os.environ | {
        "MARKO_DATABASE_PATH": str(path),
        "MARKO_OUTPUT_DIR": str(path.parent / "output"),
        "MARKO_WEIGHTS_PATH": str(path.parent / "weights.json"),
        "MARKO_VECTOR_BACKEND": "local",
        "MARKO_RATE_LIMIT": "off",
        "MARKO_LOG_LEVEL": "WARNING",
    }


def _wait(port: int) -> None:
    end = time.monotonic() + STARTED
    while time.monotonic() < end:
        with suppress(OSError), closing(http.client.HTTPConnection("127.0.0.1", port, timeout=5)) as connection:
            connection.request("GET", "/health")
            if connection.getresponse().status == 200:
                return
        time.sleep(0.2)
    raise SystemExit("the server did not start")


def wait_for_vectors(port: int) -> None:
    """Until the server has read every vector: a search waits for it, at a million for a minute."""
    get(port, "/v1/memory/search?q=audience&limit=1")


def _page(port: int, place: str) -> str:
    """The text at an address."""
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)) as connection:
        connection.request("GET", place)
        return connection.getresponse().read().decode()


def post(
    port: int, campaigns: list[dict[str, Any]], clients: int, watch: Watch | None = None, seconds: float = math.inf
) -> Stream:
    """Post campaigns in order, by so many clients at once; after so many seconds no more, but some in any case."""
    left, lock, latencies, failed = list(reversed(campaigns)), threading.Lock(), list[float](), list[int]()
    in_any_case = len(campaigns) - FEWEST_POSTS

    def work(connection: http.client.HTTPConnection) -> None:
        while True:
            with lock:
                if not left or (len(left) <= in_any_case and time.perf_counter() - start > seconds):
                    return
                body = json.dumps(left.pop())
            began = time.perf_counter()
            connection.request("POST", "/analyze-campaign", body, {"Content-Type": "application/json"})
            response = connection.getresponse()
            response.read()
            with lock:
                latencies.append(time.perf_counter() - began)
                if response.status != 200:
                    failed.append(response.status)
                elif watch is not None:
                    watch.acknowledged()

    def client() -> None:
        with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)) as connection:
            work(connection)

    start = time.perf_counter()
    threads = [threading.Thread(target=client) for _ in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return Stream(latencies, len(latencies) / (time.perf_counter() - start), len(failed))


def stage_seconds(port: int) -> dict[str, tuple[float, float]]:
    """Seconds and analyses of each stage so far."""
    values: dict[str, dict[str, float]] = {"sum": {}, "count": {}}
    for kind, stage, value in re.findall(STAGE_LINE, _page(port, "/metrics"), re.MULTILINE):
        values[kind][stage] = float(value)
    return {stage: (seconds, values["count"][stage]) for stage, seconds in values["sum"].items()}


def means(before: dict[str, tuple[float, float]], after: dict[str, tuple[float, float]]) -> dict[str, float]:
    """Mean milliseconds of each stage between two looks."""
    spans = {
        stage: (seconds - before.get(stage, (0.0, 0.0))[0], count - before.get(stage, (0.0, 0.0))[1])
        for stage, (seconds, count) in after.items()
    }
    return {stage: 1000 * seconds / count for stage, (seconds, count) in spans.items() if count}


def busy_elsewhere(seconds: float = 2.0) -> float | None:
    """The share of the processors' time that others take now, as this process waits; None where nobody says."""
    before = _processor_times()
    time.sleep(seconds)
    after = _processor_times()
    if before is None or after is None or after[1] == before[1]:
        return None
    return 1.0 - (after[0] - before[0]) / (after[1] - before[1])


def _processor_times() -> tuple[int, int] | None:
    """Idle and all ticks of all processors since the start."""
    try:
        fields = [int(field) for field in Path("/proc/stat").read_text().splitlines()[0].split()[1:9]]
    except FileNotFoundError:
        return None
    return fields[3] + fields[4], sum(fields)
