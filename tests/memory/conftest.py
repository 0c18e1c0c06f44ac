"""Fixtures of the memory tests: a real database, real rows, and vectors whose neighbours are known."""

import hashlib
import os
import select
import shutil
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from reflection.domain.ports import MemoryRecord
from reflection.errors import Unavailable
from reflection.memory.embedders import Matrix, Space, unit
from reflection.memory.packaged_model import PackagedEmbedder
from reflection.store.database.connections import Database
from reflection.store.database.open import open_database
from reflection.store.memories import MemoryRows

WHEN = datetime(2026, 3, 1, 12, tzinfo=UTC)


class WordEmbedder:
    """A deterministic stand-in of a model: a random direction per word, summed. Can be switched off."""

    def __init__(self, dimensions: int = 64, revision: str = "1") -> None:
        self.space: Space | None = Space("words", revision, dimensions, "t")
        self.dimensions = dimensions
        self.down = False
        self.calls = 0

    def embed(self, texts: Sequence[str]) -> Matrix:
        self.calls += len(texts)
        if self.down:
            raise Unavailable("the model is down")
        rows = [
            sum((self._direction(word) for word in text.casefold().split()), np.zeros(self.dimensions))
            for text in texts
        ]
        return unit(np.asarray(rows, dtype=np.float32).reshape(len(texts), self.dimensions))

    def _direction(self, word: str) -> np.ndarray:
        seed = int.from_bytes(hashlib.sha256(word.strip(".,:;!?").encode()).digest()[:8], "big")
        return np.random.default_rng(seed).standard_normal(self.dimensions)


@pytest.fixture
def words() -> WordEmbedder:
    return WordEmbedder()


@pytest.fixture
def make_embedder() -> Callable[..., WordEmbedder]:
    return WordEmbedder


@pytest.fixture(scope="session")
def minilm() -> PackagedEmbedder:
    return PackagedEmbedder()


@pytest.fixture
def database(tmp_path: Path, migrated: Path) -> Iterator[Database]:
    shutil.copy(migrated, tmp_path / "memory.db")
    opened = open_database(tmp_path / "memory.db")
    yield opened
    opened.close()


@pytest.fixture
def rows(database: Database) -> MemoryRows:
    return MemoryRows(database)


@pytest.fixture(scope="session")
def killed() -> Callable[[Callable[[int], None], float], set[str]]:
    """killed(write, seconds): the lines that `write(descriptor)` wrote, in a process that gets `kill -9` so long after
    the first of them.
    """

    def run(write: Callable[[int], None], seconds: float) -> set[str]:
        reading, writing = os.pipe()
        child = os.fork()
        if child == 0:
            try:
                os.close(reading)
                write(writing)
            finally:  # with the traceback on standard error, if it was not the kill
                os._exit(3)
        os.close(writing)
        with os.fdopen(reading, "rb") as pipe:
            select.select([pipe], [], [], 60)
            time.sleep(seconds)
            os.kill(child, signal.SIGKILL)
            _, status = os.waitpid(child, 0)
            lines = pipe.read().decode().splitlines()
        assert os.waitstatus_to_exitcode(status) == -signal.SIGKILL, lines[-1:]
        assert lines, "nothing was written within a minute"
        return set(lines)

    return run


@pytest.fixture
def record() -> Callable[..., MemoryRecord]:
    def make(name: str, text: str = "", embedder: WordEmbedder | None = None, **changes: object) -> MemoryRecord:
        fields: dict[str, object] = {
            "memory_id": f"campaign:{name}",
            "kind": "campaign",
            "text": text,
            "platform_name": "meta",
            "objective_name": "leads",
            "timestamp": WHEN,
            "summary": "",
            "metadata": {"campaign_id": name, "outcome": {"verdict": "better than forecast on CTR"}},
        }
        if embedder is not None and embedder.space is not None:
            fields |= {"embedder_id": embedder.space.id, "vector": embedder.embed([text])[0]}
        return MemoryRecord(**(fields | changes))  # type: ignore[arg-type]

    return make
