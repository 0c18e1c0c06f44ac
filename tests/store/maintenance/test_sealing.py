"""Every column that an answer can show is proved: whichever is changed by hand, its row is named."""

import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Float, Integer, LargeBinary, Table, Text, func, insert, select, text, update
from sqlalchemy.engine import Connection
from sqlalchemy.exc import StatementError
from starlette.testclient import TestClient
from tests.store.before_seals import let_seals_be_missing, take_seals_away

from reflection.api.app import create_app
from reflection.api.openapi import CMP_007
from reflection.errors import Conflict
from reflection.settings import Settings
from reflection.store.creatives import CreativeBook
from reflection.store.database.connections import Database
from reflection.store.database.seals import SEAL, is_sealed, resealed
from reflection.store.database.statements import insert_adding, insert_missing, insert_rows
from reflection.store.maintenance import sealing
from reflection.store.maintenance.sealing import broken, seal_rest, sealed_tables, unsealed_rows
from reflection.store.projections.outbox import Outbox
from reflection.store.recommendations import AdviceRows
from reflection.store.tables.campaigns import workspaces
from reflection.store.tables.columns import metadata
from reflection.store.tables.events import events
from reflection.wiring import build
from scripts import api_examples

PROVED_OTHERWISE = {
    "campaign_signals": "compared with the campaign, which is sealed",
    "outbox": "what is still to be published, shown nowhere",
    "board_notes": "counts of this moment",
}
"""Tables without seals, and what proves them."""

OTHERS = {"supports": 0, "sign": -1, "verdict": "reject"}
"""Another value of columns that take few."""


def _value(column: Any) -> Any:
    """One that every constraint allows and every reference finds."""
    kinds = {Float: 0.5, Integer: 1, LargeBinary: b"note"}
    return next((value for kind, value in kinds.items() if isinstance(column.type, kind)), "note")


def _other(column: Any) -> Any:
    value = _value(column)
    return OTHERS.get(column.name, {0.5: 0.25, 1: 2, b"note": b"Note", "note": "Note"}[value])


def _row(table: Table, **changes: Any) -> dict[str, Any]:
    own = [column for column in table.c if column.name != SEAL and column is not table.autoincrement_column]
    return {column.name: _value(column) for column in own} | changes


@pytest.fixture
def filled(database: Database) -> Database:
    """A row in each table that has seals."""
    with database.write() as connection:
        for table in sealed_tables():
            connection.execute(insert(table), _row(table))
    return database


def test_every_table_has_seals_or_is_proved_otherwise() -> None:
    without = {table.name for table in metadata.tables.values() if not is_sealed(table)}

    assert without == PROVED_OTHERWISE.keys()


def test_a_process_that_has_imported_nothing_else_knows_every_table() -> None:
    command = "from reflection.store.maintenance.sealing import sealed_tables; print(len(sealed_tables()))"
    alone = subprocess.run([sys.executable, "-c", command], capture_output=True, text=True, check=True)

    assert int(alone.stdout) == len(sealed_tables()) == len(metadata.tables) - len(PROVED_OTHERWISE)


