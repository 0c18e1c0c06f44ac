"""Who may call what: every router, and every route's right. A route that is not in the table stops the start.

To add a subject: write `routers/<subject>.py` with a `router` (a `Router`), add it to ROUTERS, and one line a route to
POLICIES.
"""

from collections.abc import Iterator
from enum import Enum

from fastapi import APIRouter
from fastapi.routing import APIRoute
from starlette.routing import compile_path

from reflection.api.access import Caller
from reflection.api.pools import COMPUTING, HEAVY, LOOKING, READING, WRITING, Kind
from reflection.api.router import Router
from reflection.api.routers import (
    alerts,
    analyze,
    attention,
    campaigns,
    chat,
    creatives,
    days,
    docs,
    effects,
    events,
    experiments,
    forecasts,
    imports,
    insights,
    keys,
    learnings,
    mcp,
    memory,
    metrics,
    months,
    pacing,
    page,
    plans,
    problems,
    recommendations,
    reports,
    samples,
    shares,
    stream,
    tables,
    track_record,
    workspaces,
)
from reflection.errors import ConfigurationError


class Right(Enum):
    """What a caller needs."""

    PUBLIC = "nothing, not even a key"
    READ = "any key"
    WRITE = "a key that may write"
    OPERATE = "a key for every workspace, or with the scope admin; to change something one that may write"


ROUTERS: tuple[Router, ...] = (
    analyze.router,
    insights.router,
    attention.router,
    months.router,
    days.router,
    pacing.router,
    plans.router,
    recommendations.router,
    forecasts.router,
    track_record.router,
    effects.router,
    memory.router,
    learnings.router,
    chat.router,
    reports.router,
    imports.router,
    campaigns.router,
    events.router,
    experiments.router,
    creatives.router,
    mcp.router,
    tables.router,
    shares.router,
    samples.router,
    stream.router,
    workspaces.router,
    keys.router,
    alerts.router,
    metrics.router,
    problems.router,
    docs.router,
    page.router,
)

POLICIES: dict[str, Right] = {
    "POST /analyze-campaign": Right.WRITE,
    "GET /insights": Right.READ,
    "GET /patterns": Right.READ,
    "GET /v1/insights": Right.READ,
    "GET /v1/patterns": Right.READ,
    "GET /v1/attention": Right.READ,
    "GET /v1/months": Right.READ,
    "GET /v1/days": Right.READ,
    "GET /v1/pacing": Right.READ,
    "GET /recommendations": Right.READ,
    "POST /v1/plans/evaluate": Right.READ,
    "POST /v1/plans/allocate": Right.READ,
    "POST /v1/forecasts": Right.WRITE,
    "GET /v1/track-record": Right.READ,
    "GET /v1/recommendations": Right.READ,
    "GET /v1/recommendations/{recommendation_id}": Right.READ,
    "POST /v1/recommendations/{recommendation_id}/shown": Right.WRITE,
    "POST /v1/recommendations/{recommendation_id}/feedback": Right.WRITE,
    "POST /shown": Right.WRITE,
    "POST /feedback": Right.WRITE,
    "GET /v1/effects": Right.READ,
    "GET /v1/effects/{signal:path}/evidence": Right.READ,
    "GET /v1/memory/search": Right.READ,
    "GET /v1/learnings": Right.READ,
    "GET /v1/learnings/{learning_id}": Right.READ,
    "POST /v1/learnings/{learning_id}/review": Right.WRITE,
    "POST /v1/learnings/recalls/{recall_id}/outcome": Right.WRITE,
    "POST /agent-chat": Right.READ,
    "GET /v1/campaigns/{campaign_id:path}/report": Right.READ,
    "GET /v1/portfolio/report": Right.READ,
    "POST /v1/imports": Right.WRITE,
    "GET /v1/imports": Right.READ,
    "GET /v1/imports/{import_id}": Right.READ,
    "GET /v1/imports/{import_id}/events": Right.READ,
    "DELETE /v1/imports/{import_id}": Right.WRITE,
    "POST /v1/observations": Right.WRITE,
    "GET /v1/campaigns": Right.READ,
    "GET /v1/campaigns/{campaign_id:path}": Right.READ,
    "DELETE /v1/campaigns/{campaign_id:path}": Right.WRITE,
    "POST /v1/campaigns/{campaign_id:path}/accept": Right.WRITE,
    "DELETE /v1/campaigns/{campaign_id:path}/accept": Right.WRITE,
    "GET /v1/events": Right.READ,
    "POST /v1/events": Right.WRITE,
    "DELETE /v1/events/{event_id}": Right.WRITE,
    "GET /v1/creative-effects": Right.READ,
    "GET /v1/creatives": Right.READ,
    "POST /v1/creatives": Right.WRITE,
    "GET /v1/creatives/{creative_id:path}": Right.READ,
    "DELETE /v1/creatives/{creative_id:path}": Right.WRITE,
    "GET /v1/experiments": Right.READ,
    "POST /v1/experiments": Right.WRITE,
    "POST /v1/experiments/next": Right.WRITE,
    "GET /v1/experiments/{experiment_id}": Right.READ,
    "DELETE /v1/experiments/{experiment_id}": Right.WRITE,
    "POST /mcp": Right.READ,
    "GET /v1/tables/{table}": Right.READ,
    "GET /v1/shares": Right.READ,
    "POST /v1/shares": Right.WRITE,
    "DELETE /v1/shares/{share_id}": Right.WRITE,
    "GET /share/{token}": Right.PUBLIC,
    "GET /v1/samples": Right.OPERATE,
    "POST /v1/samples": Right.OPERATE,
    "DELETE /v1/samples": Right.OPERATE,
    "GET /v1/workspaces": Right.READ,
    "GET /v1/stream": Right.READ,
    "GET /v1/keys": Right.OPERATE,
    "POST /v1/keys": Right.OPERATE,
    "DELETE /v1/keys/{key_id}": Right.OPERATE,
    "GET /v1/alerts": Right.OPERATE,
    "POST /v1/alerts": Right.OPERATE,
    "DELETE /v1/alerts/{alert_id}": Right.OPERATE,
    "POST /v1/alerts/{alert_id}/test": Right.OPERATE,
    "GET /v1/alerts/{alert_id}/deliveries": Right.OPERATE,
    "POST /v1/alerts/{alert_id}/deliveries/retry": Right.OPERATE,
    "GET /health": Right.PUBLIC,
    "GET /ready": Right.READ,
    "GET /metrics": Right.OPERATE,
    "GET /problems/{code}": Right.READ,
    "GET /openapi.json": Right.READ,
    "GET /docs": Right.READ,
    "GET /docs/{asset}": Right.READ,
    "GET /": Right.PUBLIC,
    "GET /campaigns": Right.PUBLIC,
    "GET /campaigns/{campaign_id:path}": Right.PUBLIC,
    "GET /works": Right.PUBLIC,
    "GET /works/{signal:path}": Right.PUBLIC,
    "GET /plan": Right.PUBLIC,
    "GET /ask": Right.PUBLIC,
    "GET /record": Right.PUBLIC,
    "GET /data": Right.PUBLIC,
    "GET /assets/{name:path}": Right.PUBLIC,
}

