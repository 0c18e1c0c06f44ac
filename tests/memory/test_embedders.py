"""What all embedders share: the id of a space, unit length, the byte form, and refusing nonsense."""

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reflection.domain.memory_text import WHOLE
from reflection.errors import Unavailable
from reflection.memory.embedders import Matrix, NoEmbedder, Space, as_bytes, as_vector, by_passages, checked, unit


def test_the_id_changes_with_everything_that_changes_a_vector() -> None:
    base = Space("model", "1", 384, "abc")
    others = [
        Space("other", "1", 384, "abc"),
        Space("model", "2", 384, "abc"),
        Space("model", "1", 512, "abc"),
        Space("model", "1", 384, "abd"),
    ]
    assert len({space.id for space in [base, *others]}) == 5
    assert base.id == "model@1/384/abc"


@given(st.lists(st.floats(-1e3, 1e3, width=32), min_size=1, max_size=40))
def test_a_vector_survives_its_byte_form(values: list[float]) -> None:
    vector = np.asarray(values, dtype=np.float32)
    assert np.array_equal(as_vector(as_bytes(vector)), vector)


def test_rows_get_length_one_and_a_zero_row_stays_zero() -> None:
    matrix = unit(np.asarray([[3.0, 4.0], [0.0, 0.0]], dtype=np.float32))
    assert matrix.tolist() == [[pytest.approx(0.6), pytest.approx(0.8)], [0.0, 0.0]]


@pytest.mark.parametrize("matrix", [np.zeros((1, 3)), np.zeros((2, 2)), np.asarray([[np.nan, 1.0]])])
def test_an_answer_of_the_wrong_shape_or_with_nan_is_as_good_as_none(matrix: np.ndarray) -> None:
    with pytest.raises(Unavailable):
        checked(matrix.astype(np.float32), 1, 2)


def test_without_a_model_there_is_no_vector_and_no_space() -> None:
    assert NoEmbedder().space is None
    with pytest.raises(Unavailable):
        NoEmbedder().embed(["text"])


def test_the_vector_of_a_memory_is_the_weighted_sum_of_its_passages() -> None:
    asked: list[str] = []

    def embed(texts: Sequence[str]) -> Matrix:
        asked.extend(texts)
        return unit(np.asarray([[len(text), 1.0] for text in texts], dtype=np.float32))

    memory = "platform: Meta\nheadline: Walk all day"
    question, whole = by_passages(["shoes?", memory], embed)
    assert asked == ["shoes?", "Walk all day", memory]
    first, second = embed(["Walk all day"]), embed([memory])
    assert np.allclose(whole, unit(first + WHOLE * second)[0])
    assert np.allclose(question, embed(["shoes?"])[0])
