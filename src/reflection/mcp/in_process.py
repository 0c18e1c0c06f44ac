"""The API's own routes, called in this process on behalf of one caller, and their refusals as the tools' errors.

Nothing leaves the process: a call is one ASGI request. Must not know what a route does.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import httpx2
import orjson
from mcp.server.mcpserver.exceptions import ToolError
from starlette.types import ASGIApp, Receive, Scope, Send

_BASE = "http://in-process"
_JSON = {"Content-Type": "application/json"}


@dataclass(frozen=True, slots=True)
class Routes:
    """The routes as one caller may use them.

    Attributes:
        app: the API; it takes the caller from the scope, where no request from outside can put one.
        caller: who asks, as the API's own check let them in.
        workspace: the one they work in; None where the caller's own is meant.
    """

    app: ASGIApp
    caller: object
    workspace: str | None

    async def get(self, path: str, **query: Any) -> Any:
        """The JSON of a reading route; a parameter that is None is left out.

        Raises:
            ToolError: what the route answered, when it refused.
        """
        return orjson.loads(await self._call("GET", path, query=query))

    async def text(self, path: str, **query: Any) -> str:
        """What a reading route gives as text.

        Raises:
            ToolError: what the route answered, when it refused.
        """
        return (await self._call("GET", path, query=query)).decode()

    async def post(self, path: str, body: Any, **query: Any) -> Any:
        """The JSON of a writing route.

        Raises:
            ToolError: what the route answered, when it refused.
        """
        return orjson.loads(await self._call("POST", path, query=query, body=body))

    async def _call(self, method: str, path: str, query: Mapping[str, Any], body: Any = None) -> bytes:
        async def admitted(scope: Scope, receive: Receive, send: Send) -> None:
            await self.app({**scope, "state": {"caller": self.caller}}, receive, send)

        headers = {} if self.workspace is None else {"X-Workspace": self.workspace}
        async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app=admitted), base_url=_BASE) as client:
            response = await client.request(
                method,
                path,
                params={name: value for name, value in query.items() if value is not None},
                headers=headers if body is None else {**headers, **_JSON},
                content=None if body is None else orjson.dumps(body),
            )
        if response.status_code >= 400:
            raise ToolError(refusal(orjson.loads(response.content)))
        return response.content


def segment(value: str) -> str:
    """An id as one segment of a path."""
    return quote(value, safe="")


def refusal(problem: Mapping[str, Any]) -> str:
    """A problem+json answer as text for a model: what is wrong, at which field, and what to change."""
    lines = [f"{problem['title']}: {problem['detail']}"]
    lines += [f"- {error['field'] or 'the whole'}: {error['problem']}" for error in problem.get("errors", ())]
    if problem.get("hint"):
        lines.append(f"What to do: {problem['hint']}")
    return "\n".join(lines)
