"""Opening a database: its folder, its connections, this version's tables."""

from reflection.errors import Unavailable
from reflection.store.database.connections import BUSY_SECONDS, Database, Place
from reflection.store.database.database_file import refuse_foreign
from reflection.store.database.migrate import upgrade


def open_database(place: Place, *, busy_seconds: float = BUSY_SECONDS) -> Database:
    """The database at a path or an address, migrated to this version's tables if need be; a file is created.

    Raises:
        ConfigurationError: a newer version wrote it, or one from before the first release, or another program.
        Unavailable: the file cannot be opened, or the server not reached.
    """
    database = Database(place, busy_seconds=busy_seconds)
    if database.is_file:
        try:
            database.path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise Unavailable(f"the database folder cannot be made: {error.strerror}") from error
        refuse_foreign(database.path)
    upgrade(database)
    return database
