"""Shared parts of the store's tests: a real database file, a clock that stands still, analyses to store."""

import lzma
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sqlalchemy import inspect

from reflection.domain.ports import AnalysisRecord, MemoryRecord
from reflection.domain.results import Comparison, Delta, Rates, Statement
from reflection.store.campaigns import SqlStore
from reflection.store.database.connections import Database
from reflection.store.database.open import open_database
from reflection.store.memories import MemoryRows
from reflection.store.snapshot import SqlSnapshot

FROZEN = Path(__file__).parent / "frozen"
NOW = datetime(2026, 3, 29, 10, 0, tzinfo=UTC)


def _record(campaign_id: str = "cmp_1", *, version: int = 1, **changes: Any) -> AnalysisRecord:
    """One analysis; `version` stands for the campaign's content."""
    rates = Rates(ctr=0.02, cvr=0.1, cpa=20.0, roas=None)
    comparison = Comparison(
        campaign_id=campaign_id,
        generated_at=NOW.isoformat(),
        expected_rates=rates,
        actual_rates=rates,
        deltas={"ctr_diff": Delta(0.02, 0.035, 75.0, True)},
        performance_score=100.0 + version,
        summary=("CTR rose",),
        flags=("conversions_above_clicks",),
    )
    fields: dict[str, Any] = {
        "workspace": "default",
        "campaign_id": campaign_id,
        "expected_revision": 0,
        "content_hash": f"hash-{campaign_id}-{version}",
        "campaign_json": f'{{"campaign_id":"{campaign_id}","version":{version}}}',
        "platform": "Meta",
        "objective": "Leads",
        "timestamp": NOW + timedelta(days=version),
        "created_at": (NOW + timedelta(seconds=version)).isoformat(timespec="microseconds"),
        "comparison": comparison,
        "statements": (
            Statement("key_learning", f"CTR rose {version}", ("delta:ctr",), 0.9),
            Statement("anomaly", f"CPA fell {version}", ("delta:cpa",), 0.4),
        ),
        "evidence": f"evidence {campaign_id} {version}".encode(),
        "signal_keys": ("platform:meta", f"audience.age:{version}"),
        "memory": MemoryRecord(
            memory_id=f"campaign:{campaign_id}",
            kind="campaign",
            text=f"students in mumbai saw a video, version{version}",
            platform_name="meta",
            objective_name="leads",
            timestamp=NOW + timedelta(days=version),
            summary=f"summary of {campaign_id}",
            metadata={"outcome": {"roas": 1.5}},
            embedder_id="tiny/1",
            vector=np.array([version, 2.0, 0.5], dtype=np.float32),
        ),
        "answer": (
            f'{{"comparison_report":{{"v":{version}}},"pattern_report":{{}},"insights":{{}},"weights":{{}},'
            f'"answer":"{campaign_id} {version}"}}'
        ).encode(),
    }
    return AnalysisRecord(**{**fields, **changes})


class Clock:
    """A clock that stands where it is put."""

    def __init__(self) -> None:
        self.now = datetime(2026, 1, 1, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    """The clock of what a test makes with it."""
    return Clock()


@pytest.fixture
def record() -> Callable[..., AnalysisRecord]:
    """Makes an analysis: record("cmp_1", version=2, expected_revision=1)."""
    return _record


@pytest.fixture
def database(tmp_path: Path, migrated: Path) -> Iterator[Database]:
    """A migrated database file."""
    shutil.copy(migrated, tmp_path / "store.db")
    database = open_database(tmp_path / "store.db", busy_seconds=5)
    yield database
    database.close()


@pytest.fixture(
    params=["new", *(pytest.param(path.name, marks=pytest.mark.sqlite) for path in sorted(FROZEN.glob("*.db.xz")))]
)
def any_database(request: pytest.FixtureRequest, database: Database, tmp_path: Path) -> Database:
    """A new database, or a frozen one brought to the present tables."""
    if request.param == "new":
        return database
    path = tmp_path / "frozen.db"
    path.write_bytes(lzma.decompress((FROZEN / request.param).read_bytes()))
    return open_database(path)


@pytest.fixture
def store(database: Database) -> SqlStore:
    """A store whose clock stands still."""
    return SqlStore(database, now=lambda: NOW)


@pytest.fixture
def tables(database: Database) -> Callable[[], dict[str, list[tuple[Any, ...]]]]:
    """Every row of every table, to compare whole states."""

    def dump() -> dict[str, list[tuple[Any, ...]]]:
        with database.read() as connection:
            names = inspect(connection).get_table_names()
            return {
                name: sorted(map(tuple, connection.exec_driver_sql(f'SELECT * FROM "{name}"')), key=repr)
                for name in names
            }

    return dump


@pytest.fixture
def rows(database: Database) -> MemoryRows:
    """The memories of that file."""
    return MemoryRows(database)


@pytest.fixture
def snapshot_of(store: SqlStore) -> Iterator[Callable[[str], SqlSnapshot]]:
    """A workspace as it is when asked for."""
    with ExitStack() as snapshots:
        yield lambda workspace: snapshots.enter_context(store.snapshot(workspace))
