"""One caller cannot starve the others: rates per key, guesses per address, bytes per body, bounded memory."""

import asyncio
import math

import pytest
import time_machine
from limits import parse
from starlette.exceptions import HTTPException

from reflection.api.limits import FAILED_KEYS, BodyLimit, RateLimiter
from reflection.domain.board import MemoryBoard
from reflection.errors import BodyTooLarge, TooManyRequests


def test_the_request_after_the_limit_waits_and_others_do_not(serve, keys):
    api_keys = f"acme={keys['owner']},globex={keys['other']}"
    with (
        serve(rate_limit="3/minute", api_keys=api_keys) as live,
        live.client(keys["owner"]) as greedy,
        live.client(keys["other"]) as other,
    ):
        statuses = [greedy.get("/insights").status_code for _ in range(4)]
        refused = greedy.get("/insights")

        assert statuses == [200, 200, 200, 429]
        assert 1 <= int(refused.headers["retry-after"]) <= 61
        assert refused.headers["content-type"] == "application/problem+json"
        assert other.get("/insights").status_code == 200
        assert greedy.get("/health").status_code == 200


def test_without_keys_the_person_at_this_machine_is_not_limited(serve):
    with serve(rate_limit="3/minute") as live, live.client() as client:
        assert {client.get("/health").status_code for _ in range(10)} == {200}
        assert {client.get("/insights").status_code for _ in range(10)} == {200}


class Clock:
    """A monotonic clock that stands until a test moves it."""

    def __init__(self):
        self.now = 100.0

    def __call__(self):
        return self.now


def take(limiter, *callers):
    async def run():
        for caller in callers:
            await limiter.take(caller)

    asyncio.run(run())


def test_waiting_as_long_as_told_is_enough():
    clock = Clock()
    limiter = RateLimiter(parse("5/minute"), clock=clock)
    take(limiter, *["key-1"] * 5)
    with pytest.raises(TooManyRequests) as refused:
        take(limiter, "key-1")

    clock.now += refused.value.retry_after

    take(limiter, "key-1")


def test_no_limit_never_refuses():
    take(RateLimiter(None), *["key-1"] * 10_000)


class CountingBoard(MemoryBoard):
    """A board that counts how often it is asked to change."""

    changes = 0

    def change(self, name, how):
        self.changes += 1
        return super().change(name, how)


@pytest.mark.parametrize("amount", [1, 2, 7, 100, 6_000])
def test_processes_that_share_a_board_let_in_what_the_limit_says_and_ask_seldom(amount):
    clock = Clock()
    board = CountingBoard(clock)
    processes = [RateLimiter(parse(f"{amount}/minute"), board, clock) for _ in range(3)]

    async def run():
        let_in = 0
        for number in range(2 * amount):  # one after the other, until all of them refuse
            try:
                await processes[number % 3].take("key-1")
                let_in += 1
            except TooManyRequests:
                continue
        return let_in

    for _ in range(2):  # and in the next window again
        board.changes = 0
        let_in = asyncio.run(run())
        assert 0 < let_in <= amount
        assert let_in > amount * 0.9 - 3, "what others leased and did not use"
        assert board.changes <= 3 + 8 * (1 + math.log(amount + 1))
        clock.now += 60.0


def test_a_board_whose_clock_was_set_back_locks_nobody_out():
    clock, far = Clock(), Clock()
    far.now = 1e9
    board = MemoryBoard(far)
    take(RateLimiter(parse("1/minute"), board, clock), "key-1")
    far.now = 1e8

    take(RateLimiter(parse("1/minute"), board, clock), "key-1")


def test_guessing_keys_is_slowed_down_and_says_so(guarded, keys):
    with guarded.client("a-wrong-key") as client, guarded.client(keys["owner"]) as owner:
        statuses = [client.get("/insights").status_code for _ in range(FAILED_KEYS.amount + 1)]

        assert statuses[0] == 401
        assert statuses[-1] == 429
        assert owner.get("/insights").status_code == 200


def test_a_forged_address_of_a_proxy_does_not_begin_the_count_of_guesses_anew(guarded):
    with guarded.client("a-wrong-key") as client:
        addresses = ({"X-Forwarded-For": f"198.51.100.{number}"} for number in range(FAILED_KEYS.amount + 1))
        statuses = [client.get("/insights", headers=headers).status_code for headers in addresses]

    assert statuses[-1] == 429


def test_addresses_of_one_ipv6_network_count_as_one():
    limiter = RateLimiter(None)

    async def run():
        for number in range(FAILED_KEYS.amount):
            await limiter.take_failure(f"2001:db8::{number:x}")
        with pytest.raises(TooManyRequests):
            await limiter.take_failure("2001:db8::ffff")
        await limiter.take_failure("2001:db8:0:1::1")
        await limiter.take_failure("not an address")

    asyncio.run(run())


def test_ten_thousand_callers_are_forgotten_when_their_window_has_passed():
    clock = Clock()
    board = MemoryBoard(clock)
    limiter = RateLimiter(parse("5/second"), board, clock)
    take(limiter, *[f"key-{number}" for number in range(10_000)])

    clock.now += 60
    take(limiter, "key-0")

    assert len(limiter._leases) == len(board._notes) == 1


def test_a_clock_set_back_locks_nobody_out():
    with time_machine.travel("2026-03-29T10:00:00+00:00", tick=False) as clock:
        limiter = RateLimiter(parse("1/minute"))
        take(limiter, "key-1")
        clock.move_to("2026-03-28T10:00:00+00:00")
        with pytest.raises(TooManyRequests) as refused:
            take(limiter, "key-1")

    assert refused.value.retry_after <= 60


def body_of(*chunks):
    messages = [{"type": "http.request", "body": chunk, "more_body": True} for chunk in chunks]

    async def receive():
        return messages.pop(0)

    return receive


def read(receive, times):
    async def run():
        for _ in range(times):
            await receive()

    asyncio.run(run())


def test_the_real_bytes_count_and_not_the_announced_ones():
    limit = BodyLimit(10, {"/v1/imports": 100})

    read(limit.guard({"path": "/x"}, "3", body_of(b"12345", b"67890")), 2)
    with pytest.raises(HTTPException, match="413"):
        read(limit.guard({"path": "/x"}, "3", body_of(b"12345", b"678901")), 2)
    with pytest.raises(BodyTooLarge):
        limit.guard({"path": "/x"}, "11", body_of())


def test_some_paths_take_more():
    limit = BodyLimit(10, {"/v1/imports": 100})

    read(limit.guard({"path": "/v1/imports"}, "100", body_of(b"a" * 100)), 1)
    with pytest.raises(BodyTooLarge):
        limit.guard({"path": "/v1/imports"}, "101", body_of())
