"""Files as people make them out of exports: pivots with subtotals, pasted days, two encodings in one, blank cells.

Each is read right or refused with its remedy; nothing is counted twice, and no blank is taken for what it is not.
"""

import datetime as dt
from dataclasses import asdict

import pytest

from reflection.errors import ImportFileError
from reflection.ingest import ImportOptions, ImportReport, read_export

META = "Campaign name,Day,Amount spent (EUR),Impressions,Link clicks,Purchases\n"
VALUED = META.replace("Purchases", "Purchases,Purchases conversion value")
L = "L,2026-09-01,100.31,1000,20,3\nL,2026-09-02,110.20,1100,22,4\n"
M = "M,2026-09-01,10,100,2,1\n"
GOOGLE = "Day,Campaign,Currency code,Cost,Impr.,Clicks,Conversions\n"


def _read(text: str | bytes) -> ImportReport:
    raw = text if isinstance(text, bytes) else text.encode()
    return read_export(("export.csv", raw), ImportOptions(as_of=dt.date(2026, 12, 31)))


def _note(report: ImportReport, code: str) -> str:
    return next((note.message for note in report.findings if note.code == code), "")


@pytest.mark.parametrize(
    ("rows", "impressions"),
    [
        (f"{L}L total,,210.51,2100,42,7\n{M}M total,,10,100,2,1\n", 2_200),
        (f"{L}L Ergebnis,,210.51,2100,42,7\n{M}Gesamtergebnis,,220.51,2200,44,8\n", 2_200),
        (f"{L}L,,210.51,2100,42,7\n{M}", 2_200),  # the name again, without a day
        (f"{L}L total,2026-09-03,90,900,18,2\n", 3_000),  # a campaign that is called so
        (f"{L}L,2026-09-02,110.20,1100,22,4\n", 2_100),  # a day pasted twice
        (f"{L}L,2026-09-02,110.20,1100,22,4\nTotal,,320.71,3200,64,11\n", 3_200),  # which the total counts twice
        (f"{M}{M}".replace("100", "90"), 180),  # small rows do look alike
        (
            "L,2026-09-01,100,1000,20,3\n,2026-09-02,110,1100,22,4\nM,2026-09-01,10,100,2,1\n,2026-09-02,9,90,2,1\n",
            2_290,
        ),
    ],
)
def test_nothing_is_counted_twice(rows: str, impressions: int) -> None:
    report = _read(META + rows)

    assert report.totals.impressions == impressions
    assert sum(campaign.actual_metrics.impressions or 0 for campaign in report.campaigns) == impressions
    assert {campaign.name for campaign in report.campaigns} <= {"L", "M", "L total"}


def test_days_within_a_month_that_is_there_too_are_left_out() -> None:
    header = META.replace("Day", "Reporting starts,Reporting ends")
    rows = "L,2026-09-01,2026-09-30,400,4000,80,12\nL,2026-09-01,2026-09-07,90,900,20,3\n"
    rows += "M,2026-09-01,2026-09-30,9,90,2,1\n"

    assert [campaign.name for campaign in _read(header + rows).campaigns] == ["M"]


def test_rows_that_add_up_to_more_than_their_total_are_an_error() -> None:
    report = _read(f"{META}{L}Total,,105,1050,21,3\n")

    assert [note.severity for note in report.findings if note.code == "total_differs"] == ["error"]


def test_a_blank_of_purchases_is_none_and_a_blank_value_beside_purchases_is_not_known() -> None:
    report = _read(f"{VALUED}A,2026-09-01,100,1000,20,3,90\nB,2026-09-01,100,1000,20,4,\nC,2026-09-01,100,1000,20,,\n")

    facts = {one.name: (one.actual_metrics.conversions, one.actual_metrics.revenue) for one in report.campaigns}
    assert facts == {"A": (3, 90), "B": (4, None), "C": (0, 0)}


