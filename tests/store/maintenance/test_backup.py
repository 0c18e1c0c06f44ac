"""A backup taken while others write is a state that was, and it restores."""

import os
import resource
import sqlite3
import threading
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from reflection.domain.ports import AnalysisRecord
from reflection.errors import Conflict, InvalidInput, NotFound, Unavailable
from reflection.store.campaigns import SqlStore
from reflection.store.database.connections import Database
from reflection.store.database.open import open_database
from reflection.store.maintenance.backup import backup, restore
from reflection.store.maintenance.verify import verify
from reflection.store.worker_lock import worker_lock

pytestmark = pytest.mark.sqlite


@pytest.fixture(autouse=True)
def made_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """Analyses that are made up say nothing twice."""
    monkeypatch.setattr("reflection.store.maintenance.backup.contradictions", lambda _database: [])


Make = Callable[..., AnalysisRecord]


def test_a_restored_backup_says_what_was_stored(
    store: SqlStore, database: Database, record: Make, tmp_path: Path
) -> None:
    store.save_many([record(f"cmp_{number}") for number in range(20)])
    store.delete_campaign("default", "cmp_3")
    backup(database, tmp_path / "backups" / "one.db")
    store.save_analysis(record("later"))

    restore(tmp_path / "backups" / "one.db", tmp_path / "restored" / "store.db")

    restored = open_database(tmp_path / "restored" / "store.db")
    copy = SqlStore(restored)
    assert list(copy.live_evidence("default")) == [
        item for item in store.live_evidence("default") if item[0] != "later"
    ]
    assert verify(restored) == []
    copy.save_analysis(record("cmp_99"))
    restored.close()
    assert [path.name for path in (tmp_path / "backups").iterdir()] == ["one.db"]


def test_a_second_backup_replaces_the_first(store: SqlStore, database: Database, record: Make, tmp_path: Path) -> None:
    backup(database, tmp_path / "one.db")
    store.save_analysis(record("cmp_1"))
    backup(database, tmp_path / "one.db")

    restore(tmp_path / "one.db", tmp_path / "two.db")
    restored = open_database(tmp_path / "two.db")
    assert SqlStore(restored).campaign("default", "cmp_1") is not None
    restored.close()


@pytest.mark.parametrize("name", ["new.db", "new.db-wal", "new.db-journal", "new.db-shm"])
def test_a_restore_never_replaces_anything(database: Database, tmp_path: Path, name: str) -> None:
    backup(database, tmp_path / "one.db")
    (tmp_path / name).write_text("mine")

    with pytest.raises(Conflict):
        restore(tmp_path / "one.db", tmp_path / "new.db")

    assert (tmp_path / name).read_text() == "mine"


def test_a_backup_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(NotFound):
        restore(tmp_path / "none.db", tmp_path / "new.db")


def test_a_backup_that_cannot_be_written_leaves_the_earlier_one(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    backup(database, tmp_path / "one.db")
    before = (tmp_path / "one.db").read_bytes()

    def failing(*_args: object) -> None:
        raise OSError(5, "input/output error")

    monkeypatch.setattr("os.fsync", failing)
    with pytest.raises(Unavailable):
        backup(database, tmp_path / "one.db")

    assert (tmp_path / "one.db").read_bytes() == before
    assert not list(tmp_path.glob(".*pending"))


def test_a_backup_that_the_system_cuts_short_leaves_nothing(database: Database, tmp_path: Path) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    folder = tmp_path / "backups"
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, hard))
    try:
        with pytest.raises(Unavailable):
            backup(database, folder / "one.db")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))

    assert not list(folder.iterdir())


def _backups_under_load(store: SqlStore, database: Database, record: Make, tmp_path: Path, rounds: int) -> None:
    acknowledged: list[str] = []
    stop = threading.Event()

    def write() -> None:
        number = 0
        while not stop.is_set():
            name = f"cmp_{number:06}"
            store.save_analysis(record(name))
            acknowledged.append(name)
            number += 1

    writer = threading.Thread(target=write)
    writer.start()
    try:
        for number in range(rounds):
            before = len(acknowledged)
            backup(database, tmp_path / f"{number}.db")
            after = len(acknowledged)
            copy = open_database(tmp_path / f"{number}.db")
            kept = [name for name, _ in SqlStore(copy).live_evidence("default")]
            assert kept == [f"cmp_{index:06}" for index in range(len(kept))]
            assert before <= len(kept) <= after + 1
            assert verify(copy) == []
            copy.close()
    finally:
        stop.set()
        writer.join()


def test_backups_under_load_are_prefixes(store: SqlStore, database: Database, record: Make, tmp_path: Path) -> None:
    _backups_under_load(store, database, record, tmp_path, rounds=3)


@pytest.mark.torture(part="disk")
def test_fifty_backups_under_load_are_prefixes(
    store: SqlStore, database: Database, record: Make, tmp_path: Path
) -> None:
    _backups_under_load(store, database, record, tmp_path, rounds=50)


_VERSIONS = {
    "newer": "UPDATE alembic_version SET version_num = '9999'",
    "of two versions": "INSERT INTO alembic_version VALUES ('0017')",
    "of no version": "DELETE FROM alembic_version",
}


