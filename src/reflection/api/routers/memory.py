"""GET /v1/memory/search: campaigns and learnings by a question in plain words, or by name."""

from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import Query, Response
from pydantic import BaseModel

from reflection.api.dependencies import ApplicationPart, Workspace, json_response
from reflection.api.parameters import PRINTABLE, Filter
from reflection.api.router import Router
from reflection.domain.instants import Instant
from reflection.errors import InvalidInput

router = Router(prefix="/v1/memory", tags=["memory"])


class MemoryHit(BaseModel):
    """One thing found: why it was, and how it turned out."""

    id: str
    kind: Literal["campaign", "learning"]
    score: float
    rank: int
    why: list[str]
    outcome: dict[str, Any]
    text: str


class MemoryHits(BaseModel):
    """What a search answers; `degraded` names what is not working, `recall_id` what an outcome can be attached to."""

    items: list[MemoryHit]
    index: str
    degraded: list[str]
    recall_id: str | None
    as_of: str | None
    pending: int


@router.get("/search", summary="Search campaigns and learnings", response_model=MemoryHits)
def search(
    application: ApplicationPart,
    workspace: Workspace,
    q: Annotated[str, Query(min_length=1, max_length=2_000, pattern=PRINTABLE, description="plain words, or an id")],
    platform: Filter = None,
    objective: Filter = None,
    since: Annotated[Instant | None, Query(alias="from", description="campaigns of this instant or later")] = None,
    until: Annotated[Instant | None, Query(alias="to", description="campaigns of this instant or earlier")] = None,
    kind: Literal["campaign", "learning"] | None = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 10,
) -> Response:
    """Names first, then by meaning with a small weight on words; learnings by effect size, certainty and fit.

    Every item says why it was found and how it turned out. There is no cut-off: rank and score are shown instead.
    """
    _check_order(since, until)
    freshness = application.engine.freshness(workspace=workspace)
    result = application.memory.search(
        workspace, q, platform=platform, objective=objective, start=since, end=until, kind=kind, limit=limit
    )
    learnings = [(item.id, item.score) for item in result.items if item.kind == "learning"]
    recall_id = application.notes.try_recall(workspace, "search", q, learnings)
    return json_response({**asdict(result), "recall_id": recall_id, **freshness})


def _check_order(since: datetime | None, until: datetime | None) -> None:
    if since is not None and until is not None and until < since:
        raise InvalidInput("'to' is before 'from'", field="to")
