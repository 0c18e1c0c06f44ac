"""Every failing point of a write is all or nothing, and the next attempt succeeds.

Points are SQLite's own operations (its progress handler aborts at the n-th), and bytes written to the files
(the kernel refuses those beyond a limit, as a full disk or a broken one would).
"""

import resource
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from reflection.errors import Unavailable

State = Callable[[Any], dict[str, list[tuple[Any, ...]]]]


class _Abort:
    """Aborts the writer's transaction at its n-th operation; counts them when n is 0."""

    def __init__(self, house: Any, point: int) -> None:
        self.seen = 0
        self._point = point
        self._engine = house.database.writer

    def __call__(self) -> int:
        self.seen += 1
        return int(self.seen == self._point)

    def __enter__(self) -> "_Abort":
        self._install(self)
        return self

    def __exit__(self, *_: object) -> None:
        self._install(None)

    def _install(self, handler: "_Abort | None") -> None:
        raw = self._engine.raw_connection()
        driver = raw.driver_connection
        assert isinstance(driver, sqlite3.Connection)
        driver.set_progress_handler(handler, 1)
        raw.close()


def _points(total: int, wanted: int) -> list[int]:
    step = max(1, total // wanted)
    return [*range(1, total + 1, step), *range(max(1, total - 4), total + 1)]


WRITES: dict[str, Callable[[Any, int], object]] = {
    "a new campaign": lambda house, n: house.post(f"new_{n}", n),
    "a new revision": lambda house, n: house.post("kept", n),
    "a deletion": lambda house, n: house.store.delete_campaign("default", f"doomed_{n}"),
    "a fit": lambda house, n: house.learn(),
}


def _abort_at_points(house: Any, state: State, write: str, wanted: int) -> None:
    act = WRITES[write]
    house.post("kept", 1)

    def prepare(n: int) -> None:
        if write == "a deletion":
            house.post(f"doomed_{n}", n)
        if write == "a fit":
            house.post("kept", n)

    prepare(2)
    with _Abort(house, 0) as counted:
        act(house, 2)
    failed, points = 0, _points(counted.seen, wanted)
    for n, point in enumerate(points, start=3):
        prepare(n)
        before = state(house.database)
        with _Abort(house, point):
            try:
                act(house, n)
            except Unavailable:
                failed += 1
                assert state(house.database) == before, point
            else:
                assert state(house.database) != before, point
        act(house, n)
        assert state(house.database) != before
    assert house.problems() == []
    assert failed > len(points) / 2  # the work ends before the last of them where it takes fewer operations


@pytest.mark.parametrize("write", WRITES)
def test_an_abort_at_any_operation_leaves_the_old_state_or_the_new(
    new_house: Callable[..., Any], state: State, write: str
) -> None:
    _abort_at_points(new_house(), state, write, wanted=36)


@pytest.mark.torture(part="disk")
@pytest.mark.parametrize("write", WRITES)
def test_an_abort_at_every_tenth_operation_leaves_the_old_state_or_the_new(
    new_house: Callable[..., Any], state: State, write: str
) -> None:
    _abort_at_points(new_house(), state, write, wanted=1_000)


@contextmanager
def _file_size_limit(size: int) -> Iterator[None]:
    """Let the kernel refuse to write any file beyond a size."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_write_the_kernel_refuses_leaves_the_old_state_or_the_new(
    new_house: Callable[..., Any], state: State
) -> None:
    house = new_house()
    house.post("kept", 1)
    log = house.folder / "store.db-wal"
    failed = 0
    for n in range(2, 60):
        before = state(house.database)
        limit = log.stat().st_size + (n - 2) * 3_001
        try:
            with _file_size_limit(limit):
                house.post("kept", n)
        except Unavailable:
            failed += 1
            assert state(house.database) == before, n
        house.post("kept", n)
        assert state(house.database) != before
    assert house.problems() == []
    assert 5 < failed < 58


def test_publishing_that_the_kernel_refuses_is_made_up_for(new_house: Callable[..., Any]) -> None:
    house = new_house()
    for n in range(1, 12):
        house.post("kept", n)
        try:
            with _file_size_limit(n * 150):
                house.publisher.publish_pending()
        except Unavailable:
            pass
        assert house.problems() == []
        assert house.published_problems() == []
