"""No maintenance holds the write lock for longer than a portion takes, however much there is to do.

Counted in rows that one transaction changes, and by a neighbour who writes after each of them.
"""

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pytest
from sqlalchemy import event, insert
from tests.store.before_seals import take_seals_away

from reflection.domain.memory_text import TEMPLATE
from reflection.domain.ports import AnalysisRecord
from reflection.ingest.jobs.register import DONE, Days, PlannedCampaign
from reflection.memory import reindexing
from reflection.memory.embedders import Space
from reflection.memory.local import LocalIndex
from reflection.store import days_of_imports, imports, row_values
from reflection.store.board import SharedBoard
from reflection.store.campaigns import SqlStore
from reflection.store.database import sqlite_words, turns
from reflection.store.database.connections import Database
from reflection.store.imports import ImportRows
from reflection.store.maintenance import history, purge, sealing
from reflection.store.maintenance.history import History
from reflection.store.maintenance.purge import purge_workspace, remaining
from reflection.store.maintenance.verify import verify
from reflection.store.memories import MemoryRows
from reflection.store.projections.outbox import Outbox
from reflection.store.tables.board_notes import board_notes
from reflection.store.tables.campaigns import fits, workspaces
from reflection.store.tables.learnings import learning_revisions, learnings
from reflection.store.tables.recommendations import advice_shown

pytestmark = pytest.mark.sqlite
Make = Callable[..., AnalysisRecord]
CAMPAIGNS, PORTION = 25, 4
MOST = 20 * PORTION
"""A row that goes takes its words with it, and now and then the index puts some of its parts together."""

YEARS_LATER = datetime(2030, 1, 1, tzinfo=UTC)


class Neighbour:
    """Writes whenever a transaction of somebody else ends, and notes how many rows each of those changed."""

    def __init__(self, database: Database) -> None:
        self.changes: list[int] = []
        self.writes = 0
        self._path, self._before = database.path, 0
        event.listen(database.writer, "begin", self._begin)
        event.listen(database.writer, "commit", self._commit)
        event.listen(database.writer.pool, "checkin", self.write)

    def _begin(self, connection: Any) -> None:
        self._before = connection.connection.driver_connection.total_changes

    def _commit(self, connection: Any) -> None:
        self.changes.append(connection.connection.driver_connection.total_changes - self._before)

    def write(self, *_: object) -> None:
        """Fails where somebody has the lock."""
        self.writes += 1
        with closing(sqlite3.connect(self._path, timeout=0)) as own:
            own.execute(
                "INSERT OR IGNORE INTO workspaces (workspace, created_at, seal) VALUES ('neighbour', '2026', x'')"
            )
            own.commit()