@pytest.mark.parametrize("kind", ["text", "empty", "cut", "another", "newer", "of two versions", "of no version"])
def test_what_is_no_backup_is_refused_and_nothing_is_made(
    store: SqlStore, database: Database, record: Make, tmp_path: Path, kind: str
) -> None:
    store.save_many([record(f"cmp_{number}") for number in range(20)])
    source = tmp_path / "one.db"
    if kind == "another":
        with closing(sqlite3.connect(source)) as connection:
            connection.execute("CREATE TABLE notes (text)")
            connection.commit()
    elif kind not in ("text", "empty"):
        backup(database, source)
    if kind in _VERSIONS:
        with closing(sqlite3.connect(source)) as connection:
            connection.execute(_VERSIONS[kind])
            connection.commit()
    whole = source.read_bytes() if source.exists() else b""
    source.write_bytes({"text": b"campaign,clicks", "empty": b"", "cut": whole[: len(whole) // 2]}.get(kind, whole))

    with pytest.raises(InvalidInput, match="is no backup"):
        restore(source, tmp_path / "new" / "store.db")

    assert not (tmp_path / "new").exists()
    assert [path.name for path in tmp_path.glob("one.db*")] == ["one.db"]


def test_what_is_in_the_way_of_a_backup_is_named_by_the_file_that_was_asked_for(
    database: Database, tmp_path: Path
) -> None:
    (tmp_path / ".b.db.pending").mkdir()
    with pytest.raises(Unavailable, match=r"^b\.db could not be written"):
        backup(database, tmp_path / "b.db")


@pytest.mark.parametrize("make", [os.mkfifo, lambda path: path.write_text("what somebody wrote")], ids=["pipe", "text"])
def test_a_backup_replaces_nothing_but_a_backup(
    database: Database, tmp_path: Path, make: Callable[[Path], object]
) -> None:
    make(tmp_path / "other")
    before = (tmp_path / "other").lstat()

    with pytest.raises((Conflict, Unavailable), match="other is"):
        backup(database, tmp_path / "other")

    assert (tmp_path / "other").lstat() == before
    assert [path.name for path in tmp_path.glob("*other*")] == ["other"]


@pytest.mark.parametrize("suffix", ["", "-wal", "-journal", "-shm", ".worker.lock", ".publish.lock"])
def test_a_backup_onto_the_database_itself_is_refused(
    store: SqlStore, database: Database, record: Make, tmp_path: Path, suffix: str
) -> None:
    """Put in its place, it would end the server that has the database open."""
    store.save_analysis(record("cmp_1"))
    (tmp_path / "links").symlink_to(tmp_path)

    with pytest.raises(Conflict, match="of the database itself"):
        backup(database, tmp_path / "links" / f"{database.path.name}{suffix}")

    store.save_analysis(record("cmp_2"))
    assert verify(database) == []


def test_where_a_server_works_nothing_is_put_in_place(database: Database, tmp_path: Path) -> None:
    """Its database may have been moved away: it would go on with that one."""
    backup(database, tmp_path / "one.db")
    lock = worker_lock(tmp_path / "busy.db")
    assert lock.acquire()

    for put in (
        lambda: restore(tmp_path / "one.db", tmp_path / "busy.db"),
        lambda: backup(database, tmp_path / "busy.db"),
    ):
        with pytest.raises(Conflict, match="somebody works on busy"):
            put()
    assert not (tmp_path / "busy.db").exists()

    lock.release()
    restore(tmp_path / "one.db", tmp_path / "busy.db")


@pytest.mark.parametrize("log", ["-wal", "-journal"])
def test_where_changes_lie_beside_a_file_they_are_not_made_in_a_backup(
    store: SqlStore, database: Database, record: Make, tmp_path: Path, log: str
) -> None:
    """SQLite makes them in whatever file it finds beside them: in the backup, or in what is restored."""
    store.save_analysis(record("cmp_1"))
    backup(database, target := tmp_path / "one.db")
    before = target.read_bytes()
    (tmp_path / f"one.db{log}").write_bytes(b"changes")

    with pytest.raises(Conflict, match="somebody worked on"):
        backup(database, target)
    with pytest.raises(InvalidInput, match="beside it holds a part of it"):
        restore(target, tmp_path / "new.db")

    assert target.read_bytes() == before
    assert not (tmp_path / "new.db").exists()


@pytest.mark.parametrize("place", ["", "loop", "loop/new.db", "x" * 300, "file/new.db", "/proc/new.db"])
def test_a_place_where_no_file_can_be_is_said_and_nothing_is_made(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    backup(database, tmp_path / "one.db")
    (folder := tmp_path / "odd").mkdir()
    monkeypatch.chdir(folder)
    (folder / "loop").symlink_to("loop")
    (folder / "file").touch()
    before = sorted(os.listdir(folder))

    for put in (lambda: restore(tmp_path / "one.db", Path(place)), lambda: restore(Path(place), folder / "new.db")):
        with pytest.raises((Conflict, InvalidInput, NotFound, Unavailable)):
            put()
    if place != "loop":  # a link is replaced by the backup, wherever it leads
        with pytest.raises((Conflict, InvalidInput, Unavailable)):
            backup(database, Path(place))

    assert sorted(os.listdir(folder)) == before


def test_rows_that_no_version_of_ours_wrote_are_said(database: Database, tmp_path: Path) -> None:
    backup(database, tmp_path / "one.db")
    with closing(sqlite3.connect(tmp_path / "one.db")) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '0018'")  # its last step was made already
        connection.commit()

    with pytest.raises(InvalidInput, match="is not sound"):
        restore(tmp_path / "one.db", tmp_path / "new.db")


def test_a_backup_that_cannot_be_read_is_said_to_be_so(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="cannot be read: File name too long"):
        restore(tmp_path / ("x" * 300), tmp_path / "new.db")
