"""Two API processes and two workers on one Postgres: killed, cut off and stopped; and limits that hold for all."""

import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx2 as httpx
import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.engine import URL

from reflection.api.openapi import CMP_007
from reflection.domain.campaign import Campaign
from reflection.inference.recheck import differences
from reflection.settings import Settings
from reflection.store.maintenance.verify import verify
from reflection.wiring import build

PATIENCE = 300.0
"""Seconds for anything: the machine may be full of other work."""

VICTIMS = ("process", "connections", "worker", "connections", "server")
CUT = text(
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
    "WHERE datname = current_database() AND pid <> pg_backend_pid()"
)


def body(number: int) -> dict[str, Any]:
    """Campaigns that differ in what is learnt from."""
    actual = {**CMP_007["actual_metrics"], "clicks": 3000 + 97 * (number % 17)}
    platform = ("Meta", "Google", "TikTok")[number % 3]
    return {**CMP_007, "campaign_id": f"c{number:05}", "platform": platform, "actual_metrics": actual}


def until(condition: Callable[[], Any], what: str) -> Any:
    """The first true answer."""
    deadline = time.monotonic() + PATIENCE
    while not (answer := condition()):
        assert time.monotonic() < deadline, what
        time.sleep(0.02)
    return answer


def children(pid: int, words: str) -> list[int]:
    """The processes that one started, of which the command has these words."""
    found = []
    with suppress(FileNotFoundError, ProcessLookupError):
        for name in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
            with suppress(FileNotFoundError, ProcessLookupError):
                if words in Path(f"/proc/{name}/cmdline").read_text():
                    found.append(int(name))
    return found


class Fleet:
    """A server of two processes and two workers, all on one database."""

    def __init__(self, url: URL, folder: Path, free_port: Callable[[], int], **more: str) -> None:
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("MARKO_", "OPENAI_"))}
        own = {
            "MARKO_DATABASE_URL": url.render_as_string(hide_password=False),
            "MARKO_OUTPUT_DIR": str(folder / "output"),
            "MARKO_WEIGHTS_PATH": str(folder / "weights.json"),
            "MARKO_EMBEDDING_MODEL": "none",
            "MARKO_LOG_LEVEL": "ERROR",
        }
        self._environment, self._folder, self._free_port = {**kept, **own, **more}, folder, free_port
        self._engine = create_engine(url, isolation_level="AUTOCOMMIT")
        self.processes: list[subprocess.Popen[bytes]] = []
        self.server = self._serve()
        self.workers = [self._start("worker") for _ in range(2)]

    def _start(self, *command: str) -> "subprocess.Popen[bytes]":
        with (self._folder / "errors").open("ab") as errors:
            self.processes.append(
                subprocess.Popen(
                    [sys.executable, "-m", "reflection.cli", *command],
                    cwd=self._folder,
                    env=self._environment,
                    stderr=errors,
                    stdout=errors,
                )
            )
        return self.processes[-1]

    def _serve(self) -> "subprocess.Popen[bytes]":
        port = self._free_port()
        server = self._start("serve", "--workers", "2", "--no-background", "--port", str(port))
        self.url = f"http://127.0.0.1:{port}"
        return server

    def errors(self) -> str:
        return (self._folder / "errors").read_text()[-4_000:]

    def get(self, path: str, **options: Any) -> "httpx.Response | None":
        with suppress(httpx.TransportError):
            return httpx.get(f"{self.url}{path}", timeout=PATIENCE, **options)
        return None

    def watch(self) -> None:
        """What a service manager does: start again who could not start, because its connection was cut just then."""
        if self.server.poll() is not None:
            self.server = self._serve()
        self.workers = [self._start("worker") if one.poll() is not None else one for one in self.workers]

    def ready(self) -> "Fleet":
        def answers() -> bool:
            self.watch()
            answer = self.get("/ready")
            return answer is not None and answer.status_code in (200, 401)

        until(answers, f"not ready: {self.errors()}")
        return self

    def answering(self) -> list[int]:
        """The processes that answer."""
        return children(self.server.pid, "spawn_main")

    def kill(self, victim: str, rng: random.Random) -> None:
        """End something hard, and start again what nobody else does."""
        if victim == "process":
            os.kill(rng.choice(until(self.answering, "no process")), signal.SIGKILL)
        elif victim == "server":
            self.server.kill()
            self.server.wait()
            self.server = self._serve()
        elif victim == "worker":
            number = rng.randrange(2)
            self.workers[number].kill()
            self.workers[number].wait()
            self.workers[number] = self._start("worker")
        else:
            with self._engine.connect() as connection:
                connection.execute(CUT)

    def stop(self) -> None:
        """SIGTERM to all; each ends by itself, and says so with 0."""
        last = [self.server, *self.workers]
        answering = self.answering()
        for process in last:
            process.send_signal(signal.SIGTERM)
        assert [process.wait(PATIENCE) for process in last] == [0, 0, 0], self.errors()
        assert [pid for pid in answering if Path(f"/proc/{pid}").exists()] == []

    def end(self) -> None:
        """Whatever still runs."""
        for process in self.processes:
            if process.poll() is None:
                process.kill()
                process.wait()
        self._engine.dispose()


