"""Limits that hold before anything is parsed: bytes of a body, requests per key, failed keys per address.

Counts what is really read, whatever Content-Length claims. Must not know what a body means.
"""

import asyncio
import ipaddress
import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from limits import RateLimitItem, RateLimitItemPerMinute
from starlette.exceptions import HTTPException
from starlette.types import Message, Receive, Scope

from reflection.domain.board import Board, MemoryBoard, Note
from reflection.errors import BodyTooLarge, TooManyRequests

FAILED_KEYS = RateLimitItemPerMinute(120)
"""How often one address may try a wrong key."""

NONE_LEFT = -1
"""In place of a lease: nothing of the window is left."""

A_LEASE = 8
"""A lease is an eighth of what is left of a window: some sixty notes for the 6,000 requests of a minute, and towards
the limit one by one, so that never more are let in than the limit says, however many processes let in."""

SWEEP_SECONDS = 1.0


@dataclass(slots=True)
class _Lease:
    """What this process may let in of a caller's window without asking; `end` is by its own monotonic clock."""

    end: float = 0.0
    left: int = 0
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)


class RateLimiter:
    """Fixed windows on a board, of which a process leases a part at a time; Retry-After is exact.

    Two numbers per caller here and two on the board, forgotten afterwards. All its methods belong to the event loop.
    """

    def __init__(
        self,
        limit: RateLimitItem | None,
        board: Board | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._limit, self._clock = limit, clock
        self._board: Board = board or MemoryBoard(clock)
        self._leases: dict[str, _Lease] = {}
        self._swept = clock()

    def share(self, board: Board) -> None:
        """Count on this board from now on, with all others who do."""
        self._board = board

    async def take(self, caller: str) -> None:
        """Count one request.

        Raises:
            TooManyRequests: the caller's limit is reached.
            Unavailable: the board cannot be asked.
        """
        if self._limit is not None:
            await self._take(self._limit, f"requests {caller}")

    async def take_failure(self, address: str) -> None:
        """Count one wrong key of an address (an IPv6 network of 64 bits counts as one).

        Raises:
            TooManyRequests: this address guesses keys.
            Unavailable: the board cannot be asked.
        """
        await self._take(FAILED_KEYS, f"failures {_network(address)}")

    async def _take(self, limit: RateLimitItem, name: str) -> None:
        self._sweep(self._clock())
        lease = self._leases.setdefault(name, _Lease())
        if not self._spent(lease, limit):
            async with lease.turn:  # of many who wait, one asks for all
                if not self._spent(lease, limit):
                    await self._renew(lease, limit, name)
                    self._spent(lease, limit)

    def _spent(self, lease: _Lease, limit: RateLimitItem) -> bool:
        """Whether one of the lease could be spent; False where it has ended or is used up and may be renewed.

        Raises:
            TooManyRequests: it is used up, and so is the window.
        """
        now = self._clock()
        if lease.end <= now or lease.left == 0:
            return False
        if lease.left == NONE_LEFT:
            raise TooManyRequests(
                f"more than {limit.amount} requests in {limit.get_expiry()} seconds",
                retry_after=max(1, math.ceil(lease.end - now)),
                hint="wait as long as Retry-After says; MARKO_RATE_LIMIT sets the limit",
            )
        lease.left -= 1
        return True

    async def _renew(self, lease: _Lease, limit: RateLimitItem, name: str) -> None:
        """Lease a part of the window."""
        seconds = limit.get_expiry()

        def leased(note: Note, now: float) -> tuple[Note, tuple[int, float]]:
            if not note or note["ends"] > now + seconds:  # the second: noted before the board's clock was set back
                note = {"used": 0.0, "ends": now + seconds}
            left = limit.amount - int(note["used"])
            part = min(left, max(1, left // A_LEASE))
            return {**note, "used": note["used"] + part}, (part, note["ends"] - now)

        change = self._board.change
        part, ends = change(name, leased) if self._board.at_once else await asyncio.to_thread(change, name, leased)
        lease.left, lease.end = part or NONE_LEFT, self._clock() + ends

    def _sweep(self, now: float) -> None:
        """Forget leases that have ended, once a second at most."""
        if now - self._swept >= SWEEP_SECONDS:
            self._swept = now
            self._leases = {
                name: lease for name, lease in self._leases.items() if lease.end > now or lease.turn.locked()
            }


class BodyLimit:
    """The byte limit of a request's body: announced and real."""

    def __init__(self, default: int, special: dict[str, int]) -> None:
        self._default = default
        self._special = special

    def guard(self, scope: Scope, announced: str | None, receive: Receive) -> Receive:
        """Refuse an announced excess now; wrap `receive` so that a real one is refused while reading.

        Raises:
            BodyTooLarge: Content-Length exceeds the limit.
        """
        limit = self._special.get(scope["path"], self._default)
        if announced is not None and announced.isdigit() and int(announced) > limit:
            raise BodyTooLarge(_too_large(limit), hint="send less at once; MARKO_MAX_BODY_BYTES sets the limit")
        total = 0

        async def counted() -> Message:
            nonlocal total
            message = await receive()
            if message["type"] == "http.request":
                total += len(message.get("body", b""))
                if total > limit:
                    # An HTTPException passes through the framework's own body parsing unchanged.
                    raise HTTPException(413, _too_large(limit))
            return message

        return counted


def _too_large(limit: int) -> str:
    return f"the body has more than {limit:,} bytes"


def _network(address: str) -> str:
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    return str(ipaddress.ip_network((parsed, 64), strict=False)) if parsed.version == 6 else address
