"""Equal heavy readings are made once for all who wait for them, and kept for a little while.

An answer is given only to who asked for nothing newer. Must not know what is read, nor which thread makes it.
"""

import asyncio
import copy
import functools
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable
from dataclasses import dataclass, field

from starlette.responses import Response

KEPT, KEPT_SECONDS, KEPT_BYTES = 8, 60.0, 4_000_000
"""Of heavy answers the last few are kept for a minute, while nothing was written meanwhile."""


@dataclass(slots=True, eq=False)
class _Making:
    """One answer on its way: who waits for it, and the version of the store it is read from, once it is begun."""

    task: "asyncio.Task[Response]" = field(init=False)
    version: Hashable = None
    waiters: int = 0

    def begin(self, version: Hashable) -> None:
        self.version = version

    def serves(self, version: Hashable) -> bool:
        """Whether it holds all that was stored when this version was: what is not begun yet will."""
        return self.version is None or self.version == version


class Once:
    """Equal heavy readings: made once for all who wait for them, and kept for a little while."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._answers: OrderedDict[Hashable, tuple[float, Hashable, Response]] = OrderedDict()
        self._under_way: dict[Hashable, _Making] = {}

    async def get(
        self, key: Hashable, version: Hashable, make: Callable[[Callable[[Hashable], None]], Awaitable[Response]]
    ) -> Response:
        """The answer under a key; the last who leaves while it waits for its turn takes it back.

        Args:
            version: what the store's is now; an answer read from an older one is not given.
            make: makes it; calls its argument with the version that it reads from before it reads.
        """
        entry = self._answers.get(key)
        if entry is not None and entry[1] == version and self._clock() - entry[0] < KEPT_SECONDS:
            return _copy(entry[2])
        making = self._under_way.get(key)
        if making is None or not making.serves(version):
            making = self._under_way[key] = _Making()
            making.task = asyncio.ensure_future(make(making.begin))
            making.task.add_done_callback(functools.partial(self._done, key, making))
        making.waiters += 1
        try:
            return _copy(await asyncio.shield(making.task))
        finally:
            making.waiters -= 1
            if not making.waiters:
                making.task.cancel()  # nobody wants it any longer; what is made already is not harmed
                self._forget(key, making)  # at once: who comes now must not share what was given up

    def _forget(self, key: Hashable, making: _Making) -> None:
        if self._under_way.get(key) is making:
            del self._under_way[key]

    def _done(self, key: Hashable, making: _Making, task: "asyncio.Task[Response]") -> None:
        self._forget(key, making)
        if task.cancelled() or task.exception() is not None:
            return
        answer = task.result()
        if len(answer.body) > KEPT_BYTES:
            return
        self._answers[key] = (self._clock(), making.version, answer)
        self._answers.move_to_end(key)
        while len(self._answers) > KEPT:
            self._answers.popitem(last=False)


def _copy(response: Response) -> Response:
    """The answer for one caller: its headers are completed on the way out."""
    own = copy.copy(response)
    own.raw_headers = list(response.raw_headers)
    return own
