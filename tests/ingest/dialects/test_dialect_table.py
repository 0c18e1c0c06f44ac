"""The table of dialects in docs/imports.md, a cell a test: totals, currency, dates, conversions, splits, the lines."""

import datetime as dt
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

from reflection.ingest import DIALECTS, ImportOptions, ImportReport, read_export
from reflection.ingest.dialects.dialect import SPLITS
from reflection.ingest.recognition import read_rows

DOCS = Path(__file__).parents[3] / "docs" / "imports.md"
FIRST, SECOND = dt.date(2026, 9, 14), dt.date(2026, 9, 15)


@dataclass(frozen=True)
class Sample:
    """One export of a dialect with everything its row of the table claims.

    Attributes:
        totals: the code of what is said of its total row; '' where it writes none.
        split: the breakdown as a part of the audience, or the header that is said to split rows; '' for none.
        zone, days: what the lines around say, or the rows.
    """

    text: str
    totals: str
    currency: str | None
    days: tuple[dt.date, dt.date]
    conversions: float | None
    split: str = ""
    zone: str = "UTC"


TWO = (FIRST, SECOND)
SAMPLES = {
    "Meta Ads Manager": Sample(
        "Campaign name,Age,Day,Impressions,Link clicks,Results,Result indicator,Amount spent (EUR)\n"
        ",,,3000,30,3,,30.50\n"
        "A,25-34,2026-09-14,1000,10,1,actions:offsite_conversion.fb_pixel_purchase,10.25\n"
        "A,25-34,2026-09-15,2000,20,2,actions:offsite_conversion.fb_pixel_purchase,20.25\n",
        "total_confirmed", "EUR", TWO, 3.0, "25-34",
    ),
    "Meta API": Sample(
        "date_start,date_stop,account_currency,campaign_name,age,impressions,inline_link_clicks,spend,actions\n"
        '2026-09-14,2026-09-14,EUR,A,25-34,1000,10,10.25,"[{""action_type"":""purchase"",""value"":""1""},'
        '{""action_type"":""offsite_conversion.fb_pixel_purchase"",""value"":""1""}]"\n'
        '2026-09-15,2026-09-15,EUR,A,25-34,2000,20,20.25,"[{""action_type"":""purchase"",""value"":""2""}]"\n',
        "", "EUR", TWO, 3.0, "25-34",
    ),
    "Google Ads": Sample(
        "Campaign report\n2026-09-14 - 2026-09-15\nDay,Campaign,Device,Currency code,Cost,Impr.,Clicks,Conversions\n"
        "2026-09-14,A,Mobile,EUR,10.25,1000,10,1.00\n2026-09-15,A,Mobile,EUR,20.25,2000,20,2.00\n"
        "Total: Campaigns, --, --,EUR,30.50,3000,30,3.00\n",
        "total_confirmed", "EUR", TWO, 3.0, "Device",
    ),
    "Google Ads API": Sample(
        "segments.date,campaign.name,segments.device,customer.currency_code,metrics.cost_micros,metrics.impressions,"
        "metrics.clicks,metrics.conversions\n2026-09-14,A,MOBILE,EUR,10250000,1000,10,1\n"
        "2026-09-15,A,MOBILE,EUR,20250000,2000,20,2\n",
        "", "EUR", TWO, 3.0, "segments.device",
    ),
    "TikTok API": Sample(
        "dimensions.campaign_id,dimensions.stat_time_day,dimensions.age,metrics.campaign_name,metrics.currency,"
        "metrics.spend,metrics.impressions,metrics.clicks,metrics.conversion\n"
        "7,2026-09-14 00:00:00,25-34,A,USD,10.25,1000,10,1\n7,2026-09-15 00:00:00,25-34,A,USD,20.25,2000,20,2\n",
        "", "USD", TWO, 3.0, "25-34",
    ),
    "TikTok Ads Manager": Sample(
        "Campaign name,By Day,Age,Currency,Cost,Impressions,Clicks (destination),Conversions\n"
        "A,2026-09-14,25-34,USD,10.25,1000,10,1\nA,2026-09-15,25-34,USD,20.25,2000,20,2\n"
        "Total of 2 results,-,-,USD,30.50,3000,30,3\n",
        "total_confirmed", "USD", TWO, 3.0, "25-34",
    ),
    "LinkedIn": Sample(
        "Campaign Performance Report (in UTC)\nReport Start: 09/14/2026\nReport End: 09/15/2026\n\n"
        "Start Date (in UTC),Campaign Group Name,Currency,Impressions,Clicks to Landing Page,Conversions,Total Spent\n"
        "09/14/2026,A,EUR,1000,10,1,10.25\n09/15/2026,A,EUR,2000,20,2,20.25\nTotal,,EUR,3000,30,3,30.50\n",
        "total_confirmed", "EUR", TWO, 3.0,
    ),
    "Microsoft Advertising": Sample(
        "Report Name: Campaign performance\nTime Zone: Europe/Berlin\nReport Aggregation: Day\n\n"
        "Gregorian date,Campaign name,Device type,Currency code,Impressions,Clicks,Conversions,Spend\n"
        "9/14/2026,A,Computer,EUR,1000,10,1,10.25\n9/15/2026,A,Computer,EUR,2000,20,2,20.25\n"
        "©2026 Microsoft Corporation. All rights reserved. \n",
        "", "EUR", TWO, 3.0, "Device type", "Europe/Berlin",
    ),
    "Pinterest": Sample(
        "Date,Campaign name,Age bucket,Currency,Impressions,Outbound clicks,Total conversions,"
        "Spend in account currency\n2026-09-14,A,25-34,EUR,1000,10,1,10.25\n2026-09-15,A,25-34,EUR,2000,20,2,20.25\n"
        "Total,,,EUR,3000,30,3,30.50\n",
        "total_confirmed", "EUR", TWO, 3.0, "25-34",
    ),
    "Snapchat": Sample(
        "Start time,End time,Campaign Name,Age,Currency,Paid Impressions,Swipe Ups,Purchases,Amount Spent\n"
        "2026-09-14,2026-09-14,A,25-34,USD,1000,10,1,10.25\n2026-09-15,2026-09-15,A,25-34,USD,2000,20,2,20.25\n",
        "", "USD", TWO, 3.0, "25-34",
    ),
    "Apple Search Ads": Sample(
        "Currency: AUD\nDate range: 2026-09-14 - 2026-09-15\nTime zone: Europe/Berlin\n\n"
        "Campaign Name,Keyword,Impressions,Taps,Installs (Total),Spend\nA,shoes,1000,10,1,10.25\n"
        "A,boots,2000,20,2,20.25\n"
        ",,3000,30,3,30.50\n",
        "total_confirmed", "AUD", TWO, 3.0, "Keyword", "Europe/Berlin",
    ),
    "Amazon Ads": Sample(
        'Date,Portfolio name,Campaign Name,Placement,Currency,Impressions,Clicks,Spend,7 Day Total Orders (#)\n'
        '"Sep 14, 2026",P,A,Top,USD,1000,10,10.25,1\n"Sep 15, 2026",P,A,Top,USD,2000,20,20.25,2\n',
        "", "USD", TWO, 3.0, "Placement",
    ),
    "Campaign Manager 360": Sample(
        "Date/Time Generated,2026-10-01 05:00\nReport Time Zone,America/New_York\nCurrency: USD\nReport Fields\n"
        "Date,Campaign,Placement,Site (CM360),Impressions,Clicks,Total Conversions,Media Cost\n"
        "2026-09-14,A,P,S,1000,10,1,10.25\n2026-09-15,A,P,S,2000,20,2,20.25\n"
        "Grand Total:,---,---,---,3000,30,3,30.50\n",
        "total_confirmed", "USD", TWO, 3.0, "Placement", "America/New_York",
    ),
    "Display & Video 360": Sample(
        "Date,Insertion Order,Line Item,Advertiser Currency,Impressions,Clicks,Total Conversions,"
        "Revenue (Adv Currency)\n"
        "2026/09/14,A,L,EUR,1000,10,1,10.25\n2026/09/15,A,L,EUR,2000,20,2,20.25\n,,,,3000,30,3,30.50\n\n"
        "Report Time:,2026/10/01 03:34 GMT\nDate Range:,2026/09/14 to 2026/09/15\nGroup By:,Date\n",
        "total_confirmed", "EUR", TWO, 3.0,
    ),
    "Google Analytics 4": Sample(
        "# Property: acme.example\n# Start date: 20260914\n# End date: 20260915\n"
        "Date,Session Google Ads campaign,Device category,Ads impressions,Ads clicks,Key events,Ads cost\n"
        ",Grand total,,3000,30,3,30.50\n20260914,A,mobile,1000,10,1,10.25\n20260915,A,mobile,2000,20,2,20.25\n",
        "total_confirmed", None, TWO, 3.0, "Device category",
    ),
    "Criteo": Sample(
        "CampaignId;Campaign;Day;Device;Currency;Displays;Clicks;AdvertiserCost;SalesClientAttribution\n"
        "7;A;2026-09-14;Mobile;EUR;1000;10;10.25;1\n7;A;2026-09-15;Mobile;EUR;2000;20;20.25;2\n",
        "", "EUR", TWO, 3.0, "Device",
    ),
    "The Trade Desk": Sample(
        "Date,Advertiser,Campaign,Device Type,Advertiser Cost (USD),Impressions,Clicks,Total Conversions\n"
        "2026-09-14,Acme,A,Mobile,10.25,1000,10,1\n2026-09-15,Acme,A,Mobile,20.25,2000,20,2\n",
        "", "USD", TWO, 3.0, "Device Type",
    ),
    "X": Sample(
        "ID,Campaign,Campaign URL,Time,Campaign start date,Spend,Impressions,Billed engagements,Clicks,Link clicks,"
        "Currency,Conversions\n7,A,u,2026-09-14,2026-01-01,10.25,1000,90,70,10,EUR,1\n"
        "7,A,u,2026-09-15,2026-01-01,20.25,2000,90,70,20,EUR,2\n",
        "", "EUR", TWO, 3.0,
    ),
    "LinkedIn API": Sample(
        '{"elements": [' + ", ".join(
            f'{{"dateRange": {{"start": {{"year": 2026, "month": 9, "day": {day}}}}}, "impressions": {n}000, '
            f'"pivotValues": ["urn:li:sponsoredCampaignGroup:7"], "landingPageClicks": {n}0, '
            f'"externalWebsiteConversions": {n}, "costInLocalCurrency": "{n}0.25"}}' for day, n in ((14, 1), (15, 2))
        ) + "]}",
        "", None, TWO, 3.0,
    ),
    "Amazon Ads API": Sample(
        "date,campaignName,campaignId,searchTerm,impressions,clicks,cost,purchases7d,sales7d,campaignBudgetCurrencyCode\n"
        "2026-09-14,A,7,shoes,1000,10,10.25,1,9,EUR\n2026-09-15,A,7,shoes,2000,20,20.25,2,18,EUR\n",
        "", "EUR", TWO, 3.0, "searchTerm",
    ),
    "Pinterest API": Sample(
        "DATE,CAMPAIGN_ID,CAMPAIGN_NAME,CAMPAIGN_OBJECTIVE_TYPE,SPEND_IN_MICRO_DOLLAR,IMPRESSION_1,OUTBOUND_CLICK_1,"
        "TOTAL_CHECKOUT\n2026-09-14,7,A,WEB_CONVERSION,10250000,1000,10,1\n"
        "2026-09-15,7,A,WEB_CONVERSION,20250000,2000,20,2\n",
        "", None, TWO, 3.0,
    ),
    "Several platforms": Sample(
        "Date,Data source,Campaign,Country,Currency,Impressions,Clicks,Conversions,Cost\n"
        "2026-09-14,Facebook Ads,A,DE,EUR,1000,10,1,10.25\n2026-09-15,Facebook Ads,A,DE,EUR,2000,20,2,20.25\n",
        "", "EUR", TWO, 3.0, "DE",
    ),
}  # fmt: skip


