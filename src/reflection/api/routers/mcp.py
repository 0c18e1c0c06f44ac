"""POST /mcp: the agents' door. The protocol's server answers; this names the path and its right like every other."""

from fastapi import Request, Response
from starlette.types import Receive, Scope, Send

from reflection.api.router import Router
from reflection.mcp.door import AgentDoor

router = Router(tags=["agents"])


class Handover(Response):
    """A response that another ASGI application gives."""

    def __init__(self, door: AgentDoor) -> None:
        super().__init__()
        self._door = door

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let it answer."""
        await self._door(scope, receive, send)


@router.post("/mcp", summary="The agents' door (Model Context Protocol)", response_class=Response)
async def agents(request: Request) -> Response:
    """Streamable HTTP: one JSON-RPC message in, its answer out, no session kept; docs/agents.md says how to connect."""
    return Handover(request.app.state.agent_door)
