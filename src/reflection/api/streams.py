"""Answers that go on: server-sent events that end when the client leaves, its key is revoked, the server stops, or
after a while.

Streams are counted by caller, by workspace and in all; what they tell is read in two threads of their own, so that no
stream ever holds a thread that answers requests. Must not know what is told.
"""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from typing import Any, TypeVar

import orjson
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from reflection.api.access import Access
from reflection.errors import ReflectionError, TooManyRequests
from reflection.wiring import Application

EVENT_STREAM = "text/event-stream"
MOST_OF_A_CALLER, MOST_OF_A_WORKSPACE, MOST = 8, 40, 200
KEPT = 20
"""Of all streams the last few are for workspaces that have none."""

STREAM_SECONDS = 600.0
"""How long one stream lasts at most; the client connects again by itself."""

KEEP_ALIVE = 15.0
"""Seconds without news before a comment keeps the connection open."""

LONGEST_SENDING = 30.0
"""Seconds that a client may take for what was sent last before the connection is given up."""

RETRY_AFTER = 15
"""Seconds after which a caller with too many streams may try again."""

STOPPING = "stopping"
"""In the state of a request whose server is about to stop."""

NOTHING_NEW = b""
"""What a source yields when it has looked and there is no news."""

_READERS = 2
Value = TypeVar("Value")
Source = AsyncIterator[bytes]


class Streams:
    """The streams of one server process."""

    def __init__(self, access: Access) -> None:
        self._access = access
        self._open: Counter[tuple[str, ...]] = Counter()
        self._readers = ThreadPoolExecutor(_READERS, "stream")

    @property
    def open(self) -> int:
        """How many there are."""
        return self._open[()]

    async def read(self, look: Callable[..., Value], *arguments: Any) -> Value:
        """What a function that may wait for the store says, in a thread that no request needs."""
        return await asyncio.get_running_loop().run_in_executor(self._readers, look, *arguments)

    @contextmanager
    def place(self, caller: str, workspace: str) -> Iterator[None]:
        """A place for one more stream of a caller in a workspace.

        Raises:
            TooManyRequests: the caller, the workspace, or all together have as many as they may have.
        """
        own = self._open["workspace", workspace]
        full = {
            f"{MOST_OF_A_CALLER} streams of this caller are open": self._open["caller", caller] >= MOST_OF_A_CALLER,
            f"{MOST_OF_A_WORKSPACE} streams of this workspace are open": own >= MOST_OF_A_WORKSPACE,
            "this server has as many streams open as it may": self.open >= (MOST - KEPT if own else MOST),
        }
        for sentence, is_full in full.items():
            if is_full:
                raise TooManyRequests(sentence, retry_after=RETRY_AFTER, hint="close one, or come again later")
        place = [(), ("caller", caller), ("workspace", workspace)]
        self._open.update(place)
        try:
            yield
        finally:
            self._open.subtract(place)
            self._open += Counter()  # forgets who has none

    async def is_let_in(self, scope: Scope, application: Application) -> bool:
        """Whether the caller of a stream would be let in now: a key may have been revoked since, or the first made."""
        try:
            if self._access.is_stale:
                await self.read(self._access.renew, application.keys.ring)
            return bool(self._access.caller(scope, Headers(scope=scope)) == scope["state"]["caller"])
        except ReflectionError:  # the headers are out: ending is all that can be said
            return False


class EventStream(StreamingResponse):
    """Server-sent events from a source that yields `NOTHING_NEW` each time it has looked in vain."""

    def __init__(self, streams: Streams, request: Request, workspace: str, source: Source) -> None:
        self._streams, self._application = streams, request.app.state.application
        self._place = streams.place(request.state.caller.name, workspace)
        headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        super().__init__(self._guarded(request.scope, source), media_type=EVENT_STREAM, headers=headers)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send until the client leaves or the time is over, also to one that has stopped reading.

        Raises:
            TooManyRequests: the caller or the workspace has as many streams as it may have.
        """
        with self._place, suppress(TimeoutError):
            async with asyncio.timeout(STREAM_SECONDS + LONGEST_SENDING):
                await super().__call__(scope, receive, send)

    async def _guarded(self, scope: Scope, source: Source) -> AsyncIterator[bytes]:
        end, quiet_since = time.monotonic() + STREAM_SECONDS, time.monotonic()
        yield b"retry: 1000\n\n"
        async for chunk in source:
            if not await self._streams.is_let_in(scope, self._application):
                return
            if chunk != NOTHING_NEW:
                quiet_since = time.monotonic()
                yield chunk
            elif time.monotonic() - quiet_since >= KEEP_ALIVE:
                quiet_since = time.monotonic()
                yield b": still here\n\n"
            if time.monotonic() >= end or STOPPING in scope["state"]:
                return


def event(name: str, data: Any) -> bytes:
    """One server-sent event."""
    return b"event: " + name.encode() + b"\ndata: " + orjson.dumps(data) + b"\n\n"


class Lookout:
    """What is told of a workspace at the moment; all who ask within a moment get the same look.

    Args:
        look: (workspace) -> what is told; waits until it is known.
        moment: seconds that a look lasts.
    """

    def __init__(self, look: Callable[[str], Awaitable[Any]], moment: float) -> None:
        self._look, self._moment = look, moment
        self._looks: dict[str, tuple[float, Any]] = {}
        self._one_at_a_time: dict[str, asyncio.Lock] = {}

    async def now(self, workspace: str) -> Any:
        """The last look if it is of this moment, else another."""
        if len(self._looks) > MOST:
            self._looks.clear()
            self._one_at_a_time.clear()
        async with self._one_at_a_time.setdefault(workspace, asyncio.Lock()):
            seen = self._looks.get(workspace)
            if seen is None or time.monotonic() - seen[0] >= self._moment:
                seen = self._looks[workspace] = (time.monotonic(), await self._look(workspace))
            return seen[1]
