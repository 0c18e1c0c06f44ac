"""Connections of a server: how long a client may take to say what it wants, and how many it may hold.

A protocol for uvicorn that adds what it leaves open: a deadline for the head of a request and one for its body, a least
pace of reading the answer, and, where an address or all together hold as many connections as they may, that the longest
unfinished one makes room for the newest. Must not know what is asked.
"""

import asyncio
import sys
import time
from collections.abc import Callable
from operator import itemgetter
from typing import Any, cast

import h11
import structlog
from uvicorn.protocols.http.h11_impl import H11Protocol

from reflection.api.streams import STOPPING

if sys.platform != "win32":
    import resource

HEAD_SECONDS = 10.0
"""From a connection, or from the first byte of a further request, until its head is there."""

BODY_SECONDS, BODY_BYTES_A_SECOND = 20.0, 1_000
"""A body may take so long, and so much longer for what has come of it."""

READING_SECONDS = 60.0
"""A client that takes nothing of its answer for so long is given up."""

DRAINED_SECONDS, DRAINED_BYTES = 5.0, 32 * 1_048_576
"""So much of a body that was refused is read and dropped: who still writes would see a reset and not the answer."""

LOOK_SECONDS = 2.0
SPARE_DESCRIPTORS = 192
"""Of the process's descriptors, left for files and for what is not counted here."""

ACCEPTED_AT_ONCE = 128
"""Connections taken before any of them is looked at: fewer than `SPARE_DESCRIPTORS`, so that there is one for each."""

OF_AN_ADDRESS = 0.75
"""The share of all connections that one address may hold."""

ENOUGH = 10_000
_TOO_SLOW = b"HTTP/1.1 408 Request Timeout\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
log = structlog.get_logger("reflection.api")


