"""/v1/campaigns: read, forget and accept one stored campaign."""

from typing import Annotated

from fastapi import APIRouter, Path, Response

from reflection.api.dependencies import EnginePart, Workspace, json_response
from reflection.api.schemas import Accepted
from reflection.domain.results import Analysis
from reflection.errors import NotFound

router = APIRouter(prefix="/v1/campaigns", tags=["campaigns"])
CampaignId = Annotated[str, Path(min_length=1, max_length=300)]


@router.post("/{campaign_id:path}/accept", summary="Accept a campaign held back", response_model=Accepted)
def accept(campaign_id: CampaignId, engine: EnginePart, workspace: Workspace) -> Response:
    """Let a campaign whose figures looked like a tracking fault into the learning."""
    return json_response(engine.accept(campaign_id, workspace=workspace))


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
