"""Registered creatives and the places of texts as rows.

A creative of the same id replaces the one before and is scored anew; the same content changes nothing, so a score stays
the one from before the creative ran. Must not know what is learnt from texts.
"""

from collections.abc import Mapping, Sequence

import numpy as np
from sqlalchemy import and_, bindparam, delete, func, select, update
from sqlalchemy.engine import Connection

from reflection.domain.creative_entry import CreativeEntry, RegisteredCreative
from reflection.domain.instants import instant_text
from reflection.errors import Conflict, NotFound
from reflection.store.book import Book
from reflection.store.database.statements import insert_missing, insert_rows, key_of
from reflection.store.row_values import Row
from reflection.store.tables.campaigns import workspaces
from reflection.store.tables.creatives import creatives, text_places

MOST_REGISTERED = 20_000
"""Creatives of one workspace."""

KEYS_AT_ONCE = 500
SECONDS_A_DAY = 86_400


class CreativeBook(Book):
    """Registers, lists and removes creatives, and keeps the places of texts; thread-safe."""

    def add(self, workspace: str, items: Sequence[tuple[CreativeEntry, float | None]]) -> list[str]:
        """Register creatives, each with our score of it, all or none; ``added``, ``replaced`` or ``unchanged`` each.

        Raises:
            Conflict: the workspace has as many as it may have.
            Unavailable: the store is busy or full; nothing was written.
        """
        moment = self._now()
        now, day = instant_text(moment), int(moment.timestamp() // SECONDS_A_DAY)
        with self._database.write(workspace) as connection:
            connection.execute(insert_missing(workspaces), {"workspace": workspace, "created_at": now})
            outcomes = [self._put(connection, workspace, entry, score, now, day) for entry, score in items]
            if connection.execute(_COUNT, {"w": workspace}).scalar_one() > MOST_REGISTERED:
                raise Conflict(f"there are {MOST_REGISTERED:,} creatives already", hint="remove some of the oldest")
        return outcomes

    def list(self, workspace: str, *, after: str = "", limit: int = 100) -> tuple[list[Row], str | None]:
        """Creatives in the order of their keys, each {creative_id, body, own_score, created_at, updated_at}, and the
        cursor of the next page (None at the end)."""
        values = {"w": workspace, "after": after, "limit": limit + 1}
        with self._database.read(workspace) as connection:
            rows = [dict(row) for row in connection.execute(_PAGE, values).mappings()]
        return rows[:limit], rows[limit - 1]["creative_key"] if len(rows) > limit else None

    def get(self, workspace: str, creative_key: str) -> Row:
        """One creative, as `list` gives it.

        Raises:
            NotFound: there is no such creative in this workspace.
        """
        with self._database.read(workspace) as connection:
            return _one(connection, workspace, creative_key)

    def remove(self, workspace: str, creative_key: str) -> Row:
        """Take a creative back, and say what it was.

        Raises:
            NotFound: there is no such creative in this workspace.
        """
        with self._database.write(workspace) as connection:
            row = _one(connection, workspace, creative_key)
            connection.execute(_REMOVE, {"w": workspace, "k": creative_key})
            return row

    def newest(self, workspace: str, limit: int) -> Sequence[RegisteredCreative]:
        """The creatives registered last, the newest first."""
        with self._database.read(workspace) as connection:
            return [RegisteredCreative(*row) for row in connection.execute(_NEWEST, {"w": workspace, "limit": limit})]

    def places(self, workspace: str, space: str, keys: Sequence[str]) -> dict[str, tuple[int, ...]]:
        """The places of these texts that are stored."""
        places: dict[str, tuple[int, ...]] = {}
        with self._database.read(workspace) as connection:
            for start in range(0, len(keys), KEYS_AT_ONCE):
                values = {"w": workspace, "space": space, "keys": list(keys[start : start + KEYS_AT_ONCE])}
                for key, axes in connection.execute(_PLACES, values):
                    places[key] = tuple(np.frombuffer(axes, dtype="<i4").tolist())
        return places

    def keep(self, workspace: str, space: str, places: Mapping[str, Sequence[int]]) -> None:
        """Keep the places of texts; one that is there already stays as it is."""
        rows = [
            {"workspace": workspace, "text_key": key, "space": space, "axes": np.array(axes, dtype="<i4").tobytes()}
            for key, axes in sorted(places.items())
        ]
        if rows:
            with self._database.write(workspace) as connection:
                insert_rows(connection, insert_missing(text_places), rows)

    def _put(
        self, connection: Connection, workspace: str, entry: CreativeEntry, score: float | None, now: str, day: int
    ) -> str:
        content, own = entry.content(), {"w": workspace, "k": entry.key}
        stored = connection.execute(_HASH, own).scalar_one_or_none()
        if stored == content.hash:
            return "unchanged"
        row = {"creative_id": entry.id, "content_hash": content.hash, "body": content.json, "own_score": score}
        row |= {"day": day, "updated_at": now}
        if stored is not None:
            connection.execute(update(creatives).where(_OWN), {**own, **row})
            return "replaced"
        key = {"workspace": workspace, "creative_key": entry.key, "created_at": now}
        connection.execute(creatives.insert(), {**key, **row})
        return "added"


def _one(connection: Connection, workspace: str, creative_key: str) -> Row:
    row = connection.execute(_ONE, {"w": workspace, "k": creative_key}).mappings().one_or_none()
    if row is None:
        raise NotFound("there is no such creative", hint="it may have been removed already")
    return dict(row)


_OF_WORKSPACE = creatives.c.workspace == bindparam("w")
_OWN = and_(_OF_WORKSPACE, creatives.c.creative_key == bindparam("k"))
_SHOWN = [
    creatives.c[name] for name in ("creative_key", "creative_id", "body", "own_score", "created_at", "updated_at")
]
_ONE = select(*_SHOWN).where(_OWN)
_HASH = select(creatives.c.content_hash).where(_OWN)
_PAGE = (
    select(*_SHOWN)
    .where(_OF_WORKSPACE, creatives.c.creative_key > bindparam("after"))
    .order_by(creatives.c.creative_key)
    .limit(bindparam("limit"))
)
_REMOVE = delete(creatives).where(_OWN)
_COUNT = select(func.count()).select_from(creatives).where(_OF_WORKSPACE)
_NEWEST = (
    select(creatives.c.creative_key, creatives.c.body, creatives.c.own_score, creatives.c.day)
    .where(_OF_WORKSPACE)
    .order_by(creatives.c.updated_at.desc(), creatives.c.creative_key)
    .limit(bindparam("limit"))
)
_PLACES = select(text_places.c.text_key, text_places.c.axes).where(
    key_of(text_places, workspace="w", space="space"), text_places.c.text_key.in_(bindparam("keys", expanding=True))
)
