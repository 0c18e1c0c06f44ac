"""Purges on a Postgres server beside clients that post, killed at any moment: what is left is nothing, or said."""

import random
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import httpx2 as httpx
import pytest
from sqlalchemy import Engine
from sqlalchemy.engine import URL
from tests.postgres.fleet import PATIENCE, Fleet, body

from reflection.store.database.open import open_database
from reflection.store.maintenance.purge import remaining

KILLS, CLIENTS, PART = 5, 3, 6
GONE, KEPT = {"X-Workspace": "gone"}, {"X-Workspace": "kept"}


def rows_of(engine: Engine, workspace: str) -> dict[str, int]:
    """Rows that name a workspace, by table, as who may see all of them."""
    database = open_database(engine.url)
    try:
        return remaining(database, workspace)
    finally:
        database.close()


@pytest.mark.torture(part=f"postgres-{PART}")
def test_what_says_that_it_is_done_leaves_nothing_but_the_servers_own(
    fleet: Callable[..., Fleet], empty: URL, tmp_path: Path
) -> None:
    own = fleet()
    rng = random.Random(1)

    def post(number: int, headers: dict[str, str]) -> None:
        answer = httpx.post(f"{own.url}/analyze-campaign", json=body(number), headers=headers, timeout=PATIENCE)
        assert answer.status_code == 200, answer.text

    def purging() -> "subprocess.Popen[str]":
        command = [sys.executable, "-m", "reflection.cli", "workspace", "purge", "gone", "--yes"]
        return subprocess.Popen(command, cwd=tmp_path, env=own.environment, stderr=subprocess.PIPE, text=True)

    def purged() -> int:
        process = purging()
        said = process.communicate()[1]
        assert process.returncode in (1, 2), said  # what is the server's own is always said
        assert "still sends" not in said or clients, said
        return process.returncode

    clients: list[threading.Thread] = []
    post(0, KEPT)
    for _ in range(KILLS):
        for number in range(10):
            post(number, GONE)
        killed = purging()
        time.sleep(rng.uniform(0.5, 4.0))
        killed.kill()
        killed.communicate()
        purged()
        assert rows_of(own.engine, "gone") == {}
        assert not (tmp_path / "output" / "@gone").exists()

    stop = threading.Event()

    def send(first: int) -> None:
        number = first
        while not stop.is_set():
            with suppress(httpx.TransportError):
                post(number, GONE)
            number += CLIENTS

    clients += [threading.Thread(target=send, args=(first,)) for first in range(CLIENTS)]
    for client in clients:
        client.start()
    for _ in range(3):
        purged()
    stop.set()
    for client in clients:
        client.join(PATIENCE)
    clients.clear()

    purged()
    assert rows_of(own.engine, "gone") == {}
    assert rows_of(own.engine, "kept")["campaigns"] == 1
