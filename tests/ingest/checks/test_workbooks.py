"""Workbooks: sheets of one shape are one table, others are named; what no program has calculated is said."""

import io
import zipfile
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.ingest.conftest import workbook

from reflection.errors import ImportFileError
from reflection.ingest import ImportReport, read_export

HEADER: list[str | float | None] = [
    "Day",
    "Campaign name",
    "Amount spent (EUR)",
    "Impressions",
    "Link clicks",
    "Purchases",
]


def row(day: int, spend: float | str | None = 10.0) -> list[str | float | None]:
    """One row under the header."""
    return [f"2026-09-{day:02d}", "Brand", spend, 1000.0, 20.0, 2.0]


def with_sheets(make: Callable[..., bytes], **sheets: list[list[str | float | None]]) -> bytes:
    """A workbook of several sheets, made of workbooks of one."""
    pages = {name: zipfile.ZipFile(io.BytesIO(make(rows))) for name, rows in sheets.items()}
    first = next(iter(pages.values()))
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for info in first.infolist():
            if not info.filename.startswith("xl/worksheets") and info.filename not in ("xl/workbook.xml", RELATIONS):
                archive.writestr(info.filename, first.read(info))
        book, relations = first.read("xl/workbook.xml").decode(), first.read(RELATIONS).decode()
        tags = "".join(f'<sheet name="{name}" sheetId="{i}" r:id="r{i}"/>' for i, name in enumerate(pages, 1))
        start, end = book.index("<sheet "), book.index("</sheets>")
        archive.writestr("xl/workbook.xml", book[:start] + tags + book[end:])
        start, end = relations.index("<Relationship "), relations.index("</Relationships>")
        kind = relations.split('Type="')[1].split('"')[0]
        links = "".join(
            f'<Relationship Id="r{i}" Type="{kind}" Target="worksheets/sheet{i}.xml"/>'
            for i in range(1, len(pages) + 1)
        )
        archive.writestr(RELATIONS, relations[:start] + links + relations[end:])
        for i, page in enumerate(pages.values(), 1):
            archive.writestr(f"xl/worksheets/sheet{i}.xml", page.read("xl/worksheets/sheet1.xml"))
    return out.getvalue()


RELATIONS = "xl/_rels/workbook.xml.rels"


def read(data: bytes) -> ImportReport:
    """What is made of it."""
    return read_export(("report.xlsx", data))


def codes(report: ImportReport) -> set[str]:
    """The codes of its findings."""
    return {note.code for note in report.findings}


def test_sheets_of_one_shape_are_read_as_one_table(make_workbook: Callable[..., bytes]) -> None:
    report = read(with_sheets(make_workbook, August=[HEADER, row(1), row(2)], September=[HEADER, row(3)]))

    assert report.totals.spend == 30.0
    assert "sheets_not_read" not in codes(report)


def test_a_copy_of_a_sheet_is_no_second_spend(make_workbook: Callable[..., bytes]) -> None:
    report = read(with_sheets(make_workbook, Data=[HEADER, row(1), row(2)], Copy=[HEADER, row(2), row(1)]))

    assert report.totals.spend == 20.0
    assert "sheets_not_read" in codes(report)


def test_the_columns_of_a_sheet_may_stand_in_another_order(make_workbook: Callable[..., bytes]) -> None:
    turned = [list(reversed(line)) for line in (HEADER, row(2))]

    report = read(with_sheets(make_workbook, August=[HEADER, row(1)], September=turned))

    assert (report.totals.spend, report.totals.impressions, report.totals.clicks) == (20, 2_000, 40)
    assert "sheets_not_read" not in codes(report)
    same = [list(reversed(line)) for line in (HEADER, row(1))]
    copies = read(with_sheets(make_workbook, August=[HEADER, row(1)], Copy=same))
    assert copies.totals.spend == 10


