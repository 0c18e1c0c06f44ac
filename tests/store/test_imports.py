"""The register of imports: claims survive a restart, remember what was there before, and follow the import's state."""

from collections.abc import Callable
from typing import Any

import orjson
import pytest
from sqlalchemy import inspect

from reflection.ingest.jobs.register import (
    DONE,
    NEW,
    REFUSED,
    REPLACED,
    RETRACTED,
    RUNNING,
    UNDOING,
    UNDONE,
    Claim,
    Days,
    KeptFile,
    Outcome,
    PendingImport,
    PlannedCampaign,
)
from reflection.store.database.connections import Database
from reflection.store.database.open import open_database
from reflection.store.database.seals import resealed
from reflection.store.imports import ImportRows
from reflection.store.maintenance.purge import purge_workspace, remaining
from reflection.store.row_values import packed
from reflection.store.tables.imports import OF_ANY_CAMPAIGN, import_campaigns, import_days

W, LATER = "default", "2026-04-01T00:00:01.000+00:00"
NOW = "2026-04-01T00:00:00.000+00:00"


def planned(*names: str, content: str = "a") -> list[PlannedCampaign]:
    return [PlannedCampaign(name, f"hash-{name}-{content}", f'{{"campaign_id":"{name}"}}'.encode()) for name in names]


@pytest.fixture
def register(database: Database) -> ImportRows:
    return ImportRows(database)


def begin(register: ImportRows, import_id: str, *names: str, **changes: Any) -> None:
    days = changes.pop("days", [])
    register.begin(changes.pop("workspace", W), import_id, b'{"rows":1}', planned(*names, **changes), days, NOW)


def test_what_was_registered_is_read_back_from_the_file_by_another_process(database: Database) -> None:
    begin(ImportRows(database), "imp_1", "a", "b", "c")
    other = open_database(database.url)

    entry = ImportRows(other).entry(W, "imp_1")
    claims = ImportRows(other).unsettled(W, "imp_1", 2)
    other.close()

    assert entry is not None
    assert (entry.state, entry.done, entry.total, entry.verdict) == (RUNNING, 0, 3, b'{"rows":1}')
    assert [(claim.campaign_id, body) for claim, body in claims] == [
        ("a", b'{"campaign_id":"a"}'),
        ("b", b'{"campaign_id":"b"}'),
    ]


def test_settled_claims_are_counted_and_not_given_out_again(register: ImportRows) -> None:
    begin(register, "imp_1", "a", "b", "c")

    register.settle(W, "imp_1", [Outcome("a", NEW), Outcome("c", REFUSED, "too odd")], LATER)

    entry = register.entry(W, "imp_1")
    assert entry is not None
    assert (entry.done, entry.total, dict(entry.counts), entry.updated_at) == (2, 3, {NEW: 1, REFUSED: 1}, LATER)
    assert [claim.campaign_id for claim, _ in register.unsettled(W, "imp_1", 10)] == ["b"]
    assert register.details(W, "imp_1", 10) == [
        {"campaign_id": "c", "change": REFUSED, "undone": "", "detail": "too odd"}
    ]


def test_the_same_import_again_starts_again_but_remembers_what_was_there_before_it(register: ImportRows) -> None:
    begin(register, "imp_1", "a", "b")
    register.note_before(W, [Claim("imp_1", "a", "hash-a-a", ("oldest", "old")), Claim("imp_1", "b", "hash-b-a", ())])
    register.settle(W, "imp_1", [Outcome("a", REPLACED), Outcome("b", NEW)], LATER)

    begin(register, "imp_1", "a", content="a")
    same = [claim for claim, _ in register.unsettled(W, "imp_1", 10)]
    begin(register, "imp_1", "a", content="other")
    other = [claim for claim, _ in register.unsettled(W, "imp_1", 10)]

    assert [(claim.before, claim.brought_it) for claim in same] == [(("oldest", "old"), True)]
    assert [(claim.before, claim.brought_it) for claim in other] == [(None, False)]


def test_a_state_changes_only_from_the_state_that_was_meant(register: ImportRows) -> None:
    begin(register, "imp_1", "a")

    assert register.change_state(W, "imp_1", UNDOING, LATER, only=RUNNING)
    assert not register.change_state(W, "imp_1", DONE, LATER, only=RUNNING)
    assert not register.change_state(W, "no-such", DONE, LATER)

    entry = register.entry(W, "imp_1")
    assert entry is not None
    assert entry.state == UNDOING


def test_the_oldest_import_that_is_not_done_with_waits_whoever_registered_it(register: ImportRows) -> None:
    for import_id, workspace in (("imp_1", W), ("imp_2", "acme"), ("imp_3", W)):
        begin(register, import_id, "a", workspace=workspace)
    register.change_state(W, "imp_1", DONE, LATER)

    assert register.waiting() == PendingImport("acme", "imp_2", RUNNING)
    register.change_state("acme", "imp_2", UNDONE, LATER)
    register.change_state(W, "imp_3", UNDOING, LATER)
    assert register.waiting() == PendingImport(W, "imp_3", UNDOING)
    register.change_state(W, "imp_3", UNDONE, LATER)
    assert register.waiting() is None


