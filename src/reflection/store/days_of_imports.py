"""The days and rows that imports reported, as rows: a portion for each campaign, and a head that says what they are of.

Whoever asks for some campaigns reads their portions and no others, however many imports there are. Imports of before
campaigns were kept apart are read whole. Must not know how files are read.
"""

from collections.abc import Collection, Sequence
from typing import Any, NamedTuple

from sqlalchemy import bindparam, delete, insert, select
from sqlalchemy.engine import Connection

from reflection.ingest.jobs.register import UNDOING, UNDONE, Days, campaign_mark
from reflection.store.campaigns_read import chunks
from reflection.store.database.statements import insert_rows, same_key
from reflection.store.row_values import packed, unpacked
from reflection.store.tables.imports import OF_ANY_CAMPAIGN, import_campaigns, import_days, imports


class Rows(NamedTuple):
    """What an import reported: a head for each of its days, and a portion for each campaign of these."""

    heads: list[dict[str, Any]]
    portions: list[dict[str, Any]]


def rows_of(workspace: str, import_id: str, days: Sequence[Days]) -> Rows:
    """What is to be written; making it is most of the work, and needs no lock."""
    heads, portions = [], []
    for item in days:
        place = {"workspace": workspace, "import_id": import_id, "dialect": item.dialect, "platform": item.platform}
        heads.append({**place, "body": packed(item.body())})
        portions += [{**place, "campaign": mark, "body": packed(body)} for mark, body in item.portions().items()]
    return Rows(heads, portions)


def put(connection: Connection, workspace: str, import_id: str, rows: Rows) -> None:
    """Write what an import reported, in place of what it reported before."""
    for table in (import_days, import_campaigns):
        connection.execute(delete(table).where(table.c.workspace == workspace, table.c.import_id == import_id))
    insert_rows(connection, _PUT_HEADS, rows.heads)
    insert_rows(connection, _PUT_PORTIONS, rows.portions)


def read(connection: Connection, workspace: str, campaigns: Collection[str] | None) -> list[Days]:
    """What imports in force reported, the latest last; of some names and keys alone, or (None) of all."""
    portions: dict[tuple[str, ...], list[bytes]] = {}
    for row in _portions(connection, workspace, campaigns):
        place = row.import_id, row.dialect, row.platform
        portions.setdefault(place, []).extend([unpacked(row.body)] if row.body else [])
    return [
        Days.read(row.dialect, row.platform, unpacked(row.body), unpacked(row.verdict), portions[place])
        for row in _heads(connection, workspace, {place[0] for place in portions})
        if (place := (row.import_id, row.dialect, row.platform)) in portions
    ]


def _portions(connection: Connection, workspace: str, campaigns: Collection[str] | None) -> list[Any]:
    """The rows of portions, in an order of their own."""
    query = select(import_campaigns).where(import_campaigns.c.workspace == workspace)
    rows: list[Any] = []
    if campaigns is None:
        rows += connection.execute(query).all()
    else:
        for marks in chunks(sorted({OF_ANY_CAMPAIGN, *map(campaign_mark, campaigns)})):
            rows += connection.execute(query.where(import_campaigns.c.campaign.in_(marks))).all()
    return sorted(rows, key=lambda row: str(row.campaign))


def _heads(connection: Connection, workspace: str, names: Collection[str]) -> list[Any]:
    """What is said of the files of some imports in force, in the order of these."""
    rows: list[Any] = []
    for ids in chunks(sorted(names)):
        rows += connection.execute(_HEADS, {"w": workspace, "ids": ids}).all()
    return sorted(rows, key=lambda row: (row.updated_at, row.id))


_PUT_HEADS, _PUT_PORTIONS = insert(import_days), insert(import_campaigns)
_HEADS = (
    select(import_days, imports.c.verdict, imports.c.updated_at, imports.c.id)
    .join(imports, same_key(imports, import_days, "workspace", "import_id"))
    .where(
        import_days.c.workspace == bindparam("w"),
        import_days.c.import_id.in_(bindparam("ids", expanding=True)),
        imports.c.state.not_in((UNDOING, UNDONE)),
    )
)
