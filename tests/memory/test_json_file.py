"""Vectors in one file: a kill leaves the old file or the new one, and several processes lose nothing."""

import multiprocessing
import os
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from reflection.errors import Unavailable
from reflection.memory.embedders import Space
from reflection.memory.index import Columns, Entry, Where
from reflection.memory.json_file import JsonFileIndex

SPACE = Space("file", "1", 4, "t")


def _entry(name: str, value: float = 1.0) -> Entry:
    return Entry(name, np.full(4, value, dtype=np.float32), Columns("campaign", "meta", "leads", 0.0))


def _write(path: Path, who: str, count: int, told: int | None = None) -> None:
    """Put so many entries, and tell the name of each that is there."""
    index = JsonFileIndex(path)
    for number in range(count):
        index.put("default", SPACE, [_entry(f"{who}-{number}")])
        if told is not None:
            os.write(told, f"{who}-{number}\n".encode())


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "folder" / "vectors.json"


@pytest.mark.parametrize("kills", [3, pytest.param(20, marks=pytest.mark.torture(part="server"))])
def test_kills_during_writes_lose_nothing_that_was_acknowledged(path: Path, killed: Any, kills: int) -> None:
    acknowledged: set[str] = set()
    for turn in range(kills):
        acknowledged |= killed(lambda told, who=f"w{turn}": _write(path, who, 100_000, told), 0.005 * turn)
        held = JsonFileIndex(path).ids("default", SPACE)
        assert acknowledged <= held
    JsonFileIndex(path).put("default", SPACE, [_entry("after")])
    assert "after" in JsonFileIndex(path).ids("default", SPACE)


def test_two_processes_writing_at_once_lose_nothing(path: Path) -> None:
    context = multiprocessing.get_context("fork")
    writers = [context.Process(target=_write, args=(path, who, 40)) for who in "ab"]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(60)
    assert [writer.exitcode for writer in writers] == [0, 0]
    assert JsonFileIndex(path).count("default", SPACE) == 80


def test_what_another_process_wrote_is_seen_at_the_next_search(path: Path) -> None:
    ours, theirs = JsonFileIndex(path), JsonFileIndex(path)
    assert ours.search("default", SPACE, np.ones(4, dtype=np.float32), 3, Where()) == []
    theirs.put("default", SPACE, [_entry("m")])
    assert [hit.memory_id for hit in ours.search("default", SPACE, np.ones(4, dtype=np.float32), 3, Where())] == ["m"]


def test_threads_share_one_index(path: Path) -> None:
    index = JsonFileIndex(path)
    threads = [threading.Thread(target=index.put, args=("default", SPACE, [_entry(f"m{i}")])) for i in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert index.count("default", SPACE) == 16


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[]", b"null", b'{"version": 9, "workspaces": {}}', b'{"version": 1, "workspaces": {"w": 3}}'],
)
def test_a_file_that_is_no_index_is_unavailable_until_it_is_reset(path: Path, content: bytes) -> None:
    path.parent.mkdir()
    path.write_bytes(content)
    index = JsonFileIndex(path)
    with pytest.raises(Unavailable):
        index.count("default", SPACE)
    with pytest.raises(Unavailable):
        index.put("default", SPACE, [_entry("m")])
    assert path.read_bytes() == content
    index.reset()
    index.put("default", SPACE, [_entry("m")])
    assert index.ids("default", SPACE) == {"m"}


def test_what_could_not_be_written_is_not_pretended(path: Path) -> None:
    index = JsonFileIndex(path)
    index.put("default", SPACE, [_entry("m")])
    target = path.with_name("moved.json")
    path.rename(target)
    path.mkdir()  # replacing a folder by a file fails
    with pytest.raises(Unavailable):
        index.put("default", SPACE, [_entry("n")])
    path.rmdir()
    target.rename(path)
    assert index.ids("default", SPACE) == {"m"}
    assert [file.name for file in path.parent.iterdir() if file.suffix == ".tmp"] == []
