"""What routes ask for: the application, the caller's workspace, the body's bytes, the check of their policy; answers.

Endpoints stay synchronous (they run in the thread pool); what is here is asynchronous, because it only
looks things up (a hop to the thread pool costs more) or waits for the body.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from typing import Annotated, Any

import orjson
from fastapi import Depends, Header, Request, Response
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute

from reflection.api.access import Caller
from reflection.api.problems import UnsupportedMediaType
from reflection.domain.validation import MAX_FIELD_ERRORS, FieldErrors
from reflection.engine.engine import Engine
from reflection.errors import InvalidInput, NotAllowed
from reflection.web.site import SCREENS
from reflection.wiring import Application


async def application(request: Request) -> Application:
    """The running application."""
    return request.app.state.application  # type: ignore[no-any-return]


async def engine(request: Request) -> Engine:
    """The engine's verbs."""
    return (await application(request)).engine


async def workspace(
    request: Request,
    x_workspace: Annotated[
        str | None,
        Header(description="which workspace, for callers who may choose", pattern="^[a-z0-9][a-z0-9_-]{0,62}$"),
    ] = None,
) -> str:
    """The workspace this request works in."""
    caller: Caller = request.state.caller
    return caller.workspace_for(x_workspace)


async def json_body(request: Request) -> bytes:
    """The bytes of a JSON body, within the limits.

    Raises:
        UnsupportedMediaType: the content type is not JSON.
        InvalidInput: the body is empty.
    """
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().casefold()
    if media_type != "application/json":
        raise UnsupportedMediaType(
            f"the content type is '{media_type[:100]}'" if media_type else "there is no content type",
            hint="send JSON with 'Content-Type: application/json'",
        )
    body = await request.body()
    if not body.strip():
        raise InvalidInput("the body is empty", hint="send one JSON object")
    return body


async def optional_json_body(request: Request) -> bytes:
    """The bytes of a JSON body, `{}` where nothing was sent; for routes whose fields may all be left out.

    Raises:
        UnsupportedMediaType: something was sent and the content type is not JSON.
    """
    return await json_body(request) if (await request.body()).strip() else b"{}"


async def enforce_policy(request: Request) -> None:
    """A dependency for every route: the caller may do what the route does, by the application's `may_call`.

    Raises:
        NotAllowed: it may not.
    """
    may: Callable[[str, Caller], bool] = request.app.state.may_call
    if not may(f"{request.method} {request.scope['route'].path}", request.state.caller):
        raise NotAllowed(
            "this key may not do that",
            hint="writing takes a key that may write; metrics and keys take one for every workspace or of the "
            "scope admin",
        )


async def known_parameters(request: Request) -> None:
    """A dependency for every route: what it does not read is no parameter, rather than a filter that does nothing.

    Raises:
        FieldErrors: names every parameter that the route does not have, and those it has, or that is given twice.
    """
    if request.scope["route"].path in SCREENS:  # the page's script reads what stands in its address
        return
    route: APIRoute = request.scope["route"]
    names = {param.alias for part in _parts(route.dependant) for param in part.query_params}
    given = [name for name, _ in request.query_params.multi_items()]
    wrong = sorted(name for name, count in Counter(given).items() if name not in names or count > 1)
    if wrong:
        unknown = f"is no parameter of this route, which has {', '.join(sorted(names)) or 'none'}"
        errors = [
            {"field": f"query.{name[:100]}", "problem": "is given twice" if name in names else unknown}
            for name in wrong[:MAX_FIELD_ERRORS]
        ]
        raise FieldErrors(errors, len(wrong))


def _parts(dependant: Dependant) -> Iterator[Dependant]:
    yield dependant
    for part in dependant.dependencies:
        yield from _parts(part)


ApplicationPart = Annotated[Application, Depends(application)]
EnginePart = Annotated[Engine, Depends(engine)]
Workspace = Annotated[str, Depends(workspace)]
JsonBody = Annotated[bytes, Depends(json_body)]
OptionalJsonBody = Annotated[bytes, Depends(optional_json_body)]


FRESHNESS_HEADERS: dict[int | str, dict[str, Any]] = {
    200: {
        "headers": {
            "X-As-Of": {
                "description": "instant of the fit that the answer is told from; left out before anything was learnt",
                "schema": {"type": "string", "format": "date-time"},
            },
            "X-Pending": {
                "description": "campaigns of the workspace that this fit has not taken in yet",
                "schema": {"type": "integer", "minimum": 0},
            },
        }
    }
}
"""What OpenAPI says of a `bare_response`."""


def bare_response(value: Any, freshness: Mapping[str, Any]) -> Response:
    """JSON whose shape has no room for `as_of` and `pending`: they stand in headers."""
    response = json_response(value)
    response.headers.update(freshness_headers(freshness))
    return response


def freshness_headers(freshness: Mapping[str, Any]) -> dict[str, str]:
    """The headers `X-As-Of` and `X-Pending`; the first is left out before anything was learnt."""
    as_of = {} if freshness["as_of"] is None else {"X-As-Of": freshness["as_of"]}
    return {**as_of, "X-Pending": str(freshness["pending"])}


def json_response(value: Any, status: int = 200) -> Response:
    """JSON of plain values and dataclasses; NaN cannot get out (it becomes null)."""
    return Response(orjson.dumps(value), status_code=status, media_type="application/json")
