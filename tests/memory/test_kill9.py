"""kill -9 while memories are written: afterwards every acknowledged one is there, and vectors equal rows.

Ten rounds per backend through the whole application (`-m torture`); Chroma's where the extra is installed.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from reflection.domain.ports import MemoryRecord
from reflection.memory.chroma import installed
from reflection.memory.embedders import Space
from reflection.memory.local import LocalIndex
from reflection.settings import Settings
from reflection.store.database.open import open_database
from reflection.store.maintenance.verify import verify
from reflection.store.memories import MemoryRows
from reflection.wiring import Application, build

Killed = Callable[[Callable[[int], None], float], set[str]]
SPACE = Space("kill", "1", 8, "t")


def _write(path: Path, who: str, told: int) -> None:
    """Save memories for ever, and tell the name of each that is saved."""
    rows = MemoryRows(open_database(path))
    for number in range(100_000):
        name = f"{who}-{number}"
        vector = np.full(8, number, dtype=np.float32)
        when = datetime(2026, 1, 1, tzinfo=UTC)
        about = ("campaign", name, "meta", "leads", when, "", {}, SPACE.id, vector)
        rows.save("default", [MemoryRecord(f"campaign:{name}", *about)])
        os.write(told, f"{name}\n".encode())


@pytest.mark.parametrize("rounds", [3, pytest.param(10, marks=pytest.mark.torture(part="server"))])
def test_every_acknowledged_memory_survives_and_the_index_equals_the_rows(
    tmp_path: Path, migrated: Path, killed: Killed, rounds: int
) -> None:
    path = tmp_path / "memory.db"
    path.write_bytes(migrated.read_bytes())
    acknowledged: set[str] = set()
    for turn in range(rounds):
        acknowledged |= killed(lambda told, who=f"w{turn}": _write(path, who, told), 0.01 * (turn + 1))
        _check(path, acknowledged)


def _check(path: Path, acknowledged: set[str]) -> None:
    database = open_database(path)
    rows = MemoryRows(database)
    assert verify(database) == []
    index = LocalIndex(rows)
    held = index.ids("default", SPACE)
    assert {f"campaign:{name}" for name in acknowledged} <= held
    assert len(held) == rows.count("default")
    for change in rows.changes("default"):
        number = float(change.memory_id.rpartition("-")[2])
        assert change.vector is not None
        assert np.array_equal(change.vector, np.full(8, number, dtype=np.float32))
    database.close()


CHROMA = [pytest.param("chroma", marks=pytest.mark.chroma)] if installed() else []
ANALYSER = """
import sys
from pathlib import Path
from reflection.domain.campaign import Campaign
from reflection.settings import Settings
from reflection.wiring import build

folder, backend, turn = Path(sys.argv[1]), sys.argv[2], sys.argv[3]
given = dict(database_path=folder / "a.db", output_dir=folder / "output", weights_path=folder / "weights.json")
given |= dict(vector_backend=backend, vector_path=folder / "chroma", vector_fallback_path=folder / "vectors.json")
application = build(Settings.load(_env_file=None, **given))
metrics = {"impressions": 1000, "clicks": 10, "conversions": 1.0, "spend": 5.0}
for number in range(100_000):
    name = f"w{turn}-{number}"
    fields = dict(campaign_id=name, platform="Meta", objective="Leads", expected_metrics=metrics)
    fields |= dict(actual_metrics=metrics, audiences=[{"name": f"audience {number}"}], creatives=[])
    application.engine.analyze(Campaign.model_validate(fields | {"timestamp": "2026-01-01T00:00:00Z"}))
    print(name, flush=True)
    if number % 3 == 2:
        application.publisher.publish_pending()
"""


def _application(folder: Path, backend: str) -> Application:
    return build(
        Settings.load(
            _env_file=None,
            database_path=folder / "a.db",
            output_dir=folder / "output",
            weights_path=folder / "weights.json",
            vector_backend=backend,
            vector_path=folder / "chroma",
            vector_fallback_path=folder / "vectors.json",
        )
    )


@pytest.mark.torture(part="server")
@pytest.mark.parametrize("backend", ["local", "json", *CHROMA])
def test_ten_kills_lose_no_acknowledged_campaign_and_every_projection_equals_the_rows(
    tmp_path: Path, backend: str
) -> None:
    acknowledged: set[str] = set()
    for turn in range(10):
        command = [sys.executable, "-c", ANALYSER, str(tmp_path), backend, str(turn)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as writer:
            assert writer.stdout is not None
            acknowledged.add(writer.stdout.readline().strip())
            time.sleep(0.05 * (turn + 1))
            os.kill(writer.pid, signal.SIGKILL)
            acknowledged |= {line for line in writer.stdout.read().split("\n")[:-1] if line}
        assert writer.returncode == -signal.SIGKILL
        with _application(tmp_path, backend) as application:
            _check_application(application, acknowledged)
    sys.stdout.write(f"{backend}: 10 kills, {len(acknowledged)} acknowledged campaigns, 0 lost, index equal to rows\n")


def _check_application(application: Application, acknowledged: set[str]) -> None:
    """What was acknowledged is there after a restart; once the outbox is empty, the index holds what the rows do."""
    assert verify(application.database) == []
    assert acknowledged <= application.store.campaigns_named("default", sorted(acknowledged)).keys()
    application.publisher.publish_pending()
    space, rows = application.memory.embedder.space, application.memory.rows
    assert space is not None
    there = {change.memory_id for change in rows.changes("default") if not change.deleted}
    assert {f"campaign:{name}" for name in acknowledged} <= there
    assert application.memory.index.ids("default", space) == there
    assert (application.memory.is_level("default"), application.memory.status()["degraded"]) == (True, [])
    name = min(acknowledged)
    found = application.memory.search("default", name)
    assert (found.items[0].id, found.index, found.degraded) == (name, application.memory.index.name, [])
