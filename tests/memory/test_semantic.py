"""Semantic memory over real rows: what is found, why, how it did, and what is said when a part is down."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from reflection.domain.ports import MemoryRecord
from reflection.errors import Unavailable
from reflection.memory.embedders import NoEmbedder, Space
from reflection.memory.json_file import JsonFileIndex
from reflection.memory.local import LocalIndex
from reflection.memory.packaged_model import PackagedEmbedder
from reflection.memory.reindexing import EmbeddingBackfill, rebuild
from reflection.memory.semantic import NO_WORDS, SearchResult, SemanticMemory
from reflection.store.memories import MemoryRows

Record = Callable[..., MemoryRecord]
BOOTCAMP = "platform: Meta\nobjective: leads\naudience: students\nheadline: summer coding bootcamp"
TAX = "platform: Google\nobjective: leads\naudience: accountants\nheadline: tax software trial"


@pytest.fixture
def memory(rows: MemoryRows, words: Any, record: Record) -> SemanticMemory:
    rows.save("default", [record("boot_001", BOOTCAMP, words), record("tax_002", TAX, words, platform_name="google")])
    return SemanticMemory(rows, words, LocalIndex(rows))


def _names(result: SearchResult) -> list[str]:
    return [item.id for item in result.items]


class Facts:
    """Learnings' present numbers, given."""

    def __init__(self, **facts: dict[str, Any]) -> None:
        self.known = facts

    def facts(self, workspace: str, learning_ids: Any) -> dict[str, dict[str, Any]]:
        return {name: self.known[name] for name in learning_ids if name in self.known}


def test_a_neighbour_says_why_it_is_one_and_how_it_did(memory: SemanticMemory) -> None:
    asked = BOOTCAMP.replace("summer", "winter")
    embedder_id, vector = memory.embed(asked)
    first = memory.similar("default", asked, vector, limit=2)[0]
    assert (first.document_id, first.campaign_id) == ("campaign:boot_001", "boot_001")
    assert embedder_id == "words@1/64/t"
    assert 0.5 < first.score <= 1.0
    assert "same audience: students" in first.metadata["why"]
    assert first.metadata["outcome"] == {"verdict": "better than forecast on CTR"}
    assert first.metadata["rank"] == 1


def test_a_campaign_is_not_its_own_neighbour(memory: SemanticMemory) -> None:
    _, vector = memory.embed(BOOTCAMP)
    found = memory.similar("default", BOOTCAMP, vector, limit=5, exclude="boot_001")
    assert [item.campaign_id for item in found] == ["tax_002"]


def test_learnings_are_not_neighbours_of_campaigns(
    memory: SemanticMemory, rows: MemoryRows, words: Any, record: Record
) -> None:
    rows.save("default", [record("x", BOOTCAMP, words, memory_id="learning:lrn_1", kind="learning")])
    _, vector = memory.embed(BOOTCAMP)
    assert {item.campaign_id for item in memory.similar("default", BOOTCAMP, vector, limit=5)} == {
        "boot_001",
        "tax_002",
    }


def test_a_question_in_plain_words_finds_by_meaning_and_says_the_words_shared(memory: SemanticMemory) -> None:
    result = memory.search("default", "coding bootcamp in summer")
    assert _names(result)[0] == "boot_001"
    assert result.items[0].rank == 1
    assert result.items[0].text == BOOTCAMP
    assert result.items[0].why == ["mentions bootcamp, coding, summer (headline)"]
    assert (result.index, result.degraded) == ("local", [])


@pytest.mark.parametrize("asked", ["tax_002", "how did tax_002 do?", 'campaign "tax_002".'])
def test_a_name_comes_first_wherever_it_stands_in_the_question(memory: SemanticMemory, asked: str) -> None:
    result = memory.search("default", asked)
    assert result.items[0].id == "tax_002"
    assert result.items[0].score == 1.0
    assert result.items[0].why[0] == "named: tax_002"


def test_filters_hold_for_every_way_of_finding(memory: SemanticMemory, rows: MemoryRows) -> None:
    when = rows.fetch("default", ["campaign:tax_002"])["campaign:tax_002"].timestamp
    for asked in ("tax_002", "tax software", ""):
        assert "tax_002" not in _names(memory.search("default", asked, platform="Meta"))
        assert "tax_002" not in _names(memory.search("default", asked, kind="learning"))
        assert "tax_002" not in _names(memory.search("default", asked, start=when + timedelta(seconds=1)))
        assert "tax_002" not in _names(memory.search("default", asked, end=when - timedelta(seconds=1)))
    assert _names(memory.search("default", "tax", platform="GOOGLE", objective="Leads", start=when, end=when)) == [
        "tax_002"
    ]


