"""/v1/experiments: randomised experiments, written down, ordered and read back."""

from typing import Annotated, Any

from fastapi import Query, Response
from pydantic import BaseModel, Field

from reflection.api.dependencies import ApplicationPart, JsonBody, OptionalJsonBody, Workspace, json_response
from reflection.api.openapi import json_request
from reflection.api.parameters import ExperimentId
from reflection.api.router import Router
from reflection.domain.experiment import Experiment, TestOrder
from reflection.domain.validation import read
from reflection.ingest.experiment_rows import experiments_of_json

router = Router(prefix="/v1/experiments", tags=["experiments"])


class ExperimentView(Experiment):
    """An experiment with what it says by itself, and what the learning made of it."""

    experiment_id: str
    state: str = Field(description="`ordered`, `waiting`, `learnt`, or `held` (learnt from by nothing)")
    reason: str | None = Field(description="why it waits or is held")
    split: dict[str, Any] | None = Field(
        description="{p, as_planned}: chance of so uneven a split; null where not every arm gives `units`"
    )
    comparisons: list[dict[str, Any]] = Field(
        description="{arm, against, metric, lift, interval, always_valid, verdict} of every arm of an A/B test"
    )
    studies: list[dict[str, Any]] = Field(
        description="{arm, incremental, interval, attributed, share_incremental, share_interval, cost_per_incremental}"
    )
    settled: bool = Field(description="every comparison is decided, however often somebody looked: it may be stopped")
    events_needed: int = Field(
        description="events of each of two arms until a lift of `smallest_effect` is settled with 80 %"
    )
    created_at: str
    updated_at: str
    outcome: str | None = Field(None, description="of a POST: `added`, `replaced` or `unchanged`")


class ExperimentList(BaseModel):
    """What came of writing experiments down."""

    items: list[ExperimentView]


class ExperimentPage(ExperimentList):
    """A page of experiments by id."""

    next_cursor: str | None
    as_of: str | None
    pending: int


@router.get("", summary="Experiments", response_model=ExperimentPage)
def experiments(
    application: ApplicationPart,
    workspace: Workspace,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
    cursor: Annotated[str | None, Query(max_length=100)] = None,
) -> Response:
    """Each with its lifts, its split, and whether it was learnt from."""
    return json_response(application.experiments.page(workspace, cursor, limit))


@router.post("", summary="Write experiments down", status_code=201, response_model=ExperimentList,
             responses={200: {"model": ExperimentList, "description": "nothing new"}},
             openapi_extra=json_request(Experiment))  # fmt: skip
def add(body: JsonBody, application: ApplicationPart, workspace: Workspace) -> Response:
    """One experiment, a list, `{"experiments": [...]}`, or `{"rows": [...]}` with one arm each; all or none.

    The same id replaces, the same content changes nothing (200). Learnt from at the next fit.
    """
    answer = application.experiments.add(workspace, experiments_of_json(body))
    news = any(item["outcome"] != "unchanged" for item in answer["items"])
    return json_response(answer, status=201 if news else 200)


@router.post("/next", summary="Order the next test", status_code=201, response_model=ExperimentView,
             responses={200: {"model": ExperimentView, "description": "ordered already"}},
             openapi_extra=json_request(TestOrder, required=False))  # fmt: skip
def order(body: OptionalJsonBody, application: ApplicationPart, workspace: Workspace) -> Response:
    """Writes the proposed test down (size, split, days), or another one; post results with its id to read it back."""
    answer = application.experiments.order(workspace, read(TestOrder, body))
    return json_response(answer, status=200 if answer["outcome"] == "unchanged" else 201)


@router.get("/{experiment_id}", summary="One experiment", response_model=ExperimentView)
def experiment(experiment_id: ExperimentId, application: ApplicationPart, workspace: Workspace) -> Response:
    """With its lifts, its split, whether it may be stopped, and whether it was learnt from."""
    return json_response(application.experiments.show(workspace, experiment_id))


@router.delete("/{experiment_id}", summary="Take an experiment back", response_model=ExperimentView)
def remove(experiment_id: ExperimentId, application: ApplicationPart, workspace: Workspace) -> Response:
    """Answers what it was; what it taught goes with the next fit."""
    return json_response(application.experiments.remove(workspace, experiment_id))
