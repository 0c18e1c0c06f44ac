"""Group commit: what comes while a transaction is under way shares the next one, and waits for the disk together.

Who finds no transaction under way makes one, of everything that came until then. Must not know what is stored.
"""

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from typing import Generic, TypeVar

from reflection.errors import StatementRefused, Unavailable

Record = TypeVar("Record")
Stored = TypeVar("Stored")


class GroupCommit(Generic[Record, Stored]):
    """The transactions of one writer at a time; for many threads.

    Args:
        save: stores records in one transaction, all of them or none; gives what is stored of each, in their order.
    """

    def __init__(self, save: Callable[[Sequence[Record]], list[Stored]]) -> None:
        self._save = save
        self._queue: list[tuple[Record, Future[Stored]]] = []
        self._busy = False
        self._turn = threading.Condition()

    def store(self, record: Record) -> Stored:
        """What is stored of a record, after the commit; raises what its transaction raises.

        One that is refused takes no other with it: each of its group is then stored in a transaction of its own.
        """
        answer = Future[Stored]()
        with self._turn:
            self._queue.append((record, answer))
            try:
                self._turn.wait_for(lambda: answer.done() or not self._busy)
            except BaseException:  # interrupted: what nobody waits for is not stored with what comes later
                self._queue = [one for one in self._queue if one[1] is not answer]
                raise
            if answer.done():
                return answer.result()
            self._busy, group, self._queue = True, self._queue, []
        try:
            self._commit(group)
        finally:
            with self._turn:
                self._busy = False
                self._queue[:0] = [one for one in group if not one[1].done() and one[1] is not answer]  # interrupted
                self._turn.notify_all()
        return answer.result()

    def _commit(self, group: Sequence[tuple[Record, Future[Stored]]]) -> None:
        try:
            stored = self._save([record for record, _ in group])
        except Exception as error:  # noqa: BLE001 - whoever waits for it gets it
            if len(group) > 1 and not _is_of_all(error):
                self._one_by_one(group)
                return
            for _, answer in group:
                answer.set_exception(error)
        else:
            for (_, answer), result in zip(group, stored, strict=True):
                answer.set_result(result)

    def _one_by_one(self, group: Sequence[tuple[Record, Future[Stored]]]) -> None:
        """Each in a transaction of its own; where nothing can be written any more the rest does not wait to hear it."""
        for place, one in enumerate(group):
            self._commit([one])
            with self._turn:
                self._turn.notify_all()
            if (error := one[1].exception()) is not None and _is_of_all(error):
                for _, answer in group[place + 1 :]:
                    answer.set_exception(error)
                return


def _is_of_all(error: BaseException) -> bool:
    """Whether nothing can be written, whoever sent it; else it is what one of them says."""
    return isinstance(error, Unavailable) and not isinstance(error, StatementRefused)
