"""Does an import make sense: checksums, doubles, overlaps, restatements, faults, regimes."""

import datetime as dt
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from reflection.ingest import Finding, ImportOptions, ImportReport, Snapshot, read_export, read_exports
from reflection.ingest.building.drafts import Sums
from reflection.ingest.checks.periods import REGIMES, crossed
from reflection.ingest.checks.tracking_faults import Neighbours
from reflection.ingest.options import GroupBy

Write = Callable[..., Path]
Row = Callable[..., list[str]]
OPTIONS = ImportOptions(as_of=dt.date(2027, 1, 1))
GOOGLE = ["Day", "Campaign", "Campaign ID", "Device", "Cost", "Impr.", "Clicks", "Conversions"]


def found(report: ImportReport, code: str) -> Finding | None:
    """The finding of a code, or None."""
    return next((item for item in report.findings if item.code == code), None)


def google(day: str = "2026-09-01", name: str = "A", device: str = "Mobile", **values: str) -> list[str]:
    """One row under the header above."""
    cells = {"cost": "10.00", "impressions": "100", "clicks": "5", "conversions": "1", **values}
    return [day, name, "1", device, *cells.values()]


def total(label: str, cost: str, impressions: str, clicks: str, conversions: str) -> list[str]:
    """A total row."""
    return [label, "--", "--", "--", cost, impressions, clicks, conversions]


def test_a_total_that_is_not_the_sum_is_said(write: Write) -> None:
    report = read_export(
        write([GOOGLE, google(), google("2026-09-02"), total("Total: Campaigns", "30.00", "200", "10", "2")])
    )

    note = found(report, "total_differs")
    assert note is not None
    assert note.rows == (4,)
    assert "spend 66.7%" in note.message


@pytest.mark.parametrize("first", [True, False])
def test_a_subtotal_of_each_day_confirms_its_day_and_is_not_added(write: Write, first: bool) -> None:
    days = []
    for day in ("2026-09-01", "2026-09-02"):
        rows = [google(day), google(day, "B")]
        subtotal = total("Subtotal", "20.00", "200", "10", "2")
        days += [subtotal, *rows] if first else [*rows, subtotal]
    report = read_export(write([GOOGLE, *days, total("Grand total", "40.00", "400", "20", "4")]))

    assert report.totals.spend == 40
    assert found(report, "total_differs") is None
    assert len([note for note in report.findings if note.code == "total_confirmed"]) == 3


@pytest.mark.parametrize("label", ["Results from 2 campaigns", "All campaigns", "Alle Kampagnen", "Sum", "Average"])
def test_rows_that_sum_up_the_others_are_no_campaigns(write: Write, label: str) -> None:
    figures = ["10.00", "100", "5", "1"] if label == "Average" else ["20.00", "200", "10", "2"]
    whole = ["", label, "", "", *figures]

    report = read_export(write([GOOGLE, google(), google(name="B"), whole]))

    assert report.totals.spend == 20
    assert {campaign.name for campaign in report.campaigns} <= {"A", "B"}
    assert found(report, "total_differs") is None


def test_a_campaign_called_all_campaigns_that_is_no_sum_is_a_campaign(write: Write) -> None:
    assert read_export(write([GOOGLE, google(), google(name="All campaigns", cost="7.00")])).totals.spend == 17


def test_days_that_had_not_been_are_said(write: Write) -> None:
    report = read_export(write([GOOGLE, google(), google("2026-12-01")]), ImportOptions(as_of=dt.date(2026, 9, 30)))

    note = found(report, "days_ahead")
    assert note is not None
    assert note.rows == (3,)


@pytest.mark.parametrize(("rounded", "campaigns"), [(True, 2), (False, 1)])
def test_ids_that_a_spreadsheet_filled_with_zeros_are_no_ids(write: Write, rounded: bool, campaigns: int) -> None:
    own = "123456789012345000" if rounded else "123456789012345678"
    rows = [[row[0], row[1], own, *row[3:]] for row in (google(), google(name="B"))]

    report = read_export(write([GOOGLE, *rows]))

    assert len(report.campaigns) == campaigns
    assert (found(report, "ids_rounded") is not None) == rounded


def test_a_file_whose_rows_all_fail_has_no_totals_rather_than_zeros(write: Write) -> None:
    report = read_export(write([GOOGLE, google(clicks="50%")]))

    assert set(asdict(report.totals).values()) == {None}


