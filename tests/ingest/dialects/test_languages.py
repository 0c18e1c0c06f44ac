"""Headers of interface languages and of platforms that two public sources show: read, with units, days and splits."""

import datetime as dt
from typing import Any

import pytest

from reflection.errors import ImportFileError
from reflection.ingest import ImportOptions, ImportReport, read_export
from reflection.ingest.dialects.platforms import platform_name

INDICATOR = "actions:offsite_conversion.fb_pixel_purchase"
DV360 = """Date,Advertiser,Insertion Order,Insertion Order ID,Line Item,Advertiser Currency,Impressions,Clicks,\
Total Conversions,Revenue (Adv Currency)
2026/09/01,Acme,IO A,11,LI 1,EUR,1000,10,1.00,12.34
2026/09/02,Acme,IO B,12,LI 2,EUR,2000,20,2.00,20
,,,,,,3000,30,3.00,32.34

Report Time:,2026/10/02 03:34 GMT
Date Range:,2026/09/01 to 2026/09/30
Group By:,Date
MRC Accredited Metrics,Active View metrics are accredited only when Measurement Source = Measured
"Reporting numbers from the previous month are finalized (for billing purposes) on the first of each month."
Filter by Advertiser ID:,Acme (1)
""".replace("\\\n", "")
GA4_REPORT = """# ----------------------------------------
# Google Ads campaigns
# Account: Acme
# Property: acme.example
# ----------------------------------------
# Start date: 20260901
# End date: 20260930
Session Google Ads campaign,Active users,Sessions,Ads impressions,Ads clicks,Ads cost,Key events,Total revenue
Brand,100,120,1000,50,40.5,5,400
Generic,10,12,3000,60,90,2,100
"""
GA4_EXPLORATION = """# ----------------------------------------
# Free form 1
# Acme
# 20260901-20260930
# ----------------------------------------

Date,Session Google Ads campaign,Ads clicks,Ads cost,Ads impressions,Key events,Purchase revenue
,Grand total,110,130.5,4000,7,500
20260901,Brand,50,40.5,1000,5,400
20260902,Generic,60,90,3000,2,100
"""


def read(text: str, **options: Any) -> ImportReport:
    """What is read of a text."""
    return read_export(("export.csv", text.encode()), ImportOptions(as_of=dt.date(2027, 1, 1), **options))


def days(report: ImportReport) -> tuple[str, ...]:
    """First and last day."""
    return tuple(map(str, report.period or ()))


