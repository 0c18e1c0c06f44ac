"""What comes while a transaction is under way shares the next one; what is refused takes no other with it."""

import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest

from reflection.errors import Conflict, StatementRefused, StorageFull, Unavailable
from reflection.store.group_commit import GroupCommit

NAMES = ("first", "second", "third", "fourth")


class Table:
    """Notes its transactions; the first waits until it is told to end."""

    def __init__(self, refusals: dict[str, Exception] | None = None) -> None:
        self.transactions: list[list[str]] = []
        self.refusals = refusals or {}
        self.begun, self.may_end = threading.Event(), threading.Event()

    def save(self, records: Sequence[str]) -> list[str]:
        self.transactions.append(list(records))
        if len(self.transactions) == 1:
            self.begun.set()
            assert self.may_end.wait(10)
        for record in records:
            if record in self.refusals:
                raise self.refusals[record]
        return [f"{record} stored" for record in records]


def _results(table: Table) -> dict[str, str | BaseException]:
    """What each of the names is answered, of which all but the first come while the first is being stored."""
    commits, queued = GroupCommit(table.save), threading.Semaphore(0)
    with ThreadPoolExecutor(len(NAMES)) as threads:
        first = threads.submit(commits.store, NAMES[0])
        assert table.begun.wait(10)

        def store(name: str) -> str:
            queued.release()
            return commits.store(name)

        others = []
        for number, name in enumerate(NAMES[1:], start=1):
            others.append(threads.submit(store, name))
            queued.acquire()
            while len(commits._queue) < number:
                time.sleep(0.001)
        table.may_end.set()
        futures = dict(zip(NAMES, (first, *others), strict=True))
        return {name: future.exception() or future.result() for name, future in futures.items()}


def test_what_comes_while_one_is_stored_is_stored_in_one_transaction_in_the_order_in_which_it_came() -> None:
    table = Table()

    assert _results(table) == {name: f"{name} stored" for name in NAMES}
    assert table.transactions == [[NAMES[0]], list(NAMES[1:])]


@pytest.mark.parametrize(
    "refusal",
    [Conflict("the key was used for another request"), StatementRefused("the database refused the statement")],
)
def test_one_that_is_refused_takes_no_other_with_it(refusal: Exception) -> None:
    table = Table({"third": refusal})

    results = _results(table)

    assert results == {name: f"{name} stored" for name in NAMES} | {"third": refusal}
    assert table.transactions[2:] == [[name] for name in NAMES[1:]]


@pytest.mark.parametrize("failure", [StorageFull("the disk is full"), Unavailable("the database is busy")])
def test_where_nothing_can_be_written_all_of_a_group_hear_it_at_once(failure: Exception) -> None:
    table = Table({"second": failure})

    assert _results(table) == {"first": "first stored"} | dict.fromkeys(NAMES[1:], failure)
    assert len(table.transactions) == 2


def test_an_interruption_leaves_the_others_of_its_group_to_the_next() -> None:
    class Interruption(BaseException):
        """As a signal raises it in the thread that stores a group."""

    class InterruptedTable(Table):
        def save(self, records: Sequence[str]) -> list[str]:
            stored = super().save(records)
            if len(self.transactions) == 2:
                raise Interruption
            return stored

    results = _results(table := InterruptedTable())

    interrupted = [name for name, result in results.items() if isinstance(result, Interruption)]
    assert len(interrupted) == 1
    assert table.transactions[2:] == [[name for name in NAMES[1:] if name not in interrupted]]


def test_where_nothing_can_be_written_any_more_the_rest_of_a_refused_group_hears_it_at_once() -> None:
    """One refusal makes every other of its group a transaction of its own: none waits for the lock after another."""
    refusal, busy = Conflict("the key was used for another request"), Unavailable("the database is busy")
    table = Table({"second": refusal, "third": busy})

    assert _results(table) == {"first": "first stored", "second": refusal, "third": busy, "fourth": busy}
    assert table.transactions[2:] == [["second"], ["third"]]
