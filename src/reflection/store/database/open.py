"""Opening a database: its folder, its connections, this version's tables."""

import os
from pathlib import Path

from reflection.errors import Unavailable
from reflection.store.database.connections import BUSY_SECONDS, Database
from reflection.store.database.database_file import refuse_foreign
from reflection.store.database.migrate import upgrade


def open_database(path: str | os.PathLike[str], *, busy_seconds: float = BUSY_SECONDS) -> Database:
    """The database at `path`, created and migrated to this version's tables if need be.

    Raises:
        ConfigurationError: a newer version wrote it, or one from before the first release, or another program.
        Unavailable: the file cannot be opened.
    """
    place = Path(path)
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise Unavailable(f"the database folder cannot be made: {error.strerror}") from error
    refuse_foreign(place)
    database = Database(place, busy_seconds=busy_seconds)
    upgrade(database)
    return database
