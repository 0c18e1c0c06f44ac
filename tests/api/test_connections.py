"""Clients that send slowly, or nothing, or hold too many connections: they are ended, and others are answered."""

import asyncio
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
import uvicorn

from reflection.api import connections
from reflection.api.connections import BoundedConnection, most_connections
from reflection.api.streams import STOPPING

HEAD = b"GET / HTTP/1.1\r\nHost: x\r\n"


async def hello(scope: Any, receive: Any, send: Any) -> None:
    """Reads the whole body and answers; refuses what is for /refused at once, and goes on with /endless."""
    if scope["path"] == "/endless":
        await send({"type": "http.response.start", "status": 200, "headers": []})
        while STOPPING not in scope["state"]:
            await send({"type": "http.response.body", "body": b".", "more_body": True})
            await asyncio.sleep(0.01)
        await send({"type": "http.response.body", "body": b"ok"})
        return
    if scope["path"] == "/refused":
        await send({"type": "http.response.start", "status": 413, "headers": [(b"content-length", b"2")]})
        await send({"type": "http.response.body", "body": b"ok"})
        return
    while (await receive()).get("more_body"):
        continue
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
    await send({"type": "http.response.body", "body": b"ok"})


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[uvicorn.Server]:
    """A server that holds eight connections; it has patience until a test takes it away."""
    for name, value in {"HEAD_SECONDS": 60.0, "BODY_SECONDS": 60.0, "LOOK_SECONDS": 0.02}.items():
        monkeypatch.setattr(connections, name, value)
    monkeypatch.setattr(BoundedConnection, "most", 8)
    config = uvicorn.Config(
        hello, port=0, http=BoundedConnection, log_config=None, lifespan="off", timeout_keep_alive=60
    )
    server, listening = uvicorn.Server(config), config.bind_socket()
    config.port = listening.getsockname()[1]
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    while not server.started:
        assert thread.is_alive()
        time.sleep(0.005)
    yield server
    server.should_exit = True
    thread.join()


@pytest.fixture
def port(server: uvicorn.Server) -> int:
    """Where `server` is."""
    return server.config.port


@pytest.fixture
def connect(port: int) -> Iterator[Callable[[bytes], socket.socket]]:
    """connect(b"..."): a connection on which something was sent."""
    with ExitStack() as stack:

        def connect(sent: bytes) -> socket.socket:
            client = stack.enter_context(socket.create_connection(("127.0.0.1", port), timeout=60))
            client.sendall(sent)
            return client

        yield connect


def answer(client: socket.socket) -> bytes:
    """The answer to one request, or what came until the end."""
    parts = b""
    while not parts.endswith(b"\r\n\r\nok") and (part := client.recv(4096)):
        parts += part
    return parts


def all_of(client: socket.socket) -> bytes:
    """What comes until the server ends the connection."""
    parts = []
    try:
        while part := client.recv(4096):
            parts.append(part)
    except ConnectionResetError:
        pass
    return b"".join(parts)