_PUBLIC = [compile_path(name.split(" ", 1)[1])[0] for name, right in POLICIES.items() if right is Right.PUBLIC]

LARGE_BODIES: dict[str, int] = {
    "/v1/imports": imports.MAX_UPLOAD,
    "/v1/observations": imports.MAX_OBSERVATIONS,
}
"""Fixed paths that accept more bytes than MARKO_MAX_BODY_BYTES, with their limit."""


_HEAVY = frozenset(
    {
        "GET /v1/campaigns/{campaign_id:path}/report",
        "GET /v1/portfolio/report",
        "GET /v1/tables/{table}",
        "POST /v1/shares",
        "POST /v1/imports",
        "POST /v1/observations",
        "POST /v1/samples",
        "DELETE /v1/samples",
    }
)
_WAITING = frozenset(
    {
        "POST /agent-chat",
        "GET /v1/memory/search",
        "GET /v1/creatives",
        "GET /v1/creatives/{creative_id:path}",
    }
)
"""Readings that ask a model, or note what they found."""

_WAITING_WITH = {"GET /recommendations": b"campaign_id=", "GET /v1/recommendations": b"campaign_id="}
"""Readings that may note a draw where the query has this."""

_COMPUTING = frozenset(
    {
        "POST /v1/plans/evaluate",
        "POST /v1/plans/allocate",
        "GET /recommendations",
        "GET /v1/recommendations",
        "GET /v1/recommendations/{recommendation_id}",
        "GET /v1/track-record",
    }
)
"""What only reads, but works on what it reads."""

_LOOKING = frozenset({"GET /ready", "GET /metrics"})


def pool_of(name: str, query: bytes = b"") -> Kind:
    """The threads that a route takes; one that is not listed as anything else reads when it is a GET, else writes."""
    if name in _HEAVY:
        return HEAVY
    if name in _LOOKING:
        return LOOKING
    if name in _WAITING or _WAITING_WITH.get(name, b"\n") in query:
        return WRITING
    if name in _COMPUTING:
        return COMPUTING
    return READING if name.startswith("GET ") else WRITING


def may_call(name: str, caller: Caller) -> bool:
    """Whether a caller may call a route; one without policy may nobody."""
    right = POLICIES.get(name)
    if right is Right.OPERATE:
        return caller.operates and (caller.writes or name.startswith("GET "))
    return right is not None and (caller.writes or right is not Right.WRITE)


def methods_of(path: str) -> str:
    """The Allow header of a path: every method of every route that matches it."""
    routes = (name.split(" ", 1) for name in POLICIES)
    return ", ".join(sorted({method for method, template in routes if compile_path(template)[0].match(path)}))


def routes_of(router: APIRouter) -> list[APIRoute]:
    """A router's own routes; routers are flat, one inside another would hide its routes here."""
    return [route for route in router.routes if isinstance(route, APIRoute)]


def names_of(route: APIRoute) -> Iterator[str]:
    """The table's names of a route, one per method: ``GET /insights``."""
    return (f"{method} {route.path}" for method in sorted(route.methods or ()))


def is_public(path: str) -> bool:
    """Whether a path answers without a key; a test holds that no public template matches another route's path."""
    return any(pattern.match(path) for pattern in _PUBLIC)


def check_table(routers: tuple[APIRouter, ...] = ROUTERS) -> None:
    """Every route has a policy and every policy a route, so nothing is served by forgetting.

    Raises:
        ConfigurationError: names the routes or the lines at fault.
    """
    routes = {name for router in routers for route in routes_of(router) for name in names_of(route)}
    wrong = routes ^ set(POLICIES)
    if wrong:
        raise ConfigurationError(f"routes and policies differ in: {', '.join(sorted(wrong))}")
