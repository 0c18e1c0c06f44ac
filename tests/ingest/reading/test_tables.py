"""Rows with their line numbers, whatever the encoding and the delimiter."""

import csv
import io
import math
from collections.abc import Callable, Iterator
from typing import Any

import polars as pl
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from reflection.errors import ImportFileError
from reflection.ingest import read_export
from reflection.ingest.reading import tables
from reflection.ingest.reading.archives import open_source
from reflection.ingest.reading.encodings import profile
from reflection.ingest.reading.numbers import formats
from reflection.ingest.reading.tables import Table, canonical_number, open_tables

TEXT = "Tag;Kampagne;Kosten\r\n2026-09-01;Rentrée – œuvre;12,34\r\n"


def table(data: bytes) -> Table:
    """Some bytes as they read with the likeliest delimiter."""
    return open_tables(open_source(data, "a.csv"))[0]


def lines(data: bytes, size: int = 3) -> list[tuple[int, list[str]]]:
    """All rows with their lines, read in small chunks."""
    return [pair for chunk in table(data).chunks(size) for pair in zip(chunk.lines, chunk.rows, strict=True)]


@pytest.mark.parametrize(
    ("encoding", "said"),
    [("utf-8", "utf-8"), ("utf-8-sig", "utf-8"), ("utf-16", "utf-16"), ("utf-16-le", "utf-16-le"),
     ("utf-16-be", "utf-16-be"), ("cp1252", "cp1252")],
)  # fmt: skip
def test_encodings_are_recognised_and_said(encoding: str, said: str) -> None:
    found = table(TEXT.encode(encoding))

    assert (found.encoding, found.delimiter) == (said, ";")
    assert found.head[1][1] == ["2026-09-01", "Rentrée – œuvre", "12,34"]


def test_other_scripts_are_left_to_the_detector() -> None:
    text = "日付,キャンペーン名,インプレッション数,クリック\r\n" + "2026-09-01,秋のセールの広告,1000,10\r\n" * 20

    assert table(text.encode("cp932")).head[0][1][1] == "キャンペーン名"


def test_a_profile_names_the_file_by_its_content() -> None:
    one, two = (profile(open_source(TEXT.encode(), name)) for name in ("a.csv", "b.csv"))

    assert one == two
    assert len(one.sha256) == 64
    assert one.size == len(TEXT.encode())


@pytest.mark.parametrize(
    "data", [bytes(range(256)) * 10, b"\xff\xfe" + b"\x00\xd8" * 9 + b"a\x00", b"\x01\x02\x03" * 99]
)
def test_what_is_no_text_is_refused(data: bytes) -> None:
    with pytest.raises(ImportFileError):
        table(data)


def test_an_undecodable_byte_far_below_is_an_error_with_its_place() -> None:
    data = b"a,b,c\n" * 60_000 + b"\xe9\x81,b,c\n"

    with pytest.raises(ImportFileError):
        lines(data)


def test_line_numbers_count_lines_not_rows() -> None:
    data = b'a,b\n"one\ntwo\r\nthree",2\n\n\nx,y\n' + b"p,q\n" * 5

    assert [line for line, _ in lines(data)] == [1, 4, 7, 8, 9, 10, 11, 12]


def test_empty_rows_are_passed_over() -> None:
    assert [row for _, row in lines(b"a,b,c\n,,\n\n1,2,3\n")] == [["a", "b", "c"], ["1", "2", "3"]]


@pytest.mark.parametrize("data", [b'a,b\n"open', b'a,b\n"x"y,2\n'])
def test_broken_quoting_is_an_error_with_its_line(data: bytes) -> None:
    with pytest.raises(ImportFileError, match="line 2"):
        lines(data)


@pytest.mark.parametrize("broken", [b'"x"y,2\n', b",".join([b"1"] * 2_001) + b"\n"])
@pytest.mark.parametrize("size", [1, 7, 1_000])
def test_the_rows_before_an_error_are_given_first_however_many_are_read_together(broken: bytes, size: int) -> None:
    rows: list[int] = []

    def read() -> None:
        (one,) = open_tables(open_source(b"a,b\n" + b"\n" * 100 + b"1,2\n" * 90 + broken, "a.csv"))
        for chunk in one.chunks(size):
            rows.extend(chunk.lines)

    with pytest.raises(ImportFileError):
        read()

    assert rows == [1, *range(102, 192)]


