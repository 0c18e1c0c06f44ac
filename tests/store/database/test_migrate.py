"""Migrations: up, down, up again; adopting, refusing, and being killed half way."""

import itertools
import multiprocessing
import os
import signal
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import event, inspect
from sqlalchemy.engine import Connection, Engine

from reflection.domain.ports import AnalysisRecord
from reflection.errors import ConfigurationError, Unavailable
from reflection.store.campaigns import SqlStore
from reflection.store.database import migrate
from reflection.store.database.connections import Database
from reflection.store.database.open import open_database
from reflection.store.maintenance.verify import verify
from reflection.store.tables.columns import metadata

pytestmark = pytest.mark.sqlite

Make = Callable[..., AnalysisRecord]
REVISIONS = migrate.revisions()


def _schema(path: Path) -> list[tuple[str, str]]:
    connection = sqlite3.connect(path)
    found = connection.execute("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY name").fetchall()
    connection.close()
    return found


def _is_ours(name: str | None, kind: str, _parents: object) -> bool:
    return kind != "table" or name in metadata.tables


def test_the_migrations_make_the_tables_that_the_code_speaks_of(database: Database) -> None:
    with database.read() as connection:
        context = MigrationContext.configure(connection, opts={"include_name": _is_ours})
        assert compare_metadata(context, metadata) == []
    assert migrate.current(database) == migrate.head() == REVISIONS[-1]


def _clauses(statement: str) -> list[str]:
    """The columns and constraints of a CREATE TABLE, in alphabetical order."""
    start, end = statement.index("(") + 1, statement.rindex(")")
    depth, clauses = 0, [""]
    for character in " ".join(statement[start:end].split()):
        depth += {"(": 1, ")": -1}.get(character, 0)
        if character == "," and depth == 0:
            clauses.append("")
        else:
            clauses[-1] += character
    return sorted(clause.strip() for clause in clauses)


def test_the_migrations_make_every_column_constraint_and_index_as_the_code_states_them(
    database: Database, tmp_path: Path
) -> None:
    stated = Database(tmp_path / "stated.db")
    with stated.write() as connection:
        metadata.create_all(connection)
    stated.close()

    made = dict(_schema(database.path))
    for name, statement in _schema(stated.path):
        if name in metadata.tables:
            assert _clauses(made.pop(name)) == _clauses(statement), name
        else:
            assert made.pop(name) == statement, name
    rest = {name for name in made if not name.startswith(("memories_fts", "sqlite_"))}
    assert {name for name in rest if not made[name].startswith("CREATE TRIGGER")} == {"alembic_version"}


def test_every_table_names_the_workspace() -> None:
    """But notes of processes, which are about callers and servers and of no workspace (`store/board.py`)."""
    for table in metadata.tables.values():
        assert ("workspace" in table.columns) == (table.name != "board_notes"), table.name


def test_no_step_writes_a_table_anew_which_holds_everybody_up(tmp_path: Path) -> None:
    """Its rows would move to other pages; so a step costs the same however many campaigns there are."""
    database = Database(tmp_path / "steps.db")
    migrate.upgrade(database, REVISIONS[0])
    with database.read() as connection:
        names = set(metadata.tables) & set(inspect(connection).get_table_names())
        places = _first_pages(connection, names)
    migrate.upgrade(database)

    with database.read() as connection:
        assert _first_pages(connection, names) == places
    database.close()


def _first_pages(connection: Connection, names: set[str]) -> dict[str, int]:
    rows = connection.exec_driver_sql("SELECT name, rootpage FROM sqlite_master WHERE type = 'table'")
    return {row[0]: row[1] for row in rows if row[0] in names}


@pytest.mark.parametrize("revision", REVISIONS)
def test_each_step_goes_up_down_and_up_again(tmp_path: Path, revision: str) -> None:
    before = REVISIONS[REVISIONS.index(revision) - 1] if revision != REVISIONS[0] else "base"
    database = Database(tmp_path / "steps.db")
    migrate.upgrade(database, revision)
    once = _schema(database.path)

    migrate.downgrade(database, before)
    assert _schema(database.path) != once
    migrate.upgrade(database, revision)

    assert _schema(database.path) == once
    assert verify_integrity(database) == "ok"
    database.close()