def test_a_sheet_of_another_shape_is_named(make_workbook: Callable[..., bytes]) -> None:
    notes: list[list[str | float | None]] = [["Topic", "Remark", "Who"], ["Budget", "raised", "Ann"]]

    report = read(with_sheets(make_workbook, Data=[HEADER, row(1)], Notes=notes))

    assert report.totals.spend == 10.0
    note = next(item for item in report.findings if item.code == "sheets_not_read")
    assert "[Notes]" in note.message


def test_last_week_beside_the_month_counts_once(make_workbook: Callable[..., bytes]) -> None:
    month = [HEADER, *map(row, range(1, 31))]
    report = read(with_sheets(make_workbook, Month=month, Week=[HEADER, *map(row, range(24, 31))]))

    assert report.totals.spend == 300.0
    note = next(item for item in report.findings if item.code == "sheets_repeat")
    assert "[Week] says 7 rows that report.xlsx [Month] says, too" in note.message


@given(st.lists(st.integers(1, 30), min_size=1, max_size=9, unique=True), st.integers(1, 30), st.booleans())
def test_no_money_of_two_sheets_is_counted_twice_in_silence(days: list[int], end: int, turned: bool) -> None:
    """Whichever days two sheets share with the same figures, each counts once, and it is said."""
    first, second = [row(day, 7.5) for day in range(1, end + 1)], [row(day, 7.5) for day in days]
    pair = {"One": [HEADER, *first], "Two": [HEADER, *second]}
    report = read(with_sheets(workbook, **dict(reversed(pair.items()) if turned else pair.items())))

    every = {line[0] for line in (*first, *second)}
    assert report.totals.spend == 7.5 * len(every)
    assert bool({"sheets_repeat", "sheets_not_read"} & codes(report)) == (len(every) < len(first) + len(second))


@pytest.mark.parametrize("share", [1.02, 0.97])
def test_sheets_of_which_one_may_restate_the_other_are_asked_about(
    make_workbook: Callable[..., bytes], share: float
) -> None:
    final = [[*row(day)[:2], 10.0 * share, 1_000.0 * share, 20.0, 2.0] for day in (1, 2, 3)]
    sheets = {"September": [HEADER, row(1), row(2), row(3)], "Final": [HEADER, *final]}

    with pytest.raises(ImportFileError, match=r"both have figures of 3 campaign-days") as refusal:
        read(with_sheets(make_workbook, **sheets))
    assert "delete the other" in (refusal.value.hint or "")


def test_sheets_without_days_of_which_one_may_be_within_the_other_are_asked_about(
    make_workbook: Callable[..., bytes],
) -> None:
    def sheet(part: float) -> list[list[str | float | None]]:
        return [HEADER[1:], *([name, 300.0 * part, 9_000.0 * part, 90.0, 9.0] for name in ("Brand", "Shoes"))]

    with pytest.raises(ImportFileError, match="same money twice"):
        read(with_sheets(make_workbook, September=sheet(1.0), Week=sheet(0.2)))


def test_parts_of_a_whole_in_several_sheets_are_added_and_it_is_said(make_workbook: Callable[..., bytes]) -> None:
    desktop = [[*row(day)[:2], 2.0, 150.0, 5.0, 1.0] for day in (1, 2, 3)]
    report = read(with_sheets(make_workbook, Mobile=[HEADER, row(1), row(2), row(3)], Desktop=[HEADER, *desktop]))

    assert report.totals.spend == 36.0
    assert "sheets_added" in codes(report)


def _merged(make: Callable[..., bytes], rows: list[list[str | float | None]], *places: str) -> bytes:
    """A workbook in which these cells are merged."""
    sheet = zipfile.ZipFile(io.BytesIO(make(rows))).read("xl/worksheets/sheet1.xml").decode()
    cells = "".join(f'<mergeCell ref="{place}"/>' for place in places)
    return make([], raw_sheet=sheet.replace("</sheetData>", f"</sheetData><mergeCells>{cells}</mergeCells>").encode())


