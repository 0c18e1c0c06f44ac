"""Filled databases are what the engine itself would have written: sound, searchable, and as large in every table."""

import os
import sqlite3
import sys
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import orjson
import pytest
from rich.progress import Progress

from reflection.cli import main
from reflection.domain.evidence import decode, encode
from reflection.memory.local import LocalIndex
from reflection.memory.packaged_model import PackagedEmbedder
from reflection.memory.vectors import Where
from reflection.store.campaigns import SqlStore
from reflection.store.database.connections import Database
from reflection.store.database.open import open_database
from reflection.store.maintenance.verify import verify
from reflection.store.memories import MemoryRows

TEMPLATES, SIZE = 6, 24
PER_CAMPAIGN = ("campaign_revisions", "campaigns", "performance_logs", "evidence", "memories", "forecasts", "insights")


def command(name: str, environment: Mapping[str, str]) -> None:
    """What the filling runs as a process, in this one."""
    with pytest.MonkeyPatch.context() as patch:
        for variable in environment.keys() - os.environ.keys():
            patch.setenv(variable, environment[variable])
        patch.setattr(sys, "argv", ["reflection", name])
        with pytest.raises(SystemExit) as ended:
            main.main()
    assert not ended.value.code


@pytest.fixture(scope="module")
def path(filling: ModuleType, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """24 campaigns, 18 of them copies."""
    path = tmp_path_factory.mktemp("filled") / "reflection.db"
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("MARKO_", "OPENAI_"))}
    environment |= {
        "MARKO_DATABASE_PATH": str(path),
        "MARKO_OUTPUT_DIR": str(path.parent / "output"),
        "MARKO_WEIGHTS_PATH": str(path.parent / "weights.json"),
        "MARKO_VECTOR_BACKEND": "local",
    }
    patch = pytest.MonkeyPatch()
    patch.setattr(filling, "TEMPLATES", TEMPLATES)
    patch.setattr(filling, "_run", command)
    with Progress(disable=True) as progress:
        filling.fill(path, SIZE, environment, progress)
    patch.undo()
    return path


def asked(path: Path, question: str, *values: Any) -> list[tuple[Any, ...]]:
    database = sqlite3.connect(path)
    try:
        return database.execute(question, values).fetchall()
    finally:
        database.close()


def test_the_engine_finds_nothing_wrong(path: Path) -> None:
    database = Database(path)
    try:
        assert verify(database) == []
    finally:
        database.close()


def test_the_schema_is_the_one_of_a_new_database(path: Path, tmp_path: Path) -> None:
    open_database(tmp_path / "new.db").close()
    question = "SELECT type, name, tbl_name, sql FROM sqlite_master ORDER BY 1, 2"

    assert asked(path, question) == asked(tmp_path / "new.db", question)
    assert asked(path, "PRAGMA journal_mode") == [("wal",)]


