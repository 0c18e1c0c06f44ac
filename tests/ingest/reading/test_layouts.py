"""Blocks of columns and rows of single figures are read as the table that they are, any other table as it stands."""

import datetime as dt
from collections.abc import Callable
from pathlib import Path

import pytest

from reflection.errors import ImportFileError
from reflection.ingest import ImportOptions, ImportReport, load_mapping, read_export, suggest_mapping
from reflection.ingest.reading.archives import open_source
from reflection.ingest.reading.layouts import in_rows
from reflection.ingest.reading.tables import open_tables

IN_ROWS = """Date,Platform,Campaign,Spend (EUR),Impressions,Clicks,Conversions
2026-09-01,Google,Autumn,10.5,1000,50,2
2026-09-02,Google,Autumn,11.5,1100,55,3
2026-09-01,Facebook,Autumn,20.5,2000,60,4
2026-09-02,Facebook,Autumn,21.5,2100,65,5
"""
LINES = [line.split(",") for line in IN_ROWS.splitlines()[1:]]
FIGURES = ["Spend (EUR)", "Impressions", "Clicks", "Conversions"]
ABOVE = ["Google", "", "", "", "Facebook", "", "", ""]
PAIRS = list(zip(LINES[:2], LINES[2:], strict=True))
DAYS = [[one[0], one[2], *one[3:], *other[3:]] for one, other in PAIRS]


def _text(*rows: list[str]) -> str:
    return "".join(f"{','.join(row)}\n" for row in rows)


BLOCKS = {
    "two lines": _text(["Date", "Campaign", *ABOVE], ["", "", *2 * FIGURES], *DAYS),
    "names beside figures": _text(["", "", *ABOVE], ["Date", "Campaign", *2 * FIGURES], *DAYS),
    "one line, before": _text(["Date", "Campaign", *(f"Google {text}" for text in FIGURES),
                               *(f"Facebook {text}" for text in FIGURES)], *DAYS),
    "one line, behind": _text(["Date", "Campaign", *(f"{text} ({name})" for name in ("Google", "Facebook")
                                                     for text in ("Spend EUR", *FIGURES[1:]))], *DAYS),
    "of a warehouse": _text(["date", "campaign", *(f"{name}_{text}" for name in ("google", "facebook")
                                                   for text in ("spend_eur", "impressions", "clicks", "conversions"))],
                            *DAYS),
    "with ratios": _text(["Date", "Campaign", *ABOVE[:4], "", *ABOVE[4:], ""], ["", "", *2 * [*FIGURES, "CTR"]],
                         *([*row[:6], "5 %", *row[6:], "3 %"] for row in DAYS)),
    "with a title": "Weekly report,,,\n\n" + _text(["Date", "Campaign", *ABOVE], ["", "", *2 * FIGURES], *DAYS),
    "with a spacer": _text(["Date", "Campaign", "Google", "", "", "", "", "Facebook", "", "", ""],
                           ["", "", *FIGURES, "", *FIGURES], *([*row[:6], "", *row[6:]] for row in DAYS)),
    "times": _text(["Platform", "Campaign", *(f"{text} 2026-09-{day}" for day in ("01", "02") for text in FIGURES)],
                   *([one[1], one[2], *one[3:], *other[3:]] for one, other in (LINES[:2], LINES[2:]))),
    "a row a figure": _text(["Date", "Platform", "Campaign", "Metric", "Value"],
                            *([*row[:3], name, value] for row in LINES
                              for name, value in zip(FIGURES, row[3:], strict=True))),
    "lines of dashes": _text(["", "Date", "Platform", "Campaign", *FIGURES, ""], ["", *7 * ["---:"], ""],
                             *(["", *row, ""] for row in LINES)).replace(",", "|"),
    "figures down, days across": _text(["Platform", "Campaign", "KPI", "2026-09-01", "2026-09-02"],
                                       *([one[1], one[2], name, one[place], other[place]]
                                         for one, other in (LINES[:2], LINES[2:])
                                         for place, name in enumerate(FIGURES, start=3))),
    "figures down, platforms across": _text(["Date", "Campaign", "KPI", "Google", "Facebook"],
                                            *([one[0], one[2], name, one[place], other[place]] for one, other in PAIRS
                                              for place, name in enumerate(FIGURES, start=3))),
}  # fmt: skip


def read(text: str | bytes, name: str = "report.csv") -> ImportReport:
    """What is read of a file."""
    data = text.encode() if isinstance(text, str) else text
    return read_export((name, data), ImportOptions(as_of=dt.date(2027, 1, 1)))


def facts(report: ImportReport) -> dict[tuple[str, str], tuple[object, ...]]:
    """Figures of each campaign."""
    return {
        (one.platform, one.name): (one.actual_metrics, one.currency, one.period_start, one.period_end)
        for one in report.campaigns
    }


