"""GET /v1/track-record: were we right?"""

from typing import Any

from fastapi import Response
from pydantic import BaseModel, Field

from reflection.api.dependencies import ApplicationPart, Workspace, json_response
from reflection.api.pools import Router

router = Router(prefix="/v1/track-record", tags=["planning"])


class CoverageMonth(BaseModel):
    """How many 90 % intervals of one issuer and metric held, of the campaigns of one month."""

    issuer: str
    metric: str
    month: str = Field(description="of the campaigns' timestamps (UTC), such as 2026-03")
    n: int
    held: int


class TrackRecord(BaseModel):
    """The scoreboard of everybody who forecasts; None where something is not evaluable, with the reason beside it."""

    issuers: list[dict[str, Any]]
    over_time: list[CoverageMonth]
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
