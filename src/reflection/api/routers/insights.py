"""What is known, for planning: /insights, /patterns and /recommendations, and the first two in pages under /v1."""

from datetime import UTC, datetime, time
from typing import Annotated

from fastapi import Depends, Query, Response

from reflection.api.dependencies import (
    FRESHNESS_HEADERS,
    ApplicationPart,
    EnginePart,
    Workspace,
    bare_response,
    json_response,
)
from reflection.api.parameters import Filter
from reflection.api.router import Router
from reflection.api.schemas import InsightPage, InsightRow, PatternPage, PatternRow, Recommendations
from reflection.domain.instants import Day, Instant
from reflection.domain.list_query import ListQuery, Place
from reflection.domain.results import Category, InsightKind

router = Router(tags=["planning"])
Limit = Annotated[int | None, Query(ge=1, le=500, description="how many; MARKO_INSIGHTS_LIMIT by default")]
PageLimit = Annotated[int, Query(ge=1, le=500, description="how many")]
Past = Annotated[bool, Query(description="also what rests on a superseded or retired learning")]
Platform = Annotated[Filter, Query(description="what rests on a campaign of this platform")]
Objective = Annotated[Filter, Query(description="what rests on a campaign with this objective")]
Since = Annotated[Instant | Day | None, Query(description="an instant or a day: `created_at` is not before it")]
Kind = Annotated[InsightKind | None, Query(description="one kind of insight only")]
InCategory = Annotated[Category | None, Query(description="one category of pattern only")]
Cursor = Annotated[str | None, Query(max_length=2_000, pattern=r"^[A-Za-z0-9_-]+$", description="of the page before")]


def _query(
    platform: Platform = None, objective: Objective = None, since: Since = None, past: Past = False
) -> ListQuery:
    """The filters that both lists have."""
    if since is not None and not isinstance(since, datetime):
        since = datetime.combine(since, time(), UTC)
    return ListQuery(platform=platform, objective=objective, since=since, past=past)


Filters = Annotated[ListQuery, Depends(_query)]


@router.get(
    "/insights",
    summary="What was learnt, then what campaigns say",
    response_model=list[InsightRow],
    responses=FRESHNESS_HEADERS,
)
def insights(
    application: ApplicationPart, workspace: Workspace, filters: Filters, kind: Kind = None, limit: Limit = None
) -> Response:
    """What the workspace has learnt, each with its newest supporting campaign; then what single campaigns say.

    The headers `X-As-Of` and `X-Pending` say the same as `known_as_of` and `pending` of a row, where there is none too.

    `learnings` are those a sentence rests on, as they are believed now; `state` is that of the one that decides, null
    for a sentence about its own campaign only. All is told from what is known today (`known_as_of`).
    """
    query = filters.narrowed(kind=kind, limit=limit or application.settings.insights_limit)
    page = application.engine.insight_page(query, workspace=workspace)
    return bare_response(page["items"], page)


@router.get("/v1/insights", summary="Insights in pages", response_model=InsightPage)
def insight_page(
    engine: EnginePart,
    workspace: Workspace,
    filters: Filters,
    kind: Kind = None,
    limit: PageLimit = 50,
    cursor: Cursor = None,
) -> Response:
    """The list of GET /insights, page by page.

    Narrowed to a platform or an objective, the 20,000 most important sentences of campaigns are looked through.
    """
    query = filters.narrowed(kind=kind, limit=limit, after=_after(cursor))
    return json_response(engine.insight_page(query, workspace=workspace))


@router.get("/patterns", summary="Findings by impact", response_model=list[PatternRow], responses=FRESHNESS_HEADERS)
def patterns(
    application: ApplicationPart, workspace: Workspace, filters: Filters, kind: InCategory = None, limit: Limit = None
) -> Response:
    """What is beyond noise, the largest impact first, each with its learnings and their state.

    The headers `X-As-Of` and `X-Pending` say the same as `known_as_of` and `pending` of a row, where there is none too.

    `state` is `descriptive` for a grouping that describes the past and is no discovery.
    """
    query = filters.narrowed(kind=kind, limit=limit or application.settings.insights_limit)
    page = application.engine.pattern_page(query, workspace=workspace)
    return bare_response(page["items"], page)


@router.get("/v1/patterns", summary="Patterns in pages", response_model=PatternPage)
def pattern_page(
    engine: EnginePart,
    workspace: Workspace,
    filters: Filters,
    kind: InCategory = None,
    limit: PageLimit = 50,
    cursor: Cursor = None,
) -> Response:
    """The list of GET /patterns, page by page."""
    query = filters.narrowed(kind=kind, limit=limit, after=_after(cursor))
    return json_response(engine.pattern_page(query, workspace=workspace))


@router.get("/recommendations", summary="What to plan next", response_model=Recommendations)
def recommendations(
    application: ApplicationPart, workspace: Workspace, platform: Filter = None, objective: Filter = None
) -> Response:
    """Recommendations from top insights, findings, signal weights and similar campaigns."""
    service = application.recommendations
    return json_response(service.recommend(workspace=workspace, platform=platform, objective=objective))


def _after(cursor: str | None) -> Place | None:
    return Place.of_cursor(cursor) if cursor is not None else None
