"""What two processes note together: limit, allowance and breaker are one for both; what has ended is forgotten."""

import asyncio
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import date
from pathlib import Path

import pytest
from limits import parse
from sqlalchemy import func, select

from reflection.api.limits import RateLimiter
from reflection.domain.board import Board, MemoryBoard, Note
from reflection.errors import TooManyRequests
from reflection.llm.circuit_breaker import Breaker
from reflection.llm.token_budget import Allowance
from reflection.store.board import SharedBoard
from reflection.store.database.open import open_database
from reflection.store.tables.board_notes import board_notes

Two = tuple[Board, Board]


@pytest.fixture(params=["memory", "rows"])
def two(request: pytest.FixtureRequest, tmp_path: Path, migrated: Path) -> Iterator[Two]:
    """The board of two who share it: of two threads, or of two connections to one database."""
    if request.param == "memory":
        board = MemoryBoard()
        yield board, board
        return
    place = tmp_path / "x.db"
    place.write_bytes(migrated.read_bytes())
    with closing(open_database(place)) as one, closing(open_database(place)) as other:
        yield SharedBoard(one), SharedBoard(other)


def test_a_limit_is_one_for_two_processes(two: Two) -> None:
    processes = [RateLimiter(parse("20/hour"), board) for board in two]

    async def let_in() -> int:
        count = 0
        for number in range(60):
            try:
                await processes[number % 2].take("key-1")
                count += 1
            except TooManyRequests:
                continue
        await processes[0].take("key-2")
        return count

    assert 18 <= asyncio.run(let_in()) <= 20


def test_an_allowance_is_one_for_two_processes_and_another_for_another_day(two: Two) -> None:
    day = [date(2026, 1, 1)]
    one, other = (Allowance(100, lambda: day[0], board) for board in two)
    assert one.reserve("acme", 80)
    assert not other.reserve("acme", 30)
    one.settle("acme", 80, 10)
    assert other.left("acme") == 90
    assert other.left("globex") == 100
    day[0] = date(2026, 1, 2)
    assert other.reserve("acme", 100)


def test_what_one_process_saw_fail_the_other_leaves_alone(two: Two) -> None:
    one, other = (Breaker(pause=3600.0, board=board, name="model") for board in two)
    for breaker in (one, other, one):
        assert breaker.allows()
        breaker.failed()

    assert (one.state, other.state) == ("open", "open")
    assert not other.allows()
    assert 0 < other.retry_after() <= 3600.0
    other.succeeded()
    assert one.state == "closed"
    assert Breaker(board=two[0], name="embedder").state == "closed"


def test_nobody_changes_a_note_in_between(two: Two) -> None:
    def more(note: Note, now: float) -> tuple[Note, float]:
        count = note.get("count", 0.0) + 1
        time.sleep(0.001)
        return {"count": count, "ends": now + 60}, count

    with ThreadPoolExecutor(4) as pool:
        counts = list(pool.map(lambda number: two[number % 2].change("n", more), range(20)))

    assert sorted(counts) == list(range(1, 21))


def test_the_same_note_writes_nothing_and_one_that_ended_is_none_and_is_dropped(two: Two) -> None:
    board, other = two

    def until(seconds: float) -> Callable[[Note, float], tuple[Note, Note]]:
        return lambda note, now: ({"x": 1.0, "ends": now + seconds}, note)

    board.change("ended", until(-1.0))
    assert board.change("kept", until(60.0)) == {}
    assert other.look("ended")[0] == {}
    assert other.look("kept")[0]["x"] == 1.0
    if isinstance(board, SharedBoard) and isinstance(other, SharedBoard):
        version = other._database.data_version()
        board.change("kept", lambda note, _now: (note, None))
        if other._database.is_file:  # a server's version changes with whoever else is at it
            assert other._database.data_version() == version
        assert abs(other.look("kept")[1] - time.time()) < 60.0
        assert other.forget() == 1
        assert other.forget() == 0
        with other._database.read() as connection:
            assert connection.execute(select(func.count()).select_from(board_notes)).scalar_one() == 1
