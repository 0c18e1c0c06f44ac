"""Two API processes and two workers on one Postgres: killed, cut off and stopped; and limits that hold for all."""

import random
import threading
import time
from collections.abc import Callable
from pathlib import Path

import httpx2 as httpx
import pytest
from sqlalchemy import text
from sqlalchemy.engine import URL
from tests.postgres.fleet import PATIENCE, Fleet, body, until

from reflection.domain.campaign import Campaign
from reflection.inference.recheck import differences
from reflection.settings import Settings
from reflection.store.maintenance.verify import verify
from reflection.wiring import build

KILLS, PARTS = 1_000, 5
VICTIMS = ("process", "connections", "worker", "connections", "server")


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


def kills(fleet: Fleet, count: int, seed: int = 0) -> list[int]:
    """Kill something of a fleet again and again while two post, and let all be learnt; what was acknowledged."""
    rng = random.Random(seed)
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


@pytest.mark.parametrize(
    "part", [pytest.param(n, marks=pytest.mark.torture(part=f"postgres-{n}")) for n in range(1, PARTS + 1)]
)
def test_a_thousand_kills_lose_nothing_and_count_nothing_twice(
    fleet: Callable[..., Fleet], empty: URL, settings_in: Callable[..., Settings], tmp_path: Path, part: int
) -> None:
    check(empty, kills(fleet(), KILLS // PARTS, seed=part), settings_in, tmp_path)


def test_a_limit_is_one_for_all_processes_of_a_database(fleet: Callable[..., Fleet]) -> None:
    """Each request on a connection of its own, so that both processes answer."""
    started = fleet(MARKO_API_KEYS="acme=a-long-enough-key", MARKO_RATE_LIMIT="40/hour")
    until(lambda: len(started.answering()) == 2, "two processes")
    headers = {"Authorization": "Bearer a-long-enough-key"}
    until(lambda: (answer := started.get("/insights", headers=headers)) and answer.status_code == 429, "no limit")
    counts = [started.get("/v1/campaigns", headers=headers) for _ in range(20)]
    assert {answer.status_code for answer in counts if answer is not None} == {429}
    with started.engine.connect() as connection:
        notes = connection.execute(text("SELECT body FROM board_notes WHERE name LIKE 'requests %'")).scalars().all()
    assert len(notes) == 1
    assert '"used":40' in notes[0]
