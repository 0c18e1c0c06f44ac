"""GET /v1/pacing: where the running month ends, as imported files by the day say it."""

from typing import Any

from fastapi import Response
from pydantic import BaseModel, Field

from reflection.api.dependencies import ApplicationPart, Workspace, json_response
from reflection.api.router import Router
from reflection.ingest.jobs.pacing import pacing

router = Router(prefix="/v1/pacing", tags=["planning"])


class Pace(BaseModel):
    """One amount of the running month."""

    so_far: float | None
    projected: float | None = Field(description="at the end of the month; null with a reason where it cannot be told")
    interval: list[float] | None = Field(description="90 % interval of the whole month")
    reason: str | None


class PacingRow(BaseModel):
    """The running month of one campaign, or of all campaigns of a platform."""

    kind: str = Field(description="`account` or `campaign`")
    platform: str
    currency: str | None
    campaign: str | None
    spend: Pace
    conversions: Pace


class Pacing(BaseModel):
    """The running month: accounts first, then campaigns that still run, the largest spend first."""

    items: list[PacingRow]
    day: str | None = Field(description="the newest day that was reported; null where no file speaks of single days")
    period_start: str | None
    period_end: str | None
    days_left: int | None
    coverage: dict[str, dict[str, Any]] = Field(
        description="{forecasts, coverage_90}: how often such intervals held in the past; .90 is right"
    )


@router.get("", summary="Where the month ends", response_model=Pacing)
def month_end(application: ApplicationPart, workspace: Workspace) -> Response:
    """Spend and conversions so far and at the end of the month with a 90 % interval, of each account and campaign."""
    return json_response(application.days.get(workspace, "pacing", pacing))
