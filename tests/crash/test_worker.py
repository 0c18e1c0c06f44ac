"""Server and worker killed, each alone and both at once, in the middle of a stream: nothing lost, nothing twice."""

import os
import random
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx2 as httpx
import pytest

from reflection.api.openapi import CMP_007
from reflection.domain.campaign import Campaign
from reflection.domain.knowledge import Knowledge
from reflection.inference.recheck import differences
from reflection.settings import Settings
from reflection.store.campaigns import SqlStore
from reflection.store.database.open import open_database
from reflection.store.maintenance.verify import verify
from reflection.wiring import build

Server = Any
"""A server process; see conftest.py."""

ROUNDS = 40
PATIENCE = 300.0
"""Seconds; what is waited for takes one or two, the rest is room for a busy machine."""
SERVER, WORKER, BOTH = "server", "worker", "both"


def body(number: int) -> dict[str, Any]:
    """Campaigns that differ in what is learnt from."""
    actual = {**CMP_007["actual_metrics"], "clicks": 3000 + 97 * (number % 17)}
    platform = ("Meta", "Google", "TikTok")[number % 3]
    return {**CMP_007, "campaign_id": f"c{number:04}", "platform": platform, "actual_metrics": actual}


class Stream(threading.Thread):
    """Posts one campaign after another, each until some server has acknowledged it."""

    def __init__(self, url: str) -> None:
        super().__init__(daemon=True)
        self.url, self.acknowledged = url, 0
        self.wrong: list[str] = []
        self._told = threading.Event()

    def run(self) -> None:
        while not self._told.is_set() and not self.wrong:
            try:
                answer = httpx.post(f"{self.url}/analyze-campaign", json=body(self.acknowledged), timeout=60)
            except httpx.TransportError:
                time.sleep(0.05)
                continue
            if answer.status_code == 200:
                self.acknowledged += 1
                time.sleep(0.02)  # a stream, not a flood: what is proved is who is killed, not how much is posted
            else:
                self.wrong.append(answer.text)

    def go_on(self, count: int) -> None:
        """Wait until so many more are acknowledged."""
        goal, deadline = self.acknowledged + count, time.monotonic() + PATIENCE
        while self.acknowledged < goal:
            assert not self.wrong
            assert time.monotonic() < deadline, "nothing is acknowledged any longer"
            time.sleep(0.01)

    def end(self) -> int:
        self._told.set()
        self.join(PATIENCE)
        assert not self.wrong
        return self.acknowledged


def parts(server: Server) -> dict[str, Any]:
    """What /ready says."""
    answer: dict[str, Any] = httpx.get(f"{server.url}/ready", timeout=60).json()["parts"]
    return answer


def worker_of(server: Server) -> int:
    """The process of the worker, once it runs."""
    deadline = time.monotonic() + PATIENCE
    while not (found := parts(server)["worker"])["running"]:
        assert time.monotonic() < deadline, found
        time.sleep(0.05)
    return int(found["pid"])


