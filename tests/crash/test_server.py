"""Real server processes: killed at any moment, two at once on one file, and stopped while they work."""

import json
import os
import random
import select
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx2 as httpx
import pytest

from reflection.api.openapi import CMP_007
from reflection.inference.recheck import differences
from reflection.store.campaigns import SqlStore
from reflection.store.database.open import open_database
from reflection.store.maintenance.verify import verify
from reflection.store.projections.outbox import Outbox

Server = Any
"""A server process; see conftest.py."""

ROUNDS = 30
PATIENCE = 300.0
"""Seconds: a machine may have a dozen others at work, and what is asked here is what comes, not how soon."""
MEGABYTE = 1_000_000
FILES = ["comparison.json", "insights.json", "patterns.json", "updated_weights.json"]


def body(name: str) -> dict[str, Any]:
    return {**CMP_007, "campaign_id": name}


class Writers:
    """Threads that post distinct campaigns until the server is gone, and know what was acknowledged."""

    def __init__(self, server: Server, prefix: str, threads: int = 3) -> None:
        self.acknowledged: list[str] = []
        self.wrong: list[Any] = []
        self._stop = threading.Event()
        self._threads = [
            threading.Thread(target=self._write, args=(server.url, f"{prefix}_{number}")) for number in range(threads)
        ]
        for thread in self._threads:
            thread.start()

    def _write(self, url: str, prefix: str) -> None:
        with httpx.Client(base_url=url, timeout=PATIENCE) as client:
            number = 0
            while True:
                name = f"{prefix}_{number:05}"
                try:
                    answer = client.post("/analyze-campaign", json=body(name))
                except httpx.TransportError:
                    return
                if answer.status_code == 503 and "retry-after" in answer.headers:
                    time.sleep(0.1)  # refused while the server is busy: nothing was stored, and it may be sent again
                    continue
                if answer.status_code != 200:
                    self.wrong.append((name, answer.status_code, answer.text))
                    return
                self.acknowledged.append(name)
                number += 1

    def wait_for(self, count: int) -> None:
        deadline = time.monotonic() + PATIENCE
        while len(self.acknowledged) < count:
            assert time.monotonic() < deadline, self.wrong
            time.sleep(0.01)

    def join(self) -> list[str]:
        for thread in self._threads:
            thread.join(PATIENCE)
            assert not thread.is_alive()
        assert self.wrong == []
        return self.acknowledged


def check(folder: Path, acknowledged: list[str]) -> set[str]:
    """The file is sound, knows what its ledger says, and holds what was acknowledged; the ids it holds."""
    database = open_database(folder / "x.db")
    store = SqlStore(database)
    try:
        assert verify(database) == []
        assert differences(store, "default") == []
        stored = {campaign_id for campaign_id, _ in store.live_evidence("default")}
        assert set(acknowledged) <= stored
        assert [entry.sign for entry in store.ledger("default")] == [1] * len(stored)
        for path in [*folder.glob("output/*/[!.]*.json"), *folder.glob("weights.json")]:
            json.loads(path.read_bytes())
        return stored
    finally:
        database.close()


def kills(start: Callable[[], Server], folder: Path, rounds: int) -> None:
    rng = random.Random(rounds)
    acknowledged: list[str] = []
    for number in range(rounds):
        server = start().ready()
        writers = Writers(server, f"r{number}")
        writers.wait_for(2)
        time.sleep(rng.uniform(0.0, 0.4))
        server.end(signal.SIGKILL)
        acknowledged += writers.join()
        stored = check(folder, acknowledged)
        assert len(stored) <= len(acknowledged) + 3 * (number + 1), "more than what was in flight"
    server = start().ready()
    with httpx.Client(base_url=server.url, timeout=PATIENCE) as client:
        assert client.post("/analyze-campaign", json=body("after")).status_code == 200
        assert {client.get(f"/v1/campaigns/{name}").status_code for name in acknowledged} == {200}
    server.end(signal.SIGTERM)
    check(folder, [*acknowledged, "after"])


