"""When an export's days are complete: a partial day waits whole, conversions wait for their window."""

import datetime as dt
from collections.abc import Callable
from pathlib import Path

import pytest

from reflection.ingest import Finding, ImportOptions, ImportReport, read_export
from reflection.ingest.reading.preamble import Preamble

Write = Callable[..., Path]
Row = Callable[..., list[str]]
GOOGLE = ["Day", "Campaign", "Campaign ID", "Currency code", "Cost", "Impr.", "Clicks", "Conversions"]
MICROSOFT = ["Gregorian date", "Campaign name", "Campaign ID", "Currency code", "Spend", "Impressions", "Clicks",
             "Conversions"]  # fmt: skip


def google(day: str) -> list[str]:
    """A day's row."""
    return [day, "A", "1", "EUR", "10.00", "100", "5", "1"]


def note(report: ImportReport, code: str) -> Finding | None:
    """The finding of a code, or None."""
    return next((item for item in report.findings if item.code == code), None)


def on(day: str, **options: int) -> ImportOptions:
    """Exported on a day."""
    return ImportOptions(as_of=dt.date.fromisoformat(day), **options)  # type: ignore[arg-type]


def test_the_day_of_the_export_waits_whole(write: Write) -> None:
    path = write([GOOGLE, google("2026-09-09"), google("2026-09-10")])

    early, late = read_export(path, on("2026-09-10")), read_export(path, on("2026-09-11"))

    waiting = note(early, "partial_day")
    assert waiting is not None
    assert (waiting.severity, waiting.rows) == ("warning", (3,))
    assert "2026-09-10 was not over" in waiting.message
    assert (early.totals.impressions, early.period) == (100, (dt.date(2026, 9, 9), dt.date(2026, 9, 9)))
    assert early.campaigns[0].actual_metrics.impressions == 100
    assert note(late, "partial_day") is None
    assert late.totals.impressions == 200


def test_a_file_of_a_partial_day_alone_makes_no_campaign_and_says_why(write: Write) -> None:
    report = read_export(write([GOOGLE, google("2026-09-10")]), on("2026-09-10"))

    assert report.campaigns == ()
    assert note(report, "partial_day") is not None
    assert note(report, "column_missing") is None


@pytest.mark.parametrize(
    ("options", "mature_on"),
    [(on("2026-09-12"), "2026-10-10"), (on("2027-01-01"), "2026-10-10"),
     (on("2026-09-12", conversion_window=14), "2026-09-24")],
)  # fmt: skip
def test_each_campaign_says_when_its_conversions_are_complete(
    write: Write, options: ImportOptions, mature_on: str
) -> None:
    """The same whenever it is imported, so that the same file again is the same campaign."""
    report = read_export(write([GOOGLE, google("2026-09-09"), google("2026-09-10")]), options)

    assert [str(campaign.mature_on) for campaign in report.campaigns] == [mature_on]
    immature = note(report, "conversions_immature")
    assert (immature is not None) == (str(options.as_of) < mature_on)
    if immature is not None:
        assert f"not judged or learnt before {mature_on}" in immature.message
        assert "CPM and CTR are, at once" in immature.message
        assert immature.campaigns == (report.campaigns[0].campaign_id,)


def test_the_longest_window_in_the_file_counts(write: Write, meta_header: list[str], meta_row: Row) -> None:
    rows = [[*meta_row("2026-09-10"), "28-day click, 1-day view"], [*meta_row("2026-09-11"), "7-day click"]]
    report = read_export(write([[*meta_header, "Attribution setting"], *rows]), on("2026-09-30"))

    assert {str(campaign.mature_on) for campaign in report.campaigns} == {"2026-10-09"}


def test_each_platform_of_a_sheet_has_its_own_window(write: Write) -> None:
    header = ["Date", "Data source", "Campaign", "Currency", "Impressions", "Clicks", "Spend", "Conversions"]
    rows = [["2026-09-10", source, "A", "EUR", "100", "5", "10.00", "1"] for source in ("Facebook Ads", "Google Ads")]
    report = read_export(write([header, *rows]), on("2026-09-30"))

    windows = {campaign.platform: str(campaign.mature_on) for campaign in report.campaigns}
    assert windows == {"Meta": "2026-09-17", "Google": "2026-10-10"}


def test_a_file_without_dates_waits_for_nothing(write: Write) -> None:
    header, row = GOOGLE[1:], google("2026-09-10")[1:]
    report = read_export(write([header, row]), on("2026-09-30"))

    assert [campaign.mature_on for campaign in report.campaigns] == [None]


@pytest.mark.parametrize(
    ("line", "day"),
    [("Date Generated: 9/30/2026", dt.date(2026, 9, 30)),
     ("Report generated: 2026-09-30 14:05", dt.date(2026, 9, 30)),
     ("Last Completed Available Day: 9/29/2026 7:15:00 AM (GMT)", dt.date(2026, 9, 30)),
     ("Report Time: 9/1/2026 - 9/30/2026", None), ("Created by: Anna", None)],
)  # fmt: skip
def test_the_lines_above_say_when_it_was_exported(line: str, day: dt.date | None) -> None:
    assert Preamble([line]).made_on("mdy") == day


def test_the_day_in_the_lines_above_decides_what_is_partial(write: Write) -> None:
    lines = [["Last Completed Available Day: 9/9/2026 7:15:00 AM (GMT)"], [], MICROSOFT]
    rows = [[day, "A", "[1]", "EUR", "10.00", "100", "5", "1"] for day in ("9/9/2026", "9/10/2026")]
    report = read_export(write([*lines, *rows]))

    assert note(report, "partial_day") is not None
    assert report.totals.impressions == 100
