"""The full-text index is held against the rows by a reader: every word at every place, and nothing else."""

from collections.abc import Callable, Iterator
from itertools import count

import pytest

from reflection.domain.ports import AnalysisRecord
from reflection.store.campaigns import SqlStore
from reflection.store.database import sqlite_words
from reflection.store.database.connections import Database
from reflection.store.database.turns import turns
from reflection.store.maintenance.purge import purge_workspace
from reflection.store.maintenance.verify import verify
from reflection.store.memories import MemoryRows

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


@pytest.fixture
def unsound(filled: Database) -> MemoryRows:
    with filled.write() as connection:
        connection.exec_driver_sql("INSERT INTO memories_fts(rowid, text) VALUES (99, 'a row that is not there')")
    return MemoryRows(filled)


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


def _portions(database: Database) -> Iterator[int]:
    """A rebuild of an index that is not sound, and how many portions of it were done."""
    place: int | None = 0
    for number in count(1):
        with database.write() as connection:
            place = database.dialect.rebuild_full_text(connection, place or 0)
        if place is None:
            return
        yield number


def _remains(database: Database) -> bool:
    with database.read() as connection:
        return database.dialect.full_text_remains(connection)


def _changed(store: SqlStore, record: Make) -> None:
    """One that has long been there, one that is new, and one that goes."""
    store.save_analysis(record("c1", version=8, expected_revision=1))
    store.save_analysis(record("c6", version=6))
    store.delete_campaign("default", "c2")


@pytest.mark.parametrize("done", range(1, 8))
def test_an_index_made_again_says_what_was_written_between_any_two_of_its_portions(
    filled: Database, unsound: MemoryRows, store: SqlStore, record: Make, done: int
) -> None:
    for number in _portions(filled):
        if number == done:
            break
    filled.writer.dispose()  # as after a kill: nothing but the file knows how far it came
    _changed(store, record)
    unsound.rebuild_full_text()

    assert verify(filled) == []
    assert not _remains(filled)
    found = {name for name, _ in unsound.lexical("default", "version8 version6 version2")}
    assert found == {"campaign:c1", "campaign:c6"}


def test_until_an_index_is_made_again_the_one_there_is_asked_and_kept(
    filled: Database, store: SqlStore, record: Make
) -> None:
    rows = MemoryRows(filled)
    for _ in zip(range(2), _portions(filled), strict=False):
        pass
    _changed(store, record)

    assert _sound(filled)
    assert {name for name, _ in rows.lexical("default", "version8 version6 version2")} == {"campaign:c1", "campaign:c6"}
    assert _remains(filled)
    rows.rebuild_full_text()
    assert not _remains(filled)
    assert verify(filled) == []


def test_a_purge_leaves_no_word_in_an_index_that_is_half_made(
    filled: Database, unsound: MemoryRows, store: SqlStore, record: Make
) -> None:
    store.save_analysis(record("other", workspace="other"))
    for _ in zip(range(2), _portions(filled), strict=False):
        pass
    purge_workspace(filled, "default", "2026-04-01")

    assert filled.scrub(turns(), 1.0) is None
    assert b"version3" not in filled.path.read_bytes()
    unsound.rebuild_full_text()
    assert verify(filled) == []
