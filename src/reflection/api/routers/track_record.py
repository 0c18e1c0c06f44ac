"""GET /v1/track-record: were we right?"""

from typing import Any

from fastapi import Response
from pydantic import BaseModel

from reflection.api.dependencies import ApplicationPart, Workspace, json_response
from reflection.api.pools import Router

router = Router(prefix="/v1/track-record", tags=["planning"])


class TrackRecord(BaseModel):
    """The scoreboard of everybody who forecasts; None where something is not evaluable, with the reason beside it."""

    issuers: list[dict[str, Any]]
    probabilities: list[dict[str, Any]]
    findings: dict[str, Any]
    advice: dict[str, Any]
    holdback: dict[str, Any]
    as_of: str | None
    pending: int
    campaigns: int


@router.get("", summary="The scoreboard", response_model=TrackRecord)
def track_record(application: ApplicationPart, workspace: Workspace) -> Response:
    """Bias, coverage and skill per issuer, reliability of probabilities, replication of findings, worth of advice."""
    return json_response(application.recommendations.track_record(workspace=workspace))
