"""What counts as a conversion is said by the file or the user, never guessed."""

from collections.abc import Callable
from pathlib import Path

import pytest

from reflection.errors import ImportFileError
from reflection.ingest import ImportOptions, ImportReport, read_export

Write = Callable[..., Path]
Row = Callable[..., list[str]]
LEAD = "actions:onsite_conversion.lead_grouped"


def codes(report: ImportReport) -> list[str]:
    """Codes of its findings."""
    return [item.code for item in report.findings]


def test_the_only_conversion_indicator_decides(write: Write, meta_header: list[str], meta_row: Row) -> None:
    report = read_export(
        write(
            [
                meta_header,
                meta_row(conversions=7),
                meta_row(campaign="Traffic", conversions=260, indicator="actions:link_click"),
            ]
        )
    )

    assert report.totals.conversions == 7
    assert report.conversions == "results: purchase"
    assert "link_click are results, not conversions" in " ".join(item.message for item in report.findings)


def test_conversions_of_a_campaign_with_other_results_only_are_unknown_not_zero(
    write: Write, meta_header: list[str], meta_row: Row
) -> None:
    report = read_export(write([meta_header, meta_row(), meta_row(campaign="Traffic", indicator="actions:link_click")]))

    assert {campaign.name: campaign.actual_metrics.conversions for campaign in report.campaigns} == {
        "Autumn": 10.0,
        "Traffic": None,
    }
    assert not report.rejects


def test_blank_results_are_none_where_others_are_conversions(
    write: Write, meta_header: list[str], meta_row: Row
) -> None:
    blank = meta_row(day="2026-09-02", indicator="")
    blank[7] = ""

    report = read_export(write([meta_header, meta_row(conversions=7), blank]))

    assert report.totals.conversions == 7
    assert "cells_missing" not in codes(report)


def test_only_link_clicks_make_no_campaign_until_the_user_says_so(
    write: Write, meta_header: list[str], meta_row: Row
) -> None:
    path = write([meta_header, meta_row(indicator="actions:link_click", conversions=150)])

    silent, asked = read_export(path), read_export(path, ImportOptions(conversions="actions:link_click"))

    assert (silent.campaigns, silent.totals.conversions) == ((), None)
    assert [f.code for f in silent.findings if f.severity == "error"] == ["conversions_not_chosen"]
    assert asked.campaigns[0].actual_metrics.conversions == 150


def test_results_without_an_indicator_are_not_taken(write: Write, meta_header: list[str], meta_row: Row) -> None:
    report = read_export(write([meta_header[:-1], meta_row()[:-1]]))

    assert "conversions_not_chosen" in codes(report)
    assert not report.campaigns


def test_two_kinds_of_conversions_are_said(write: Write, meta_header: list[str], meta_row: Row) -> None:
    report = read_export(
        write([meta_header, meta_row(conversions=3), meta_row(campaign="Leads", conversions=4, indicator=LEAD)])
    )

    note = next(item for item in report.findings if item.code == "conversions_by_indicator")
    assert note.severity == "warning"
    assert report.totals.conversions == 7


def test_the_user_may_name_an_event_of_the_indicator(write: Write, meta_header: list[str], meta_row: Row) -> None:
    path = write([meta_header, meta_row(conversions=3), meta_row(campaign="Leads", conversions=4, indicator=LEAD)])

    assert read_export(path, ImportOptions(conversions="purchase")).totals.conversions == 3
    assert read_export(path, ImportOptions(conversions=LEAD)).totals.conversions == 4


def test_the_user_may_name_any_column(write: Write, meta_header: list[str], meta_row: Row) -> None:
    path = write([[*meta_header, "Website demos"], [*meta_row(), "42"]])

    report = read_export(path, ImportOptions(conversions="website DEMOS"))

    assert report.totals.conversions == 42
    assert "as asked" in report.conversions


def test_a_name_that_is_nowhere_is_refused_with_what_could_be_named(
    write: Write, meta_header: list[str], meta_row: Row
) -> None:
    with pytest.raises(ImportFileError) as caught:
        read_export(write([meta_header, meta_row()]), ImportOptions(conversions="sales"))

    assert "purchase" in caught.value.hint


def test_a_column_beside_the_indicator_is_preferred_as_it_covers_all_rows(files: Path) -> None:
    report = read_export(files / "exports" / "meta_en_campaign_day_totals_first.csv")

    assert report.conversions == "column 'Purchases'"
    assert report.totals.revenue == 1190.4


def test_linkedin_counts_leads_or_conversions_by_objective(files: Path) -> None:
    report = read_export(files / "exports" / "linkedin_campaign_performance_utf16le.csv")

    assert report.totals.conversions == 10
    assert "conversions_by_objective" in codes(report)


LINKEDIN = ["Start Date (in UTC)", "Campaign Group Name", "Total Spent", "Impressions", "Clicks", "Currency"]


def _linkedin(write: Write, counts: dict[str, tuple[str, str]], **options: str) -> ImportReport:
    rows = [
        [f"8/{day}/2026", "A", "500", "10000", "100", "EUR", *(cells[day - 13] for cells in counts.values())]
        for day in (13, 14)
    ]
    return read_export(write([[*LINKEDIN, *counts], *rows]), ImportOptions(**options))


def test_where_the_column_of_conversions_is_empty_the_filled_one_counts_and_it_is_said_first(write: Write) -> None:
    counts = {"Conversions": ("0", "0"), "Leads": ("12", "9")}

    report = _linkedin(write, counts)

    assert report.totals.conversions == 21
    assert report.findings[0].code == "conversions_chosen"
    assert "'Leads', as 'Conversions' counts nothing at all" in report.findings[0].message
    assert report.campaigns[0].conversion_kind == "lead"
    assert _linkedin(write, counts, conversions="Conversions").totals.conversions == 0


def test_leads_do_not_replace_conversions_that_are_counted_or_that_nothing_else_counts(write: Write) -> None:
    assert _linkedin(write, {"Conversions": ("0", "1"), "Leads": ("12", "9")}).totals.conversions == 1
    assert _linkedin(write, {"Conversions": ("0", "0"), "Leads": ("0", "0")}).totals.conversions == 0


def test_of_several_columns_beside_an_empty_one_nobody_knows_which_counts(write: Write) -> None:
    header = ["Date", "Source", "Campaign", "Spend", "Impressions", "Clicks", "Conversions", "Purchases", "Leads"]
    path = write([header, ["2026-08-13", "facebook", "A", "500", "10000", "100", "0", "3", "12"]])

    note = next(one for one in read_export(path).findings if one.code == "conversions_not_chosen")
    assert "'Purchases', 'Leads'" in note.message


def test_two_conversion_columns_and_no_indicator_ask(write: Write) -> None:
    header = [
        "Day",
        "Campaign name",
        "Amount spent (EUR)",
        "Impressions",
        "Link clicks",
        "Purchases",
        "Leads",
    ]
    path = write([header, ["2026-09-01", "A", "10", "100", "10", "1", "2"]])

    report = read_export(path)

    note = next(item for item in report.findings if item.code == "conversions_not_chosen")
    assert "'Purchases', 'Leads'" in note.message
    assert read_export(path, ImportOptions(conversions="Leads")).totals.conversions == 2


def test_one_conversion_column_is_taken_and_said(write: Write) -> None:
    header = ["Day", "Campaign name", "Amount spent (EUR)", "Impressions", "Link clicks", "Leads"]
    report = read_export(write([header, ["2026-09-01", "A", "10", "100", "10", "2"]]))

    assert report.totals.conversions == 2
    assert "conversions_chosen" in codes(report)
