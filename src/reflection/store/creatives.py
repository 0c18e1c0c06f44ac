"""Registered creatives and the places of texts as rows.

A creative of the same id replaces the one before and is scored anew; the same content changes nothing, so a score stays
the one from before the creative ran. Must not know what is learnt from texts.
"""

from collections.abc import Mapping, Sequence

import numpy as np
from sqlalchemy import bindparam, select

from reflection.domain.creative_entry import CreativeEntry, RegisteredCreative
from reflection.domain.instants import instant_text
from reflection.store.book import KeyedBook
from reflection.store.database.statements import insert_missing, insert_rows, key_of
from reflection.store.tables.campaigns import workspaces
from reflection.store.tables.creatives import creatives, text_places

KEYS_AT_ONCE = 500
SECONDS_A_DAY = 86_400


class CreativeBook(KeyedBook):
    """Registers, lists and removes creatives, and keeps the places of texts; thread-safe."""

    table = creatives
    columns = ("creative_key", "creative_id", "body", "own_score", "created_at", "updated_at")
    absent = "there is no such creative"
    several, most = "creatives", 20_000

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
            outcomes = []
            for entry, score in items:
                more = {"creative_id": entry.id, "own_score": score, "day": day}
                outcomes.append(self._put(connection, workspace, entry.key, entry.content(), more, now))
            self._check_most(connection, workspace)
        return outcomes

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


_NEWEST = (
    select(creatives.c.creative_key, creatives.c.body, creatives.c.own_score, creatives.c.day)
    .where(key_of(creatives, workspace="w"))
    .order_by(creatives.c.updated_at.desc(), creatives.c.creative_key)
    .limit(bindparam("limit"))
)
_PLACES = select(text_places.c.text_key, text_places.c.axes).where(
    key_of(text_places, workspace="w", space="space"), text_places.c.text_key.in_(bindparam("keys", expanding=True))
)
