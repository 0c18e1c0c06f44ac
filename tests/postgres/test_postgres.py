"""Postgres: the wall between workspaces, the order of commits, words as SQLite finds them, connections that die."""

import threading
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import func, insert, inspect, select, text
from sqlalchemy.engine import URL, Connection

from reflection.domain.ports import MemoryRecord
from reflection.errors import Conflict, InvalidInput, Unavailable
from reflection.store.database import migrate
from reflection.store.database.connections import Database
from reflection.store.database.open import open_database
from reflection.store.database.statements import insert_rows
from reflection.store.maintenance.verify import verify
from reflection.store.memories import MemoryRows
from reflection.store.row_values import outbox_row
from reflection.store.tables.campaigns import memories, outbox, workspaces

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
TEXTS = {
    "campaign:cmp_007_meta": "Students in Mumbai watched videos; the café's crèche, 18-25, ROAS 3.5",
    "campaign:cmp_008": "student video watching MUMBAI 2026q1 https://example.org/a-b?c=d someone@example.org",
    "learning:x": "Großstädte, Škoda & naïve résumés: running runner ran (video_only) -1.5e10 1/2",
    "learning:y": "a 18 b 25 c 25-18 18-25-30 cmp 007",
    "learning:z": "日本語 привет МОСКВА Москва ⅻ ½ ﬁne",
}
QUESTIONS = [
    "student", "videos", "MUMBAI", "café", "cafe", "18-25", "25-18", "cmp_007", "cmp_00", "runs", "running", "skoda",
    "Škoda", "naive", "resumes", "großstädte", "москва", "москв", "日本語", "example.org", "someone@example.org",
    "2026q1", "1.5e10", "video_only", "3.5", "a b", "nothing-there", "cmp 007", "rés",
]  # fmt: skip


@pytest.fixture
def database(tmp_path: Path, migrated: Path) -> Iterator[Database]:
    (tmp_path / "x.db").write_bytes(migrated.read_bytes())
    with closing(open_database(tmp_path / "x.db", busy_seconds=5)) as database:
        yield database


def _memory(name: str, said: str) -> MemoryRecord:
    return MemoryRecord(name, "campaign", said, "meta", "leads", NOON, "", {})


def _tables(database: Database) -> dict[str, list[str]]:
    with database.read() as connection:
        found = inspect(connection)
        return {
            name: sorted(
                str((column["name"], column["type"], column["nullable"])) for column in found.get_columns(name)
            )
            for name in found.get_table_names()
        }


def test_each_step_goes_up_down_and_up_again(tmp_path: Path) -> None:
    with closing(Database(tmp_path / "steps.db")) as database:
        for before, revision in zip(["base", *migrate.revisions()], migrate.revisions(), strict=False):
            migrate.upgrade(database, revision)
            once = _tables(database)
            migrate.downgrade(database, before)
            assert _tables(database) != once
            migrate.upgrade(database, revision)
            assert _tables(database) == once
        assert verify(database) == []
        migrate.downgrade(database, "base")
        assert list(_tables(database)) == ["alembic_version"]


def test_every_text_is_compared_byte_by_byte_and_every_workspace_is_walled_in(database: Database) -> None:
    with database.read() as connection:
        found = inspect(connection)
        for name in found.get_table_names():
            for column in found.get_columns(name):
                assert getattr(column["type"], "collation", None) in (None, "C"), (name, column)
        walled = set(
            connection.exec_driver_sql(
                "SELECT relname FROM pg_class WHERE relrowsecurity AND relforcerowsecurity AND relkind = 'r'"
            ).scalars()
        )
        assert walled == set(found.get_table_names()) - {"alembic_version", "board_notes"}


def test_a_statement_that_forgets_the_workspace_sees_and_writes_its_own_rows_only(database: Database) -> None:
    rows = MemoryRows(database)
    rows.save("acme", [_memory("a", "of acme")])
    rows.save("other", [_memory("b", "of other")])

    for workspace, seen in (("acme", ["a"]), ("other", ["b"]), ("*", ["a", "b"]), ("nobody", [])):
        with database.read(workspace) as connection:
            assert sorted(connection.execute(select(memories.c.memory_id)).scalars()) == seen
    with database.write("acme") as connection:
        assert connection.exec_driver_sql("UPDATE memories SET summary = 'x'").rowcount == 1
    with pytest.raises(Unavailable), database.write("acme") as connection:
        connection.execute(outbox.insert(), outbox_row("other", "artifacts", "k", "now"))
    with database.reader.connect() as connection:  # as somebody who begins no transaction of ours
        assert connection.execute(select(func.count()).select_from(memories)).scalar_one() == 0


def test_writes_to_a_workspace_wait_for_each_other_and_for_no_other_workspace(database: Database) -> None:
    order: list[str] = []
    begun = threading.Event()

    def second() -> None:
        begun.set()
        with database.write("acme"):
            order.append("second")

    with database.write("acme"):
        thread = threading.Thread(target=second)
        thread.start()
        begun.wait()
        with database.write("other"):
            order.append("other")
        order.append("first")
    thread.join()
    assert order == ["other", "first", "second"]


