"""A server's database at each schema that landed, with the rows of its frozen file, is upgraded, sound, and sealed."""

import lzma
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import func, select
from sqlalchemy.engine import URL

from reflection.store.database import migrate, postgres
from reflection.store.database.connections import Database
from reflection.store.database.open import open_database
from reflection.store.maintenance import copying
from reflection.store.maintenance.agreement import contradictions
from reflection.store.maintenance.sealing import seal_rest, unsealed_rows
from reflection.store.maintenance.verify import verify

FROZEN = Path(__file__).parents[1] / "store" / "frozen"
SCHEMAS = sorted(FROZEN.glob("*.schema.xz"))


def _filled(file: Path, target: URL) -> dict[str, int]:
    """A server's database at the schema of a file, with its rows; how many by table."""
    with closing(Database(URL.create("sqlite", database=str(file)))) as source, closing(Database(target)) as server:
        revision = migrate.current(source)
        assert revision is not None
        migrate.upgrade(server, revision)
        with source.read() as original, server.write() as copy:
            tables = copying._tables(copy)
            for table in tables:
                names = [column.name for column in table.columns]
                postgres.load(copy, table.name, names, copying._rows(original, table))
            copying._number_on(original, copy, tables)
        return _counts(server)


def _counts(database: Database) -> dict[str, int]:
    with database.read() as connection:
        return {
            table.name: connection.execute(select(func.count()).select_from(table)).scalar_one()
            for table in copying._tables(connection)
        }


@pytest.mark.parametrize("frozen", SCHEMAS, ids=[path.name[:11] for path in SCHEMAS])
def test_a_database_of_every_schema_is_upgraded_loses_no_row_and_is_sealed(
    frozen: Path, tmp_path: Path, empty: URL
) -> None:
    (tmp_path / "frozen.sqlite").write_bytes(lzma.decompress(frozen.read_bytes()))
    before = _filled(tmp_path / "frozen.sqlite", empty)

    with closing(open_database(empty)) as database:
        after = _counts(database)
        assert {name: after[name] for name in before} == before
        assert verify(database) == contradictions(database) == []
        assert unsealed_rows(database) == seal_rest(database) > 0
        assert unsealed_rows(database) == seal_rest(database) == 0
        assert verify(database) == contradictions(database) == []
