"""What may wait, and what is heavy, never keeps what is quick from an answer; nor one workspace another."""

import asyncio
import itertools
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest
from starlette.responses import Response

from reflection.api.once import KEPT_SECONDS, Once
from reflection.api.openapi import CMP_007
from reflection.api.policies import POLICIES, pool_of
from reflection.api.pools import COMPUTING, HEAVY, READING, WRITING, Kind, Pool
from reflection.api.routers import reports
from reflection.errors import TooManyRequests, Unavailable

NARROW = Kind("narrow", 1, 2, 60.0)
URL = "/v1/campaigns/cmp_007_meta_summer_bootcamp/report"


async def until(holds: Callable[[], bool]) -> None:
    while not holds():
        await asyncio.sleep(0.001)


def test_owners_are_served_in_turns_and_each_has_a_queue_of_its_own() -> None:
    async def scene() -> list[str]:
        pool, go, done = Pool(replace(NARROW, queue=3)), threading.Event(), list[str]()
        tasks = [asyncio.ensure_future(pool.run("a", go.wait))]
        await until(lambda: pool._free == 0)
        for owner in ("a", "a", "a", "b", "c"):
            tasks.append(asyncio.ensure_future(pool.run(owner, lambda owner=owner: done.append(owner))))  # type: ignore[misc]
            await asyncio.sleep(0)
        with pytest.raises(TooManyRequests) as refusal:
            await pool.run("a", go.wait)
        assert refusal.value.retry_after
        go.set()
        await asyncio.gather(*tasks)
        assert (pool._free, pool._waiting) == (1, {})
        return done

    assert asyncio.run(scene()) == ["a", "b", "c", "a", "a"]


def test_one_thread_is_kept_for_a_workspace_that_has_none() -> None:
    async def scene() -> list[str]:
        pool, done = Pool(replace(NARROW, threads=3)), list[str]()
        ends = [threading.Event() for _ in range(3)]
        tasks = [asyncio.ensure_future(pool.run("a", end.wait)) for end in ends]
        await until(lambda: len(pool._waiting) == 1)
        await pool.run("b", lambda: done.append("b"))
        assert (pool._free, list(pool._waiting)) == (1, ["a"]), "the last is for who has none, however long others take"
        ends[0].set()
        await until(lambda: not pool._waiting)
        for end in ends:
            end.set()
        await asyncio.gather(*tasks)
        assert (pool._free, pool._waiting, dict(pool._running)) == (3, {}, {})
        return done

    assert asyncio.run(scene()) == ["b"]


def test_an_owner_has_so_many_threads_and_no_more_though_others_are_free() -> None:
    """Each at work keeps the interpreter from the others: twenty readings of one would make everybody wait."""

    async def scene() -> list[str]:
        pool, done, end = Pool(replace(NARROW, threads=6, each=2)), list[str](), threading.Event()
        tasks = [asyncio.ensure_future(pool.run("a", end.wait)) for _ in range(3)]
        await until(lambda: len(pool._waiting) == 1)
        assert (pool._free, pool._running["a"]) == (4, 2)
        await pool.run("b", lambda: done.append("b"))
        assert list(pool._waiting) == ["a"], "what another gives back is nothing for who has enough"
        end.set()
        await asyncio.gather(*tasks)
        assert (pool._free, pool._waiting) == (6, {})
        return done

    assert asyncio.run(scene()) == ["b"]


def test_who_leaves_while_it_waits_is_forgotten_and_a_turn_is_never_lost() -> None:
    async def scene() -> None:
        pool, go, done = Pool(NARROW), threading.Event(), list[str]()
        first = asyncio.ensure_future(pool.run("a", go.wait))
        await until(lambda: pool._free == 0)
        leaves = asyncio.ensure_future(pool.run("a", lambda: done.append("left")))
        stays = asyncio.ensure_future(pool.run("a", lambda: done.append("stayed")))
        await asyncio.sleep(0)
        leaves.cancel()
        await asyncio.wait({leaves})
        go.set()
        await asyncio.gather(first, stays)
        assert (done, pool._free, pool._waiting) == (["stayed"], 1, {})

    asyncio.run(scene())


def test_a_thread_at_work_counts_until_it_ends_though_its_caller_left() -> None:
    async def scene() -> None:
        pool, go = Pool(NARROW), threading.Event()
        leaves = asyncio.ensure_future(pool.run("a", go.wait))
        await until(lambda: pool._free == 0)
        await asyncio.sleep(0.01)
        leaves.cancel()
        await asyncio.wait({leaves})
        assert pool._free == 0
        go.set()
        await until(lambda: pool._free == 1)

    asyncio.run(scene())


def test_a_turn_that_does_not_come_is_given_up_with_a_time_to_come_again() -> None:
    async def scene() -> Unavailable:
        pool, go = Pool(replace(NARROW, patience=0.01)), threading.Event()
        first = asyncio.ensure_future(pool.run("a", go.wait))
        await until(lambda: pool._free == 0)
        with pytest.raises(Unavailable) as refusal:
            await pool.run("a", go.wait)
        go.set()
        await first
        assert (pool._free, pool._waiting) == (1, {})
        return refusal.value

    assert asyncio.run(scene()).retry_after


