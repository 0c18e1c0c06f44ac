"""A database with very many stored campaigns, for benchmarks of what depends on their number.

The first thousand are real analyses; the rest are copies of their rows made in SQL, each with an id, outcomes and a
vector of its own, so that more campaigns are more campaigns and not the same noise a hundred times. What only the
copied campaigns' own pages show (answers, figures of the body) is not redrawn. Not for anything but benchmarks: it
writes past the store.
"""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
from rich.progress import Progress

TEMPLATES = 1_000
CTR, CVR, ORDER_VALUE = 0.012, 0.03, 90.0
SIGNALS = {"age_range": 8, "segment": 30, "city_tier": 3, "interest": 40}
COPIED = ("campaign_revisions", "campaigns", "performance_logs", "evidence", "memories")
JITTER = 0.02
"""Standard deviation by which each dimension of a copied vector is moved: cosines to its template are about .93."""


def campaign(rng: np.random.Generator, name: str) -> dict[str, object]:
    """A distinct campaign without any effect of its signals; over all of them about 100 signals occur."""
    impressions = int(rng.lognormal(11, 0.8))
    clicks, conversions = _outcome(rng, impressions)
    counts = {
        "impressions": impressions,
        "clicks": clicks,
        "conversions": conversions,
        "spend": round(impressions * 0.02, 2),
        "revenue": conversions * ORDER_VALUE,
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


def fill(path: Path, size: int, environment: Mapping[str, str], progress: Progress) -> None:
    """Make a database with `size` campaigns, vectors and learning included."""
    from reflection import Engine

    task = progress.add_task(f"filling {size:,}", total=size)
    rng = np.random.default_rng(7)
    first = min(size, TEMPLATES)
    with Engine(path, output=path.parent / "output", vector_backend="local") as engine:
        for done, _ in enumerate(engine.analyze_many(campaign(rng, f"c{i}") for i in range(first)), start=1):
            progress.update(task, completed=done)
    _run("reindex", environment)
    if size > first:
        copy_rows(path, first, size, lambda done: progress.update(task, completed=done))
        _run("relearn", environment)
        _run("reindex", environment)


def _run(name: str, environment: Mapping[str, str]) -> None:
    """What a server would do behind its first requests is done before: they would be measured with it."""
    subprocess.run([sys.executable, "-m", "reflection.cli", name], env=environment, check=True, capture_output=True)


def copy_rows(path: Path, first: int, size: int, told: Callable[[int], None]) -> None:
    """Copy the rows of the first campaigns until there are `size`; ids grow, so that every index grows at its end."""
    database = sqlite3.connect(path, isolation_level=None)
    database.execute("PRAGMA journal_mode=OFF")
    database.executescript("PRAGMA synchronous=OFF; PRAGMA foreign_keys=OFF; PRAGMA cache_size=-1000000;")
    rng = np.random.default_rng(11)
    database.create_function("redrawn", 2, lambda payload, name: _redrawn(rng, payload, name))
    database.create_function("moved", 1, lambda vector: _moved(rng, vector))
    names = {table: [row[1] for row in database.execute(f"PRAGMA table_info({table})")] for table in COPIED}
    last = {table: _last(database, table) for table in COPIED}
    database.execute("BEGIN")
    for copy in range(1, size // first):
        for table in COPIED:
            columns = [name for name in names[table] if name != "id"]
            _copy_table(database, table, columns, copy, copy * first, last[table])
        told(copy * first)
    database.execute(
        "INSERT OR IGNORE INTO campaign_signals SELECT c.workspace, s.value, c.campaign_id "
        "FROM campaigns c, json_each(c.signal_keys) s ORDER BY 2, 3"
    )
    database.execute("COMMIT")
    database.execute("PRAGMA journal_mode=WAL")
    database.close()


def _copy_table(
    database: sqlite3.Connection, table: str, columns: list[str], copy: int, further: int, last: int | None
) -> None:
    name = f"'k{copy:05d} ' || campaign_id"
    changed = {
        "campaign_id": name,
        "memory_id": f"'campaign:' || {name}",
        "seq": f"seq + {further}",
        "payload": f"redrawn(payload, {name})",
        "vector": "moved(vector)",
    }
    values = ", ".join(changed.get(column, column) for column in columns)
    templates = "workspace = 'default' AND campaign_id >= 'c' AND campaign_id < 'd'"
    if last is not None:  # no index on the campaign: only the first numbers are looked at
        templates = f"workspace = 'default' AND seq <= {last} AND campaign_id IS NOT NULL"
    database.execute(f"INSERT INTO {table} ({', '.join(columns)}) SELECT {values} FROM {table} WHERE {templates}")


def _last(database: sqlite3.Connection, table: str) -> int | None:
    """The last number of the templates' rows, where rows are numbered."""
    if table not in ("evidence", "memories"):
        return None
    return int(database.execute(f"SELECT max(seq) FROM {table} WHERE campaign_id IS NOT NULL").fetchone()[0])


def _outcome(rng: np.random.Generator, impressions: int) -> tuple[int, int]:
    clicks = int(rng.binomial(impressions, CTR))
    return clicks, int(rng.binomial(clicks, CVR))


def _redrawn(rng: np.random.Generator, payload: bytes, name: str) -> bytes:
    """The evidence of a campaign of another name with the same delivery and clicks of its own."""
    body = json.loads(payload)
    impressions = int(body["actual"][0])
    clicks, conversions = _outcome(rng, impressions)
    actual = [impressions, clicks, conversions, body["actual"][3], conversions * ORDER_VALUE]
    cells = [[shares, actual] for shares, _ in body["cells"]]
    return json.dumps({**body, "id": name, "actual": actual, "cells": cells}, sort_keys=True).encode()


def _moved(rng: np.random.Generator, vector: bytes | None) -> bytes | None:
    """A vector near another one, of length one."""
    if vector is None:
        return None
    near = np.frombuffer(vector, dtype="<f4")
    near = near + JITTER * rng.standard_normal(len(near), dtype=np.float32)
    return bytes((near / np.linalg.norm(near)).astype("<f4").tobytes())
