"""Reports as files: one campaign's retrospective, and the portfolio of a period."""

from typing import Annotated, Literal

from fastapi import Query, Request, Response

from reflection.api.dependencies import ApplicationPart, Workspace
from reflection.api.parameters import CampaignId
from reflection.api.router import Router
from reflection.domain.instants import Day
from reflection.errors import InvalidInput
from reflection.reports.rendering import CONTENT_SECURITY_POLICY, MEDIA_TYPES, Format
from reflection.reports.service import campaign_report, portfolio_report

router = Router(prefix="/v1", tags=["reports"])
Kind = Annotated[Literal["html", "pdf", "md", "json"], Query(alias="format", description="of the file")]
_CONTENT: dict[str, dict[str, str]] = {media_type: {} for media_type in MEDIA_TYPES.values()}


@router.get(
    "/campaigns/{campaign_id:path}/report",
    summary="The report on one campaign",
    response_class=Response,
    responses={200: {"description": "The report", "content": _CONTENT}},
)
def campaign(
    request: Request, campaign_id: CampaignId, application: ApplicationPart, workspace: Workspace, kind: Kind = "html"
) -> Response:
    """One self-contained file: HTML with inline drawings, PDF, Markdown or JSON.

    A campaign whose own id ends in ``/report`` is shown instead: where the sender wrote the slash as ``%2F``, and where
    there is none of the shorter id.
    """
    whole = f"{campaign_id}/report"
    of_its_id = bytes(request.scope["raw_path"]).upper().endswith(b"%2FREPORT")
    if of_its_id or (
        application.store.campaign(workspace, campaign_id) is None and application.store.campaign(workspace, whole)
    ):
        return Response(application.engine.show(whole, workspace=workspace), media_type="application/json")
    body = campaign_report(application.store, application.recommendations, workspace, campaign_id, kind)
    return _file(body, kind)


@router.get(
    "/portfolio/report",
    summary="The report on all campaigns of a period",
    response_class=Response,
    responses={200: {"description": "The report", "content": _CONTENT}},
)
def period(
    application: ApplicationPart,
    workspace: Workspace,
    start: Annotated[Day, Query(description="first day")],
    end: Annotated[Day, Query(description="last day")],
    kind: Kind = "html",
) -> Response:
    """Totals per currency, campaigns against their forecasts, what was learnt and what to do next."""
    if end < start:
        raise InvalidInput("the period ends before it starts", field="end")
    body = portfolio_report(application.store, application.recommendations, workspace, start, end, kind)
    return _file(body, kind)


def _file(body: bytes, kind: Format) -> Response:
    headers = {"Content-Security-Policy": CONTENT_SECURITY_POLICY} if kind == "html" else {}
    return Response(body, media_type=MEDIA_TYPES[kind], headers=headers)
