"""Vectors searched by Postgres (pgvector), beside an exact search of the same: recall under filters, time, size.

    .venv-postgres/bin/python -m benchmarks retrieval --postgres               100,000 memories
    .venv-postgres/bin/python -m benchmarks retrieval --postgres --sizes 1000000

Memories of one workspace have real vectors with a little noise, so that many lie close to each other; what they may be
filtered by is drawn beside them. Recall is the share of the exact nearest 50 that come back. Needs the extra `postgres`
and the tests' server.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta

import numpy as np
from retrieval import ROOT, some_real_vectors
from sqlalchemy import create_engine, make_url, text

from reflection.domain.ports import MemoryRecord, Vector
from reflection.memory.embedders import Matrix, Space, unit
from reflection.memory.server import ServerIndex
from reflection.memory.vectors import DECIMALS, Columns, Hit, Where
from reflection.store.database.open import open_database
from reflection.store.database.statements import insert_rows
from reflection.store.memories import MemoryRows
from reflection.store.server_vectors import ServerVectors
from reflection.store.tables.campaigns import workspaces

sys.path.append(str(ROOT / "scripts"))
from with_postgres import WITH_VECTORS
from with_postgres import server as postgres

SIZES = (100_000,)
NEAREST, QUESTIONS = 50, 100
WORKSPACE, SPACE = "large", Space("real", "1", 384, "t")
BEGIN = datetime(2024, 1, 1, tzinfo=UTC)
BATCH = 2_000
FILTERS = {
    "none": Where(),
    "campaigns (99 %)": Where(kind="campaign"),
    "learnings (1 %)": Where(kind="learning"),
    "a platform (a third)": Where(platform="meta"),
    "a platform and a month (1 %)": Where(
        platform="meta", start=BEGIN.timestamp(), end=(BEGIN + timedelta(days=30)).timestamp()
    ),
    "a rare platform and a day (30 of 100,000)": Where(platform="rare", end=(BEGIN + timedelta(days=30)).timestamp()),
}


def report(sizes: Sequence[int]) -> str:
    """Markdown of every size."""
    vectors = some_real_vectors()
    return "\n".join(_measured(size, vectors) for size in sizes)


def _measured(size: int, real: Matrix) -> str:
    rng = np.random.default_rng(size)
    vectors = unit((real[rng.integers(len(real), size=size)] + _noise(rng, size)).astype(np.float32))
    columns = _columns(rng, size)
    with postgres("shared_buffers=512MB") as (address, _):
        url = make_url(address).set(database=WITH_VECTORS)
        with closing(open_database(url)) as database:
            with database.write(WORKSPACE) as connection:
                insert_rows(connection, workspaces.insert(), [{"workspace": WORKSPACE, "created_at": ""}])
            rows = MemoryRows(database)
            for first in range(0, size, BATCH):
                part = range(first, min(size, first + BATCH))
                rows.save(WORKSPACE, [_record(number, vectors[number], columns[number]) for number in part])
            index = ServerIndex(rows, ServerVectors(database), least=min(size, 1_000))
            began = time.monotonic()
            index.bring_up(SPACE, lambda: True)
            built = time.monotonic() - began
            lines = [f"{size:,} memories: copied and indexed in {built:.0f} s; {_sizes(url)}.", ""]
            lines += ["| filter | recall of the nearest 50, mean | least | p50 ms | p95 ms |", "|---|---|---|---|---|"]
            questions = unit(
                (real[rng.integers(len(real), size=QUESTIONS)] + _noise(rng, QUESTIONS)).astype(np.float32)
            )
            for name, where in FILTERS.items():
                lines.append(f"| {name} | {_row(index, questions, where, vectors, columns)} |")
            assert index.name == "pgvector"
    return "\n".join(lines) + "\n"


def _noise(rng: np.random.Generator, count: int) -> Matrix:
    return (0.03 * rng.standard_normal((count, SPACE.dimensions))).astype(np.float32)


def _columns(rng: np.random.Generator, size: int) -> list[Columns]:
    kinds = np.where(rng.random(size) < 0.01, "learning", "campaign")
    platforms = rng.choice(["meta", "google", "tiktok", "rare"], size=size, p=[0.333, 0.333, 0.324, 0.01])
    days = rng.integers(0, 1_000, size=size)
    at = BEGIN.timestamp() + 86_400.0 * days
    return [Columns(str(k), str(p), "leads", float(t)) for k, p, t in zip(kinds, platforms, at, strict=True)]


def _record(number: int, vector: Vector, columns: Columns) -> MemoryRecord:
    when = datetime.fromtimestamp(columns.at, UTC)
    name = f"{columns.kind}:{number:07}"
    return MemoryRecord(name, columns.kind, "", columns.platform, columns.objective, when, "", {}, SPACE.id, vector)


def _row(index: ServerIndex, questions: Matrix, where: Where, vectors: Matrix, columns: list[Columns]) -> str:
    passing = np.asarray([number for number, one in enumerate(columns) if where.accepts(one)])
    names = [f"{columns[number].kind}:{number:07}" for number in passing]
    recalls, times = [], []
    for question in questions:
        exact = np.round(vectors[passing] @ question, DECIMALS)
        order = sorted(range(len(names)), key=lambda i: (-exact[i], names[i]))[:NEAREST]
        began = time.perf_counter()
        hits: list[Hit] = index.search(WORKSPACE, SPACE, question, NEAREST, where)
        times.append(1_000 * (time.perf_counter() - began))
        recalls.append(len({names[i] for i in order} & {hit.memory_id for hit in hits}) / len(order))
    p95 = float(np.quantile(times, 0.95))
    return f"{statistics.fmean(recalls):.4f} | {min(recalls):.2f} | {statistics.median(times):.1f} | {p95:.1f}"


def _sizes(url: object) -> str:
    engine = create_engine(url)  # type: ignore[call-overload]
    with engine.connect() as connection:
        table, index = connection.execute(
            text(
                "SELECT pg_table_size('vector_copies'), (SELECT sum(pg_relation_size(indexrelid)) FROM pg_index "
                "JOIN pg_am ON amname = 'hnsw' JOIN pg_class c ON c.oid = indexrelid AND c.relam = pg_am.oid)"
            )
        ).one()
    engine.dispose()
    return f"{table / 1e6:.0f} MB of copies, {float(index) / 1e6:.0f} MB of index"
