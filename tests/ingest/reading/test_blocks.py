"""A large text is read by polars where that means the same as a strict CSV reader, and row by row elsewhere."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reflection.errors import ImportFileError
from reflection.ingest.reading import blocks
from reflection.ingest.reading.archives import open_source
from reflection.ingest.reading.blocks import TextBlock, as_table
from reflection.ingest.reading.tables import Table, open_tables

HEADER = ["Day", "Campaign", "Cost"]
cells = st.text(alphabet='a1,;"\n\r\t \u00e9\u65e5', max_size=5)
tables = st.lists(st.lists(cells, min_size=1, max_size=4), max_size=12)


def lines_and_rows(table: Table) -> list[tuple[int, list[str]]]:
    """All rows below the first line, whoever read them."""
    found: list[tuple[int, list[str]]] = []
    for block in table.below(1, len(HEADER)):
        rows = map(list, block.cells.iter_rows()) if isinstance(block, TextBlock) else iter(block.rows)
        found += [pair for pair in zip(list(block.lines), rows, strict=True) if pair[0] > 1]
    return found


def one_by_one(table: Table) -> list[tuple[int, list[str]]]:
    """The same as the strict reader of all rows has it."""
    chunks = [pair for chunk in table.chunks() for pair in zip(chunk.lines, chunk.rows, strict=True)]
    return [(line, row) for line, row in chunks if line > 1]


def comma(data: bytes) -> Table:
    """The reading with a comma."""
    return next(table for table in open_tables(open_source(data, "t.csv")) if table.delimiter == ",")


@given(tables, st.sampled_from(["\n", "\r\n"]), st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]), st.integers(1, 40))
def test_every_table_has_the_same_rows_on_the_same_lines(
    rows: list[list[str]], end: str, encoding: str, size: int
) -> None:
    out = io.StringIO(newline="")
    csv.writer(out, lineterminator=end).writerows([HEADER, *rows])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(blocks, "BLOCK", size)
        table = comma(out.getvalue().encode(encoding))

        assert lines_and_rows(table) == one_by_one(table)


@pytest.mark.parametrize(
    "block",
    [b"a,b\n1,2,3\n", b"a,b,c,d\n", b'a,"b\nc",d\n', b'a,"b""c",d\n', b'a,b"c",d\n', b"\n1,2,3\n", b"a,b,c\r1,2,3\n",
     b"a,b,c\n\n", b',,\n', b'"a,b,c\n'],
)  # fmt: skip
def test_what_polars_could_read_otherwise_is_not_left_to_it(block: bytes) -> None:
    assert as_table(block, 1, ",", 3) is None


def test_plain_rows_are_columns_at_once() -> None:
    block = as_table(b'a,"b, b",\r\n1,,3', 7, ",", 3)

    assert block is not None
    assert (block.lines.to_list(), block.cells.rows()) == ([8, 9], [("a", "b, b", ""), ("1", "", "3")])


def test_broken_quoting_is_told_with_its_line_wherever_the_block_begins() -> None:
    data = "Day,Campaign,Cost\n" + "2026-09-01,A,1\n" * 30 + '2026-09-02,"A,1\n' + "2026-09-03,B,1\n" * 3
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(blocks, "BLOCK", 100)
        with pytest.raises(ImportFileError, match=r"line 3[2-5]: broken quoting"):
            lines_and_rows(comma(data.encode()))
