"""Chroma as a mirror: damage, deletion, stale clients and kills are noticed, answered from the rows, and healed."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from reflection.domain.ports import MemoryRecord
from reflection.errors import Unavailable
from reflection.memory.chroma import ChromaIndex
from reflection.memory.embedders import Matrix, Space
from reflection.memory.index import Columns, Entry
from reflection.memory.reindexing import Mirror
from reflection.memory.semantic import SemanticMemory
from reflection.store.database.open import open_database
from reflection.store.memories import MemoryRows

pytestmark = pytest.mark.chroma
SPACE = Space("given", "1", 16, "t")


class Given:
    """Vectors made from the number in a text; ten neighbours are known."""

    space: Space | None = SPACE

    def embed(self, texts: list[str]) -> Matrix:
        return np.stack([_vector(int(text.split()[-1])) for text in texts])


def _vector(seed: int) -> np.ndarray:
    vector = np.random.default_rng(seed).standard_normal(16).astype(np.float32)
    return vector / np.linalg.norm(vector)


@pytest.fixture
def rows(tmp_path: Path) -> MemoryRows:
    found = MemoryRows(open_database(tmp_path / "rows.db"))
    when = datetime(2026, 1, 1, tzinfo=UTC)
    for workspace in ("default", "other"):
        found.save(
            workspace,
            [
                MemoryRecord(
                    f"campaign:c{i}", "campaign", f"number {i}", "meta", "leads", when, "", {}, SPACE.id, _vector(i)
                )
                for i in range(60)
            ],
        )
    return found


@pytest.fixture
def make(rows: MemoryRows, tmp_path: Path) -> Callable[[], tuple[SemanticMemory, Mirror]]:
    def build() -> tuple[SemanticMemory, Mirror]:
        index = ChromaIndex(path=tmp_path / "chroma")
        return SemanticMemory(rows, Given(), index), Mirror(rows, Given(), index, lambda: ["default", "other"])

    return build


@pytest.mark.parametrize("damage", ["deleted", "garbage", "truncated", "index files gone"])
def test_a_damaged_database_degrades_and_is_rebuilt(
    make: Callable[[], tuple[SemanticMemory, Mirror]], tmp_path: Path, damage: str
) -> None:
    memory, mirror = make()
    assert mirror.rebuild() == 120
    before = memory.search("default", "number 7", limit=5)
    assert before.index == "chroma"
    _damage(tmp_path / "chroma", damage)
    _forget_clients()
    memory, mirror = make()
    broken = memory.search("default", "number 7", limit=5)
    assert broken.items == before.items
    mirror.rebuild()
    after = memory.search("default", "number 7", limit=5)
    assert after.items == before.items
    assert (after.index, after.degraded) == ("chroma", [])


def test_a_client_that_does_not_see_anothers_writes_is_not_believed(
    make: Callable[[], tuple[SemanticMemory, Mirror]], rows: MemoryRows
) -> None:
    memory, mirror = make()
    mirror.rebuild()
    about = ("campaign", "number 99", "meta", "leads", datetime(2026, 1, 1, tzinfo=UTC), "", {})
    rows.save("default", [MemoryRecord("campaign:new", *about, SPACE.id, _vector(99))])
    result = memory.search("default", "number 99", limit=1)
    assert (result.items[0].id, result.index, result.degraded) == ("new", "local", ["index-lag"])


WRITER = """
import sys
from pathlib import Path
import numpy as np
from reflection.memory.chroma import ChromaIndex
from reflection.memory.embedders import Space
from reflection.memory.index import Columns, Entry
index = ChromaIndex(path=Path(sys.argv[1]))
for number in range(100000):
    entry = Entry(f"k-{sys.argv[2]}-{number}", np.ones(16, dtype=np.float32), Columns("campaign", "meta", "leads", 0.0))
    index.put("killed", Space("given", "1", 16, "t"), [entry])
    print(number, flush=True)
"""


def test_kills_during_writes_leave_a_mirror_that_can_be_read_or_rebuilt(
    make: Callable[[], tuple[SemanticMemory, Mirror]], tmp_path: Path
) -> None:
    _, mirror = make()
    mirror.rebuild()
    _forget_clients()
    for turn in range(3):
        command = [sys.executable, "-c", WRITER, str(tmp_path / "chroma"), str(turn)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as writer:
            assert writer.stdout is not None
            writer.stdout.readline()
            os.kill(writer.pid, signal.SIGKILL)
        memory, _ = make()
        assert memory.search("default", "number 7", limit=1).items[0].id == "c7"
    memory, mirror = make()
    mirror.rebuild()
    assert memory.search("default", "number 7", limit=1).degraded == []
    assert memory.index.count("killed", SPACE) == 0


def test_purging_a_workspace_deletes_its_collections_only(tmp_path: Path) -> None:
    index = ChromaIndex(path=tmp_path / "chroma")
    for workspace in ("ours", "theirs"):
        index.put(workspace, SPACE, [Entry("m", _vector(1), Columns("campaign", "meta", "leads", 0.0))])
    index.purge("ours")
    assert (index.count("ours", SPACE), index.count("theirs", SPACE)) == (0, 1)


def test_a_server_that_never_answers_is_given_up_in_time_and_then_left_alone() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        index = ChromaIndex(url=f"http://127.0.0.1:{silent.getsockname()[1]}", read_seconds=0.3, connect_seconds=0.3)
        began = time.monotonic()
        for _ in range(3):
            with pytest.raises(Unavailable, match="no answer within"):
                index.count("default", SPACE)
        assert time.monotonic() - began < 15  # the first call also imports the library
        began = time.monotonic()
        with pytest.raises(Unavailable, match="failed repeatedly"):
            index.count("default", SPACE)
        assert time.monotonic() - began < 0.1
        index.close()


def _damage(folder: Path, damage: str) -> None:
    database = folder / "chroma.sqlite3"
    if damage == "deleted":
        shutil.rmtree(folder)
    elif damage == "garbage":
        database.write_bytes(b"\xff" * 10_000)
    elif damage == "truncated":
        database.write_bytes(database.read_bytes()[:5_000])
    else:
        for item in folder.iterdir():
            if item.is_dir():
                shutil.rmtree(item)


def _forget_clients() -> None:
    """As if the process had ended: Chroma caches its system per folder."""
    from chromadb.api.shared_system_client import SharedSystemClient

    SharedSystemClient.clear_system_cache()
