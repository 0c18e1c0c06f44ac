"""Long work that stops between two of its steps where nobody waits for it any longer.

The door that has work done says how it is known that who asked has left; whoever does the work says where a step
begins. What stores goes on to its end: who asks again finds it. Must not know doors, nor what the work is.
"""

from collections.abc import Callable, Iterable, Iterator
from contextvars import ContextVar
from typing import TypeVar

Item = TypeVar("Item")
Answer = TypeVar("Answer")


class NobodyWaits(Exception):
    """Who asked has left; nothing was stored. Not for those who turn errors into answers."""


def _never() -> bool:
    return False


_left: ContextVar[Callable[[], bool]] = ContextVar("left", default=_never)


def work_until(left: Callable[[], bool], work: Callable[[], Answer]) -> Answer:
    """Do work as long as who asked for it is there.

    Raises:
        NobodyWaits: at the first step after they left.
    """
    token = _left.set(left)
    try:
        return work()
    finally:
        _left.reset(token)


def to_the_end() -> None:
    """What follows is done though nobody may wait for it."""
    _left.set(_never)


def step() -> None:
    """The next step of what may be long begins.

    Raises:
        NobodyWaits: who asked has left.
    """
    if _left.get()():
        raise NobodyWaits


def in_steps(items: Iterable[Item]) -> Iterator[Item]:
    """The items, each a step."""
    for item in items:
        step()
        yield item