def test_an_empty_question_finds_nothing_and_says_nothing_is_wrong(memory: SemanticMemory) -> None:
    result = memory.search("default", "   ")
    assert result.items == []
    assert result.degraded == []


@pytest.mark.parametrize(
    "asked", ['"', "a AND (b", "NEAR/3", "*", "x" * 100_000, "\x00", "💥 -- '; DROP TABLE", "learning:"]
)
def test_no_question_is_syntax(memory: SemanticMemory, asked: str) -> None:
    memory.search("default", asked)


def test_learnings_stand_beside_campaigns_by_relevance_and_worth(rows: MemoryRows, words: Any, record: Record) -> None:
    text = "learning: video on meta\nmetric: ctr"
    for name in ("strong", "weak"):
        changes = {"memory_id": f"learning:{name}", "kind": "learning", "platform_name": "", "objective_name": ""}
        rows.save("default", [record(name, text, words, **changes)])
    facts = Facts(
        strong={"worth": 0.9, "text": "video: CTR +40 %", "signal_key": "creative.type:video", "context": ""},
        weak={"worth": 0.05, "text": "video: CTR +1 %", "signal_key": "creative.type:video", "context": ""},
    )
    memory = SemanticMemory(rows, words, LocalIndex(rows), learnings=facts)
    result = memory.search("default", "video ctr on meta", platform="meta")
    assert _names(result) == ["strong", "weak"]
    assert result.items[0].outcome["text"] == "video: CTR +40 %"
    assert result.items[0].score > result.items[1].score


def test_without_a_model_words_answer_and_it_is_said(rows: MemoryRows, record: Record) -> None:
    rows.save("default", [record("boot_001", BOOTCAMP), record("tax_002", TAX)])
    memory = SemanticMemory(rows, NoEmbedder(), LocalIndex(rows))
    result = memory.search("default", "tax software")
    assert _names(result) == ["tax_002"]
    assert (result.index, result.degraded) == ("lexical", ["embedder"])
    assert memory.embed(TAX) == (None, None)
    assert [item.campaign_id for item in memory.similar("default", TAX, None, limit=1)] == ["tax_002"]


def test_a_model_that_fails_and_comes_back(memory: SemanticMemory, words: Any) -> None:
    words.down = True
    result = memory.search("default", "tax software")
    assert _names(result)[0] == "tax_002"
    assert result.index == "lexical"
    assert result.degraded == ["embedder"]
    words.down = False
    assert memory.search("default", "tax software").degraded == []


def test_rows_without_a_vector_are_still_found_by_words(
    memory: SemanticMemory, rows: MemoryRows, record: Record
) -> None:
    rows.save("default", [record("late", "headline: bicycle insurance")])
    assert _names(memory.search("default", "bicycle insurance"))[0] == "late"


def test_a_damaged_mirror_never_fails_a_read(rows: MemoryRows, words: Any, record: Record, tmp_path: Path) -> None:
    rows.save("default", [record("boot_001", BOOTCAMP, words)])
    path = tmp_path / "vectors.json"
    path.write_text("{ not json")
    memory = SemanticMemory(rows, words, JsonFileIndex(path))
    result = memory.search("default", "coding bootcamp")
    assert _names(result) == ["boot_001"]
    assert (result.index, result.degraded) == ("local", ["index"])
    assert "rebuild" not in memory.status()["reasons"]["index"]
    assert memory.status()["reasons"]["index"]


def test_a_lagging_mirror_is_not_believed(rows: MemoryRows, words: Any, record: Record, tmp_path: Path) -> None:
    rows.save("default", [record("boot_001", BOOTCAMP, words), record("tax_002", TAX, words)])
    memory = SemanticMemory(rows, words, JsonFileIndex(tmp_path / "vectors.json"))
    result = memory.search("default", "coding bootcamp")
    assert _names(result)[0] == "boot_001"
    assert (result.index, result.degraded) == ("local", ["index-lag"])


def test_a_mirror_that_is_level_answers(rows: MemoryRows, words: Any, record: Record, tmp_path: Path) -> None:
    rows.save("default", [record("boot_001", BOOTCAMP, words), record("tax_002", TAX, words)])
    index = JsonFileIndex(tmp_path / "vectors.json")
    assert rebuild(rows, words, index, ["default"]) == 2
    result = SemanticMemory(rows, words, index).search("default", "coding bootcamp")
    assert _names(result)[0] == "boot_001"
    assert (result.index, result.degraded) == ("json", [])


class Failing:
    """A mirror whose every call fails."""

    name, mirrors = "chroma", True

    def __getattr__(self, name: str) -> Callable[..., Any]:
        def fail(*_: Any, **__: Any) -> Any:
            raise Unavailable(f"{name} is broken")

        return fail


