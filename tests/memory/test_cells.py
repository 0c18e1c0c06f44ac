"""Cells: every row is in exactly one, near rows come first, and nothing is lost by replacing and removing."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from reflection.memory.cells import Cells
from reflection.memory.vectors import Columns, Entry, VectorSpace, Where

DIMENSIONS = 16


def unit_vectors(seed: int, count: int) -> np.ndarray:
    vectors = np.random.default_rng(seed).standard_normal((count, DIMENSIONS)).astype(np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def topical(seed: int, count: int, topics: int = 40) -> np.ndarray:
    rng = np.random.default_rng(seed)
    vectors = unit_vectors(1, topics)[rng.integers(0, topics, count)]
    vectors = vectors + 0.15 * rng.standard_normal(vectors.shape).astype(np.float32)
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


def test_every_row_is_found_once_when_all_cells_are_visited() -> None:
    vectors = topical(2, 500)
    cells = Cells(vectors, centres=20)

    found = cells.near(vectors[0], 500)

    assert sorted(found.tolist()) == list(range(500))


def test_a_search_visits_no_more_cells_than_it_needs() -> None:
    vectors = topical(3, 2_000)
    cells = Cells(vectors, centres=40)

    found = cells.near(vectors[7], 100)

    assert 100 <= len(found) < 500
    assert 7 in found


def test_the_same_rows_are_sorted_into_the_same_cells() -> None:
    vectors = topical(4, 800)

    first, second = Cells(vectors, centres=16), Cells(vectors.copy(), centres=16)

    assert first.near(vectors[5], 50).tolist() == second.near(vectors[5], 50).tolist()


@given(
    st.lists(
        st.tuples(st.sampled_from(["put", "remove"]), st.integers(0, 40), st.integers(0, 500)), min_size=1, max_size=80
    )
)
def test_putting_and_removing_loses_and_doubles_nothing(operations: list[tuple[str, int, int]]) -> None:
    cells, there = Cells(unit_vectors(5, 20), centres=4), set(range(20))
    for verb, row, seed in operations:
        if verb == "put":
            cells.put(row, unit_vectors(seed, 1)[0])
            there.add(row)
        else:
            cells.remove(row)
            there.discard(row)

    found = cells.near(unit_vectors(6, 1)[0], 1_000).tolist()

    assert sorted(found) == sorted(there)
    assert len(cells) == len(there)


def test_a_row_put_again_is_where_its_new_vector_is() -> None:
    vectors = topical(7, 400)
    cells = Cells(vectors, centres=20)
    far = -vectors[3]

    cells.put(3, far)

    assert 3 in cells.near(far, 20)


def shelf_of(vectors: np.ndarray, cells_from: int) -> VectorSpace:
    shelf = VectorSpace(DIMENSIONS, sketch_from=5_000, candidates=100, cells_from=cells_from, visited=600)
    platforms = ("meta", "google")
    shelf.put(
        Entry(f"m{i}", vector, Columns("campaign", "rare" if i % 500 == 0 else platforms[i % 2], "", float(i)))
        for i, vector in enumerate(vectors)
    )
    return shelf


def test_a_large_shelf_finds_nearly_all_that_an_exact_one_does() -> None:
    vectors = topical(8, 3_000)
    large = shelf_of(vectors, cells_from=1_000)
    shares = []
    for query in topical(9, 40):
        exact = set(np.argsort(-(vectors @ query))[:5].tolist())
        found = {int(hit.memory_id[1:]) for hit in large.search(query, 5, Where(kind="campaign"))}
        shares.append(len(exact & found) / 5)

    assert np.mean(shares) >= 0.9


def test_a_filter_that_few_pass_is_answered_from_all_of_them() -> None:
    vectors = topical(10, 3_000)
    query = topical(11, 1)[0]
    where = Where(platform="rare")

    found = [hit.memory_id for hit in shelf_of(vectors, cells_from=1_000).search(query, 3, where)]

    rare = np.arange(0, 3_000, 500)
    expected = rare[np.argsort(-(vectors[rare] @ query))[:3]]
    assert found == [f"m{i}" for i in expected]


def test_what_is_removed_from_a_large_shelf_is_not_found_again() -> None:
    vectors = topical(12, 2_000)
    shelf = shelf_of(vectors, cells_from=1_000)
    query = vectors[1_999]
    assert shelf.search(query, 1, Where())[0].memory_id == "m1999"

    shelf.remove(["m1999", "m0", "m1"])
    found = {hit.memory_id for hit in shelf.search(query, 400, Where())}

    assert not found & {"m1999", "m0", "m1"}
    assert len(shelf) == 1_997


def test_what_is_put_on_a_large_shelf_is_found_at_once() -> None:
    shelf = shelf_of(topical(13, 2_000), cells_from=1_000)
    newcomer = -topical(14, 1)[0]
    shelf.search(newcomer, 1, Where())

    shelf.put([Entry("new", newcomer, Columns("campaign", "meta", "", 1.0))])

    assert shelf.search(newcomer, 1, Where())[0].memory_id == "new"
