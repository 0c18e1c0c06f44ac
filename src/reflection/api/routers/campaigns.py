"""/v1/campaigns: list, read, forget, and accept what is held out of learning."""

from typing import Annotated

from fastapi import Query, Request, Response
from pydantic import AwareDatetime

from reflection.api.dependencies import EnginePart, Workspace, json_response
from reflection.api.parameters import CampaignId, Filter
from reflection.api.router import Router
from reflection.api.schemas import Acceptance, CampaignPage
from reflection.domain.campaign_list import CampaignState
from reflection.domain.results import Analysis
from reflection.engine.campaign_list import ListRequest
from reflection.errors import NotFound

router = Router(prefix="/v1/campaigns", tags=["campaigns"])


@router.get("", summary="Stored campaigns", response_model=CampaignPage)
def campaigns(
    engine: EnginePart,
    workspace: Workspace,
    platform: Filter = None,
    objective: Filter = None,
    state: Annotated[CampaignState | None, Query(description="`held`: kept out of learning as a likely fault")] = None,
    kind: Annotated[Filter, Query(description="what is counted as a conversion, such as `lead`")] = None,
    q: Annotated[Filter, Query(description="words in a campaign's name or id")] = None,
    since: Annotated[AwareDatetime | None, Query(description="timestamp, with offset")] = None,
    until: Annotated[AwareDatetime | None, Query(description="timestamp, with offset")] = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
    cursor: Annotated[str | None, Query(max_length=1000, pattern=r"^[A-Za-z0-9_-]+$")] = None,
) -> Response:
    """Campaigns, the newest first, each with what the learning makes of it."""
    request = ListRequest(platform, objective, state, kind, q, since, until, limit, cursor)
    return json_response(engine.campaigns(request, workspace=workspace))


@router.post("/{campaign_id:path}/accept", summary="Accept a campaign held back", response_model=Acceptance)
def accept(campaign_id: CampaignId, engine: EnginePart, workspace: Workspace) -> Response:
    """Let a campaign whose figures looked like a tracking fault into the learning; one that is not held says so."""
    return json_response(engine.accept(campaign_id, workspace=workspace))


@router.delete("/{campaign_id:path}/accept", summary="Take an acceptance back", response_model=Acceptance)
def unaccept(campaign_id: CampaignId, request: Request, engine: EnginePart, workspace: Workspace) -> Response:
    """Judge the campaign by its figures again; one that was not accepted stays as it is."""
    if bytes(request.scope["raw_path"]).upper().endswith(b"%2FACCEPT"):  # the end of an id, as its sender wrote it
        return delete(f"{campaign_id}/accept", engine, workspace)
    return json_response(engine.unaccept(campaign_id, workspace=workspace))


@router.get("/{campaign_id:path}", summary="The analysis of a stored campaign", response_model=Analysis)
def show(campaign_id: CampaignId, engine: EnginePart, workspace: Workspace) -> Response:
    """Compared when it was last analysed, told from what is known today (`known_as_of`)."""
    return Response(engine.show(campaign_id, workspace=workspace), media_type="application/json")


@router.delete("/{campaign_id:path}", summary="Forget a campaign", status_code=204, response_class=Response)
def delete(campaign_id: CampaignId, engine: EnginePart, workspace: Workspace) -> Response:
    """Retract its evidence from everything learnt, and remove what was stored of it."""
    if not engine.delete(campaign_id, workspace=workspace):
        raise NotFound(f"there is no campaign '{campaign_id}'", hint="it may have been deleted already")
    return Response(status_code=204)