@pytest.mark.parametrize("table", PER_CAMPAIGN)
def test_every_table_of_an_analysis_grows_with_the_campaigns(path: Path, table: str) -> None:
    templates, copies = asked(
        path,
        f"SELECT coalesce(sum(campaign_id NOT LIKE 'k%'), 0), coalesce(sum(campaign_id LIKE 'k%'), 0) FROM {table}",
    )[0]

    assert templates > 0
    assert copies == templates * (SIZE // TEMPLATES - 1)


def test_a_copys_signals_are_those_of_its_template(path: Path) -> None:
    question = "SELECT signal_key FROM campaign_signals WHERE workspace = 'default' AND campaign_id = ? ORDER BY 1"

    assert asked(path, question, "k00002 c3") == asked(path, question, "c3") != []


def test_a_copys_evidence_is_another_draw_of_its_template_in_the_ledgers_own_form(path: Path) -> None:
    question = "SELECT payload FROM evidence WHERE campaign_id = ?"
    template, first, second = (decode(asked(path, question, name)[0][0]) for name in ("c1", "k00001 c1", "k00002 c1"))

    assert (first.campaign_id, first.platform_key) == ("k00001 c1", template.platform_key)
    assert first.actual.impressions == template.actual.impressions
    assert len({template.actual.clicks, first.actual.clicks, second.actual.clicks}) > 1
    assert [cell.counts for cell in first.cells] == [first.actual]
    assert encode(first) == asked(path, question, "k00001 c1")[0][0]


def test_a_copy_names_itself_wherever_a_campaign_is_named(path: Path) -> None:
    body, memory_id, metadata = asked(
        path,
        "SELECT c.body, c.memory_id, m.metadata FROM campaigns AS c JOIN memories AS m USING (workspace, memory_id) "
        "WHERE c.campaign_id = 'k00003 c5'",
    )[0]

    assert memory_id == "campaign:k00003 c5"
    assert orjson.loads(body)["campaign_id"] == orjson.loads(metadata)["campaign_id"] == "k00003 c5"


def test_a_copy_is_found_by_its_name_and_by_its_vector(path: Path) -> None:
    database, space = Database(path), PackagedEmbedder().space
    try:
        rows = MemoryRows(database)
        index = LocalIndex(rows)
        name = "campaign:k00002 c4"
        vector = rows.fetch("default", [name])[name].vector

        assert (name, pytest.approx(1.0)) == index.search("default", space, vector, 1, Where())[0]
        assert np.linalg.norm(vector) == pytest.approx(1.0)
        assert sum(found.startswith("campaign:k00002") for found, _ in rows.lexical("default", "k00002", limit=50)) == 6
        assert rows.missing("default", space.id) == []
    finally:
        database.close()


def test_everything_has_been_learnt(path: Path) -> None:
    database = Database(path)
    try:
        store = SqlStore(database)
        known = store.knowledge("default")

        assert known.campaigns + len(known.held) == SIZE
        assert known.seq == store.last_seq("default")
    finally:
        database.close()


def test_a_database_counts_as_filled_until_it_has_grown(filling: ModuleType, path: Path, tmp_path: Path) -> None:
    assert filling.stored_in(path) == SIZE
    assert filling.is_filled(path, SIZE)
    assert filling.is_filled(path, int(SIZE / 1.04))
    assert not filling.is_filled(path, SIZE // 2)
    assert not filling.is_filled(tmp_path / "reflection.db", SIZE)


def test_a_database_that_was_not_filled_to_the_end_does_not_count(
    filling: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(filling, "TEMPLATES", 1)
    monkeypatch.setattr(filling, "copy_rows", killed)
    monkeypatch.setattr(filling, "_run", lambda *_: None)
    path = tmp_path / "reflection.db"
    with pytest.raises(KeyboardInterrupt), Progress(disable=True) as progress:
        filling.fill(path, 2, {}, progress)

    assert filling.stored_in(path) == 1
    assert not filling.is_filled(path, 2)


def test_what_a_real_database_has_learnt_is_read_from_it(
    filling: ModuleType, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ran: list[str] = []
    monkeypatch.setattr(filling, "_run", lambda name, _: ran.append(name))
    monkeypatch.setattr(filling, "MARGIN_SECONDS", 0)
    monkeypatch.setattr(filling, "patience", lambda campaigns: (0.5 * campaigns, 1e6 * campaigns))

    filling.prepare(path, {}, 11)
    assert ran == []
    filling.prepare(path, {}, 12)
    assert ran == ["relearn"]


@pytest.mark.parametrize(
    ("campaigns", "behind", "age", "learns"),
    [
        (640, 0, 0, True),
        (100_000, 100, 0, False),
        (100_000, 600, 0, True),
        (1_000_000, 9_000, 0, False),
        (1_000_000, 0, 8_000, False),
        (1_000_000, 0, 9_500, True),
    ],
)
def test_what_would_be_learnt_while_measuring_is_learnt_before(
    filling: ModuleType,
    monkeypatch: pytest.MonkeyPatch,
    campaigns: int,
    behind: int,
    age: int,
    learns: bool,
) -> None:
    as_of = (datetime.now(UTC) - timedelta(seconds=age)).isoformat()
    ran: list[str] = []
    monkeypatch.setattr(filling, "stored_in", lambda _: campaigns)
    monkeypatch.setattr(filling, "_asked", lambda *_: (as_of, behind))
    monkeypatch.setattr(filling, "_run", lambda name, _: ran.append(name))

    filling.prepare(Path("reflection.db"), {}, 500)

    assert ran == (["relearn"] if learns else [])
