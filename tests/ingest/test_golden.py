"""Every file of exports and warehouse_seeds reads with the right kind, totals, currency and dates."""

import datetime as dt
from dataclasses import asdict
from pathlib import Path

import pytest

from reflection.ingest import ImportOptions, ImportReport, read_export, read_exports

D = dt.date
AS_OF = ImportOptions(as_of=D(2026, 12, 31))

# file, dialect, currency, first, last, granularity, rows, (impressions, clicks, conversions, spend, revenue)
EXPORTS = [
    ("google_de.csv", "google", "EUR", D(2026, 9, 1), D(2026, 9, 2), "day", 2, (13245, 129, 3.5, 1334.46, None)),
    ("google_en_day.csv", "google", "CAD", D(2026, 9, 1), D(2026, 9, 3), "day", 3, (11734, 95, 3.5, 1032.84, 1280.0)),
    ("google_en_day_excel_utf16le.csv", "google", "CAD", D(2026, 9, 1), D(2026, 9, 3), "day", 3,
     (11734, 95, 3.5, 1032.84, 1280.0)),
    ("google_fr_semicolon_cp1252.csv", "google", "EUR", D(2026, 9, 1), D(2026, 9, 2), "day", 2,
     (11734, 95, 3.5, 1032.84, None)),
    ("google_fr_semicolon_nnbsp.csv", "google", "EUR", D(2026, 9, 1), D(2026, 9, 2), "day", 2,
     (11734, 95, 3.5, 1032.84, None)),
    ("linkedin_campaign_performance_utf16le.csv", "linkedin", "USD", D(2026, 9, 1), D(2026, 9, 2), "day", 2,
     (12000, 180, 10.0, 1334.5, 400.0)),
    ("meta_de_semicolon_bom.csv", "meta", "EUR", D(2026, 9, 1), D(2026, 9, 1), "day", 1,
     (38110, 512, 11.0, 220.3, None)),
    ("meta_en_campaign_day_totals_first.csv", "meta", "EUR", D(2026, 9, 1), D(2026, 9, 1), "day", 3,
     (61240, 790, 14.0, 412.3, 1190.4)),
    ("meta_id_actions.csv", "meta", "IDR", D(2026, 9, 1), D(2026, 9, 1), "day", 1, (18022, 1188, None, 71250.0, None)),
    ("meta_ja.csv", "meta", "JPY", D(2026, 9, 1), D(2026, 9, 1), "day", 1, (9800, 96, 12.0, 1250.0, None)),
    ("microsoft_ui_daily.csv", "microsoft", "USD", D(2026, 9, 1), D(2026, 9, 2), "day", 2,
     (424, 119, 20.0, 341.56, 900.0)),
    ("tiktok_en_day_total_row.csv", "tiktok", "USD", D(2026, 9, 1), D(2026, 9, 2), "day", 2,
     (18000, 650, 8.0, 192.5, 540.0)),
]  # fmt: skip
FACTS = [
    ("google__ad_group_stats_data.csv", "google_api", None, D(2020, 12, 29), D(2021, 5, 18), "day", 11,
     (2898, 395, 9.750001, 1875.68, 0.0)),
    ("google__ad_stats_data.csv", "google_api", None, D(2021, 4, 21), D(2021, 5, 27), "day", 10,
     (10, 0, None, 0.0, None)),
    ("google__campaign_stats_data.csv", "google_api", None, D(2021, 1, 5), D(2021, 2, 25), "day", 11,
     (1570, 268, 0.0, 209.45, 0.0)),
    ("linkedin__linkedin_ad_analytics_by_campaign_data.csv", "linkedin_api", None, D(2020, 3, 23), D(2020, 4, 6),
     "day", 11, (1109, 15, 0.0, 430.45, 0.0)),
    ("meta__facebook_ads_basic_ad_data.csv", "meta_api", None, D(2020, 12, 2), D(2020, 12, 14), "day", 10,
     (37275, 149, None, 643.63, None)),
    ("microsoft__microsoft_ads_account_performance_daily_report_data.csv", "microsoft_api", "USD", D(2018, 12, 6),
     D(2019, 5, 11), "day", 10, (5, 4, 2.0, 0.0, 0.01)),
    ("microsoft__microsoft_ads_campaign_performance_daily_report_data.csv", "microsoft_api", "USD", D(2019, 4, 22),
     D(2019, 6, 27), "day", 11, (0, 0, 2.0, 0.0, 0.01)),
    ("microsoft__microsoft_ads_geographic_performance_daily_report_data.csv", "microsoft_api", None, D(2021, 8, 21),
     D(2021, 8, 30), "day", 10, (5050, 505, 17.0, None, None)),
    ("tiktok__tiktok_campaign_country_report_data.csv", "tiktok_api", None, D(2025, 4, 10), D(2025, 4, 20), "day", 11,
     (103200, 2165, 739.0, 1586.1, None)),
    ("tiktok__tiktok_campaign_report_hourly_data.csv", "tiktok_api", None, D(2021, 9, 15), D(2021, 9, 15), "hour", 4,
     (34470, 244, 2.0, 444.792, 0.01)),
]  # fmt: skip
NAMES = [
    ("google__account_history_data.csv", "names", "account names", 1),
    ("google__campaign_history_data.csv", "names", "campaign names", 10),
    ("linkedin__linkedin_account_history_data.csv", "names", "account names", 11),
    ("linkedin__linkedin_campaign_group_history_data.csv", "names", "campaign group names", 4),
    ("linkedin__linkedin_campaign_history_data.csv", "names", "campaign names", 11),
    ("meta__facebook_ads_account_history_data.csv", "names", "account names", 11),
    ("meta__facebook_ads_ad_set_history_data.csv", "names", "ad set names", 11),
    ("meta__facebook_ads_basic_ad_action_values_data.csv", "actions", "ad actions", 10),
    ("meta__facebook_ads_basic_ad_actions_data.csv", "actions", "ad actions", 10),
    ("meta__facebook_ads_campaign_history_data.csv", "names", "campaign names", 9),
    ("tiktok__tiktok_adgroup_history_data.csv", "names", "ad group names", 4),
    ("tiktok__tiktok_advertiser_data.csv", "names", "account names", 2),
    ("tiktok__tiktok_campaign_history_data.csv", "names", "campaign names", 4),
]


