"""The router of every subject: what it serves is checked first and runs in the pools of the server that serves it.

A route is made once, at import, and shared by every application of the process: including it by `include_router`
would make it a second time for each. Must not know which routes there are, nor what they do.
"""

import functools
import inspect
from collections.abc import Awaitable, Callable
from typing import Any

from fastapi import APIRouter, Depends

from reflection.api.dependencies import enforce_policy, known_parameters
from reflection.api.pools import Pools, call


class Router(APIRouter):
    """A router whose routes ask for the caller's right and for known parameters, and run in pools."""

    def __init__(self, prefix: str = "", tags: list[Any] | None = None, include_in_schema: bool = True) -> None:
        checks = [Depends(enforce_policy), Depends(known_parameters)]
        super().__init__(prefix=prefix, tags=tags, include_in_schema=include_in_schema, dependencies=checks)

    def add_api_route(self, path: str, endpoint: Callable[..., Any], **options: Any) -> None:
        """Add a route; a function that is no coroutine is done by a thread of its pool."""
        super().add_api_route(path, endpoint if inspect.iscoroutinefunction(endpoint) else pooled(endpoint), **options)


def pooled(endpoint: Callable[..., Any]) -> Callable[..., Awaitable[Any]]:
    """A function as a coroutine that waits for a thread of its pool."""

    @functools.wraps(endpoint)
    async def in_pool(**values: Any) -> Any:
        scope, receive = call.get()
        pools: Pools = scope["app"].state.pools
        return await pools.answer(scope, receive, values.get("workspace"), functools.partial(endpoint, **values))

    return in_pool