@pytest.mark.torture(part="server")
def test_thirty_kills_of_a_server_lose_nothing(start: Callable[[], Server], tmp_path: Path) -> None:
    kills(start, tmp_path, ROUNDS)


@pytest.mark.torture(part="server")
def test_two_servers_learn_once_lose_nothing_when_killed_and_finish_what_is_in_flight(
    start: Callable[[], Server], tmp_path: Path
) -> None:
    first, second = start(), start()
    post_fifty_times((first.ready(), second.ready()))
    assert check(tmp_path, ["same"]) == {"same"}

    victims = Writers(second, "killed")
    victims.wait_for(3)
    second.end(signal.SIGKILL)
    survived = ["same", *victims.join()]
    stored = check(tmp_path, survived)
    assert len(stored) <= len(survived) + 3, "more than what was in flight"

    half = half_sent(first)
    writers = Writers(first, "busy")
    writers.wait_for(3)
    with ThreadPoolExecutor(1) as page, httpx.stream("GET", f"{first.url}/v1/stream", timeout=PATIENCE) as news:
        following = page.submit(lambda: sum(1 for _ in news.iter_bytes()))
        first.process.send_signal(signal.SIGTERM)
        time.sleep(0.2)
        assert finished(half).startswith(b"HTTP/1.1 200"), "a request that had begun was not answered"
        assert following.result(PATIENCE), "a page that is open was not told that the server stops"
    errors = first.errors()
    acknowledged = writers.join()

    assert "Traceback" not in errors
    assert check(tmp_path, acknowledged) == stored | {"half", *acknowledged}, "stored, but not answered"
    for name in ["same", "half", *acknowledged]:
        assert sorted(path.name for path in (tmp_path / "output" / name).iterdir()) == FILES
    database = open_database(tmp_path / "x.db")
    assert not any(Outbox(database).lag().values())
    database.close()


def post_fifty_times(servers: tuple[Server, Server]) -> None:
    """The same request from everybody to both is one submission with one answer."""

    def post(number: int) -> httpx.Response:
        url = f"{servers[number % 2].url}/analyze-campaign"
        return httpx.post(url, json=body("same"), headers={"Idempotency-Key": "request-1"}, timeout=PATIENCE)

    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(post, range(50)))

    assert [answer.status_code for answer in answers] == [200] * 50
    assert len({answer.content for answer in answers}) == 1
    assert sum("idempotency-replayed" not in answer.headers for answer in answers) == 1


def half_sent(server: Server) -> tuple[socket.socket, bytes]:
    """A request whose body is on its way: the connection, and what is still to be sent."""
    data = json.dumps(body("half")).encode()
    connection = socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE)
    head = (
        f"POST /analyze-campaign HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(data)}\r\n\r\n"
    )
    connection.sendall(head.encode() + data[:100])
    return connection, data[100:]


def finished(half: tuple[socket.socket, bytes]) -> bytes:
    connection, rest = half
    with connection:
        connection.sendall(rest)
        return connection.recv(4096)


def _head(server: Server, *lines: str) -> bytes:
    first = ("POST /analyze-campaign HTTP/1.1", f"Host: 127.0.0.1:{server.port}", "Content-Type: application/json")
    return "\r\n".join([*first, *lines, "", ""]).encode()


def big_bodies(server: Server) -> dict[str, tuple[bytes, bytes, int]]:
    """What is sent first, what is then sent again and again until there is an answer, and the status expected."""
    deep = b"[" * 100_000
    many = json.dumps({**body("many"), "audiences": [{"name": f"a{number}"} for number in range(100_000)]}).encode()
    chunk = b"10000\r\n" + b"a" * 65_536 + b"\r\n"
    sized = {"deep": deep, "100,000 audiences": many, "just within": b'"' + b"a" * (MEGABYTE - 2) + b'"'}
    whole = {name: _head(server, f"Content-Length: {len(data)}") + data for name, data in sized.items()}
    return {
        "announced": (_head(server, "Content-Length: 1000000000"), b"", 413),
        "chunked without an end": (_head(server, "Transfer-Encoding: chunked"), chunk, 413),
        "deep": (whole["deep"], b"", 422),
        "100,000 audiences": (whole["100,000 audiences"], b"", 413),
        "just within": (whole["just within"], b"", 422),
    }


