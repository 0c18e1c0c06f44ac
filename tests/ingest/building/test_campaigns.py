"""Rows become campaigns: ad sets audiences, ads creatives, rows the breakdown; what does not fit is said."""

import datetime as dt
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from reflection.ingest import ImportOptions, ImportReport, Templates, read_export, read_exports

Write = Callable[..., Path]
Row = Callable[..., list[str]]
OPTIONS = ImportOptions(as_of=dt.date(2027, 1, 1))


def codes(report: ImportReport) -> set[str]:
    """Codes of its findings."""
    return {item.code for item in report.findings}


def test_ad_sets_are_audiences_ads_creatives_and_rows_the_breakdown(
    write: Write, meta_header: list[str], meta_row: Row
) -> None:
    rows = [meta_row(), meta_row("2026-09-02"), meta_row(ad="Ad 2"), meta_row(audience="Parents", ad="Ad 2")]

    (campaign,) = read_export(write([meta_header, *rows]), OPTIONS).campaigns

    assert [a.name for a in campaign.audiences] == ["Parents", "Students"]
    assert [c.id for c in campaign.creatives] == ["Ad 1", "Ad 2"]
    cells = {(row.audience, row.creative): row.metrics.impressions for row in campaign.breakdown}
    assert cells == {("Students", "Ad 1"): 20_000, ("Students", "Ad 2"): 10_000, ("Parents", "Ad 2"): 10_000}
    assert campaign.coverage() == 1.0
    assert (campaign.platform, campaign.currency, campaign.objective) == ("Meta", "EUR", "purchase")
    assert campaign.period_start == dt.datetime(2026, 9, 1, tzinfo=dt.UTC)
    assert campaign.timestamp == campaign.period_end == dt.datetime(2026, 9, 2, 23, 59, 59, tzinfo=dt.UTC)


def test_an_import_says_what_a_campaign_is_called_what_it_counts_and_what_its_months_have_in_common(
    write: Write, meta_header: list[str], meta_row: Row
) -> None:
    lead = "actions:onsite_conversion.lead_grouped"
    rows = [meta_row(), meta_row("2026-10-01"), meta_row(campaign="Forms", indicator=lead)]
    table = [[*meta_header, "Account ID"], *([*row, "55"] for row in rows)]

    months = read_export(write(table), replace(OPTIONS, group_by="month")).campaigns
    whole = read_export(write(table), OPTIONS).campaigns

    autumn = [campaign for campaign in months if campaign.name == "Autumn"]
    assert len(autumn) == 2
    assert {campaign.unit for campaign in autumn} == {c.campaign_id for c in whole if c.name == "Autumn"}
    assert {(c.name, c.conversion_kind, c.account_id, c.unit_id) for c in whole} == {
        ("Autumn", "purchase", "55", None),
        ("Forms", "lead", "55", None),
    }


def test_a_campaign_whose_rows_count_different_things_says_none(
    write: Write, meta_header: list[str], meta_row: Row
) -> None:
    lead = "actions:onsite_conversion.lead_grouped"

    (campaign,) = read_export(write([meta_header, meta_row(), meta_row(indicator=lead)]), OPTIONS).campaigns

    assert campaign.conversion_kind is None


def test_days_are_in_the_accounts_time_zone(write: Write, meta_header: list[str], meta_row: Row) -> None:
    (campaign,) = read_export(
        write([meta_header, meta_row()]), ImportOptions(timezone="America/Toronto", as_of=dt.date(2027, 1, 1))
    ).campaigns

    assert campaign.period_start == dt.datetime(2026, 9, 1, 4, tzinfo=dt.UTC)


def test_the_same_file_again_makes_the_same_campaigns(real_export: Path) -> None:
    one, two = (read_export(real_export, ImportOptions(group_by="month", as_of=dt.date(2027, 1, 1))) for _ in range(2))

    assert [c.content_hash() for c in one.campaigns] == [c.content_hash() for c in two.campaigns]
    assert one.sha256 == two.sha256


def test_names_follow_the_creative_directors_convention(write: Write, meta_header: list[str], meta_row: Row) -> None:
    row = meta_row(campaign="Autumn", audience="Autumn - curiosity", ad="Autumn - concept_7")

    (campaign,) = read_export(write([meta_header, row]), OPTIONS).campaigns

    assert campaign.audiences[0].attributes == {"angle": "curiosity"}
    assert campaign.creatives[0].attributes == {"concept": "concept_7"}


def test_a_campaigns_own_name_can_be_a_template(write: Write) -> None:
    header = ["Day", "Campaign name", "Amount spent (EUR)", "Impressions", "Link clicks", "Purchases"]
    path = write([header, ["2026-09-01", "2026_Meta_Students_Video", "10", "100", "10", "1"]])
    options = ImportOptions(templates=Templates(campaign="{year}_{platform}_{audience}_{type}"))

    (campaign,) = read_export(path, options).campaigns

    assert campaign.audiences[0].name == "Students"
    assert campaign.audiences[0].attributes == {"year": "2026"}
    assert (campaign.creatives[0].id, campaign.creatives[0].type) == ("Video", "video")


