"""How fast is an analysis while the engine learns, with ten stored campaigns and with a million, beside the floor?

    python -m benchmarks speed                          10, 1,000, 100,000 and 1,000,000 stored campaigns
    python -m benchmarks speed --sizes 10,1000 --minutes 5
                                                        shorter streams, so that it ends in about so many minutes
    python -m benchmarks speed --folder /var/tmp/speed  a million: 16 GB, a quarter of an hour, the next time a minute

For each size a database is filled (a thousand real analyses, then copies of their rows in SQL, each with outcomes of
its own), a real server with its worker is started on it, and distinct campaigns with about 100 signals in the workspace
are posted over HTTP in steady streams of 1, 8 and 32 clients, while the worker learns, publishes and embeds. Before
each stream the floor (`floor.py`) gets the same one. Freshness is the time from an acknowledged campaign to effects
that count it. In a folder that is named the filled databases stay, and are used again. Before each size the run looks
how much of the processors others take, and the table says it: on a machine that is not quiet only the ratios count.
"""

from __future__ import annotations

import http.client
import json
import math
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from filling import campaign, fill, is_filled, prepare, stored_in
from rich.progress import Progress

HERE = Path(__file__).parent
ROOT = HERE.parent
SIZES = (10, 1_000, 100_000, 1_000_000)
CLIENTS = (1, 8, 32)
POSTS, FEWEST_POSTS, WARM_UP = 300, 20, 30
STAGE_LINE = r'^reflection_analysis_stage_seconds_(sum|count)\{stage="(\w+)"\} (\S+)$'
STARTS = 40.0
"""Seconds that servers, warming up and waiting for what is not learnt yet take at each size."""

LOOK, SETTLE = 0.1, 600.0
"""Seconds between two looks at what is known, and how long after a stream everything must be known."""

READ_AT_ONCE = 2**24
PATIENCE = 900.0
PLANNED, EVERY, KNOWN_WITHIN, PACE = 160, 20, 5.0, 0.25
"""Plans during a stream: after each so many of so many campaigns; what is older than this must be known. One campaign
in `PACE` seconds, so that there is something old."""


@dataclass(frozen=True)
class Stream:
    """What clients met: latencies in seconds, requests a second, campaigns that were sent and not acknowledged."""

    latencies: list[float]
    rate: float
    lost: int

    def quantile(self, share: float) -> float:
        """Of the latencies, in milliseconds."""
        return float(np.quantile(self.latencies, share)) * 1000


@dataclass(frozen=True)
class Row:
    """One stream at one size, the floor's beside it, and seconds until each campaign counted (one client only).

    `elsewhere` is the share of the processors that others took just before; None where the system does not say.
    `stages` says where the engine's time went: mean milliseconds of an analysis by stage.
    """

    stored: int
    elsewhere: float | None
    clients: int
    engine: Stream
    floor: Stream
    fresh: list[float]
    stages: dict[str, float]


def measure(path: Path, size: int, seconds: float = math.inf) -> list[Row]:
    """Streams to a real server on this database, which holds about `size` campaigns, each of so many seconds."""
    stored = stored_in(path)  # in the names, so that no campaign is one of an earlier run
    _read_through(path)
    elsewhere = busy_elsewhere()
    rng, rows = np.random.default_rng(stored), list[Row]()
    with _served("app.main:app", ROOT, _environment(path)) as engine, tempfile.TemporaryDirectory() as beside:
        _wait_for_vectors(engine)
        with _served("floor:app", HERE, {**os.environ, "FLOOR_PATH": f"{beside}/floor.db"}) as floor:
            for port in (engine, floor):
                _post(port, [campaign(rng, f"warm {stored} {i}") for i in range(WARM_UP)], 1)
            for clients in CLIENTS:
                stream = [campaign(rng, f"{clients} {stored} {i}") for i in range(POSTS)]
                beneath = _post(floor, stream, clients, seconds=seconds)
                watch = Watch(engine) if clients == 1 else None
                before = _stage_seconds(engine)
                met = _post(engine, stream, clients, watch, seconds)
                stages = _means(before, _stage_seconds(engine))
                rows.append(Row(size, elsewhere, clients, met, beneath, watch.settled() if watch else [], stages))
    return rows


