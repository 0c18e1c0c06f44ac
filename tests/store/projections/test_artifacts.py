"""Published files say what the rows say, whole or not at all, and only ours are touched."""

import contextlib
import errno
import json
import os
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from reflection.domain.knowledge import Knowledge
from reflection.domain.ports import AnalysisRecord
from reflection.errors import StorageFull, Unavailable
from reflection.store.campaigns import SqlStore
from reflection.store.database.connections import Database
from reflection.store.projections import atomic_files
from reflection.store.projections.artifacts import ArtifactFolder
from reflection.store.projections.outbox import Outbox
from reflection.store.projections.publisher import OutboxPublisher

Make = Callable[..., AnalysisRecord]
FILES = ["comparison.json", "insights.json", "patterns.json", "updated_weights.json"]


@pytest.fixture
def output(tmp_path: Path) -> Path:
    return tmp_path / "output"


@pytest.fixture
def folder(database: Database, output: Path, tmp_path: Path) -> ArtifactFolder:
    return ArtifactFolder(database, output, tmp_path / "snapshots" / "weights.json")


@pytest.fixture
def publisher(database: Database, folder: ArtifactFolder, tmp_path: Path) -> OutboxPublisher:
    return OutboxPublisher(Outbox(database), {"artifacts": folder}, tmp_path / "publish.lock")


def _names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_campaigns_files_are_published_after_the_commit(
    store: SqlStore, publisher: OutboxPublisher, output: Path, record: Make
) -> None:
    store.save_analysis(record("cmp_1"))
    assert not output.exists()

    assert publisher.publish_pending() == 1
    assert publisher.publish_pending() == 0

    assert _names(output / "cmp_1") == FILES
    assert json.loads((output / "cmp_1" / "comparison.json").read_bytes()) == {"v": 1}


