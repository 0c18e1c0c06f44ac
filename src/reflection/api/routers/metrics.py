"""GET /metrics: what the process counts, for Prometheus."""

from fastapi import APIRouter, Request, Response
from prometheus_client import CONTENT_TYPE_LATEST

from reflection.api.dependencies import ApplicationPart
from reflection.api.metrics import Metrics

router = APIRouter(tags=["operation"])


@router.get(
    "/metrics",
    summary="Counters and lags for Prometheus",
    response_class=Response,
    responses={200: {"content": {"text/plain": {"schema": {"type": "string"}}}, "description": "Prometheus text"}},
)
def metrics(request: Request, application: ApplicationPart) -> Response:
    """Requests, latencies by route, stages of an analysis, lags of learning, outbox and index, breakers.

    Of this process; the lags are the installation's. It names no workspace and no campaign.
    """
    counted: Metrics = request.app.state.metrics
    return Response(counted.page(application), media_type=CONTENT_TYPE_LATEST)