def verify_integrity(database: Database) -> str:
    with database.read() as connection:
        return str(connection.exec_driver_sql("PRAGMA integrity_check").scalar_one())


def test_later_steps_lose_no_row_of_the_first(tmp_path: Path, record: Make) -> None:
    database = open_database(tmp_path / "rows.db")
    store = SqlStore(database)
    store.save_many([record(f"cmp_{number}") for number in range(5)])
    kept = [store.campaign("default", f"cmp_{number}") for number in range(5)]
    ledger = list(store.ledger("default"))

    migrate.downgrade(database, REVISIONS[0])
    migrate.upgrade(database)

    assert [store.campaign("default", f"cmp_{number}") for number in range(5)] == kept
    assert list(store.ledger("default")) == ledger
    assert verify(database) == []
    database.close()


def test_ids_of_sentences_that_were_given_out_stay_and_each_workspace_counts_on_from_its_own(
    tmp_path: Path, record: Make
) -> None:
    def ids(workspace: str) -> set[int]:
        with store.snapshot(workspace) as snapshot:
            return {row["id"] for row in snapshot.insights(99)}

    database = open_database(tmp_path / "ids.db")
    store = SqlStore(database)
    for number in range(3):
        store.save_many([record(f"cmp_{number}", workspace=workspace) for workspace in ("one", "two")])
    migrate.downgrade(database, "0018")
    with database.read() as connection:
        rows = connection.exec_driver_sql("SELECT workspace, id FROM insights").all()
    given = {workspace: {row[1] for row in rows if row[0] == workspace} for workspace in ("one", "two")}
    migrate.upgrade(database)

    assert {workspace: ids(workspace) for workspace in given} == given
    store.save_many([record("later", workspace=workspace) for workspace in ("two", "one")])
    for workspace, before in given.items():
        assert ids(workspace) - before == {max(before) + 1, max(before) + 2}
    assert verify(database) == []
    database.close()


def test_down_to_the_base_leaves_no_table(tmp_path: Path) -> None:
    database = open_database(tmp_path / "base.db")

    migrate.downgrade(database, "base")

    assert [name for name, _ in _schema(database.path) if not name.startswith("sqlite_")] == ["alembic_version"]
    database.close()


def test_opening_again_changes_nothing(tmp_path: Path) -> None:
    open_database(tmp_path / "a.db").close()
    before = _schema(tmp_path / "a.db")
    open_database(tmp_path / "a.db").close()
    assert _schema(tmp_path / "a.db") == before


def test_a_database_of_a_newer_version_is_refused(tmp_path: Path) -> None:
    database = open_database(tmp_path / "a.db")
    with database.write() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")

    with pytest.raises(ConfigurationError, match="newer version"):
        open_database(tmp_path / "a.db")
    database.close()


@pytest.mark.parametrize("revision", ["0001", "0002", "0003", "0004", "0005", "0006"])
def test_a_database_of_before_the_first_release_is_refused_in_one_sentence(tmp_path: Path, revision: str) -> None:
    database = open_database(tmp_path / "a.db")
    with database.write() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = ?", (revision,))
    before = _schema(tmp_path / "a.db")

    with pytest.raises(
        ConfigurationError, match=f"before the first release .tables {revision}, .* are 0007"
    ) as refusal:
        open_database(tmp_path / "a.db")

    assert "\n" not in str(refusal.value)
    assert "new database" in (refusal.value.hint or "")
    assert _schema(tmp_path / "a.db") == before
    database.close()


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.db").write_bytes(b"this is not a database" * 500)

    with pytest.raises(Unavailable, match="damaged"):
        open_database(tmp_path / "a.db")


def test_a_folder_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")

    with pytest.raises(Unavailable, match="folder"):
        open_database(tmp_path / "file" / "store.db")


