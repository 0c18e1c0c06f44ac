"""One total deadline: the caller gets an answer, the call's own error, or DeadlineExceeded in time."""

import threading
import time
from collections.abc import Callable

import pytest

from reflection.errors import DeadlineExceeded, TooManyPending, Unavailable
from reflection.llm.deadline import Deadline, DeadlineRunner

SLOW, SOON = 60.0, 20.0
"""Seconds: of a call that does not end by itself, and in which everything else is done, however busy the machine."""


def _until(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + SOON
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.01)


def test_returns_what_the_call_returns() -> None:
    assert DeadlineRunner().run(SOON, lambda deadline: deadline.remaining() > 0) is True


def test_raises_what_the_call_raises() -> None:
    def broken(deadline: Deadline) -> None:
        raise LookupError("from the call")

    with pytest.raises(LookupError, match="from the call"):
        DeadlineRunner().run(SOON, broken)


def test_gives_up_in_time_and_closes_what_hangs() -> None:
    released, closed = threading.Event(), threading.Event()
    started = time.monotonic()
    with pytest.raises(DeadlineExceeded):
        DeadlineRunner().run(0.1, lambda deadline: released.wait(SLOW), abandon=closed.set)
    assert time.monotonic() - started < SOON
    assert closed.wait(SOON)
    released.set()


def test_a_hanging_close_does_not_hold_the_caller() -> None:
    released = threading.Event()
    started = time.monotonic()
    with pytest.raises(DeadlineExceeded):
        DeadlineRunner().run(0.1, lambda deadline: released.wait(SLOW), abandon=lambda: released.wait(SLOW) and None)
    assert time.monotonic() - started < SOON
    released.set()


def test_abandoned_calls_are_counted_until_they_end_and_then_the_next_one_is_refused() -> None:
    runner, released = DeadlineRunner(max_pending=2), threading.Event()
    for _ in range(2):
        with pytest.raises(DeadlineExceeded):
            runner.run(0.05, lambda deadline: released.wait(SLOW))
    assert runner.pending == 2
    with pytest.raises(TooManyPending):
        runner.run(0.05, lambda deadline: None)
    released.set()
    _until(lambda: runner.pending == 0)
    assert runner.run(SOON, lambda deadline: "again") == "again"


def test_a_late_answer_is_thrown_away() -> None:
    runner, released = DeadlineRunner(), threading.Event()
    with pytest.raises(DeadlineExceeded):
        runner.run(0.05, lambda deadline: released.wait(SLOW) and "late")
    released.set()
    assert runner.run(SOON, lambda deadline: "fresh") == "fresh"


def test_errors_belong_to_the_tree_and_say_what_happened() -> None:
    assert issubclass(DeadlineExceeded, Unavailable)
    assert issubclass(TooManyPending, Unavailable)
    with pytest.raises(DeadlineExceeded, match=r"0\.05 s"):
        DeadlineRunner().run(0.05, lambda deadline: time.sleep(1.0))


def test_remaining_never_goes_below_zero() -> None:
    now = [10.0]
    deadline = Deadline.after(2.0, clock=lambda: now[0])
    assert deadline.remaining() == 2.0
    now[0] = 13.0
    assert deadline.remaining() == 0.0


def test_threads_do_not_pile_up() -> None:
    runner = DeadlineRunner()
    before = threading.active_count()
    for _ in range(50):
        runner.run(SOON, lambda deadline: None)
    _until(lambda: threading.active_count() <= before + 2)
    assert runner.pending == 0
