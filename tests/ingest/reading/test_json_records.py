"""Answers of APIs and JSON lines as files: each is read as its rows are, whatever they are wrapped in."""

import datetime as dt
import json
from dataclasses import asdict
from typing import Any

import pytest

from reflection.errors import ImportFileError
from reflection.ingest import ImportOptions, ImportReport, read_export

ROWS = [
    {"date": "2026-09-01", "platform": "google_ads", "campaign": "Brand", "spend": 10.5, "impressions": 1_000,
     "clicks": 50, "conversions": 2, "currency": "USD"},
    {"date": "2026-09-02", "platform": "facebook", "campaign": "Wide", "spend": 11.5, "impressions": 1_100,
     "clicks": 55, "conversions": 3, "currency": "USD"},
]  # fmt: skip
FIGURES = {"impressions": 2_100, "clicks": 105, "conversions": 5, "spend": 22, "revenue": None}


def _read(data: bytes) -> ImportReport:
    return read_export(("report.json", data), ImportOptions(as_of=dt.date(2026, 12, 31)))


@pytest.mark.parametrize("codec", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le"])
@pytest.mark.parametrize(
    "text",
    [
        json.dumps(ROWS),
        json.dumps(ROWS, indent=2),
        "\n".join(map(json.dumps, ROWS)) + "\n",
        json.dumps({"data": ROWS, "paging": {"cursors": {"after": "x"}}}),
        json.dumps({"code": 0, "data": {"list": ROWS, "page_info": {"page": 2, "total_page": 2}}}),
        json.dumps([{"results": ROWS[:1]}, {"results": ROWS[1:]}]),
        json.dumps({"data": ROWS[:1], "paging": {"next": "https://here"}}) + json.dumps({"data": ROWS[1:]}),
    ],
    ids=["list", "indented", "lines", "data", "nested", "batches", "pages"],
)
def test_rows_are_the_same_whatever_they_are_wrapped_in(text: str, codec: str) -> None:
    report = _read(text.encode(codec))

    assert asdict(report.totals) == FIGURES
    assert {(campaign.platform, campaign.currency) for campaign in report.campaigns} == {
        ("Google", "USD"),
        ("Meta", "USD"),
    }


def _actions(**counts: float) -> list[dict[str, str]]:
    return [{"action_type": name, "value": str(count)} for name, count in counts.items()]


GOOGLE = [
    {"results": [{"customer": {"currencyCode": "AUD"}, "campaign": {"id": "11", "name": "Brand"},
                  "metrics": {"clicks": "100", "costMicros": "45670000", "impressions": "2000", "conversions": 4.5,
                              "conversionsValue": 500.25}, "segments": {"date": "2026-09-01"}}], "requestId": "a"}
]  # fmt: skip
META = {"data": [
    {"account_currency": "AUD", "campaign_id": "12", "campaign_name": "Spring", "impressions": "2000", "clicks": "130",
     "inline_link_clicks": "100", "spend": "45.67", "actions": _actions(link_click=100, purchase=4.5),
     "action_values": _actions(purchase=500.25, omni_purchase=500.25),
     "date_start": "2026-09-01", "date_stop": "2026-09-01"}]}  # fmt: skip
TIKTOK = {"code": 0, "data": {"list": [
    {"dimensions": {"campaign_id": "178900000000000123", "stat_time_day": "2026-09-01 00:00:00"},
     "metrics": {"campaign_name": "Spark", "spend": "45.67", "impressions": "2000", "clicks": "100",
                 "conversion": "4.5", "total_purchase_value": "500.25", "currency": "AUD"}}]}}  # fmt: skip


AMAZON = [{"date": "2026-09-01", "campaignName": "Brand", "campaignId": 7, "impressions": 2_000, "clicks": 100,
           "cost": 45.67, "purchases7d": 4.5, "sales7d": 500.25, "campaignBudgetCurrencyCode": "AUD"}]  # fmt: skip


@pytest.mark.parametrize(
    ("answer", "platform"), [(GOOGLE, "Google"), (META, "Meta"), (TIKTOK, "TikTok"), (AMAZON, "Amazon")]
)
def test_an_answer_of_a_platform_is_read_as_its_export(answer: Any, platform: str) -> None:
    report = _read(json.dumps(answer).encode())

    assert asdict(report.totals) == {
        "impressions": 2_000, "clicks": 100, "conversions": 4.5, "spend": 45.67, "revenue": 500.25
    }  # fmt: skip
    (campaign,) = report.campaigns
    assert (campaign.platform, campaign.currency) == (platform, "AUD")
    assert report.period == (dt.date(2026, 9, 1), dt.date(2026, 9, 1))


NAMES = list(ROWS[0])
LINES = [list(row.values()) for row in ROWS]


@pytest.mark.parametrize(
    "answer",
    [
        {"columns": NAMES, "index": [0, 1], "data": LINES},
        {"columns": NAMES, "data": LINES, "rows": 2},
        {"meta": [{"name": name, "type": "String"} for name in NAMES], "data": LINES, "rows": 2},
        {"data": {"cols": [{"name": name} for name in NAMES], "rows": LINES}},
        {"schema": {"fields": [{"name": name} for name in NAMES]},
         "rows": [{"f": [{"v": value} for value in line]} for line in LINES]},
        {"range": "A1:H3", "values": [NAMES, *LINES]},
        [NAMES, *LINES],
        {name: [row[name] for row in ROWS] for name in NAMES},
        {name: {str(number): row[name] for number, row in enumerate(ROWS)} for name in NAMES},
        {str(number): row for number, row in enumerate(ROWS)},
        [{**row, "date": {"value": row["date"]}} for row in ROWS],
        [{**row, "date": dict(zip(("year", "month", "day"), map(int, str(row["date"]).split("-")), strict=True))}
         for row in ROWS],
    ],
    ids=["pandas", "list of names", "list of columns", "one within another", "schema", "values of a sheet", "lines",
         "columns", "numbered columns", "numbered rows", "wrapped days", "days in parts"],
)  # fmt: skip
def test_rows_are_the_same_wherever_their_names_stand(answer: Any) -> None:
    assert asdict(_read(json.dumps(answer).encode()).totals) == FIGURES


def _analytics(days: list[int], **more: Any) -> dict[str, Any]:
    dimensions, metrics = ["date", "sessionGoogleAdsCampaignName"], ["advertiserAdCost", "advertiserAdImpressions",
                                                                     "advertiserAdClicks", "keyEvents"]  # fmt: skip
    figures = ["10.5", "1000", "50", "2"]
    return {
        "dimensionHeaders": [{"name": name} for name in dimensions],
        "metricHeaders": [{"name": name, "type": "TYPE_FLOAT"} for name in metrics],
        "rows": [{"dimensionValues": [{"value": f"202609{day:02}"}, {"value": "Brand"}],
                  "metricValues": [{"value": value} for value in figures]} for day in days],
        "metadata": {"currencyCode": "AUD", "timeZone": "Australia/Sydney"},
    } | more  # fmt: skip


def test_an_answer_of_analytics_says_its_currency_and_its_time_zone() -> None:
    report = _read(json.dumps(_analytics([1, 2], rowCount=2)).encode())

    assert (report.dialect, report.currency, report.timezone) == ("ga4", "AUD", "Australia/Sydney")
    assert (report.totals.impressions, report.totals.clicks, report.totals.conversions) == (2_000, 100, 4)
    assert (report.totals.spend, report.period) == (21, (dt.date(2026, 9, 1), dt.date(2026, 9, 2)))


def test_pages_of_analytics_are_whole_when_all_their_rows_are_there() -> None:
    pages = [_analytics([1, 2], rowCount=3), _analytics([3], rowCount=3)]

    assert _read(json.dumps(pages).encode()).totals.impressions == 3_000
    with pytest.raises(ImportFileError, match="one page of several"):
        _read(json.dumps(pages[:1]).encode())


def test_documents_that_name_two_currencies_are_not_added() -> None:
    other = _analytics([2], metadata={"currencyCode": "NZD"})

    with pytest.raises(ImportFileError, match="both AUD and NZD"):
        _read(json.dumps([_analytics([1]), other]).encode())


def _linkedin(urn: str) -> bytes:
    day = {"year": 2026, "month": 9, "day": 1}
    row = {"dateRange": {"start": day, "end": day}, "pivotValues": [urn], "impressions": 2_000, "clicks": 130,
           "landingPageClicks": 100, "costInLocalCurrency": "45.67", "externalWebsiteConversions": 4}  # fmt: skip
    return json.dumps({"paging": {"start": 0, "count": 10, "links": []}, "elements": [row]}).encode()


@pytest.mark.parametrize("urn", ["urn:li:sponsoredCampaignGroup:7", "urn:li:sponsoredCampaign:7"])
def test_an_answer_of_linkedin_names_its_campaigns_by_what_their_ids_are_of(urn: str) -> None:
    report = _read(_linkedin(urn))

    assert asdict(report.totals) == {
        "impressions": 2_000, "clicks": 100, "conversions": 4, "spend": 45.67, "revenue": None
    }  # fmt: skip
    assert [(campaign.platform, campaign.name) for campaign in report.campaigns] == [("LinkedIn", "7")]
    assert report.period == (dt.date(2026, 9, 1), dt.date(2026, 9, 1))
    assert "currency_missing" in {note.code for note in report.findings}


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (json.dumps({"data": ROWS, "paging": {"next": "https://here"}}), "one page of several"),
        (json.dumps({"data": {"list": ROWS, "page_info": {"page": 1, "total_page": 3}}}), "one page of several"),
        (json.dumps({"results": ROWS, "nextPageToken": "x"}), "one page of several"),
        (json.dumps(ROWS)[:-30], "line 1: broken JSON"),
        (json.dumps(ROWS[0]) + '\n{"date": "2026-', "line 2: broken JSON"),
        ('{"data": []}', "holds no rows"),
        (json.dumps({"columns": NAMES, "data": [LINES[0][1:]]}), "Row 1 has 7 values for 8 names"),
        ("[" * 100_000, "broken JSON"),
        (json.dumps({"error": {"message": "expired"}}), "no column of spend or impressions"),
    ],
)
def test_what_is_not_whole_is_refused(answer: str, why: str) -> None:
    with pytest.raises(ImportFileError, match=why):
        _read(answer.encode())
