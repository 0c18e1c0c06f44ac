"""Webhooks on the wire: signed as Standard Webhooks says, to the judged address alone, bounded in time."""

import socket
import time
from datetime import UTC, datetime

import pytest
from standardwebhooks import Webhook

from reflection.alerts.messages import Message
from reflection.delivery import webhooks
from reflection.delivery.addresses import AddressGuard, FailedDelivery

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
MESSAGE = Message("msg_1", "test", "Test", (("line", ""),), b'{"type":"test"}', "2026-06-01T00:00:00+00:00")
GUARD = AddressGuard(["127.0.0.1", "hooks.test"], lambda host, port: ["127.0.0.1"])


def failure(address, *, guard=GUARD, seconds=5.0):
    with pytest.raises(FailedDelivery) as failed:
        webhooks.send(guard, address, SECRET, MESSAGE, seconds=seconds)
    return failed.value


def test_the_vector_of_the_specification():
    at = datetime.fromtimestamp(1614265330, UTC)
    signature = Webhook(SECRET).sign("msg_p5jXN8AQM9LWM0D4loKWxJek", at, '{"test": 2432232314}')
    assert signature == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_a_receiver_can_check_what_it_gets(receiver):
    webhooks.send(GUARD, f"{receiver.url}/", SECRET, MESSAGE)

    ((_, headers, body),) = receiver.calls
    assert Webhook(SECRET).verify(body, headers) == {"type": "test"}
    assert headers["webhook-id"] == "msg_1"
    assert headers["content-type"] == "application/json"


def test_it_connects_to_the_address_that_was_judged_and_asks_for_the_name(receiver):
    port = receiver.url.rpartition(":")[2]

    webhooks.send(GUARD, f"http://hooks.test:{port}/a?b=c", SECRET, MESSAGE)  # a name that no other look-up knows

    ((path, headers, _),) = receiver.calls
    assert (path, headers["host"]) == ("/a?b=c", f"hooks.test:{port}")


@pytest.mark.parametrize(
    ("status", "reason", "final", "wait"),
    [(301, "redirects are not followed", False, None), (307, "redirects", False, None), (500, "500", False, None),
     (410, "410", True, None), (429, "429", False, 7_200)],
)  # fmt: skip
def test_what_is_no_yes_is_a_failure(receiver, status, reason, final, wait):
    receiver.answers["/"] = status

    error = failure(f"{receiver.url}/")

    assert reason in error.message
    assert (error.final, error.retry_after) == (final, wait)
    assert len(receiver.calls) == 1, "nothing was followed"


def drip(handler):
    """An answer that never ends: a header every tenth of a second."""
    handler.wfile.write(b"HTTP/1.1 200 OK\r\n")
    try:
        for number in range(50):
            handler.wfile.write(f"X-{number}: 1\r\n".encode())
            handler.wfile.flush()
            time.sleep(0.1)
    except OSError:
        handler.close_connection = True


@pytest.mark.parametrize(
    ("wait", "seconds"),
    [("7", 7), ("9" * 5_000, webhooks.LONGEST_WAIT), ("0" * 5_000, 0), ("-1", None), ("²", None), ("soon", None)],
)
def test_what_a_receiver_asks_for_is_read_whatever_it_is(receiver, wait, seconds):
    def later(handler):
        handler.wfile.write(f"HTTP/1.1 503 No\r\nRetry-After: {wait}\r\nContent-Length: 0\r\n\r\n".encode("latin-1"))

    receiver.answers["/"] = later

    assert failure(f"{receiver.url}/").retry_after == seconds


def test_an_answer_that_drips_is_left_within_the_time(receiver):
    receiver.answers["/"] = drip

    assert failure(f"{receiver.url}/", seconds=0.3).message == "no answer within 0.3 seconds"


def test_who_does_not_answer_and_who_is_not_there():
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        assert "no answer" in failure(f"http://127.0.0.1:{port}/", seconds=0.3).message
    assert "nobody answers" in failure(f"http://127.0.0.1:{port}/").message


def test_a_look_up_that_hangs_is_left_within_the_time():
    def hangs(host, port):
        time.sleep(1.0)
        return ["127.0.0.1"]

    assert "no answer" in failure("https://hooks.test/", guard=AddressGuard((), hangs), seconds=0.2).message
