"""Memory rows: changes in order, deletions visible, vectors whole, and a query that is never syntax."""

import math
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reflection.domain.memory_search import MemoryFilters, NewVector, Position
from reflection.domain.ports import AnalysisRecord, MemoryRecord
from reflection.store import memories
from reflection.store.campaigns import SqlStore
from reflection.store.database import sqlite
from reflection.store.database.connections import Database
from reflection.store.maintenance.purge import purge_workspace
from reflection.store.maintenance.verify import verify
from reflection.store.memories import MemoryRows, search_terms

Make = Callable[..., AnalysisRecord]
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def _memory(memory_id: str, text: str, **changes: object) -> MemoryRecord:
    base = MemoryRecord(memory_id, "learning", text, "meta", "leads", NOON, f"about {memory_id}", {"a": [1, "x"]})
    return replace(base, **changes)  # type: ignore[arg-type]


@pytest.fixture
def rows(database: Database) -> MemoryRows:
    return MemoryRows(database)


def test_a_memory_is_read_back_exactly(rows: MemoryRows) -> None:
    vector = np.array([0.1, -2.5, 3e-9], dtype=np.float32)
    sent = _memory("m1", "students", embedder_id="tiny/1", vector=vector)

    rows.save("default", [sent])

    found = rows.fetch("default", ["m1", "unknown"])
    assert found.keys() == {"m1"}
    assert replace(found["m1"], vector=None) == replace(sent, vector=None)
    assert np.array_equal(found["m1"].vector, vector)  # type: ignore[arg-type]
    assert rows.fetch("other", ["m1"]) == {}


def test_changes_after_a_number_are_the_newest_states_and_the_deletions(rows: MemoryRows) -> None:
    rows.save("default", [_memory("a", "one"), _memory("b", "two"), _memory("c", "three")])
    seen = rows.position("default").seq
    rows.save("default", [_memory("a", "one again")])
    rows.delete("default", ["b", "never was"])

    changed = list(rows.changes("default", after=seen))

    assert [(change.memory_id, change.deleted) for change in changed] == [("a", False), ("b", True)]
    assert changed[-1].seq == rows.position("default").seq
    assert [change.memory_id for change in rows.changes("default")] == ["c", "a", "b"]
    assert list(rows.changes("other")) == []
    assert rows.count("default") == 2


def test_a_deleted_memory_keeps_no_text_anywhere(rows: MemoryRows, database: Database) -> None:
    rows.save("default", [_memory("a", "canary text", summary="canary summary", metadata={"k": "canary"})])

    rows.delete("default", ["a"])

    with database.read() as connection:
        row = connection.exec_driver_sql("SELECT * FROM memories").one()
    assert "canary" not in repr(tuple(row))
    assert rows.lexical("default", "canary") == []
    assert rows.fetch("default", ["a"]) == {}


def test_a_memory_that_comes_back_is_alive_again(rows: MemoryRows, database: Database) -> None:
    rows.save("default", [_memory("a", "first")])
    rows.delete("default", ["a"])
    rows.save("default", [_memory("a", "second")])

    assert [(change.memory_id, change.deleted) for change in rows.changes("default")] == [("a", False)]
    assert [found for found, _ in rows.lexical("default", "second")] == ["a"]
    assert verify(database) == []


def test_words_of_ids_of_many_that_were_deleted_make_no_search_fail(rows: MemoryRows) -> None:
    """Of what was deleted the id stays, and its words: more may have a word than are alive."""
    names = [f"brand {number}" for number in range(9)]
    rows.save("default", [_memory(name, "students") for name in names])
    rows.delete("default", names[1:])

    assert [found for found, _ in rows.lexical("default", "brand")] == names[:1]


def test_the_same_id_in_two_workspaces_is_two_memories(rows: MemoryRows) -> None:
    rows.save("one", [_memory("a", "apples")])
    rows.save("two", [_memory("a", "oranges")])
    rows.delete("one", ["a"])

    assert rows.lexical("two", "apples") == []
    assert [found for found, _ in rows.lexical("two", "oranges")] == ["a"]


