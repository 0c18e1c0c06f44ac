"""Two API processes and two workers on one Postgres under mixed load: no error, and nothing that grows.

The campaigns are a fixed number, which come in again and again with new figures, are deleted and come back, so that
what a process keeps has an end. REFLECTION_LOAD_MINUTES says for how long; ten where nothing is said.
"""

import os
import random
import sys
import threading
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx2 as httpx
import pytest
from sqlalchemy import text
from sqlalchemy.engine import URL
from tests.postgres.fleet import PATIENCE, Fleet, body, children, until

from reflection.inference.recheck import differences
from reflection.store.campaigns import SqlStore
from reflection.store.database.open import open_database
from reflection.store.maintenance.verify import verify

MINUTES = float(os.environ.get("REFLECTION_LOAD_MINUTES", "10"))
LOAD = 6
"""The number of its part, after those of the kills (`test_fleet`)."""

WORKSPACES = ("default", "acme", "globex")
KEYS = {name: f"a-key-that-is-long-enough-for-{name}" for name in WORKSPACES}
CAMPAIGNS, WRITERS, READERS, SAMPLES = 120, 4, 3, 40
PAUSE = 0.05
MEGABYTES, DESCRIPTORS, THREADS = 24.0, 12, 8
"""By how much a process may be larger at the end than after the first half: a fit in hand, a connection, a thread."""

CONNECTIONS = text("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()")
MOST_CONNECTIONS = 4 * (8 + 24) + 4
"""What four processes may open to write and to read, and the marks and looks of workers."""

QUESTIONS = (
    "/insights?limit=20", "/patterns", "/v1/effects?limit=20", "/v1/campaigns?limit=20", "/v1/learnings",
    "/v1/memory/search?q=students%20video&limit=5", "/recommendations?platform=Meta", "/v1/attention", "/ready",
)  # fmt: skip


class Client(threading.Thread):
    """Asks one thing after another until it is told to end; what was not answered as it should be is kept."""

    def __init__(self, fleet: Fleet, number: int, work: "Callable[[Client, httpx.Client], None]") -> None:
        super().__init__(daemon=True)
        self._fleet, self._work, self._over = fleet, work, threading.Event()
        self.rng, self.number = random.Random(number), number
        self.answers, self.errors = 0, list[str]()

    def run(self) -> None:
        headers = {"Authorization": f"Bearer {KEYS[WORKSPACES[self.number % len(WORKSPACES)]]}"}
        while not self._over.is_set():  # a connection of its own each time, so that both processes answer
            with httpx.Client(base_url=self._fleet.url, headers=headers, timeout=PATIENCE) as client:
                for _ in range(20):
                    self._work(self, client)
                    time.sleep(PAUSE)

    def say(self, answer: httpx.Response, *allowed: int) -> None:
        self.answers += 1
        if answer.status_code not in (200, *allowed):
            place = f"{answer.request.method} {answer.request.url.path}"
            self.errors.append(f"{place}: {answer.status_code} {answer.json().get('detail')}")

    def end(self) -> "Client":
        self._over.set()
        self.join(PATIENCE)
        assert not self.is_alive()
        return self


def write(self: Client, client: httpx.Client) -> None:
    """New figures of a campaign mostly; sometimes the same twice at once, or it goes. 409: another writer was first."""
    number = self.rng.randrange(CAMPAIGNS)
    chance = self.rng.random()
    if chance < 0.05:
        self.say(client.delete(f"/v1/campaigns/c{number:05}"), 204, 404)
        return
    campaign = body(number)
    campaign["actual_metrics"] |= {"clicks": 3000 + self.rng.randrange(900)}
    headers = {"Idempotency-Key": f"k{self.number}-{self.rng.randrange(10**9)}"} if chance < 0.3 else {}
    for _ in range(2 if headers else 1):
        self.say(client.post("/analyze-campaign", json=campaign, headers=headers))


