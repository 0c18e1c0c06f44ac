"""Purging a workspace leaves nothing of it, and nothing of another one changes."""

import itertools
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import inspect, select

from reflection.domain.knowledge import Knowledge
from reflection.domain.ports import AnalysisRecord, ForecastRow
from reflection.errors import Conflict, Unavailable
from reflection.store.campaigns import SqlStore
from reflection.store.database import sqlite_scrub
from reflection.store.database.connections import Database
from reflection.store.database.turns import turns
from reflection.store.maintenance import purge
from reflection.store.maintenance.purge import Purge, purge_workspace, remaining
from reflection.store.maintenance.verify import verify
from reflection.store.projections.artifacts import ArtifactFolder
from reflection.store.projections.outbox import Outbox
from reflection.store.projections.publisher import OutboxPublisher
from reflection.store.tables.campaigns import campaigns

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


class Mirror:
    """Vectors elsewhere; something may happen while they are purged."""

    def __init__(self) -> None:
        self.meanwhile: Callable[[], object] = list

    def purge(self, _workspace: str) -> None:
        self.meanwhile()


@pytest.fixture
def mirror() -> Mirror:
    return Mirror()


@pytest.fixture
def whole(database: Database, publisher: OutboxPublisher, mirror: Mirror, tmp_path: Path) -> Purge:
    folder = ArtifactFolder(database, tmp_path / "output", tmp_path / "weights" / "weights.json")
    return Purge(database, mirror, publisher, folder)


def places_of_canary(folder: Path) -> list[str]:
    """Every file below a folder that holds the purged workspace's texts, or is named by them."""
    return [
        path.name
        for path in folder.rglob("*")
        if CANARY in str(path.relative_to(folder)) or (path.is_file() and CANARY.encode() in path.read_bytes())
    ]


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


@pytest.mark.sqlite
def test_no_byte_is_left_beside_a_running_server_whatever_was_deleted_before_without_overwriting(
    store: SqlStore, database: Database, publisher: OutboxPublisher, whole: Purge, record: Make, tmp_path: Path
) -> None:
    server = Database(database.path)  # whose connections stay open
    _fill(store, record, "kept")
    _fill(store, record, "purged")
    publisher.publish_pending()
    with server.read() as connection:
        connection.exec_driver_sql("SELECT count(*) FROM campaigns").fetchall()
    server.data_version()
    other = sqlite3.connect(database.path)
    other.execute("PRAGMA secure_delete=OFF")
    other.execute("DELETE FROM insights WHERE workspace = 'purged'")
    other.commit()
    other.close()
    for workspace in ("purged", "kept"):
        assert whole.all_of(workspace, "2026-04-01", scrubbed=True).left == ()

    assert places_of_canary(tmp_path) == []
    assert verify(database) == []
    server.close()


