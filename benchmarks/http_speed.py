"""Is an analysis as fast with a million stored campaigns as with ten?

    python benchmarks/http_speed.py                    10, 1,000 and 100,000 stored campaigns
    python benchmarks/http_speed.py --sizes 10,1000000 (14 GB on disk, a quarter of an hour and more)

For each size a database is filled (a thousand real analyses, then copies of their rows in SQL, each with outcomes of
its own), a real server is started on it, and distinct campaigns with about 100 signals in the workspace are posted over
HTTP. Signals have no effect, so that at every size as little is known and an answer says as much. Printed as ratios to
the smallest size.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import socket
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from filling import campaign, fill
from rich.progress import Progress

ROOT = Path(__file__).parents[1]
SIZES = (10, 1_000, 100_000)
POSTS, WARM_UP, CONCURRENCY = 300, 30, 8


@dataclass(frozen=True)
class Row:
    """Latencies at one size, in milliseconds, and requests a second alone and at concurrency 8."""

    stored: int
    p50: float
    p95: float
    alone: float
    together: float
    lost: int


def measure(path: Path, stored: int) -> Row:
    """Post to a real server on this database."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = _environment(path)
    command = [sys.executable, "-m", "uvicorn", "app.main:app", "--port", str(port), "--log-level", "warning"]
    server = subprocess.Popen(command, cwd=ROOT, env=environment)
    try:
        _wait(port)
        rng = np.random.default_rng(stored)
        _post(port, [campaign(rng, f"warm {stored} {i}") for i in range(WARM_UP)], 1)
        alone, rate, lost = _post(port, [campaign(rng, f"one {stored} {i}") for i in range(POSTS)], 1)
        _, together, lost8 = _post(port, [campaign(rng, f"many {stored} {i}") for i in range(POSTS)], CONCURRENCY)
        p50, p95 = np.quantile(alone, [0.5, 0.95]) * 1000
        return Row(stored, float(p50), float(p95), rate, together, lost + lost8)
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


def _wait(port: int) -> None:
    for _ in range(600):
        try:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
            connection.request("GET", "/health")
            if connection.getresponse().status == 200:
                return
        except OSError:
            time.sleep(0.2)
    raise SystemExit("the server did not start")


def _post(port: int, campaigns: list[dict[str, object]], concurrency: int) -> tuple[list[float], float, int]:
    """Latencies in seconds, requests a second, and how many campaigns were lost."""
    left, lock, latencies, failed = list(campaigns), threading.Lock(), [], []

    def work() -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
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

    began = time.perf_counter()
    threads = [threading.Thread(target=work) for _ in range(concurrency)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return latencies, len(campaigns) / (time.perf_counter() - began), len(failed)


def report(sizes: tuple[int, ...] = SIZES) -> str:
    """The table, for docs/benchmarks.md."""
    rows = []
    with tempfile.TemporaryDirectory() as folder, Progress(transient=True) as progress:
        for size in sizes:
            path = Path(folder) / f"{size}" / "reflection.db"
            path.parent.mkdir()
            fill(path, size, _environment(path), progress)
            os.sync()  # gigabytes that the disk has still to write would be measured with the first requests
            rows.append(measure(path, size))
    base = rows[0].p50
    lines = [
        "| stored campaigns | p50 ms | p95 ms | ratio to the first | requests/s alone | at concurrency 8 | lost |",
        "|---|---|---|---|---|---|---|",
    ]
    for row in rows:
        lines.append(
            f"| {row.stored:,} | {row.p50:.1f} | {row.p95:.1f} | {row.p50 / base:.2f} | {row.alone:.1f} | "
            f"{row.together:.1f} | {row.lost} |"
        )
    return "\n".join(lines)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", default=",".join(map(str, SIZES)), help="stored campaigns, comma separated")
    chosen = tuple(int(size) for size in parser.parse_args().sizes.split(","))
    print(report(chosen))