def figures(report: ImportReport) -> tuple[float | None, ...]:
    """Totals in the order of the tables above."""
    return tuple(asdict(report.totals).values())


@pytest.mark.parametrize(
    ("folder", "name", "dialect", "currency", "first", "last", "granularity", "rows", "totals"),
    [("exports", *row) for row in EXPORTS] + [("warehouse_seeds", *row) for row in FACTS],
    ids=lambda value: value if isinstance(value, str) and value.endswith(".csv") else "",
)
def test_reads_the_right_facts(
    files: Path, folder: str, name: str, dialect: str, currency: str | None, first: dt.date, last: dt.date,
    granularity: str, rows: int, totals: tuple[float | None, ...],
) -> None:  # fmt: skip
    report = read_export(files / folder / name, AS_OF)

    assert report.kind == "performance"
    assert (report.dialect, report.currency, report.granularity, report.rows) == (
        dialect,
        currency,
        granularity,
        rows,
    )
    assert report.period == (first, last)
    assert figures(report) == pytest.approx(totals)
    assert not report.rejects


@pytest.mark.parametrize(("name", "kind", "what", "rows"), NAMES)
def test_tables_of_names_and_actions_are_known_for_what_they_are(
    files: Path, name: str, kind: str, what: str, rows: int
) -> None:
    report = read_export(files / "warehouse_seeds" / name)

    assert (report.kind, report.rows, report.campaigns) == (kind, rows, ())
    assert what in report.recognised_by


def test_no_test_file_is_left_unread(files: Path) -> None:
    told = {row[0] for row in EXPORTS} | {row[0] for row in FACTS} | {row[0] for row in NAMES}

    assert {path.name for path in files.glob("*/*.csv")} == told


@pytest.mark.parametrize("row", EXPORTS, ids=lambda row: row[0])
def test_the_report_says_what_was_recognised_and_by_which_cells(files: Path, row: tuple[str, ...]) -> None:
    report = read_export(files / "exports" / row[0], AS_OF)

    assert "known columns in line" in report.recognised_by
    assert "among them '" in report.recognised_by


