"""GET /health (the process answers) and /ready (the engine can work, and what is degraded)."""

from fastapi import APIRouter, Request, Response

from reflection.api.dependencies import ApplicationPart, Workspace
from reflection.api.responses import json_response
from reflection.api.schemas import Health, Ready

router = APIRouter(tags=["operation"])


@router.get("/health", summary="Is the process alive?", response_model=Health)
def health() -> Response:
    """Says nothing about the installation, so that it may be public."""
    return json_response({"status": "ok"})


@router.get("/ready", summary="Can the engine work?", response_model=Ready)
def ready(request: Request, application: ApplicationPart, workspace: Workspace) -> Response:
    """What is configured and what is degraded; a 503 when the store cannot be read.

    A key of one workspace is told of that one only, and not where the files are.
    """
    parts = application.status()
    if not request.state.caller.operates:
        parts["learning_lag"] = {workspace: parts["learning_lag"].get(workspace, 0)}
        del parts["database"]
    return json_response({"status": "ready", "parts": parts})
