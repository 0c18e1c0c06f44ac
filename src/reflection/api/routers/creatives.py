"""/v1/creatives and /v1/creative-effects: creatives before they run, and what the texts of those that ran teach."""

from typing import Annotated, Any

from fastapi import Path, Query, Response
from pydantic import BaseModel, Field

from reflection.api.dependencies import ApplicationPart, JsonBody, Workspace, json_response
from reflection.api.openapi import json_request
from reflection.api.router import Router
from reflection.domain.creative_entry import CreativeRequest
from reflection.domain.grade import Grade
from reflection.domain.metrics import RateMetric
from reflection.domain.validation import read

router = Router(prefix="/v1", tags=["creatives"])
Id = Annotated[str, Path(min_length=1, max_length=200)]


class TraitEffect(BaseModel):
    """What texts with a trait get, as a multiple of those without that ran beside them in the same campaign."""

    trait: str = Field(description="such as `question`, `hook:curiosity`, or `type:video` (against the average level)")
    label: str
    metric: str
    effect: float
    interval: tuple[float, float] = Field(description="90 %")
    probability: float
    lfsr: float = Field(description="local false-sign rate")
    finding: bool
    reason: str
    grade: Grade
    texts: int | None = Field(description="different texts with it; null for a type")
    others: int | None = Field(description="different texts without it, beside them")
    campaigns: int
    events: float
    supporting: list[str]
    contradicting: list[str]
    sentence: str


class ScoreJudgement(BaseModel):
    """Whether scores from before creatives ran told which of two got the higher CTR."""

    pairs: int
    right: int
    campaigns: int
    share: float | None = Field(description="of pairs that were right; null below ten campaigns")
    interval: tuple[float, float] | None = Field(description="90 %, campaigns taken as independent, pairs not")
    sentence: str


class CreativeEffects(BaseModel):
    """Effects of texts and types, findings first."""

    items: list[TraitEffect]
    findings: int
    texts: int = Field(description="different texts that ran side by side with others")
    campaigns: int
    scores: dict[str, ScoreJudgement] = Field(description="`given` by whoever registered them, `own` by this engine")
    reason: str | None = Field(description="why nothing is a finding")
    as_of: str | None
    epoch: int
    pending: int


class TextForecastView(BaseModel):
    """What a text will probably get against the average text that ran."""

    lift: float
    interval: tuple[float, float] = Field(description="90 %, of one such text")
    parts: dict[str, float] = Field(description="lifts whose product is `lift`: `traits`, `meaning`, `given`")
    texts: int
    campaigns: int


class CreativeView(BaseModel):
    """A creative with its traits, its forecast and its score."""

    creative_id: str
    headline: str
    primary_text: str
    hook: str | None
    angle: str | None
    emotion: str | None
    media_type: str | None
    given_score: float | None = Field(description="0 to 100 as whoever registered it scores it")
    traits: list[dict[str, str]] = Field(description="{trait, label}")
    score: int | None = Field(description="0 to 100: of a hundred of your texts, how many would get a lower CTR")
    reason: str | None = Field(description="why there is no score")
    sentence: str | None
    forecast: dict[str, TextForecastView | None]
    why: list[TraitEffect] = Field(description="effects of the traits it has, findings first")
    outcome: str | None = Field(None, description="of a POST: `added`, `replaced` or `unchanged`; null: not registered")
    score_when_registered: float | None = Field(None, description="the own score that is judged")
    created_at: str | None = None
    updated_at: str | None = None


class OneCreative(CreativeView):
    """A registered creative, and what it is told from."""

    as_of: str | None
    pending: int


class CreativeList(BaseModel):
    """What came of registering creatives."""

    items: list[CreativeView]
    as_of: str | None
    pending: int


class CreativePage(CreativeList):
    """A page of registered creatives by id."""

    next_cursor: str | None


@router.get("/creative-effects", summary="What texts of creatives teach", response_model=CreativeEffects)
def effects(
    application: ApplicationPart,
    workspace: Workspace,
    metric: Annotated[RateMetric | None, Query()] = None,
    findings_only: bool = False,
    limit: Annotated[int, Query(ge=1, le=500)] = 200,
) -> Response:
    """From texts that ran side by side in one campaign, and nothing else; findings pass the control of all findings."""
    page = application.creatives.effects(workspace, metric=metric, findings_only=findings_only, limit=limit)
    return json_response(page)


@router.get("/creatives", summary="Registered creatives", response_model=CreativePage)
def creatives(
    application: ApplicationPart,
    workspace: Workspace,
    limit: Annotated[int, Query(ge=1, le=200)] = 100,
    cursor: Annotated[str | None, Query(max_length=1000)] = None,
) -> Response:
    """Each as it is foretold today, with the score that it had when it was registered."""
    return json_response(application.creatives.page(workspace, cursor, limit))


@router.post(
    "/creatives",
    summary="Register and score creatives",
    status_code=201,
    response_model=CreativeList,
    responses={200: {"model": CreativeList, "description": "nothing new, or nothing to be registered"}},
    openapi_extra=json_request(CreativeRequest),
)
def add(
    body: JsonBody,
    application: ApplicationPart,
    workspace: Workspace,
    register: Annotated[bool, Query(description="false: only foretell and score; nothing is stored")] = True,
) -> Response:
    """All or none; the same content again changes nothing (200).

    What is registered is the text of ads that campaigns only name, and its scores are judged when it has run.
    """
    answer: dict[str, Any] = application.creatives.add(
        workspace, read(CreativeRequest, body).creatives, register=register
    )
    news = any(item.get("outcome", "unchanged") != "unchanged" for item in answer["items"])
    return json_response(answer, status=201 if news else 200)


@router.get("/creatives/{creative_id:path}", summary="One registered creative", response_model=OneCreative)
def creative(creative_id: Id, application: ApplicationPart, workspace: Workspace) -> Response:
    """As it is foretold today, with the score that it had when it was registered."""
    return json_response(application.creatives.show(workspace, creative_id))


@router.delete("/creatives/{creative_id:path}", summary="Take a creative back", response_model=OneCreative)
def remove(creative_id: Id, application: ApplicationPart, workspace: Workspace) -> Response:
    """Answers what it was; campaigns that ran it keep what they say themselves."""
    return json_response(application.creatives.remove(workspace, creative_id))