def test_lines_in_two_encodings_are_read_each_in_its_own() -> None:
    rows = "Grüße,2026-09-01,100,1000,20,3\n", "Grüße,2026-09-02,110,1100,22,4\n"
    report = _read(META.encode() + rows[0].encode() + rows[1].encode("cp1252"))

    assert [campaign.name for campaign in report.campaigns] == ["Grüße"]


def test_only_what_counted_the_event_has_it_as_objective() -> None:
    header = "Campaign name,Reporting starts,Reporting ends,Results,Result indicator,Amount spent (EUR),Impressions\n"
    rows = ("Sales,2026-09-01,2026-09-30,42,actions:offsite_conversion.fb_pixel_purchase,1250,49920\n"
            "Reach,2026-09-01,2026-09-30,22000,reach,100,25920\n")  # fmt: skip
    assert {one.name: one.objective for one in _read(header + rows).campaigns} == {
        "Sales": "purchase",
        "Reach": "unspecified",
    }


def test_days_on_end_without_a_conversion_look_like_tracking_that_was_off() -> None:
    days = [(month, day) for month in (7, 8, 9) for day in range(1, 29)]
    rows = [f"L,2026-{m:02d}-{d:02d},100,10000,200,{0 if m == 8 and d > 5 else 8}\n" for m, d in days]

    assert "no conversion from 2026-08-06 to 2026-08-28" in _note(_read(META + "".join(rows)), "tracking_fault")
    ended = META + "".join(row for row in rows if row < "L,2026-08-20")
    assert "no conversion from 2026-08-06 to 2026-08-19" in _note(_read(ended), "tracking_fault")
    early = read_export(("export.csv", ended.encode()), ImportOptions(as_of=dt.date(2026, 8, 14)))
    assert not _note(early, "tracking_fault")  # the last days may still gain theirs


@pytest.mark.parametrize(
    ("text", "code", "words"),
    [
        (f"{META[:-1]},Purchases\nL,2026-09-01,100,1000,20,3,5\n", "columns_alike", "'Purchases' stands over several"),
        (
            f"{META[:-1]},Attribution setting\nL,2026-09-01,9,1000,20,3,1-day click\nM,2026-09-01,9,1000,20,3,7-day\n",
            "attribution_mixed",
            "'1-day click', '7-day'",
        ),
        (f"{META}{L}L,2026-09-02,112.20,1110,23,5\n", "rows_summed", "if a day was exported twice"),
        (
            "Campaign name,By Hour,Cost,Impressions,Clicks (destination)\nT,2026-09-01 01:00:00,1,1000,9\n",
            "no_dates",
            "",
        ),
        (GOOGLE.replace("Day", "Month") + "202609,Brand,EUR,100.00,1000,50,5.00\n", "no_dates", ""),
    ],
)
def test_what_a_reader_has_to_know_is_said(text: str, code: str, words: str) -> None:
    said = _note(_read(text), code)

    assert words in said if words else not said


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            "Date,Facebook Spend,Google Spend,Sales\n2026-09-01,100,200,3\n",
            "a column for each platform ('Facebook Spend'",
        ),
        ("Name,Paid at,Currency,Subtotal,Total\n#1,2026-09-01,EUR,50,55\n", "has no column of spend or impressions"),
        (f"{META.replace('Day', 'Day,Currency')}L,2026-09-01,USD,9,90,2,1\n", "is headed EUR, but 'Currency' says USD"),
    ],
)
def test_what_cannot_be_read_is_refused_for_its_own_reason(text: str, words: str) -> None:
    with pytest.raises(ImportFileError, match=r"(?s).") as refusal:
        _read(text)
    assert words in str(refusal.value)
    assert refusal.value.hint


BLENDED = "Date,Platform,Campaign,Spend,Impressions,Clicks,Conversions,Currency\n"
BRAND = "2026-09-01,Google,Brand,1234.5,50000,800,20,USD\n2026-09-02,Meta,Wide,1000.5,40000,700,15,USD\n"
FIGURES = {"impressions": 90_000, "clicks": 1_500, "conversions": 35, "spend": 2_235, "revenue": None}


