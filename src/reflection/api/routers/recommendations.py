"""Recommendations and their life: proposed, shown, accepted or not, measured.

The older paths /shown and /feedback name the recommendation in the body; they do the same.
"""

from typing import Annotated, Any, Literal

from fastapi import Path, Query, Response
from pydantic import BaseModel, Field

from reflection.api.dependencies import (
    FRESHNESS_HEADERS,
    ApplicationPart,
    JsonBody,
    OptionalJsonBody,
    Workspace,
    bare_response,
    json_response,
)
from reflection.api.openapi import json_request
from reflection.api.parameters import Filter, PlannedCampaign
from reflection.api.router import Router
from reflection.domain.campaign import CampaignId, Name, Strict, Text
from reflection.domain.next_test import NextTest
from reflection.domain.validation import read
from reflection.recommendations import agent_envelope
from reflection.recommendations.cards import Card

router = Router(tags=["planning"])
RecommendationId = Annotated[str, Path(min_length=1, max_length=100, pattern=r"^[\x21-\x7e]+$")]


class Showing(Strict):
    """For which planned campaign a recommendation was shown, if that is known."""

    campaign_id: CampaignId | None = None


class Feedback(Strict):
    """Whether a recommendation was accepted."""

    accepted: bool
    note: Text = ""


class NamedShowing(Showing):
    """The older form: the recommendation is named in the body."""

    recommendation_id: Name


class NamedFeedback(Feedback):
    """The older form: the recommendation is named in the body."""

    recommendation_id: Name


class Life(BaseModel):
    """What a recommendation claimed when last shown (or claims now), what was said to it, and what came of it."""

    recommendation_id: str
    as_of: str | None
    pending: int
    state: Literal["proposed", "shown", "accepted", "rejected", "measured"]
    claim: dict[str, Any]
    shown: list[dict[str, Any]] = Field(
        description="`seq` is the state of knowledge a claim was shown at: of those this recommendation was shown at "
        "the first is 1, the next 2"
    )
    feedback: list[dict[str, Any]]
    outcomes: list[dict[str, Any]]


class Cards(BaseModel):
    """Cards with odds and evidence; with `format=envelope` {agent_name, recommendations[], tests[]}, its age in
    headers."""

    cards: list[Card] = Field(default_factory=list)
    recommendations: list[Any] = Field(default_factory=list)
    reason: str | None = Field(None, description="why there are no cards")
    tests: list[NextTest] = Field(
        default_factory=list, description="candidates for a test of which nothing else can be said; they have no card"
    )
    next_test: NextTest | None = Field(None, description="what would settle most of what is open")
    next_test_reason: str | None = Field(None, description="why there is no next test")
    as_of: str | None = None
    pending: int = 0


@router.get(
    "/v1/recommendations", summary="Recommendations with odds", response_model=Cards, responses=FRESHNESS_HEADERS
)
def recommendations(
    application: ApplicationPart,
    workspace: Workspace,
    platform: Filter = None,
    objective: Filter = None,
    goal: Annotated[Filter, Query(description="a kind of conversion, such as `lead`; the largest without it")] = None,
    campaign_id: PlannedCampaign | None = None,
    seed: Annotated[int | None, Query(ge=0, le=2**32 - 1, description="draw the order, with known odds")] = None,
    format: Annotated[Literal["cards", "envelope"], Query(description="cards, or the agents' envelope")] = "cards",
) -> Response:
    """What to do next, by lane. Naming the planned campaign makes it part of the hold-back that measures advice."""
    service = application.recommendations
    answer = service.recommend(workspace=workspace, platform=platform, objective=objective, goal=goal, seed=seed)
    answer = service.hold_back(answer, campaign_id, workspace=workspace)
    return bare_response(agent_envelope.wrap(answer), answer) if format == "envelope" else json_response(answer)


@router.get("/v1/recommendations/{recommendation_id}", summary="The life of a recommendation", response_model=Life)
def life(recommendation_id: RecommendationId, application: ApplicationPart, workspace: Workspace) -> Response:
    """What it claimed, whom it was shown, what was said to it, and what was measured."""
    return json_response(application.recommendations.history(recommendation_id, workspace=workspace))


@router.post(
    "/v1/recommendations/{recommendation_id}/shown",
    summary="A recommendation was shown",
    response_model=Life,
    openapi_extra=json_request(Showing, required=False),
)
def shown(
    recommendation_id: RecommendationId, body: OptionalJsonBody, application: ApplicationPart, workspace: Workspace
) -> Response:
    """Freeze what it claims now; the same again changes nothing. No body is needed where no campaign is planned yet."""
    unit = read(Showing, body).campaign_id
    return json_response(application.recommendations.show(recommendation_id, workspace=workspace, unit=unit))


@router.post(
    "/v1/recommendations/{recommendation_id}/feedback",
    summary="Accept or reject a recommendation",
    response_model=Life,
    openapi_extra=json_request(Feedback),
)
def feedback(
    recommendation_id: RecommendationId, body: JsonBody, application: ApplicationPart, workspace: Workspace
) -> Response:
    """Note whether it was accepted; the same again changes nothing."""
    answer = read(Feedback, body)
    return json_response(
        application.recommendations.record_feedback(
            recommendation_id, answer.accepted, answer.note, workspace=workspace
        )
    )


@router.post(
    "/shown", summary="A recommendation was shown", response_model=Life, openapi_extra=json_request(NamedShowing)
)
def shown_by_name(body: JsonBody, application: ApplicationPart, workspace: Workspace) -> Response:
    """The older form of POST /v1/recommendations/{id}/shown."""
    named = read(NamedShowing, body)
    return json_response(
        application.recommendations.show(named.recommendation_id, workspace=workspace, unit=named.campaign_id)
    )


@router.post(
    "/feedback",
    summary="Accept or reject a recommendation",
    response_model=Life,
    openapi_extra=json_request(NamedFeedback),
)
def feedback_by_name(body: JsonBody, application: ApplicationPart, workspace: Workspace) -> Response:
    """The older form of POST /v1/recommendations/{id}/feedback."""
    named = read(NamedFeedback, body)
    return json_response(
        application.recommendations.record_feedback(
            named.recommendation_id, named.accepted, named.note, workspace=workspace
        )
    )
