"""Two real processes on one file: what one purges and fills again, the other must not remember."""

import multiprocessing
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from reflection.domain.ports import MemoryRecord
from reflection.memory.embedders import Space
from reflection.memory.index import Where
from reflection.memory.local import LocalIndex
from reflection.memory.reindexing import EmbeddingBackfill
from reflection.store.database.open import open_database
from reflection.store.maintenance.purge import purge_workspace
from reflection.store.memories import MemoryRows

Record = Callable[..., MemoryRecord]
SPACE = Space("purged", "1", 4, "t")


def _of_another_process(path: Path, count: int, space: str) -> None:
    """Purge, and store so many memories."""
    database = open_database(path)
    purge_workspace(database, "default", "2026-04-01")
    when = datetime(2026, 1, 1, tzinfo=UTC)
    about = ("campaign", "headline: new", "meta", "leads", when, "", {})
    vector = np.array([0, 1, 0, 0], dtype=np.float32)
    embedded = (space, vector) if space else ()
    records = [MemoryRecord(f"campaign:new-{n}", *about, *embedded) for n in range(count)]
    MemoryRows(database).save("default", records)
    database.close()


def _purge_and_fill(path: Path, count: int, space: str) -> None:
    other = multiprocessing.get_context("fork").Process(target=_of_another_process, args=(path, count, space))
    other.start()
    other.join(60)
    assert other.exitcode == 0


@pytest.mark.parametrize(
    "count", [3, *(pytest.param(count, marks=pytest.mark.torture(part="server")) for count in (2, 5))]
)
def test_vectors_of_a_history_purged_by_another_process_are_not_searched(
    rows: MemoryRows, record: Record, tmp_path: Path, count: int
) -> None:
    old = {"embedder_id": SPACE.id, "vector": np.array([1, 0, 0, 0], dtype=np.float32)}
    rows.save("default", [record(f"old-{n}", "headline: old", **old) for n in range(3)])
    index = LocalIndex(rows)
    assert index.count("default", SPACE) == 3

    _purge_and_fill(tmp_path / "memory.db", count, SPACE.id)

    expected = {f"campaign:new-{n}" for n in range(count)}
    hits = index.search("default", SPACE, np.array([0, 1, 0, 0], dtype=np.float32), 10, Where())
    assert {hit.memory_id: hit.cosine for hit in hits} == dict.fromkeys(expected, 1.0)
    assert index.ids("default", SPACE) == expected


def test_what_another_process_stored_after_a_purge_is_still_embedded(
    rows: MemoryRows, words: Any, record: Record, tmp_path: Path
) -> None:
    rows.save("default", [record(f"old-{n}", "headline: old") for n in range(2)])
    backfill = EmbeddingBackfill(rows, words, LocalIndex(rows))
    assert backfill.catch_up("default") == 2

    _purge_and_fill(tmp_path / "memory.db", 4, "")  # as many changes as had been seen: two stored, two embedded

    assert backfill.catch_up("default") == 4
    assert backfill.catch_up("default") == 0
    assert len(rows.missing("default", words.space.id)) == 0