@pytest.mark.sqlite
def test_what_a_reader_still_holds_is_said_and_gone_with_the_next_purge(
    store: SqlStore, database: Database, whole: Purge, record: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(purge, "READERS_SECONDS", 0.0)
    _fill(store, record, "purged")
    with database.read() as connection:
        connection.exec_driver_sql("SELECT count(*) FROM campaigns").fetchall()
        (left,) = whole.all_of("purged", "2026-04-01", scrubbed=True).left
    assert "write-ahead log" in left

    assert whole.all_of("purged", "2026-04-01", scrubbed=True).left == ()
    assert places_of_canary(tmp_path) == []


@pytest.mark.sqlite
def test_a_large_file_is_written_anew_only_while_nobody_else_has_it_open(
    store: SqlStore, database: Database, whole: Purge, record: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite_scrub, "SMALL_PAGES", 0)
    _fill(store, record, "purged")
    server = Database(database.path)
    with server.read() as connection:
        connection.exec_driver_sql("SELECT count(*) FROM campaigns").fetchall()

    (left,) = whole.all_of("purged", "2026-04-01", scrubbed=True).left
    assert "while no server is running" in left
    assert places_of_canary(tmp_path) == [], "rows are overwritten as they go, their words and the log with them"

    server.close()
    assert whole.all_of("purged", "2026-04-01", scrubbed=True).left == ()
    assert verify(database) == []
    with database.read() as connection:
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar_one() == "wal"


@pytest.mark.sqlite
def test_a_file_that_was_moved_meanwhile_is_not_said_to_be_clean(
    store: SqlStore, database: Database, whole: Purge, mirror: Mirror, record: Make
) -> None:
    _fill(store, record, "purged")
    mirror.meanwhile = lambda: database.path.rename(database.path.with_name("moved.db"))

    with pytest.raises(Unavailable, match="moved"):
        whole.all_of("purged", "2026-04-01", scrubbed=True)

    assert not database.path.exists()
    with pytest.raises(Unavailable, match="moved"):
        database.scrub(turns(), 0.0)
    assert not database.path.exists(), "no other file is made in its place"


@pytest.mark.sqlite
def test_killed_after_any_transaction_it_is_run_again_and_leaves_nothing(
    store: SqlStore, database: Database, whole: Purge, record: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(purge, "PORTION", 2)
    left = 0

    def turns() -> Iterator[None]:
        nonlocal left
        while True:
            left -= 1
            if not left:
                raise KeyboardInterrupt
            yield

    monkeypatch.setattr(purge, "turns", turns)
    for killed in itertools.count(1, 23):
        _fill(store, record, "purged")
        left = killed
        try:
            whole.all_of("purged", "2026-04-01", scrubbed=True)
            break
        except KeyboardInterrupt:
            assert whole.all_of("purged", "2026-04-01", scrubbed=True).left == ()
            assert places_of_canary(tmp_path) == []
            assert verify(database) == []
    assert killed > 50, "so many transactions it takes"


@pytest.mark.sqlite
def test_killed_in_the_middle_it_is_run_again_and_leaves_nothing(
    store: SqlStore, database: Database, publisher: OutboxPublisher, whole: Purge, record: Make, tmp_path: Path
) -> None:
    _fill(store, record, "purged")
    publisher.publish_pending()
    purge_workspace(database, "purged", "2026-04-01")  # killed here; and somebody lost the outbox, too
    Outbox(database).settle(Outbox(database).pending("artifacts"), {})
    assert store.workspaces() == []
    assert places_of_canary(tmp_path / "output")

    assert whole.all_of("purged", "2026-04-01", scrubbed=True).left == ()

    assert places_of_canary(tmp_path) == []
    assert not list((tmp_path / "output").iterdir())


def test_what_is_sent_meanwhile_is_said(store: SqlStore, whole: Purge, mirror: Mirror, record: Make) -> None:
    _fill(store, record, "purged")
    mirror.meanwhile = lambda: store.save_analysis(record("sent meanwhile", workspace="purged"))

    (left,) = whole.all_of("purged", "2026-04-01", scrubbed=False).left

    assert "written meanwhile" in left


@pytest.mark.parametrize("numbers", [itertools.count(), itertools.cycle(range(3))], ids=["others", "the same again"])
def test_what_is_sent_between_any_two_portions_stays_for_the_next_purge_and_all_else_goes(
    store: SqlStore, database: Database, record: Make, monkeypatch: pytest.MonkeyPatch, numbers: Iterator[int]
) -> None:
    """A campaign that came after the tables that refer to campaigns were emptied is no contradiction.

    Nor is one that is sent again while some of what it had is there: whoever sends it hears of no conflict.
    """
    store.save_many([record(f"early {number}") for number in range(20)])

    def turns_with_posts() -> Iterator[None]:
        for turn in turns():
            store.save_analysis(record(f"late {next(numbers)}"))
            yield turn

    monkeypatch.setattr(purge, "turns", turns_with_posts)
    purge_workspace(database, "default", "2026-04-01")

    with database.read("default") as connection:
        stored = list(connection.execute(select(campaigns.c.campaign_id)).scalars())
    assert stored
    assert {name.split()[0] for name in stored} == {"late"}

    monkeypatch.setattr(purge, "turns", turns)
    purge_workspace(database, "default", "2026-04-01")

    assert remaining(database, "default").keys() == {"outbox"}


def test_a_fit_under_way_stores_nothing_of_what_was_purged(store: SqlStore, database: Database, record: Make) -> None:
    _fill(store, record, "purged")
    end = store.last_seq("purged")
    fitted = Knowledge(epoch=2, seq=end)
    purge_workspace(database, "purged", "2026-04-01")
    for version in range(1, end + 2):
        store.save_analysis(record("new", workspace="purged", version=version, expected_revision=version - 1))
    assert store.last_seq("purged") > end

    assert store.save_knowledge("purged", fitted, {"weights.json": b"{}"}, rests_on=end) is False

    assert store.knowledge("purged").seq == 0
    last = store.last_seq("purged")
    assert store.save_knowledge("purged", Knowledge(seq=last), {"weights.json": b"{}"}, rests_on=last)


def test_another_workspace_is_as_it_was(
    store: SqlStore, database: Database, record: Make, tables: Callable[[], dict[str, list[tuple[Any, ...]]]]
) -> None:
    _fill(store, record, "kept")
    before = tables()
    _fill(store, record, "purged")

    purge_workspace(database, "purged", "2026-04-01")
    Outbox(database).settle([e for e in Outbox(database).pending("artifacts") if e.workspace == "purged"], {})

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
    """Or purging would pass it over: the others hold the schema's version, notes under digests of names that end with
    the day, or the words' index."""
    with database.read() as connection:
        inspector = inspect(connection)
        without = {
            name
            for name in inspector.get_table_names()
            if "workspace" not in {column["name"] for column in inspector.get_columns(name)}
        }

    assert {name for name in without if not name.startswith(("sqlite_", "memories_fts"))} == {
        "alembic_version",
        "board_notes",
    }
