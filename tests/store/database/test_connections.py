"""Connections: the promises of one transaction, waiting, threads, and what happens when COMMIT lies."""

import os
import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import structlog
from sqlalchemy import exc, text
from sqlalchemy.engine import Connection

from reflection.domain.ports import AnalysisRecord
from reflection.errors import StatementRefused, StorageFull, Unavailable
from reflection.store.campaigns import SqlStore
from reflection.store.database import sqlite
from reflection.store.database.connections import Database
from reflection.store.database.open import open_database
from reflection.store.database.sqlite import translated_errors

Make = Callable[..., AnalysisRecord]


def _pragma(connection: Connection, name: str) -> object:
    return connection.exec_driver_sql(f"PRAGMA {name}").scalar_one()


@pytest.mark.sqlite
def test_what_is_acknowledged_is_on_the_disk(database: Database) -> None:
    with database.write() as connection:
        assert _pragma(connection, "journal_mode") == "wal"
        assert _pragma(connection, "synchronous") == 2
        assert _pragma(connection, "foreign_keys") == 1
        assert _pragma(connection, "busy_timeout") == 5_000


@pytest.mark.sqlite
def test_readers_cannot_write(database: Database) -> None:
    with pytest.raises(Unavailable, match="read-only"), database.read() as connection:
        connection.exec_driver_sql("DELETE FROM outbox")


def test_a_reader_sees_one_state_and_does_not_wait(database: Database) -> None:
    with database.read() as reader:
        before = reader.exec_driver_sql("SELECT count(*) FROM workspaces").scalar_one()
        with database.write() as writer:
            writer.exec_driver_sql("INSERT INTO workspaces (workspace, created_at, seal) VALUES ('w', 'now', '')")
        assert reader.exec_driver_sql("SELECT count(*) FROM workspaces").scalar_one() == before
    with database.read() as reader:
        assert reader.exec_driver_sql("SELECT count(*) FROM workspaces").scalar_one() == before + 1


def test_an_exception_undoes_everything(database: Database) -> None:
    def fail() -> None:
        with database.write() as connection:
            connection.exec_driver_sql("INSERT INTO workspaces (workspace, created_at, seal) VALUES ('w', 'now', '')")
            raise KeyError

    with pytest.raises(KeyError):
        fail()

    with database.read() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM workspaces").scalar_one() == 0


