"""The watch over a worker: one that dies is started again, later each time; it ends with the server."""

import sys
import time
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from reflection.settings import Settings
from reflection.store.worker_lock import FileLock
from reflection.worker import watch
from reflection.worker.watch import Watch

SCRIPT = """
import os, sys, time
place, deaths = sys.argv[1], int(sys.argv[2])
settings = sys.stdin.readline()
with open(place, "a") as file:
    print(os.getpid(), time.monotonic(), settings.strip(), file=file, flush=True)
if len(open(place).readlines()) <= deaths:
    sys.exit(3)
sys.stdin.read()
"""
"""A worker of a few milliseconds: notes that it began, dies the first times, then waits for the end of its input."""

Starts = Callable[..., tuple[Watch, Path]]


@pytest.fixture
def make(tmp_path: Path, settings: Settings) -> Iterator[Starts]:
    """Makes watches over `SCRIPT`, and stops them in the end."""
    made: list[Watch] = []

    def make(deaths: int = 0) -> tuple[Watch, Path]:
        notes = tmp_path / "notes"
        command = (sys.executable, "-S", "-c", SCRIPT, str(notes), str(deaths))
        made.append(Watch(settings, command=command, first_pause=0.05))
        return made[-1], notes

    yield make
    for one in made:
        one.stop()


def lines(notes: Path, count: int, seconds: float = 20.0) -> list[list[str]]:
    """What the workers noted, once there were so many."""
    end = time.monotonic() + seconds
    while not notes.exists() or len(notes.read_text().splitlines()) < count:
        assert time.monotonic() < end, "the worker was not started"
        time.sleep(0.01)
    return [line.split(" ", 2) for line in notes.read_text().splitlines()]


def test_a_worker_gets_the_servers_settings_and_ends_with_it(make: Starts, settings: Settings) -> None:
    one, notes = make()
    one.start()
    pid, _, handed = lines(notes, 1)[0]
    assert Settings.from_server(handed.encode()) == settings

    began = time.monotonic()
    one.stop()

    assert time.monotonic() - began < watch.KILL_AFTER
    assert not Path(f"/proc/{pid}").exists()
    assert len(lines(notes, 1)) == 1


def test_a_worker_that_dies_is_started_again_later_each_time(make: Starts) -> None:
    one, notes = make(deaths=3)
    with capture_logs() as logs:
        one.start()
        times = [float(began) for _, began, _ in lines(notes, 4)]
        one.stop()

    pauses = [after - before for before, after in pairwise(times)]
    assert pauses[0] >= 0.05
    assert pauses[1] >= 0.1
    assert pauses[2] >= 0.2
    assert [line["event"].partition(";")[0] for line in logs].count("the worker died") == 3


def test_none_is_started_where_another_works_until_that_one_is_gone(make: Starts, settings: Settings) -> None:
    lock = FileLock(settings.database_path)
    assert lock.acquire()
    one, notes = make()
    one.start()
    time.sleep(2 * watch.LOOK_AROUND)
    assert not notes.exists()

    lock.release()
    assert len(lines(notes, 1)) == 1


def test_a_command_that_cannot_be_run_leaves_the_server_alone(settings: Settings) -> None:
    one = Watch(settings, command=("/nonexistent/worker",), first_pause=0.01)
    one.start()
    time.sleep(0.05)
    one.stop()
