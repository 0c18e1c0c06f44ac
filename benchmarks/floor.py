"""The least that an analysis over HTTP can cost: validate, embed, one durable transaction of 21 rows, answer 18 kB.

    uvicorn floor:app      with FLOOR_PATH, the SQLite file it writes to

No comparison, no memory, no learning. Served by the same server, with the same validation, model and flushes to disk as
the engine, so that a ratio says what the engine adds. Not for anything but benchmarks.
"""

import os
import sqlite3
import threading
from typing import Any

from fastapi import FastAPI, Request, Response
from starlette.concurrency import run_in_threadpool

from reflection.domain.campaign import Campaign
from reflection.domain.memory_text import memory_text
from reflection.domain.validation import read
from reflection.memory.packaged_model import PackagedEmbedder

ROWS, ANSWER_BYTES = 21, 18_000
app = FastAPI()
_embedder = PackagedEmbedder()
_here = threading.local()
_answer = b'{"text":"' + b"x" * (ANSWER_BYTES - 11) + b'"}'


def _connection() -> sqlite3.Connection:
    """One a thread, as durable as the engine's."""
    if not hasattr(_here, "connection"):
        connection = sqlite3.connect(os.environ["FLOOR_PATH"], timeout=30, isolation_level=None)
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("CREATE TABLE IF NOT EXISTS row (id INTEGER PRIMARY KEY, campaign TEXT, body BLOB)")
        connection.execute("CREATE INDEX IF NOT EXISTS by_campaign ON row (campaign)")
        _here.connection = connection
    return _here.connection  # type: ignore[no-any-return]


def _handled(body: bytes) -> bytes:
    campaign = read(Campaign, body)
    vector = _embedder.embed([memory_text(campaign, ())])[0]
    connection = _connection()
    connection.execute("BEGIN IMMEDIATE")
    rows: list[tuple[str, Any]] = [(campaign.campaign_id, vector.tobytes())] * (ROWS - 1)
    connection.executemany("INSERT INTO row (campaign, body) VALUES (?, ?)", [*rows, (campaign.campaign_id, _answer)])
    connection.execute("COMMIT")
    return _answer


@app.get("/health")
def health() -> dict[str, str]:
    """The process answers."""
    return {"status": "ok"}


@app.post("/analyze-campaign")
async def analyze(request: Request) -> Response:
    """The floor of an analysis."""
    return Response(await run_in_threadpool(_handled, await request.body()), media_type="application/json")