@pytest.mark.sqlite
def test_a_lock_held_too_long_is_said(tmp_path: Path) -> None:
    database = open_database(tmp_path / "store.db", busy_seconds=0.2)
    other = sqlite3.connect(database.path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")

    with pytest.raises(Unavailable, match="busy"), database.write():
        pass

    other.execute("ROLLBACK")
    other.close()
    with database.write():
        pass
    database.close()


@pytest.mark.sqlite
def test_threads_that_wait_too_long_are_told(tmp_path: Path) -> None:
    database = open_database(tmp_path / "store.db", busy_seconds=0.2)
    told: list[str] = []

    def write() -> None:
        try:
            with database.write():
                pass
        except Unavailable as error:
            told.append(error.message)

    with database.write():
        thread = threading.Thread(target=write)
        thread.start()
        thread.join()

    assert told == ["the database is busy"]
    database.close()


class _LyingCommit:
    """Lets COMMIT happen, or not, and reports an error in both cases."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *, really: bool) -> None:
        original = Connection.commit

        def commit(connection: Connection) -> None:
            if really:
                original(connection)
            raise exc.OperationalError("COMMIT", None, sqlite3.OperationalError("interrupted"))

        monkeypatch.setattr(Connection, "commit", commit)


def test_an_error_after_committing_is_no_error(store: SqlStore, record: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        _LyingCommit(patch, really=True)
        assert store.save_analysis(record("a")).revision == 1
        assert store.delete_campaign("default", "a") is True
    assert [entry.sign for entry in store.ledger("default")] == [1, -1]


def test_an_error_instead_of_committing_is_raised_and_nothing_is_there(
    store: SqlStore, record: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        _LyingCommit(patch, really=False)
        with pytest.raises(Unavailable):
            store.save_analysis(record("a"))
    assert store.campaign("default", "a") is None
    assert store.save_analysis(record("a")).revision == 1


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        (sqlite3.SQLITE_FULL, StorageFull),
        (sqlite3.SQLITE_IOERR_SHMSIZE, StorageFull),
        (sqlite3.SQLITE_IOERR_WRITE, Unavailable),
        (sqlite3.SQLITE_BUSY_SNAPSHOT, Unavailable),
        (sqlite3.SQLITE_TOOBIG, StatementRefused),
        (None, StatementRefused),
    ],
)
def test_the_drivers_errors_become_the_engines(code: int | None, expected: type[Unavailable]) -> None:
    error = sqlite3.OperationalError("something")
    if code is not None:
        error.sqlite_errorcode = code

    with pytest.raises(Unavailable) as caught, sqlite.translated_errors():
        raise error

    assert type(caught.value) is expected


@pytest.mark.sqlite
def test_opening_and_closing_leaks_no_file_and_no_thread(tmp_path: Path) -> None:
    open_database(tmp_path / "a.db").close()
    before = len(os.listdir("/proc/self/fd")), threading.active_count()

    for _ in range(50):
        database = open_database(tmp_path / "a.db")
        SqlStore(database).knowledge("default")
        database.data_version()
        database.close()

    after = len(os.listdir("/proc/self/fd")), threading.active_count()
    assert after[0] <= before[0] + 2
    assert after[1] <= before[1] + 2


def test_a_closed_database_can_be_used_again(store: SqlStore, database: Database, record: Make) -> None:
    store.save_analysis(record("a"))
    version = database.data_version()
    database.close()

    store.save_analysis(record("b"))

    assert [name for name, _ in store.live_evidence("default")] == ["a", "b"]
    assert database.data_version() != version


@pytest.mark.sqlite
@pytest.mark.parametrize("how", ["moved", "deleted", "replaced"])
def test_a_file_that_is_no_longer_there_takes_nothing_and_says_so(database: Database, tmp_path: Path, how: str) -> None:
    with database.write() as connection:
        connection.exec_driver_sql("INSERT INTO workspaces (workspace, created_at, seal) VALUES ('before', '', x'')")
    moved = tmp_path / "moved.db"
    if how == "deleted":
        database.path.unlink()
    else:
        database.path.rename(moved)
    if how == "replaced":
        database.path.write_bytes(b"")

    with pytest.raises(Unavailable, match="moved, replaced or deleted"), database.write():
        raise AssertionError("nothing may be written")
    with pytest.raises(Unavailable, match="moved, replaced or deleted"), database.read():
        raise AssertionError("nothing may be read")

    if how == "moved":
        moved.rename(database.path)
        with database.write() as connection:
            connection.exec_driver_sql("INSERT INTO workspaces (workspace, created_at, seal) VALUES ('after', '', x'')")


@pytest.mark.sqlite
def test_a_commit_into_a_file_that_went_meanwhile_is_not_acknowledged(database: Database) -> None:
    def write() -> None:
        with database.write() as connection:
            connection.exec_driver_sql("INSERT INTO workspaces (workspace, created_at, seal) VALUES ('lost', '', x'')")
            database.path.unlink()

    with pytest.raises(Unavailable, match="moved, replaced or deleted"):
        write()


@pytest.mark.sqlite
def test_a_commit_into_a_log_that_was_deleted_is_not_acknowledged(database: Database) -> None:
    """Somebody tidied up beside the database: until its connections end, all that is written is in no file by name."""
    with database.write() as connection:
        connection.exec_driver_sql("INSERT INTO workspaces (workspace, created_at, seal) VALUES ('before', '', x'')")
    Path(f"{database.path}-wal").unlink()

    with pytest.raises(Unavailable, match="its log was moved, replaced or deleted"), database.write() as connection:
        connection.exec_driver_sql("INSERT INTO workspaces (workspace, created_at, seal) VALUES ('lost', '', x'')")


@pytest.mark.sqlite
def test_a_missing_folder_is_made_and_said(tmp_path: Path) -> None:
    with structlog.testing.capture_logs() as logs:
        open_database(tmp_path / "missing" / "a.db").close()
        open_database(tmp_path / "missing" / "a.db").close()

    assert [line["folder"] for line in logs] == [str(tmp_path / "missing")]


@pytest.mark.parametrize(
    ("code", "words"), [(sqlite3.SQLITE_READONLY, "read-only"), (sqlite3.SQLITE_CANTOPEN, "cannot be opened")]
)
def test_a_place_that_cannot_be_written_is_a_sentence(code: int, words: str) -> None:
    error = sqlite3.OperationalError("as the driver says it")
    error.sqlite_errorcode = code
    with pytest.raises(Unavailable, match=words), translated_errors():
        raise error


def test_a_connection_in_use_when_all_are_closed_is_closed_as_it_comes_back(database: Database) -> None:
    driver: Any
    with database.read() as connection:
        driver = connection.connection.driver_connection
        database.close()
    with pytest.raises(Exception, match="closed"):
        driver.execute("SELECT 1")
    with database.read() as again:
        assert again.execute(text("SELECT 1")).scalar_one() == 1