@cache
def report(title: str) -> ImportReport:
    """What is read of a dialect's sample."""
    return read_export(("export.csv", SAMPLES[title].text.encode()), ImportOptions(as_of=dt.date(2027, 1, 1)))


def rows_of_the_table() -> dict[str, list[str]]:
    """Title without remarks -> the other cells of its row."""
    lines = re.findall(r"^\| (.*) \|$", DOCS.read_text(encoding="utf-8").split("## What you may have to say")[0], re.M)
    cells = [[cell.strip() for cell in line.split("|")] for line in lines]
    return {row[0].split(" (")[0]: row[1:] for row in cells if len(row) == 9 and row[0] not in ("Dialect", "---")}


@pytest.mark.parametrize("title", SAMPLES)
class TestACell:
    """One cell of one dialect."""

    def test_totals(self, title: str) -> None:
        codes = {note.code for note in report(title).findings}
        assert (SAMPLES[title].totals in codes) if SAMPLES[title].totals else "total_confirmed" not in codes
        assert "total_differs" not in codes
        totals = report(title).totals
        assert (totals.impressions, totals.clicks, totals.spend) == (3000, 30, 30.5)

    def test_currency(self, title: str) -> None:
        assert report(title).currency == SAMPLES[title].currency

    def test_dates(self, title: str) -> None:
        assert report(title).period == SAMPLES[title].days

    def test_conversions(self, title: str) -> None:
        assert (report(title).totals.conversions, bool(report(title).conversions)) == (SAMPLES[title].conversions, True)

    def test_splits(self, title: str) -> None:
        """A split is a part of the audience, or a column that is known to repeat rows."""
        header = read_rows(("export.csv", SAMPLES[title].text.encode()), ImportOptions()).header
        audiences = {audience.name for campaign in report(title).campaigns for audience in campaign.audiences}
        repeating = {header.written(name) for name in SPLITS if name in header.columns}
        assert not SAMPLES[title].split or SAMPLES[title].split in audiences | repeating

    def test_lines_above_and_below(self, title: str) -> None:
        assert report(title).timezone == SAMPLES[title].zone
        assert report(title).rejects == ()
        assert "next_table" not in {note.code for note in report(title).findings}


def test_the_table_has_a_sample_for_every_row_and_no_other() -> None:
    assert set(rows_of_the_table()) - {"Warehouses"} == set(SAMPLES)


def test_the_languages_of_the_table_are_those_of_the_dialects() -> None:
    rows = rows_of_the_table()
    for key, title in {"meta": "Meta Ads Manager", "google": "Google Ads", "tiktok": "TikTok Ads Manager"}.items():
        languages = {name for dialect in DIALECTS if dialect.key == key for name in dialect.names}
        assert set(rows[title][0].split()) == languages
