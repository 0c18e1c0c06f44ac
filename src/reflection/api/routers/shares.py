"""/v1/shares: links by which somebody without a key reads one page; and /share/{token}, which opens one.

A link shows the page as it was when the link was made, until it expires, is taken back, or what it is about is
forgotten. Nothing else can be reached by it.
"""

from datetime import timedelta
from typing import Annotated, Literal

from fastapi import Path, Response
from pydantic import BaseModel, Field

from reflection.api.dependencies import ApplicationPart, JsonBody, Workspace, json_response
from reflection.api.openapi import json_request
from reflection.api.router import Router
from reflection.domain.sharing import ShareRequest
from reflection.domain.validation import read
from reflection.errors import NotFound
from reflection.reports.learning import learning_page
from reflection.reports.rendering import CONTENT_SECURITY_POLICY, MEDIA_TYPES, html
from reflection.reports.service import campaign_report
from reflection.store.shares import SharedPage
from reflection.wiring import Application

router = Router(tags=["reports"])


class ShareRow(BaseModel):
    """A link as it may be seen: nobody can read its text again."""

    share_id: str
    kind: Literal["report", "learning"]
    campaign_id: str | None
    learning_id: str | None
    title: str
    created_at: str
    expires_at: str


class NewShare(ShareRow):
    """A link that was just made."""

    path: str = Field(description="of the page on this server; it is shown this once, only a digest of it is kept")


class Shares(BaseModel):
    """The links that open something, the newest first."""

    items: list[ShareRow]


@router.get("/v1/shares", summary="Links that open something", response_model=Shares)
def shares(application: ApplicationPart, workspace: Workspace) -> Response:
    """What was shared, until when; not the links themselves."""
    return json_response({"items": application.shares.list(workspace)})


@router.post("/v1/shares", summary="Share a report or a learning", status_code=201, response_model=NewShare,
             openapi_extra=json_request(ShareRequest))  # fmt: skip
def share(body: JsonBody, application: ApplicationPart, workspace: Workspace) -> Response:
    """A link to the page as it is now, for somebody without a key: read-only, expiring, to be taken back."""
    request = read(ShareRequest, body)
    page = _page(application, workspace, request)
    share, text = application.shares.create(workspace, page, timedelta(days=request.days))
    return json_response({**share, "path": f"/share/{text}"}, status=201)


@router.delete("/v1/shares/{share_id}", summary="Take a link back", response_model=ShareRow)
def take_back(
    share_id: Annotated[str, Path(pattern=r"^[0-9a-f]{12}$")], application: ApplicationPart, workspace: Workspace
) -> Response:
    """It opens nothing from now on, and its page is removed."""
    return json_response(application.shares.revoke(workspace, share_id))


@router.get(
    "/share/{token}",
    summary="A page that was shared",
    response_class=Response,
    responses={200: {"description": "The page", "content": {MEDIA_TYPES["html"]: {}}}},
)
def shared(application: ApplicationPart, token: Annotated[str, Path(min_length=1, max_length=200)]) -> Response:
    """The page as it was when the link was made; to be read, printed and nothing else."""
    workspace, share, body = application.shares.open(token)
    if not _is_there(application, workspace, share["campaign_id"], share["learning_id"]):
        raise NotFound("this link opens nothing", hint="it may have expired or been taken back; ask for a new one")
    headers = {"Content-Security-Policy": CONTENT_SECURITY_POLICY, "X-Robots-Tag": "noindex, nofollow"}
    return Response(body, media_type=MEDIA_TYPES["html"], headers=headers)


def _page(application: Application, workspace: str, request: ShareRequest) -> SharedPage:
    """The page as it is now.

    Raises:
        NotFound: there is no such campaign or learning.
    """
    if request.campaign_id is not None:
        body = campaign_report(application.store, application.recommendations, workspace, request.campaign_id, "html")
        stored = application.store.campaign(workspace, request.campaign_id)
        title = stored.display_name if stored is not None else request.campaign_id
        return SharedPage("report", title, body, campaign_id=request.campaign_id)
    learning_id = request.learning_id or ""
    with application.store.snapshot(workspace) as snapshot:
        knowledge, pending = snapshot.knowledge(), snapshot.pending()
    view = learning_page(application.book.get(workspace, learning_id), knowledge, pending)
    return SharedPage("learning", view.title, html(view).encode(), learning_id=learning_id)


def _is_there(application: Application, workspace: str, campaign_id: str | None, learning_id: str | None) -> bool:
    """Whether what a link is about was not forgotten meanwhile."""
    if campaign_id is not None:
        return application.store.campaign(workspace, campaign_id) is not None
    return learning_id is not None and bool(application.book.facts(workspace, [learning_id]))
