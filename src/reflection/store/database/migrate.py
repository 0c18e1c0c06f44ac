"""Bringing a database to this version's tables: Alembic from the package's own folder, with no configuration.

Migrations are files `migrations/versions/NNNN_name.py` in one line, each with an `upgrade` and a `downgrade`, written
once for both databases. A whole run is one transaction: killed at any moment, the database is at the old version or at
the new one. Must not know any table of this version; what it knows of the first version's is their names.
"""

import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import String, column, inspect, select, table, text
from sqlalchemy.engine import Connection

from reflection.errors import ConfigurationError
from reflection.store.database.connections import Database

if TYPE_CHECKING:
    from alembic.config import Config

FOLDER = Path(__file__).parents[1] / "migrations"
FIRST_VERSION_PREFIX = "first_version_"
"""Where the tables of the first version of this system are kept when its database is adopted."""

Announce = Callable[[str], None]
"""Hears what is begun that may take long."""

_AT = select(column("version_num", String)).select_from(table("alembic_version"))
_REVISION = re.compile(r"\d{4}")
_FIRST_VERSION_TABLES = frozenset({"campaigns", "performance_logs", "patterns", "insights", "weights"})


def silent(_sentence: str) -> None:
    """For whoever tells nobody."""


def revisions() -> list[str]:
    """Every revision this version knows, such as ``0007``, the oldest first."""
    return sorted(path.name[:4] for path in (FOLDER / "versions").glob("[0-9]*.py"))


def head() -> str:
    """The newest revision this version knows."""
    return revisions()[-1]


def current(database: Database) -> str | None:
    """The revision a database is at; None when no migration ever ran."""
    with database.read() as connection:
        if not inspect(connection).has_table("alembic_version"):
            return None
        return " and ".join(map(str, connection.execute(_AT).scalars())) or None


def upgrade(database: Database, revision: str = "head", *, announce: Announce = silent) -> None:
    """Migrate up; returns at once when the database is there already. Of one that has tables, `announce` hears before.

    Raises:
        ConfigurationError: a newer version of the engine wrote this database, or one from before the first release.
    """
    target = head() if revision == "head" else revision
    at = current(database)
    if at == target:
        return
    check_known(Path(database.name).name, at)
    from alembic import command  # here, because it costs more than opening a database that is up to date

    if at is not None:
        announce(f"its tables are brought up to this version ({at} to {target}), which nobody can write beside")
    with database.write() as connection:
        _set_first_version_aside(connection)
        command.upgrade(_config(connection), target)
        database.dialect.settle(connection)


def downgrade(database: Database, revision: str) -> None:
    """Migrate down to a revision, or to ``base`` (no tables at all)."""
    from alembic import command

    with database.write() as connection:
        command.downgrade(_config(connection), revision)


def check_known(name: str, revision: str | None) -> None:
    """Refuse a database at a revision that no migration of this version starts from."""
    if revision is None or revision in revisions():
        return
    if not _REVISION.fullmatch(revision):
        raise foreign(name)
    if revision > head():
        raise ConfigurationError(
            f"{name} was written by a newer version (tables {revision}, this one knows {head()})",
            hint="install the newer version again, or restore a backup made before the upgrade",
        )
    raise ConfigurationError(
        f"{name} was written by a version from before the first release (tables {revision}, the oldest that can be "
        f"opened are {revisions()[0]})",
        hint="export its campaigns with the version that wrote it, and analyse them into a new database",
    )


def foreign(name: str) -> ConfigurationError:
    """The error of a database that another program made."""
    return ConfigurationError(
        f"{name} is no database of this engine: it has another program's tables",
        hint="it was left as it is; MARKO_DATABASE_PATH names the file to use",
    )


def _config(connection: Connection) -> "Config":
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(FOLDER).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config


def _set_first_version_aside(connection: Connection) -> None:
    """Rename the tables of the first version of this system, if they are here, so that no row is lost."""
    inspector = inspect(connection)
    names = set(inspector.get_table_names())
    if "alembic_version" in names or not names & _FIRST_VERSION_TABLES:
        return
    for name in sorted(names & _FIRST_VERSION_TABLES):
        for index in inspector.get_indexes(name):
            connection.execute(text(f'DROP INDEX "{index["name"]}"'))
        connection.execute(text(f'ALTER TABLE "{name}" RENAME TO "{FIRST_VERSION_PREFIX}{name}"'))
