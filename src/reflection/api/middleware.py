"""The outermost layer of the HTTP door: request id, gate, security headers, log line, and the last catch.

Everything a request meets before routing happens here, so that nothing (not even a 404) answers an unknown
caller and no exception leaves with its text. The one broad `except` of the HTTP door is here.
"""

import asyncio
import re
import time
import uuid
from collections.abc import Callable

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import ClientDisconnect, Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from reflection.api.access import Access, Caller, WrongKey, guesser_of
from reflection.api.limits import BodyLimit, RateLimiter
from reflection.api.metrics import Metrics
from reflection.api.opening import PATIENCE, Opening
from reflection.api.pools import call
from reflection.api.problems import response_of
from reflection.errors import ReflectionError

CLIENT_LEFT = 499
"""Logged when the client left before its body was read; nobody receives it."""

MOST_OF_A_PATH = 200
"""Characters of a path that no route has, in the log."""

HEALTH, READY = "/health", "/ready"
"""What answers while the server opens: that the process is there, and that it is not open yet."""

_REQUEST_ID = re.compile(r"^[A-Za-z0-9._-]{1,64}$")
_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cache-Control": "no-store",
}
log = structlog.get_logger("reflection.api")


class Outermost:
    """ASGI middleware around the whole application."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        access: Access,
        rates: RateLimiter,
        bodies: BodyLimit,
        is_public: Callable[[str], bool],
        metrics: Metrics,
        opening: Opening,
    ) -> None:
        self.app = app
        self._opening = opening
        self._metrics = metrics
        self._renewing = asyncio.Lock()
        self._access = access
        self._rates = rates
        self._bodies = bodies
        self._is_public = is_public

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request; start and stop pass through, web sockets (there are none) are refused."""
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
            return
        if scope["type"] != "http":
            await send({"type": "websocket.close", "code": 1008})
            return
        headers = Headers(scope=scope)
        state = scope.setdefault("state", {})
        state["request_id"] = request_id = _request_id(headers)
        structlog.contextvars.bind_contextvars(request_id=request_id)
        answer = _Answer(send, request_id)
        started = time.perf_counter()
        self._metrics.began()
        try:
            if scope["path"] != HEALTH:
                await self._opening.wait(0.0 if scope["path"] == READY else PATIENCE)
            await self._renew_keys(scope)
            state["caller"] = state.get("caller") or await self._admit(scope, headers)  # another door let them in
            receive = self._bodies.guard(scope, headers.get("content-length"), receive)
            call.set((scope, receive))
            await self.app(scope, receive, answer.send)
        except ClientDisconnect:
            answer.status = CLIENT_LEFT
        except Exception as error:
            if not isinstance(error, ReflectionError):
                log.exception("request_failed", path=_logged(scope))
            if answer.status:  # too late for another answer; closing the connection tells the client
                raise ConnectionAbortedError("the answer broke off") from None
            await response_of(Request(scope), error)(scope, receive, answer.send)
        finally:
            elapsed = time.perf_counter() - started
            self._metrics.ended(scope, answer.status, elapsed)
            ms = round(elapsed * 1000, 1)
            log.info("request", method=scope["method"], path=_logged(scope), status=answer.status, ms=ms)
            structlog.contextvars.unbind_contextvars("request_id")

    async def _renew_keys(self, scope: Scope) -> None:
        """Look at the stored keys once a second, in a thread of its own pool: busy endpoints must not hold it up."""
        if self._is_public(scope["path"]) or not self._access.is_stale:
            return
        async with self._renewing:
            if self._access.is_stale:
                await asyncio.to_thread(self._access.renew, scope["app"].state.application.keys.ring)

    async def _admit(self, scope: Scope, headers: Headers) -> Caller:
        self._access.check_origin(scope, headers)
        if self._access.has_keys and self._is_public(scope["path"]):
            return Caller("public", "default", writes=False)
        try:
            caller = self._access.caller(scope, headers)
        except WrongKey:
            await self._rates.take_failure(guesser_of(scope, headers))
            raise
        if self._access.has_keys:  # a keyless server has one caller: the person at this machine
            await self._rates.take(caller.name)
        return caller


class _Answer:
    """Sends on, remembering the status and adding the headers every response has."""

    def __init__(self, send: Send, request_id: str) -> None:
        self._send = send
        self._request_id = request_id
        self.status = 0

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            headers = MutableHeaders(scope=message)
            headers["X-Request-ID"] = self._request_id
            for name, value in _HEADERS.items():
                headers.setdefault(name, value)
        await self._send(message)


def _logged(scope: Scope) -> str:
    """A path for the log: the route's own, so that no id of a campaign stays in it; where there is none, as asked."""
    route = scope.get("route")
    return str(getattr(route, "path", scope["path"][:MOST_OF_A_PATH]))


def _request_id(headers: Headers) -> str:
    """The client's id when it is harmless, else a new one."""
    sent = headers.get("x-request-id", "")
    return sent if _REQUEST_ID.match(sent) else uuid.uuid4().hex