class Stream(threading.Thread):
    """Posts one campaign after another, each until it is acknowledged; what else was answered is kept."""

    def __init__(self, fleet: Fleet, *, first: int, step: int) -> None:
        super().__init__(daemon=True)
        self._fleet, self._next, self._step = fleet, first, step
        self.acknowledged: list[int] = []
        self.refused: list[str] = []
        self._told = threading.Event()

    def run(self) -> None:
        while not self._told.is_set():
            try:
                answer = httpx.post(f"{self._fleet.url}/analyze-campaign", json=body(self._next), timeout=PATIENCE)
            except httpx.TransportError:
                time.sleep(0.05)
                continue
            if answer.status_code == 200:
                self.acknowledged.append(self._next)
                self._next += self._step
                time.sleep(0.05)  # a stream, not a flood
            else:
                self.refused.append(f"{answer.status_code} {answer.json().get('detail')}")
                time.sleep(0.05)

    def end(self) -> list[int]:
        self._told.set()
        self.join(PATIENCE)
        assert not self.is_alive()
        return self.acknowledged


@pytest.fixture
def fleet(empty: URL, tmp_path: Path, free_port: Callable[[], int]) -> Iterator[Callable[..., Fleet]]:
    """Starts a fleet on a new database; all of it is gone at the end."""
    fleets: list[Fleet] = []

    def start(**more: str) -> Fleet:
        fleets.append(Fleet(empty, tmp_path, free_port, **more))
        return fleets[-1].ready()

    yield start
    for one in fleets:
        one.end()


def kills(fleet: Fleet, count: int) -> list[int]:
    """Kill something of a fleet again and again while two post, and let all be learnt; what was acknowledged."""
    rng = random.Random(count)
    streams = [Stream(fleet, first=number, step=2) for number in range(2)]
    for stream in streams:
        stream.start()
    for number in range(count):
        before = [len(stream.acknowledged) for stream in streams]

        def goes_on(before: list[int] = before) -> bool:
            fleet.watch()
            return any(len(one.acknowledged) > was for one, was in zip(streams, before, strict=True))

        until(goes_on, f"nothing is acknowledged any longer: {[one.refused[-3:] for one in streams]} {fleet.errors()}")
        time.sleep(rng.uniform(0.0, 0.3))
        fleet.kill(VICTIMS[number % len(VICTIMS)], rng)
    acknowledged = [number for stream in streams for number in stream.end()]
    refusals = {refusal for stream in streams for refusal in stream.refused}
    assert all(refusal.startswith("503") for refusal in refusals), refusals
    fleet.ready()

    def learnt() -> bool:
        fleet.watch()
        answer = fleet.get("/ready")
        return (
            answer is not None
            and answer.status_code == 200
            and not any(answer.json()["parts"]["learning_lag"].values())
        )

    until(learnt, "not learnt")
    fleet.stop()
    return acknowledged


def check(url: URL, acknowledged: list[int], settings_in: Callable[..., Settings], folder: Path) -> None:
    """The database is sound, holds each acknowledged campaign once, and knows what a run without any kill knows."""
    settings = settings_in(folder / "clean", embedding_model="none")
    there = settings.model_copy(update={"database_url": url.render_as_string(hide_password=False)})
    with build(Settings.load(_env_file=None, **there.model_dump())) as survivor:
        assert verify(survivor.database) == []
        assert differences(survivor.store, "default") == []
        entries = list(survivor.store.ledger("default"))
        names = [entry.campaign_id for entry in entries]
        assert {f"c{number:05}" for number in acknowledged} <= set(names)
        assert len(names) == len(set(names)) <= len(acknowledged) + 2, "each once; two may have been on their way"
        assert {entry.sign for entry in entries} == {1}
        found = survivor.store.knowledge("default")
    with build(settings) as clean:
        for _ in clean.engine.analyze_many(Campaign.model_validate(body(int(name[1:]))) for name in sorted(names)):
            continue
        clean.learner.learn_now("default")
        known = clean.store.knowledge("default")
        assert (known.effects, known.findings, known.weights) == (found.effects, found.findings, found.weights)


def test_twenty_kills_of_processes_servers_workers_and_connections_lose_nothing_and_count_nothing_twice(
    fleet: Callable[..., Fleet], empty: URL, settings_in: Callable[..., Settings], tmp_path: Path
) -> None:
    check(empty, kills(fleet(), 20), settings_in, tmp_path)


@pytest.mark.torture(part="postgres")
def test_three_hundred_kills_lose_nothing_and_count_nothing_twice(
    fleet: Callable[..., Fleet], empty: URL, settings_in: Callable[..., Settings], tmp_path: Path
) -> None:
    check(empty, kills(fleet(), 300), settings_in, tmp_path)


def test_a_limit_is_one_for_all_processes_of_a_database(fleet: Callable[..., Fleet]) -> None:
    """Each request on a connection of its own, so that both processes answer."""
    started = fleet(MARKO_API_KEYS="acme=a-long-enough-key", MARKO_RATE_LIMIT="40/hour")
    until(lambda: len(started.answering()) == 2, "two processes")
    headers = {"Authorization": "Bearer a-long-enough-key"}
    until(lambda: (answer := started.get("/insights", headers=headers)) and answer.status_code == 429, "no limit")
    counts = [started.get("/v1/campaigns", headers=headers) for _ in range(20)]
    assert {answer.status_code for answer in counts if answer is not None} == {429}
    with started._engine.connect() as connection:
        notes = connection.execute(text("SELECT body FROM board_notes WHERE name LIKE 'requests %'")).scalars().all()
    assert len(notes) == 1
    assert '"used":40' in notes[0]
