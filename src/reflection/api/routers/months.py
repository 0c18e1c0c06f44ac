"""GET /v1/months: spend and CPA by month."""

from typing import Annotated

from fastapi import Query, Response
from pydantic import BaseModel, Field

from reflection.api.dependencies import ApplicationPart, Workspace, json_response
from reflection.api.router import Router
from reflection.engine.months import MOST_MONTHS
from reflection.engine.months import months as months_of

router = Router(prefix="/v1/months", tags=["campaigns"])


class MonthRow(BaseModel):
    """One month of campaigns of one currency that count the same as a conversion."""

    month: str = Field(description="of the campaigns' timestamps (UTC), such as 2026-03")
    currency: str | None
    kind: str = Field(description="what is counted as a conversion; empty where nobody says")
    campaigns: int
    spend: float | None = Field(description="of the campaigns that say it; null where none does")
    conversions: float | None = Field(description="of the campaigns that say spend and conversions")
    cpa: float | None = Field(description="their spend over their conversions; null without a conversion")
    interval: tuple[float, float] | None = Field(description="90 % interval of the CPA from counting noise")
    without_spend: int = Field(description="campaigns that say no spend")
    without_cpa: int = Field(description="campaigns that say no spend or no conversions")


class Months(BaseModel):
    """Months of every currency and kind, the largest spend first, each in order of time."""

    items: list[MonthRow]
    since: str | None = Field(description="the first month looked at")
    held: int = Field(description="campaigns that are left out because they are held")
    as_of: str | None
    pending: int


@router.get("", summary="Spend and CPA by month", response_model=Months)
def months(
    application: ApplicationPart, workspace: Workspace, months: Annotated[int, Query(ge=1, le=MOST_MONTHS)] = 24
) -> Response:
    """The last months up to that of the newest campaign, apart by currency and kind, without what is held."""
    with application.store.snapshot(workspace) as snapshot:
        return json_response(months_of(snapshot, months))
