"""Vectors that the server searches: the answers of an exact search in memory, fresh, walled in, and never needed."""

from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import numpy as np
import pytest
from sqlalchemy import create_engine
from sqlalchemy.engine import URL
from tests.on_postgres import new_database
from tests.postgres.fleet import until

from reflection.cli.doctor import vector_remarks
from reflection.domain.campaign import Campaign
from reflection.domain.ports import MemoryRecord
from reflection.errors import Unavailable
from reflection.memory import backends
from reflection.memory.embedders import Space
from reflection.memory.index import Hit, Where
from reflection.memory.local import LocalIndex
from reflection.memory.semantic import SemanticMemory
from reflection.memory.server import ServerIndex
from reflection.settings import Settings
from reflection.store.database.connections import Database
from reflection.store.database.open import open_database
from reflection.store.database.statements import insert_missing, insert_rows
from reflection.store.maintenance.purge import purge_workspace, remaining
from reflection.store.maintenance.verify import verify
from reflection.store.memories import MemoryRows
from reflection.store.server_vectors import ServerVectors
from reflection.store.tables.campaigns import workspaces
from reflection.wiring import Application, build
from reflection.worker.chores import COPIER, Chores

SPACE = Space("drawn", "1", 48, "t")
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
COUNT = 1_500
FILTERS = (
    Where(),
    Where(kind="learning"),
    Where(platform="meta"),
    Where(platform="google", objective="leads", start=NOON.timestamp(), end=(NOON + timedelta(hours=9)).timestamp()),
    Where(platform="nowhere"),
)


@pytest.fixture(scope="module")
def model() -> URL:
    """A database with the extension and this version's tables, to be copied."""
    url = new_database("with_vectors")
    open_database(url).close()
    return url


@pytest.fixture
def url(model: URL) -> URL:
    return new_database(str(model.database))


@pytest.fixture
def database(url: URL) -> Iterator[Database]:
    with closing(open_database(url, busy_seconds=5)) as database:
        yield database


def _vectors(seed: int, count: int) -> np.ndarray:
    """Unit vectors around thirty of them, as texts lie around subjects."""
    rng = np.random.default_rng(seed)
    centres = np.random.default_rng(0).standard_normal((30, SPACE.dimensions))
    drawn = centres[rng.integers(30, size=count)] + 0.7 * rng.standard_normal((count, SPACE.dimensions))
    return (drawn / np.linalg.norm(drawn, axis=1, keepdims=True)).astype(np.float32)


def _record(number: int, vector: np.ndarray) -> MemoryRecord:
    kind = "learning" if number % 40 == 0 else "campaign"
    platform = "" if kind == "learning" else ("meta", "google", "tiktok")[number % 3]
    when = NOON + timedelta(hours=number % 100)
    return MemoryRecord(f"{kind}:{number:05}", kind, "", platform, "leads", when, "", {}, SPACE.id, vector)


def _fill(database: Database, workspace: str, vectors: np.ndarray) -> MemoryRows:
    with database.write(workspace) as connection:
        insert_rows(connection, insert_missing(workspaces), [{"workspace": workspace, "created_at": ""}])
    rows = MemoryRows(database)
    rows.save(workspace, [_record(number, vector) for number, vector in enumerate(vectors)])
    return rows


def _level(rows: MemoryRows, database: Database, **more: Any) -> ServerIndex:
    index = ServerIndex(rows, ServerVectors(database, **more), least=100, look_for_large=0.0)
    index.bring_up(SPACE, lambda: True)
    return index


def _copy(application: Application) -> None:
    """As a worker does."""
    chores = Chores(application, {COPIER})
    chores.start()
    until(lambda: any(space.made for space in ServerVectors(application.database).spaces()), "not made")
    assert chores.stop()


def _share(hits: list[Hit], exact: list[Hit]) -> float:
    """Of the exact nearest, how many came back; what came back has its exact cosine."""
    assert {hit for hit in hits if hit.memory_id in {one.memory_id for one in exact}} <= set(exact)
    return len(set(hits) & set(exact)) / len(exact) if exact else float(not hits)


def test_the_server_finds_what_an_exact_search_in_memory_finds(database: Database) -> None:
    rows = _fill(database, "large", _vectors(1, COUNT))
    _fill(database, "small", _vectors(2, 50))
    index, local = _level(rows, database), LocalIndex(rows)
    for where in FILTERS:
        shares = []
        for question in _vectors(3, 10):
            hits = index.search("large", SPACE, question, 50, where)
            shares.append(_share(hits, local.search("large", SPACE, question, 50, where)))
        assert index.name == "pgvector"
        assert np.mean(shares) >= 0.98, where
    question = _vectors(4, 1)[0]
    assert index.search("small", SPACE, question, 9, Where()) == local.search("small", SPACE, question, 9, Where())
    assert index.name == "local"
    assert index.local.held("large", SPACE) == 0
    names = ["campaign:00001", "learning:00040", "never there"]
    local.search("large", SPACE, question, 1, Where())
    assert index.cosines("large", SPACE, question, names) == local.cosines("large", SPACE, question, names)


def test_what_changed_a_moment_ago_is_found_before_any_worker_has_copied_it(database: Database) -> None:
    vectors = _vectors(1, 200)
    rows = _fill(database, "large", vectors)
    index, question = _level(rows, database), _vectors(5, 1)[0]
    first = index.search("large", SPACE, question, 3, Where())
    rows.delete("large", [first[0].memory_id])
    moved = _record(int(first[1].memory_id.partition(":")[2]), -question)
    rows.save("large", [moved, replace(moved, memory_id="campaign:new", vector=question)])

    hits = index.search("large", SPACE, question, 200, Where())

    assert (hits[0].memory_id, hits[0].cosine, hits[1]) == ("campaign:new", 1.0, first[2])
    assert (hits[-1].memory_id, len(hits)) == (moved.memory_id, 200)
    index.bring_up(SPACE, lambda: True)
    assert index.search("large", SPACE, question, 200, Where()) == hits
    assert index.ids("large", SPACE) == {hit.memory_id for hit in hits}
    assert index.count("large", SPACE) == 200


