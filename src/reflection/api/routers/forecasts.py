"""POST /v1/forecasts: anybody's forecast, into the append-only register."""

from fastapi import Response
from pydantic import BaseModel

from reflection.api.dependencies import ApplicationPart, JsonBody, Workspace, json_response
from reflection.api.openapi import json_request
from reflection.api.router import Router
from reflection.domain.forecast_register import ForecastRequest
from reflection.domain.validation import read

router = Router(prefix="/v1/forecasts", tags=["planning"])


class ForecastRegistration(BaseModel):
    """How many forecasts came in, and how many of them were new."""

    received: int
    added: int


@router.post(
    "",
    summary="Register forecasts",
    status_code=201,
    response_model=ForecastRegistration,
    openapi_extra=json_request(ForecastRequest),
)
def register(body: JsonBody, application: ApplicationPart, workspace: Workspace) -> Response:
    """Append forecasts; a later one of the same issuer never overwrites an earlier one, and the first one counts."""
    answer = application.recommendations.register(read(ForecastRequest, body), workspace=workspace)
    return json_response(answer, status=201)
