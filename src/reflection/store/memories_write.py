"""Writing rows of `memories` inside a transaction somebody else opened.

Every change gives the row the workspace's next number (`seq`), so that a reader who remembers the last number
it saw finds every change and every deletion. The full-text index follows by triggers. Must not know embedders
or searching.
"""

from collections.abc import Sequence

from sqlalchemy import bindparam, func, select, update
from sqlalchemy.engine import Connection

from reflection.domain.memory_search import NewVector, Position
from reflection.store.database.seals import resealed
from reflection.store.database.statements import insert_rows, key_of, upsert
from reflection.store.row_values import Row, vector_bytes
from reflection.store.tables.campaigns import memories, workspaces


def position(connection: Connection, workspace: str) -> Position:
    """Where the workspace's changes end now."""
    row = connection.execute(_LAST_ROW, {"w": workspace}).first()
    return Position(*row) if row else Position()


def last_number(connection: Connection, workspace: str) -> int:
    """Number of the workspace's last change of a memory; 0 when there was none."""
    return connection.execute(_LAST, {"w": workspace}).scalar_one() or 0


def lacking(connection: Connection, embedder_id: str) -> dict[str, int]:
    """Workspaces with memories that have no vector of this embedder (``""``: none), and how many; one statement."""
    rows = connection.execute(_LACKING, {"embedder": embedder_id})
    return {row.workspace: row.lacking for row in rows}


def remember(connection: Connection, rows: Sequence[Row], after: int) -> None:
    """Store memories (made by `row_values.memory_row`) of one workspace; one with the same id is replaced.

    Args:
        after: the last number that is taken (`last_number`), also of `tombstone`.
    """
    insert_rows(connection, _PUT, [{**row, "seq": seq} for seq, row in enumerate(rows, start=after + 1)])


def tombstone(connection: Connection, workspace: str, memory_ids: Sequence[str], after: int) -> None:
    """Delete memories: text, metadata and vector go, a tombstone stays so that readers see the deletion.

    Args:
        after: the last number that is taken; each of the ids takes one.
    """
    for seq, memory_id in enumerate(memory_ids, start=after + 1):
        connection.execute(_TOMBSTONE, {"w": workspace, "m": memory_id, "new_seq": seq})


def set_vectors(connection: Connection, workspace: str, embedder_id: str, vectors: Sequence[NewVector]) -> int:
    """Give memories their vectors, unless their text changed meanwhile.

    Returns:
        How many were set.
    """
    seq, count = last_number(connection, workspace), 0
    for item in vectors:
        done = connection.execute(
            _SET_VECTOR,
            {
                "w": workspace,
                "m": item.memory_id,
                "old_seq": item.seq,
                "new_seq": seq + 1,
                "new_embedder": embedder_id,
                "new_vector": vector_bytes(item.vector),
            },
        )
        seq, count = seq + done.rowcount, count + done.rowcount
    return count


_LAST = select(func.max(memories.c.seq)).where(memories.c.workspace == bindparam("w"))
_LAST_ROW = (
    select(memories.c.seq, memories.c.id)
    .where(memories.c.workspace == bindparam("w"))
    .order_by(memories.c.seq.desc())
    .limit(1)
)
_PUT = upsert(memories, ["workspace", "memory_id"])
_NOTHING = {"text": "", "summary": "", "metadata": "{}", "embedder_id": None, "vector": None}
_TOMBSTONE = (
    update(memories)
    .where(key_of(memories, workspace="w", memory_id="m"), memories.c.deleted == 0)
    .values(resealed(memories, seq=bindparam("new_seq"), **_NOTHING, deleted=1))
)
_SET_VECTOR = (
    update(memories)
    .where(key_of(memories, workspace="w", memory_id="m", seq="old_seq"), memories.c.deleted == 0)
    .values(
        resealed(
            memories, seq=bindparam("new_seq"), embedder_id=bindparam("new_embedder"), vector=bindparam("new_vector")
        )
    )
)
_OWN = select(func.count()).where(memories.c.workspace == workspaces.c.workspace, memories.c.deleted == 0)
_WITHOUT, _SMALLER, _GREATER = (  # three looks at an index; one with "or" reads all of a workspace's
    _OWN.where(condition).scalar_subquery()
    for condition in (
        memories.c.embedder_id.is_(None),
        memories.c.embedder_id < bindparam("embedder"),
        memories.c.embedder_id > bindparam("embedder"),
    )
)
_COUNTS = select(workspaces.c.workspace, (_WITHOUT + _SMALLER + _GREATER).label("lacking")).subquery()
_LACKING = select(_COUNTS).where(_COUNTS.c.lacking > 0).order_by(_COUNTS.c.workspace)