def test_a_model_of_other_vectors_takes_the_place_of_the_old_one(database: Database) -> None:
    rows, other = _fill(database, "large", _vectors(1, 200)), replace(SPACE, revision="2")
    index = _level(rows, database)
    rows.save("large", [replace(_record(n, v), embedder_id=other.id) for n, v in enumerate(_vectors(6, 200))])
    index.bring_up(other, lambda: True)
    question = _vectors(7, 1)[0]
    assert len(index.search("large", other, question, 5, Where())) == 5
    assert index.name == "pgvector"
    assert [space.embedder_id for space in ServerVectors(database).spaces()] == [other.id]
    assert index.search("large", SPACE, question, 5, Where()) == []


def test_where_no_worker_copies_any_longer_memory_answers_and_says_so(database: Database) -> None:
    class Drawn:
        space = SPACE

        def embed(self, texts: list[str]) -> np.ndarray:
            return _vectors(8, len(texts))

    rows = _fill(database, "large", _vectors(1, 200))
    memory = SemanticMemory(rows, Drawn(), _level(rows, database, tail=10))
    assert memory.search("large", "anything").index == "pgvector"
    rows.save("large", [_record(number, vector) for number, vector in enumerate(_vectors(9, 11), start=500)])
    answer = memory.search("large", "anything")
    assert (answer.index, answer.degraded) == ("local", ["index"])
    assert "wait for a worker" in memory.status()["reasons"]["index"]


def test_copies_stand_behind_the_wall_and_leave_with_their_workspace(database: Database) -> None:
    rows = _fill(database, "large", _vectors(1, 200))
    _fill(database, "other", _vectors(2, 200))
    index = _level(rows, database)
    for workspace, count in (("large", 200), ("nobody", 0), ("*", 400)):
        with database.read(workspace) as connection:
            assert connection.exec_driver_sql("SELECT count(*) FROM vector_copies").scalar_one() == count
    purge_workspace(database, "large", NOON.isoformat())
    index.purge("large")
    assert set(remaining(database, "large")) == {"outbox"}, "which says what files are to be removed"
    with database.read() as connection:
        made = "SELECT count(*) FROM pg_class WHERE relname LIKE 'ix_vector_copies_space_%%'"
        assert connection.exec_driver_sql(made).scalar_one() == 1
    assert index.search("large", SPACE, _vectors(3, 1)[0], 5, Where()) == []
    assert len(index.search("other", SPACE, _vectors(3, 1)[0], 5, Where())) == 5
    assert verify(database) == []


def test_without_the_extension_memory_answers_and_the_operator_is_told(empty: URL) -> None:
    with closing(open_database(empty)) as database:
        rows = _fill(database, "large", _vectors(1, 120))
        index = _level(rows, database)
        assert len(index.search("large", SPACE, _vectors(2, 1)[0], 5, Where())) == 5
        assert index.name == "local"
        assert "no extension vector" in index.place()
        assert [remark.partition(";")[0] for remark in index.remarks(SPACE)] == [
            "each process holds the vectors of large in its memory, at least 1.9e-05 GB"
        ]


def test_an_extension_that_was_dropped_and_made_again_costs_nothing_but_its_copies(database: Database) -> None:
    rows, question = _fill(database, "large", _vectors(1, 200)), _vectors(2, 1)[0]
    index, exact = _level(rows, database), LocalIndex(rows).search("large", SPACE, question, 5, Where())
    assert index.search("large", SPACE, question, 5, Where()) == exact
    superuser = create_engine(database.url.set(username="postgres"), isolation_level="AUTOCOMMIT")
    with superuser.connect() as connection:
        connection.exec_driver_sql("DROP EXTENSION vector CASCADE")
        with pytest.raises(Unavailable):  # which the memory answers from the local index
            index.search("large", SPACE, question, 5, Where())
        assert (index.search("large", SPACE, question, 5, Where()), index.name) == (exact, "local")
        index.bring_up(SPACE, lambda: True)
        connection.exec_driver_sql("CREATE EXTENSION vector")
    superuser.dispose()
    again = _level(rows, database)
    assert (again.search("large", SPACE, question, 5, Where()), again.name) == (exact, "pgvector")


def test_an_application_answers_the_same_from_the_server_and_from_memory(
    url: URL,
    settings_in: Callable[..., Settings],
    history: tuple[Campaign, ...],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Any,
) -> None:
    monkeypatch.setattr(backends, "ServerIndex", partial(ServerIndex, least=10, look_for_large=0.0))
    where = url.render_as_string(hide_password=False)
    with build(settings_in(tmp_path / "own", database_url=where, vector_backend="auto")) as application:
        for campaign in history[:12]:
            application.engine.analyze(campaign)
        before = application.memory.search("default", "students watching video")
        assert before.index == "local"
        _copy(application)
        application.rebuild()
        assert ServerVectors(application.database).spaces() == []
        _copy(application)
        after = application.memory.search("default", "students watching video")
        assert (after.index, after.degraded) == ("pgvector", [])
        assert after.items == before.items
        assert "by pgvector 0." in application.status()["memory"]["vectors"]
        assert list(vector_remarks(application)) == []
        application.purge("default")
        assert remaining(application.database, "default") == {}
