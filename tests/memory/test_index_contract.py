"""What every vector index must do alike: local, JSON file, Postgres' pgvector, and Chroma embedded and as a server.

`make test-chroma` runs this file in an environment with the extra, `make test-postgres` beside a server; elsewhere the
two built-in indexes are the list.
"""

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.on_postgres import new_database

from reflection.domain.ports import MemoryRecord
from reflection.memory.chroma import ChromaIndex, installed
from reflection.memory.embedders import Space
from reflection.memory.index import Columns, Entry, VectorIndex, Where
from reflection.memory.json_file import JsonFileIndex
from reflection.memory.local import LocalIndex
from reflection.memory.server import ServerIndex
from reflection.store.database.connections import Database
from reflection.store.database.open import open_database
from reflection.store.database.statements import insert_missing, insert_rows
from reflection.store.memories import MemoryRows
from reflection.store.server_vectors import ServerVectors
from reflection.store.tables.campaigns import workspaces

SPACE, OTHER_SPACE = Space("contract", "1", 8, "t"), Space("contract", "2", 8, "t")
CHROMA = [pytest.param(kind, marks=pytest.mark.chroma) for kind in ("chroma", "chroma-server")]
SERVER = ["pgvector"] if os.environ.get("REFLECTION_TEST_POSTGRES") else []
KINDS = ["local", "json", *SERVER, *(CHROMA if installed() else [])]


@dataclass
class Subject:
    """An index with the way its content is written: through the rows, or told directly."""

    index: VectorIndex
    rows: MemoryRows | None
    database: Database | None = None

    def put(self, workspace: str, entries: Sequence[Entry], space: Space = SPACE) -> None:
        if self.database is not None:
            with self.database.write(workspace) as connection:
                insert_rows(connection, insert_missing(workspaces), [{"workspace": workspace, "created_at": ""}])
        if self.rows is not None:
            self.rows.save(workspace, [_record(entry, space) for entry in entries])
        self.index.put(workspace, space, entries)
        self.bring_up(space)

    def remove(self, workspace: str, names: Sequence[str]) -> None:
        if self.rows is not None:
            self.rows.delete(workspace, names)
        self.index.remove(workspace, names)
        self.bring_up(SPACE)

    def bring_up(self, space: Space) -> None:
        if isinstance(self.index, ServerIndex):
            self.index.bring_up(space, lambda: True)

    def names(self, workspace: str, query: np.ndarray, limit: int = 10, where: Where | None = None) -> list[str]:
        hits = self.index.search(workspace, SPACE, query, limit, where or Where())
        if hits and isinstance(self.index, ServerIndex):
            assert self.index.name == "pgvector"
        return [hit.memory_id for hit in hits]


def _record(entry: Entry, space: Space) -> MemoryRecord:
    columns = entry.columns
    when = datetime.fromtimestamp(columns.at, UTC)
    return MemoryRecord(
        entry.memory_id,
        columns.kind,
        "",
        columns.platform,
        columns.objective,
        when,
        "",
        {},
        space.id,
        entry.vector,
    )


def _vector(seed: int) -> np.ndarray:
    vector = np.random.default_rng(seed).standard_normal(8).astype(np.float32)
    return vector / np.linalg.norm(vector)


def _entry(name: str, seed: int, kind: str = "campaign", platform: str = "meta", at: float = 0.0) -> Entry:
    return Entry(name, _vector(seed), Columns(kind, platform, "leads", at))


@pytest.fixture(scope="module")
def chroma_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[], str]]:
    """Starts one Chroma server on first use."""
    started: list[subprocess.Popen[bytes]] = []

    def url() -> str:
        if not started:
            with socket.socket() as free:
                free.bind(("127.0.0.1", 0))
                started_port.append(free.getsockname()[1])
            command = [str(Path(sys.executable).with_name("chroma")), "run", "--host", "127.0.0.1"]
            folder = tmp_path_factory.mktemp("chroma-server")
            command += ["--port", str(started_port[0]), "--path", str(folder)]
            started.append(subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL))
            _wait_for(started_port[0])
        return f"http://127.0.0.1:{started_port[0]}"

    started_port: list[int] = []
    yield url
    for process in started:
        process.terminate()
        process.wait(timeout=20)


def _wait_for(port: int) -> None:
    for _ in range(300):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise AssertionError("the Chroma server did not start")


@pytest.fixture(scope="module")
def with_vectors() -> str:
    """A database with the extension and this version's tables, to be copied."""
    url = new_database("with_vectors")
    open_database(url).close()
    return str(url.database)


@pytest.fixture(params=KINDS)
def subject(
    request: pytest.FixtureRequest, tmp_path: Path, migrated: Path, chroma_server: Callable[[], str]
) -> Iterator[Subject]:
    if request.param == "local":
        database = open_database(shutil.copy(migrated, tmp_path / "rows.db"))
        rows = MemoryRows(database)
        yield Subject(LocalIndex(rows), rows)
        database.close()
    elif request.param == "pgvector":
        with closing(open_database(new_database(request.getfixturevalue("with_vectors")))) as database:
            rows = MemoryRows(database)
            yield Subject(ServerIndex(rows, ServerVectors(database), least=1, look_for_large=0.0), rows, database)
    elif request.param == "json":
        yield Subject(JsonFileIndex(tmp_path / "vectors.json"), None)
    elif request.param == "chroma":
        yield Subject(ChromaIndex(path=tmp_path / "chroma"), None)
    else:
        index = ChromaIndex(url=chroma_server())
        index.reset()
        yield Subject(index, None)
        index.close()