def test_a_workspace_that_is_written_to_for_too_long_is_said_to_be_busy(database: Database) -> None:
    with closing(Database(database.url, busy_seconds=0.2)) as hurried, database.write("acme"):
        with pytest.raises(Unavailable, match="busy"), hurried.write("acme"):
            pass
        with hurried.write("other"):
            pass


def test_readers_cannot_write(database: Database) -> None:
    with pytest.raises(Unavailable), database.read() as connection:
        connection.exec_driver_sql("DELETE FROM outbox")


def test_words_find_what_they_find_in_a_file(database: Database, tmp_path: Path) -> None:
    """The same memories by rare words and by all; how all are ranked may differ."""
    with closing(open_database(URL.create("sqlite", database=str(tmp_path / "file.db")))) as file:
        both = MemoryRows(database), MemoryRows(file)
        for rows in both:
            rows.save("acme", [_memory(name, said) for name, said in TEXTS.items()])
        for question in QUESTIONS:
            rare, by_rank = ([getattr(rows, verb)("acme", question) for rows in both] for verb in ("rare", "lexical"))
            assert rare[0] == rare[1], question
            assert {name for name, _ in by_rank[0]} == {name for name, _ in by_rank[1]}, question
        assert all(score > 0 for _, score in both[0].lexical("acme", "student video"))


def test_missing_words_are_found_and_made_again(database: Database) -> None:
    rows = MemoryRows(database)
    rows.save("acme", [_memory("a", "students")])
    with database.write() as connection:
        connection.exec_driver_sql("DELETE FROM memory_words WHERE word = 'student'")
    assert any("full-text" in problem for problem in verify(database))

    rows.rebuild_full_text()

    assert [name for name, _ in rows.lexical("acme", "students")] == ["a"]
    assert verify(database) == []


def test_connections_that_the_server_ended_are_replaced(database: Database) -> None:
    MemoryRows(database).save("acme", [_memory("a", "one")])
    before = database.data_version()  # by a connection that is kept for it
    with closing(Database(database.url)) as other, other.read() as connection:
        connection.execute(
            text("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = :name AND pid <> :own"),
            {"name": database.url.database, "own": connection.execute(text("SELECT pg_backend_pid()")).scalar_one()},
        )
    after = database.data_version()
    assert after != before, "nobody has looked meanwhile: whoever compares must look again"
    MemoryRows(database).save("acme", [_memory("b", "two")])
    assert MemoryRows(database).count("acme") == 2
    assert database.data_version() != after


def test_a_server_that_is_not_there_is_said(database: Database) -> None:
    nowhere = Database(database.url.set(query={"host": "/nowhere"}))
    with pytest.raises(Unavailable, match="cannot be reached"), nowhere.read():
        pass
    with pytest.raises(Unavailable, match="cannot be reached"):
        nowhere.data_version()


def test_what_cannot_be_stored_is_the_senders_fault(database: Database) -> None:
    with pytest.raises(InvalidInput, match="NUL"):
        MemoryRows(database).save("acme", [_memory("a", "a\0b")])


def test_history_can_only_be_added_to(database: Database) -> None:
    with pytest.raises(Conflict), database.write() as connection:
        connection.exec_driver_sql(
            "INSERT INTO advice_assignments VALUES ('acme', 'u', 1, 0.5, '', ''); "
            "UPDATE advice_assignments SET treated = 0"
        )


def test_one_at_a_time_is_alone_wherever_it_runs(database: Database) -> None:
    with closing(Database(database.url)) as elsewhere:
        here, there = database.alone("learn acme"), elsewhere.alone("learn acme")
        with here as first, there as second, elsewhere.alone("learn other") as third:
            assert (first, second, third) == (True, False, True)
        with elsewhere.alone("learn acme") as again:
            assert again


def test_what_is_refused_among_statements_that_go_together_takes_all_of_them_back(database: Database) -> None:
    row = outbox_row("default", "artifacts", "c1", "2026-03-01T12:00:00+00:00")
    workspace = {"workspace": "default", "created_at": "2026-03-01T12:00:00+00:00"}

    def write(names: list[dict[str, str]]) -> None:
        with database.write("default") as connection, database.dialect.together(connection):
            insert_rows(connection, insert(outbox), [row])
            insert_rows(connection, insert(workspaces), names)
            insert_rows(connection, insert(outbox), [row])

    with pytest.raises(Conflict):
        write([workspace, workspace])
    write([workspace])
    with database.read("default") as connection:
        assert connection.execute(select(func.count()).select_from(outbox)).scalar_one() == 2


def test_a_single_question_sees_its_own_workspace_whoever_asked_before(database: Database) -> None:
    for name in ("acme", "globex"):
        with database.write(name) as connection:
            insert_rows(connection, insert(workspaces), [{"workspace": name, "created_at": ""}])

    def seen(connection: Connection) -> list[str]:
        return list(connection.execute(select(workspaces.c.workspace).order_by(workspaces.c.workspace)).scalars())

    assert [database.ask(name, seen) for name in ("acme", "globex", "acme", "*")] == [
        ["acme"], ["globex"], ["acme"], ["acme", "globex"],
    ]  # fmt: skip
    with database.read("globex") as connection:
        assert seen(connection) == ["globex"], "a transaction goes by its own"
    assert database.ask("acme", seen) == ["acme"]
