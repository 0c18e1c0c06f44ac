"""CSV that no spreadsheet runs: text is text, numbers are numbers, and it comes back as it was."""

import csv
import io
import re
import zipfile

import pytest
import python_calamine
from hypothesis import given
from hypothesis import strategies as st

from reflection.reports.tables import csv_lines, safe, xlsx

TEXT = st.text(alphabet=st.characters(exclude_categories=["Cs"], exclude_characters="\x00"))
DANGEROUS = ("=", "+", "-", "@", "\t", "\r")
FORMULAS = ["=1+1", "@SUM(A1)", "<b>&\"'", "\u202e=x", '=HYPERLINK("http://x")']


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", " =1", "\uff1d1", "'quoted"])
def test_a_formula_becomes_text(text):
    assert safe(text) == f"'{text}"
    assert safe(text).removeprefix("'") == text


@pytest.mark.parametrize("value", [1, -1, 0.5, -2.5, True, "Meta", "18-25", ""])
def test_everything_else_stays(value):
    assert safe(value) == value


def test_lists_and_nothing_have_a_cell_too():
    assert safe(("=a", "b")) == "'=a; b"
    assert safe(None) == ""


@given(st.lists(st.lists(TEXT, min_size=2, max_size=2), max_size=5))
def test_any_text_survives_and_none_begins_like_a_formula(rows):
    written = "".join(csv_lines([dict(zip("ab", row, strict=True)) for row in rows], "ab"))

    read = list(csv.reader(io.StringIO(written, newline="")))

    assert read[0] == ["a", "b"]
    assert [[cell.removeprefix("'") for cell in row] for row in read[1:]] == rows
    assert not any(cell.startswith(DANGEROUS) for row in read[1:] for cell in row)


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_numbers_stay_numbers(number):
    written = "".join(csv_lines([{"n": number}], ["n"]))

    assert float(written.split("\r\n")[1]) == number


CELLS = st.one_of(
    st.none(), st.booleans(), st.integers(-(10**9), 10**9), st.floats(-1e12, 1e12), TEXT, st.sampled_from(FORMULAS)
)


@given(st.lists(st.fixed_dictionaries({"a": CELLS, "b": CELLS}), max_size=6))
def test_a_workbook_holds_every_cell_as_what_it_is_and_no_formula(rows):
    body = xlsx("effects & more <", rows, ("a", "b"))

    with zipfile.ZipFile(io.BytesIO(body)) as package:
        assert package.testzip() is None
        sheet = package.read("xl/worksheets/sheet1.xml")
    assert b"<f>" not in sheet
    workbook = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(body))
    table = workbook.get_sheet_by_index(0).to_python(skip_empty_area=False)
    assert table[0][:2] == ["a", "b"]
    for row, read in zip(rows, table[1:], strict=False):
        for name, cell in zip("ab", [*read, "", ""], strict=False):
            value = row[name]
            if isinstance(value, bool) or value is None:
                assert cell == (value if value is not None else "")
            elif isinstance(value, int | float):
                assert float(cell or 0) == pytest.approx(float(value))
            else:
                assert str(cell) == re.sub("\r\n?", "\n", without_control(value))


def without_control(text):
    """What XML can say of a text."""
    return "".join(char for char in text if char in "\t\n\r" or (ord(char) >= 32 and char not in "\ufffe\uffff"))


def test_a_workbook_is_the_same_every_time():
    assert xlsx("x", [{"a": 1}], ("a",)) == xlsx("x", [{"a": 1}], ("a",))
