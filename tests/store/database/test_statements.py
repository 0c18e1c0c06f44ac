"""What a statement of both databases does to a table: rows are found by their key, however large the table is."""

import pytest
from sqlalchemy import Table
from sqlalchemy.dialects import postgresql, sqlite

from reflection.store.database.connections import Database
from reflection.store.database.statements import POSTGRES, delete_some
from reflection.store.tables.campaigns import campaign_signals, metadata

TABLES = [table for table in metadata.sorted_tables if table is not campaign_signals and "workspace" in table.c]
"""Those that have row numbers, and workspaces."""


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_a_portion_of_rows_is_deleted_by_where_they_are_and_not_looked_for_in_the_whole_table(
    database: Database, table: Table
) -> None:
    statement = delete_some(table, table.c.workspace == "w", limit=500)
    with database.read("w") as connection:
        if connection.dialect.name == POSTGRES:
            text = statement.compile(dialect=postgresql.dialect(), compile_kwargs={"literal_binds": True})
            plan = [str(row[0]) for row in connection.exec_driver_sql(f"EXPLAIN {text}")]
            outside = [line for line in plan if f"on {table.name} " in line and "Delete" not in line]
        else:
            text = statement.compile(dialect=sqlite.dialect(), compile_kwargs={"literal_binds": True})
            plan = [str(row[3]) for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {text}")]
            outside = plan[:1]

    expected = f"Tid Scan on {table.name} " if connection.dialect.name == POSTGRES else "(rowid=?)"
    assert any(expected in line for line in outside), plan
