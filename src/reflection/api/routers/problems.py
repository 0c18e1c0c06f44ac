"""GET /problems/{code}: what the `type` of a problem means; the error classes' own words."""

from typing import Annotated

from fastapi import Path, Response

from reflection.api.dependencies import json_response
from reflection.api.router import Router
from reflection.api.schemas import ProblemKind
from reflection.errors import NotFound, ReflectionError

router = Router(tags=["operation"])


def kinds() -> dict[str, type[ReflectionError]]:
    """Every error class by its code; of two with one code, the more general."""
    errors: dict[str, type[ReflectionError]] = {}
    pending: list[type[ReflectionError]] = [ReflectionError]
    while pending:
        kind = pending.pop(0)
        errors.setdefault(kind.code, kind)
        pending.extend(kind.__subclasses__())
    return errors


FRAMEWORK = {
    "bad-request": (400, "Bad Request", "The request could not be read."),
    "method-not-allowed": (
        405,
        "Method Not Allowed",
        "The path exists, the method does not; see the Allow header.",
    ),
}
"""Problems the framework finds before any class of ours."""


@router.get("/problems/{code}", summary="What a problem type means", response_model=ProblemKind)
def problem(code: Annotated[str, Path(max_length=100)]) -> Response:
    """The meaning of a problem's `type`."""
    kind = kinds().get(code)
    if kind is not None:
        status, title, meaning = kind.status, kind.title, (kind.__doc__ or "").strip().splitlines()[0]
    elif code in FRAMEWORK:
        status, title, meaning = FRAMEWORK[code]
    else:
        raise NotFound(f"there is no problem type '{code}'", hint="/docs lists the errors of every path")
    return json_response({"code": code, "title": title, "status": status, "meaning": meaning})
