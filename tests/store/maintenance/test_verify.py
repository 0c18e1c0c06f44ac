"""Verification finds what is wrong: each kind of damage, planted, is named."""

from collections.abc import Callable
from pathlib import Path

import pytest

from reflection.domain.knowledge import Knowledge
from reflection.domain.ports import AnalysisRecord
from reflection.store.campaigns import SqlStore
from reflection.store.database.connections import Database
from reflection.store.database.open import open_database
from reflection.store.maintenance.verify import GUARDS, verify

Make = Callable[..., AnalysisRecord]

pytestmark = pytest.mark.sqlite
DAMAGE = [
    ("UPDATE campaigns SET content_hash = 'x' WHERE campaign_id = 'a'", "current revision"),
    ("DROP TRIGGER evidence_no_delete; DELETE FROM evidence WHERE campaign_id = 'a'", "counts once"),
    ("DROP TRIGGER evidence_no_update; UPDATE evidence SET payload = x'00' WHERE sign = -1", "took back"),
    ("DELETE FROM performance_logs WHERE campaign_id = 'a'", "no performance log"),
    ("UPDATE insights SET campaign_id = 'gone' WHERE campaign_id = 'a'", "insights have no campaign"),
    ("DELETE FROM campaign_signals WHERE campaign_id = 'a'", "signals of a campaign"),
    ("INSERT INTO campaign_signals VALUES ('default', 'extra:1', 'a')", "signals of a campaign"),
    ("DELETE FROM memories WHERE campaign_id = 'a'", "not remembered"),
    ("UPDATE memories SET campaign_id = 'gone' WHERE campaign_id = 'a'", "remembered that is not there"),
    ("UPDATE memories SET vector = x'000000' WHERE campaign_id = 'a'", "vector is not whole"),
    ("UPDATE fits SET seq = 999", "a fit rests on"),
    ("UPDATE campaigns SET answer = x'00' WHERE campaign_id = 'a'", "answer of campaigns"),
    ("UPDATE artifacts SET body = x'00'", "artifact default/weights.json"),
    ("UPDATE fits SET draws = x'00'", "cannot be read"),
    ("INSERT INTO acceptances VALUES ('default', 'gone', '', x'00')", "accepted that is not there"),
    ("DELETE FROM campaigns WHERE campaign_id = 'a'", "counts a campaign that is not there"),
    ("INSERT INTO memories_fts(memories_fts) VALUES ('delete-all')", "full-text"),
    ("CREATE TRIGGER t AFTER INSERT ON campaigns BEGIN DELETE FROM insights WHERE campaign_id = 'a';END", "trigger t"),
    ("DROP TRIGGER forecasts_no_delete", "CREATE TRIGGER forecasts_no_delete"),
    ("DROP TRIGGER advice_shown_no_update", "CREATE TRIGGER advice_shown_no_update"),
]


@pytest.fixture
def filled(store: SqlStore, database: Database, record: Make) -> Path:
    store.save_many([record("a"), record("b"), record("b", version=2, expected_revision=1)])
    store.save_knowledge("default", Knowledge(epoch=1, seq=2), {"weights.json": b"{}"})
    assert verify(database) == []
    database.close()
    return database.path


@pytest.mark.parametrize(("damage", "named"), DAMAGE, ids=[named for _, named in DAMAGE])
def test_damage_is_named(filled: Path, damage: str, named: str) -> None:
    database = open_database(filled)
    with database.write() as connection:
        for statement in damage.split("; "):
            connection.exec_driver_sql(statement)
    problems = verify(database)
    database.close()

    assert any(named in problem for problem in problems), problems


def test_a_guard_that_is_gone_is_looked_for_on_every_table_that_has_one(filled: Path) -> None:
    database = open_database(filled)
    with database.read() as connection:
        guards = {
            (row.tbl_name, row.name.removeprefix(f"{row.tbl_name}_no_").upper())
            for row in connection.exec_driver_sql(
                "SELECT tbl_name, name FROM sqlite_master WHERE type = 'trigger' AND name GLOB '*_no_*'"
            )
        }
    database.close()

    assert guards == {(table, verb) for table, verbs in GUARDS.items() for verb in verbs}


def test_a_view_changes_nothing_and_a_trigger_hides_nothing_else(filled: Path) -> None:
    database = open_database(filled)
    with database.write() as connection:
        connection.exec_driver_sql("CREATE VIEW report AS SELECT * FROM campaigns")
    assert verify(database) == []
    with database.write() as connection:
        connection.exec_driver_sql("CREATE TRIGGER t INSTEAD OF DELETE ON report BEGIN DELETE FROM insights; END")
        connection.exec_driver_sql("DELETE FROM performance_logs WHERE campaign_id = 'a'")
    problems = verify(database)
    database.close()

    assert ["DROP TRIGGER t" in problem or "no performance log" in problem for problem in problems] == [True, True]


def test_a_torn_file_is_named(filled: Path) -> None:
    data = bytearray(filled.read_bytes())
    for offset in range(3 * 4096, len(data), 7 * 4096):
        data[offset : offset + 300] = b"\xff" * 300
    filled.write_bytes(data)

    database = Database(filled)
    assert verify(database)
    database.close()


def test_verifying_changes_nothing(filled: Path) -> None:
    before = filled.read_bytes()
    database = open_database(filled)
    verify(database)
    database.close()
    assert filled.read_bytes() == before
