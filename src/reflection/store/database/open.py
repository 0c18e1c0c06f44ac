"""Opening a database: its folder, its connections, this version's tables."""

from contextlib import ExitStack
from pathlib import Path

import structlog

from reflection.errors import Unavailable
from reflection.store.database.connections import BUSY_SECONDS, Database
from reflection.store.database.database_file import refuse_foreign
from reflection.store.database.migrate import Announce, current, silent, upgrade
from reflection.store.database.place import Place

log = structlog.get_logger("reflection")


def open_database(place: Place, *, busy_seconds: float = BUSY_SECONDS, announce: Announce = silent) -> Database:
    """The database at a path or an address, migrated to this version's tables if need be; a file is created.

    Args:
        announce: called with a sentence on what takes long, before it begins.

    Raises:
        ConfigurationError: a newer version wrote it, or one from before the first release, or another program.
        Unavailable: the file cannot be opened, or the server not reached.
    """
    database = Database(place, busy_seconds=busy_seconds)
    with ExitStack() as failed:
        failed.callback(database.close)
        if database.is_file:
            make_folder(database.path)
            refuse_foreign(database.path)
        upgrade(database, announce=announce)
        failed.pop_all()
    return database


def database_as_it_is(place: Place) -> Database | None:
    """The database at a place with the tables it has, of this version or an earlier one; None where there are none.

    Raises:
        ConfigurationError: it is another program's.
        Unavailable: the file cannot be opened, or the server not reached.
    """
    database = Database(place)
    if database.is_file:
        if not database.path.exists():
            return None
        refuse_foreign(database.path)
    if current(database) is not None:
        return database
    database.close()
    return None


def make_folder(database: Path) -> None:
    """Make the folder of a database where it is missing, and say so: a path may be a mistake, or a disk not mounted.

    Raises:
        Unavailable: it cannot be made.
    """
    if database.parent.is_dir():
        return
    try:
        database.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise Unavailable(f"the database folder cannot be made: {error.strerror}") from error
    log.warning("the folder of the database was missing and has been made", folder=str(database.parent))
