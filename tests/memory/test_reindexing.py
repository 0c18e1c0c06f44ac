"""Bringing vectors and mirrors up to the rows: resumable, repeatable, and equal to the rows afterwards."""

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from reflection.domain.ports import MemoryRecord
from reflection.errors import Unavailable
from reflection.memory.embedders import NoEmbedder
from reflection.memory.json_file import JsonFileIndex
from reflection.memory.local import LocalIndex
from reflection.memory.reindexing import BATCH, EmbeddingBackfill, Mirror, first_search, rebuild, reindex
from reflection.memory.semantic import SemanticMemory
from reflection.store.campaigns import SqlStore
from reflection.store.database.connections import Database
from reflection.store.memories import MemoryRows

Record = Callable[..., MemoryRecord]


@pytest.fixture
def mirror_file(tmp_path: Path) -> JsonFileIndex:
    return JsonFileIndex(tmp_path / "vectors.json")


def _fill(rows: MemoryRows, record: Record, count: int, workspace: str = "default") -> None:
    rows.save(workspace, [record(f"c{i}", f"headline: number {i}") for i in range(count)])


def test_what_lacks_a_vector_gets_one_and_progress_is_told(rows: MemoryRows, words: Any, record: Record) -> None:
    _fill(rows, record, BATCH + 5)
    told: list[int] = []
    local = LocalIndex(rows)
    assert reindex(rows, words, local, "default", told.append) == BATCH + 5
    assert told == [BATCH, 5]
    assert local.count("default", words.space) == BATCH + 5
    assert reindex(rows, words, local, "default") == 0


def test_a_job_that_dies_goes_on_where_it_stopped(rows: MemoryRows, words: Any, record: Record) -> None:
    _fill(rows, record, 3 * BATCH)
    local = LocalIndex(rows)

    def stop(_done: int) -> None:
        words.down = True

    with pytest.raises(Unavailable):
        reindex(rows, words, local, "default", stop)
    words.down, calls = False, words.calls
    assert reindex(rows, words, local, "default") == 2 * BATCH
    assert words.calls - calls == 2 * BATCH


def test_another_model_embeds_everything_anew(rows: MemoryRows, words: Any, record: Record, make_embedder: Any) -> None:
    _fill(rows, record, 4)
    local, newer = LocalIndex(rows), make_embedder(revision="2")
    reindex(rows, words, local, "default")
    assert reindex(rows, newer, local, "default") == 4
    assert (local.count("default", newer.space), local.count("default", words.space)) == (4, 0)


def test_a_mirror_is_told_of_what_was_embedded(
    rows: MemoryRows, words: Any, record: Record, mirror_file: JsonFileIndex
) -> None:
    _fill(rows, record, 3)
    reindex(rows, words, mirror_file, "default")
    assert mirror_file.ids("default", words.space) == {"campaign:c0", "campaign:c1", "campaign:c2"}


def test_a_mirror_that_is_down_does_not_stop_embedding(
    rows: MemoryRows, words: Any, record: Record, tmp_path: Path
) -> None:
    (tmp_path / "vectors.json").write_text("damaged")
    _fill(rows, record, 3)
    assert reindex(rows, words, JsonFileIndex(tmp_path / "vectors.json"), "default") == 3


def test_the_outbox_brings_a_mirror_up_to_the_rows_however_often_it_is_told(
    rows: MemoryRows, words: Any, record: Record, mirror_file: JsonFileIndex
) -> None:
    mirror = Mirror(rows, words, mirror_file, lambda: ["ours", "theirs"])
    rows.save("ours", [record("a", "one", words), record("b", "two", words)])
    rows.save("theirs", [record("a", "three", words)])
    notices = [
        SimpleNamespace(workspace=w, key=k)
        for w, k in [
            ("ours", "campaign:a"),
            ("ours", "campaign:b"),
            ("theirs", "campaign:a"),
            ("ours", "campaign:a"),
        ]
    ]
    mirror.publish(notices)
    mirror.publish(notices)
    assert mirror_file.ids("ours", words.space) == {"campaign:a", "campaign:b"}
    assert mirror_file.ids("theirs", words.space) == {"campaign:a"}
    rows.delete("ours", ["campaign:a"])
    mirror.publish([SimpleNamespace(workspace="ours", key="campaign:a")])
    assert mirror_file.ids("ours", words.space) == {"campaign:b"}
    assert mirror_file.ids("theirs", words.space) == {"campaign:a"}


def test_an_index_that_reads_the_rows_needs_no_mirroring(rows: MemoryRows, words: Any) -> None:
    Mirror(rows, words, LocalIndex(rows), list).publish([SimpleNamespace(workspace="w", key="campaign:a")])


