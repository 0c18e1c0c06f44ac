"""GET /insights, /patterns and /recommendations: what is known, for planning."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from reflection.api.dependencies import ApplicationPart, Workspace, json_response
from reflection.api.schemas import InsightRow, PatternRow, Recommendations

router = APIRouter(tags=["planning"])
Limit = Annotated[int | None, Query(ge=1, le=500, description="how many; MARKO_INSIGHTS_LIMIT by default")]
Past = Annotated[bool, Query(description="also what rests on a superseded or retired learning")]
Filter = Annotated[str | None, Query(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]+$")]


@router.get("/insights", summary="Stored learnings by priority", response_model=list[InsightRow])
def insights(application: ApplicationPart, workspace: Workspace, limit: Limit = None, past: Past = False) -> Response:
    """Key learnings, recommendations and anomalies of all campaigns, the most important first.

    `learnings` are those a sentence rests on, as they are believed now; `state` is that of the one that decides, null
    for a sentence about its own campaign only.
    """
    wanted = limit or application.settings.insights_limit
    return json_response(application.engine.insights(workspace=workspace, limit=wanted, past=past))


@router.get("/patterns", summary="Findings by impact", response_model=list[PatternRow])
def patterns(application: ApplicationPart, workspace: Workspace, limit: Limit = None, past: Past = False) -> Response:
    """What is beyond noise, the largest impact first, each with its learnings and their state.

    `state` is `descriptive` for a grouping that describes the past and is no discovery.
    """
    wanted = limit or application.settings.insights_limit
    return json_response(application.engine.patterns(workspace=workspace, limit=wanted, past=past))


@router.get("/recommendations", summary="What to plan next", response_model=Recommendations)
def recommendations(
    application: ApplicationPart, workspace: Workspace, platform: Filter = None, objective: Filter = None
) -> Response:
    """Recommendations from top insights, findings, signal weights and similar campaigns."""
    service = application.recommendations
    return json_response(service.recommend(workspace=workspace, platform=platform, objective=objective))