def cpu_seconds(server: Server) -> float:
    """What the server has computed so far: a machine that is busy with other things does not count."""
    fields = Path(f"/proc/{server.process.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def refused_after(server: Server, first: bytes, again: bytes) -> tuple[int, float]:
    """The status of the answer, and the seconds that the server computed for it."""
    began = cpu_seconds(server)
    with socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE) as connection:
        try:
            connection.sendall(first)
            while again and not select.select([connection], [], [], 0)[0]:
                connection.sendall(again)
        except ConnectionError:  # refused before everything was sent: the answer may still be read
            pass
        answer = connection.recv(4096)
    return int(answer.split(b" ")[1]), cpu_seconds(server) - began


def peak(server: Server) -> float:
    """The most megabytes resident since the last `forget_peak`."""
    status = Path(f"/proc/{server.process.pid}/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) * 1024 / MEGABYTE


def forget_peak(server: Server) -> None:
    Path(f"/proc/{server.process.pid}/clear_refs").write_text("5")


@pytest.mark.torture(part="server")
def test_big_bodies_are_refused_soon_and_cost_little_memory(start: Callable[[], Server]) -> None:
    """Promised are 10 MB and 100 ms, of which the server's part is measured, with a wider bound."""
    server = start("env", "MARKO_BACKGROUND=none").ready()
    httpx.post(f"{server.url}/analyze-campaign", json=body("warm"), timeout=PATIENCE)
    attacks = big_bodies(server)
    for first, again, _ in attacks.values():
        refused_after(server, first, again)
    for name, (first, again, expected) in attacks.items():
        forget_peak(server)
        before = peak(server)
        found = [refused_after(server, first, again) for _ in range(5)]
        grown, seconds = peak(server) - before, min(taken for _, taken in found)
        sys.stdout.write(f"{name}: +{grown:.1f} MB, {seconds * 1000:.0f} ms\n")
        assert {status for status, _ in found} == {expected}, name
        assert grown < 10, name
        assert seconds < 0.5, name
    assert httpx.post(f"{server.url}/analyze-campaign", json=body("after"), timeout=PATIENCE).status_code == 200
    server.end(signal.SIGTERM)


@pytest.mark.torture(part="server")
def test_an_import_whose_server_is_killed_is_gone_on_with_and_makes_every_campaign_once(
    start: Callable[[], Server], tmp_path: Path
) -> None:
    rows = "".join(f"2026-09-01,Campaign {number:04d},100.00,10000,200,5\n" for number in range(900))
    export = "Day,Campaign name,Amount spent (EUR),Impressions,Link clicks,Purchases\n" + rows
    place, killed = "", 0
    for _ in range(6):
        server = start().ready()
        with httpx.Client(base_url=server.url, timeout=PATIENCE) as client:
            if not place:
                answer = client.post(
                    "/v1/imports", files={"files": ("big.csv", export)}, data={"conversions": "Purchases"}
                )
                assert answer.status_code == 202, answer.text
                place = answer.headers["location"]
            before = client.get(place).json()["progress"]["done"]
            deadline = time.monotonic() + PATIENCE
            while (shown := client.get(place).json())["state"] == "running" and shown["progress"]["done"] == before:
                assert time.monotonic() < deadline, shown
                time.sleep(0.02)
        server.end(signal.SIGKILL)
        killed += shown["state"] == "running"
        if shown["state"] != "running":
            break
    server = start().ready()
    with httpx.Client(base_url=server.url, timeout=PATIENCE) as client:
        with client.stream("GET", f"{place}/events") as stream:
            events = [line for line in stream.iter_lines() if line.startswith("event: ")]
        shown = client.get(place).json()
    server.end(signal.SIGTERM)

    assert killed >= 2
    assert events[-1] == "event: done"
    assert shown["state"] == "done"
    assert sum(shown["outcome"].values()) == len(set(shown["campaigns"])) == 900
    assert check(tmp_path, shown["campaigns"]) == set(shown["campaigns"])
