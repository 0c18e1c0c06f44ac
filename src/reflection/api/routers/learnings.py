"""/v1/learnings: what is believed, since when, on what evidence; what people say of it, and what came of it."""

from typing import Annotated, Any, Literal

from fastapi import Path, Query, Response
from pydantic import BaseModel, Field

from reflection.api.dependencies import ApplicationPart, JsonBody, Workspace, json_response
from reflection.api.openapi import json_request
from reflection.api.parameters import PRINTABLE
from reflection.api.router import Router
from reflection.domain.campaign import CampaignId, Name, Strict, Text
from reflection.domain.instants import Instant
from reflection.domain.validation import read

router = Router(prefix="/v1/learnings", tags=["learnings"])
Filter = Annotated[str | None, Query(min_length=1, max_length=500, pattern=PRINTABLE)]
LearningId = Annotated[str, Path(pattern=r"^lrn_[0-9a-f]{16}$")]
AsOf = Annotated[Instant | None, Query(description="what was believed at that instant")]
State = Literal["emerging", "established", "contested", "superseded", "retired"]


class Review(Strict):
    """A person's word on a learning: recorded and shown, never part of its numbers."""

    verdict: Literal["approve", "reject", "note"]
    note: Annotated[Text, Field(max_length=4_000)] = ""
    author: Name | None = None


class RecallOutcome(Strict):
    """What came of acting on a recall: the campaign that did, and how it turned out."""

    campaign_id: CampaignId
    outcome: Annotated[Text, Field(max_length=4_000)]


class LearningRow(BaseModel):
    """One learning as it stands; `effect` and `interval` (90 %) are lifts, 1.0 = none."""

    id: str
    text: str
    signal_key: str
    context: str
    metric: str
    state: State
    reason: str
    direction: Literal["favorable", "unfavorable"]
    effect: float
    interval: tuple[float, float]
    lfsr: float
    campaigns: float
    supporting: int
    contradicting: int
    segments: list[dict[str, Any]]
    since: str | None
    until: str | None
    effect_now: float | None
    worth: float
    revision: int
    recorded_at: str
    as_of: str | None
    review: dict[str, Any] | None


class LearningPage(BaseModel):
    """A page of learnings, the most useful first."""

    items: list[LearningRow]
    next_cursor: str | None
    as_of: str | None
    pending: int


class LearningDetail(LearningRow):
    """One learning with its history, its evidence, what people said, and when it was recalled to what end."""

    history: list[LearningRow]
    evidence: list[dict[str, Any]]
    reviews: list[dict[str, Any]]
    recalls: list[dict[str, Any]]
    pending: int


@router.get("", summary="What is believed", response_model=LearningPage)
def learnings(
    application: ApplicationPart,
    workspace: Workspace,
    state: State | None = None,
    metric: Filter = None,
    signal: Annotated[Filter, Query(description="a signal key, or a group such as audience.age")] = None,
    context: Filter = None,
    as_of: AsOf = None,
    cursor: Annotated[str | None, Query(pattern=r"^lrn_[0-9a-f]{16}$")] = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
) -> Response:
    """Learnings by effect size x certainty, now or as they were believed at an instant."""
    freshness = application.engine.freshness(workspace=workspace)
    items, following = application.book.list(
        workspace,
        state=state,
        metric=metric,
        signal=signal,
        context=context,
        as_of=as_of,
        after=cursor,
        limit=limit,
    )
    return json_response({"items": items, "next_cursor": following, **freshness})


@router.get("/{learning_id}", summary="One learning", response_model=LearningDetail)
def learning(
    learning_id: LearningId, application: ApplicationPart, workspace: Workspace, as_of: AsOf = None
) -> Response:
    """Its history, the campaigns for and against it, reviews, and recalls with their outcomes."""
    freshness = application.engine.freshness(workspace=workspace)
    return json_response({**freshness, **application.book.get(workspace, learning_id, as_of)})


@router.post("/{learning_id}/review", summary="Say a word on it", openapi_extra=json_request(Review))
def review(learning_id: LearningId, body: JsonBody, application: ApplicationPart, workspace: Workspace) -> Response:
    """Approve, reject or note: recorded and shown, never mixed into the numbers."""
    verdict = read(Review, body)
    recorded = application.notes.review(workspace, learning_id, verdict.verdict, verdict.note, verdict.author or "")
    return json_response({"learning_id": learning_id, **recorded}, status=201)


@router.post("/recalls/{recall_id}/outcome", summary="Say what came of it", openapi_extra=json_request(RecallOutcome))
def outcome(
    recall_id: Annotated[str, Path(pattern=r"^rcl_[0-9a-f]{20}$")],
    body: JsonBody,
    application: ApplicationPart,
    workspace: Workspace,
) -> Response:
    """Attach how a campaign turned out that acted on what was recalled; a later word replaces an earlier one."""
    result = read(RecallOutcome, body)
    application.notes.outcome(workspace, recall_id, result.campaign_id, {"text": result.outcome})
    return json_response(
        {"recall_id": recall_id, "campaign_id": result.campaign_id, "outcome": result.outcome}, status=201
    )