@pytest.mark.parametrize("header", ["Cost (micros)", "cost_micros", "Cost in micros", "Cost micros"])
def test_a_header_that_says_micros_is_read_as_millionths(write: Write, header: str) -> None:
    titles = [header if cell == "Cost" else cell for cell in GOOGLE] + ["Avg. CPC", "Currency code"]
    rows = [[*google(day, cost="12500000"), "0.5", "EUR"] for day in ("2026-09-01", "2026-09-02")]

    assert read_export(write([titles, *rows])).totals.spend == 25


def test_an_account_total_above_the_rows_is_coverage_not_a_fault(write: Write) -> None:
    report = read_export(write([GOOGLE, google(), total("Total: Account", "40.00", "400", "20", "4")]))

    note = found(report, "coverage")
    assert note is not None
    assert "25.0%" in note.message
    assert found(report, "total_differs") is None


def test_a_campaign_called_total_is_a_campaign(write: Write) -> None:
    report = read_export(
        write(
            [
                GOOGLE,
                google(name="Total recall"),
                google(name="Total"),
                total("Total: Account", "20", "200", "10", "2"),
            ]
        )
    )

    assert report.rows == 2
    assert found(report, "total_confirmed") is not None


def test_a_missing_total_row_is_said_where_the_platform_always_writes_one(write: Write) -> None:
    assert found(read_export(write([GOOGLE, google()])), "total_missing") is not None


def test_an_announced_number_of_rows_is_checked(files: Path) -> None:
    text = (files / "exports" / "microsoft_ui_daily.csv").read_text(encoding="utf-8")
    cut = "\n".join(line for line in text.splitlines() if not line.startswith('"9/2/2026')) + "\n"

    assert found(read_export(("a.csv", text.encode())), "rows_missing") is None
    assert found(read_export(("a.csv", cut.encode())), "rows_missing") is not None


@pytest.mark.parametrize(("said", "instead"), [("Rows: 2", f"Rows: {'9' * 5_000}"), ("GMT-08:00", "GMT-99:99")])
def test_a_preamble_that_no_platform_writes_is_passed_over(files: Path, said: str, instead: str) -> None:
    text = (files / "exports" / "microsoft_ui_daily.csv").read_text(encoding="utf-8")

    assert len(read_export(("a.csv", text.replace(said, instead).encode())).campaigns) == 1


def test_device_segments_are_added_and_said(write: Write) -> None:
    report = read_export(write([GOOGLE, google(), google(device="Desktop", cost="5.00")]), OPTIONS)

    note = found(report, "rows_summed")
    assert note is not None
    assert "split by Device" in note.message
    assert report.campaigns[0].actual_metrics.spend == 15.0


def test_a_row_repeated_cell_by_cell_is_said(write: Write) -> None:
    note = found(read_export(write([GOOGLE, google(), google()]), OPTIONS), "identical_rows")

    assert note is not None
    assert note.rows == (3,)


def test_files_pasted_together_with_their_headers_read_as_one(write: Write) -> None:
    report = read_export(write([GOOGLE, google(), GOOGLE, google("2026-09-02")]), OPTIONS)

    assert (report.rows, report.rejects) == (2, ())


def test_days_inside_a_month_of_the_same_campaign_are_an_error(write: Write) -> None:
    header = [
        "Reporting starts",
        "Reporting ends",
        "Campaign name",
        "Amount spent (EUR)",
        "Impressions",
        "Link clicks",
        "Purchases",
    ]
    rows = [["2026-09-01", "2026-09-30", "A", "30", "300", "30", "3"], ["2026-09-10", "2026-09-10", "A", "1", "10", "1", "0"],  # noqa: E501
            ["2026-10-01", "2026-10-31", "A", "30", "300", "30", "3"]]  # fmt: skip

    note = found(read_export(write([header, *rows]), OPTIONS), "periods_overlap")

    assert note is not None
    assert (note.severity, note.rows) == ("error", (3,))


