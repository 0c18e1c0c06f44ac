"""GET /v1/attention: what needs somebody, the most surprising money first."""

from typing import Annotated

from fastapi import Query, Response
from pydantic import BaseModel, Field

from reflection.api.dependencies import ApplicationPart, Workspace, json_response
from reflection.api.router import Router
from reflection.engine.matter import Kind
from reflection.ingest.jobs.remedies import over_http

router = Router(prefix="/v1/attention", tags=["learning"])


class MatterRow(BaseModel):
    """One thing that needs somebody; of its ids those it is about are given."""

    kind: Kind
    id: str = Field(description="stable as long as it is the same matter")
    text: str = Field(description="one sentence")
    link: str = Field(description="the page's path of what it is about")
    surprise: float = Field(description="in standard errors where it has one, 0 to 10")
    money: float | None = Field(
        description="how far the result is from its forecast in money, else what was spent; null where unknown"
    )
    currency: str | None
    at: str | None = Field(description="instant that dates it")
    name: str | None = Field(description="of the campaign or the file")
    campaign_id: str | None
    learning_id: str | None
    import_id: str | None
    metric: str | None
    favorable: bool | None = Field(description="whether a missed forecast was missed for the better")


class AttentionPage(BaseModel):
    """The first matters by surprise and money; `total` counts those beyond the limit too."""

    items: list[MatterRow]
    total: int
    generated_at: str
    as_of: str | None = Field(description="instant of the fit that what is learnt is told from")
    pending: int = Field(description="campaigns whose changes are not learnt yet")
    campaigns: int = Field(description="how many newest campaigns were looked at for missed forecasts, at most 100")


@router.get("", summary="What needs somebody", response_model=AttentionPage)
def attention(
    application: ApplicationPart, workspace: Workspace, limit: Annotated[int, Query(ge=1, le=200)] = 20
) -> Response:
    """Held campaigns, forecasts missed beyond noise, learnings that ended, remarks of imports, intervals that hold too
    few campaigns, and silence; each with a sentence and a link. It never reads the history.
    """
    answer = application.attention(workspace, limit)
    return json_response({**answer, "items": [{**item, "text": over_http(item["text"])} for item in answer["items"]]})
