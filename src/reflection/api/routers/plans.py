"""/v1/plans: what plans will probably do, and how to spread a budget, before any money is spent."""

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import Query, Response
from pydantic import BaseModel, Field

from reflection.api.dependencies import ApplicationPart, EnginePart, JsonBody, Workspace, json_response
from reflection.api.openapi import json_request
from reflection.api.router import Router
from reflection.domain.allocation import AllocationRequest
from reflection.domain.plan import PlanRequest
from reflection.domain.validation import read

router = Router(prefix="/v1/plans", tags=["planning"])
MOST_DRIVERS = 5


class PlanMetric(BaseModel):
    """One metric of a plan: the planner's figure, ours from signals, the blend with its intervals and odds."""

    planner: float | None
    signals: float | None
    calibrated: float | None
    intervals: dict[str, list[float] | None]
    p_target: float | None
    p_better: float | None
    identified: bool


class EvaluatedPlan(BaseModel):
    """One plan; `notes` says what the data cannot say."""

    plan_id: str
    metrics: dict[str, PlanMetric]
    booked: list[dict[str, Any]] = Field([], description="left out of a compact answer")
    drivers: list[dict[str, Any]] = Field(description="the five largest in a compact answer")
    similar: list[dict[str, Any]] = Field([], description="left out of a compact answer")
    texts: list[dict[str, Any]] = Field(
        [],
        description="{creative, score, lift, interval, sentence} of creatives that never ran, by their texts",
    )
    notes: list[str]


class PlanAnswer(BaseModel):
    """Every plan, and all of them together."""

    plans: list[EvaluatedPlan]
    total: dict[str, Any] | None
    as_of: str | None
    epoch: int
    pending: int
    holdback: str | None = None


class AllocatedPlan(BaseModel):
    """What one candidate gets, and what that brings."""

    plan_id: str
    amount: float
    share: float
    was: float = Field(description="what it gets of the same money as planned")
    brings: float = Field(description="conversions, or revenue where the goal is ROAS")
    interval: list[float] = Field(description="90 % interval of what it usually brings")
    next_costs: float | None = Field(description="money that one more of it takes here; the less, the better the next")
    elasticity: dict[str, Any] = Field(
        description="{value, interval, reason, audiences}: 1 is in proportion; null with a reason where it was not "
        "learnt; `audiences` are those of which it was learnt how far theirs deviates"
    )
    extrapolated: bool = Field(description="more than 1.5 times outside of what campaigns there spent")
    doubts: list[str]
    curve: list[dict[str, float]] | None = Field(
        description="{amount, brings, low, high} within the spend that was seen; only where an elasticity was learnt"
    )


class Allocation(BaseModel):
    """How to spread a budget."""

    budget: float
    currency: str | None
    metric: str
    risk: float
    items: list[AllocatedPlan]
    total: dict[str, Any] = Field(description="{brings, interval} of the proposed split")
    as_planned: dict[str, Any] = Field(description="the same of the same money in the plans' own shares")
    leaning: float = Field(
        default=0.0, description="how far the split stays with the plans' own shares, for want of knowledge: 0 to 0.5"
    )
    p_better: float = Field(description="probability that the proposed split brings more")
    notes: list[str]
    as_of: str | None
    epoch: int
    pending: int


@router.post("/evaluate", summary="Evaluate plans", response_model=PlanAnswer, openapi_extra=json_request(PlanRequest))
def evaluate(
    body: JsonBody,
    application: ApplicationPart,
    workspace: Workspace,
    compact: Annotated[bool, Query(description="without what was booked and similar campaigns")] = False,
) -> Response:
    """Calibrated forecasts of planned campaigns with 50, 80 and 90 % intervals; nothing is stored."""
    answer = application.recommendations.evaluate(read(PlanRequest, body), workspace=workspace)
    return json_response({**answer, "plans": [_compact(plan) for plan in answer["plans"]]} if compact else answer)


@router.post("/allocate", summary="Spread a budget over plans", response_model=Allocation,
             openapi_extra=json_request(AllocationRequest))  # fmt: skip
def allocate(body: JsonBody, engine: EnginePart, workspace: Workspace) -> Response:
    """By draws of what each brings and how that grows with money; says what is extrapolated. Nothing is stored."""
    return json_response(engine.allocate(read(AllocationRequest, body), workspace=workspace))


def _compact(plan: Mapping[str, Any]) -> dict[str, Any]:
    """A plan beside others: figures, odds, what drives it most, and what cannot be said."""
    fields = {name: value for name, value in plan.items() if name not in ("booked", "similar")}
    return {**fields, "drivers": plan["drivers"][:MOST_DRIVERS]}
