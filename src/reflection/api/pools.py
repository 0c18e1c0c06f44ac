"""Threads for what routes do: pools apart, so that what may wait or is heavy never takes the threads of what is quick.

    looking     is it ready?                  reading   what is stored; waits for nobody
    computing   up to a second of a processor; waits for nobody
    writing     may wait for the write lock, or for a model       heavy   seconds of a processor

A pool takes callers in turns by workspace and keeps a bounded queue for each; beyond it the answer is "later". One
thread is kept for a workspace that has none: however long others work, its turn comes. A caller that leaves
while it waits is forgotten, one whose work is under way has it stopped at the next of its steps (`domain.steps`), and
equal heavy readings are made once. `/health` needs no thread at all. Must not know what a
route does.
"""

import asyncio
import functools
import threading
from collections import Counter, OrderedDict, deque
from collections.abc import Awaitable, Callable, Hashable
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, TypeVar

from anyio import CapacityLimiter, to_thread
from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.types import Receive, Scope

from reflection.api.once import Once
from reflection.domain.steps import work_until
from reflection.errors import TooManyRequests, Unavailable

Value = TypeVar("Value")
Work = Callable[[], Value]


@dataclass(frozen=True, slots=True)
class Kind:
    """One pool: its threads, how many of a workspace may wait for one, and how long in seconds.

    `each` is how many threads a workspace may have: more at work would only keep others from the interpreter.
    """

    name: str
    threads: int
    queue: int
    patience: float = 30.0
    each: int = 1_000


LOOKING = Kind("looking", 2, 50)
READING = Kind("reading", 24, 1_000, each=6)
COMPUTING = Kind("computing", 3, 100)
WRITING = Kind("writing", 16, 500, each=6)
HEAVY = Kind("heavy", 3, 8, 60.0)
KINDS = (LOOKING, READING, COMPUTING, WRITING, HEAVY)
LONG = (COMPUTING, HEAVY)
"""Of these it is looked whether who waits has left; in the others a turn comes sooner than looking pays."""

LATER = 5
"""Seconds after which who was turned away may come again."""

call: ContextVar[tuple[Scope, Receive]] = ContextVar("call")
"""The request that is being answered, set by the outermost layer."""