def runs(pid: int) -> bool:
    """Whether a process is there, and not only its exit code."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def gone(pid: int) -> None:
    """Wait until a worker whose server is gone has ended: on a busy machine a process takes a while to die."""
    deadline = time.monotonic() + PATIENCE
    while runs(pid):
        assert time.monotonic() < deadline, "the worker was left behind"
        time.sleep(0.01)


def learnt(server: Server) -> None:
    """Wait until the worker has learnt what is stored."""
    deadline = time.monotonic() + PATIENCE
    while (state := parts(server))["learning_lag"] != {"default": 0}:
        assert time.monotonic() < deadline, state
        time.sleep(0.05)


def content(knowledge: Knowledge) -> tuple[Any, ...]:
    """What is known, without when it was learnt."""
    draws = {name: posterior.draws.tobytes() for name, posterior in knowledge.posteriors.items()}
    return knowledge.effects, knowledge.findings, knowledge.weights, knowledge.campaigns, knowledge.epoch, draws


def kill(start: Callable[[], Server], victims: list[str], rng: random.Random) -> int:
    """Post all the time while victims are killed, then let everything be learnt; how many were acknowledged."""
    server = start().ready()
    stream = Stream(server.url)
    stream.start()
    for victim in victims:
        stream.go_on(3)
        pid = worker_of(server)
        time.sleep(rng.uniform(0.0, 0.5))
        if victim in (WORKER, BOTH):
            os.kill(pid, signal.SIGKILL)
        if victim in (SERVER, BOTH):
            server.end(signal.SIGKILL)
            gone(pid)
            server = start().ready()
            stream.url = server.url
        assert worker_of(server)
    stream.go_on(3)
    count = stream.end()
    learnt(server)
    assert parts(server)["worker"]["deaths"] == sum(victim in (WORKER, BOTH) for victim in victims)
    server.end(signal.SIGTERM)
    return count


def check(folder: Path, settings_in: Callable[..., Settings], count: int) -> None:
    """The file is sound, holds each acknowledged campaign once, and knows what a run without any kill knows."""
    names = {f"c{number:04}" for number in range(count)}
    settings = settings_in(folder / "clean")
    with build(settings.model_copy(update={"database_path": folder / "x.db"})) as survivor:
        assert verify(survivor.database) == []
        assert differences(survivor.store, "default") == []
        entries = list(survivor.store.ledger("default"))
        assert {entry.campaign_id for entry in entries} >= names
        assert len(entries) - count <= 1, "one more may be stored whose answer was on its way"
        assert {entry.sign for entry in entries} == {1}
        assert len({entry.campaign_id for entry in entries}) == len(entries)
        found = content(survivor.store.knowledge("default"))
    with build(settings) as clean:
        for number in reversed(range(len(entries))):
            clean.engine.analyze(Campaign.model_validate(body(number)))
        clean.learner.learn_now("default")
        assert content(clean.store.knowledge("default")) == found


SEVERAL = ("-m", "reflection.cli", "serve", "--workers", "2")
SPECIFIED = ("-m", "uvicorn", "app.main:app")
COUNTED = 'reflection_requests_total{method="GET",route="/health",status="200"} 10.0'


def counts_what_all_processes_answered(url: str) -> None:
    """Until what several processes counted is added up, which is a moment after they answered."""
    for _ in range(10):
        httpx.get(f"{url}/health", timeout=PATIENCE)
    deadline = time.monotonic() + PATIENCE
    while COUNTED not in httpx.get(f"{url}/metrics", timeout=PATIENCE).text:
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_both_ways_of_starting_share_a_file_and_of_a_stream_nothing_is_lost_or_twice_when_the_first_is_killed(
    start: Callable[..., Server], tmp_path: Path, settings_in: Callable[..., Settings]
) -> None:
    """Two processes that answer and their worker, killed in a stream; then the specification's command, stopped."""
    first = start(command=SEVERAL).ready()
    counts_what_all_processes_answered(first.url)
    stream = Stream(first.url)
    stream.start()
    stream.go_on(3)
    worker = worker_of(first)
    os.kill(worker, signal.SIGKILL)
    first.end(signal.SIGKILL)
    gone(worker)

    second = start(command=SPECIFIED).ready()
    stream.url = second.url
    worker = worker_of(second)
    stream.go_on(3)
    count = stream.end()
    learnt(second)
    errors = second.end(signal.SIGINT)

    assert "Traceback" not in errors
    assert not Path(f"/proc/{worker}").exists(), "the worker outlived its server"
    assert (tmp_path / "output" / "c0000" / "comparison.json").is_file()
    check(tmp_path, settings_in, count)


@pytest.mark.torture(part="server")
@pytest.mark.parametrize("seed", [1, 2])
def test_forty_kills_of_server_worker_or_both_lose_nothing_and_count_nothing_twice(
    start: Callable[[], Server], tmp_path: Path, settings_in: Callable[..., Settings], seed: int
) -> None:
    rng = random.Random(seed)
    check(tmp_path, settings_in, kill(start, [rng.choice([SERVER, WORKER, BOTH]) for _ in range(ROUNDS)], rng))


@pytest.mark.torture(part="server")
def test_two_servers_have_one_worker_and_the_other_takes_over(start: Callable[[], Server]) -> None:
    first, second = start(), start()
    pids = {worker_of(first.ready()), worker_of(second.ready())}
    assert len(pids) == 1

    owner, other = (first, second) if str(*pids) in _children(first) else (second, first)
    owner.end(signal.SIGKILL)
    deadline = time.monotonic() + PATIENCE
    while worker_of(other) in pids:
        assert time.monotonic() < deadline, "nobody took over"
        time.sleep(0.05)
    other.end(signal.SIGTERM)


def _children(server: Server) -> set[str]:
    """Processes that any thread of a server started."""
    tasks = Path(f"/proc/{server.process.pid}/task").iterdir()
    return {child for task in tasks for child in (task / "children").read_text().split()}


@pytest.mark.torture(part="server")
def test_a_process_that_stands_still_is_replaced_and_keeps_no_server_from_stopping(
    start: Callable[..., Server], tmp_path: Path
) -> None:
    server = start(command=SEVERAL).ready()
    first = _answering(server)
    os.kill(min(first), signal.SIGSTOP)
    deadline = time.monotonic() + PATIENCE
    while min(first) in _answering(server) or len(_answering(server)) < len(first):
        assert time.monotonic() < deadline, "it is not replaced"
        time.sleep(0.1)
    answers = [httpx.get(f"{server.url}/health", timeout=PATIENCE).status_code for _ in range(20)]
    stream = Stream(server.url)
    stream.start()
    stream.go_on(3)
    count = stream.end()

    last = _answering(server)
    os.kill(min(last), signal.SIGSTOP)
    errors = server.end(signal.SIGTERM)

    assert answers == [200] * 20
    assert "it is killed" in errors
    assert not [pid for pid in first | last if runs(pid)]
    database = open_database(tmp_path / "x.db")
    assert verify(database) == []
    assert len(list(SqlStore(database).ledger("default"))) == count
    database.close()


def _answering(server: Server) -> set[int]:
    """The processes of a server that answer."""
    return {int(pid) for pid in _children(server) if "spawn_main" in Path(f"/proc/{pid}/cmdline").read_text()}