@pytest.mark.parametrize("zero", "٠۰०০๐０")
def test_digits_of_every_script_are_digits(zero: str) -> None:
    own = str.maketrans({str(digit): chr(ord(zero) + digit) for digit in range(10)} | {".": "٫"})
    cells = [line.split(",") for line in BRAND.splitlines()]
    rows = [",".join([*row[:3], *(cell.translate(own) for cell in row[3:7]), row[7]]) for row in cells]

    assert asdict(_read(BLENDED + "\n".join(rows)).totals) == FIGURES


@pytest.mark.parametrize(
    "label", ["Σύνολο", "רקיע", "Yhteensä", "รวมทั้งหมด", "Genel Toplam", "Sept. overall", "Sum of it all"]
)
def test_a_total_without_a_name_is_one_whatever_its_language_calls_it(label: str) -> None:
    report = _read(BLENDED + BRAND + f"{label},,,2235,90000,1500,35,USD\n")

    assert asdict(report.totals) == FIGURES
    assert not report.rejects
    assert "equals the sum of the rows" in _note(report, "total_confirmed")


def test_a_note_below_a_table_of_days_is_no_row_of_it() -> None:
    report = _read(BLENDED + BRAND + "* all figures without VAT,,,,,,,\n")

    assert asdict(report.totals) == FIGURES
    assert not report.rejects


def test_notes_below_few_campaigns_take_no_name_from_above() -> None:
    report = _read(BLENDED + BRAND + "Legend:,,,,,,,\nSpend,,,,,,,\n")

    assert asdict(report.totals) == FIGURES
    assert {campaign.name for campaign in report.campaigns} == {"Brand", "Wide"}


def test_orders_are_conversions_of_a_sheet_in_any_language() -> None:
    report = _read(BLENDED.replace("Conversions", "Bestellungen") + BRAND)

    assert asdict(report.totals) == FIGURES
    assert "'Bestellungen', the only one here" in _note(report, "conversions_chosen")


def test_a_day_that_cannot_be_read_is_refused_where_the_row_has_a_name() -> None:
    report = _read(BLENDED + BRAND + "Sept. maybe,Meta,Wide,1,2,1,1,USD\n")

    assert 4 in [reject.line for reject in report.rejects]
    assert {campaign.name for campaign in report.campaigns} == {"Brand"}


@pytest.mark.parametrize("nothing", ["(null)", "Null", "N/a", "NONE", "n.a.", "(blank)", "#n/a", "\\N"])
def test_a_word_for_nothing_is_no_figure_in_any_case(nothing: str) -> None:
    report = _read(BLENDED + BRAND.replace(",15,", f",{nothing},"))

    assert not report.rejects
    assert [campaign.actual_metrics.conversions for campaign in report.campaigns] == [20, None]


@pytest.mark.parametrize(
    "header",
    [
        "Datum;Kanal;Kampagne;Kosten;Impressionen;Klicks;Conversions;Währung",
        "Date;Canal;Campagne;Dépenses;Impressions;Clics;Conversions;Code de devise",
        "Fecha;Plataforma;Campaña;Inversión;Impresiones;Clics;Conversiones;Moneda",
        "日付;媒体;キャンペーン;費用;表示回数;クリック数;コンバージョン;通貨",
        "日期;媒体平台;广告系列;消耗;展示次数;点击次数;转化次数;币种",
        "التاريخ;المنصة;الحملة;الإنفاق;مرات الظهور;النقرات;التحويلات;العملة",
        "Date;Data source name;Campaign name;Cost;Impressions;Clicks;Conversions;Currency",
    ],
)
def test_a_sheet_of_several_platforms_is_read_in_any_language(header: str) -> None:
    report = _read(f"{header}\n{BRAND.replace(',', ';')}")

    assert asdict(report.totals) == FIGURES
    assert {(campaign.platform, campaign.currency) for campaign in report.campaigns} == {
        ("Google", "USD"),
        ("Meta", "USD"),
    }


SNAPCHAT = "Start time,End time,Campaign name,Currency,Amount spent,Paid impressions,Swipe ups,Purchases\n"
OTHER = "Reporting starts,Reporting ends,Campaign name,Currency,Amount spent,Impressions,Link clicks,Purchases\n"