class Pool:
    """Threads of one kind; callers are served in turns by their owner, each owner's in the order they came."""

    def __init__(self, kind: Kind) -> None:
        self.kind = kind
        self._free = kind.threads
        self._running: Counter[str] = Counter()
        self._waiting: OrderedDict[str, deque[asyncio.Future[None]]] = OrderedDict()
        self._lock = threading.Lock()  # a server has one event loop; tests may have several

    async def run(self, owner: str, work: Work[Value]) -> Value:
        """Do it in a thread, when it is the owner's turn.

        Raises:
            TooManyRequests: the owner's queue is full. Unavailable: its turn did not come in time.
        """
        await self._turn(owner)
        left = threading.Event()
        stoppable = functools.partial(work_until, left.is_set, work)
        doing = asyncio.ensure_future(to_thread.run_sync(stoppable, limiter=CapacityLimiter(1)))
        doing.add_done_callback(functools.partial(self._done, owner))  # a thread cannot be taken from its work before
        try:
            return await asyncio.shield(doing)
        except asyncio.CancelledError:
            left.set()
            raise

    def _done(self, owner: str, doing: "asyncio.Future[Any]") -> None:
        self._give_back(owner)
        if not doing.cancelled():
            doing.exception()  # of a caller that left, nobody else asks for it

    async def _turn(self, owner: str) -> None:
        with self._lock:
            if self._may(owner):
                self._take(owner)
                return
            queue = self._waiting.setdefault(owner, deque())
            if len(queue) >= self.kind.queue:
                raise TooManyRequests(
                    f"{len(queue)} {self.kind.name} requests of this workspace wait already",
                    retry_after=LATER,
                    hint="send them one after the other",
                )
            turn = asyncio.get_running_loop().create_future()
            queue.append(turn)
        try:
            await asyncio.wait_for(asyncio.shield(turn), self.kind.patience)
        except TimeoutError:
            self._step_back(owner, turn)
            raise Unavailable("the server is busy", hint="try again in a moment", retry_after=LATER) from None
        except asyncio.CancelledError:
            self._step_back(owner, turn)
            raise

    def _step_back(self, owner: str, turn: "asyncio.Future[None]") -> None:
        """Leave the queue; a turn that came meanwhile goes to the next."""
        with self._lock:
            queue = self._waiting.get(owner, deque())
            waits = turn in queue
            if waits:
                queue.remove(turn)
                if not queue:
                    self._waiting.pop(owner, None)
        if not waits:
            self._give_back(owner)

    def _may(self, owner: str) -> bool:
        """Whether there is a thread for an owner, who has not too many: the last one is for who has none."""
        has = self._running[owner]
        return has < self.kind.each and (self._free > 1 or (self._free == 1 and not has))

    def _take(self, owner: str) -> None:
        self._free -= 1
        self._running[owner] += 1

    def _give_back(self, owner: str) -> None:
        """One more thread that is free, and the turn of the next owner that may have it."""
        with self._lock:
            self._free += 1
            self._running[owner] -= 1
            self._running += Counter()  # forgets who has none
            following = next((name for name in self._waiting if self._may(name)), None)
            if following is None:
                return
            self._take(following)
            queue = self._waiting.pop(following)
            turn = queue.popleft()
            if queue:
                self._waiting[following] = queue  # behind the others
        turn.get_loop().call_soon_threadsafe(_come, turn)


def _come(turn: "asyncio.Future[None]") -> None:
    if not turn.done():
        turn.set_result(None)


class Pools:
    """The pools of one server.

    Args:
        kind_of: which pool a request takes, by its method and template, and its query.
    """

    def __init__(self, kind_of: Callable[[str, bytes], Kind]) -> None:
        self._kind_of = kind_of
        self.pools = {kind: Pool(kind) for kind in KINDS}
        self._once = Once()

    async def answer(self, scope: Scope, receive: Receive, workspace: str | None, work: Work[Any]) -> Any:
        """What the route's function gives, from a thread of its pool.

        Raises:
            TooManyRequests, Unavailable: the pool is full. ClientDisconnect: the client left while it waited.
        """
        kind = self._kind_of(f"{scope['method']} {scope['route'].path}", scope["query_string"])
        owner = workspace or scope["state"]["caller"].name
        if kind not in LONG:
            return await self.pools[kind].run(owner, work)
        if kind is not HEAVY or scope["method"] != "GET" or workspace is None:
            return await _unless_left(receive, self.pools[kind].run(owner, work))
        version_of = scope["app"].state.application.database.data_version
        key = (asyncio.get_running_loop(), workspace, scope["raw_path"], scope["query_string"])

        def make(begin: Callable[[Hashable], None]) -> Awaitable[Response]:
            def read() -> Any:
                begin(version_of())
                return work()

            return self.pools[kind].run(owner, read)

        version = await self.pools[READING].run(owner, version_of)
        return await _unless_left(receive, self._once.get(key, version, make))


async def _unless_left(receive: Receive, work: Awaitable[Value]) -> Value:
    """Wait for work as long as its client does; what is in a thread already ends at its next step."""
    doing, leaving = asyncio.ensure_future(work), asyncio.ensure_future(_departure(receive))
    try:
        await asyncio.wait({doing, leaving}, return_when=asyncio.FIRST_COMPLETED)
        if not doing.done():
            raise ClientDisconnect
        return doing.result()
    finally:
        doing.cancel()
        leaving.cancel()
        await asyncio.gather(doing, leaving, return_exceptions=True)


async def _departure(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        continue
