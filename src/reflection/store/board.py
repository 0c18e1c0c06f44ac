"""The board of several processes: notes as rows of their database, by its clock. Must not know what a note means."""

import orjson
from sqlalchemy import delete, select
from sqlalchemy.engine import Connection

from reflection.domain.board import Change, Note, Value, in_force
from reflection.store.database.connections import Database
from reflection.store.database.statements import EpochSeconds, delete_some, upsert
from reflection.store.database.turns import delete_in_turns
from reflection.store.tables.board_notes import board_notes


class SharedBoard:
    """A `Board` that every process of every machine sees."""

    at_once = False

    def __init__(self, database: Database) -> None:
        self._database = database

    def look(self, name: str) -> tuple[Note, float]:
        """See `Board.look`."""
        with self._database.read() as connection:
            return _stands(connection, name)

    def change(self, name: str, how: Change[Value]) -> Value:
        """See `Board.change`; the name's own lock, so that other notes and campaigns are written meanwhile."""
        with self._database.write(f"note {name}") as connection:
            before, now = _stands(connection, name)
            after, value = how(before, now)
            if after and after != before:
                connection.execute(
                    upsert(board_notes, ["name"]),
                    {"name": name, "body": orjson.dumps(dict(after)).decode(), "ends": after["ends"]},
                )
            elif before and not after:
                connection.execute(delete(board_notes).where(board_notes.c.name == name))
            return value

    def forget(self) -> int:
        """Drop the notes that have ended; how many."""
        with self._database.read() as connection:
            if connection.execute(_ENDED).first() is None:
                return 0
        return delete_in_turns(self._database, _FORGET, {})


def _stands(connection: Connection, name: str) -> tuple[Note, float]:
    """A note and now, in one question."""
    body = select(board_notes.c.body).where(board_notes.c.name == name).scalar_subquery()
    row = connection.execute(select(EpochSeconds(), body)).one()
    now = float(row[0])
    return in_force(orjson.loads(row[1]) if row[1] else {}, now), now


_PORTION = 500
_OVER = board_notes.c.ends <= EpochSeconds()
_ENDED = select(board_notes.c.name).where(_OVER).limit(1)
_FORGET = delete_some(board_notes, _OVER, limit=_PORTION)
