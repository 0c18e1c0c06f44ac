"""One space in memory: it finds what a plain loop over all vectors finds, whatever was put, replaced or removed."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reflection.memory.vectors import Columns, Entry, VectorSpace, Where

DIMENSIONS = 6
PLATFORMS = ("meta", "google", "")
KINDS = ("campaign", "learning")


def _vector(seed: int, dimensions: int = DIMENSIONS) -> np.ndarray:
    vector = np.random.default_rng(seed).standard_normal(dimensions).astype(np.float32)
    return vector / np.linalg.norm(vector)


def _entry(name: int, seed: int) -> Entry:
    columns = Columns(KINDS[seed % 2], PLATFORMS[seed % 3], "leads" if seed % 5 else "", float(seed % 7))
    return Entry(f"m{name}", _vector(seed), columns)


def _by_hand(entries: dict[str, Entry], query: np.ndarray, where: Where) -> dict[str, float]:
    return {name: float(entry.vector @ query) for name, entry in entries.items() if where.accepts(entry.columns)}


OPERATIONS = st.lists(
    st.tuples(st.sampled_from(["put", "remove"]), st.integers(0, 12), st.integers(0, 10_000)), max_size=60
)
FILTERS = st.builds(
    Where,
    kind=st.sampled_from([None, *KINDS]),
    platform=st.sampled_from([None, "meta", "google", "nowhere"]),
    objective=st.sampled_from([None, "leads"]),
    start=st.sampled_from([None, 2.0]),
    end=st.sampled_from([None, 5.0]),
)


@given(OPERATIONS, FILTERS, st.integers(1, 8), st.integers(0, 1_000))
def test_search_equals_a_loop_over_everything(
    operations: list[tuple[str, int, int]], where: Where, limit: int, seed: int
) -> None:
    shelf, entries = VectorSpace(DIMENSIONS), {}
    for verb, name, content in operations:
        if verb == "put":
            entry = _entry(name, content)
            shelf.put([entry])
            entries[entry.memory_id] = entry
        else:
            shelf.remove([f"m{name}"])
            entries.pop(f"m{name}", None)
    query = _vector(seed)
    found = shelf.search(query, limit, where)
    assert shelf.ids() == frozenset(entries)
    cosines = _by_hand(entries, query, where)
    assert len(found) == min(limit, len(cosines))
    assert {hit.memory_id: hit.cosine for hit in found} == pytest.approx(
        {hit.memory_id: cosines.pop(hit.memory_id) for hit in found}, abs=1e-5
    )
    assert found == sorted(found, key=lambda hit: (-hit.cosine, hit.memory_id))
    assert all(cosine <= found[-1].cosine + 1e-5 for cosine in cosines.values()), "something nearer was left out"


@given(
    st.lists(st.lists(st.tuples(st.integers(0, 12), st.integers(0, 10_000)), max_size=20), max_size=5),
    st.integers(0, 1_000),
)
def test_many_put_at_once_are_what_they_are_one_by_one(portions: list[list[tuple[int, int]]], seed: int) -> None:
    at_once, singly = (VectorSpace(64, sketch_from=4, candidates=3, cells_from=6, visited=8) for _ in range(2))
    for portion in portions:
        entries = [Entry(f"m{name}", _vector(content, 64), _entry(0, content).columns) for name, content in portion]
        at_once.put(entries)
        for entry in entries:
            singly.put([entry])
        assert at_once.ids() == singly.ids()
    query = _vector(seed, 64)
    for where in (Where(), Where(kind="campaign"), Where(platform="meta", start=2.0)):
        assert at_once.cosines(query, at_once.ids()) == singly.cosines(query, singly.ids())
        assert at_once.search(query, 20, where) == singly.search(query, 20, where)


def test_nothing_is_found_on_an_empty_shelf_or_with_a_limit_of_zero() -> None:
    shelf = VectorSpace(DIMENSIONS)
    assert shelf.search(_vector(1), 3, Where()) == []
    shelf.put([_entry(1, 1)])
    assert shelf.search(_vector(1), 0, Where()) == []


def test_equal_cosines_come_in_the_order_of_their_ids() -> None:
    shelf = VectorSpace(DIMENSIONS)
    columns = Columns("campaign", "meta", "leads", 0.0)
    shelf.put(Entry(name, _vector(3), columns) for name in ("c", "a", "b"))
    assert [hit.memory_id for hit in shelf.search(_vector(4), 3, Where())] == ["a", "b", "c"]


def test_a_memory_without_a_platform_passes_every_platform_filter() -> None:
    shelf = VectorSpace(DIMENSIONS)
    shelf.put([Entry("general", _vector(1), Columns("learning", "", "", 0.0))])
    assert shelf.search(_vector(1), 1, Where(platform="meta", objective="leads"))
    assert not shelf.search(_vector(1), 1, Where(kind="campaign"))


@pytest.fixture(scope="module")
def crowd() -> tuple[VectorSpace, VectorSpace, np.ndarray]:
    """The same 4,000 clustered vectors on an exact shelf and on one that sketches from 500 on."""
    generator = np.random.default_rng(7)
    centres = generator.standard_normal((200, 384))
    vectors = (centres[generator.integers(200, size=4_000)] + 0.7 * generator.standard_normal((4_000, 384))).astype(
        np.float32
    )
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    exact, sketched = VectorSpace(384, sketch_from=10**9), VectorSpace(384, sketch_from=500, candidates=400)
    columns = [Columns(KINDS[i % 2], PLATFORMS[i % 2], "leads", float(i)) for i in range(4_000)]
    for shelf in (exact, sketched):
        shelf.put(Entry(f"m{i}", vectors[i], columns[i]) for i in range(4_000))
    return exact, sketched, vectors


@pytest.mark.parametrize("where", [Where(), Where(platform="meta"), Where(start=3_800.0)])
def test_the_sketch_finds_what_the_exact_search_finds(
    crowd: tuple[VectorSpace, VectorSpace, np.ndarray], where: Where
) -> None:
    exact, sketched, vectors = crowd
    agreed = total = 0
    for row in range(0, 4_000, 80):
        query = vectors[row] + 0.02 * np.random.default_rng(row).standard_normal(384).astype(np.float32)
        wanted = {hit.memory_id for hit in exact.search(query, 10, where)}
        agreed += len(wanted & {hit.memory_id for hit in sketched.search(query, 10, where)})
        total += len(wanted)
    assert agreed / total >= 0.98


def test_the_sketch_follows_puts_and_removals() -> None:
    shelf = VectorSpace(64, sketch_from=50, candidates=20)
    columns = Columns("campaign", "meta", "leads", 0.0)
    shelf.put(Entry(f"m{i}", _vector(i, 64), columns) for i in range(100))
    assert shelf.search(_vector(5, 64), 1, Where())[0].memory_id == "m5"
    shelf.put(Entry(f"n{i}", _vector(1_000 + i, 64), columns) for i in range(200))
    shelf.remove(["m5"])
    assert shelf.search(_vector(1_150, 64), 1, Where())[0].memory_id == "n150"
    assert "m5" not in {hit.memory_id for hit in shelf.search(_vector(5, 64), 300, Where())}


def test_a_limit_among_equal_cosines_keeps_the_first_ids() -> None:
    shelf = VectorSpace(DIMENSIONS)
    columns = Columns("campaign", "meta", "leads", 0.0)
    shelf.put(Entry(f"m{number}", _vector(3), columns) for number in (5, 1, 4, 0, 3, 2))
    assert [hit.memory_id for hit in shelf.search(_vector(4), 2, Where())] == ["m0", "m1"]
