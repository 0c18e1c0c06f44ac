"""What may change rows of a server's database unasked, and what shall refuse it and does not, is named by `verify`."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from reflection.store.database.connections import Database
from reflection.store.database.open import open_database
from reflection.store.maintenance.verify import GUARDS, verify

MAKE = "CREATE FUNCTION other() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$"
CASES = [
    ([MAKE, "CREATE TRIGGER t AFTER INSERT ON campaigns EXECUTE FUNCTION other()"], 'DROP TRIGGER "t" ON "campaigns"'),
    (["CREATE RULE r AS ON UPDATE TO weights DO INSTEAD NOTHING"], 'DROP RULE "r" ON "weights"'),
    (
        ["CREATE VIEW report AS SELECT * FROM weights", "CREATE RULE r AS ON DELETE TO report DO INSTEAD NOTHING"],
        'DROP RULE "r" ON "report"',
    ),
    *[
        ([f"DROP TRIGGER {table}_append_only ON {table}"], f"a trigger of {table} is gone or switched off")
        for table in GUARDS
    ],
    (["ALTER TABLE evidence DISABLE TRIGGER USER"], "a trigger of evidence is gone or switched off"),
    (["ALTER TABLE evidence ENABLE REPLICA TRIGGER evidence_append_only"], "a trigger of evidence is gone"),
    (["ALTER TABLE memories DISABLE TRIGGER memories_keep_words"], "a trigger of memories is gone or switched off"),
    (
        [
            "CREATE OR REPLACE FUNCTION reflection_append_only() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN RETURN NEW; END $$"
        ],
        "the function reflection_append_only does something else",
    ),
    (["ALTER TABLE campaigns NO FORCE ROW LEVEL SECURITY"], "rows of campaigns are not walled in"),
    (["CREATE POLICY p ON campaigns USING (true)"], "rows of campaigns are not walled in"),
]


@pytest.fixture
def database(tmp_path: Path, migrated: Path) -> Iterator[Database]:
    (tmp_path / "x.db").write_bytes(migrated.read_bytes())
    with closing(open_database(tmp_path / "x.db", busy_seconds=5)) as database:
        yield database


@pytest.mark.parametrize(("changes", "sentence"), CASES, ids=[changes[-1] for changes, _ in CASES])
def test_what_changes_rows_unasked_is_named(database: Database, changes: list[str], sentence: str) -> None:
    assert verify(database) == []
    with database.write() as connection:
        for change in changes:
            connection.exec_driver_sql(change)

    (problem,) = verify(database)

    assert sentence in problem


def test_a_view_is_nothing_to_name(database: Database) -> None:
    with database.write() as connection:
        connection.exec_driver_sql("CREATE VIEW report AS SELECT * FROM campaigns")

    assert verify(database) == []