def test_a_portion_is_one_page_so_that_others_come_in_between(
    store: SqlStore, publisher: OutboxPublisher, output: Path, record: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(5):
        store.save_analysis(record(f"cmp_{number}"))
    pending = Outbox.pending
    monkeypatch.setattr(Outbox, "pending", lambda self, topic, limit=2: pending(self, topic, limit))

    assert [publisher.publish_some() for _ in range(4)] == [2, 2, 1, 0]
    assert _names(output) == [f"cmp_{number}" for number in range(5)]


def test_a_new_revision_replaces_the_files_and_deleting_removes_them(
    store: SqlStore, publisher: OutboxPublisher, output: Path, record: Make
) -> None:
    store.save_analysis(record("cmp_1"))
    publisher.publish_pending()
    store.save_analysis(record("cmp_1", version=2, expected_revision=1))
    publisher.publish_pending()
    assert json.loads((output / "cmp_1" / "comparison.json").read_bytes()) == {"v": 2}

    store.delete_campaign("default", "cmp_1")
    publisher.publish_pending()

    assert _names(output) == []


def test_what_somebody_else_put_there_stays(
    store: SqlStore, publisher: OutboxPublisher, output: Path, record: Make
) -> None:
    store.save_analysis(record("cmp_1"))
    publisher.publish_pending()
    (output / "cmp_1" / "notes.txt").write_text("mine")
    (output / "unrelated").mkdir()

    publisher.rebuild()
    store.delete_campaign("default", "cmp_1")
    publisher.publish_pending()

    assert _names(output / "cmp_1") == ["notes.txt"]
    assert _names(output) == ["cmp_1", "unrelated"]


def test_weights_go_to_their_own_path_and_other_workspaces_below_theirs(
    store: SqlStore, publisher: OutboxPublisher, output: Path, tmp_path: Path, record: Make
) -> None:
    store.save_knowledge("default", Knowledge(epoch=1, seq=1), {"weights.json": b'{"w":1}'})
    store.save_knowledge("Team A", Knowledge(epoch=1, seq=1), {"weights.json": b'{"w":2}'})
    store.save_analysis(record("default", workspace="Team A"))

    publisher.publish_pending()

    assert (tmp_path / "snapshots" / "weights.json").read_bytes() == b'{"w":1}'
    (team,) = output.iterdir()
    assert team.name.startswith("@team-a~")
    assert (team / "weights.json").read_bytes() == b'{"w":2}'
    assert _names(team / "default") == FILES


def test_everything_is_rebuilt_from_the_rows(
    store: SqlStore, publisher: OutboxPublisher, output: Path, tmp_path: Path, record: Make
) -> None:
    store.save_many([record(f"cmp_{number}") for number in range(7)])
    store.save_knowledge("default", Knowledge(epoch=1, seq=1), {"weights.json": b'{"w":1}'})
    publisher.publish_pending()
    (output / "cmp_3" / "comparison.json").write_bytes(b"{broken")
    (output / "cmp_4" / "insights.json").unlink()
    (tmp_path / "snapshots" / "weights.json").unlink()

    assert publisher.rebuild() == 8

    assert json.loads((output / "cmp_3" / "comparison.json").read_bytes()) == {"v": 1}
    assert all(_names(output / f"cmp_{number}") == FILES for number in range(7))
    assert (tmp_path / "snapshots" / "weights.json").read_bytes() == b'{"w":1}'


def test_a_campaign_id_cannot_lead_outside(
    store: SqlStore, publisher: OutboxPublisher, output: Path, tmp_path: Path, record: Make
) -> None:
    for identifier in ("../../evil", "/etc/evil", "..", "CMP", "cmp", "con"):
        store.save_analysis(record(identifier))
    publisher.publish_pending()

    folders = list(output.iterdir())
    assert len(folders) == 6
    assert all(folder.is_dir() and _names(folder) == FILES for folder in folders)
    assert sorted(path.name for path in tmp_path.iterdir() if path.is_dir()) == ["output"]


def test_nothing_is_written_through_a_link(
    store: SqlStore, publisher: OutboxPublisher, output: Path, tmp_path: Path, record: Make
) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    output.mkdir()
    (output / "cmp_1").symlink_to(outside)
    store.save_analysis(record("cmp_1"))

    with pytest.raises(Unavailable):
        publisher.publish_pending()

    assert _names(outside) == []


def test_a_full_disk_leaves_the_old_files_and_is_made_up_for(
    store: SqlStore, publisher: OutboxPublisher, output: Path, record: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.save_analysis(record("cmp_1"))
    publisher.publish_pending()
    store.save_analysis(record("cmp_1", version=2, expected_revision=1))

    def full(_handle: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(StorageFull):
            publisher.publish_pending()
    assert json.loads((output / "cmp_1" / "comparison.json").read_bytes()) == {"v": 1}

    assert publisher.publish_pending() == 1
    assert json.loads((output / "cmp_1" / "comparison.json").read_bytes()) == {"v": 2}
    assert _names(output / "cmp_1") == FILES


@pytest.mark.parametrize("call", ["open", "fsync", "replace"])
def test_every_failing_file_operation_leaves_old_or_new_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    old = dict.fromkeys(FILES, b"old " * 100)
    new = dict.fromkeys(FILES, b"new")
    for point in range(1, 20):
        folder = tmp_path / f"{call}{point}"
        atomic_files.write_files(folder, old)

        with monkeypatch.context() as patch:
            fault = _Fault(call, point)
            patch.setattr(os, call, fault)
            with contextlib.suppress(Unavailable):
                atomic_files.write_files(folder, new)

        seen = {name: (folder / name).read_bytes() for name in FILES}
        assert set(seen.values()) <= {b"old " * 100, b"new"}
        atomic_files.write_files(folder, new)
        assert {name: (folder / name).read_bytes() for name in FILES} == new
        assert _names(folder) == FILES
        if fault.left > 0:
            break
    assert 1 < point < 19


class _Fault:
    """A function of `os` that fails at its n-th call."""

    def __init__(self, call: str, point: int) -> None:
        self._original = getattr(os, call)
        self.left = point

    def __call__(self, *args: object, **options: object) -> object:
        self.left -= 1
        if self.left == 0:
            raise OSError(errno.EIO, "input/output error")
        return self._original(*args, **options)


def test_a_file_is_durable_before_its_name_and_the_name_before_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    order: list[str] = []
    fsync, replace = os.fsync, os.replace

    def noted_fsync(handle: int) -> None:
        order.append("flush " + os.path.basename(os.readlink(f"/proc/self/fd/{handle}")))
        fsync(handle)

    def noted_replace(source: str, target: str) -> None:
        order.append("rename " + os.path.basename(target))
        replace(source, target)

    monkeypatch.setattr(os, "fsync", noted_fsync)
    monkeypatch.setattr(os, "replace", noted_replace)
    atomic_files.write_files(tmp_path / "cmp_1", {"a.json": b"{}", "b.json": b"{}"})

    assert order == [
        f"flush {tmp_path.name}",
        "flush .a.json.pending",
        "flush .b.json.pending",
        "rename a.json",
        "rename b.json",
        "flush cmp_1",
    ]


def test_many_files_are_durable_before_their_names_and_the_names_before_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    order: list[str] = []
    replace = os.replace

    def noted_replace(source: str, target: str) -> None:
        order.append("rename")
        replace(source, target)

    monkeypatch.setattr(os, "sync", lambda: order.append("flush everything"))
    monkeypatch.setattr(os, "replace", noted_replace)
    contents = {tmp_path / f"cmp_{n}": {"a.json": b"%d" % n, "b.json": b"{}"} for n in range(atomic_files.MANY_FOLDERS)}
    atomic_files.write_folders(contents)

    assert order == ["flush everything", *["rename"] * (2 * atomic_files.MANY_FOLDERS), "flush everything"]
    written = {folder: {name: (folder / name).read_bytes() for name in _names(folder)} for folder in contents}
    assert written == contents


def test_what_the_system_takes_in_pieces_is_written_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write = os.write
    monkeypatch.setattr(os, "write", lambda handle, content: write(handle, bytes(content[:10])))
    contents = {tmp_path / f"cmp_{n}": {"a.json": b"%03d" % n * 20} for n in range(atomic_files.MANY_FOLDERS)}

    atomic_files.write_folders(contents)

    assert {folder: {"a.json": (folder / "a.json").read_bytes()} for folder in contents} == contents


def test_none_of_many_folders_is_written_through_a_link(tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (tmp_path / "cmp_7").symlink_to(elsewhere)

    folders = [tmp_path / f"cmp_{n}" for n in range(atomic_files.MANY_FOLDERS)]
    failures = atomic_files.write_folders({folder: {"a.json": b"{}"} for folder in folders})

    assert list(failures) == [tmp_path / "cmp_7"]
    assert _names(elsewhere) == []
    assert all(_names(folder) == ["a.json"] for folder in folders if folder not in failures)


def test_a_failure_among_many_files_leaves_old_or_new_ones_and_is_made_up_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = {tmp_path / f"cmp_{n}": dict.fromkeys(FILES, b"old") for n in range(atomic_files.MANY_FOLDERS)}
    new = {folder: dict.fromkeys(FILES, b"new") for folder in old}
    atomic_files.write_folders(old)

    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", _Fault("replace", 30))
        assert len(atomic_files.write_folders(new)) == 1
    assert {(folder / name).read_bytes() for folder in new for name in FILES} == {b"old", b"new"}

    atomic_files.write_folders(new)
    assert {(folder / name).read_bytes() for folder in new for name in FILES} == {b"new"}
    assert all(_names(folder) == FILES for folder in new)


def test_a_page_of_many_campaigns_is_published_and_rebuilt_alike(
    store: SqlStore, publisher: OutboxPublisher, output: Path, record: Make
) -> None:
    names = [f"cmp_{n}" for n in range(atomic_files.MANY_FOLDERS + 5)]
    for name in names:
        store.save_analysis(record(name))
    store.delete_campaign("default", names[3])
    assert publisher.publish_pending()
    seen = {path.relative_to(output): path.read_bytes() for path in output.rglob("*.json")}

    assert {path.parts[0] for path in seen} == set(names) - {names[3]}
    for path in seen:
        (output / path).unlink()
    assert publisher.rebuild()
    assert {path.relative_to(output): path.read_bytes() for path in output.rglob("*.json")} == seen


def test_parallel_publishers_end_with_the_newest_state(
    store: SqlStore, publisher: OutboxPublisher, output: Path, record: Make
) -> None:
    stop = threading.Event()
    finished: list[int] = []

    def publish() -> None:
        while not stop.is_set():
            publisher.publish_pending()
        finished.append(1)

    threads = [threading.Thread(target=publish) for _ in range(3)]
    for thread in threads:
        thread.start()
    for version in range(1, 16):
        store.save_analysis(record("cmp_1", version=version, expected_revision=version - 1))
    stop.set()
    for thread in threads:
        thread.join()
    publisher.publish_pending()

    assert len(finished) == 3
    assert json.loads((output / "cmp_1" / "comparison.json").read_bytes()) == {"v": 15}


def test_entries_can_be_asked_for_again_and_marked_twice(database: Database) -> None:
    outbox = Outbox(database)
    outbox.add("default", "memories", ["a", "b"], "2026-01-01")
    outbox.add("default", "memories", [], "2026-01-01")
    entries = outbox.pending("memories", limit=1)

    outbox.settle(entries, {})
    outbox.settle(entries, {})
    outbox.settle([], {})

    assert [entry.key for entry in outbox.pending("memories")] == ["b"]
