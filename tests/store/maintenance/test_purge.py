"""Purging a workspace leaves nothing of it, and nothing of another one changes."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import inspect

from reflection.domain.knowledge import Knowledge
from reflection.domain.ports import AnalysisRecord, ForecastRow
from reflection.errors import Conflict
from reflection.store.campaigns import SqlStore
from reflection.store.database.connections import Database
from reflection.store.maintenance.purge import purge_workspace, remaining
from reflection.store.maintenance.verify import verify
from reflection.store.projections.artifacts import ArtifactFolder
from reflection.store.projections.outbox import Outbox
from reflection.store.projections.publisher import OutboxPublisher

Make = Callable[..., AnalysisRecord]
CANARY = "canaryword"


def _fill(store: SqlStore, record: Make, workspace: str) -> None:
    forecast = ForecastRow("planner", "1", "2026-01-01", "ctr", 0.1)
    for version in (1, 2):
        store.save_analysis(
            record(
                CANARY,
                workspace=workspace,
                version=version,
                expected_revision=version - 1,
                forecasts=(forecast,),
                idempotency_key=f"key {version}",
            )
        )
    store.save_knowledge(workspace, Knowledge(epoch=1, seq=1), {"weights.json": b"{}"})


@pytest.fixture
def publisher(database: Database, tmp_path: Path) -> OutboxPublisher:
    folder = ArtifactFolder(database, tmp_path / "output", tmp_path / "weights" / "weights.json")
    return OutboxPublisher(Outbox(database), {"artifacts": folder}, tmp_path / "lock")


def test_nothing_of_a_purged_workspace_is_left(
    store: SqlStore, database: Database, publisher: OutboxPublisher, record: Make, tmp_path: Path
) -> None:
    _fill(store, record, "purged")
    publisher.publish_pending()
    assert "evidence" in remaining(database, "purged")

    removed = purge_workspace(database, "purged", "2026-04-01")
    publisher.publish_pending()

    assert removed > 15
    assert remaining(database, "purged") == {}
    assert store.workspaces() == []
    assert not list((tmp_path / "output").iterdir())
    assert verify(database) == []
    if database.is_file:  # a server's files are the server's
        database.close()
        assert CANARY.encode() not in database.path.read_bytes()


def test_another_workspace_is_as_it_was(
    store: SqlStore, database: Database, record: Make, tables: Callable[[], dict[str, list[tuple[Any, ...]]]]
) -> None:
    _fill(store, record, "kept")
    before = tables()
    _fill(store, record, "purged")

    purge_workspace(database, "purged", "2026-04-01")
    Outbox(database).mark_published([e for e in Outbox(database).pending("artifacts") if e.workspace == "purged"])

    after = tables()
    for name in before:
        if not name.startswith("memories_fts"):
            assert after[name] == before[name], name
    assert verify(database) == []


def test_history_is_guarded_again_afterwards(store: SqlStore, database: Database, record: Make) -> None:
    _fill(store, record, "kept")
    purge_workspace(database, "purged", "2026-04-01")

    with pytest.raises(Conflict), database.write() as connection:
        connection.exec_driver_sql("DELETE FROM evidence")


def test_the_default_workspaces_weights_go_too(
    store: SqlStore, database: Database, publisher: OutboxPublisher, record: Make, tmp_path: Path
) -> None:
    _fill(store, record, "default")
    publisher.publish_pending()
    assert (tmp_path / "weights" / "weights.json").exists()

    purge_workspace(database, "default", "2026-04-01")
    publisher.publish_pending()

    assert not (tmp_path / "weights").exists()
    assert remaining(database, "default") == {}


def test_the_folder_of_a_workspace_that_never_had_weights_goes_too(
    store: SqlStore, database: Database, publisher: OutboxPublisher, record: Make, tmp_path: Path
) -> None:
    store.save_analysis(record(CANARY, workspace="untaught"))
    publisher.publish_pending()
    assert [path.name for path in (tmp_path / "output").iterdir()] == ["@untaught"]

    purge_workspace(database, "untaught", "2026-04-01")
    publisher.publish_pending()

    assert not list((tmp_path / "output").iterdir())
    assert remaining(database, "untaught") == {}


def test_every_table_that_could_hold_a_workspaces_rows_names_the_workspace(database: Database) -> None:
    """Or purging would pass it over: the others hold the schema's version, lists of workspaces, or the words' index."""
    with database.read() as connection:
        inspector = inspect(connection)
        without = {
            name
            for name in inspector.get_table_names()
            if "workspace" not in {column["name"] for column in inspector.get_columns(name)}
        }

    assert {name for name in without if not name.startswith(("sqlite_", "memories_fts"))} == {"alembic_version"}