def test_claims_on_a_campaign_come_in_the_order_of_imports_with_whether_they_still_hold(register: ImportRows) -> None:
    for import_id, content in (("imp_z", "a"), ("imp_a", "b"), ("imp_m", "c")):
        begin(register, import_id, "shared", import_id, content=content)
    register.change_state(W, "imp_a", UNDONE, LATER)

    claims = register.claims_on(W, ["shared"])

    assert [(claim.import_id, claim.in_force) for claim in claims] == [
        ("imp_z", True),
        ("imp_a", False),
        ("imp_m", True),
    ]
    assert register.claims_on("acme", ["shared"]) == []


def test_days_are_those_of_imports_in_force_the_latest_last(register: ImportRows) -> None:
    day = ["brand", "2026-03-01", "2026-03-01", 1.0, 2.0, None, 3.0, None]
    for number in (1, 2, 3):
        rows = [[*day[:3], float(number), *day[4:]]]
        begin(register, f"imp_{number}", "a", days=[Days("meta", "Meta", rows)])
    register.change_state(W, "imp_2", UNDONE, LATER)
    register.change_state(W, "imp_1", DONE, LATER)

    assert [item.rows[0][3] for item in register.days(W)] == [3.0, 1.0]
    assert {(item.currency, item.mixed) for item in register.days(W)} == {(None, True)}, "no amount could be added up"
    begin(register, "imp_3", "a")
    assert [item.rows[0][3] for item in register.days(W)] == [1.0]


def test_the_days_of_some_campaigns_are_read_alone(register: ImportRows) -> None:
    lines = [[name, "2026-03-01", "2026-03-01", 1.0, 2.0, None, 3.0, None] for name in ("brand", "dogs", "x" * 5_000)]
    head = {"counted": "", "as_of": "2026-04-01", "making": {}, "kinds": {"key": "String"}}
    rows = {name: [[name]] for name in ("brand", "key of dogs")}
    begin(register, "imp_1", "a", days=[Days("meta", "Meta", lines, files=(KeptFile(rows, **head),))])
    begin(register, "imp_2", "a", days=[Days("meta", "Meta", lines[1:2])])

    def read(*names: str) -> list[tuple[list[str], list[str]]]:
        days = register.days(W, names)
        return [([row[0] for row in one.rows], [key for file in one.files for key in file.rows]) for one in days]

    assert read("brand") == [(["brand"], ["brand"])]
    assert read("dogs", "key of dogs") == [(["dogs"], ["key of dogs"]), (["dogs"], [])]
    assert read("x" * 5_000) == [(["x" * 5_000], [])]
    assert read("nobody") == []
    assert [len(one.rows) for one in register.days(W)] == [3, 1]


def test_an_import_of_before_campaigns_were_kept_apart_is_read_whichever_is_asked_for(
    register: ImportRows, database: Database
) -> None:
    """As the migration leaves it: all days in one body, and a mark of any campaign."""
    line = ["brand", "2026-03-01", "2026-03-01", 1.0, 2.0, None, 3.0, None]
    begin(register, "imp_1", "a", days=[Days("meta", "Meta", [line])])
    with database.write(W) as connection:
        whole = packed(orjson.dumps({"rows": [line], "files": []}))
        connection.execute(import_days.update().values(resealed(import_days, body=whole)))
        connection.execute(
            import_campaigns.update().values(resealed(import_campaigns, campaign=OF_ANY_CAMPAIGN, body=b""))
        )

    assert [one.rows for one in register.days(W, ["dogs"])] == [[line]]
    assert register.days(W, ["brand"]) == register.days(W)


def test_what_is_taken_back_is_not_given_out_again(register: ImportRows) -> None:
    begin(register, "imp_1", "a", "b")
    register.settle(W, "imp_1", [Outcome("a", NEW), Outcome("b", NEW)], LATER)

    register.settle(W, "imp_1", [Outcome("a", RETRACTED, undone=True)], LATER)

    entry = register.entry(W, "imp_1")
    assert entry is not None
    assert dict(entry.counts) == {NEW: 2, RETRACTED: 1}
    assert [claim.campaign_id for claim in register.not_taken_back(W, "imp_1", 10)] == ["b"]


def test_a_workspace_sees_and_purges_its_own_imports_only(register: ImportRows, database: Database) -> None:
    begin(register, "imp_1", "a", days=[Days("meta", "Meta", [])])
    begin(register, "imp_1", "a", "b", workspace="acme", days=[Days("meta", "Meta", [])])

    purge_workspace(database, W, NOW)

    assert remaining(database, W) == {} or set(remaining(database, W)) == {"outbox"}
    assert register.entry(W, "imp_1") is None
    kept = register.entry("acme", "imp_1")
    assert kept is not None
    assert kept.total == 2
    assert [entry.import_id for entry in register.entries("acme", 5)] == ["imp_1"]


def test_more_campaigns_than_one_statement_takes(register: ImportRows) -> None:
    names = [f"c{number:04d}" for number in range(1_201)]
    begin(register, "imp_1", *names)

    assert len(register.claims_on(W, names)) == len(names)
    assert [claim.campaign_id for claim, _ in register.unsettled(W, "imp_1", 3)] == names[:3]


def test_the_migration_makes_what_the_tables_say(database: Database, tables: Callable[[], dict[str, Any]]) -> None:
    from reflection.store.tables.imports import import_claims, imports

    with database.read() as connection:
        for table in (imports, import_claims, import_days, import_campaigns):
            found = inspect(connection).get_columns(table.name)
            assert [(column["name"], column["nullable"]) for column in found] == [
                (column.name, column.nullable) for column in table.columns
            ]
