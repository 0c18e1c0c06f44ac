"""The files of an answer are its parts, to the digit."""

import math

import orjson
from hypothesis import given
from hypothesis import strategies as st

from reflection.domain.answers import FILES, files_of

PARTS = tuple(FILES.values())
NUMBERS = st.floats(allow_nan=False, allow_infinity=False) | st.integers(-(2**63), 2**64 - 1)
JSON = st.recursive(
    st.none() | st.booleans() | NUMBERS | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(st.fixed_dictionaries(dict.fromkeys(PARTS, JSON)))
def test_each_file_is_its_part_to_the_digit(parts):
    files = files_of(orjson.dumps({**parts, "as_of": None}))
    assert files == {name: orjson.dumps(parts[part], option=orjson.OPT_INDENT_2) for name, part in FILES.items()}


def test_a_file_is_indented_for_people():
    assert files_of(b'{"weights":{"goal":"roas"}}') == {"updated_weights.json": b'{\n  "goal": "roas"\n}'}


def test_the_order_of_keys_and_the_shortest_digits_stay():
    (content,) = files_of(b'{"insights":{"z":0.1,"a":' + str(math.pi).encode() + b"}}").values()
    assert content.split() == [b"{", b'"z":', b"0.1,", b'"a":', str(math.pi).encode(), b"}"]


def test_a_part_that_is_not_there_has_no_file():
    assert files_of(b'{"as_of":null}') == {}


def test_the_four_files_are_those_of_the_specification():
    assert set(FILES) == {"comparison.json", "patterns.json", "insights.json", "updated_weights.json"}
