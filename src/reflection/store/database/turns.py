"""Long works on a database, a portion at a time, so that others write in between. Must not know any table."""

import time
from collections.abc import Iterator, Mapping
from typing import Any

from sqlalchemy import Delete

from reflection.store.database.connections import EVERY_WORKSPACE, Database

LONGEST_PAUSE = 1.0
"""Seconds that are left to others between two portions, at most."""


def turns() -> Iterator[None]:
    """Goes on until its reader stops: one portion of the work each time, and then others' turn.

    A pause as long as the portion took, because a file's lock goes to whoever asks first and not to who waits.
    """
    while True:
        began = time.monotonic()
        yield
        time.sleep(min(time.monotonic() - began, LONGEST_PAUSE))


def delete_in_turns(
    database: Database, statement: Delete, values: Mapping[str, Any], workspace: str = EVERY_WORKSPACE
) -> int:
    """Run a DELETE of a limited number of rows until one deletes nothing, each in a transaction of its own.

    Where nothing is to be deleted, the file is not written to.
    """
    total = 0
    for _ in turns():
        with database.write(workspace) as connection:
            count = connection.execute(statement, values).rowcount
        if not count:
            break
        total += count
    return total
