"""The full-text index is held against the rows by a reader: every word at every place, and nothing else."""

from collections.abc import Callable

import pytest

from reflection.domain.ports import AnalysisRecord
from reflection.store.campaigns import SqlStore
from reflection.store.database import sqlite_words
from reflection.store.database.connections import Database

pytestmark = pytest.mark.sqlite
Make = Callable[..., AnalysisRecord]
CHANGES = {
    "a word more": "UPDATE memories SET text = text || ' other' WHERE id = 2",
    "two words change places": "UPDATE memories SET text = 'students in mumbai saw video a, version2' WHERE id = 2",
    "a row less": "DELETE FROM memories WHERE id = 3",
    "another column": "UPDATE memories SET text = summary, summary = text WHERE id = 1",
}


@pytest.fixture
def filled(store: SqlStore, database: Database, record: Make, monkeypatch: pytest.MonkeyPatch) -> Database:
    monkeypatch.setattr(sqlite_words, "_PORTION", 2)
    store.save_many([record(f"c{number}", version=number) for number in range(1, 6)])
    return database


def _sound(database: Database) -> bool:
    with database.read() as connection:
        sound = database.dialect.full_text_is_sound(connection)
        assert connection.exec_driver_sql("PRAGMA query_only").scalar_one() == 1, "a reader is a reader again"
    return sound


def test_what_the_triggers_keep_is_sound(filled: Database, store: SqlStore, record: Make) -> None:
    assert _sound(filled)
    store.save_analysis(record("c2", version=9, expected_revision=1))
    assert _sound(filled)


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_a_row_that_its_index_does_not_follow_is_noticed(filled: Database, change: str) -> None:
    with filled.write() as connection:
        for statement in [one for one in filled.dialect.drop_full_text_ddl() if one.startswith("DROP TRIGGER")]:
            connection.exec_driver_sql(statement)
        connection.exec_driver_sql(change)

    assert not _sound(filled)
