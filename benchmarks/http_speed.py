"""Is an analysis as fast with a million stored campaigns as with ten?

    python benchmarks/http_speed.py                    10, 1,000 and 100,000 stored campaigns
    python benchmarks/http_speed.py --sizes 10,1000000

For each size a database is filled (a thousand real analyses, then copies of their rows in SQL), a real server is
started on it, and distinct campaigns with about 100 signals in the workspace are posted over HTTP. Printed as ratios
to the smallest size.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import socket
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from rich.progress import Progress

ROOT = Path(__file__).parents[1]
SIZES = (10, 1_000, 100_000)
POSTS, WARM_UP, CONCURRENCY = 300, 30, 8
TEMPLATES = 1_000
SIGNALS = {"age_range": 8, "segment": 30, "city_tier": 3, "interest": 40}
COPIED = ("campaign_revisions", "campaigns", "performance_logs", "evidence", "memories")


@dataclass(frozen=True)
class Row:
    """Latencies at one size, in milliseconds, and requests a second alone and at concurrency 8."""

    stored: int
    p50: float
    p95: float
    alone: float
    together: float
    lost: int


def campaign(rng: np.random.Generator, name: str) -> dict[str, object]:
    """A distinct campaign; over all of them about 100 signals occur."""
    impressions = int(rng.lognormal(11, 0.8))
    clicks = int(rng.binomial(impressions, 0.012))
    conversions = int(rng.binomial(clicks, 0.03))
    counts = {
        "impressions": impressions,
        "clicks": clicks,
        "conversions": conversions,
        "spend": round(impressions * 0.02, 2),
        "revenue": round(conversions * 90.0, 2),
    }
    return {
        "campaign_id": name,
        "platform": ["Meta", "Google", "TikTok", "LinkedIn"][int(rng.integers(4))],
        "objective": ["Sales", "Leads", "Installs"][int(rng.integers(3))],
        "expected_metrics": {**counts, "clicks": max(clicks, 1)},
        "actual_metrics": counts,
        "audiences": [
            {"name": f"audience {k}", "attributes": {a: f"{a} {rng.integers(n)}" for a, n in SIGNALS.items()}}
            for k in range(2)
        ],
        "creatives": [
            {"id": f"creative {rng.integers(12)}", "type": ["video", "image", "carousel"][int(rng.integers(3))]}
        ],
        "timestamp": "2026-03-29T10:00:00+00:00",
        "currency": "USD",
    }


def fill(path: Path, size: int, progress: Progress) -> None:
    """Make a database with `size` campaigns: real analyses first, then copies of their rows."""
    from reflection import Engine

    task = progress.add_task(f"filling {size:,}", total=size)
    rng = np.random.default_rng(7)
    first = min(size, TEMPLATES)
    with Engine(path, output=path.parent / "output", vector_backend="local") as engine:
        for done, _ in enumerate(engine.analyze_many(campaign(rng, f"c{i}") for i in range(first)), start=1):
            progress.update(task, completed=done)
    command = [sys.executable, "-m", "reflection.cli", "reindex"]  # in bulk, vectors follow behind; here they are there
    subprocess.run(command, env=_environment(path), check=True, capture_output=True)
    if size > first:
        _copy(path, first, size, lambda done: progress.update(task, completed=done))
        with Engine(path, output=path.parent / "output", vector_backend="local") as engine:
            engine.learn()


def _copy(path: Path, first: int, size: int, told) -> None:  # type: ignore[no-untyped-def]
    database = sqlite3.connect(path)
    database.execute("PRAGMA synchronous=OFF")
    database.execute("PRAGMA foreign_keys=OFF")
    names = {table: [row[1] for row in database.execute(f"PRAGMA table_info({table})")] for table in COPIED}
    for copy in range(1, size // first):
        for table in COPIED:
            columns = [c for c in names[table] if not (table == "evidence" and c == "seq") and c != "id"]
            changed = {
                "campaign_id": f"campaign_id || '~{copy}'",
                "memory_id": f"memory_id || '~{copy}'",
                "seq": f"seq + {copy * first}",
                "payload": f"CAST(json_set(CAST(payload AS TEXT), '$.id', campaign_id || '~{copy}') AS BLOB)",
            }
            values = ", ".join(changed.get(column, column) for column in columns)
            source = f"SELECT {values} FROM {table} WHERE campaign_id NOT LIKE '%~%'"
            database.execute(f"INSERT INTO {table} ({', '.join(columns)}) {source}")
        told(copy * first)
    database.execute(
        "INSERT OR IGNORE INTO campaign_signals SELECT c.workspace, s.value, c.campaign_id "
        "FROM campaigns c, json_each(c.signal_keys) s"
    )
    database.commit()
    database.close()


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
            fill(path, size, progress)
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
