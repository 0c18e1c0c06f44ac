"""kill -9 while memories are written: afterwards every acknowledged one is there, and vectors equal rows."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from reflection.memory.embedders import Space
from reflection.memory.local import LocalIndex
from reflection.store.database import open_database
from reflection.store.memories import MemoryRows
from reflection.store.verify import verify

SPACE = Space("kill", "1", 8, "t")
WRITER = """
import sys
from datetime import UTC, datetime
from pathlib import Path
import numpy as np
from reflection.ports import MemoryRecord
from reflection.store.database import open_database
from reflection.store.memories import MemoryRows

rows = MemoryRows(open_database(Path(sys.argv[1])))
for number in range(100_000):
    name = f"{sys.argv[2]}-{number}"
    vector = np.full(8, number, dtype=np.float32)
    when = datetime(2026, 1, 1, tzinfo=UTC)
    about = ("campaign", name, "meta", "leads", when, "", {}, "kill@1/8/t", vector)
    rows.save("default", [MemoryRecord(f"campaign:{name}", *about)])
    print(name, flush=True)
"""


@pytest.mark.parametrize("rounds", [3, pytest.param(10, marks=pytest.mark.torture)])
def test_every_acknowledged_memory_survives_and_the_index_equals_the_rows(
    tmp_path: Path, empty_database: Path, rounds: int
) -> None:
    path = tmp_path / "memory.db"
    path.write_bytes(empty_database.read_bytes())
    acknowledged: set[str] = set()
    for turn in range(rounds):
        command = [sys.executable, "-c", WRITER, str(path), f"w{turn}"]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as writer:
            assert writer.stdout is not None
            acknowledged.add(writer.stdout.readline().strip())
            time.sleep(0.01 * (turn + 1))
            os.kill(writer.pid, signal.SIGKILL)
            acknowledged |= {line for line in writer.stdout.read().split("\n")[:-1] if line}
        assert writer.returncode == -signal.SIGKILL
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
