"""What an operator asks: /health (the process answers), /ready (the engine can work), /metrics (for Prometheus)."""

from typing import Literal

from fastapi import Request, Response
from prometheus_client import CONTENT_TYPE_LATEST
from pydantic import BaseModel, Field

from reflection.api.dependencies import ApplicationPart, Workspace, json_response
from reflection.api.metrics import Metrics
from reflection.api.router import Router
from reflection.api.schemas import Health
from reflection.store.projections.outbox import DeadLetter
from reflection.store.worker_lock import WorkerState

router = Router(tags=["operation"])


class MemoryState(BaseModel):
    """What answers questions of meaning."""

    index: str
    embedder: str | None
    degraded: list[str]
    reasons: dict[str, str]
    vectors: str = Field(
        "", description="where vectors are searched: in memory, by the database server, or in a mirror"
    )


class ModelState(BaseModel):
    """The language model that phrases, and its breaker: `open` while the model is not asked after failures."""

    model: str
    breaker: str


class Parts(BaseModel):
    """What is configured, what is degraded, who works behind it, and how far that is behind."""

    database: str = Field("", description="only to a key of every workspace")
    memory: MemoryState
    writer: Literal["deterministic"] | ModelState
    worker: WorkerState
    learning_lag: dict[str, int] = Field(description="campaigns that wait to be learnt, by workspace")
    outbox_lag: dict[str, int]
    alerts: dict[str, dict[str, int]]
    set_aside: list[DeadLetter]
    degraded: list[str]


class Ready(BaseModel):
    """The engine can work; `parts` says what is configured and what is degraded."""

    status: Literal["ready"]
    parts: Parts


@router.get("/health", summary="Is the process alive?", response_model=Health)
async def health() -> Response:
    """Says nothing about the installation, so that it may be public; it takes no thread that others may hold."""
    return json_response({"status": "ok"})


@router.get("/ready", summary="Can the engine work?", response_model=Ready)
def ready(request: Request, application: ApplicationPart, workspace: Workspace) -> Response:
    """What is configured and what is degraded; a 503 when the store cannot be read.

    A key of one workspace is told of that one only, and not where the files are.
    """
    operates = request.state.caller.operates
    parts = application.status(None if operates else workspace)
    if not operates:
        del parts["database"], parts["worker"]["pid"]
    return json_response({"status": "ready", "parts": parts})


@router.get(
    "/metrics",
    summary="Counters and lags for Prometheus",
    response_class=Response,
    responses={200: {"content": {"text/plain": {"schema": {"type": "string"}}}, "description": "Prometheus text"}},
)
def metrics(request: Request, application: ApplicationPart) -> Response:
    """Requests, latencies by route, stages of an analysis, lags of learning, outbox and index, breakers.

    Of the processes at this address; the lags are the installation's. It names no workspace and no campaign.
    """
    counted: Metrics = request.app.state.metrics
    return Response(counted.page(application), media_type=CONTENT_TYPE_LATEST)