def test_weeks_are_flagged_and_those_across_months_stand_alone(write: Write) -> None:
    header = ["Week", "Campaign", "Cost", "Impr.", "Clicks", "Conversions"]
    rows = [[day, "A", "7.00", "70", "7", "1"] for day in ("2026-08-17", "2026-08-24", "2026-08-31")]

    report = read_export(write([header, *rows]), replace(OPTIONS, group_by="month"))

    assert report.granularity == "week"
    assert found(report, "not_daily") is not None
    note = found(report, "crosses_months")
    assert note is not None
    assert note.campaigns[0].endswith("2026-08-31-2026-09-06") or "2026-08-31" in note.campaigns[0]


# --- restatements and second sources -------------------------------------------------------------------------------


def test_a_later_file_restates_and_the_difference_is_shown(write: Write) -> None:
    first = read_export(write([GOOGLE, google(), google("2026-09-02")]), OPTIONS)
    assert first.snapshot is not None
    kept = Snapshot.from_list("google", "Google", first.snapshot.as_list())
    again = write([GOOGLE, google(), google("2026-09-02", conversions="4")], "later.csv")

    report = read_export(again, replace(OPTIONS, previous={"google": kept}))

    note = found(report, "restated")
    assert note is not None
    assert "conversions was 1.00, is 4.00" in note.message
    assert note.campaigns == (first.campaigns[0].campaign_id,) == (report.campaigns[0].campaign_id,)


def test_what_a_later_file_does_not_say_is_not_known_and_never_zero(write: Write) -> None:
    first = read_export(write([GOOGLE, google()]), OPTIONS)
    assert first.snapshot is not None
    later = write([GOOGLE, google(cost="")], "later.csv")

    note = found(read_export(later, replace(OPTIONS, previous={"google": first.snapshot})), "restated")

    assert note is not None
    assert "(spend was 10.00 on 1 day, is not known there)" in note.message


def test_sums_of_restated_days_are_of_those_that_both_files_say(write: Write) -> None:
    days = ("2026-09-01", "2026-09-02")
    first = read_export(write([GOOGLE, *(google(day) for day in days)]), OPTIONS)
    assert first.snapshot is not None
    later = write([GOOGLE, google(days[0], cost="12"), google(days[1], cost="")], "later.csv")

    note = found(read_export(later, replace(OPTIONS, previous={"google": first.snapshot})), "restated")

    assert note is not None
    assert "(spend was 10.00, is 12.00; spend was 10.00 on 1 day, is not known there)" in note.message


def test_the_same_file_again_says_nothing_new(write: Write) -> None:
    path = write([GOOGLE, google()])
    first = read_export(path, OPTIONS)
    assert first.snapshot is not None

    report = read_export(path, replace(OPTIONS, previous={"google": first.snapshot}))

    assert found(report, "nothing_new") is not None
    assert found(report, "restated") is None


def test_days_inside_a_period_imported_earlier_are_said(write: Write) -> None:
    month = Snapshot("google", {("Google", "a", dt.date(2026, 9, 1), dt.date(2026, 9, 30)): (1.0, 1.0, 1.0, 1.0, None)})

    report = read_export(write([GOOGLE, google("2026-09-05")]), replace(OPTIONS, previous={"google": month}))

    assert found(report, "overlaps_earlier") is not None


@pytest.mark.parametrize(
    ("group_by", "said", "message"),
    [
        ("campaign", ["2026-08-31", "2026-09-02"], "(first: a 2026-08-31)"),
        ("month", ["2026-09-02"], "(first: a 2026-09-02)"),
    ],
)
def test_days_that_a_later_file_leaves_out_of_what_it_replaces_are_said(
    write: Write, group_by: GroupBy, said: list[str], message: str
) -> None:
    options = replace(OPTIONS, group_by=group_by)
    days = ("2026-08-31", "2026-09-02", "2026-09-03")
    first = read_export(write([GOOGLE, *map(google, days), google(days[0], "Ended")]), options)
    assert first.snapshot is not None

    later = replace(options, previous={"google": first.snapshot})
    report = read_export(write([GOOGLE, google("2026-09-03"), google("2026-09-04")], "later.csv"), later)
    whole = read_export(write([GOOGLE, *map(google, days), google("2026-09-04")], "whole.csv"), later)

    note = found(report, "days_left_out")
    assert note is not None
    assert note.message.startswith(f"{len(said)} campaign-days ")
    assert message in note.message
    assert note.campaigns == (report.campaigns[0].campaign_id,)
    assert found(whole, "days_left_out") is None


