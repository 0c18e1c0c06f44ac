"""Postgres' tables: append-only guards, the wall between workspaces, byte order of texts, what the server finds wrong.

Part of the dialect `postgres`. Must not know a table's meaning: what it does, it does to every table of a workspace.
"""

from collections.abc import Collection, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext

from sqlalchemy import Engine, Text, inspect
from sqlalchemy.engine import Connection

OLDEST = 15
GUARD = "reflection_append_only"
WALL = "reflection_workspace"
"""The policy of row-level security: a transaction sees and writes rows of the workspace it was begun for, or of any
where it was begun for ``*``; a statement without a transaction those that its connection looks at; without either, as
somebody's psql is, it sees none.
"""

_ALLOWED = "(SELECT current_setting('reflection.workspace', true))"


def guard_ddl(table: str, verbs: Sequence[str]) -> list[str]:
    """A trigger that refuses these verbs on a table, unless the transaction may (`lifted_guards`)."""
    refusal = (
        f"CREATE OR REPLACE FUNCTION {GUARD}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        "IF current_setting('reflection.purge', true) = 'on' THEN RETURN coalesce(NEW, OLD); END IF; "
        "RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'integrity_constraint_violation'; END $$"
    )
    trigger = f"CREATE TRIGGER {table}_append_only BEFORE {' OR '.join(verbs)} ON {table}"
    return [refusal, f"{trigger} FOR EACH ROW EXECUTE FUNCTION {GUARD}()"]


def drop_guard_ddl(table: str, verbs: Sequence[str]) -> list[str]:
    """The statements that take `guard_ddl` away again."""
    return [f"DROP TRIGGER {table}_append_only ON {table}"]


@contextmanager
def lifted_guards(connection: Connection) -> Iterator[None]:
    """By a setting of the transaction: lifting the triggers would stop every other workspace meanwhile."""
    connection.exec_driver_sql("SELECT set_config('reflection.purge', 'on', true)")
    yield
    connection.exec_driver_sql("SELECT set_config('reflection.purge', '', true)")


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


def trigger_problems(connection: Connection, append_only: Collection[str]) -> list[str]:
    """None: which triggers a server's database has is its owner's affair, and not looked at."""
    return []


def scrub(engine: Engine, turns: Iterator[None], seconds: float) -> str | None:
    """What is left: the server's vacuum overwrites deleted rows in its time; its write-ahead log is the operator's."""
    return "bytes in the server's own files: until its vacuum, and as long as its write-ahead log is kept"
