"""POST /v1/plans/evaluate: what plans will probably do, before any money is spent."""

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import Query, Response
from pydantic import BaseModel, Field

from reflection.api.dependencies import ApplicationPart, JsonBody, Workspace, json_response
from reflection.api.openapi import json_request
from reflection.api.pools import Router
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
    notes: list[str]


class PlanAnswer(BaseModel):
    """Every plan, and all of them together."""

    plans: list[EvaluatedPlan]
    total: dict[str, Any] | None
    as_of: str | None
    epoch: int
    pending: int
    holdback: str | None = None


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


def _compact(plan: Mapping[str, Any]) -> dict[str, Any]:
    """A plan beside others: figures, odds, what drives it most, and what cannot be said."""
    kept = {name: value for name, value in plan.items() if name not in ("booked", "similar")}
    return {**kept, "drivers": plan["drivers"][:MOST_DRIVERS]}