@pytest.mark.parametrize("damage", ["delete", "empty", "truncate", "flip", "garbage", "wrong length"])
def test_a_damaged_mirror_is_rebuilt_and_finds_the_same_neighbours(
    rows: MemoryRows, words: Any, record: Record, tmp_path: Path, damage: str
) -> None:
    rows.save("default", [record(f"c{i}", f"headline: word{i} word{i + 1}", words) for i in range(40)])
    path = tmp_path / "vectors.json"
    mirror = Mirror(rows, words, JsonFileIndex(path), lambda: ["default"])
    assert mirror.rebuild() == 40
    memory = SemanticMemory(rows, words, JsonFileIndex(path))
    before = memory.search("default", "word7 word8 word9", limit=5)
    assert before.index == "json"
    _damage(path, damage)
    fresh = JsonFileIndex(path)
    broken = SemanticMemory(rows, words, fresh).search("default", "word7 word8 word9", limit=5)
    assert broken.items == before.items
    assert broken.degraded
    assert broken.index == "local"
    assert rebuild(rows, words, fresh, ["default"]) == 40
    after = SemanticMemory(rows, words, fresh).search("default", "word7 word8 word9", limit=5)
    assert after == before


def _damage(path: Path, damage: str) -> None:
    content = path.read_bytes()
    if damage == "delete":
        path.unlink()
    else:
        path.write_bytes(
            {
                "empty": b"",
                "truncate": content[: len(content) // 2],
                "flip": content[:-400] + bytes([content[-400] ^ 1]) + content[-399:],
                "garbage": b"\xff" * 500,
                "wrong length": content.replace(b'"vector":"', b'"vector":"AAAA', 1),
            }[damage]
        )


def test_rebuilding_forgets_what_the_rows_no_longer_hold(
    rows: MemoryRows, words: Any, record: Record, mirror_file: JsonFileIndex
) -> None:
    rows.save("default", [record("a", "one", words), record("b", "two", words)])
    rebuild(rows, words, mirror_file, ["default"])
    rows.delete("default", ["campaign:a"])
    told: list[int] = []
    assert rebuild(rows, words, mirror_file, ["default"], told.append) == 1
    assert mirror_file.ids("default", words.space) == {"campaign:b"}
    assert told == [1]


def test_without_a_model_there_is_nothing_to_embed_or_to_mirror(rows: MemoryRows, mirror_file: JsonFileIndex) -> None:
    with pytest.raises(Unavailable):
        reindex(rows, NoEmbedder(), mirror_file, "default")
    assert rebuild(rows, NoEmbedder(), mirror_file, ["default"]) == 0


def test_a_backfill_asked_to_stop_leaves_the_rest_for_the_next_time(
    rows: MemoryRows, words: Any, record: Record
) -> None:
    _fill(rows, record, 3 * BATCH)
    asked: list[int] = []

    def twice() -> bool:
        asked.append(1)
        return len(asked) <= 2

    backfill = EmbeddingBackfill(rows, words, LocalIndex(rows))

    assert backfill.catch_up("default", twice) == 2 * BATCH
    assert backfill.catch_up("default") == BATCH
    assert backfill.catch_up("default") == 0


def test_a_backfill_visits_only_workspaces_that_wait_and_asks_no_more_than_once_while_nobody_writes(
    rows: MemoryRows, words: Any, record: Record, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = SqlStore(database)
    for name in ("busy", "level", "other-model"):
        store.add_workspace(name)
    _fill(rows, record, 3, "busy")
    rows.save("level", [record("c0", "headline: number 0", words)])
    rows.save("other-model", [record("c0", "text", words, embedder_id="another"), record("c1", "text", words)])
    backfill = EmbeddingBackfill(rows, words, LocalIndex(rows))

    assert backfill.behind() == {"busy": 3, "other-model": 1}
    assert rows.lacking("") == {"busy": 3, "level": 1, "other-model": 2}
    for name in backfill.behind():
        backfill.catch_up(name)
    assert backfill.behind() == {}

    monkeypatch.setattr(rows, "lacking", lambda _: pytest.fail("asked again"))
    assert backfill.behind() == {}
    monkeypatch.undo()
    _fill(rows, record, 1, "level")
    assert backfill.behind() == {"level": 1}
    assert EmbeddingBackfill(rows, NoEmbedder(), LocalIndex(rows)).behind() == {}


def test_a_first_search_reads_the_local_index_so_that_no_request_has_to(
    rows: MemoryRows, words: Any, record: Record, monkeypatch: pytest.MonkeyPatch
) -> None:
    _fill(rows, record, BATCH)
    index = LocalIndex(rows)
    EmbeddingBackfill(rows, words, index).catch_up("default")
    first_search(index, words.space, "default")
    monkeypatch.setattr(rows, "changes", lambda *_, **__: pytest.fail("read again"))

    assert index.count("default", words.space) == BATCH


def test_who_embeds_reads_no_vectors_into_memory(
    rows: MemoryRows, words: Any, record: Record, monkeypatch: pytest.MonkeyPatch
) -> None:
    _fill(rows, record, BATCH)
    index = LocalIndex(rows)
    monkeypatch.setattr(index, "search", lambda *_: pytest.fail("searched"))

    assert EmbeddingBackfill(rows, words, index).catch_up("default") == BATCH