def test_full_text_stems_ranks_and_filters(rows: MemoryRows) -> None:
    rows.save(
        "default",
        [
            _memory("a", "videos for students in cities", platform_name="meta", timestamp=NOON),
            _memory("b", "a video", platform_name="google", timestamp=NOON + timedelta(days=1)),
            _memory("c", "nothing of that", objective_name="sales", timestamp=NOON + timedelta(days=2)),
        ],
    )
    find = rows.lexical

    assert [found for found, _ in find("default", "student video")] == ["a", "b"]
    assert [score > 0 for _, score in find("default", "student video")] == [True, True]
    assert [found for found, _ in find("default", "video", MemoryFilters(platform_name="google"))] == ["b"]
    assert [found for found, _ in find("default", "video nothing", MemoryFilters(objective_name="sales"))] == ["c"]
    assert [found for found, _ in find("default", "video nothing", MemoryFilters(start=NOON + timedelta(days=1)))] == [
        "c",
        "b",
    ]
    assert [found for found, _ in find("default", "video nothing", MemoryFilters(end=NOON))] == ["a"]
    assert find("default", "video", MemoryFilters(kind="campaign")) == []
    assert [found for found, _ in find("default", "video", MemoryFilters(kind="learning"), limit=1)] == ["b"]
    assert find("default", "video", limit=0) == []


def test_an_exact_id_is_found_first(rows: MemoryRows) -> None:
    rows.save("default", [_memory(f"cmp_{n:03}_meta", "cmp meta campaign") for n in range(30)])

    assert rows.lexical("default", "what about cmp_017_meta?")[0][0] == "cmp_017_meta"


@pytest.mark.parametrize(
    "query",
    [
        *(
            '"',
            '""',
            "a OR",
            "NOT",
            "a NEAR(b",
            "text:video",
            "vid*",
            "(",
            "-video",
            "^x",
            "a\0b",
            "+",
            "%",
            "🙂",
        ),
        *("'; DROP TABLE memories;", "{a b}:c", "\\"),
    ],
)
def test_no_query_is_syntax(rows: MemoryRows, query: str) -> None:
    rows.save("default", [_memory("a", "text video")])

    assert isinstance(rows.lexical("default", query), list)
    assert rows.count("default") == 1


@given(query=st.text(max_size=60))
def test_any_text_makes_a_bounded_query_that_only_holds_quoted_terms(query: str) -> None:
    terms = search_terms(query)

    assert len(terms) <= 64
    assert len(set(terms)) == len(terms)
    assert all(sqlite.quoted(term).count('"') % 2 == 0 for term in terms)
    assert all("\0" not in term for term in terms)


def test_random_text_never_makes_the_search_fail(rows: MemoryRows) -> None:
    rows.save("default", [_memory("a", "text video")])

    @given(query=st.text(max_size=40))
    def search(query: str) -> None:
        rows.lexical("default", query)
        rows.rare("default", query)
        rows.named("default", [query])

    search()


def test_vectors_are_added_later_unless_the_text_changed(rows: MemoryRows, database: Database) -> None:
    rows.save("default", [_memory("a", "one"), _memory("b", "two")])
    todo = rows.missing("default", "tiny/2")
    rows.save("default", [_memory("b", "two changed")])

    vector = np.ones(3, dtype=np.float32)
    done = rows.set_vectors("default", "tiny/2", [NewVector(item.memory_id, item.seq, vector) for item in todo])

    assert [item.text for item in todo] == ["one", "two"]
    assert done == 1
    assert [item.memory_id for item in rows.missing("default", "tiny/2")] == ["b"]
    last = list(rows.changes("default"))[-1]
    assert (last.memory_id, last.embedder_id) == ("a", "tiny/2")
    assert np.array_equal(last.vector, vector)  # type: ignore[arg-type]
    assert [item.memory_id for item in rows.missing("default", "tiny/3", limit=1)] == ["b"]
    assert verify(database) == []