def test_a_database_of_the_first_version_is_adopted_and_keeps_its_rows(tmp_path: Path) -> None:
    connection = sqlite3.connect(tmp_path / "old.db")
    connection.executescript(
        "CREATE TABLE campaigns (campaign_id TEXT PRIMARY KEY, payload TEXT);"
        "CREATE TABLE insights (id INTEGER PRIMARY KEY, content TEXT);"
        "CREATE INDEX ix_insights_content ON insights(content);"
        "CREATE TABLE unrelated (x);"
        "INSERT INTO campaigns VALUES ('cmp_1', '{}'); INSERT INTO insights VALUES (1, 'learnt'); "
        "INSERT INTO unrelated VALUES (1);"
    )
    connection.close()

    database = open_database(tmp_path / "old.db")

    with database.read() as opened:
        assert opened.exec_driver_sql("SELECT * FROM first_version_campaigns").fetchall() == [("cmp_1", "{}")]
        assert opened.exec_driver_sql("SELECT * FROM first_version_insights").fetchall() == [(1, "learnt")]
        assert opened.exec_driver_sql("SELECT * FROM unrelated").fetchall() == [(1,)]
        assert opened.exec_driver_sql("SELECT * FROM campaigns").fetchall() == []
    assert verify(database) == []
    database.close()


def _open(path: Path) -> None:
    open_database(path).close()


def test_processes_that_open_a_new_database_together_all_succeed(tmp_path: Path) -> None:
    context = multiprocessing.get_context("fork")
    processes = [context.Process(target=_open, args=(tmp_path / "a.db",)) for _ in range(4)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()

    assert [process.exitcode for process in processes] == [0, 0, 0, 0]
    assert {name for name, _ in _schema(tmp_path / "a.db")} >= set(metadata.tables)


def _open_and_die(path: Path, statement: int) -> None:
    """Open, and be killed before a statement; the transaction is committed after the last one."""
    numbers = itertools.count(1)

    def kill(*_: object) -> None:
        if next(numbers) == statement:
            os.kill(os.getpid(), signal.SIGKILL)

    event.listen(Engine, "before_cursor_execute", kill)
    open_database(path).close()


def test_killed_while_migrating_leaves_the_old_version_or_the_new(tmp_path: Path) -> None:
    context = multiprocessing.get_context("fork")
    ends = []
    for statement in (*range(1, 500, 30), 10_000):
        path = tmp_path / f"{statement}.db"
        process = context.Process(target=_open_and_die, args=(path, statement))
        process.start()
        process.join()
        tables = {name for name, _ in _schema(path)} & set(metadata.tables)
        assert tables in (set(), set(metadata.tables))
        ends.append((process.exitcode, len(tables)))
        open_database(path).close()
        assert {name for name, _ in _schema(path)} >= set(metadata.tables)
        if process.exitcode == 0:
            break
    assert ends[-1] == (0, len(metadata.tables))
    assert {tables for code, tables in ends if code == -signal.SIGKILL} >= {0}
    assert len(ends) >= 4, "it died in the midst of it"


@pytest.mark.parametrize(
    "by_hand",
    [
        "score FLOAT,",
        "score DOUBLE NOT NULL,",
        "score FLOAT  NOT NULL,",
        "note TEXT DEFAULT 'score FLOAT NOT NULL,', score FLOAT NOT NULL,",
    ],
)
def test_a_step_that_does_not_meet_the_column_it_changes_says_so_and_changes_nothing(
    tmp_path: Path, by_hand: str
) -> None:
    database = Database(tmp_path / "by_hand.db")
    migrate.upgrade(database, "0009")
    with database.write() as connection:
        connection.exec_driver_sql("PRAGMA writable_schema = ON")
        connection.exec_driver_sql(
            "UPDATE sqlite_master SET sql = replace(sql, 'score FLOAT NOT NULL,', ?) WHERE name = 'performance_logs'",
            (by_hand,),
        )
        connection.exec_driver_sql("PRAGMA writable_schema = OFF")
    before = _schema(database.path)

    with pytest.raises(ConfigurationError, match="performance_logs does not state 'score FLOAT NOT NULL'"):
        migrate.upgrade(database)

    assert _schema(database.path) == before
    assert migrate.current(database) == "0009"
    database.close()
