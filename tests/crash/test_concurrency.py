"""Submissions from several processes and threads at once are all stored and counted once."""

import os
import threading
from collections.abc import Callable
from typing import Any

import pytest


def _process(make: Callable[[], Any], process: int, threads: int, each: int) -> None:
    house = make()
    finished: list[int] = []

    def work(thread: int) -> None:
        for number in range(each):
            house.post(f"cmp_{process}_{thread}_{number:03}", number)
            if number % 5 == 0:
                house.post("shared", 0)  # the same content from everybody
        finished.append(thread)

    workers = [threading.Thread(target=work, args=(thread,)) for thread in range(threads)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    os._exit(0 if len(finished) == threads else 1)


def _run(new_house: Callable[..., Any], processes: int, threads: int, each: int) -> None:
    new_house("shared").close()
    children = []
    for process in range(processes):
        child = os.fork()
        if child == 0:
            try:
                _process(lambda: new_house("shared"), process, threads, each)
            finally:
                os._exit(2)
        children.append(child)
    codes = [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children]
    assert codes == [0] * processes

    house = new_house("shared")
    names = {name for name, _ in house.store.live_evidence("default")}
    expected = {
        f"cmp_{process}_{thread}_{number:03}"
        for process in range(processes)
        for thread in range(threads)
        for number in range(each)
    }
    assert names == expected | {"shared"}
    assert [entry.sign for entry in house.store.ledger("default")] == [1] * len(names)
    assert house.problems() == []


def test_two_processes_of_four_threads_lose_nothing(new_house: Callable[..., Any]) -> None:
    _run(new_house, processes=2, threads=4, each=15)


@pytest.mark.torture(part="disk")
def test_two_processes_of_eight_threads_lose_nothing(new_house: Callable[..., Any]) -> None:
    _run(new_house, processes=2, threads=8, each=100)