@pytest.mark.parametrize(
    ("header", "spans", "period", "granularity"),
    [
        (SNAPCHAT, ["01 00:00:00|02 00:00:00", "02 00:00:00|03 00:00:00"], (1, 2), "day"),
        (SNAPCHAT, ["01T00:00:00.000-07:00|02T00:00:00.000-07:00"], (1, 1), "day"),
        (SNAPCHAT, ["01 00:00:00|30 23:59:59"], (1, 30), "month"),
        (SNAPCHAT, ["01|02"], (1, 2), "period"),
        (OTHER, ["01 00:00|08 00:00", "08 00:00|15 00:00"], (1, 14), "week"),
        (OTHER, ["01 12:00 AM|08 12:00 AM", "08 12:00 AM|15 12:00 AM"], (1, 14), "week"),
        (OTHER, ["01 00:00|07 00:00", "08 00:00|14 00:00"], (1, 14), "week"),
        (OTHER, ["01 00:00|01 00:00", "02 00:00|02 00:00"], (1, 2), "day"),
    ],
)
def test_an_end_at_midnight_is_the_moment_at_which_a_time_is_over_where_rows_or_the_platform_say_so(
    header: str, spans: list[str], period: tuple[int, int], granularity: str
) -> None:
    ends = [[f"2026-09-{end}" for end in span.split("|")] for span in spans]
    rows = [",".join([*pair, "Launch", "USD", "80", "52000", "310", "4"]) for pair in ends]

    report = _read(header + "\n".join(rows))

    assert report.period == tuple(dt.date(2026, 9, day) for day in period)
    assert report.granularity == granularity
    assert report.totals.spend == 80 * len(spans)
    assert not report.rejects


def test_a_table_of_a_warehouse_says_its_currency_in_its_columns() -> None:
    report = _read("dt,channel,cmp_nm,cost_usd,imps,clks,orders\n" + "".join(
        f"{line.removesuffix(',USD').replace('Google,Brand', 'google,b').replace('Meta,Wide', 'facebook,w')}\n"
        for line in BRAND.splitlines()))  # fmt: skip

    assert asdict(report.totals) == FIGURES
    assert report.currency == "USD"


@pytest.mark.parametrize(
    "header",
    ["dt0,channel,campaign,media cost net x,imps,clicks,orders", "d0,channel,campaign,cost,imps,clicks,orders"],
)
def test_a_sheet_of_platforms_whose_money_or_days_stand_under_unknown_words_is_asked_about(header: str) -> None:
    with pytest.raises(ImportFileError) as refusal:
        _read(f"{header}\n" + BRAND.replace(",USD", ""))

    assert refusal.value.mapping is not None
    assert {"spend", "date"} <= set(refusal.value.mapping["columns"])


def test_days_in_words_that_are_not_known_are_named() -> None:
    report = _read(BLENDED.replace("Date", "Booking period") + BRAND.replace("2026-09-01", "3rd sprint"))

    assert "'Booking period' may say them" in _note(report, "no_dates")
    assert report.period is None


@pytest.mark.parametrize("rounded", ["1.2M", "800K", "12 Mio.", "3bn"])
def test_a_rounded_figure_is_refused_as_one(rounded: str) -> None:
    report = _read(BLENDED + BRAND.replace("50000", rounded))

    assert "is rounded; export the figures in full" in report.rejects[0].reason + report.rejects[-1].reason
    assert {campaign.name for campaign in report.campaigns} == {"Wide"}


def test_campaigns_in_our_own_form_are_sent_to_the_command_that_takes_them() -> None:
    own = b'{"campaign_id": "c1", "expected_metrics": {"spend": 10.0}, "actual_metrics": {"spend": 9.0, "clicks": 3}}\n'
    with pytest.raises(ImportFileError, match="holds whole campaigns") as refused:
        read_export(("campaigns.jsonl", own * 2), ImportOptions())

    assert "`reflection analyze campaigns.jsonl`" in refused.value.hint
    assert refused.value.mapping is None
