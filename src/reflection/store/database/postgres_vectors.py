"""Postgres' extension `vector` (pgvector): tables of copies of vectors, their index, and what is asked of them.

Statements only; who runs them when is in `store.server_vectors`. The tables are made by no migration, because a
database may lack the extension: of the engine's own tables they only read `memories` and `workspaces`.
Must not know which workspace is large, nor what a vector means.
"""

from typing import Any

from sqlalchemy import TextClause, text
from sqlalchemy.dialects.postgresql.base import ischema_names
from sqlalchemy.types import UserDefinedType

TABLES = ("vector_copies", "vector_spaces")
_INDEX = "ix_vector_copies_space_"


class _Halfvec(UserDefinedType[Any]):
    """What the database calls halfvec, for those who look at its columns (a purge does)."""

    cache_ok = True

    def __init__(self, dimensions: int | None = None) -> None:
        self.dimensions = dimensions

    def get_col_spec(self, **_more: Any) -> str:
        return "halfvec"


ischema_names.setdefault("halfvec", _Halfvec)


def index_name(number: int) -> str:
    """The index of one space."""
    return f"{_INDEX}{number}"


def index_ddl(number: int, dimensions: int) -> str:
    """Its making, once the copies are there: that takes a fraction of what adding each to it would."""
    return (
        f"CREATE INDEX {index_name(number)} ON vector_copies USING hnsw "
        f"((vector::halfvec({dimensions})) halfvec_ip_ops) WHERE space = {number}"
    )


def drop_index_ddl(name: str) -> str:
    """Take away an index by its name."""
    return f'DROP INDEX "{name}"'


def nearest(number: int, dimensions: int, conditions: str, *, indexed: bool) -> TextClause:
    """The copies nearest to a vector, with their rows where those have not changed; without the index from all."""
    distance = f"(m.vector::halfvec({dimensions}) <#> (:vector)::halfvec({dimensions}))"
    order = distance if indexed else f"{distance} + 0.0"
    return text(
        f"WITH near AS MATERIALIZED (SELECT m.memory, m.seq FROM vector_copies AS m "
        f"WHERE m.space = {number}{conditions} ORDER BY {order} LIMIT :limit) "
        "SELECT r.memory_id, r.vector FROM near LEFT JOIN memories AS r ON r.id = near.memory AND r.seq = near.seq"
    )


def changed(conditions: str) -> TextClause:
    """Memories that changed after a number, as they are now."""
    return text(
        "SELECT m.memory_id, m.vector FROM memories AS m WHERE m.workspace = :workspace AND m.seq > :seq "
        f"AND m.deleted = 0 AND m.embedder_id = :embedder{conditions} LIMIT :most"
    )


TABLES_DDL = (
    "DROP TABLE IF EXISTS vector_copies",
    "DROP TABLE IF EXISTS vector_spaces",
    'CREATE TABLE vector_spaces (number integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY, workspace text COLLATE "C" '
    'NOT NULL UNIQUE, embedder_id text COLLATE "C" NOT NULL, dimensions integer NOT NULL, '
    "seq bigint NOT NULL DEFAULT 0, made integer NOT NULL DEFAULT 0)",
    'CREATE TABLE vector_copies (memory bigint PRIMARY KEY, workspace text COLLATE "C" NOT NULL, '
    "space integer NOT NULL REFERENCES vector_spaces (number) ON DELETE CASCADE, seq bigint NOT NULL, "
    'kind text COLLATE "C" NOT NULL, platform text COLLATE "C" NOT NULL, objective text COLLATE "C" NOT NULL, '
    '"timestamp" text COLLATE "C" NOT NULL, vector halfvec NOT NULL)',
    "CREATE INDEX ix_vector_copies_filters ON vector_copies (space, kind, platform, objective, timestamp)",
)
EXTENSION = text("SELECT extversion FROM pg_extension WHERE extname = 'vector' AND to_regtype('halfvec') IS NOT NULL")
THERE = text(
    "SELECT 1 FROM pg_attribute WHERE attrelid = to_regclass('vector_copies') AND attname = 'vector' "
    "AND NOT attisdropped"
)
SPACES = text("SELECT number, workspace, embedder_id, dimensions, seq, made FROM vector_spaces ORDER BY number")
HELD = text(
    "SELECT number, workspace, embedder_id, dimensions, seq, made FROM vector_spaces WHERE number = :number FOR UPDATE"
)
LARGE = text(
    "SELECT w.workspace FROM workspaces AS w WHERE EXISTS (SELECT 1 FROM memories AS m WHERE m.workspace = w.workspace "
    "AND m.deleted = 0 AND m.embedder_id = :embedder OFFSET :before) ORDER BY w.workspace"
)
AT = text(
    "SELECT set_config('hnsw.iterative_scan', 'relaxed_order', true), set_config('hnsw.ef_search', :ef, true), "
    "set_config('hnsw.max_scan_tuples', :scanned, true), "
    "(SELECT seq FROM vector_spaces WHERE number = :number AND made = 1) AS seq"
)
CHANGES = text(
    "SELECT id, seq, kind, platform, objective, timestamp, embedder_id, vector, deleted FROM memories "
    "WHERE workspace = :workspace AND seq > :seq ORDER BY seq LIMIT :limit"
)
BEGIN = text(
    "INSERT INTO vector_spaces (workspace, embedder_id, dimensions) VALUES (:workspace, :embedder, :dimensions) "
    "ON CONFLICT DO NOTHING"
)
FORGET = text("DELETE FROM vector_copies WHERE memory = ANY((:memories)::bigint[])")
COPY = text(
    'INSERT INTO vector_copies (memory, workspace, space, seq, kind, platform, objective, "timestamp", vector) '
    "SELECT t.memory, :workspace, :number, t.seq, t.kind, t.platform, t.objective, t.at, t.vector::halfvec "
    "FROM unnest((:ids)::bigint[], (:seqs)::bigint[], (:kinds)::text[], (:platforms)::text[], (:objectives)::text[], "
    "(:timestamps)::text[], (:vectors)::text[]) AS t(memory, seq, kind, platform, objective, at, vector)"
)
MADE = text("UPDATE vector_spaces SET made = 1 WHERE number = :number")
MOVE = text("UPDATE vector_spaces SET seq = :seq WHERE number = :number")
COUNT = text("SELECT count(*) FROM vector_copies WHERE space = :number")
IDS = text(
    "SELECT m.memory_id FROM vector_copies AS c JOIN memories AS m ON m.id = c.memory AND m.seq = c.seq "
    "WHERE c.space = :number"
)
DROP = text("DELETE FROM vector_spaces WHERE :every OR workspace = :workspace")
LEFT = text(
    "SELECT c.relname FROM pg_index JOIN pg_class AS c ON c.oid = indexrelid "
    f"WHERE indrelid = to_regclass('vector_copies') AND c.relname LIKE '{_INDEX}%' "
    f"AND c.relname NOT IN (SELECT '{_INDEX}' || number FROM vector_spaces)"
)
"""Indexes of spaces that are gone, as after a purge."""
