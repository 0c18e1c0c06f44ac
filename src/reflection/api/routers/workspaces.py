"""GET /v1/workspaces: which workspaces the caller may choose, and how far each is learnt."""

from fastapi import Request, Response
from pydantic import BaseModel, Field

from reflection.api.access import Caller
from reflection.api.dependencies import ApplicationPart, json_response
from reflection.api.router import Router
from reflection.domain.workspaces import ANY_WORKSPACE
from reflection.ingest.sample_account import SAMPLE_WORKSPACE

router = Router(prefix="/v1/workspaces", tags=["operation"])


class WorkspaceRow(BaseModel):
    """One workspace; `X-Workspace` chooses it."""

    workspace: str
    campaigns: int = Field(description="learnt from")
    pending: int = Field(description="campaigns whose changes are not learnt yet")
    as_of: str | None
    sample: bool = Field(description="whether it is the sample account, which is invented")


class Workspaces(BaseModel):
    """The workspaces that the caller's key opens, by name."""

    items: list[WorkspaceRow]


@router.get("", summary="Workspaces that the caller may choose", response_model=Workspaces)
def workspaces(request: Request, application: ApplicationPart) -> Response:
    """A key of one workspace is told of that one only."""
    caller: Caller = request.state.caller
    everyone = caller.workspace == ANY_WORKSPACE
    names = application.store.workspaces() if everyone else [caller.workspace]
    return json_response({"items": [_row(application, name) for name in names]})


def _row(application: ApplicationPart, name: str) -> dict[str, object]:
    with application.store.snapshot(name) as snapshot:
        knowledge, pending = snapshot.knowledge(), snapshot.pending()
    return {
        "workspace": name,
        "campaigns": knowledge.campaigns,
        "pending": pending,
        "as_of": knowledge.as_of,
        "sample": name == SAMPLE_WORKSPACE,
    }