def test_anybodys_commit_changes_the_data_version(rows: MemoryRows, store: SqlStore, record: Make) -> None:
    before = rows.data_version()
    store.save_analysis(record("a"))
    assert rows.data_version() != before


@pytest.mark.sqlite
def test_without_a_commit_the_data_version_stays(rows: MemoryRows) -> None:
    """Of a file; of a server the transactions of its other databases change it, too."""
    assert rows.data_version() == rows.data_version()


@pytest.mark.sqlite
def test_the_full_text_index_can_be_made_again(rows: MemoryRows, database: Database) -> None:
    rows.save("default", [_memory("a", "students")])
    with database.write() as connection:
        connection.exec_driver_sql("INSERT INTO memories_fts(memories_fts) VALUES ('delete-all')")
    assert rows.lexical("default", "students") == []
    assert any("full-text" in problem for problem in verify(database))

    rows.rebuild_full_text()

    assert [found for found, _ in rows.lexical("default", "students")] == ["a"]
    assert verify(database) == []


def test_common_words_are_left_out_where_rare_ones_are_asked_for(rows: MemoryRows) -> None:
    rows.save("default", [_memory(f"m{n}", "a video" if n else "a video about origami") for n in range(9)])

    assert [found for found, _ in rows.rare("default", "video origami", most=5)] == ["m0"]
    assert rows.rare("default", "video unheard", most=5) == []
    assert len(rows.rare("default", "video", most=10)) == 9
    assert rows.rare("default", "", most=5) == rows.rare("default", "origami", limit=0) == []


def test_the_rarer_a_word_the_more_it_counts(rows: MemoryRows) -> None:
    texts = {"rare": "origami", "both": "origami kite", "kite1": "kites", "kite2": "a kite"}
    rows.save("default", [_memory(name, text, summary="") for name, text in texts.items()])

    found = dict(rows.rare("default", "origami kite", most=4))

    assert list(found) == ["both", "rare", "kite1", "kite2"]
    assert found["rare"] == pytest.approx(math.log1p(4 / 2))
    assert found["both"] == pytest.approx(math.log1p(4 / 2) + math.log1p(4 / 3))


@given(order=st.permutations(range(12)), limit=st.integers(1, 12))
@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_rare_words_answer_alike_in_whatever_order_memories_came(
    rows: MemoryRows, order: list[int], limit: int
) -> None:
    workspace = f"w{order}{limit}"
    rows.save(workspace, [_memory(f"m{n:02}", f"subject{limit}{order[0]} " * (1 + n % 3)) for n in order])

    assert [found for found, _ in rows.rare(workspace, f"subject{limit}{order[0]}", most=10**6, limit=limit)] == [
        f"m{n:02}" for n in range(limit)
    ]


def test_rare_words_and_names_obey_the_filters_and_the_workspace(rows: MemoryRows) -> None:
    made = [
        _memory("a", "origami", platform_name="meta", timestamp=NOON),
        _memory("b", "origami", platform_name="google", timestamp=NOON + timedelta(days=1)),
        _memory("c", "origami", platform_name="", objective_name="sales", kind="campaign"),
    ]
    rows.save("default", made)
    rows.save("other", [_memory("d", "origami")])
    for narrowed, expected in (
        ({}, ["a", "b", "c"]),
        ({"platform_name": "google"}, ["b", "c"]),
        ({"objective_name": "sales"}, ["c"]),
        ({"kind": "learning"}, ["a", "b"]),
        ({"start": NOON + timedelta(hours=1)}, ["b"]),
        ({"end": NOON}, ["a", "c"]),
    ):
        filters = MemoryFilters(**narrowed)
        assert [found for found, _ in rows.rare("default", "origami", filters)] == expected
        assert rows.named("default", ["c", "d", "b", "a"], filters) == [n for n in "cba" if n in expected]