def test_an_empty_index_finds_nothing(subject: Subject) -> None:
    assert subject.names("default", _vector(1)) == []
    assert subject.index.count("default", SPACE) == 0
    assert subject.index.ids("default", SPACE) == frozenset()


def test_the_nearest_come_first_with_their_exact_cosines(subject: Subject) -> None:
    entries = [_entry(f"m{seed}", seed) for seed in range(20)]
    subject.put("default", entries)
    query = _vector(99)
    hits = subject.index.search("default", SPACE, query, 5, Where())
    wanted = sorted(((float(entry.vector @ query), entry.memory_id) for entry in entries), reverse=True)[:5]
    assert [hit.memory_id for hit in hits] == [name for _, name in wanted]
    assert [hit.cosine for hit in hits] == pytest.approx([cosine for cosine, _ in wanted], abs=1e-5)


def test_putting_again_replaces(subject: Subject) -> None:
    subject.put("default", [_entry("m", 1), _entry("n", 2)])
    subject.put("default", [_entry("m", 3)])
    assert subject.index.count("default", SPACE) == 2
    assert subject.index.search("default", SPACE, _vector(3), 1, Where())[0].cosine == pytest.approx(1.0, abs=1e-5)


def test_removing_forgets_and_forgives_unknown_names(subject: Subject) -> None:
    subject.put("default", [_entry("m", 1), _entry("n", 2)])
    subject.remove("default", ["m", "never there"])
    assert subject.index.ids("default", SPACE) == frozenset({"n"})
    assert subject.names("default", _vector(1)) == ["n"]


def test_filters_let_through_what_they_say(subject: Subject) -> None:
    subject.put(
        "default",
        [
            _entry("old", 1, at=100.0),
            _entry("new", 2, at=200.0),
            _entry("elsewhere", 3, platform="google", at=200.0),
            _entry("general", 4, kind="learning", platform="", at=200.0),
        ],
    )
    query = _vector(5)
    for where in (
        Where(kind="learning"),
        Where(platform="meta"),
        Where(start=150.0),
        Where(end=150.0),
        Where(kind="campaign", platform="meta", objective="leads", start=100.0, end=200.0),
        Where(platform="nowhere"),
    ):
        wanted = {
            name
            for name, columns in {
                "old": Columns("campaign", "meta", "leads", 100.0),
                "new": Columns("campaign", "meta", "leads", 200.0),
                "elsewhere": Columns("campaign", "google", "leads", 200.0),
                "general": Columns("learning", "", "leads", 200.0),
            }.items()
            if where.accepts(columns)
        }
        assert set(subject.names("default", query, where=where)) == wanted, where


def test_workspaces_never_see_each_other(subject: Subject) -> None:
    subject.put("ours", [_entry("shared name", 1), _entry("canary", 2)])
    subject.put("theirs", [_entry("shared name", 3)])
    assert subject.names("theirs", _vector(2)) == ["shared name"]
    subject.remove("theirs", ["shared name", "canary"])
    assert subject.index.ids("ours", SPACE) == frozenset({"shared name", "canary"})
    assert subject.names("third", _vector(2)) == []


def test_spaces_never_mix(subject: Subject) -> None:
    subject.put("default", [_entry("m", 1)])
    subject.put("default", [_entry("n", 1)], space=OTHER_SPACE)
    assert subject.index.ids("default", SPACE) == frozenset({"m"})
    assert subject.index.ids("default", OTHER_SPACE) == frozenset({"n"})


def test_purging_forgets_one_workspace(subject: Subject) -> None:
    subject.put("ours", [_entry("m", 1)])
    subject.put("theirs", [_entry("n", 2)])
    if subject.rows is not None:
        subject.rows.delete("ours", ["m"])
    subject.index.purge("ours")
    assert subject.index.count("ours", SPACE) == 0
    assert subject.names("theirs", _vector(2)) == ["n"]


def test_a_reset_mirror_is_empty_and_can_be_filled_again(subject: Subject) -> None:
    subject.put("default", [_entry("m", 1)])
    subject.index.reset()
    if subject.index.mirrors:
        assert subject.index.count("default", SPACE) == 0
    subject.put("default", [_entry("n", 2)])
    assert "n" in subject.names("default", _vector(2))


@settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.tuples(st.booleans(), st.integers(0, 6), st.integers(0, 500)), min_size=1, max_size=12),
    st.integers(0, 10**9),
)
def test_any_sequence_of_changes_leaves_what_a_dictionary_would_hold(
    subject: Subject, changes: list[tuple[bool, int, int]], salt: int
) -> None:
    workspace, held = f"w{salt}-{time.monotonic_ns()}", {}
    for add, name, seed in changes:
        if add:
            held[f"m{name}"] = _entry(f"m{name}", seed)
            subject.put(workspace, [held[f"m{name}"]])
        else:
            subject.remove(workspace, [f"m{name}"])
            held.pop(f"m{name}", None)
    query = _vector(7)
    assert subject.index.ids(workspace, SPACE) == frozenset(held)
    found = subject.index.search(workspace, SPACE, query, 10, Where())
    wanted = sorted(round(float(entry.vector @ query), 4) for entry in held.values())
    assert sorted(round(hit.cosine, 4) for hit in found) == pytest.approx(wanted, abs=2e-4)