@pytest.mark.parametrize(
    "sent", [b"", b"GET", HEAD, b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nonly this"]
)
def test_what_does_not_come_is_not_waited_for(
    connect: Callable[[bytes], socket.socket], monkeypatch: pytest.MonkeyPatch, sent: bytes
) -> None:
    monkeypatch.setattr(connections, "HEAD_SECONDS", 0.1)
    monkeypatch.setattr(connections, "BODY_SECONDS", 0.1)
    assert all_of(connect(sent)).startswith(b"HTTP/1.1 408 ")


REFUSED = b"POST /refused HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\nConnection: %s\r\n\r\n"
MUCH = 16 * 1_048_576  # more than both sides' buffers: it is read, or who writes it hears of it


@pytest.mark.parametrize("kept", [b"close", b"keep-alive"])
def test_who_writes_on_sees_the_refusal(connect: Callable[[bytes], socket.socket], kept: bytes) -> None:
    client = connect(REFUSED % (MUCH, kept))
    client.sendall(b"x" * MUCH)
    if kept == b"keep-alive":
        assert answer(client).startswith(b"HTTP/1.1 413 ")
        client.sendall(HEAD + b"Connection: close\r\n\r\n")
        assert all_of(client).startswith(b"HTTP/1.1 200 ")
    else:
        said = all_of(client)
        assert said.startswith(b"HTTP/1.1 413 ")
        assert said.endswith(b"ok")


@pytest.mark.parametrize("kept", [b"close", b"keep-alive"])
def test_a_refused_body_is_not_read_for_ever(
    connect: Callable[[bytes], socket.socket], monkeypatch: pytest.MonkeyPatch, kept: bytes
) -> None:
    monkeypatch.setattr(connections, "DRAINED_BYTES", 100_000)
    client = connect(REFUSED % (4 * MUCH, kept))
    with pytest.raises((ConnectionResetError, BrokenPipeError)):
        client.sendall(b"x" * 4 * MUCH)


@pytest.mark.parametrize("kept", [b"close", b"keep-alive"])
def test_nor_waited_for(
    connect: Callable[[bytes], socket.socket], monkeypatch: pytest.MonkeyPatch, kept: bytes
) -> None:
    monkeypatch.setattr(connections, "DRAINED_SECONDS", 0.1)
    client = connect(REFUSED % (MUCH, kept) + b"only this")
    assert all_of(client).count(b"HTTP/1.1") == 1  # no second answer


def test_a_further_request_has_its_own_deadline(
    connect: Callable[[bytes], socket.socket], monkeypatch: pytest.MonkeyPatch
) -> None:
    client = connect(HEAD + b"\r\n")
    assert answer(client).startswith(b"HTTP/1.1 200 ")
    client.sendall(HEAD + b"\r\n")
    assert answer(client).startswith(b"HTTP/1.1 200 ")
    monkeypatch.setattr(connections, "HEAD_SECONDS", 0.1)
    client.sendall(HEAD)

    assert all_of(client).startswith(b"HTTP/1.1 408 ")


def test_a_body_that_goes_on_coming_is_waited_for(
    connect: Callable[[bytes], socket.socket], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "BODY_SECONDS", 0.0)
    monkeypatch.setattr(connections, "BODY_BYTES_A_SECOND", 0.1)
    client = connect(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 20\r\n\r\n0123456789")
    time.sleep(0.2)  # ten looks; what has come is worth a hundred seconds
    client.sendall(b"0123456789")

    assert answer(client).startswith(b"HTTP/1.1 200 ")


@pytest.mark.parametrize(
    ("begun", "rest"),
    [(HEAD, b"\r\n"), (b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nhal", b"f")],
    ids=["heads", "bodies"],
)
def test_whoever_holds_too_many_makes_room_for_the_newest(
    connect: Callable[[bytes], socket.socket], begun: bytes, rest: bytes
) -> None:
    unfinished = [connect(begun) for _ in range(20)]

    assert answer(connect(HEAD + b"\r\n")).startswith(b"HTTP/1.1 200 ")
    assert all_of(unfinished[0]) == b""
    unfinished[-1].sendall(rest)
    assert answer(unfinished[-1]).startswith(b"HTTP/1.1 200 ")


def test_a_body_that_comes_well_outlives_younger_heads(
    connect: Callable[[bytes], socket.socket], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "BODY_BYTES_A_SECOND", 0.1)
    body = connect(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 21\r\n\r\n")
    heads = []
    for _ in range(20):
        body.sendall(b"x")
        heads.append(connect(HEAD))
        assert answer(connect(HEAD + b"Connection: close\r\n\r\n")).endswith(b"ok")  # what was sent before is read

    assert all_of(heads[0]) == b""
    body.sendall(b"x")
    assert answer(body).startswith(b"HTTP/1.1 200 ")


def test_some_descriptors_are_left_for_files_and_for_what_is_taken_before_it_is_looked_at() -> None:
    assert 0 < most_connections() <= connections.ENOUGH
    assert connections.ACCEPTED_AT_ONCE < connections.SPARE_DESCRIPTORS


def test_what_has_no_end_is_told_that_the_server_stops_and_ends_well(
    server: uvicorn.Server, connect: Callable[[bytes], socket.socket]
) -> None:
    client = connect(b"GET /endless HTTP/1.1\r\nHost: x\r\n\r\n")
    assert client.recv(15) == b"HTTP/1.1 200 OK"

    server.should_exit = True

    assert all_of(client).endswith(b"2\r\nok\r\n0\r\n\r\n")
