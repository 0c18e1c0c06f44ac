"""The local index reads many changes at once, and ends in the last state of each memory whatever order they come in."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from reflection.domain.memory_search import MemoryChange
from reflection.memory import local
from reflection.memory.local import LocalIndex
from reflection.memory.reindexing import reindex
from reflection.memory.vectors import Where
from reflection.store.memories import MemoryRows


def change(space: Any, seq: int, name: str, *, deleted: bool = False, axis: int = 0) -> MemoryChange:
    vector = None if deleted else np.eye(space.dimensions, dtype=np.float32)[axis]
    embedder = None if deleted else space.id
    when = "2026-03-01T12:00:00.000000+00:00"
    return MemoryChange(seq, name, "campaign", name, "meta", "sales", when, embedder, vector, deleted)


@pytest.mark.parametrize("at_once", [1, 2, 100])
def test_a_memory_that_changes_while_it_is_read_ends_in_its_last_state(
    rows: MemoryRows, words: Any, monkeypatch: pytest.MonkeyPatch, at_once: int
) -> None:
    space = words.space
    told = [
        change(space, 1, "gone"),
        change(space, 2, "moved", axis=1),
        change(space, 3, "back"),
        change(space, 4, "gone", deleted=True),
        change(space, 5, "moved", axis=2),
        change(space, 6, "back", deleted=True),
        change(space, 7, "back", axis=3),
    ]
    monkeypatch.setattr(rows, "changes", lambda *_, after=0: iter([one for one in told if one.seq > after]))
    monkeypatch.setattr(local, "AT_ONCE", at_once)
    index = LocalIndex(rows)

    assert index.ids("default", space) == {"moved", "back"}
    for name, axis in {"moved": 2, "back": 3}.items():
        found = index.search("default", space, np.eye(space.dimensions, dtype=np.float32)[axis], 1, Where())
        assert found == [(name, 1.0)]


def test_reading_in_small_portions_finds_what_reading_at_once_does(
    rows: MemoryRows, words: Any, record: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows.save("default", [record(f"c{number}", f"word{number} word{number % 3}") for number in range(25)])
    reindex(rows, words, LocalIndex(rows), "default")
    rows.delete("default", ["campaign:c3", "campaign:c20"])
    question = words.embed(["word7 word1"])[0]
    at_once = LocalIndex(rows).search("default", words.space, question, 25, Where())

    monkeypatch.setattr(local, "AT_ONCE", 4)

    assert LocalIndex(rows).search("default", words.space, question, 25, Where()) == at_once
    assert len(at_once) == 23


@pytest.mark.parametrize("asks_first", [True, False])
def test_what_is_written_between_two_searches_is_found_by_the_second_whether_or_not_it_asks_first(
    rows: MemoryRows, words: Any, record: Any, monkeypatch: pytest.MonkeyPatch, asks_first: bool
) -> None:
    looks, version = list[object](), rows.data_version
    monkeypatch.setattr(rows, "data_version", lambda: looks.append(version()) or looks[-1])
    index, question = LocalIndex(rows, asks_first=asks_first), words.embed(["word1"])[0]
    for names in (["campaign:c1"], ["campaign:c1", "campaign:c2"]):
        rows.save("default", [replace(record(names[-1][9:], "word1"), embedder_id=words.space.id, vector=question)])

        assert [hit.memory_id for hit in index.search("default", words.space, question, 5, Where())] == names
    assert bool(looks) == asks_first
