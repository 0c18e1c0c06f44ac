"""Limits that hold before anything is parsed: bytes of a body, requests per key, failed keys per address.

Counts what is really read, whatever Content-Length claims. Must not know what a body means.
"""

import ipaddress
import math
import time
from collections.abc import Callable
from dataclasses import dataclass

from limits import RateLimitItem, RateLimitItemPerMinute
from starlette.exceptions import HTTPException
from starlette.types import Message, Receive, Scope

from reflection.errors import BodyTooLarge, TooManyRequests

FAILED_KEYS = RateLimitItemPerMinute(120)
"""How often one address may try a wrong key."""


SWEEP_SECONDS = 1.0


@dataclass(slots=True)
class _Window:
    """One caller's window: the monotonic instant it ends, and how many requests were let in."""

    end: float
    requests: int = 0


class RateLimiter:
    """Fixed windows in memory: two numbers per caller, forgotten afterwards; Retry-After is exact.

    By the monotonic clock: a clock that is set back, by a day or a year, locks nobody out.
    """

    def __init__(self, limit: RateLimitItem | None, clock: Callable[[], float] = time.monotonic) -> None:
        self._limit, self._clock = limit, clock
        self._windows: dict[tuple[str, str], _Window] = {}
        self._swept = clock()

    def take(self, caller: str) -> None:
        """Count one request.

        Raises:
            TooManyRequests: the caller's limit is reached.
        """
        if self._limit is not None:
            self._take(self._limit, "caller", caller)

    def take_failure(self, address: str) -> None:
        """Count one wrong key of an address (an IPv6 network of 64 bits counts as one).

        Raises:
            TooManyRequests: this address guesses keys.
        """
        self._take(FAILED_KEYS, "failed", _network(address))

    def _take(self, limit: RateLimitItem, kind: str, client: str) -> None:
        now = self._clock()
        self._sweep(now)
        window = self._windows.get((kind, client))
        if window is None or window.end <= now:
            window = self._windows[kind, client] = _Window(now + limit.get_expiry())
        if window.requests >= limit.amount:
            raise TooManyRequests(
                f"more than {limit.amount} requests in {limit.get_expiry()} seconds",
                retry_after=max(1, math.ceil(window.end - now)),
                hint="wait as long as Retry-After says; MARKO_RATE_LIMIT sets the limit",
            )
        window.requests += 1

    def _sweep(self, now: float) -> None:
        """Forget windows that have ended, once a second at most."""
        if now - self._swept >= SWEEP_SECONDS:
            self._swept = now
            self._windows = {key: window for key, window in self._windows.items() if window.end > now}


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