@pytest.fixture(autouse=True)
def small_portions(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(purge, "PORTION", PORTION)


@pytest.fixture
def filled(store: SqlStore, record: Make) -> SqlStore:
    for version in (1, 2, 3):
        store.save_many(
            [
                record(
                    f"c{number}", version=version, expected_revision=version - 1, idempotency_key=f"{number} {version}"
                )
                for number in range(CAMPAIGNS)
            ]
        )
    return store


@pytest.fixture
def neighbour(filled: SqlStore, database: Database) -> Neighbour:
    return Neighbour(database)


def test_a_purge_leaves_others_their_turn(database: Database, neighbour: Neighbour) -> None:
    removed = purge_workspace(database, "default", "2026-04-01")

    assert removed > CAMPAIGNS * 5
    assert max(neighbour.changes) <= MOST
    assert remaining(database, "default").keys() == {"outbox"}
    assert remaining(database, "neighbour") == {"workspaces": 1}


def test_sealing_what_is_older_than_seals_does_and_goes_on_where_it_was_ended(
    database: Database, neighbour: Neighbour, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sealing, "PORTION", PORTION)
    with database.write() as connection:
        take_seals_away(connection)
    rows = sealing.unsealed_rows(database)
    neighbour.changes.clear()

    def ended() -> Iterator[None]:
        yield from (None, None)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(sealing, "turns", ended)
        with pytest.raises(KeyboardInterrupt):
            sealing.seal_rest(database)
    rest = sealing.unsealed_rows(database)
    assert 0 < rest < rows
    assert sealing.seal_rest(database) == rest
    assert max(neighbour.changes[:-1]) == PORTION  # the last says in each table that no row may be without
    assert sealing.unsealed_rows(database) == 0


def test_settling_what_was_published_does(database: Database, neighbour: Neighbour) -> None:
    outbox = Outbox(database)
    while entries := outbox.pending("artifacts", limit=PORTION):
        outbox.settle(entries, {})

    assert neighbour.changes
    assert max(neighbour.changes) <= MOST


def test_what_an_import_says_is_made_ready_before_anybody_waits_for_it(
    database: Database, neighbour: Neighbour, monkeypatch: pytest.MonkeyPatch
) -> None:
    def packed(data: bytes) -> bytes:
        neighbour.write()
        return row_values.packed(data)

    monkeypatch.setattr(imports, "packed", packed)
    monkeypatch.setattr(days_of_imports, "packed", packed)
    days = [Days("meta", "Meta", [[f"c{number}", "2026-09-01", 1.0] for number in range(CAMPAIGNS)])]
    planned = [PlannedCampaign(f"c{number}", "0" * 64, b"{}") for number in range(CAMPAIGNS)]

    ImportRows(database).begin("default", "imp_1", b"{}", planned, days, "2026-09-02")

    assert neighbour.writes > 2 * CAMPAIGNS


def test_the_history_of_one_campaign_and_of_one_import_does(
    filled: SqlStore, database: Database, record: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    for version in range(4, 30):
        filled.save_analysis(record("c1", version=version, expected_revision=version - 1))
    imports = ImportRows(database)
    planned = [PlannedCampaign(f"c{number}", f"hash{number}", b"{}") for number in range(CAMPAIGNS)]
    days = [Days("meta", f"platform {number}", []) for number in range(CAMPAIGNS)]
    imports.begin("default", "i", b"{}", planned, days, "2026-01-01")
    imports.change_state("default", "i", DONE, "2026-01-01")
    with database.write("default") as connection:
        learnt = {"workspace": "default", "epoch": 1, "seq": filled.last_seq("default"), "format": "of a test"}
        connection.execute(insert(fits), {**learnt, "body": b"", "draws": b""})
    monkeypatch.setattr(history, "PORTION", PORTION)
    neighbour = Neighbour(database)

    removed = History(database, 90, now=lambda: YEARS_LATER).forget("default")

    assert removed > 2 * CAMPAIGNS * 2 + CAMPAIGNS * 2
    assert max(neighbour.changes) <= MOST
    assert imports.entry("default", "i") is None
    assert [row["revision"] for row in filled.revisions("default", "c1")] == [29]


def test_forgetting_keys_and_notes_does(filled: SqlStore, database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    with database.write() as connection:
        connection.execute(insert(board_notes), [{"name": f"n{n}", "body": "{}", "ends": 1.0} for n in range(1_200)])
    neighbour = Neighbour(database)

    assert filled.forget_idempotency("default", YEARS_LATER) == 3 * CAMPAIGNS
    assert SharedBoard(database).forget() == 1_200
    assert sum(neighbour.changes) == 3 * CAMPAIGNS + 1_200
    assert max(neighbour.changes) <= 500


def test_forgetting_beliefs_and_advice_does(database: Database) -> None:
    key = {"workspace": "w", "learning_id": "lrn_1", "state": "supported", "worth": 1.0}
    about = {**key, "revision": 1, "signal_key": "a:b", "context": "", "metric": "ctr", "created_at": "2026"}
    revision = {**key, "seq": 1, "body": "{}"}
    advice = {"workspace": "w", "unit": "", "seq": 1, "claim": "{}", "shown_at": "2026"}
    with database.write("w") as connection:
        connection.execute(insert(workspaces), {"workspace": "w", "created_at": "2026"})
        connection.execute(insert(learnings), about)
        revisions = [{**revision, "revision": number, "recorded_at": f"2026 {number:04}"} for number in range(1_201)]
        connection.execute(insert(learning_revisions), revisions)
        connection.execute(insert(advice_shown), [{**advice, "recommendation_id": f"r{n}"} for n in range(1_200)])
    neighbour = Neighbour(database)

    assert History(database, 90, now=lambda: YEARS_LATER).forget("w") == 2_400
    assert sum(neighbour.changes) == 2_400
    assert max(neighbour.changes) <= history.PORTION


def test_looking_whether_all_is_sound_takes_no_lock(database: Database, neighbour: Neighbour) -> None:
    assert verify(database) == []
    MemoryRows(database).rebuild_full_text()

    assert neighbour.changes == []


def test_making_the_index_of_words_again_does(
    database: Database, neighbour: Neighbour, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite_words, "_PORTION", PORTION)
    with database.write() as connection:
        connection.exec_driver_sql("INSERT INTO memories_fts(rowid, text) VALUES (9999, 'a row that is not there')")
    neighbour.changes.clear()

    MemoryRows(database).rebuild_full_text()

    assert verify(database) == []
    assert len(neighbour.changes) > CAMPAIGNS // PORTION
    assert max(neighbour.changes) <= MOST


def test_embedding_what_has_no_vector_does(
    database: Database, neighbour: Neighbour, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Ones:
        space = Space("ones", "1", 2, TEMPLATE)

        def embed(self, texts: Sequence[str]) -> list[Any]:
            return [np.ones(2, dtype=np.float32) for _ in texts]

    monkeypatch.setattr(reindexing, "BATCH", PORTION)
    rows = MemoryRows(database)

    assert reindexing.reindex(rows, Ones(), LocalIndex(rows), "default") == CAMPAIGNS
    assert max(neighbour.changes) <= MOST


def test_others_have_as_long_as_a_portion_took(monkeypatch: pytest.MonkeyPatch) -> None:
    now, pauses = 0.0, list[float]()

    class Clock:
        @staticmethod
        def monotonic() -> float:
            return now

        @staticmethod
        def sleep(seconds: float) -> None:
            pauses.append(seconds)

    monkeypatch.setattr(turns, "time", Clock)
    works: Iterator[float] = iter((0.2, 0.5, 90.0, 0.0))
    for _, seconds in zip(turns.turns(), works, strict=False):
        now += seconds

    assert pauses == pytest.approx([0.2, 0.5, turns.LONGEST_PAUSE, 0.0])
