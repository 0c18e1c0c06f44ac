"""The sender of alerts killed again and again against a receiver that fails: nothing lost, nothing twice by its id.

A process stores campaigns and sends what they say, and is killed at a random moment; the receiver, a process of its
own, takes a message, refuses it, or takes it and hangs up before it says so. What counts is what it took.
"""

import dataclasses
import json
import os
import random
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from reflection.alerts.alert import AlertRequest
from reflection.delivery.addresses import AddressGuard
from reflection.delivery.alert_service import AlertService, Outlets
from reflection.delivery.sender import Pace

SOON = timedelta(milliseconds=2)
PACE = Pace(backoff=(SOON,) * 1_000, quiet=timedelta(0), longest=timedelta(0))


def _answer(campaign_id: str) -> bytes:
    """An answer that says that a forecast was missed."""
    delta = {"actual": 30.0, "expected": 20.0, "pct_diff": 50.0, "favorable": False, "beyond_noise": True, "z": 4.0}
    comparison = {"campaign_id": campaign_id, "currency": "EUR", "deltas": {"cpa_diff": delta}}
    return json.dumps({"comparison_report": comparison, "stored_memory": {"learning": "pending"}}).encode()


def _receive(server: socket.socket, log: int, seed: int) -> None:
    """Of six messages two are refused, one is taken and the line cut, the others are taken; a line for each taken."""
    rng = random.Random(seed)
    while True:
        line, _ = server.accept()
        with line, line.makefile("rb") as request:
            head = {}
            while (header := request.readline().strip()) != b"":
                name, _, value = header.decode().partition(":")
                head[name.lower()] = value.strip()
            body = request.read(int(head.get("content-length", 0)))
            if not head or len(body) < int(head.get("content-length", 0)):
                continue  # the sender was killed in the middle of it
            mood = rng.randrange(6)
            if mood >= 2:
                items = [item["campaign_id"] for item in json.loads(body)["data"]["items"]]
                os.write(log, json.dumps([head["webhook-id"], items]).encode() + b"\n")
            if mood == 2:
                continue
            status = b"503 Busy" if mood < 2 else b"204 No Content"
            try:
                line.sendall(b"HTTP/1.1 " + status + b"\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
            except OSError:
                continue


@pytest.fixture
def receiver(tmp_path: Path) -> Iterator[tuple[str, Path]]:
    """The address of the receiver, and its log."""
    log = os.open(tmp_path / "received", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    with socket.create_server(("127.0.0.1", 0), backlog=64) as server:
        child = os.fork()
        if child == 0:
            try:
                _receive(server, log, 7)
            finally:
                os._exit(3)
        yield f"http://127.0.0.1:{server.getsockname()[1]}/", tmp_path / "received"
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
    os.close(log)


def _service(house: Any) -> AlertService:
    outlets = Outlets(AddressGuard(["127.0.0.1"]), None, "https://r.example", 30)
    return AlertService(
        house.database, outlets, house.store, None, clock=lambda: datetime.now(UTC), pace=PACE  # type: ignore[arg-type]
    )  # fmt: skip


def _work(house: Any, ready: int, number: int) -> None:
    """Store campaigns, and send what they say, until somebody ends it."""

    def store() -> None:
        for turn in range(1_000_000):
            name = f"c{number}-{turn}"
            record = house.record(name, 1, 0)
            house.store.save_analysis(dataclasses.replace(record, answer=_answer(name), idempotency_key=None))
            time.sleep(0.005)

    threading.Thread(target=store, daemon=True).start()
    service = _service(house)
    service.sender.work()
    os.write(ready, b".")
    while True:
        service.sender.work()


def _one_kill(house: Any, number: int, seconds: float) -> None:
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            _work(house, writing, number)
        finally:
            os._exit(3)
    os.close(writing)
    assert os.read(reading, 1) == b".", "it died by itself"
    os.close(reading)
    time.sleep(seconds)
    os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == -signal.SIGKILL


@pytest.mark.parametrize("kills", [5, pytest.param(200, marks=pytest.mark.torture(part="server"))])
def test_of_what_is_true_everything_is_told_and_nothing_twice(
    new_house: Callable[..., Any], receiver: tuple[str, Path], kills: int
) -> None:
    house = new_house("alerts")
    url, log = receiver
    alert = _service(house).add("default", AlertRequest(address=url, on=["campaign.outside_interval"]))
    rng = random.Random(kills)
    for number in range(kills):
        _one_kill(house, number, rng.uniform(0.0, 0.1))
    service = _service(house)
    deadline = time.monotonic() + 120
    while service.outbox.lag()["default"]["waiting"]:
        assert time.monotonic() < deadline, service.outbox.deliveries("default", alert.alert_id, 20)
        service.sender.work()

    lines = [json.loads(line) for line in log.read_text().splitlines()]
    taken: dict[str, list[str]] = dict(lines)
    told = [name for items in taken.values() for name in items]
    stored = [campaign.campaign_id for campaign in house.store.campaigns("default", limit=1_000_000)]
    assert sorted(told) == sorted(stored), "each exactly once by the ids of messages"
    assert all(taken[message_id] == items for message_id, items in lines), "the same content under the same id"
    assert len(stored) >= kills
    assert len(lines) > len(taken) or kills < 50, "the torture must have had messages taken twice"
    assert service.outbox.lag()["default"] == {"waiting": 0, "given_up": 0}