def test_a_day_in_merged_cells_is_the_day_of_all_their_rows(make_workbook: Callable[..., bytes]) -> None:
    """Two campaigns of the same figures, too, which look like a row and its subtotal."""
    rows = [[day, name, *row(1)[2:]] for day in ("2026-09-01", "2026-09-02") for name in ("Brand", "Shoes")]
    rows[1][0] = rows[3][0] = None

    report = read(_merged(make_workbook, [HEADER, *rows], "A2:A3", "A4:A1048576"))

    assert (report.totals.spend, len(report.campaigns)) == (40.0, 2)


def test_an_amount_in_merged_cells_is_one_amount(make_workbook: Callable[..., bytes]) -> None:
    rows = [row(1, 30.0), row(2, None), row(3, None)]

    report = read(_merged(make_workbook, [HEADER, *rows], "C2:C4"))

    assert report.totals.spend is None, "nobody says how it is spread"
    assert "cells_missing" in codes(report)


def _with_cell(make: Callable[..., bytes], cell: str, attributes: str = "") -> bytes:
    """Two rows; the spend of the second is this cell, its row has these attributes."""
    data = make([HEADER, row(1), row(2)])
    sheet = zipfile.ZipFile(io.BytesIO(data)).read("xl/worksheets/sheet1.xml").decode()
    changed = sheet.replace('<c r="C3"><v>10.0</v></c>', cell).replace('<row r="3">', f'<row r="3"{attributes}>')
    assert changed != sheet
    return make([], raw_sheet=changed.encode())


@pytest.mark.parametrize("value", ["", "<v/>", "<v></v>"])
def test_a_formula_nobody_calculated_makes_the_amount_unknown_never_smaller(
    make_workbook: Callable[..., bytes], value: str
) -> None:
    report = read(_with_cell(make_workbook, f'<c r="C3"><f>5*2</f>{value}</c>'))

    assert ("formulas_without_values", "error") in [(item.code, item.severity) for item in report.findings]
    assert report.campaigns[0].actual_metrics.spend is None


def test_a_formula_with_its_value_is_a_number(make_workbook: Callable[..., bytes]) -> None:
    report = read(_with_cell(make_workbook, '<c r="C3"><f>5*2</f><v>10.0</v></c>'))

    assert report.totals.spend == 20.0
    assert "formulas_without_values" not in codes(report)


def test_hidden_rows_are_read_and_said(make_workbook: Callable[..., bytes]) -> None:
    report = read(_with_cell(make_workbook, '<c r="C3"><v>10.00</v></c>', ' hidden="1"'))

    assert report.totals.spend == 20.0
    assert "hidden_rows" in codes(report)


def test_days_as_a_spreadsheets_numbers_are_read(make_workbook: Callable[..., bytes]) -> None:
    rows: list[list[str | float | None]] = [[46266.0 + day, "Brand", 10.0, 1000.0, 20.0, 2.0] for day in range(3)]

    report = read(make_workbook([HEADER, *rows]))

    assert report.period is not None
    assert [day.isoformat() for day in report.period] == ["2026-09-01", "2026-09-03"]
    assert "serial_dates" in codes(report)


def test_a_hidden_sheet_is_not_added_and_told(make_workbook: Callable[..., bytes]) -> None:
    book = with_sheets(make_workbook, Now=[HEADER, row(1), row(2)], Old=[HEADER, row(11), row(12)])
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(book)) as read, zipfile.ZipFile(out, "w") as written:
        for item in read.infolist():
            text = read.read(item.filename)
            written.writestr(item.filename, text.replace(b'<sheet name="Old"', b'<sheet name="Old" state="hidden"'))
    report = read_export(("book.xlsx", out.getvalue()))

    assert report.totals.spend == 20.0
    note = next(note for note in report.findings if note.code == "sheets_not_read")
    assert "[Old]" in note.message