def _stage_seconds(port: int) -> dict[str, tuple[float, float]]:
    """Seconds and analyses of each stage so far."""
    values: dict[str, dict[str, float]] = {"sum": {}, "count": {}}
    for kind, stage, value in re.findall(STAGE_LINE, _page(port, "/metrics"), re.MULTILINE):
        values[kind][stage] = float(value)
    return {stage: (seconds, values["count"][stage]) for stage, seconds in values["sum"].items()}


def _means(before: dict[str, tuple[float, float]], after: dict[str, tuple[float, float]]) -> dict[str, float]:
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
    return int(_get(port, "/v1/effects?limit=1")["pending"])


def plans_in_a_stream() -> str:
    """After each 20th of 160 campaigns: of what was posted more than 5 s earlier, what does a plan not know?"""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "reflection.db"
        rng, posted, unknown, asked = np.random.default_rng(5), list[tuple[float, dict[str, Any]]](), set[str](), 0
        with _served("app.main:app", ROOT, _environment(path)) as port:
            for number in range(PLANNED):
                one = campaign(rng, f"c{number}")
                if _post(port, [one], 1).lost:
                    raise SystemExit("a campaign was refused")
                posted.append((time.monotonic(), one))
                time.sleep(PACE)
                if (number + 1) % EVERY == 0:
                    old = [body for at, body in posted if time.monotonic() - at > KNOWN_WITHIN]
                    plans = [_as_plan(body, f"p{index}") for index, body in enumerate(old)][-50:]
                    asked += len(plans)
                    answer = _get(port, "/v1/plans/evaluate", {"plans": plans}) if plans else {"plans": []}
                    notes = [note for plan in answer["plans"] for note in plan["notes"]]
                    unknown |= {note for note in notes if "never seen" in note or "not learnt from so far" in note}
    found = f"{len(unknown)} signals not known, such as: {min(unknown)}" if unknown else "every signal known"
    return (
        f"Plans during a stream of {PLANNED} campaigns, {asked} of them after each {EVERY}th, of what was posted more "
        f"than {KNOWN_WITHIN:.0f} s earlier: {found}."
    )


def _as_plan(body: dict[str, Any], name: str) -> dict[str, Any]:
    kept = {key: body[key] for key in ("platform", "objective", "audiences", "creatives", "currency")}
    return {"plan_id": name, "budget": body["expected_metrics"]["spend"], **kept}


@contextmanager
def _served(address: str, folder: Path, environment: dict[str, str]) -> Iterator[int]:
    """A server process of its own; the port it listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "uvicorn", address, "--port", str(port), "--log-level", "warning"]
    server = subprocess.Popen(command, cwd=folder, env=environment)
    try:
        _wait(port)
        yield int(port)
    finally:
        server.terminate()
        server.wait()


def _get(port: int, place: str, body: dict[str, Any] | None = None) -> Any:
    """The JSON at an address, posted to where there is a body."""
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)) as connection:
        sent = None if body is None else json.dumps(body)
        method = "GET" if body is None else "POST"
        connection.request(method, place, sent, {"Content-Type": "application/json"} if sent else {})
        return json.loads(connection.getresponse().read())


def _environment(path: Path) -> dict[str, str]:
    return os.environ | {
        "MARKO_DATABASE_PATH": str(path),
        "MARKO_OUTPUT_DIR": str(path.parent / "output"),
        "MARKO_WEIGHTS_PATH": str(path.parent / "weights.json"),
        "MARKO_VECTOR_BACKEND": "local",
        "MARKO_RATE_LIMIT": "off",
        "MARKO_LOG_LEVEL": "WARNING",
    }


def _read_through(path: Path) -> None:
    """Have the file in the system's cache, as far as there is room: as with a server that has run for a while."""
    with path.open("rb") as file:
        while file.read(READ_AT_ONCE):
            continue


def _wait(port: int) -> None:
    for _ in range(600):
        try:
            with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=5)) as connection:
                connection.request("GET", "/health")
                if connection.getresponse().status == 200:
                    return
        except OSError:
            time.sleep(0.2)
    raise SystemExit("the server did not start")