def test_many_empty_lines_are_looked_at_together(monkeypatch: pytest.MonkeyPatch) -> None:
    pieces: list[int] = []
    text_rows = tables.text_rows

    def counted(*arguments: Any) -> Iterator[tables.Chunk]:
        for piece in text_rows(*arguments):
            pieces.append(len(piece.rows))
            yield piece

    monkeypatch.setattr(tables, "text_rows", counted)
    (one,) = open_tables(open_source(b"\n" * 50_000 + b"a,b\n1,2\n", "a.csv"))

    assert one.head == [(50_001, ["a", "b"]), (50_002, ["1", "2"])]
    assert len(pieces) <= 4 * 52


def test_a_cell_beyond_the_readers_limit_is_an_error() -> None:
    with pytest.raises(ImportFileError, match="quoting"):
        lines(b'a,b\n"' + b"x" * 200_000 + b'",2\n')


def test_a_text_is_given_as_it_reads_with_each_delimiter_that_makes_columns_likeliest_first() -> None:
    data = b"Day,Campaign,Cost\n2026-09-01,Brand | Exact | DE,1\n2026-09-02,Brand | Exact | DE,2\n"

    assert [one.delimiter for one in open_tables(open_source(data, "a.csv"))] == [",", "|"]


def test_a_single_column_is_a_table() -> None:
    assert [row for _, row in lines(b"Day\n2026-09-01\n")] == [["Day"], ["2026-09-01"]]


ROWS = [["Day", "Campaign name", "Campaign delivery", "Impressions", "Link clicks", "Amount spent (EUR)", "Results"],
        ["2026-09-01", "Brand | Exact, DE; \t one", "active", "1000", "10", "12,5", "1"],
        ["2026-09-02", "Brand | Exact, DE; \t two", "active", "2000", "20", "13,5", "2"]]  # fmt: skip


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("quoting", [csv.QUOTE_MINIMAL, csv.QUOTE_ALL])
def test_the_headers_decide_whatever_stands_in_the_names(delimiter: str, quoting: Any) -> None:
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter, quoting=quoting).writerows(ROWS)

    report = read_export(("export.csv", out.getvalue().encode()))

    assert (report.dialect, report.rows, report.totals.impressions) == ("meta", 2, 3000)


def test_a_file_cut_off_says_so_though_a_bar_in_a_name_would_read() -> None:
    out = io.StringIO()
    csv.writer(out).writerows([[cell.replace(",", "") for cell in row] for row in ROWS])

    with pytest.raises(ImportFileError, match="line 4: broken quoting"):
        read_export(("export.csv", out.getvalue().encode() + b'2026-09-03,"Brand | Exa'))


def test_a_table_that_nothing_fits_is_shown_in_its_own_columns() -> None:
    with pytest.raises(ImportFileError, match="begins 'Zoekwoord', 'Kosten'"):
        read_export(("export.csv", b'"Zoekwoord";"Kosten"\n"fiets";"12,5"\n'))


def test_a_workbooks_values_become_canonical_text(make_workbook: Callable[..., bytes]) -> None:
    (found,) = open_tables(open_source(make_workbook([["a", 1.0, 38.11, 1234.567, None, " x "]]), "a.xlsx"))

    assert found.head == [(1, ["a", "1", "38.11", "1234.5670", "", "x"])]
    assert found.typed


@pytest.mark.parametrize(
    ("value", "text"), [(0.0, "0"), (1e-7, "0.0000001"), (1.7e15, "1700000000000000.0"), (2.5, "2.5"), (38.11, "38.11")]
)
def test_numbers_are_never_written_like_grouped_ones(value: float, text: str) -> None:
    assert canonical_number(value) == text


@given(st.floats(-1e15, 1e15))
@example(1.2345678901234567e-05)
@example(5e-324)
def test_a_workbooks_numbers_lose_nothing(value: float) -> None:
    cells = pl.Series([canonical_number(value)])
    assert {option.parse(cells, typed=True)[0] for option in formats()} == {value}


@pytest.mark.parametrize("value", [math.inf, -math.inf, math.nan, 1e300])
def test_what_no_campaign_can_have_is_no_number(value: float) -> None:
    cells = pl.Series([canonical_number(value)])
    assert {option.parse(cells, typed=True)[0] for option in formats()} == {None}


def test_a_workbook_without_cells_is_refused(make_workbook: Callable[..., bytes]) -> None:
    with pytest.raises(ImportFileError, match="no table"):
        open_tables(open_source(make_workbook([]), "a.xlsx"))
