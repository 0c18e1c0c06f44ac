"""While a server opens: the process answers at once; what needs the engine waits a little, then is told when to come.

Opening takes a moment, but a database of an earlier version may take minutes to migrate, and one that somebody locks
waits. Must not know how an application is built.
"""

import asyncio

import structlog

from reflection.errors import ReflectionError, Unavailable

log = structlog.get_logger("reflection")

AT_ONCE = 2.0
"""Seconds for which a server waits to be open before it answers anything: nearly every one is, and an error in its
settings then stops the start."""

PATIENCE = 10.0
"""Seconds that an early request waits."""

RETRY_AFTER = 2
"""Seconds before somebody asks again, and before a database that cannot be reached is tried again."""


class Opening:
    """Whether one server is open, and else what it is at; asked in its event loop only."""

    def __init__(self) -> None:
        self._over = asyncio.Event()
        self._error: ReflectionError | None = None
        self._work = ""

    def announce(self, work: str) -> None:
        """What it is at, which may take long; from any thread."""
        self._work = f": {work}"
        log.info("the server opens its database", work=work)

    def done(self) -> None:
        """It is open."""
        self._error = None
        self._over.set()

    def failed(self, error: ReflectionError) -> None:
        """It is not open, and this is why; it may be later."""
        self._error = error
        self._over.set()

    async def wait(self, seconds: float = PATIENCE) -> None:
        """Wait until it is open.

        Raises:
            Unavailable: it still opens, or cannot; says when to come again.
        """
        if not self._over.is_set():
            try:
                await asyncio.wait_for(self._over.wait(), seconds)
            except TimeoutError:
                raise Unavailable(
                    f"the server is opening its database{self._work}",
                    hint="try again in a moment; /health answers already",
                    retry_after=RETRY_AFTER,
                ) from None
        if self._error is not None:
            raise Unavailable(
                f"the server could not open: {self._error.message}", hint=self._error.hint, retry_after=RETRY_AFTER
            )