def most_connections() -> int:
    """How many connections this process may hold."""
    if sys.platform == "win32":
        return ENOUGH
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return ENOUGH if soft == resource.RLIM_INFINITY else min(ENOUGH, max(soft // 4, soft - SPARE_DESCRIPTORS))


class _PatientTransport:
    """A transport that asks its connection before it closes; all else is the transport's own."""

    def __init__(self, transport: asyncio.Transport, lingers: Callable[[], bool]) -> None:
        self._transport, self._lingers = transport, lingers

    def close(self) -> None:
        """Close, or only say that nothing more will be written."""
        if not self._lingers():
            self._transport.close()
        elif self._transport.can_write_eof():
            self._transport.write_eof()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)


class BoundedConnection(H11Protocol):
    """A connection with deadlines, of which there are not too many."""

    most = most_connections()

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._head_since: float | None = None
        self._body_since, self._body_last, self._body_bytes = 0.0, 0.0, 0
        self._written_since, self._unwritten = 0.0, 0
        self._refused_since, self._drained, self._lingering = 0.0, 0, False
        self._look_task: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """A client is there: it has so long to say what it wants, and one that holds too many gives one up."""
        super().connection_made(cast("asyncio.Transport", _PatientTransport(transport, self._lingers)))
        self._head_since = time.monotonic()
        self._look_task = self.loop.call_later(LOOK_SECONDS, self._look)
        mine = [other for other in self._others() if other.client and self.client and other.client[0] == self.client[0]]
        if len(mine) >= OF_AN_ADDRESS * self.most:
            self._make_room(mine)
        elif len(self.connections) > self.most:
            self._make_room(self._others())

    def connection_lost(self, exc: Exception | None) -> None:
        """The client left."""
        if self._look_task is not None:
            self._look_task.cancel()
        super().connection_lost(exc)

    def shutdown(self) -> None:
        """The server is about to stop: what is being answered is finished, and what has no end is told to end."""
        if self.cycle is not None:
            self.cycle.scope["state"][STOPPING] = True
        super().shutdown()

    def data_received(self, data: bytes) -> None:
        """Bytes came: of a head, of a body, or of a body that was refused."""
        if self._is_refused and self._drain(data):
            return
        if self._is_asking:
            self._body_last, self._body_bytes = time.monotonic(), self._body_bytes + len(data)
        elif self._head_since is None and not self._is_refused:
            self._head_since = time.monotonic()
        answers = self.cycle
        super().data_received(data)
        if self.cycle is not answers:  # a whole head came
            self._head_since, self._body_bytes = None, len(data)
            self._body_since = self._body_last = time.monotonic()
            self._refused_since, self._drained = 0.0, 0

    @property
    def _is_asking(self) -> bool:
        """Whether a request is under way: its head is there, its answer is not complete."""
        return self.cycle is not None and not self.cycle.response_complete

    @property
    def _is_refused(self) -> bool:
        """Whether the answer is complete although the body of the request is not."""
        return self.cycle is not None and self.cycle.response_complete and self.conn.their_state is h11.SEND_BODY

    @property
    def _owes_body(self) -> bool:
        """Whether more of the body has to come, and we would read it."""
        return bool(self.cycle.more_body) and not self.flow.read_paused

    def _lingers(self) -> bool:
        """Whether a connection that is to be closed reads on for a while."""
        if not self._is_refused or self._lingering:
            return False
        self._lingering, self._refused_since = True, self._refused_since or time.monotonic()
        self.flow.resume_reading()
        return True

    def _drain(self, data: bytes) -> bool:
        """Count what comes of a refused body; whether nobody shall look at it."""
        self._refused_since = self._refused_since or time.monotonic()
        self._drained += len(data)
        if self._drained > DRAINED_BYTES:
            self.transport.abort()
        return self._lingering or self.transport.is_closing()

    def _others(self) -> "list[BoundedConnection]":
        return [other for other in self.connections if isinstance(other, BoundedConnection) and other is not self]

    def _make_room(self, others: "list[BoundedConnection]") -> None:
        """End the one that has kept us waiting longest; where all of them are being answered, the newest: this one."""
        log.warning("too many connections: the longest unfinished one is ended", most=self.most)
        waiting = [(since, other) for other in others if (since := other._waiting_since) is not None]
        _, slowest = min(waiting, key=itemgetter(0), default=(0.0, self))
        slowest.transport.abort()

    @property
    def _waiting_since(self) -> float | None:
        """Since when the client owes us the rest of a request, 0 where it asks nothing; None while it waits for us.

        A body keeps us waiting since its last bytes, or since all that came of it would have come at the least pace:
        a long one that comes well is no older than a young head, and one that trickles, or came at once and no further,
        is as old as it is.
        """
        if self.transport.is_closing():
            return None
        if not self._is_asking:
            return self._head_since or 0.0
        return min(self._body_last, self._body_since + self._body_credit) if self._owes_body else None

    @property
    def _body_credit(self) -> float:
        """Seconds that a body may take longer for what has come of it."""
        return self._body_bytes / BODY_BYTES_A_SECOND

    def _look(self) -> None:
        """Every few seconds: has the client kept us waiting too long?"""
        if self.transport.is_closing():
            return
        if reason := self._overdue(time.monotonic()):
            log.warning(f"a connection is ended: {reason}")
            self._give_up()
        else:
            self._look_task = self.loop.call_later(LOOK_SECONDS, self._look)

    def _give_up(self) -> None:
        """Say that it took too long, where nothing was said yet, and end it."""
        if self._is_refused or (self._is_asking and self.cycle.response_started):
            self.transport.abort()
            return
        self.transport.write(_TOO_SLOW)
        self.transport.close()

    def _overdue(self, now: float) -> str | None:
        if self._is_refused:
            self._refused_since = self._refused_since or now
            return "it goes on with a body that was refused" if now - self._refused_since > DRAINED_SECONDS else None
        if self._head_since is not None and not self._is_asking:
            return "its request did not come" if now - self._head_since > HEAD_SECONDS else None
        if not self._is_asking:
            return None
        if self._owes_body and now - self._body_since > BODY_SECONDS + self._body_credit:
            return "the body of its request comes too slowly"
        unwritten = self.transport.get_write_buffer_size()
        if not unwritten or unwritten < self._unwritten or not self._unwritten:
            self._written_since = now
        self._unwritten = unwritten
        return "it does not read its answer" if now - self._written_since > READING_SECONDS and unwritten else None
