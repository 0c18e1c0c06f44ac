"""Signals that no campaign tells apart: found exactly, and the most general one stands for them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse

from reflection.inference.evidence import collinearity
from reflection.inference.evidence.collinearity import aliases_among, column_marks

KEYS = [
    "platform:meta",
    "objective:leads",
    "audience.age:18-25",
    "audience:students",
    "platform*creative.type:meta*video",
]


def _found(columns):
    return _aliases(KEYS[: len(columns)], np.array(columns, dtype=np.float64).T)


def _aliases(keys, shares):
    return aliases_among(keys, column_marks(sparse.csr_array(shares), np.arange(len(shares), dtype=np.uint64)))


@pytest.mark.parametrize("first", range(5))
def test_the_most_general_signal_stands_for_the_others(first):
    order = KEYS[first:] + KEYS[:first]
    found = _aliases(order, np.ones((3, 5)))
    assert set(found) == set(KEYS) - {"objective:leads"}
    assert set(found.values()) == {"objective:leads"}, "platform and objective first, by name among equals"


def test_a_different_share_in_one_cell_tells_signals_apart():
    assert _found([[1, 0.5, 0], [1, 0.5, 0]]) == {"platform:meta": "objective:leads"}
    assert _found([[1, 0.5, 0], [1, 0.25, 0]]) == {}
    assert _found([[1, 0.5, 0], [0.5, 1, 0]]) == {}


@given(st.lists(st.lists(st.sampled_from([0.0, 0.25, 0.5, 1.0]), min_size=4, max_size=4), min_size=2, max_size=4))
def test_exactly_the_signals_with_equal_shares_everywhere_are_merged(columns):
    found = _found(columns)
    for number, column in enumerate(columns):
        same = [KEYS[other] for other, values in enumerate(columns) if values == column]
        stands = found.get(KEYS[number], KEYS[number])
        assert stands in same
        assert {found.get(key, key) for key in same} == {stands}


@pytest.mark.parametrize(
    ("key", "stands"),
    [
        ("platform*creative.type:meta*video", "creative.type:video"),
        ("platform*audience:meta*ann", "audience:ann"),
        ("platform*audience.age:meta*18-25", None),
        ("platform*creative.type:tiktok*image", None),
    ],
)
def test_what_stands_for_a_pair_is_one_of_its_own_signals_or_the_pair_by_other_names(key, stands):
    """Videos ran on Meta only, and one campaign had the age, the image and another creative: that one is chance."""
    own = {
        "creative.type:video": [1, 1, 0, 0],
        "creative:other": [0, 0, 1, 0],
        "audience:ann": [1, 1, 0, 0],
        "platform*creative.type:meta*video": [1, 1, 0, 0],
        "platform*audience:meta*ann": [1, 1, 0, 0],
        "platform*audience.age:meta*18-25": [0, 0, 1, 0],
        "platform*creative.type:tiktok*image": [0, 0, 1, 0],
    }
    found = _aliases(list(own), np.array(list(own.values()), dtype=np.float64).T)
    assert found.get(key) == (None if stands is None else found.get(stands, stands))


@pytest.mark.parametrize("pair", ["platform*creative.type:meta*video", "platform*creative.type:tiktok*image"])
def test_a_signal_that_ran_with_one_partner_alone_does_not_stand_for_what_the_two_do_together(pair):
    """Meta ran with videos only, images on TikTok only; both have partners to choose from."""
    own = {
        "platform:meta": [1, 1, 0, 0, 0],
        "platform:tiktok": [0, 0, 1, 1, 1],
        "creative.type:video": [1, 1, 1, 0, 0],
        "creative.type:image": [0, 0, 0, 1, 1],
        "platform*creative.type:meta*video": [1, 1, 0, 0, 0],
        "platform*creative.type:tiktok*video": [0, 0, 1, 0, 0],
        "platform*creative.type:tiktok*image": [0, 0, 0, 1, 1],
    }
    assert pair not in _aliases(list(own), np.array(list(own.values()), dtype=np.float64).T)


def test_a_platform_by_another_name_is_a_partner_to_choose_all_the_same():
    """Meta is all of sales: what stands for it is the objective, and videos ran on TikTok alone nonetheless."""
    own = {
        "platform:meta": [1, 1, 0, 0, 0],
        "objective:sales": [1, 1, 0, 0, 0],
        "objective:leads": [0, 0, 1, 0, 1],
        "platform:tiktok": [0, 0, 1, 1, 1],
        "creative.type:image": [1, 1, 0, 0, 1],
        "creative.type:video": [0, 0, 1, 1, 0],
        "platform*creative.type:tiktok*video": [0, 0, 1, 1, 0],
        "platform*creative.type:tiktok*image": [0, 0, 0, 0, 1],
    }
    same = _aliases(list(own), np.array(list(own.values()), dtype=np.float64).T)

    assert same["platform:meta"] == "objective:sales"
    assert "platform*creative.type:tiktok*video" not in same


def test_a_pair_by_the_names_of_what_stands_for_its_two_is_the_same_pair():
    own = {
        "audience.age:18-25": [1, 1, 0, 0],
        "audience:students": [1, 1, 0, 0],
        "platform*audience.age:meta*18-25": [1, 0, 0, 0],
        "platform*audience:meta*students": [1, 0, 0, 0],
        "platform*creative.type:meta*video": [1, 0, 0, 0],
    }
    found = _aliases(list(own), np.array(list(own.values()), dtype=np.float64).T)
    assert found == {
        "audience:students": "audience.age:18-25",
        "platform*audience:meta*students": "platform*audience.age:meta*18-25",
    }


def test_cells_are_looked_at_in_parts_without_a_trace(monkeypatch):
    rng = np.random.default_rng(5)
    columns = [rng.choice([0.0, 0.5, 1.0], 40).tolist() for _ in range(3)]
    columns += columns[:2]
    whole = _found(columns)
    monkeypatch.setattr(collinearity, "CELLS_AT_ONCE", 7)
    assert _found(columns) == whole
    assert whole == {"audience:students": "platform:meta"}


def test_marks_of_partitions_add_up_to_those_of_the_whole():
    shares, cell = sparse.csr_array(np.random.default_rng(3).random((9, 4))), np.arange(9, dtype=np.uint64)
    parts = [column_marks(shares[part::3], cell[part::3]) for part in range(3)]
    np.testing.assert_array_equal(sum(parts[1:], parts[0]), column_marks(shares, cell))
