"""/v1/events: what happened beside the campaigns, written down by people and shown on time lines."""

from datetime import date
from typing import Annotated

from fastapi import Path, Query, Response
from pydantic import BaseModel, Field

from reflection.api.dependencies import ApplicationPart, JsonBody, Workspace, json_response
from reflection.api.openapi import json_request
from reflection.api.router import Router
from reflection.domain.events import Event, EventKind, Scope
from reflection.domain.validation import read

router = Router(prefix="/v1/events", tags=["events"])
_ID = r"^evt_[0-9a-f]{16}$"


class EventRow(BaseModel):
    """An event as it is stored."""

    event_id: str = Field(description="made of its content: the same event has the same id")
    day: str
    until: str | None = Field(description="the last day of it; null where it is one day")
    scope: str = Field(description="`all`, `platform:<name>`, `objective:<name>` or `campaign:<id>`")
    kind: EventKind
    text: str
    created_at: str


class EventPage(BaseModel):
    """A page of events, the latest day first."""

    items: list[EventRow]
    next_cursor: str | None


@router.get("", summary="Events beside the campaigns", response_model=EventPage)
def events(
    application: ApplicationPart,
    workspace: Workspace,
    since: Annotated[date | None, Query(description="first day")] = None,
    until: Annotated[date | None, Query(description="last day")] = None,
    scope: Annotated[Scope | None, Query(description="also gives those that concern everything")] = None,
    kind: EventKind | None = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    cursor: Annotated[str | None, Query(pattern=_ID)] = None,
) -> Response:
    """Promotions, price and tracking changes and the like; one that reaches into the time asked for is in it."""
    items, following = application.events.list(
        workspace, since=since, until=until, scope=scope, kind=kind, after=cursor, limit=limit
    )
    return json_response({"items": items, "next_cursor": following})


@router.post("", summary="Write an event down", status_code=201, response_model=EventRow,
             responses={200: {"model": EventRow, "description": "nothing new"}},
             openapi_extra=json_request(Event))  # fmt: skip
def add(body: JsonBody, application: ApplicationPart, workspace: Workspace) -> Response:
    """The same event again changes nothing (200). Shown on time lines, and learnt from with the next fit."""
    stored, new = application.events.add(workspace, read(Event, body))
    return json_response(stored, status=201 if new else 200)


@router.delete("/{event_id}", summary="Take an event back", response_model=EventRow)
def remove(event_id: Annotated[str, Path(pattern=_ID)], application: ApplicationPart, workspace: Workspace) -> Response:
    """Answers what it was: sending that again restores it."""
    return json_response(application.events.remove(workspace, event_id))