def test_whatever_fails_in_a_mirror_the_answer_is_that_of_the_rows(
    rows: MemoryRows, words: Any, record: Record
) -> None:
    rows.save("default", [record("boot_001", BOOTCAMP, words)])
    memory = SemanticMemory(rows, words, Failing())  # type: ignore[arg-type]
    assert _names(memory.search("default", "bootcamp")) == ["boot_001"]
    assert memory.status() == {
        "index": "local",
        "embedder": "words@1/64/t",
        "degraded": ["index"],
        "reasons": {"index": "count is broken"},
    }


@pytest.mark.parametrize("earlier", ["0", "2"])
def test_vectors_of_another_model_are_not_compared_words_answer_until_they_are_made_anew(
    rows: MemoryRows, words: Any, record: Record, make_embedder: Any, earlier: str
) -> None:
    index = LocalIndex(rows)
    rows.save("default", [record("boot_001", BOOTCAMP, make_embedder(revision=earlier)), record("tax_002", TAX, words)])
    memory = SemanticMemory(rows, words, index)
    _, vector = memory.embed(BOOTCAMP)
    assert not memory.is_level("default")
    assert memory.similar("default", BOOTCAMP, vector, limit=1)[0].campaign_id == "boot_001"
    result = memory.search("default", "coding bootcamp")
    assert _names(result)[0] == "boot_001"
    assert (result.index, result.degraded) == ("lexical", ["embedding-lag"])
    assert "reflection reindex" in memory.status()["reasons"]["embedding-lag"]
    assert EmbeddingBackfill(rows, words, index).catch_up("default") == 1
    result = memory.search("default", "coding bootcamp")
    assert _names(result)[0] == "boot_001"
    assert (result.index, result.degraded) == ("local", [])


def test_another_models_vectors_in_one_workspace_are_no_matter_of_another(
    rows: MemoryRows, words: Any, record: Record, make_embedder: Any
) -> None:
    rows.save("theirs", [record("old", BOOTCAMP, make_embedder(revision="0"))])
    rows.save("ours", [record("boot_001", BOOTCAMP, words), record("late", TAX)])
    memory = SemanticMemory(rows, words, LocalIndex(rows))
    assert memory.search("ours", "coding bootcamp").degraded == []
    assert memory.is_level("ours")


def test_no_canary_of_one_workspace_shows_in_another(rows: MemoryRows, words: Any, record: Record) -> None:
    rows.save("theirs", [record("canary-4711", "headline: canary-4711 secret plan", words)])
    rows.save("ours", [record("ours", "headline: harmless", words)])
    memory = SemanticMemory(rows, words, LocalIndex(rows))
    _, vector = memory.embed("headline: canary-4711 secret plan")
    seen = [
        memory.search("ours", "canary-4711"),
        memory.search("ours", "canary-4711 secret plan", kind="campaign"),
        memory.similar("ours", "headline: canary-4711 secret plan", vector, limit=9),
        memory.search("", "canary-4711"),
        memory.status(),
    ]
    assert "canary-4711" not in repr(seen)


def test_the_same_question_gets_the_same_answer(memory: SemanticMemory) -> None:
    assert memory.search("default", "software for students") == memory.search("default", "software for students")


def test_a_deleted_campaign_is_no_longer_found(memory: SemanticMemory, rows: MemoryRows) -> None:
    assert "tax_002" in _names(memory.search("default", "tax software"))
    rows.delete("default", ["campaign:tax_002"])
    for asked in ("tax software", "tax_002"):
        assert "tax_002" not in _names(memory.search("default", asked))


def test_the_packaged_model_finds_a_paraphrase_without_a_word_in_common(
    rows: MemoryRows, minilm: PackagedEmbedder, record: Record
) -> None:
    assert minilm.space == Space(minilm.space.name, minilm.space.revision, 384, minilm.space.template)
    for name, text in (("boot", BOOTCAMP), ("tax", TAX)):
        vector = {"embedder_id": minilm.space.id, "vector": minilm.embed([text])[0]}
        rows.save("default", [record(name, text, **vector)])
    result = SemanticMemory(rows, minilm, LocalIndex(rows)).search("default", "learn programming during the holidays")
    assert result.items[0].id == "boot"
    assert result.items[0].why == [NO_WORDS]


def test_a_mirror_that_caught_up_is_no_longer_called_lagging(
    rows: MemoryRows, words: Any, record: Record, tmp_path: Path
) -> None:
    rows.save("default", [record("boot_001", BOOTCAMP, words)])
    index = JsonFileIndex(tmp_path / "vectors.json")
    memory = SemanticMemory(rows, words, index)
    memory.search("default", "bootcamp")
    assert memory.status()["degraded"] == ["index-lag"]
    rebuild(rows, words, index, ["default"])
    assert memory.is_level("default")
    assert memory.status()["degraded"] == []