@pytest.mark.parametrize(
    ("name", "confirmed"),
    [("google_de.csv", 1), ("google_en_day.csv", 2), ("google_fr_semicolon_cp1252.csv", 1),
     ("meta_en_campaign_day_totals_first.csv", 1), ("tiktok_en_day_total_row.csv", 1), ("microsoft_ui_daily.csv", 0)],
)  # fmt: skip
def test_total_rows_are_checksums_and_never_rows(files: Path, name: str, confirmed: int) -> None:
    report = read_export(files / "exports" / name, AS_OF)

    codes = [item.code for item in report.findings]
    assert codes.count("total_confirmed") == confirmed
    assert "total_differs" not in codes


def test_the_same_export_in_two_encodings_makes_the_same_campaigns(files: Path) -> None:
    plain = read_export(files / "exports" / "google_en_day.csv", AS_OF)
    excel = read_export(files / "exports" / "google_en_day_excel_utf16le.csv", AS_OF)

    assert (plain.encoding, excel.encoding) == ("utf-8", "utf-16")
    assert plain.campaigns == excel.campaigns


def test_ids_in_brackets_are_text(files: Path) -> None:
    report = read_export(files / "exports" / "microsoft_ui_daily.csv", AS_OF)

    assert report.campaigns[0].campaign_id == "microsoft_82945799304067"
    assert report.timezone == "UTC-08:00"
    assert report.campaigns[0].period_start == dt.datetime(2026, 9, 1, 8, tzinfo=dt.UTC)


def test_warehouse_tables_of_one_import_complete_each_other(files: Path) -> None:
    seeds = files / "warehouse_seeds"
    reports = read_exports(
        [
            seeds / "google__campaign_stats_data.csv",
            seeds / "google__campaign_history_data.csv",
            seeds / "google__account_history_data.csv",
        ],
        AS_OF,
    )

    campaign = reports[0].campaigns[0]
    assert campaign.currency == "USD"
    assert campaign.source is not None
    assert campaign.source.endswith("Zj9yTjsXtiWREoWWkz3kww==")


def test_meta_actions_are_summed_without_counting_an_event_twice(files: Path) -> None:
    """ad 6229007992271 has 2 + 2 leads by pixel on two days; `lead` beside them says the same again."""
    seeds = files / "warehouse_seeds"
    reports = read_exports(
        [
            seeds / "meta__facebook_ads_basic_ad_data.csv",
            seeds / "meta__facebook_ads_basic_ad_actions_data.csv",
        ],
        AS_OF,
    )

    assert reports[0].totals.conversions is not None
    assert len(reports[0].campaigns) == 1
    assert "conversions_not_chosen" not in [item.code for item in reports[0].findings]


def test_the_real_export_end_to_end(real_export: Path) -> None:
    report = read_export(real_export, ImportOptions(group_by="month", as_of=D(2026, 12, 31)))

    assert not report.rejects
    assert report.granularity == "month"
    assert (report.currency, report.period) == ("CAD", (D(2025, 6, 1), D(2025, 9, 30)))
    assert figures(report) == (14_639_997, 62_947, 2916.0, 230_701.49, None)
    june, july, august, september = report.campaigns
    assert [c.actual_metrics.conversions for c in report.campaigns] == [446.0, 837.0, 780.0, 853.0]
    assert [c.planner for c in report.campaigns] == ["account-average"] + ["previous-period"] * 3
    factor = 63_499.62 / 63_617.75
    assert september.expected_metrics.spend == september.actual_metrics.spend == 63_499.62
    assert september.expected_metrics.clicks == round(17_934 * factor)
    assert september.expected_metrics.conversions == pytest.approx(780 * factor, abs=1e-6)
    assert september.actual_metrics.revenue is None
    assert september.coverage() == 1.0
    assert (len(september.audiences), len(september.creatives), len(september.breakdown)) == (19, 62, 110)
    assert {creative.type for creative in september.creatives} == {"image", "video"}
    assert june.objective == "complete registration"
    assert july.period_end is not None
    assert august.campaign_id == "meta_company-social-acquisition-ads_2025-08"


def test_the_real_export_has_no_tracking_fault_in_it(real_export: Path) -> None:
    report = read_export(real_export, ImportOptions(group_by="month", as_of=D(2026, 12, 31)))

    assert {item.code for item in report.findings} == {
        "campaign_not_named", "conversions_by_indicator", "rows_summed", "not_delivered", "not_daily", "expected_from",
        "columns_not_used",
    }  # fmt: skip
