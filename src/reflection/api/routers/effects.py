"""GET /v1/effects and the evidence of one signal: every learnt number with what it rests on."""

from typing import Annotated

from fastapi import Path, Query, Response

from reflection.api.dependencies import ApplicationPart, EnginePart, Workspace, json_response
from reflection.api.effect_schemas import EffectsPage, SignalEvidence
from reflection.api.parameters import PRINTABLE
from reflection.api.router import Router
from reflection.domain.metrics import ModelledMetric
from reflection.ingest.jobs.weekdays import beside_fit, weekdays

router = Router(prefix="/v1/effects", tags=["learning"])
Text = Annotated[str | None, Query(min_length=1, max_length=300, pattern=PRINTABLE)]

GOAL = "a kind of conversion, such as `lead`; without it the goal most money is spent on"


@router.get("", summary="Effects of signals", response_model=EffectsPage)
def effects(
    application: ApplicationPart,
    workspace: Workspace,
    metric: Annotated[ModelledMetric | None, Query()] = None,
    group: Annotated[Text, Query(description="signal group, such as `audience.age`")] = None,
    platform: Text = None,
    findings_only: bool = False,
    goal: Annotated[Text, Query(description=GOAL)] = None,
    joined: Annotated[bool, Query(description="signals that always came together are one row")] = False,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    cursor: Text = None,
) -> Response:
    """Effects as multiplicative lift (1.0 = none), with 90 % intervals and whether each is a finding."""
    page = application.engine.effects(
        workspace=workspace,
        metric=metric,
        group=group,
        platform=platform,
        findings_only=findings_only,
        goal=goal,
        joined=joined,
        limit=limit,
        cursor=cursor,
    )
    return json_response(beside_fit(page, application.days.get(workspace, "weekdays", weekdays)))


@router.get("/{signal:path}/evidence", summary="What an effect rests on", response_model=SignalEvidence)
def evidence(
    engine: EnginePart,
    workspace: Workspace,
    signal: Annotated[str, Path(max_length=1000, description="signal key, such as `audience.age:18-25`")],
    metric: Annotated[ModelledMetric | None, Query()] = None,
    goal: Annotated[Text, Query(description=GOAL)] = None,
    limit: Annotated[int, Query(ge=1, le=1000, description="campaigns that are looked at")] = 200,
    cursor: Text = None,
) -> Response:
    """Campaigns for and against, each with its residual; a page of all that have the signal, by their ids."""
    page = engine.effect_evidence(
        signal, workspace=workspace, metric=metric, goal=goal, limit=limit, cursor=cursor or ""
    )
    return json_response(page)
