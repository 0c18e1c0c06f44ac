"""Embeddings over HTTP, against a real server on the loopback that is right, wrong, slow, dripping or gone."""

import json
import socket
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import numpy as np
import pytest

from reflection.domain.board import MemoryBoard
from reflection.errors import Unavailable
from reflection.memory.openai_embeddings import BATCH, OpenAIEmbedder

KEY = "sk-canary-1234"


class Server(ThreadingHTTPServer):
    """Answers as `mode` says and remembers what it was asked."""

    daemon_threads = True
    mode = "right"

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.asked: list[dict[str, Any]] = []
        self.closed = threading.Event()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/v1"


class _Handler(BaseHTTPRequestHandler):
    server: Server
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.asked.append(body)
        mode = self.server.mode
        if mode.isdigit():
            return self._send(int(mode), b'{"error": {"message": "no"}}')
        if mode == "hang":
            self.server.closed.wait(60)
        if mode == "drip":
            return self._drip()
        if mode == "cut":
            self.close_connection = True
            return self.connection.shutdown(socket.SHUT_RDWR)
        return self._send(200, _ANSWERS.get(mode, _right)(body))

    def _send(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _drip(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", "1000")
        self.end_headers()
        try:
            for _ in range(600):
                self.wfile.write(b" ")
                self.wfile.flush()
                time.sleep(0.1)
        except OSError:
            pass

    def log_message(self, *_: object) -> None:
        pass


def _right(body: dict[str, Any], length: int = 4) -> bytes:
    data = [
        {"object": "embedding", "index": i, "embedding": [float(len(text)), 1.0, 0.0, 2.0][:length]}
        for i, text in enumerate(body["input"])
    ]
    return json.dumps({"object": "list", "model": body["model"], "data": data[::-1]}).encode()


_ANSWERS = {
    "right": _right,
    "short vectors": lambda body: _right(body, 3),
    "nan": lambda body: _right(body).replace(b"2.0", b"NaN"),
    "no data": lambda body: b'{"object": "list", "data": []}',
    "bad json": lambda body: b"{oh no",
    "other shape": lambda body: b"[1, 2, 3]",
}


@pytest.fixture
def server() -> Iterator[Server]:
    running = Server()
    thread = threading.Thread(target=running.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield running
    running.closed.set()
    running.shutdown()
    running.server_close()


def _embedder(server: Server, **changes: Any) -> OpenAIEmbedder:
    settings = {"base_url": server.url, "dimensions": 4, "deadline_seconds": 10.0} | changes
    return OpenAIEmbedder(KEY, "some-model", **settings)


def test_vectors_come_in_the_order_of_the_texts_and_with_length_one(server: Server) -> None:
    matrix = _embedder(server).embed(["a", "bbbb"])
    assert matrix == pytest.approx(np.asarray([[1, 1, 0, 2], [4, 1, 0, 2]]) / np.sqrt([[6], [21]]), abs=1e-6)
    assert server.asked[0]["dimensions"] == 4
    assert server.asked[0]["encoding_format"] == "float"


def test_many_texts_go_in_batches_and_long_ones_are_cut(server: Server) -> None:
    assert _embedder(server).embed(["x" * 100_000] * (BATCH + 1)).shape == (BATCH + 1, 4)
    assert [len(asked["input"]) for asked in server.asked] == [BATCH, 1]
    assert max(len(text) for text in server.asked[0]["input"]) <= 6_000


def test_no_texts_no_call(server: Server) -> None:
    assert _embedder(server).embed([]).shape == (0, 4)
    assert not server.asked


@pytest.mark.parametrize(
    "mode",
    ["401", "429", "500", "503", "cut", "short vectors", "nan", "no data", "bad json", "other shape"],
)
def test_every_wrong_answer_means_that_the_model_is_not_available(server: Server, mode: str) -> None:
    server.mode = mode
    with pytest.raises(Unavailable):
        _embedder(server).embed(["text"])


@pytest.mark.parametrize("mode", ["hang", "drip"])
def test_the_deadline_is_for_the_whole_call_not_per_read(server: Server, mode: str) -> None:
    server.mode = mode
    started = time.monotonic()
    with pytest.raises(Unavailable):
        _embedder(server, deadline_seconds=0.4).embed(["text"])
    assert time.monotonic() - started < 20


def test_a_server_that_is_not_there_is_unavailable() -> None:
    with pytest.raises(Unavailable):
        OpenAIEmbedder(KEY, "m", base_url="http://127.0.0.1:9/v1", deadline_seconds=2.0).embed(["text"])


def test_after_three_failures_no_call_is_made_until_the_pause_is_over(server: Server) -> None:
    now = [0.0]
    embedder = _embedder(server, board=MemoryBoard(lambda: now[0]))
    server.mode = "500"
    for _ in range(5):
        with pytest.raises(Unavailable):
            embedder.embed(["text"])
    assert len(server.asked) == 3
    assert embedder.state == "open"
    server.mode, now[0] = "right", 61.0
    assert embedder.embed(["text"]).shape == (1, 4)
    assert embedder.state == "closed"


def test_the_key_is_in_no_representation_and_in_no_error(server: Server) -> None:
    server.mode = "401"
    embedder = _embedder(server)
    with pytest.raises(Unavailable) as raised:
        embedder.embed(["text"])
    assert KEY not in repr(embedder) + str(raised.value) + raised.value.hint
    assert embedder.space is not None
    assert server.url not in embedder.space.id


def test_two_servers_with_one_model_name_are_two_spaces() -> None:
    spaces = {
        OpenAIEmbedder(KEY, "m", base_url=url).space for url in (None, "http://127.0.0.1:1/v1", "http://127.0.0.1:2/v1")
    }
    assert len(spaces) == 3
