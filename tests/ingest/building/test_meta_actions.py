"""Actions: each event once, different events never added up, unknown types named; the rows of APIs as they come."""

import csv
import io
import json

import pytest

from reflection.ingest import ImportOptions, ImportReport, read_export
from reflection.ingest.building.meta_actions import count_events

INSIGHTS = ["account_currency", "campaign_name", "date_start", "date_stop", "impressions", "clicks", "spend", "actions"]
DLT = ["segments__date", "campaign__id", "campaign__name", "metrics__impressions", "metrics__clicks",
       "metrics__cost_micros", "metrics__conversions", "_dlt_id"]  # fmt: skip


def read(header: list[str], *rows: list[str], **options: str) -> ImportReport:
    """A CSV of API rows."""
    out = io.StringIO()
    csv.writer(out).writerows([header, *rows])
    return read_export(("rows.csv", out.getvalue().encode()), ImportOptions(**options))


def codes(report: ImportReport) -> set[str]:
    """The codes of its findings."""
    return {note.code for note in report.findings}


@pytest.mark.parametrize(
    ("actions", "events"),
    [
        ({"purchase": 6, "omni_purchase": 6, "offsite_conversion.fb_pixel_purchase": 6}, {"purchase": 6}),
        ({"offsite_conversion.fb_pixel_purchase": 4, "onsite_conversion.purchase": 3}, {"purchase": 7}),
        ({"purchase": 5, "offsite_conversion.fb_pixel_purchase": 4, "onsite_conversion.purchase": 3}, {"purchase": 7}),
        ({"lead": 4, "onsite_web_lead": 4}, {"lead": 4}),
        ({"onsite_conversion.lead_grouped": 2, "offsite_conversion.fb_pixel_lead": 1}, {"lead": 3}),
        ({"link_click": 9, "landing_page_view": 7, "post_engagement": 30, "omni_add_to_cart": 2}, {}),
        ({"omni_complete_registration": 2, "offsite_conversion.fb_pixel_complete_registration": 2},
         {"complete_registration": 2}),
        ({"app_custom_event.fb_mobile_purchase": 2, "mobile_app_install": 1}, {"app_install": 1, "purchase": 2}),
    ],
)  # fmt: skip
def test_an_event_is_counted_once_however_many_types_say_it(actions: dict[str, int], events: dict[str, int]) -> None:
    assert count_events((name, float(value)) for name, value in actions.items()).events == events


def actions(**counts: int) -> str:
    """A list of actions as the API writes it."""
    return json.dumps([{"action_type": name, "value": str(value), "7d_click": "1"} for name, value in counts.items()])


def row(text: str) -> list[str]:
    """One insights row."""
    return ["EUR", "Fall", "2026-09-01", "2026-09-01", "1000", "40", "12.5", text]


def test_rows_of_the_insights_api_are_read_with_their_lists() -> None:
    report = read(INSIGHTS, row(actions(link_click=20, purchase=3, omni_purchase=3)), row(""))

    assert (report.totals.clicks, report.totals.conversions, report.currency) == (20, 3.0, "EUR")
    assert report.conversions == "column 'actions: purchase'"
    assert report.granularity == "day"


def test_pythons_way_to_write_the_list_is_read_too() -> None:
    text = str([{"action_type": "purchase", "value": "3"}, {"action_type": "link_click", "value": "9"}])

    assert read(INSIGHTS, row(text)).totals.conversions == 3.0


def test_different_events_are_never_added_up_unasked() -> None:
    both = row(actions(purchase=3, lead=5, link_click=20))

    report, asked = read(INSIGHTS, both), read(INSIGHTS, both, conversions="lead")

    assert report.campaigns == ()
    assert "conversions_not_chosen" in codes(report)
    assert asked.totals.conversions == 5.0


def test_an_unknown_action_type_is_named_and_never_zero() -> None:
    counted = row(actions(brew_signed=4, link_click=20))

    report, asked = read(INSIGHTS, counted), read(INSIGHTS, counted, conversions="brew_signed")

    assert report.totals.conversions is None
    assert report.campaigns == ()
    assert any(note.code == "actions_unknown" and "brew_signed" in note.message for note in report.findings)
    assert asked.totals.conversions == 4.0


@pytest.mark.parametrize(
    "header",
    [
        DLT,
        ["segments.date", "campaign.id", "campaign.name", "metrics.impressions", "metrics.clicks",
         "metrics.cost_micros", "metrics.conversions", "customer.id"],
        ["segments.date", "campaign.id", "campaign.name", "metrics.impressions", "metrics.clicks", "metrics.costMicros",
         "metrics.conversions", "customer.id"],
        ["segments_date", "campaign_id", "campaign_name", "metrics_impressions", "metrics_clicks",
         "metrics_cost_micros", "metrics_conversions", "_airbyte_raw_id"],
    ],
)  # fmt: skip
def test_rows_of_the_google_ads_api_are_read_in_every_spelling(header: list[str]) -> None:
    report = read(header, ["2026-09-01", "77", "Brand", "1000", "40", "12500000", "2.5", "x"])

    totals = report.totals
    assert (totals.impressions, totals.clicks, totals.spend, totals.conversions) == (1_000, 40, 12.5, 2.5)
    assert report.dialect == "google_api"
    assert report.campaigns[0].campaign_id == "google_77"


def test_several_conversion_actions_in_one_file_are_asked_about() -> None:
    header = ["Day", "Campaign", "Conversion action", "Impr.", "Clicks", "Cost", "Conversions"]
    rows = [["2026-09-01", "A", name, "", "", "", count] for name, count in (("Purchase", "3"), ("Newsletter", "40"))]

    report, asked = (
        read(header, *rows, platform="google"),
        read(header, *rows, platform="google", conversions="Purchase"),
    )

    assert "conversions_not_chosen" in codes(report)
    assert report.campaigns == ()
    assert asked.totals.conversions == 3.0


def test_a_mapped_amount_in_micros_is_read_as_such() -> None:
    from reflection.ingest import load_mapping

    columns = {"campaign": "name", "impressions": "imps", "spend": "cost_micros"}
    out = "name,imps,cost_micros\nA,1000,2500000\n"

    report = read_export(("x.csv", out.encode()), ImportOptions(mapping=load_mapping({"columns": columns})))

    assert report.totals.spend == 2.5


def test_a_list_that_cannot_be_read_is_unknown_and_never_none() -> None:
    header = "account_currency,campaign_name,date_start,date_stop,impressions,inline_link_clicks,spend,actions\n"
    lists = ['[{""action_type"": ""lead"", ""value"": ""3', '[{""action_type"": ""lead"", ""value"": ""3""}]']
    rows = [f'EUR,Fall {n},2026-09-01,2026-09-01,1000,10,8.5,"{cell}"\n' for n, cell in enumerate(lists)]

    report = read_export(("insights.csv", (header + "".join(rows)).encode()))

    conversions = {campaign.name: campaign.actual_metrics.conversions for campaign in report.campaigns}
    assert conversions == {"Fall 0": None, "Fall 1": 3.0}
    assert "cells_missing" in {note.code for note in report.findings}