def _wait_for_vectors(port: int) -> None:
    """Until the server has read every vector: a search waits for it, at a million for a minute."""
    _get(port, "/memory/search?q=audience&limit=1")


def _page(port: int, place: str) -> str:
    """The text at an address."""
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)) as connection:
        connection.request("GET", place)
        return connection.getresponse().read().decode()


def _post(
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


def report(sizes: tuple[int, ...] = SIZES, folder: Path | None = None, minutes: float = math.inf) -> str:
    """The tables, for docs/benchmarks.md.

    Args:
        folder: where filled databases stay and are used again; a temporary one when None.
        minutes: about how long the whole may take; filling a new database of 100,000 or more is not counted.
    """
    rows, end = list[Row](), time.monotonic() + 60 * minutes - PLANNED * PACE
    with tempfile.TemporaryDirectory() as temporary, Progress(transient=True) as progress:
        for number, size in enumerate(sizes):
            path = _filled(folder or Path(temporary), size, progress)
            for_size = (end - time.monotonic()) / (len(sizes) - number)
            rows += measure(path, size, max(0.0, (for_size - STARTS) / (2 * len(CLIENTS))))
    lines = [
        "| stored campaigns | busy elsewhere | clients | posts | p50 ms | p95 ms | floor p50 ms | p50 in floors | "
        "p95 in floors | p50 to the first size | requests/s | to one client | floor's | lost | fresh after s, p50 | "
        "p95 |",
        "|" + "---:|" * 16,
    ]
    one: dict[int, Row] = {}
    first: dict[int, Row] = {}
    for row in rows:
        one.setdefault(row.stored, row)
        first.setdefault(row.clients, row)
        lines.append(_line(row, one[row.stored], first[row.clients]))
    return "\n".join([*lines, "", *(_stages(row) for row in one.values()), plans_in_a_stream()])


def _stages(row: Row) -> str:
    """Where an analysis spends its time."""
    parts = ", ".join(f"{name} {ms:.1f}" for name, ms in sorted(row.stages.items(), key=lambda item: -item[1]))
    mean, known = 1000 * float(np.mean(row.engine.latencies)), sum(row.stages.values())
    return (
        f"An analysis with one client at {row.stored:,} stored took {mean:.1f} ms in the mean: {parts}; the rest "
        f"(reading the request, one snapshot, the answer) {mean - known:.1f}.\n"
    )


def _line(row: Row, one: Row, first: Row) -> str:
    """A row of the table, against one client at its size and against the first size."""
    p50, p95, floor = row.engine.quantile(0.5), row.engine.quantile(0.95), row.floor.quantile(0.5)
    fresh = [f"{np.quantile(row.fresh, share):.1f}" if row.fresh else "" for share in (0.5, 0.95)]
    cells = [
        f"{row.stored:,}", "unknown" if row.elsewhere is None else f"{row.elsewhere:.0%}", row.clients,
        len(row.engine.latencies), f"{p50:.1f}", f"{p95:.1f}", f"{floor:.1f}", f"{p50 / floor:.2f}",
        f"{p95 / floor:.2f}", f"{p50 / first.engine.quantile(0.5):.2f}", f"{row.engine.rate:.1f}",
        f"{row.engine.rate / one.engine.rate:.2f}", f"{row.floor.rate / one.floor.rate:.2f}",
        row.engine.lost, *fresh,
    ]  # fmt: skip
    return "| " + " | ".join(map(str, cells)) + " |"


def _filled(folder: Path, size: int, progress: Progress) -> Path:
    """A database with so many campaigns: the one that is there, or a new one."""
    path = folder / f"{size}" / "reflection.db"
    environment = _environment(path)
    if is_filled(path, size):
        prepare(path, environment, len(CLIENTS) * POSTS + WARM_UP)
    else:
        shutil.rmtree(path.parent, ignore_errors=True)
        path.parent.mkdir(parents=True)
        fill(path, size, environment, progress)
    os.sync()  # gigabytes that the disk has still to write would be measured with the first requests
    return path