def read(self: Client, client: httpx.Client) -> None:
    """One of the questions, or a plan."""
    if self.rng.random() < 0.2:
        sample = body(self.rng.randrange(CAMPAIGNS))
        kept = {name: sample[name] for name in ("platform", "objective", "audiences", "creatives")}
        plan = {"plan_id": "p", "budget": 1000.0, **kept}
        self.say(client.post("/v1/plans/evaluate", json={"plans": [plan]}))
    else:
        self.say(client.get(self.rng.choice(QUESTIONS)))


def sizes(fleet: Fleet) -> dict[int, tuple[float, int, int]]:
    """Of each process that answers or works: memory in MB, descriptors, threads."""
    workers = [one.pid for one in fleet.workers]
    return {pid: _size(pid) for pid in [*fleet.answering(), *workers, *[c for w in workers for c in children(w, "")]]}


def _size(pid: int) -> tuple[float, int, int]:
    folder = Path(f"/proc/{pid}")
    pages = int((folder / "statm").read_text().split()[1])
    return (
        pages * os.sysconf("SC_PAGE_SIZE") / 1e6,
        len(os.listdir(folder / "fd")),
        len(os.listdir(folder / "task")),
    )


def growth(samples: list[dict[int, tuple[float, int, int]]]) -> dict[int, tuple[Any, ...]]:
    """Of each process, by how much the median of the last quarter is above that of the second one."""
    quarter = len(samples) // 4

    def median(pid: int, part: slice, what: int) -> float:
        values = sorted(sample[pid][what] for sample in samples[part])
        return values[len(values) // 2]

    early, late = slice(quarter, 2 * quarter), slice(-quarter, None)
    return {pid: tuple(median(pid, late, what) - median(pid, early, what) for what in range(3)) for pid in samples[0]}


@pytest.mark.torture(part=f"postgres-{LOAD}")
def test_mixed_load_on_two_processes_and_two_workers_meets_no_error_and_lets_nothing_grow(
    fleet: Callable[..., Fleet], empty: URL
) -> None:
    keys = ",".join(f"{name}={key}" for name, key in KEYS.items())
    started = fleet(MARKO_API_KEYS=keys, MARKO_RATE_LIMIT="off", MARKO_EMBEDDING_MODEL="packaged")
    until(lambda: len(started.answering()) == 2, "two processes")
    clients = [Client(started, number, write) for number in range(WRITERS)]
    clients += [Client(started, number, read) for number in range(READERS)]
    for client in clients:
        client.start()
    samples, connections = [], []
    for _ in range(SAMPLES):
        time.sleep(60 * MINUTES / SAMPLES)
        samples.append(sizes(started))
        with started.engine.connect() as connection:
            connections.append(connection.execute(CONNECTIONS).scalar_one())
    ended = [client.end() for client in clients]

    assert {error for client in ended for error in client.errors} == set()
    assert min(client.answers for client in ended) > 0
    until(lambda: all(_is_learnt(started, workspace) for workspace in WORKSPACES), "not learnt")
    assert [set(sample) for sample in samples] == [set(samples[0])] * SAMPLES, "a process died and was started again"
    grown = growth(samples)
    for pid, (megabytes, descriptors, threads) in grown.items():
        assert (megabytes <= MEGABYTES, descriptors <= DESCRIPTORS, threads <= THREADS) == (True,) * 3, (pid, grown)
    assert max(connections) <= MOST_CONNECTIONS, connections
    started.stop()
    assert '"level":"error"' not in started.errors().replace(" ", ""), started.errors()
    with closing(open_database(empty)) as database:
        assert verify(database) == []
        store = SqlStore(database)
        assert [differences(store, workspace) for workspace in WORKSPACES] == [[]] * 3
        entries = sum(1 for workspace in WORKSPACES for _ in store.ledger(workspace))
    answers = sum(client.answers for client in ended)
    sys.stdout.write(
        f"\n{answers} answers, {entries} ledger entries; grown by {grown}; connections {connections[-1]}\n"
    )


def _is_learnt(fleet: Fleet, workspace: str) -> bool:
    answer = fleet.get("/ready", headers={"Authorization": f"Bearer {KEYS[workspace]}"})
    return answer is not None and answer.status_code == 200 and not any(answer.json()["parts"]["learning_lag"].values())
