"""CSV that no spreadsheet runs: text is text, numbers are numbers, and it comes back as it was."""

import csv
import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reflection.cli.export import csv_lines, plain, safe

TEXT = st.text(alphabet=st.characters(exclude_categories=["Cs"], exclude_characters="\x00"))
DANGEROUS = ("=", "+", "-", "@", "\t", "\r")


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", " =1", "\uff1d1", "'quoted"])
def test_a_formula_becomes_text(text):
    assert safe(text) == f"'{text}"
    assert plain(safe(text)) == text


@pytest.mark.parametrize("value", [1, -1, 0.5, -2.5, True, "Meta", "18-25", ""])
def test_everything_else_stays(value):
    assert safe(value) == value


def test_lists_and_nothing_have_a_cell_too():
    assert safe(("=a", "b")) == "'=a; b"
    assert safe(None) == ""


@settings(max_examples=500)
@given(st.lists(st.lists(TEXT, min_size=2, max_size=2), max_size=5))
def test_any_text_survives_and_none_begins_like_a_formula(rows):
    written = "".join(csv_lines([dict(zip("ab", row, strict=True)) for row in rows], "ab"))

    read = list(csv.reader(io.StringIO(written, newline="")))

    assert read[0] == ["a", "b"]
    assert [[plain(cell) for cell in row] for row in read[1:]] == rows
    assert not any(cell.startswith(DANGEROUS) for row in read[1:] for cell in row)


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_numbers_stay_numbers(number):
    written = "".join(csv_lines([{"n": number}], ["n"]))

    assert float(written.split("\r\n")[1]) == number
