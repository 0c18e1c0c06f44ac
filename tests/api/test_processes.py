"""Several processes that answer at one address: which of them stand still, and what the first does about it."""

from collections.abc import Callable, Iterator

import pytest
from uvicorn import Config
from uvicorn.supervisors.multiprocess import Process

from reflection.api.processes import SILENT_LOOKS, Pulse

LONG = 10 * SILENT_LOOKS


@pytest.fixture
def process() -> Iterator[Process]:
    """One that was not started: the test answers for it."""
    process = Process(Config("nothing:app"), [])
    yield process
    process.parent_conn.close()
    process.child_conn.close()


@pytest.fixture
def answer(process: Process) -> Callable[[], None]:
    def pong() -> None:
        process.child_conn.recv()
        process.child_conn.send(True)

    return pong


def test_a_process_that_answers_is_never_lost(process: Process, answer: Callable[[], None]) -> None:
    pulse = Pulse(process)

    for _ in range(LONG):
        answer()
        assert not pulse.is_lost()


def test_one_that_is_silent_for_too_many_looks_is(process: Process, answer: Callable[[], None]) -> None:
    pulse = Pulse(process)
    answer()

    looks = [pulse.is_lost() for _ in range(SILENT_LOOKS + 2)]

    assert looks == [False] * (SILENT_LOOKS + 1) + [True]


def test_an_answer_that_comes_late_counts_from_then_on(process: Process, answer: Callable[[], None]) -> None:
    pulse = Pulse(process)
    answer()
    for _ in range(3):
        assert not any(pulse.is_lost() for _ in range(SILENT_LOOKS))
        answer()


def test_one_that_is_starting_may_take_its_time(process: Process) -> None:
    pulse = Pulse(process)

    assert not any(pulse.is_lost() for _ in range(LONG))
