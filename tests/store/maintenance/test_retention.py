"""Retention: over simulated years the two logs stay flat, and nothing young and nothing else is forgotten."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from sqlalchemy import func, select, update
from tests.store.conftest import Clock

from reflection.domain.campaign import Campaign
from reflection.domain.instants import instant_text
from reflection.domain.ports import AnalysisRecord
from reflection.errors import StorageFull
from reflection.settings import Settings
from reflection.store.campaigns import SqlStore
from reflection.store.database.connections import Database
from reflection.store.database.seals import resealed
from reflection.store.learning_reviews import LearningNotes
from reflection.store.maintenance.retention import IDEMPOTENCY, RECALLS, ROUND, Retention
from reflection.store.tables.campaigns import idempotency
from reflection.store.tables.learnings import recall_outcomes, recalled, recalls
from reflection.wiring import build

Make = Callable[..., AnalysisRecord]
START = datetime(2026, 1, 1, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.fixture
def notes(database: Database, clock: Clock) -> LearningNotes:
    return LearningNotes(database, now=clock)


@pytest.fixture
def retention(store: SqlStore, notes: LearningNotes, clock: Clock) -> Retention:
    return Retention(store, notes, now=clock, elapsed=lambda: clock().timestamp())


@pytest.fixture
def counts(database: Database) -> Callable[[], tuple[int, ...]]:
    def count() -> tuple[int, ...]:
        tables = (idempotency, recalls, recalled, recall_outcomes)
        with database.read() as connection:
            return tuple(connection.execute(select(func.count()).select_from(table)).scalar_one() for table in tables)

    return count


@pytest.fixture
def day_of_requests(store: SqlStore, notes: LearningNotes, record: Make, clock: Clock) -> Callable[[int], None]:
    """One request with a key of its own, and one recall with its outcome, in each of two workspaces."""

    def send(number: int) -> None:
        for workspace in ("one", "two"):
            key = {"idempotency_key": f"key {number}"}
            store.save_analysis(record("a", workspace=workspace, created_at=instant_text(clock.now), **key))
            recall_id = notes.recall(workspace, "search", "video", [("lrn_1", 0.9), ("lrn_2", 0.5)])
            assert recall_id is not None
            notes.outcome(workspace, recall_id, "a", {"ctr": 1.1})

    return send


def test_both_logs_stay_flat_over_three_years_of_requests(
    retention: Retention, clock: Clock, day_of_requests: Callable[[int], None], counts: Callable[[], tuple[int, ...]]
) -> None:
    step = 30 * DAY
    seen = []
    for number in range(37):
        clock.now = START + number * step
        day_of_requests(number)
        retention.forget_due()
        seen.append(counts())

    keys, year = 2 * (IDEMPOTENCY // step + 1), 2 * (RECALLS // step + 1)
    assert seen[-1] == (keys, year, 2 * year, year)
    assert set(seen[14:]) == {seen[-1]}


def test_what_is_young_and_everything_else_stays(
    retention: Retention,
    clock: Clock,
    store: SqlStore,
    day_of_requests: Callable[[int], None],
    counts: Callable[[], tuple[int, ...]],
) -> None:
    day_of_requests(0)
    before = (store.campaign("one", "a"), list(store.ledger("one")), counts())

    clock.now = START + IDEMPOTENCY
    assert retention.forget() == 0
    assert (store.campaign("one", "a"), list(store.ledger("one")), counts()) == before

    clock.now = START + IDEMPOTENCY + DAY
    assert retention.forget() == 2
    with store.snapshot("one") as snapshot:
        assert snapshot.idempotent_answer("key 0") is None
    assert (store.campaign("one", "a"), list(store.ledger("one"))) == before[:2]
    assert counts() == (0, *before[2][1:])


def test_a_process_looks_at_most_once_an_hour(
    retention: Retention, clock: Clock, day_of_requests: Callable[[int], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    rounds = []
    monkeypatch.setattr(retention, "forget", lambda: rounds.append(clock.now) or 0)

    for minutes in range(0, 24 * 60, 7):
        clock.now = START + timedelta(minutes=minutes)
        retention.forget_due()

    assert 20 <= len(rounds) <= 24
    assert min(later - earlier for earlier, later in pairwise(rounds)) >= ROUND


@pytest.mark.parametrize("back", [DAY, 400 * DAY])
def test_a_clock_set_back_keeps_no_round_waiting(
    retention: Retention, clock: Clock, monkeypatch: pytest.MonkeyPatch, back: timedelta
) -> None:
    rounds: list[str] = []
    monkeypatch.setattr(retention, "forget", lambda: rounds.append("logs") or 0)
    monkeypatch.setattr(retention, "forget_history", lambda: rounds.append("history") or 0)
    for instant in (START, START - back, START - back):
        clock.now = instant
        retention.work()

    assert rounds == ["logs", "history"] * 2


def test_a_clock_that_leaps_forward_forgets_nothing_for_a_round(
    store: SqlStore, notes: LearningNotes, clock: Clock, day_of_requests: Callable[[int], None],
    counts: Callable[[], tuple[int, ...]],
) -> None:  # fmt: skip
    """Set wrongly and set right within the hour, it costs nothing; where it was right, the next round forgets."""
    time = [0.0]
    retention = Retention(store, notes, now=clock, elapsed=lambda: time[0])
    retention.work()
    day_of_requests(0)
    before = counts()

    clock.now += 400 * DAY
    retention.work()
    assert counts() == before

    clock.now, time[0] = clock.now + ROUND, ROUND.total_seconds()
    retention.work()
    assert counts() == (0, 0, 0, 0)


def test_a_full_disk_is_no_error_and_the_next_round_forgets(
    retention: Retention,
    store: SqlStore,
    clock: Clock,
    day_of_requests: Callable[[int], None],
    counts: Callable[[], tuple[int, ...]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    day_of_requests(0)
    clock.now = START + 2 * IDEMPOTENCY

    def refuse(workspace: str, before: datetime) -> int:
        raise StorageFull("the disk is full")

    with monkeypatch.context() as patch:
        patch.setattr(store, "forget_idempotency", refuse)
        assert retention.forget_due() == 0

    clock.now += ROUND
    assert retention.forget_due() == 2
    assert counts()[0] == 0


@pytest.mark.parametrize("round_of", ["worker", "rebuild"])
def test_the_background_round_and_rebuild_forget(settings: Settings, round_of: str, sample: Campaign) -> None:
    with build(settings) as application:
        application.engine.analyze(sample, idempotency_key="k")
        with application.database.write() as connection:
            old = instant_text(datetime(2020, 1, 1, tzinfo=UTC))
            connection.execute(update(idempotency).values(resealed(idempotency, created_at=old)))
        if round_of == "worker":
            application.retention.forget_due()
        else:
            application.rebuild()

        with application.store.snapshot("default") as snapshot:
            assert snapshot.idempotent_answer("k") is None
