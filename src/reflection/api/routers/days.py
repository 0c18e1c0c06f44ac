"""GET /v1/days: what was spent a day, as imported files say it."""

from functools import partial
from typing import Annotated

from fastapi import Query, Response
from pydantic import BaseModel, Field

from reflection.api.dependencies import ApplicationPart, Workspace, json_response
from reflection.api.router import Router
from reflection.ingest.jobs.daily import daily_spend
from reflection.ingest.jobs.reported_days import MOST_DAYS

router = Router(prefix="/v1/days", tags=["imports"])


class DayRow(BaseModel):
    """One day of one platform."""

    day: str
    spend: float | None = Field(
        description="null where no campaign of the day says it, or a file has several currencies"
    )
    campaigns: int
    restated: bool = Field(description="a later file changed what an earlier one said of the day")


class PlatformDays(BaseModel):
    """The days of one platform and currency that files speak of."""

    platform: str
    currency: str | None
    days: list[DayRow]
    gaps: list[tuple[str, str]] = Field(description="first and last day of every stretch that no file speaks of")


class Days(BaseModel):
    """Days by platform, the largest spend first; empty where no file speaks of single days."""

    items: list[PlatformDays]


@router.get("", summary="Spend a day", response_model=Days)
def days(
    application: ApplicationPart, workspace: Workspace, days: Annotated[int, Query(ge=1, le=MOST_DAYS)] = 120
) -> Response:
    """The last days up to the newest that was imported, of files by the day; a day nobody reported is a gap."""
    return json_response(application.days.get(workspace, ("days", days), partial(daily_spend, days=days)))