def test_two_sources_of_the_same_days_are_never_added(write: Write, meta_header: list[str], meta_row: Row) -> None:
    platform = write([meta_header, meta_row(), meta_row(campaign="Only here")], "meta.csv")
    header = [
        "date",
        "channel",
        "campaign_name",
        "ad_set_or_group",
        "spend",
        "impressions",
        "clicks",
        "conversions",
    ]
    analytics = write([header, ["2026-09-01", "Meta", "autumn", "x", "99", "9900", "190", "9"]], "analytics.csv")

    one, two = read_exports([platform, analytics], OPTIONS)

    assert len(one.campaigns) == 2
    assert two.campaigns == ()
    note = found(two, "two_sources")
    assert note is not None
    assert "meta.csv" in note.message


@pytest.mark.parametrize(("platform", "double"), [("Google", True), ("unspecified", True), ("Meta", False)])
def test_a_second_source_is_seen_across_imports_too(write: Write, platform: str, double: bool) -> None:
    other = Snapshot("blended", {(platform, "a", dt.date(2026, 9, 1), dt.date(2026, 9, 1)): (1.0, 1.0, 1.0, 1.0, None)})

    report = read_export(write([GOOGLE, google()]), replace(OPTIONS, previous={"blended": other}))

    assert (report.campaigns == ()) is double
    assert (found(report, "two_sources") is not None) is double


@pytest.mark.parametrize("column", ["Campaign ID", "Campaign name"])
def test_one_id_or_name_in_two_accounts_is_two_campaigns(write: Write, column: str) -> None:
    header = ["Day", "Account ID", column, "Amount spent (EUR)", "Impressions", "Link clicks", "Purchases"]
    days = (("2026-09-01", "a1"), ("2026-09-01", "a2"), ("2026-09-02", "a2"))
    rows = [[day, account, "7", "10", "1000", "20", "2"] for day, account in days]

    report = read_export(write([header, *rows]), OPTIONS)

    assert sorted((one.account_id, one.actual_metrics.spend) for one in report.campaigns) == [
        ("a1", 10.0),
        ("a2", 20.0),
    ]


def test_another_table_below_is_said_and_not_read(write: Write) -> None:
    below: list[list[str]] = [[], ["Date", "Sessions"], ["2026-09-01", "55"], ["2026-09-02", "66"]]

    report = read_export(write([GOOGLE, google(), *below]), OPTIONS)

    assert not report.rejects
    assert len(report.campaigns) == 1
    assert found(report, "next_table") is not None


def test_of_a_blended_sheet_only_the_platform_already_reported_is_left_out(
    write: Write, meta_header: list[str], meta_row: Row
) -> None:
    header = ["source", "date", "campaign", "clicks", "spend", "impressions", "conversions", "currency"]
    rows = [["facebook", "120", "90"], ["google_ads", "80", "70"], ["tiktok", "60", "40"]]
    sheet = [[name, "2026-09-01", "Autumn", clicks, spend, "9000", "5", "EUR"] for name, clicks, spend in rows]

    one, two = read_exports([write([meta_header, meta_row()], "meta.csv"), write([header, *sheet], "all.csv")], OPTIONS)

    assert [campaign.platform for campaign in one.campaigns] == ["Meta"]
    assert {campaign.platform for campaign in two.campaigns} == {"Google", "TikTok"}


def test_the_same_file_twice_in_one_import_counts_once(write: Write) -> None:
    path = write([GOOGLE, google()])

    one, two = read_exports([path, path], OPTIONS)

    assert (len(one.campaigns), len(two.campaigns)) == (1, 0)
    assert found(two, "same_file_twice") is not None


# --- time -----------------------------------------------------------------------------------------------------------


def test_figures_on_both_sides_of_a_measurement_change_are_said(
    write: Write, meta_header: list[str], meta_row: Row
) -> None:
    report = read_export(write([meta_header, meta_row("2026-01-05"), meta_row("2026-01-20")]), OPTIONS)

    note = found(report, "measurement_changed")
    assert note is not None
    assert "2026-01-12" in note.message
    assert note.campaigns == (report.campaigns[0].campaign_id,)


