"""The application factory: settings and wiring in, an ASGI application out.

    uvicorn app.main:app      builds its own wiring at start, has what is behind it done, closes at the end
    create_app(application)   serves an application somebody else built and will close

Knows wiring; the routes do not.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import structlog
from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from reflection.api import logging, openapi, problems
from reflection.api.access import Access
from reflection.api.limits import BodyLimit, RateLimiter
from reflection.api.metrics import Metrics
from reflection.api.middleware import Outermost
from reflection.api.opening import AT_ONCE, RETRY_AFTER, Opening
from reflection.api.policies import LARGE_BODIES, ROUTERS, check_table, is_public, may_call, methods_of, pool_of
from reflection.api.pools import Pools
from reflection.api.streams import Streams
from reflection.errors import ReflectionError, Unavailable
from reflection.mcp.door import AgentDoor
from reflection.settings import Settings
from reflection.version import __version__
from reflection.wiring import Application, build
from reflection.worker.server import ServerBackground

log = structlog.get_logger("reflection")


def create_app(application: Application | None = None, settings: Settings | None = None) -> FastAPI:
    """An ASGI application; with `application` given, the caller builds, learns and closes.

    Raises:
        ConfigurationError: a setting is wrong, or a route has no policy.
    """
    settings = application.settings if application else settings or Settings.load()
    check_table()
    logging.configure(settings)
    access, metrics, opening, rates = Access(settings), Metrics(), Opening(), RateLimiter(settings.limit)
    if application is not None:
        application.observe_stage = metrics.stage
        rates.share(application.board)
        opening.done()
    app = FastAPI(
        title="Reflection & Learning Engine",
        version=__version__,
        description="Forecast against fact, what can be learnt, what next; every number with its interval.",
        openapi_url=None,
        redirect_slashes=False,
        lifespan=_lifespan(application, settings, access, metrics, opening, rates),
        telemetry={"tracing": False, "metrics": False, "logs": False},
    )
    app.state.application, app.state.background = application, None
    app.state.metrics, app.state.access, app.state.streams = metrics, access, Streams(access)
    app.state.pools, app.state.may_call = Pools(pool_of), may_call
    app.state.agent_door = AgentDoor(app, __version__)
    app.add_middleware(
        Outermost,
        access=access,
        rates=rates,
        bodies=BodyLimit(settings.max_body_bytes, LARGE_BODIES),
        is_public=is_public,
        metrics=metrics,
        opening=opening,
    )
    for error in (ReflectionError, HTTPException, RequestValidationError):
        app.add_exception_handler(error, problems.handle)
    app.add_exception_handler(405, _method_not_allowed)
    for router in ROUTERS:
        app.router.routes.extend(router.routes)
    openapi.complete(app)
    return app


async def _method_not_allowed(request: Request, _error: Exception) -> Response:
    """The framework names the methods of the first route that matches only; several may."""
    allowed = {"Allow": methods_of(request.url.path)}
    return problems.response_of(request, HTTPException(405, headers=allowed))


def _lifespan(  # type: ignore[no-untyped-def]
    application: Application | None,
    settings: Settings,
    access: Access,
    metrics: Metrics,
    opening: Opening,
    rates: RateLimiter,
):
    """Build at start, stop at the end; nothing to do for an application that belongs to the caller.

    What takes longer than a moment is built behind the first answers (`Opening`), and tried again while the database
    cannot be reached.
    """
    answering, stopping = asyncio.Event(), asyncio.Event()

    async def opened() -> Application:
        while True:
            try:
                return await run_in_threadpool(build, settings, opening.announce)
            except ReflectionError as error:
                opening.failed(error)
                if not (answering.is_set() and isinstance(error, Unavailable)) or stopping.is_set():
                    raise
                log.error("the server could not open; it tries again", error=error.message)
                with suppress(TimeoutError):
                    await asyncio.wait_for(stopping.wait(), RETRY_AFTER)

    async def built(app: FastAPI) -> tuple[Application, ServerBackground]:
        made = await opened()
        access.renew(made.keys.ring)
        rates.share(made.board)
        made.observe_stage = metrics.stage
        behind = ServerBackground(made)
        app.state.application, app.state.background, made.wake_imports = made, behind, behind.wake_imports
        behind.start()
        opening.done()
        return made, behind

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        if application is not None:
            access.renew(application.keys.ring)
            yield
            return
        start = asyncio.create_task(built(app))
        await asyncio.wait({start}, timeout=AT_ONCE)
        if start.done():
            start.result()  # what is wrong with the settings or the database stops the start
        else:
            answering.set()
            start.add_done_callback(_log_failure)
        try:
            yield
        finally:
            stopping.set()
            await asyncio.wait({start})
            if start.exception() is None:
                await run_in_threadpool(_stop, *start.result())

    return lifespan


def _log_failure(start: "asyncio.Task[tuple[Application, ServerBackground]]") -> None:
    if (error := start.exception()) is not None:
        log.error("the server could not open", exc_info=error)


def _stop(application: Application, behind: ServerBackground) -> None:
    behind.stop()
    application.close()