def test_many_workspaces_do_not_hide_ones_own_rare_words(rows: MemoryRows) -> None:
    for other in range(9):
        rows.save(f"w{other}", [_memory("theirs", "origami crane")])
    rows.save("default", [_memory("mine", "origami")])

    assert [found for found, _ in rows.rare("default", "origami crane", limit=1)] == ["mine"]


def test_how_much_a_word_counts_does_not_tell_how_many_memories_of_others_have_it(rows: MemoryRows) -> None:
    rows.save("default", [_memory("mine", "origami crane"), _memory("too", "crane")])
    alone = rows.rare("default", "origami crane")

    rows.save("other", [_memory(f"theirs{number}", "origami") for number in range(50)])

    assert rows.rare("default", "origami crane") == alone
    assert len(alone) == 2


def test_a_word_of_more_memories_than_are_looked_at_is_left_out_where_few_of_those_are_ones_own(
    rows: MemoryRows, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not database.is_file:
        return  # a server keeps the words of each workspace apart
    monkeypatch.setattr(sqlite, "LOOKED_AT", 10)
    rows.save("other", [_memory(f"theirs{number}", "origami") for number in range(10)])
    rows.save("default", [_memory("mine", "origami crane"), _memory("too", "crane")])

    assert [name for name, _ in rows.rare("default", "origami crane")] == ["mine", "too"]
    assert rows.rare("default", "origami") == []


def test_without_vectors_a_memory_reads_as_not_embedded(rows: MemoryRows) -> None:
    sent = _memory("m", "text", embedder_id="tiny/1", vector=np.ones(3, dtype=np.float32))
    rows.save("default", [sent])

    assert rows.fetch("default", ["m"], vectors=False)["m"] == replace(sent, embedder_id=None, vector=None)


@pytest.mark.parametrize("name", ['"', "[", "a'b", "\\", "🙂", "x" * 5_000])
def test_no_name_is_syntax(rows: MemoryRows, name: str) -> None:
    rows.save("default", [_memory(name, "text")])

    assert rows.named("default", [name, "other"]) == list(rows.fetch("default", [name])) == [name]


def test_filters_pass_what_speaks_of_no_platform_in_particular(rows: MemoryRows) -> None:
    rows.save("default", [_memory("one", "video", platform_name="google"), _memory("any", "video", platform_name="")])

    assert {found for found, _ in rows.lexical("default", "video", MemoryFilters(platform_name="google"))} == {
        "one",
        "any",
    }
    assert {found for found, _ in rows.lexical("default", "video", MemoryFilters(platform_name="meta"))} == {"any"}


def test_a_position_is_history_until_the_workspace_is_purged_however_long_its_new_history(
    rows: MemoryRows, database: Database
) -> None:
    def since(position: Position, workspace: str = "default") -> list[str] | None:
        changes = rows.changes_since(workspace, position)
        return None if changes is None else [change.memory_id for change in changes]

    assert rows.position("default") == (0, 0)
    assert since(rows.position("default")) == []
    rows.save("default", [_memory("a", "one"), _memory("b", "two")])
    read = rows.position("default")
    assert since(read) == []
    rows.save("default", [_memory("b", "two changed")])
    rows.delete("default", ["b"])
    assert since(read) == ["b"], "a change, or a deletion, is history going on"
    assert since(read, "other") is None

    purge_workspace(database, "default", "2026-04-01")
    assert since(read) is None
    rows.save("default", [_memory(name, "new") for name in "abcd"])

    assert rows.position("default").seq == 4
    assert since(read) is None


def test_changes_since_a_position_go_on_over_pages(rows: MemoryRows, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memories, "_PAGE", 2)
    rows.save("default", [_memory("first", "one")])
    read = rows.position("default")
    rows.save("default", [_memory(name, "new") for name in "abcde"])

    changes = rows.changes_since("default", read)

    assert changes is not None
    assert [change.memory_id for change in changes] == [*"abcde"]
