"""Postgres' tables: append-only guards, the wall between workspaces, byte order of texts, what the server finds wrong.

Part of the dialect `postgres`. Must not know a table's meaning: what it does, it does to every table of a workspace.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any

from sqlalchemy import Engine, Text, inspect
from sqlalchemy.engine import Connection
from sqlalchemy.types import TypeEngine

from reflection.store.database.postgres_words import KEEP_WORDS, WORD_TRIGGER

OLDEST = 15
GUARD = "reflection_append_only"
WALL = "reflection_workspace"
"""The policy of row-level security: a transaction sees and writes rows of the workspace it was begun for, or of any
where it was begun for ``*``; a statement without a transaction those that its connection looks at; without either, as
somebody's psql is, it sees none.
"""

_ALLOWED = "(SELECT current_setting('reflection.workspace', true))"


_REFUSAL = (
    f"CREATE OR REPLACE FUNCTION {GUARD}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
    "IF current_setting('reflection.purge', true) = 'on' THEN RETURN coalesce(NEW, OLD); END IF; "
    "RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'integrity_constraint_violation'; END $$"
)
_FUNCTIONS = {GUARD: _REFUSAL, "reflection_keep_words": KEEP_WORDS}
"""What our triggers do."""

_TRIGGERS = """SELECT c.relname AS table, t.tgname AS name, t.tgisinternal AS is_check, t.tgenabled AS state,
pg_get_triggerdef(t.oid, true) AS said FROM pg_trigger AS t JOIN pg_class AS c ON c.oid = t.tgrelid
WHERE c.relnamespace = current_schema()::regnamespace ORDER BY c.relname, t.tgname"""
_RULES = """SELECT c.relname AS table, r.rulename AS name FROM pg_rewrite AS r JOIN pg_class AS c ON c.oid = r.ev_class
WHERE c.relnamespace = current_schema()::regnamespace AND r.rulename <> '_RETURN' ORDER BY c.relname, r.rulename"""
_WALLS = """SELECT c.relname AS table, c.relrowsecurity AND c.relforcerowsecurity AS holds,
array(SELECT polname::text FROM pg_policy WHERE polrelid = c.oid) AS policies FROM pg_class AS c
WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind = 'r' AND EXISTS (
SELECT 1 FROM pg_attribute WHERE attrelid = c.oid AND attname = 'workspace' AND NOT attisdropped) ORDER BY c.relname"""
_SOURCES = """SELECT proname AS name, prosrc AS source FROM pg_proc WHERE pronamespace = current_schema()::regnamespace
AND prorettype = 'trigger'::regtype ORDER BY proname"""
_ON = ("O", "A")
"""The states of a trigger that acts on what everybody writes."""


def guard_ddl(table: str, verbs: Sequence[str]) -> list[str]:
    """A trigger that refuses these verbs on a table, unless the transaction may (`lifted_guards`)."""
    return [_REFUSAL, _guard(table, verbs)]


def _guard(table: str, verbs: Sequence[str]) -> str:
    """Word by word what the server says of it afterwards."""
    trigger = f"CREATE TRIGGER {table}_append_only BEFORE {' OR '.join(sorted(verbs))} ON {table}"
    return f"{trigger} FOR EACH ROW EXECUTE FUNCTION {GUARD}()"


def drop_guard_ddl(table: str, verbs: Sequence[str]) -> list[str]:
    """The statements that take `guard_ddl` away again."""
    return [f"DROP TRIGGER {table}_append_only ON {table}"]


@contextmanager
def lifted_guards(connection: Connection) -> Iterator[None]:
    """By a setting of the transaction: lifting the triggers would stop every other workspace meanwhile."""
    connection.exec_driver_sql("SELECT set_config('reflection.purge', 'on', true)")
    yield
    connection.exec_driver_sql("SELECT set_config('reflection.purge', '', true)")


def set_nullable(connection: Connection, table: str, column: str, kind: TypeEngine[Any], *, nullable: bool) -> None:
    """The server looks at every row before it lets none be null."""
    verb = "DROP" if nullable else "SET"
    connection.exec_driver_sql(f'ALTER TABLE "{table}" ALTER COLUMN "{column}" {verb} NOT NULL')


def take_tables(connection: Connection, tables: Sequence[str]) -> None:
    """All or none, and nobody is waited for: two that took them one after the other could wait for each other."""
    names = ", ".join(f'"{table}"' for table in tables)
    connection.exec_driver_sql(f"LOCK TABLE {names} IN ACCESS EXCLUSIVE MODE NOWAIT")


def settle(connection: Connection) -> None:
    """Texts are compared byte by byte, as everywhere in the engine, and every table of workspaces gets the wall."""
    inspector = inspect(connection)
    for table in inspector.get_table_names():
        columns = inspector.get_columns(table)
        changes = [
            f'ALTER COLUMN "{column["name"]}" TYPE text COLLATE "C"'
            for column in columns
            if isinstance(column["type"], Text) and column["type"].collation != "C"
        ]
        if changes:
            connection.exec_driver_sql(f'ALTER TABLE "{table}" {", ".join(changes)}')
        if any(column["name"] == "workspace" for column in columns):
            wall_in(connection, table)


def wall_in(connection: Connection, table: str) -> None:
    """Let a table with a column `workspace` show and take no rows but those of the workspace looked at."""
    own = f"workspace = {_ALLOWED} OR {_ALLOWED} = '*'"
    for statement in (
        f'DROP POLICY IF EXISTS {WALL} ON "{table}"',
        f'CREATE POLICY {WALL} ON "{table}" USING ({own})',
        f'ALTER TABLE "{table}" ENABLE ROW LEVEL SECURITY',
        f'ALTER TABLE "{table}" FORCE ROW LEVEL SECURITY',
    ):
        connection.exec_driver_sql(statement)


def json_items(column: str) -> str:
    """SQL of a table of one column `value`: the texts in a JSON list."""
    return f"jsonb_array_elements_text(({column})::jsonb)"


def remarks(connection: Connection) -> list[str]:
    """A role that no wall holds, and a server that is too old."""
    above = "SELECT rolname FROM pg_roles WHERE rolname = current_user AND (rolsuper OR rolbypassrls)"
    lines = [
        f"the database role {row[0]} stands above row-level security: give the engine one that is no superuser"
        for row in connection.exec_driver_sql(above)
    ]
    number = int(connection.exec_driver_sql("SHOW server_version_num").scalar_one())
    if number < OLDEST * 10_000:
        lines.append(f"the database server is older than Postgres {OLDEST}, the oldest that is looked after")
    return lines


def integrity_problems(connection: Connection) -> list[str]:
    """Indexes that are not whole and constraints that were never checked; the server checks the rest as it writes."""
    invalid = connection.exec_driver_sql(
        "SELECT indexrelid::regclass::text FROM pg_index WHERE NOT indisvalid "
        "AND indrelid IN (SELECT oid FROM pg_class WHERE relnamespace = current_schema()::regnamespace)"
    )
    unchecked = connection.exec_driver_sql(
        "SELECT conrelid::regclass::text || '.' || conname FROM pg_constraint WHERE NOT convalidated "
        "AND connamespace = current_schema()::regnamespace"
    )
    return [f"the index {row[0]} is not whole: REINDEX makes it again" for row in invalid] + [
        f"the constraint {row[0]} was never checked" for row in unchecked
    ]


def legible(connection: Connection) -> AbstractContextManager[None]:
    """Nothing to do: a server stores no text that is none."""
    return nullcontext()


def trigger_problems(connection: Connection, guards: Mapping[str, Sequence[str]]) -> list[str]:
    """Triggers and rules that are none of ours, guards and checks of references that are gone, off or another, and
    walls between workspaces that are open.
    """
    ours = {WORD_TRIGGER: "memories"} | {_guard(table, verbs): table for table, verbs in guards.items()}
    triggers = connection.exec_driver_sql(_TRIGGERS).all()
    own = [row for row in triggers if not row.is_check]
    at_work = {row.said for row in own if row.state in _ON}
    sources = dict(map(tuple, connection.exec_driver_sql(_SOURCES)))
    return [
        *(_foreign("trigger", row.name, row.table) for row in own if row.said not in ours),
        *(_foreign("rule", row.name, row.table) for row in connection.exec_driver_sql(_RULES)),
        *(f"a trigger of {ours[said]} is gone or switched off: {said}" for said in sorted(ours.keys() - at_work)),
        *(
            f"the references of {table} are not checked: ALTER TABLE {table} ENABLE TRIGGER ALL lets them be again"
            for table in sorted({row.table for row in triggers if row.is_check and row.state not in _ON})
        ),
        *(
            f"the function {name} does something else than ours: {made.strip()}"
            for name, made in _FUNCTIONS.items()
            if name in sources and sources[name] != made.split("$$")[1]
        ),
        *(
            f"rows of {row.table} are not walled in by their workspace, or by more than that"
            for row in connection.exec_driver_sql(_WALLS)
            if not row.holds or row.policies != [WALL]
        ),
    ]


def _foreign(kind: str, name: str, table: str) -> str:
    away = f'DROP {kind.upper()} "{name}" ON "{table}" takes it away'
    return f"the {kind} {name} on {table} is none of ours, and may change what is stored: {away}"


def scrub(engine: Engine, turns: Iterator[None], seconds: float) -> str | None:
    """What is left: the server's vacuum overwrites deleted rows in its time; its write-ahead log is the operator's."""
    return "bytes in the server's own files: until its vacuum, and as long as its write-ahead log is kept"