def test_regimes_are_dated_and_of_one_platform() -> None:
    day = dt.date(2026, 1, 12)

    assert [r.day for r in crossed("Meta", day - dt.timedelta(days=1), day)] == [day]
    assert crossed("Meta", day, day) == []
    assert crossed("TikTok", dt.date(2000, 1, 1), dt.date(2100, 1, 1)) == []
    assert list(REGIMES) == sorted(REGIMES, key=lambda r: r.day)


# --- tracking faults ------------------------------------------------------------------------------------------------

COSTS = [91.0, 166.0, 120.0, 105.0]


def fault(observed: Sums, neighbours: list[Sums]) -> tuple[float, float] | None:
    """What is said of a period beside its neighbours."""
    return Neighbours([observed, *neighbours]).fault(observed)


def test_the_known_case_is_a_fault() -> None:
    neighbours = [Sums(conversions=3_000 / cost, spend=3_000.0) for cost in COSTS]

    assert fault(Sums(conversions=1_432, spend=1_432 * 2.35), neighbours) is not None


@pytest.mark.parametrize("factor", [0.4, 0.7, 1.0, 1.5, 2.5])
def test_success_is_no_fault(factor: float) -> None:
    neighbours = [Sums(conversions=3_000 / cost, spend=3_000.0) for cost in COSTS]

    assert fault(Sums(conversions=factor * 3_000 / 112, spend=3_000.0), neighbours) is None


def test_conversions_that_stop_while_money_goes_on_are_a_fault() -> None:
    neighbours = [Sums(conversions=100.0, spend=1_000.0)] * 3

    assert fault(Sums(conversions=0.0, spend=2_000.0), neighbours) is not None


def test_small_counts_and_few_neighbours_prove_nothing() -> None:
    neighbours = [Sums(conversions=2.0, spend=200.0)] * 3

    assert fault(Sums(conversions=15.0, spend=100.0), neighbours) is None
    assert fault(Sums(conversions=1_432.0, spend=100.0), neighbours[:1]) is None


def test_a_faulty_month_is_imported_flagged_and_can_be_accepted(
    write: Write, meta_header: list[str], meta_row: Row
) -> None:
    months = [(6, 3_000.0, 33), (7, 3_100.0, 19), (8, 3_365.2, 1_432), (9, 2_900.0, 24)]
    path = write(
        [
            meta_header,
            *(meta_row(f"2026-{m:02d}-10", spend=s, conversions=c, clicks=2_000) for m, s, c in months),
        ]
    )
    options = replace(OPTIONS, group_by="month")

    report = read_export(path, options)
    note = found(report, "tracking_fault")

    assert note is not None
    assert "1,432 conversions at EUR 2.35 each" in note.message
    assert [identity[-7:] for identity in note.campaigns] == ["2026-08"]
    assert len(report.campaigns) == 4
    accepted = read_export(path, replace(options, accept=frozenset(note.campaigns)))
    assert found(accepted, "tracking_fault") is None


@pytest.mark.parametrize(
    "kind",
    [{"campaign": "Search brand"}, {"audience": "Cart abandoners"},
     {"indicator": "actions:onsite_conversion.lead_grouped"}],
)  # fmt: skip
def test_a_campaign_is_compared_with_its_own_kind(
    write: Write, meta_header: list[str], meta_row: Row, kind: dict[str, str]
) -> None:
    others = [meta_row(campaign=f"Autumn {number}", spend=3_000.0, conversions=30) for number in range(5)]
    own = [meta_row(spend=3_000.0, conversions=300, clicks=2_000, **{"campaign": "Winter", **kind})]

    assert found(read_export(write([meta_header, *others, *own]), OPTIONS), "tracking_fault") is None
    plain = [meta_row(campaign="Winter", spend=3_000.0, conversions=300, clicks=2_000)]
    assert found(read_export(write([meta_header, *others, *plain]), OPTIONS), "tracking_fault") is not None


def test_a_faulty_day_is_seen_in_a_daily_file(write: Write, meta_header: list[str], meta_row: Row) -> None:
    days = [meta_row(f"2026-09-{day:02d}", spend=500.0, conversions=25) for day in range(1, 21)]
    days[11] = meta_row("2026-09-12", spend=500.0, conversions=900, clicks=1_000)

    note = found(read_export(write([meta_header, *days]), OPTIONS), "tracking_fault")

    assert note is not None
    assert "2026-09-12" in note.message
    assert note.rows == (13,)