CASES = {
    "meta nl": (
        f"Campagnenaam;Leeftijd;Geslacht;Weergaven;Linkklikken;Besteed bedrag (EUR);Resultaten;Resultatenindicator;"
        f"Start rapportage;Einde rapportage\nA;25-34;female;1.200;24;12,50;2;{INDICATOR};2026-09-01;2026-09-30\n",
        (1200, 24, 2, 12.5, None, "EUR", ("2026-09-01", "2026-09-30")),
    ),
    "meta tr": (
        "Rapor Başlangıcı,Rapor Sonu,Kampanya Adı,Sonuçlar,Sonuç Göstergesi,Erişim,Harcanan Tutar (TRY),Gösterim,"
        f"Bağlantı Tıklamaları\n2026-09-01,2026-09-07,A,3,{INDICATOR},900,150.50,7000,120\n",
        (7000, 120, 3, 150.5, None, "TRY", ("2026-09-01", "2026-09-07")),
    ),
    "meta ko": (
        "캠페인 이름,일,지출 금액 (KRW),노출,링크 클릭,클릭(전체),구매,구매 전환값,연령,성별\n"
        'A,2026-09-01,"412,300",68000,850,900,12,"1,000,000",25-34,female\n',
        (68000, 850, 12, 412300, 1_000_000, "KRW", ("2026-09-01", "2026-09-01")),
    ),
    "meta zh": (
        "广告系列名称,报告开始日期,报告结束日期,展示次数,链接点击量,点击量（全部）,"
        "已花费金额 (USD),购物次数,购物转化价值,年龄\n"
        "A,2026-09-01,2026-09-30,1000,20,30,70.97,4,84.11,25-34\n",
        (1000, 20, 4, 70.97, 84.11, "USD", ("2026-09-01", "2026-09-30")),
    ),
    "google ja": (
        "キャンペーン レポート\n2026年9月1日～2026年9月30日\n日,キャンペーン,通貨コード,費用,表示回数,"
        "クリック数,コンバージョン,平均クリック単価\n"
        '2026-09-01,A,JPY,"1,234","10,000",120,3.00,10\n合計: アカウント, --,JPY,"1,234","10,000",120,3.00,10\n',
        (10000, 120, 3, 1234, None, "JPY", ("2026-09-01", "2026-09-01")),
    ),
    "tiktok es": (
        "Nombre de la campaña,Por día,Coste,Impresiones,Clics (destino),Conversiones,Edad,Moneda\n"
        "A,2026-09-01,12.50,1000,20,2,25-34,EUR\nTotal,-,12.50,1000,20,2,-,EUR\n",
        (1000, 20, 2, 12.5, None, "EUR", ("2026-09-01", "2026-09-01")),
    ),
    "dv360": (DV360, (3000, 30, 3, 32.34, None, "EUR", ("2026-09-01", "2026-09-02"))),
    "ga4 report": (GA4_REPORT, (4000, 110, 7, 130.5, 500, None, ("2026-09-01", "2026-09-30"))),
    "ga4 exploration": (GA4_EXPLORATION, (4000, 110, 7, 130.5, 500, None, ("2026-09-01", "2026-09-02"))),
    "reddit_api": (
        "account_id,campaign_id,date,clicks,comment_downvotes,comments_page_views,ecpm,impressions,spend\n"
        "t2_a,c1,2026-09-01,10,0,3,9,1000,12340000\n",
        (1000, 10, None, 12.34, None, None, ("2026-09-01", "2026-09-01")),
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_every_word_is_read_with_its_unit(case: str) -> None:
    text, (impressions, clicks, conversions, spend, revenue, currency, period) = CASES[case]
    report = read(text)

    assert report.dialect == case.split()[0]
    totals = report.totals
    assert (totals.impressions, totals.clicks, totals.conversions) == (impressions, clicks, conversions)
    assert (totals.spend, totals.revenue, report.currency, days(report)) == (spend, revenue, currency, period)
    assert report.rejects == ()
    assert "next_table" not in {note.code for note in report.findings}


@pytest.mark.parametrize(("case", "split"), [("meta nl", "25-34 · female"), ("meta ko", "25-34 · female"),
                                             ("meta zh", "25-34"), ("tiktok es", "25-34")])  # fmt: skip
def test_a_breakdown_is_a_part_of_the_audience_in_any_language(case: str, split: str) -> None:
    assert [audience.name for audience in read(CASES[case][0]).campaigns[0].audiences] == [split]


def test_lines_below_a_report_say_its_period_where_no_row_does() -> None:
    rows = [line.split(",") for line in DV360.splitlines()]
    undated = "\n".join(",".join(row[1:]) if number < 4 else ",".join(row) for number, row in enumerate(rows))
    report = read(undated)

    assert (days(report), report.granularity, report.totals.spend) == (("2026-09-01", "2026-09-30"), "period", 32.34)


def test_results_of_unknown_meaning_are_asked_about_in_any_language() -> None:
    header = "Tên chiến dịch,Ngày,Lượt hiển thị,Lượt click vào liên kết,Số tiền đã chi tiêu (VND),Kết quả,Loại kết quả"
    text = f"{header}\nA,2026-09-01,1000,20,150000,2,Khách hàng tiềm năng\n"

    assert "conversions_not_chosen" in {note.code for note in read(text).findings}
    assert read(text, conversions="Kết quả").totals.conversions == 2


def test_analytics_without_the_cost_of_advertising_is_refused_for_that_reason() -> None:
    text = "# Start date: 20260901\nSession source / medium,Session campaign,Sessions,Key events,Total revenue\n"
    with pytest.raises(ImportFileError, match="neither spend nor impressions") as refusal:
        read(f"{text}google / cpc,Brand,100,5,400\n")
    assert "Google Analytics 4" in refusal.value.message


@pytest.mark.parametrize(
    ("cell", "platform"),
    [("facebookads", "Meta"), ("google_ads", "Google"), ("Bing Ads", "Microsoft"), ("LinkedInAds", "LinkedIn"),
     ("Roads & Co", "Roads & Co")],
)  # fmt: skip
def test_connectors_names_of_platforms_are_known(cell: str, platform: str) -> None:
    assert platform_name(cell) == platform
