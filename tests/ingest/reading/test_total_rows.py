"""Totals are told from facts: by their label wherever it stands, or by being the sum; other rows are kept."""

from collections.abc import Callable
from pathlib import Path

import pytest

from reflection.ingest import ImportReport, load_mapping, read_export
from reflection.ingest.options import ImportOptions
from reflection.ingest.reading.total_rows import is_label

Write = Callable[..., Path]
HEADER = ["Site", "Day", "Campaign name", "Impressions", "Link clicks", "Purchases", "Amount spent (EUR)"]
ROWS = [
    ["a.example", "2026-09-01", "Brand", "1000", "10", "1", "5.00"],
    ["b.example", "2026-09-02", "Brand", "2000", "20", "2", "10.00"],
    ["c.example", "2026-09-02", "Other", "3000", "30", "3", "15.00"],
]


def read(write: Write, *more: list[str], first: list[list[str]] | None = None) -> ImportReport:
    """The export with more rows at its end, or at its beginning."""
    return read_export(write([HEADER, *(first or []), *ROWS, *more]))


def codes(report: ImportReport) -> set[str]:
    """The codes of its findings."""
    return {note.code for note in report.findings}


@pytest.mark.parametrize(
    "row",
    [
        ["Grand Total:", "---", "---", "6000", "60", "6", "30.00"],
        ["Total", "", "", "6000", "60", "6", "30.00"],
        ["", "", "Gesamt: Konto", "6000", "60", "6", "30.00"],
        ["Totaal:", "--", "--", "6000", "60", "6", "30.00"],
        ["", "", "", "6000", "60", "6", "30.00"],
        ["Итого", "", "", "6000", "60", "6", "30.00"],
    ],
)
def test_a_total_is_a_checksum_and_no_campaign(write: Write, row: list[str]) -> None:
    report = read(write, row)

    assert report.totals.impressions == 6_000
    assert "total_confirmed" in codes(report)
    assert {campaign.name for campaign in report.campaigns} == {"Brand", "Other"}


@pytest.mark.parametrize(
    "row", [["Total", "", "", "6000", "60", "6", "30.00", "9"], ["Total"], ["Total", "", "", "", "", "", ""]]
)
def test_a_total_that_cannot_be_compared_confirms_nothing(write: Write, row: list[str]) -> None:
    report = read(write, row)

    assert not report.rejects
    assert report.totals.impressions == 6_000
    assert "total_confirmed" not in codes(report)


def test_rows_without_a_name_are_kept_under_a_name_that_says_so(write: Write) -> None:
    nameless = ["d.example", "2026-09-01", "", "400", "4", "1", "2.00"]

    report = read(write, nameless, ["e.example", "2026-09-02", "--", "500", "5", "1", "3.00"])

    assert report.totals.impressions == 6_900
    assert {campaign.name for campaign in report.campaigns} == {"Brand", "Other", "rows without a campaign name"}
    assert "rows_without_name" in codes(report)


def test_one_row_without_a_name_among_others_is_no_total(write: Write) -> None:
    report = read(write, ["d.example", "2026-09-01", "", "400", "4", "1", "2.00"])

    assert report.totals.impressions == 6_400


def test_trailing_blank_cells_do_not_matter(write: Write) -> None:
    assert not read(write, [*ROWS[0], "", " "]).rejects


@pytest.mark.parametrize("name", ["Total recall", "Summer total sale", "Gesamtwerk", "Suma 2026"])
def test_a_name_that_begins_like_a_total_is_none(name: str) -> None:
    assert not is_label(name)


def test_a_day_may_be_below_zero_a_campaign_may_not(write: Write) -> None:
    credit = ["a.example", "2026-09-03", "Brand", "0", "0", "0", "-2.40"]
    fine = read(write, credit)
    refund = read(write, [*credit[:-1], "-200.00"])

    assert fine.totals.spend == pytest.approx(27.6)
    assert "below_zero" in codes(fine)
    assert {campaign.name for campaign in refund.campaigns} == {"Other"}
    assert "spend adds up to less than zero; take refunds off the sales" in refund.rejects[0].reason


def test_lines_above_speak_for_a_mapped_table_too(write: Write) -> None:
    rows = [["Currency: AUD"], ["Time Zone: Europe/Berlin"], ["1 Sep 2026 - 7 Sep 2026"], ["Name", "Shown", "Cost"],
            ["A", "100", "5"], ["B", "200", "7"]]  # fmt: skip
    mapping = load_mapping({"platform": "X", "columns": {"campaign": "Name", "impressions": "Shown", "spend": "Cost"}})

    report = read_export(write(rows), ImportOptions(mapping=mapping))

    assert (report.currency, report.timezone) == ("AUD", "Europe/Berlin")
    assert report.period is not None
    assert [day.day for day in report.period] == [1, 7]


MERGED = [
    ["Channel", "Campaign", "Day", "Impressions", "Clicks", "Spend (GBP)", "Conversions"],
    ["Google Ads", "Brand", "2026-09-01", "1000", "10", "5", "1"],
    ["", "", "2026-09-02", "2000", "20", "10", "2"],
    ["Facebook", "Wide", "2026-09-01", "3000", "30", "15", "3"],
    ["", "", "2026-09-02", "4000", "40", "20", "4"],
]


def test_what_is_merged_beside_a_campaigns_name_is_said_of_all_its_rows(write: Write) -> None:
    report = read_export(write(MERGED))

    assert {(one.platform, one.name, one.actual_metrics.spend) for one in report.campaigns} == {
        ("Google", "Brand", 15.0),
        ("Meta", "Wide", 35.0),
    }


def test_subtotals_and_notes_are_no_days_however_few_the_rows_are(write: Write) -> None:
    days = [[row[2], row[0], row[1], *row[3:]] for row in MERGED]
    for place in (2, 4):
        days[place][1:3] = days[place - 1][1:3]
    subtotals = [
        ["Subtotal Google", "", "", "3000", "30", "15", "3"],
        ["Subtotal Facebook", "", "", "7000", "70", "35", "7"],
    ]
    rows = [*days[:3], subtotals[0], *days[3:], subtotals[1], ["Grand total", "", "", "10000", "100", "50", "10"]]

    report = read_export(write([*rows, ["* without VAT", "", "", "", "", "", ""]]))

    assert report.totals.spend == 50
    assert not report.rejects
    assert [note.code for note in report.findings].count("total_confirmed") == 3
