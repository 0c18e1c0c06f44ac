"""The agents' door over HTTP: an ASGI application of one path, in the API's process.

A caller is who the API's own check let in. The protocol's library takes a fifth of a server's start, so it is loaded
with the first message. Must not know the tools.
"""

import asyncio
from functools import cached_property
from typing import TYPE_CHECKING, Any

import orjson
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

if TYPE_CHECKING:
    from mcp.server.mcpserver import Context, MCPServer

    from reflection.mcp.in_process import Routes


_REFUSED = 400
_OF_ITS_TYPES = b"validation error"
_HOW = "this is no message of JSON-RPC 2.0: send an object with jsonrpc, id, method and params, which is an object"
_NO_MESSAGE = orjson.dumps({"jsonrpc": "2.0", "id": None, "error": {"code": -32600, "message": _HOW}})


class AgentDoor:
    """Answers each message by itself; no session is kept."""

    def __init__(self, app: ASGIApp, version: str) -> None:
        self._app, self._version = app, version
        self._making = asyncio.Lock()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one message of the protocol."""
        async with self._making:  # the first one makes the server, beside the other requests
            server = await run_in_threadpool(lambda: self._server)
        from mcp.server.streamable_http_manager import StreamableHTTPSessionManager

        manager = StreamableHTTPSessionManager(server._lowlevel_server, json_response=True, stateless=True)
        async with manager.run():
            await manager.handle_request(scope, receive, _Plainly(scope, receive, send).send)

    @cached_property
    def _server(self) -> "MCPServer[Any]":
        from reflection.mcp.server import make_server

        return make_server(self._routes_of, self._version)

    def _routes_of(self, context: "Context") -> "Routes":
        from reflection.mcp.in_process import Routes

        request: Any = context.request_context.request
        return Routes(self._app, request.state.caller, request.headers.get("x-workspace"))


class _Plainly:
    """Sends on what the protocol's library answers, but for a refusal that tells of the library's own types."""

    def __init__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self._scope, self._receive, self._send = scope, receive, send
        self._refusal: Message | None = None

    async def send(self, message: Message) -> None:
        if message.get("status") == _REFUSED:
            self._refusal = message
            return
        if self._refusal is not None:
            start, self._refusal = self._refusal, None
            if _OF_ITS_TYPES in message["body"]:
                answer = Response(_NO_MESSAGE, _REFUSED, media_type="application/json")
                await answer(self._scope, self._receive, self._send)
                return
            await self._send(start)
        await self._send(message)
