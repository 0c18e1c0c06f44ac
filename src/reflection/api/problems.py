"""Every error as one shape: problem+json (RFC 9457) with `errors`, `hint` and `request_id`.

Translates our error tree and the framework's errors. Must not leak the text of an unforeseen exception:
that goes to the log, with the request id the caller sees.
"""

from http import HTTPStatus
from typing import Any
from urllib.parse import quote

import orjson
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from reflection.domain.validation import field_errors
from reflection.errors import ImportFileError, InvalidInput, ReflectionError, TooManyRequests, Unavailable
from reflection.ingest.jobs.remedies import over_http

MEDIA_TYPE = "application/problem+json"

_HTTP_CODES = {
    400: "bad-request",
    404: "not-found",
    405: "method-not-allowed",
    413: "body-too-large",
    415: "unsupported-media-type",
    421: "unknown-host",
}
LATER = 5
"""Seconds after which to come again, where whoever refuses does not know better."""

_HTTP_HINTS = {
    404: "/docs lists every path",
    405: "the Allow header lists the methods of this path",
}


class FieldProblem(BaseModel):
    """What is wrong with one field."""

    field: str = Field(description="path of the field, such as `breakdown[2].metrics.clicks`; empty for the whole body")
    problem: str


class Problem(BaseModel):
    """The one shape of every error (RFC 9457)."""

    type: str = Field(description="stable identifier; a relative reference to its description")
    title: str
    status: int
    detail: str
    instance: str
    errors: list[FieldProblem] = Field(description="the fields at fault; empty where no single field is")
    hint: str = Field(description="what to do next")
    request_id: str = Field(description="names this request in the server's log")
    mapping: dict[str, Any] | None = Field(
        None, description="of a file that is nobody's: a column mapping to start from, and the file's headers"
    )


class UnsupportedMediaType(InvalidInput):
    """The body is not what its content type must be."""

    code = "unsupported-media-type"
    status = 415
    title = "The content type is not supported"


def response_of(request: Request, error: Exception) -> Response:
    """The problem response of any error; an unforeseen one gives a 500 that says nothing of it."""
    headers: dict[str, str] = {}
    if isinstance(error, RequestValidationError):
        sent = {"body": error.body, "query": request.query_params, "path": request.path_params}
        error = field_errors(error.errors(), {**sent, "header": request.headers})
    if isinstance(error, ReflectionError):
        body = _of_ours(error)
        if isinstance(error, TooManyRequests | Unavailable):
            headers["Retry-After"] = str(error.retry_after or LATER)
        if body["status"] == 401:
            headers["WWW-Authenticate"] = "Bearer"
    elif isinstance(error, HTTPException):
        body = _of_http(error)
        headers.update(error.headers or {})
    else:
        body = _of_ours(ReflectionError("an unforeseen error happened; nothing was changed by this request"))
        body["hint"] = "the server's log has the cause under this request id"
    body["instance"] = quote(request.url.path)
    body["request_id"] = request.scope.get("state", {}).get("request_id", "")
    return Response(orjson.dumps(body), body["status"], headers, MEDIA_TYPE)


def _of_ours(error: ReflectionError) -> dict[str, Any]:
    wording = over_http if isinstance(error, ImportFileError) else str
    errors = getattr(error, "errors", None)
    if errors is None:
        errors = [{"field": error.field, "problem": wording(error.message)}] if error.field else []
    mapping = getattr(error, "mapping", None)
    return {
        "type": f"/problems/{error.code}",
        "title": error.title,
        "status": error.status,
        "detail": wording(error.message),
        "errors": errors,
        "hint": wording(error.hint),
        **({} if mapping is None else {"mapping": mapping}),
    }


def _of_http(error: HTTPException) -> dict[str, Any]:
    phrase = HTTPStatus(error.status_code).phrase
    return {
        "type": f"/problems/{_HTTP_CODES.get(error.status_code, 'error')}",
        "title": phrase,
        "status": error.status_code,
        "detail": str(error.detail) if error.status_code < 500 else phrase,
        "errors": [],
        "hint": _HTTP_HINTS.get(error.status_code, ""),
    }


async def handle(request: Request, error: Exception) -> Response:
    """Exception handler for everything foreseen (registered in `app.py`)."""
    return response_of(request, error)
