"""A database with very many stored campaigns, for benchmarks of what depends on their number.

The first thousand are real analyses; the rest are copies of their rows made in SQL, each with an id, outcomes and a
vector of its own, so that more campaigns are more campaigns and not the same noise a hundred times. Every table that
an analysis writes to is copied, so indexes and full text are as large as they would be. What only the copied campaigns'
own pages show (answers, files, figures of the body) is not redrawn. Not for anything but benchmarks: it writes past the
store.
"""

from __future__ import annotations

import hashlib
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import orjson
from rich.progress import Progress

from reflection.engine.learner import patience

TEMPLATES = 1_000
CTR, CVR, ORDER_VALUE = 0.012, 0.03, 90.0
SINCE, DAYS = datetime(2024, 4, 1, tzinfo=UTC), 700
SIGNALS = {"age_range": 8, "segment": 30, "city_tier": 3, "interest": 40}
COPIED = (
    "campaign_revisions",
    "campaigns",
    "performance_logs",
    "evidence",
    "insights",
    "forecasts",
    "memories",
)
"""The tables that an analysis writes to, but the signals, which are copied in another order."""

GROWN = 1.05
"""How much larger a database that is used again may be than what it stands for."""

MARGIN_SECONDS = 600
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
        "expected_metrics": counts
        | {"clicks": round(impressions * CTR) + 1, "conversions": round(impressions * CTR * CVR)},
        "actual_metrics": counts,
        "audiences": [
            {"name": f"audience {k}", "attributes": {a: f"{a} {rng.integers(n)}" for a, n in SIGNALS.items()}}
            for k in range(2)
        ],
        "creatives": [
            {"id": f"creative {rng.integers(12)}", "type": ["video", "image", "carousel"][int(rng.integers(3))]}
        ],
        "timestamp": (SINCE + timedelta(minutes=int(rng.integers(DAYS * 24 * 60)))).isoformat(),
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
        further = size - first
        copy_rows(path, further // first, lambda share: progress.update(task, completed=first + share * further))
        progress.update(task, description=f"learning from {size:,}")
        _run("relearn", environment)
        _run("reindex", environment)
    _marker(path).touch()


def is_filled(path: Path, size: int) -> bool:
    """Whether there is a database that was filled to the end, and has hardly grown by what was measured on it."""
    return _marker(path).exists() and stored_in(path) <= size * GROWN


def stored_in(path: Path) -> int:
    """How many campaigns a database holds."""
    return int(_asked(path, "SELECT count(*) FROM performance_logs")[0])


def prepare(path: Path, environment: Mapping[str, str], further: int) -> None:
    """Learn now what a server would learn while `further` campaigns are analysed: it would be measured with them."""
    campaigns = stored_in(path)
    as_of, lag = _asked(path, "SELECT as_of, (SELECT max(seq) FROM evidence) - seq FROM fits ORDER BY id DESC LIMIT 1")
    age = datetime.now(UTC) - datetime.fromisoformat(as_of)
    news, seconds = patience(campaigns)
    if lag + further >= news or age.total_seconds() + MARGIN_SECONDS > seconds:
        _run("relearn", environment)


def _marker(path: Path) -> Path:
    return path.with_suffix(".filled")


def _asked(path: Path, question: str) -> tuple[Any, ...]:
    database = sqlite3.connect(path)
    try:
        return tuple(database.execute(question).fetchone())
    finally:
        database.close()


def _run(name: str, environment: Mapping[str, str]) -> None:
    """What a server would do behind its first requests is done before: they would be measured with it."""
    subprocess.run([sys.executable, "-m", "reflection.cli", name], env=environment, check=True, capture_output=True)


def copy_rows(path: Path, copies: int, told: Callable[[float], None]) -> None:
    """Copy the rows of every campaign there is so many times; ids grow, so that most indexes grow at their ends.

    Table by table, so that the pages which are written to stay in memory. A crash leaves a file of no use: nothing is
    journalled.

    Args:
        told: called with the share that is done, 0..1.
    """
    database = sqlite3.connect(path, isolation_level=None)
    database.executescript(
        "PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; PRAGMA foreign_keys=OFF; PRAGMA locking_mode=EXCLUSIVE; "
        "PRAGMA cache_size=-2000000; PRAGMA temp_store=MEMORY;"
    )
    rng = np.random.default_rng(11)
    database.create_function("redrawn", 2, lambda payload, name: _redrawn(rng, payload, name))
    database.create_function("moved", 1, lambda vector: _moved(rng, vector))
    database.create_function("hashed", 2, _hashed)
    database.create_function("another_seal", 2, lambda seal, prefix: hashlib.sha256(prefix.encode() + seal).digest())
    database.execute("BEGIN")
    for number, table in enumerate(COPIED):
        insert, further = _copying(database, table)
        for copy in range(1, copies + 1):
            database.execute(insert, {"prefix": _prefix(copy), "further": further * copy})
            told((number + copy / copies) / (len(COPIED) + 1))
    _copy_signals(database, copies)
    database.execute("UPDATE workspaces SET sentences = coalesce((SELECT max(number) FROM insights), 0)")
    told(1.0)
    database.execute("COMMIT")
    database.executescript("PRAGMA locking_mode=NORMAL; PRAGMA journal_mode=WAL;")
    database.close()


def _prefix(copy: int) -> str:
    """What stands before the names of a copy's campaigns; behind all templates and all earlier copies."""
    return f"k{copy:05d} " if copy else ""


def _copying(database: sqlite3.Connection, table: str) -> tuple[str, int]:
    """The statement that copies a table's templates once (:prefix, :further), and how many numbers a copy takes."""
    name = ":prefix || campaign_id"
    named = """replace({0}, '"campaign_id":"' || campaign_id || '"', '"campaign_id":"' || """ + name + """ || '"')"""
    changed = {
        "campaign_id": name,
        "memory_id": f"'campaign:' || {name}",
        "seq": "seq + :further",
        "number": "number + :further",
        "content_hash": "hashed(content_hash, :prefix)",
        "body": named.format("body"),
        "metadata": named.format("metadata"),
        "payload": f"redrawn(payload, {name})",
        "vector": "moved(vector)",
        "seal": "another_seal(seal, :prefix)",  # as long, and proves nothing: true ones take longer
    }
    columns = [str(row[1]) for row in database.execute(f"PRAGMA table_info({table})") if row[1] != "id"]
    values = ", ".join(changed.get(column, column) for column in columns)
    numbered = next((name for name in ("seq", "number") if name in columns), None)
    order = numbered or "campaign_id, rowid"
    database.execute(
        f"CREATE TEMP TABLE templates_{table} AS SELECT * FROM {table} "
        f"WHERE workspace = 'default' AND campaign_id IS NOT NULL ORDER BY {order}"
    )
    numbers = f"SELECT max({numbered}) - min({numbered}) + 1" if numbered else "SELECT 0"
    further = int(database.execute(f"{numbers} FROM templates_{table}").fetchone()[0])
    return f"INSERT INTO {table} ({', '.join(columns)}) SELECT {values} FROM templates_{table}", further


def _copy_signals(database: sqlite3.Connection, copies: int) -> None:
    """Write the signals of templates and copies in the order of their key: millions of rows, each behind the last."""
    database.execute("CREATE TEMP TABLE copies (prefix TEXT)")
    database.executemany("INSERT INTO copies VALUES (?)", [(_prefix(copy),) for copy in range(copies + 1)])
    database.execute(
        "CREATE TEMP TABLE templates (signal_key TEXT, campaign_id TEXT, PRIMARY KEY (signal_key, campaign_id)) "
        "WITHOUT ROWID"
    )
    database.execute("INSERT INTO templates SELECT signal_key, campaign_id FROM campaign_signals")
    keys = database.execute("SELECT DISTINCT signal_key FROM templates ORDER BY 1").fetchall()
    database.execute("DELETE FROM campaign_signals")
    for key in keys:  # CROSS JOIN keeps the order of the loops
        database.execute(
            "INSERT INTO campaign_signals SELECT 'default', t.signal_key, c.prefix || t.campaign_id "
            "FROM copies AS c CROSS JOIN templates AS t WHERE t.signal_key = ?",
            key,
        )


def _hashed(content_hash: str, prefix: str) -> str:
    """Another hash for every copy, spread like hashes are: an index on them is written to all over."""
    return hashlib.sha256((prefix + content_hash).encode()).hexdigest()


def _outcome(rng: np.random.Generator, impressions: int) -> tuple[int, int]:
    clicks = int(rng.binomial(impressions, CTR))
    return clicks, int(rng.binomial(clicks, CVR))


def _redrawn(rng: np.random.Generator, payload: bytes, name: str) -> bytes:
    """The evidence of a campaign of another name with the same delivery and clicks of its own."""
    body = orjson.loads(payload)
    impressions = int(body["actual"][0])
    clicks, conversions = _outcome(rng, impressions)
    actual = [impressions, clicks, float(conversions), body["actual"][3], conversions * ORDER_VALUE]
    cells = [[shares, actual] for shares, _ in body["cells"]]
    return orjson.dumps({**body, "id": name, "actual": actual, "cells": cells}, option=orjson.OPT_SORT_KEYS)


def _moved(rng: np.random.Generator, vector: bytes | None) -> bytes | None:
    """A vector near another one, of length one."""
    if vector is None:
        return None
    near = np.frombuffer(vector, dtype="<f4")
    near = near + JITTER * rng.standard_normal(len(near), dtype=np.float32)
    return bytes((near / np.linalg.norm(near)).astype("<f4").tobytes())
