"""The circuit breaker: three failures, a pause without calls, one trial."""

import threading

import pytest

from reflection.domain.board import MemoryBoard
from reflection.llm.circuit_breaker import Breaker


class Clock:
    """A clock one can set."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def breaker(clock: Clock) -> Breaker:
    return Breaker(failures=3, pause=60.0, board=MemoryBoard(clock))


def _fail(breaker: Breaker, times: int) -> None:
    for _ in range(times):
        assert breaker.allows()
        breaker.failed()


def test_stays_closed_below_the_limit(breaker: Breaker) -> None:
    _fail(breaker, 2)
    assert breaker.allows()
    assert breaker.state == "closed"


def test_a_success_resets_the_count(breaker: Breaker) -> None:
    _fail(breaker, 2)
    breaker.succeeded()
    _fail(breaker, 2)
    assert breaker.state == "closed"


def test_three_failures_in_a_row_mean_no_calls_for_the_pause(breaker: Breaker, clock: Clock) -> None:
    _fail(breaker, 3)
    assert breaker.state == "open"
    for second in (0.0, 30.0, 59.9):
        clock.now = second
        assert not breaker.allows()
    assert breaker.retry_after() == pytest.approx(0.1)


def test_after_the_pause_exactly_one_trial_is_let_through(breaker: Breaker, clock: Clock) -> None:
    _fail(breaker, 3)
    clock.now = 60.0
    assert breaker.state == "half-open"
    assert breaker.allows()
    assert not breaker.allows()


def test_a_successful_trial_closes_it(breaker: Breaker, clock: Clock) -> None:
    _fail(breaker, 3)
    clock.now = 60.0
    assert breaker.allows()
    breaker.succeeded()
    assert breaker.state == "closed"
    assert breaker.retry_after() == 0.0
    assert breaker.allows()
    assert breaker.allows()


def test_a_failed_trial_opens_it_for_another_pause(breaker: Breaker, clock: Clock) -> None:
    _fail(breaker, 3)
    clock.now = 60.0
    assert breaker.allows()
    breaker.failed()
    clock.now = 119.0
    assert not breaker.allows()
    clock.now = 120.0
    assert breaker.allows()


def test_a_trial_that_is_never_reported_does_not_block_for_ever(breaker: Breaker, clock: Clock) -> None:
    _fail(breaker, 3)
    clock.now = 60.0
    assert breaker.allows()
    clock.now = 121.0
    assert breaker.allows()


def test_concurrent_callers_get_one_trial_between_them(breaker: Breaker, clock: Clock) -> None:
    _fail(breaker, 3)
    clock.now = 60.0
    allowed: list[bool] = []
    threads = [threading.Thread(target=lambda: allowed.append(breaker.allows())) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(allowed) == 1