@pytest.mark.parametrize("table", sealed_tables(), ids=lambda table: table.name)
def test_each_column_that_is_changed_by_hand_is_named(
    filled: Database, table: Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    """But what others refer to, on a server, which refuses it at once."""
    kept = {key.parent.name for other in metadata.tables.values() for key in other.foreign_keys} if (
        not filled.is_file
    ) else set()  # fmt: skip
    columns = [column for column in table.c if column.name in _row(table) and column.name not in kept]
    monkeypatch.setattr(sealing, "sealed_tables", lambda: [table])
    with filled.write() as connection:
        if filled.is_file:
            connection.exec_driver_sql("PRAGMA defer_foreign_keys = ON")
        assert list(broken(connection)) == []
        changes = [(column, _other(column)) for column in columns]
        changes += [(column, None) for column in columns if column.nullable]
        for column, value in changes:
            assert _after(connection, filled, table, column.name, value) == [
                f"a row of {table.name} was changed by another hand"
            ], f"{column.name} = {value!r}"
        connection.rollback()


def _after(connection: Connection, database: Database, table: Table, column: str, value: Any) -> list[str]:
    """What is said after a change that is taken back."""
    change = text(f'UPDATE {table.name} SET "{column}" = :value')
    with connection.begin_nested() as point:
        with database.dialect.lifted_guards(connection):
            connection.execute(change, {"value": value})
        sentences = [sentence for sentence, _ in broken(connection)]
        point.rollback()
    return sentences


OTHER_KINDS = {Text: ("CAST({0} AS BLOB)",), LargeBinary: ("CAST({0} AS TEXT)",)}
"""The same bytes as something else than the column holds."""


@pytest.mark.sqlite
@pytest.mark.parametrize("table", sealed_tables(), ids=lambda table: table.name)
def test_what_is_of_another_kind_than_its_column_is_named_and_no_error(
    filled: Database, table: Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sealing, "sealed_tables", lambda: [table])
    with filled.write() as connection, filled.dialect.legible(connection):
        connection.exec_driver_sql("PRAGMA defer_foreign_keys = ON")
        connection.exec_driver_sql("PRAGMA ignore_check_constraints = ON")
        for name in _row(table):
            others = next((kinds for kind, kinds in OTHER_KINDS.items() if isinstance(table.c[name].type, kind)), ())
            for other in ("CAST(x'ff' AS TEXT)", *others):
                with connection.begin_nested() as point:
                    with filled.dialect.lifted_guards(connection):
                        connection.exec_driver_sql(f'UPDATE {table.name} SET "{name}" = {other.format(name)}')
                    sentence = "".join(sentence for sentence, _ in broken(connection))
                    point.rollback()
                assert sentence == f"a row of {table.name} was changed by another hand", f"{name} = {other}"
        connection.rollback()


def test_an_update_that_does_not_say_its_seal_is_refused(filled: Database) -> None:
    with pytest.raises(StatementError, match="resealed"), filled.write() as connection:
        connection.execute(update(events).values(text="other"))


def test_whoever_writes_a_row_gives_it_the_same_seal(filled: Database) -> None:
    """By SQLAlchemy, past it, in an UPDATE, and for rows of before there were seals."""
    key = {"event_id": "second", "until": None}
    with filled.write() as connection:
        insert_rows(connection, insert(events), [_row(events, **key)])
        by_row = connection.execute(select(events.c.seal).where(events.c.event_id == "second")).scalar_one()
        connection.execute(
            update(events).where(events.c.event_id == "note").values(resealed(events, event_id="x", until=None))
        )
        assert list(broken(connection)) == []
    with filled.write() as connection:
        let_seals_be_missing(connection)
        connection.execute(text("UPDATE events SET seal = NULL WHERE event_id = 'second'"))
    assert seal_rest(filled) == 1
    with filled.read() as connection:
        assert connection.execute(select(events.c.seal).where(events.c.event_id == "second")).scalar_one() == by_row


def test_what_the_database_puts_into_a_column_that_is_left_out_is_sealed(database: Database) -> None:
    row = {"workspace": "one", "created_at": "2026"}
    with database.write() as connection:
        connection.execute(insert_missing(workspaces), row)
        insert_rows(connection, insert_missing(workspaces), [row | {"workspace": "two"}])
        assert list(broken(connection)) == []
        insert_rows(connection, insert_adding(workspaces, "sentences"), [row | {"sentences": 3}])
        assert list(broken(connection)) == []
        assert connection.execute(select(workspaces.c.sentences).order_by(workspaces.c.workspace)).all() == [(3,), (0,)]


def test_rows_of_before_are_counted_and_then_sealed_a_portion_at_a_time(
    filled: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sealing, "PORTION", 2)
    with filled.write() as connection:
        insert_rows(connection, insert(events), [_row(events, event_id=f"e{number}") for number in range(5)])
        take_seals_away(connection)
    seals = len(sealed_tables()) + 5

    assert unsealed_rows(filled) == seals
    assert seal_rest(filled) == seals
    assert unsealed_rows(filled) == 0
    assert seal_rest(filled) == 0
    with filled.read() as connection:
        assert list(broken(connection)) == []


def test_once_every_row_is_sealed_none_is_let_in_without(filled: Database) -> None:
    take_away = text("UPDATE events SET seal = NULL")
    with pytest.raises(Conflict), filled.write() as connection:
        connection.execute(take_away)
    with filled.write() as connection:
        let_seals_be_missing(connection)
        connection.execute(take_away)

    assert unsealed_rows(filled) == seal_rest(filled) == 1

    with pytest.raises(Conflict), filled.write() as connection:
        connection.execute(take_away)


def test_a_row_without_a_seal_in_a_table_that_was_changed_to_let_it_in_is_named_and_not_sealed(
    filled: Database,
) -> None:
    with filled.write() as connection:
        filled.dialect.set_nullable(connection, "events", SEAL, LargeBinary(), nullable=True)
        connection.execute(text("UPDATE events SET seal = NULL"))

    assert unsealed_rows(filled) == seal_rest(filled) == 0
    with filled.read() as connection:
        assert list(broken(connection)) == [
            ("rows without a seal are let in by another hand's change of the table", "events"),
            ("a row of events has no seal: another hand added it, or took the seal away", "note/note"),
        ]


def test_who_seals_the_rest_is_ended_and_goes_on(filled: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """At any table: rows may be without a seal until each has one."""
    with filled.write() as connection:
        take_seals_away(connection)
    seal = sealing._seal_rest

    def ending(database: Database, table: Table) -> int:
        if table is events:
            raise KeyboardInterrupt
        return seal(database, table)

    monkeypatch.setattr(sealing, "_seal_rest", ending)
    with pytest.raises(KeyboardInterrupt):
        seal_rest(filled)
    monkeypatch.setattr(sealing, "_seal_rest", seal)
    assert unsealed_rows(filled) > 0
    assert seal_rest(filled) > 0
    assert unsealed_rows(filled) == seal_rest(filled) == 0


def test_a_row_that_is_added_without_a_seal_after_the_last_portion_is_refused_and_sealed_by_the_next_call(
    filled: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    with filled.write() as connection:
        take_seals_away(connection)
    seal = sealing._seal_rest

    def followed(database: Database, table: Table) -> int:
        count = seal(database, table)
        if table is events:
            with database.write() as connection, database.dialect.lifted_guards(connection):
                connection.execute(text("UPDATE events SET seal = NULL"))
        return count

    monkeypatch.setattr(sealing, "_seal_rest", followed)
    with pytest.raises(Conflict):
        seal_rest(filled)
    monkeypatch.setattr(sealing, "_seal_rest", seal)
    assert unsealed_rows(filled) == seal_rest(filled) == 1
    assert unsealed_rows(filled) == 0


def test_whatever_the_routes_write_replace_and_take_back_is_sealed(
    tmp_path: Path, settings_in: Callable[..., Settings], learnt: Path
) -> None:
    """Every route once (imports and their undoing, feedback, shares, alerts, keys, learnings ...), and a second fit."""
    settings = settings_in(tmp_path, embedding_model="none", alert_hosts=("127.0.0.1",))
    shutil.copy(learnt, settings.database_path)
    seen: set[str] = set()
    with build(settings) as application:
        with TestClient(create_app(application), "http://127.0.0.1:8000", client=("127.0.0.1", 50_000)) as client:
            keyed = client.post(
                "/analyze-campaign", json=CMP_007 | {"campaign_id": "keyed"}, headers={"Idempotency-Key": "1"}
            )
            assert keyed.status_code == 200
            for _ in api_examples._called(client, application):
                with application.database.read() as connection:
                    seen |= {table.name for table in sealed_tables() if _count(connection, table)}
        AdviceRows(application.database).assign("default", "unit", True, 0.8, "2026-04-01T10:00:00+00:00")
        CreativeBook(application.database).keep("default", "space", {"text": (1, 2)})
        application.learner.learn_now("default")
        outbox = Outbox(application.database)
        (entry,) = outbox.pending("artifacts", limit=1)
        outbox.settle([entry], {(entry.workspace, entry.key): "the disk is full"})
        with application.database.read() as connection:
            assert list(broken(connection)) == []
            seen |= {table.name for table in sealed_tables() if _count(connection, table)}
        application.publisher.publish_pending()
        assert unsealed_rows(application.database) == 0
        with application.database.read() as connection:
            assert list(broken(connection)) == []
            seen |= {table.name for table in sealed_tables() if _count(connection, table)}
    assert seen == {table.name for table in sealed_tables()}


def _count(connection: Connection, table: Table) -> int:
    return connection.execute(select(func.count()).select_from(table)).scalar_one()