def test_equal_readings_are_made_once_and_kept_for_a_while() -> None:
    async def scene() -> None:
        now, made = [0.0], list[int]()
        once, go = Once(lambda: now[0]), asyncio.Event()

        async def make(begin: Callable[[int], None]) -> Response:
            begin(7)
            made.append(1)
            await go.wait()
            return Response(b"a report")

        asked = [asyncio.ensure_future(once.get("k", 7, make)) for _ in range(60)]
        await asyncio.sleep(0)
        asked.pop().cancel()
        go.set()
        answers = await asyncio.gather(*asked)
        assert {answer.body for answer in answers} == {b"a report"}
        assert len({id(answer.raw_headers) for answer in answers}) == len(answers)
        await once.get("k", 7, make)
        assert len(made) == 1
        now[0] = KEPT_SECONDS
        await once.get("k", 7, make)
        assert len(made) == 2

    asyncio.run(scene())


def test_while_the_store_changes_who_comes_shares_what_is_not_begun_and_nothing_older() -> None:
    async def scene() -> None:
        once, stored, made = Once(), itertools.count(), list[int]()
        begun, first, rest = asyncio.Event(), asyncio.Event(), asyncio.Event()
        gates = iter((first, rest))

        async def make(begin: Callable[[int], None]) -> Response:
            gate = next(gates)
            if gate is rest:
                await begun.wait()  # its turn
            begin(version := next(stored))
            made.append(version)
            await gate.wait()
            return Response(str(version).encode())

        early = asyncio.ensure_future(once.get("k", next(stored), make))
        await asyncio.sleep(0)
        asked = [next(stored) for _ in range(20)]
        late = [asyncio.ensure_future(once.get("k", version, make)) for version in asked]
        await asyncio.sleep(0)
        first.set()
        begun.set()
        rest.set()
        answers = [int((await answer).body) for answer in (early, *late)]
        assert answers == [made[0]] + [made[1]] * 20
        assert made[1] > max(asked)
        assert len(made) == 2

    asyncio.run(scene())


def test_what_the_last_of_them_left_is_not_made() -> None:
    async def scene() -> None:
        once, ended = Once(), list[str]()

        async def make(_begin: Callable[[int], None]) -> Response:
            try:
                await asyncio.sleep(60)
            except asyncio.CancelledError:
                ended.append("given up")
                raise
            return Response()

        asked = [asyncio.ensure_future(once.get("k", 7, make)) for _ in range(2)]
        await asyncio.sleep(0)
        for task in asked:
            assert ended == []
            task.cancel()
            await asyncio.wait({task})
        await asyncio.sleep(0)
        assert ended == ["given up"]

    asyncio.run(scene())


def test_every_route_that_writes_or_asks_a_model_is_kept_apart_from_reading() -> None:
    kinds = {name: pool_of(name) for name in POLICIES}

    assert not [name for name, kind in kinds.items() if kind is READING and not name.startswith("GET ")]
    assert kinds["POST /v1/plans/evaluate"] is kinds["POST /v1/plans/allocate"] is COMPUTING
    assert kinds["POST /analyze-campaign"] is kinds["POST /agent-chat"] is kinds["GET /v1/memory/search"] is WRITING
    assert kinds[f"GET {reports.router.routes[0].path}"] is kinds["POST /v1/imports"] is HEAVY  # type: ignore[attr-defined]
    assert pool_of("GET /recommendations") is COMPUTING
    assert pool_of("GET /recommendations", b"campaign_id=x") is WRITING


def test_posts_that_wait_for_the_lock_hold_up_no_reading(serve: Any) -> None:
    with serve() as live, live.client() as client, ThreadPoolExecutor(8) as callers:
        live.app.state.pools.pools[WRITING] = Pool(replace(WRITING, threads=3))
        with live.application.database.write("default"):
            posts = [
                callers.submit(client.post, "/analyze-campaign", json={**CMP_007, "campaign_id": f"c{number}"})
                for number in range(6)
            ]
            pool = live.app.state.pools.pools[WRITING]
            _until(lambda: sum(len(queue) for queue in pool._waiting.values()) == 4)
            seen = [client.get(path).status_code for path in ("/health", "/ready", "/insights", "/v1/effects")]

        assert seen == [200] * 4
        assert [post.result().status_code for post in posts] == [200] * 6


def test_reports_of_one_workspace_hold_up_nobody_else_and_the_same_is_made_once(
    serve: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    go, made = threading.Event(), list[str]()

    def slow(*arguments: Any) -> bytes:
        made.append(arguments[2])
        go.wait(60)
        return b"a report"

    monkeypatch.setattr(reports, "campaign_report", slow)
    with serve() as live, live.client() as client, ThreadPoolExecutor(24) as callers:
        client.post("/analyze-campaign", json=CMP_007)
        pool = live.app.state.pools.pools[HEAVY]
        # A server's version changes with what others write to it, tests beside this one too.
        monkeypatch.setattr(live.application.database, "data_version", lambda: 7)

        def ask(number: int, workspace: str = "default") -> Any:
            return callers.submit(
                client.get, URL, params={"format": "md" if number else "json"}, headers={"X-Workspace": workspace}
            )

        same = [ask(0) for _ in range(8)]
        _until(lambda: made == ["default"])
        others = [ask(1, f"w{number}") for number in range(4)]
        _until(lambda: len(pool._waiting) == 2)
        quick = [client.get(path).status_code for path in ("/health", "/ready", "/insights")]
        go.set()

        assert quick == [200] * 3
        assert {answer.result().status_code for answer in same + others} == {200}
        assert made.count("default") == 1
        assert len({answer.result().headers["x-request-id"] for answer in same}) == len(same)


def _until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.005)
