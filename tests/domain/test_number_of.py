"""Numbers of things as people say them."""

import pytest

from reflection.domain.number_of import number_of


@pytest.mark.parametrize(
    ("number", "words", "text"),
    [
        (0, ("campaign",), "0 campaigns"),
        (1, ("campaign",), "1 campaign"),
        (1.0, ("row lies", "rows lie"), "1 row lies"),
        (1200, ("row lies", "rows lie"), "1,200 rows lie"),
    ],
)
def test_one_thing_is_one_thing(number: float, words: tuple[str, ...], text: str) -> None:
    assert number_of(number, *words) == text
