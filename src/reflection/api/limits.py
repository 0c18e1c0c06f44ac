"""Limits that hold before anything is parsed: bytes of a body, requests per key, failed keys per address.

Counts what is really read, whatever Content-Length claims. Must not know what a body means.
"""

import ipaddress
import time

from limits import RateLimitItem, RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import FixedWindowRateLimiter
from starlette.exceptions import HTTPException
from starlette.types import Message, Receive, Scope

from reflection.errors import BodyTooLarge, TooManyRequests

FAILED_KEYS = RateLimitItemPerMinute(120)
"""How often one address may try a wrong key."""


class RateLimiter:
    """Fixed windows in memory: two numbers per caller, forgotten afterwards; Retry-After is exact."""

    def __init__(self, limit: RateLimitItem | None) -> None:
        self._limit = limit
        self._counter = FixedWindowRateLimiter(MemoryStorage())

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
        if not self._counter.hit(limit, kind, client):
            reset = self._counter.get_window_stats(limit, kind, client).reset_time
            raise TooManyRequests(
                f"more than {limit.amount} requests in {limit.get_expiry()} seconds",
                retry_after=max(1, round(reset - time.time() + 0.5)),
                hint="wait as long as Retry-After says; MARKO_RATE_LIMIT sets the limit",
            )


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
