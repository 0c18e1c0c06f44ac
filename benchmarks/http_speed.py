"""Is an analysis as fast with a million stored campaigns as with ten?

    python benchmarks/http_speed.py                    10, 1,000 and 100,000 stored campaigns
    python benchmarks/http_speed.py --sizes 10,1000000 --folder /var/tmp/speed
                                                       16 GB on disk; a quarter of an hour, the next time a minute

For each size a database is filled (a thousand real analyses, then copies of their rows in SQL, each with outcomes of
its own), a real server is started on it, and once it is at rest distinct campaigns with about 100 signals in the
workspace are posted over HTTP. Signals have no effect, so that at every size as little is known and an answer says as
much. Printed as ratios to the smallest size. In a folder that is named the filled databases stay, and are used again.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from filling import campaign, fill, is_filled, prepare, stored_in
from rich.progress import Progress

ROOT = Path(__file__).parents[1]
SIZES = (10, 1_000, 100_000)
POSTS, WARM_UP, CONCURRENCY = 300, 30, 8
READ_AT_ONCE = 2**24
QUIET, WATCHED, PATIENCE = 0.05, 3.0, 900.0
"""A server is at rest when it uses less of one core for so many seconds; how long that is waited for."""


@dataclass(frozen=True)
class Row:
    """Latencies at one size and the server's CPU time of a request, in milliseconds; requests a second."""

    stored: int
    start: float
    p50: float
    p95: float
    cpu: float
    alone: float
    together: float
    lost: int


def measure(path: Path, size: int) -> Row:
    """Post to a real server on this database, which holds about `size` campaigns."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    stored = stored_in(path)  # in the names, so that no campaign is one of an earlier run
    _read_through(path)
    command = [sys.executable, "-m", "uvicorn", "app.main:app", "--port", str(port), "--log-level", "warning"]
    began = time.monotonic()
    server = subprocess.Popen(command, cwd=ROOT, env=_environment(path))
    try:
        _wait(port)
        _wait_for_vectors(port)
        rng = np.random.default_rng(stored)
        _post(port, [campaign(rng, f"warm {stored} {i}") for i in range(WARM_UP)], 1)
        start = time.monotonic() - began
        _wait_for_rest(server.pid)
        before = _cpu_seconds(server.pid)
        alone, rate, lost = _post(port, [campaign(rng, f"one {stored} {i}") for i in range(POSTS)], 1)
        cpu = (_cpu_seconds(server.pid) - before) / POSTS
        _, together, lost8 = _post(port, [campaign(rng, f"many {stored} {i}") for i in range(POSTS)], CONCURRENCY)
        p50, p95 = np.quantile(alone, [0.5, 0.95]) * 1000
        return Row(size, start, float(p50), float(p95), cpu * 1000, rate, together, lost + lost8)
    finally:
        server.terminate()
        server.wait()


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
    """Until the server holds every vector; at a million, each look also counts the rows."""
    for _ in range(100):
        with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)) as connection:
            connection.request("GET", "/metrics")
            page = connection.getresponse().read().decode()
        behind = re.search(r"^reflection_index_lag_memories (\S+)$", page, re.MULTILINE)
        if behind is not None and float(behind[1]) == 0:
            return
        time.sleep(1)
    raise SystemExit("the server does not come to hold all vectors")


def _wait_for_rest(pid: int) -> None:
    """Until nothing is done behind the requests: no learning, no sorting of vectors."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        used = _cpu_seconds(pid)
        time.sleep(WATCHED)
        if _cpu_seconds(pid) - used < QUIET * WATCHED:
            return
    raise SystemExit("the server does not come to rest")


def _cpu_seconds(pid: int) -> float:
    """CPU time of a process so far, of all its threads, in user and system mode (Linux)."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _post(port: int, campaigns: list[dict[str, object]], concurrency: int) -> tuple[list[float], float, int]:
    """Latencies in seconds, requests a second, and how many campaigns were lost."""
    left, lock, latencies, failed = list(campaigns), threading.Lock(), [], []

    def work(connection: http.client.HTTPConnection) -> None:
        while True:
            with lock:
                if not left:
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

    def client() -> None:
        with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)) as connection:
            work(connection)

    began = time.perf_counter()
    threads = [threading.Thread(target=client) for _ in range(concurrency)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return latencies, len(campaigns) / (time.perf_counter() - began), len(failed)


def report(sizes: tuple[int, ...] = SIZES, folder: Path | None = None) -> str:
    """The table, for docs/benchmarks.md.

    Args:
        folder: where filled databases stay and are used again; a temporary one when None.
    """
    with tempfile.TemporaryDirectory() as temporary, Progress(transient=True) as progress:
        rows = [measure(_filled(folder or Path(temporary), size, progress), size) for size in sizes]
    base = rows[0].p50
    lines = [
        "| stored campaigns | p50 ms | p95 ms | ratio to the first | CPU ms | requests/s alone | at concurrency 8 | "
        "lost | first answers after s |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for row in rows:
        lines.append(
            f"| {row.stored:,} | {row.p50:.1f} | {row.p95:.1f} | {row.p50 / base:.2f} | {row.cpu:.1f} | "
            f"{row.alone:.1f} | {row.together:.1f} | {row.lost} | {row.start:.0f} |"
        )
    return "\n".join(lines)


def _filled(folder: Path, size: int, progress: Progress) -> Path:
    """A database with so many campaigns: the one that is there, or a new one."""
    path = folder / f"{size}" / "reflection.db"
    environment = _environment(path)
    if is_filled(path, size):
        prepare(path, environment, 2 * POSTS + WARM_UP)
    else:
        shutil.rmtree(path.parent, ignore_errors=True)
        path.parent.mkdir(parents=True)
        fill(path, size, environment, progress)
    os.sync()  # gigabytes that the disk has still to write would be measured with the first requests
    return path


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", default=",".join(map(str, SIZES)), help="stored campaigns, comma separated")
    parser.add_argument("--folder", type=Path, help="keep the filled databases there, and use those that are there")
    options = parser.parse_args()
    print(report(tuple(int(size) for size in options.sizes.split(",")), options.folder))
