"""GET /health (the process answers) and /ready (the engine can work, and what is degraded)."""

from fastapi import APIRouter, Response

from reflection.api.dependencies import ApplicationPart
from reflection.api.responses import json_response
from reflection.api.schemas import Health, Ready

router = APIRouter(tags=["operation"])


@router.get("/health", summary="Is the process alive?", response_model=Health)
def health() -> Response:
    """Says nothing about the installation, so that it may be public."""
    return json_response({"status": "ok"})


@router.get("/ready", summary="Can the engine work?", response_model=Ready)
def ready(application: ApplicationPart) -> Response:
    """What is configured and what is degraded; a 503 when the store cannot be read."""
    return json_response({"status": "ready", "parts": application.status()})
