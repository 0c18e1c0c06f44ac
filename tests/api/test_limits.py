"""One caller cannot starve the others: rates per key, guesses per address, bytes per body, bounded memory."""

import asyncio

import pytest
import time_machine
from limits import parse
from starlette.exceptions import HTTPException

from reflection.api.limits import FAILED_KEYS, BodyLimit, RateLimiter
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


def test_waiting_as_long_as_told_is_enough():
    clock = Clock()
    limiter = RateLimiter(parse("5/minute"), clock)
    for _ in range(5):
        limiter.take("key-1")
    with pytest.raises(TooManyRequests) as refused:
        limiter.take("key-1")

    clock.now += refused.value.retry_after

    limiter.take("key-1")


def test_no_limit_never_refuses():
    limiter = RateLimiter(None)

    for _ in range(10_000):
        limiter.take("key-1")


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
    for number in range(FAILED_KEYS.amount):
        limiter.take_failure(f"2001:db8::{number:x}")

    with pytest.raises(TooManyRequests):
        limiter.take_failure("2001:db8::ffff")
    limiter.take_failure("2001:db8:0:1::1")
    limiter.take_failure("not an address")


def test_ten_thousand_callers_are_forgotten_when_their_window_has_passed():
    clock = Clock()
    limiter = RateLimiter(parse("5/second"), clock)
    for number in range(10_000):
        limiter.take(f"key-{number}")

    clock.now += 60
    limiter.take("key-0")

    assert len(limiter._windows) == 1


def test_a_clock_set_back_locks_nobody_out():
    with time_machine.travel("2026-03-29T10:00:00+00:00", tick=False) as clock:
        limiter = RateLimiter(parse("1/minute"))
        limiter.take("key-1")
        clock.move_to("2026-03-28T10:00:00+00:00")
        with pytest.raises(TooManyRequests) as refused:
            limiter.take("key-1")

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
