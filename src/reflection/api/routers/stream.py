"""GET /v1/stream: what changes in a workspace, as it changes: learning under way and the progress of imports."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

from fastapi import Request
from starlette.responses import StreamingResponse

from reflection.api.dependencies import ApplicationPart, Workspace
from reflection.api.router import Router
from reflection.api.streams import EVENT_STREAM, NOTHING_NEW, EventStream, Lookout, Streams, event
from reflection.errors import ReflectionError
from reflection.explain.attention_sentences import learnt_so_far
from reflection.wiring import Application

router = Router(prefix="/v1/stream", tags=["operation"])
POLL_SECONDS = 0.5


@router.get(
    "",
    summary="What changes, as it changes",
    response_class=StreamingResponse,
    responses={200: {"description": "Server-sent events", "content": {EVENT_STREAM: {}}}},
)
async def stream(request: Request, application: ApplicationPart, workspace: Workspace) -> StreamingResponse:
    """Server-sent events: `learning` {as_of, campaigns, pending, text} and `import` (state and progress of one).

    The first tells how things stand. It ends when the client leaves, when the key is revoked, or after ten minutes
    (connect again); a comment every 15 seconds keeps it open. A caller may have 8 at a time, a workspace 40.
    """
    state = request.app.state
    streams: Streams = state.streams
    if not hasattr(state, "lookout"):
        state.lookout = Lookout(lambda name: streams.read(_state, application, name), POLL_SECONDS)
    return EventStream(streams, request, workspace, _news(streams, state.lookout, application, workspace))


def _state(application: Application, workspace: str) -> dict[str, Any]:
    """How far a workspace is learnt, and its imports that are under way, by id."""
    with application.store.snapshot(workspace) as snapshot:
        knowledge, pending = snapshot.knowledge(), snapshot.pending()
    return {
        "learning": {
            "as_of": knowledge.as_of,
            "campaigns": knowledge.campaigns,
            "pending": pending,
            "text": learnt_so_far(knowledge.as_of, pending),
        },
        "imports": {item["import_id"]: item for item in application.imports.under_way(workspace)},
    }


async def _news(streams: Streams, lookout: Lookout, application: Application, workspace: str) -> AsyncIterator[bytes]:
    """What is otherwise than at the last look; an import that is no longer under way is told once more."""
    before: dict[str, Any] = {"learning": None, "imports": {}}
    while True:
        try:
            now = await lookout.now(workspace)
            ended = before["imports"].keys() - now["imports"].keys()
            last = [await streams.read(application.imports.progress, workspace, name) for name in sorted(ended)]
        except ReflectionError:  # the headers are out: ending the stream makes the client ask again
            return
        if now["learning"] != before["learning"]:
            yield event("learning", now["learning"])
        for name, item in now["imports"].items():
            if item != before["imports"].get(name):
                yield event("import", item)
        for item in last:
            yield event("import", item)
        before = now
        yield NOTHING_NEW
        await asyncio.sleep(POLL_SECONDS)