@pytest.mark.parametrize("name", BLOCKS)
def test_a_layout_says_what_rows_say(name: str) -> None:
    report = read(BLOCKS[name])

    assert facts(report) == facts(read(IN_ROWS))
    assert not report.rejects
    assert "laid_out" in {note.code for note in report.findings}


def test_merged_cells_over_blocks_are_their_names(make_workbook: Callable[..., bytes]) -> None:
    rows = [[float(cell) if cell.replace(".", "").isdigit() else cell or None for cell in line.split(",")]
            for line in BLOCKS["two lines"].splitlines()]  # fmt: skip

    assert facts(read(make_workbook(rows), "report.xlsx")) == facts(read(IN_ROWS))


def test_firsts_of_months_above_blocks_are_months() -> None:
    text = _text(["Platform", "Campaign", "2026-09-01", "", "", "", "2026-10-01", "", "", ""], ["", ""] + 2 * FIGURES,
                 ["Google", "Autumn", *LINES[0][3:], *LINES[1][3:]])  # fmt: skip
    report = read(text)

    assert (report.granularity, report.period) == ("month", (dt.date(2026, 9, 1), dt.date(2026, 10, 31)))


def test_blocks_in_two_currencies_are_never_added() -> None:
    report = read(BLOCKS["one line, before"].replace("Facebook Spend (EUR)", "Facebook Spend (GBP)"))

    assert {(one.platform, one.currency) for one in report.campaigns} == {("Google", "EUR"), ("Meta", "GBP")}
    assert report.totals.spend is None


def test_a_platform_that_did_not_run_has_no_row_and_a_blank_stays_missing() -> None:
    report = read(BLOCKS["two lines"].replace("20.5,2000,60,4", ",,,").replace("21.5,2100,65,5", "21.5,2100,65,"))
    (meta,) = [one for one in report.campaigns if one.platform == "Meta"]

    assert (meta.actual_metrics.spend, meta.actual_metrics.conversions) == (21.5, None)
    assert meta.period_start is not None
    assert meta.period_start.date() == dt.date(2026, 9, 2)


def test_totals_of_blocks_confirm_them_and_are_no_rows() -> None:
    wide = BLOCKS["two lines"] + "Total,,22,2100,105,5,42,4100,125,9\n"
    report = read(wide)

    assert facts(report) == facts(read(IN_ROWS))
    assert "total_differs" not in {note.code for note in report.findings}
    assert "total_confirmed" in {note.code for note in report.findings}
    assert "total_differs" in {note.code for note in read(wide.replace("4100", "4900")).findings}


def test_a_block_of_totals_is_no_platform() -> None:
    rows = [[*row, f"{float(row[2]) + float(row[6]):g}", "3000"] for row in DAYS]
    text = _text(["Date", "Campaign", "Google", "", "", "", "Facebook", "", "", "", "Total", ""],
                 ["", "", *2 * FIGURES, *FIGURES[:2]], *rows)  # fmt: skip

    assert facts(read(text)) == facts(read(IN_ROWS))


def test_lines_are_those_of_the_file() -> None:
    report = read(BLOCKS["two lines"].replace("2026-09-02,Autumn,11.5", "2026-09-02,Autumn,1.2k"))

    assert report.rejects[0].line == 4
    assert "in line 2" in report.recognised_by


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Date,Facebook Spend,Google Spend,Sales\n2026-09-01,100,200,3\n", "a column for each platform"),
        ("Campaign,2026-09-01,2026-09-02\nA,100,110\n", "a column for each day"),
        ("Campaign,Clicks Aug 2026,Clicks Sep 2026\nA,100,110\n", "a column for each time"),
    ],
)
def test_figures_without_a_place_are_asked_about(text: str, words: str) -> None:
    with pytest.raises(ImportFileError, match=words):
        read(text)


@pytest.mark.parametrize(
    "text",
    [
        "Campaign,Metric,2026-09-01,2026-09-02\nA,Spend,100,110\nA,Clicks,9,8\n",
        "Campaign,Spend 2026-09-01,Spend 2026-09-02,Clicks 2026-09-01,Clicks 2026-09-02\nA,100,110,9,8\n",
    ],
)
def test_the_mapping_of_a_layout_without_a_platform_reads_it(text: str) -> None:
    file = ("report.csv", text.encode())
    with pytest.raises(ImportFileError, match="no export of a platform") as refusal:
        read(text)
    assert refusal.value.mapping is not None
    report = read_export(file, ImportOptions(mapping=load_mapping(suggest_mapping(file))))

    assert (report.totals.spend, report.totals.clicks) == (210, 17)
    assert report.period == (dt.date(2026, 9, 1), dt.date(2026, 9, 2))


def test_a_table_in_rows_stays_as_it_is(files: Path) -> None:
    for path in sorted((files / "exports").iterdir()):
        for table in open_tables(open_source(path)):
            assert in_rows(table) is table
