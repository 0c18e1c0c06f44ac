"""The lock of the worker: one at a time, given back by the kernel, and an honest record of who died."""

import json
import multiprocessing
import os
import signal
from datetime import UTC, datetime
from pathlib import Path

import pytest

from reflection.errors import Unavailable
from reflection.store.worker_lock import FileLock, WorkerState

NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)


def lock(folder: Path) -> FileLock:
    return FileLock(folder / "x.db", now=lambda: NOW)


def test_before_any_worker_there_is_nothing_on_record_and_no_file(tmp_path: Path) -> None:
    assert lock(tmp_path).state() == WorkerState()
    assert list(tmp_path.iterdir()) == []


def test_one_has_it_at_a_time_and_says_so(tmp_path: Path) -> None:
    first, second = lock(tmp_path), lock(tmp_path)

    assert first.acquire()
    assert not second.acquire()
    assert second.state() == WorkerState(True, os.getpid(), NOW.isoformat(timespec="seconds"))

    first.release()
    first.release()
    assert not second.state().running
    assert second.acquire()
    assert second.state().deaths == 0
    second.release()


def _acquire_and_die(folder: Path) -> None:
    lock(folder).acquire()
    os.kill(os.getpid(), signal.SIGKILL)


def test_one_that_was_killed_loses_the_lock_and_is_counted_once(tmp_path: Path) -> None:
    died = multiprocessing.get_context("fork").Process(target=_acquire_and_die, args=(tmp_path,))
    died.start()
    died.join(60)
    assert died.exitcode == -9

    after = lock(tmp_path)
    assert not after.state().running
    for _ in range(2):
        assert after.acquire()
        assert after.state().deaths == 1
        assert after.state().last_death == NOW.isoformat(timespec="seconds")
        after.release()


@pytest.mark.parametrize("content", [b"", b"{", b"[1]", b"\0" * 512, json.dumps({"pid": 7}).encode()])
def test_whatever_stands_in_the_file_the_lock_can_be_taken(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "x.db.worker.lock").write_bytes(content)
    found = lock(tmp_path)

    assert not found.state().running
    assert found.acquire()
    assert found.state().pid == os.getpid()
    found.release()


def test_a_folder_that_is_not_there_is_a_clear_error(tmp_path: Path) -> None:
    with pytest.raises(Unavailable):
        lock(tmp_path / "nowhere").acquire()