def test_age_and_gender_become_attributes_of_the_audience(write: Write, meta_header: list[str], meta_row: Row) -> None:
    rows = [
        [*meta_row(), "18-24", "female"],
        [*meta_row(), "25-34", "male"],
        [*meta_row(), "25-34", "unknown"],
    ]

    (campaign,) = read_export(write([[*meta_header, "Age", "Gender"], *rows]), OPTIONS).campaigns

    assert [a.name for a in campaign.audiences] == [
        "Students · 18-24 · female", "Students · 25-34 · male", "Students · 25-34 · unknown",
    ]  # fmt: skip
    assert campaign.audiences[0].attributes == {"age": "18-24", "gender": "female"}
    assert campaign.audiences[2].attributes == {"age": "25-34"}


def test_a_placeholder_for_a_name_stays_in_the_totals_only(write: Write, meta_header: list[str], meta_row: Row) -> None:
    report = read_export(write([meta_header, meta_row(), meta_row(audience="None", ad="unknown")]), OPTIONS)

    (campaign,) = report.campaigns
    assert campaign.actual_metrics.impressions == 20_000
    assert campaign.coverage() == 0.5
    assert "breakdown_partial" in codes(report)


def test_clicks_above_impressions_are_accepted_in_the_totals_with_a_warning(
    write: Write, meta_header: list[str], meta_row: Row
) -> None:
    report = read_export(write([meta_header, meta_row(), meta_row(ad="Odd", impressions=5, clicks=9)]), OPTIONS)

    (campaign,) = report.campaigns
    assert campaign.actual_metrics.clicks == 209
    assert [c.id for c in campaign.creatives] == ["Ad 1"]
    assert {"clicks_above_impressions", "breakdown_partial"} <= codes(report)


def test_an_impossible_campaign_is_left_out_with_its_reason(
    write: Write, meta_header: list[str], meta_row: Row
) -> None:
    report = read_export(write([meta_header, meta_row(), meta_row(campaign="Odd", impressions=5, clicks=9)]), OPTIONS)

    assert len(report.campaigns) == 1
    assert [(r.campaign, r.reason) for r in report.rejects] == [("Odd", "9 clicks exceed 5 impressions")]


def test_fractional_conversions_and_more_of_them_than_clicks_are_accepted(
    write: Write, meta_header: list[str], meta_row: Row
) -> None:
    report = read_export(write([meta_header, meta_row(clicks=3, conversions=7.25)]), OPTIONS)

    assert report.campaigns[0].actual_metrics.conversions == 7.25
    assert "conversions_above_clicks" in codes(report)


def test_a_rejected_row_keeps_its_campaign_out_and_lets_the_others_in(
    write: Write, meta_header: list[str], meta_row: Row
) -> None:
    bad = meta_row(campaign="Broken")
    bad[5] = "many"

    report = read_export(write([meta_header, meta_row(), bad, meta_row(campaign="Broken")]), OPTIONS)

    assert [c.campaign_id.split("-")[0] for c in report.campaigns] == ["meta_autumn"]
    assert report.rejects[0].line == 3
    assert "'many' is no number" in report.rejects[0].reason
    assert {"rows_rejected", "campaigns_left_out"} <= codes(report)


def test_a_row_of_another_width_is_rejected_with_its_line(write: Write, meta_header: list[str], meta_row: Row) -> None:
    report = read_export(write([meta_header, [*meta_row(), "extra"], meta_row(campaign="Fine")]), OPTIONS)

    assert (report.rejects[0].line, report.rejects[0].reason) == (2, "10 cells where the header has 9")


def test_currencies_are_never_added(write: Write) -> None:
    header = ["Day", "Campaign", "Currency code", "Cost", "Impr.", "Clicks", "Conversions"]
    rows = [["2026-09-01", "A", code, "10.00", "100", "5", "1"] for code in ("EUR", "USD", "EUR")]

    report = read_export(write([header, *rows]), OPTIONS)

    assert (report.currency, report.totals.spend, report.totals.impressions) == (None, None, 300)
    assert {(c.currency, c.actual_metrics.spend) for c in report.campaigns} == {("EUR", 20.0), ("USD", 10.0)}
    assert len({c.campaign_id for c in report.campaigns}) == 2
    assert "currencies_mixed" in codes(report)


def test_a_stated_currency_must_be_the_files(write: Write, meta_header: list[str], meta_row: Row) -> None:
    path = write([meta_header, meta_row()])

    assert read_export(path, ImportOptions(currency="EUR")).currency == "EUR"
    with pytest.raises(Exception, match="in EUR, not USD"):
        read_export(path, ImportOptions(currency="USD"))


def test_ids_that_a_spreadsheet_rounded_are_not_used(write: Write) -> None:
    header = [
        "By Day",
        "Campaign name",
        "Campaign ID",
        "Cost",
        "Impressions",
        "Clicks (destination)",
        "Conversions",
    ]
    rows = [["2026-09-01", name, "1.7E+15", "10.00", "100", "5", "1"] for name in ("A", "B")]

    report = read_export(write([header, *rows]), OPTIONS)

    assert len(report.campaigns) == 2
    assert "ids_rounded" in codes(report)


def test_ids_keep_all_their_digits(write: Write) -> None:
    header = [
        "By Day",
        "Campaign name",
        "Campaign ID",
        "Cost",
        "Impressions",
        "Clicks (destination)",
        "Conversions",
    ]
    rows = [["2026-09-01", "A", f"170000000000000{n}", "10.00", "100", "5", "1"] for n in (1, 2)]

    ids = {c.campaign_id for c in read_export(write([header, *rows]), OPTIONS).campaigns}

    assert ids == {"tiktok_1700000000000001", "tiktok_1700000000000002"}


def test_more_cells_than_a_campaign_may_have_keep_the_highest_spend(
    write: Write, meta_header: list[str], meta_row: Row
) -> None:
    rows = [meta_row(audience=f"Audience {n:03d}", spend=float(n)) for n in range(1, 251)]

    report = read_export(write([meta_header, *rows]), OPTIONS)

    (campaign,) = report.campaigns
    assert len(campaign.audiences) == 200
    assert "Audience 250" in {a.name for a in campaign.audiences}
    assert "breakdown_bounded" in codes(report)


def test_months_are_campaigns_of_their_own_when_asked(write: Write, meta_header: list[str], meta_row: Row) -> None:
    path = write([meta_header, meta_row("2026-08-31"), meta_row("2026-09-01")])

    whole = read_export(path, OPTIONS)
    months = read_export(path, ImportOptions(group_by="month", as_of=dt.date(2027, 1, 1)))

    assert len(whole.campaigns) == 1
    assert [c.campaign_id[-7:] for c in months.campaigns] == ["2026-08", "2026-09"]


def test_marko_rows_say_their_platform(write: Write) -> None:
    header = ["date", "channel", "campaign_name", "ad_set_or_group", "spend", "impressions", "clicks", "conversions",
              "ctr", "cpc", "cpa", "status"]  # fmt: skip
    rows = [["2026-09-01", channel, "Autumn", "Autumn - fear", "10", "100", "5", "1", "0.05", "2", "10", "active"]
            for channel in ("Meta Ads", "google")]  # fmt: skip

    report = read_export(write([header, *rows]), OPTIONS)

    assert report.dialect == "marko"
    assert report.platform == "Google, Meta"
    assert {c.platform for c in report.campaigns} == {"Meta", "Google"}
    assert {a.attributes["angle"] for c in report.campaigns for a in c.audiences} == {"fear"}
    assert "currency_missing" in codes(report)


def test_names_tables_of_another_file_name_meta_ad_sets(write: Write) -> None:
    facts = write(
        [["ad_id", "date", "account_id", "campaign_id", "ad_set_id", "impressions", "inline_link_clicks", "spend", "reach"],  # noqa: E501
         ["7", "2026-09-01", "1", "55", "66", "1000", "10", "5.0", "600"]], "facts.csv",
    )  # fmt: skip
    actions = write(
        [["_fivetran_id", "ad_id", "date", "index", "action_type", "inline", "value"],
         ["x", "7", "2026-09-01", "0", "offsite_conversion.fb_pixel_lead", "", "3.0"],
         ["x", "7", "2026-09-01", "1", "lead", "", "3.0"]], "actions.csv",
    )  # fmt: skip
    sets = write(
        [["id", "account_id", "campaign_id", "name", "_fivetran_synced", "updated_time"],
         ["66", "1", "55", "Old name", "2026-01-01", "2026-01-01"],
         ["66", "1", "55", "Students", "2026-01-01", "2026-02-01"]], "sets.csv",
    )  # fmt: skip

    report = read_exports([facts, actions, sets], OPTIONS)[0]

    (campaign,) = report.campaigns
    assert campaign.campaign_id == "meta_55"
    assert campaign.actual_metrics.conversions == 3.0
    assert campaign.audiences[0].name == "Students"


def test_campaigns_whose_names_differ_in_case_only_stay_two(
    write: Write, meta_header: list[str], meta_row: Row
) -> None:
    report = read_export(write([meta_header, meta_row(campaign="brand"), meta_row(campaign="Brand")]), OPTIONS)

    assert len({c.campaign_id for c in report.campaigns}) == 2
