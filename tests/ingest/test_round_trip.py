"""Laws: a table written in any dialect, locale, delimiter and encoding reads back equal; garbage never half-
imports."""

import csv
import datetime as dt
import gzip
import io
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from babel.numbers import format_decimal
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st

from reflection.errors import ImportFileError
from reflection.ingest import ImportOptions, ImportReport, read_export

QUICK = (Phase.explicit, Phase.generate)
"""Without shrinking: an example is a whole file, and a failing one is told well enough by its rejects."""
FAST = settings(
    max_examples=8, derandomize=True, phases=QUICK,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)  # fmt: skip
AS_OF = dt.date(2027, 1, 1)


@dataclass(frozen=True)
class Row:
    """One row of truth."""

    day: dt.date
    campaign: str
    impressions: int
    clicks: int
    conversions: float
    spend: float


def _payable(cents: int, impressions: int) -> int:
    """At most 50,000 for a thousand impressions: beyond every price are only millionths, which are refused."""
    return min(cents, impressions * 5_000) if impressions else cents


names = st.text(
    alphabet=st.characters(codec="cp1252", exclude_categories=["C", "Z"], exclude_characters="-–—"),
    min_size=1,
    max_size=12,
).map(lambda text: f'C {text} | é, "x"; ok')
rows = st.lists(
    st.builds(
        lambda day, campaign, impressions, share, conversions, cents: Row(
            day, campaign, impressions, int(impressions * share), conversions / 4, _payable(cents, impressions) / 100
        ),
        st.dates(dt.date(2026, 8, 1), dt.date(2026, 9, 30)),
        names,
        st.integers(0, 3_000_000),
        st.floats(0, 1),
        st.integers(0, 40_000),
        st.integers(0, 500_000_000),
    ),
    min_size=1,
    max_size=12,
    unique=True,  # a row that repeats another in every cell is read once
)

DIALECTS: dict[str, tuple[list[list[str]], list[str], str]] = {
    # key: lines above, header (day, campaign, impressions, clicks, conversions, spend), language of its numbers
    "google en": ([["Campaign report"], ["All time"]],
                  ["Day", "Campaign", "Impr.", "Clicks", "Conversions", "Cost"], "en"),
    "google de": ([["Kampagnenbericht"], ["1. August 2026 - 30. September 2026"]],
                  ["Tag", "Kampagne", "Impr.", "Klicks", "Conversions", "Kosten"], "de"),
    "google fr": ([["Rapport sur les campagnes"], ["août 2026"]],
                  ["Jour", "Campagne", "Impr.", "Clics", "Conversions", "Coût"], "fr"),
    "meta en": ([], ["Day", "Campaign name", "Impressions", "Link clicks", "Purchases", "Amount spent (EUR)"], "en"),
    "meta de": ([], ["Tag", "Kampagnenname", "Impressionen", "Link-Klicks", "Käufe", "Ausgegebener Betrag (EUR)"], "de"),  # noqa: E501
    "tiktok": ([], ["By Day", "Campaign name", "Impressions", "Clicks (destination)", "Conversions", "Cost"], "en"),
    "linkedin": ([["Campaign Performance Report (in UTC)"], ["Report Start: 08/01/2026"], []],
                 ["Start Date (in UTC)", "Campaign Group Name", "Impressions", "Clicks to Landing Page", "Conversions",
                  "Total Spent"], "en"),
    "microsoft": ([["Report Name: Campaign performance"], ["Report Aggregation: Day"], []],
                  ["Gregorian date", "Campaign name", "Impressions", "Clicks", "Conversions", "Spend"], "en"),
    "pinterest": ([], ["Date", "Campaign name", "Impressions", "Outbound clicks", "Total conversions",
                       "Spend in account currency"], "en"),
    "marko": ([], ["date", "campaign_name", "impressions", "clicks", "conversions", "spend", "channel",
                   "ad_set_or_group"], "en"),
    "snapchat": ([], ["Start time", "Campaign Name", "Paid Impressions", "Swipe Ups", "Purchases", "Amount Spent"],
                 "en"),
    "apple": ([["Currency: AUD"]], ["Date", "Campaign Name", "Impressions", "Taps", "Installs (Total)", "Spend"], "en"),
    "amazon": ([], ["Date", "Campaign Name", "Impressions", "Clicks", "7 Day Total Orders (#)", "Spend",
                    "Portfolio name"], "en"),
    "cm360": ([["Report Time Zone", "America/New_York"], ["Report Fields"]],
              ["Date", "Campaign", "Impressions", "Clicks", "Total Conversions", "Media Cost"], "en"),
    "blended": ([], ["Date", "Campaign", "Impressions", "Clicks", "Conversions", "Cost", "Source"], "en"),
    "google nl": ([["Campagnerapport"], ["1 augustus 2026 - 30 september 2026"]],
                  ["Dag", "Campagne", "Vertoningen", "Aantal klikken", "Conversies", "Kosten"], "nl"),
    "google ja": ([["キャンペーン レポート"], ["2026年8月1日～2026年9月30日"]],
                  ["日", "キャンペーン", "表示回数", "クリック数", "コンバージョン", "費用", "通貨コード"], "ja"),
    "google tr": ([["Kampanya raporu"], ["1 Ağustos 2026 - 30 Eylül 2026"]],
                  ["Gün", "Kampanya", "Göstr.", "Tıklamalar", "Dönüşümler", "Maliyet", "Ort. TBM"], "tr"),
    "google pl": ([["Raport: kampanie"], ["1 sierpnia 2026 - 30 września 2026"]],
                  ["Dzień", "Kampania", "Wyświetlenia", "Kliknięcia", "Konwersje", "Koszt", "Śr. CPC"], "pl"),
    "meta nl": ([], ["Dag", "Campagnenaam", "Weergaven", "Linkklikken", "Aankopen", "Besteed bedrag (EUR)"], "nl"),
    "meta pl": ([], ["Dzień", "Nazwa kampanii", "Wyświetlenia", "Kliknięcia linku", "Zakupy", "Wydana kwota (PLN)"],
                "pl"),
    "meta tr": ([], ["Gün", "Kampanya Adı", "Gösterim", "Bağlantı Tıklamaları", "Alışverişler",
                     "Harcanan Tutar (TRY)"], "tr"),
    "meta ko": ([], ["일", "캠페인 이름", "노출", "링크 클릭", "구매", "지출 금액 (USD)"], "ko"),
    "meta zh": ([], ["单日", "广告系列名称", "展示次数", "链接点击量", "购物次数", "已花费金额 (USD)"], "zh"),
    "tiktok es": ([], ["Por día", "Nombre de la campaña", "Impresiones", "Clics (destino)", "Conversiones", "Coste"],
                  "es"),
    "tiktok zh": ([], ["按天", "推广系列名称", "展示量", "点击量（目标页面）", "转化量", "消耗"], "zh"),
    "dv360": ([], ["Date", "Insertion Order", "Impressions", "Clicks", "Total Conversions", "Revenue (Adv Currency)",
                   "Advertiser Currency", "Line Item"], "en"),
    "ga4": ([["# Property: acme.example"], ["# Start date: 20260801"], ["# End date: 20260930"]],
            ["Date", "Session Google Ads campaign", "Ads impressions", "Ads clicks", "Key events", "Ads cost"], "en"),
    "blended windsor": ([], ["date", "campaign", "impressions", "clicks", "conversions", "spend", "datasource",
                             "source"], "en"),
    "blended funnel": ([], ["Date", "Campaign", "Impressions", "Clicks", "Conversions", "Cost", "Connector",
                            "Data Source name"], "en"),
    "google_api": ([], ["segments.date", "campaign.name", "metrics.impressions", "metrics.clicks",
                        "metrics.conversions", "metrics.cost"], "en"),
}  # fmt: skip
EXTRA = {
    "marko": ["Meta", "Everyone"], "amazon": ["Kitchen"], "blended": ["facebook"], "google ja": ["JPY"],
    "google tr": ["--"], "google pl": ["--"], "dv360": ["EUR", "Lines"], "blended windsor": ["google_ads", "google"],
    "blended funnel": ["facebookads", "Acme"],
}  # fmt: skip
"""Cells of the columns that follow the figures."""

ENCODINGS = ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1252"]


def written(truth: list[Row], dialect: str, locale: str, delimiter: str, encoding: str, grouped: bool) -> bytes:
    """The rows as this dialect, locale and encoding would write them."""
    above, header, _ = DIALECTS[dialect]
    out = io.StringIO()
    writer = csv.writer(out, delimiter=delimiter, lineterminator="\r\n")
    writer.writerows(above)
    writer.writerow(header)
    for row in truth:
        numbers = [
            format_decimal(value, locale=locale, group_separator=grouped)
            for value in (row.impressions, row.clicks, row.conversions, row.spend)
        ]
        extra = EXTRA.get(dialect, [])
        writer.writerow([row.day.isoformat(), row.campaign, *numbers, *extra])
    text = out.getvalue().replace("\u202f", "\u00a0")
    western = encoding != "cp1252" or all(cell.encode("cp1252", "ignore").decode("cp1252") == cell for cell in header)
    return text.encode(encoding if western else "utf-8")


def sums(report: ImportReport) -> dict[tuple[str, dt.date], tuple[float | None, ...]]:
    """What a report says per campaign and day."""
    assert report.snapshot is not None
    return {(name, day): values[:4] for (_, name, day, _), values in report.snapshot.cells.items()}


def truth_of(truth: list[Row]) -> dict[tuple[str, dt.date], tuple[float, ...]]:
    """The same of the rows themselves."""
    found: dict[tuple[str, dt.date], list[float]] = {}
    for row in truth:
        cell = found.setdefault((row.campaign.lower(), row.day), [0.0] * 4)
        for position, value in enumerate((row.impressions, row.clicks, row.conversions, row.spend)):
            cell[position] += value
    return {key: tuple(values) for key, values in found.items()}


def assert_same(report: ImportReport, truth: list[Row]) -> None:
    """Nothing lost, nothing changed."""
    assert not [r for r in report.rejects if r.line and "no number" in r.reason]
    found, expected = sums(report), truth_of(truth)
    assert found.keys() == expected.keys()
    for key, values in expected.items():
        assert found[key] == pytest.approx(values, abs=1e-4), key


TABLES: dict[str, st.SearchStrategy[Any]] = {
    "truth": rows,
    "dialect": st.sampled_from(sorted(DIALECTS)),
    "encoding": st.sampled_from(ENCODINGS),
    "delimiter": st.sampled_from([",", ";", "\t"]),
    "grouped": st.booleans(),
}


def reads_back_equal(truth: list[Row], dialect: str, encoding: str, delimiter: str, grouped: bool) -> None:
    """A table in any dialect, delimiter and encoding; where its numbers can mean two amounts, it asks."""
    locale = DIALECTS[dialect][2]
    data = written(truth, dialect, locale, delimiter, encoding, grouped)

    try:
        report = read_export(("export.csv", data), ImportOptions(as_of=AS_OF))
    except ImportFileError as error:
        if grouped and error.field == "locale":
            return
        raise

    assert report.platform
    assert report.dialect == dialect.split()[0]
    assert_same(report, truth)


COLUMNS = ("impressions", "clicks", "conversions", "spend")
"""The number columns of every dialect of `DIALECTS`, in this order after day and campaign."""

HOLES: dict[str, st.SearchStrategy[Any]] = {
    **{name: TABLES[name] for name in ("truth", "dialect", "delimiter")},
    "gone": st.sampled_from(COLUMNS),
    "emptied": st.booleans(),
}


def says_what_is_missing(truth: list[Row], dialect: str, gone: str, emptied: bool, delimiter: str) -> None:
    """Whatever the dialect: its cells emptied, or the column taken away and the platform named."""
    text = written(truth, dialect, DIALECTS[dialect][2], delimiter, "utf-8", False).decode()
    lines = list(csv.reader(io.StringIO(text), delimiter=delimiter))
    place, above = 2 + COLUMNS.index(gone), len(DIALECTS[dialect][0])
    for line in lines[above + 1 :]:
        line[place] = ""
    if not emptied:
        lines = [*lines[:above], *([cell for i, cell in enumerate(line) if i != place] for line in lines[above:])]
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter).writerows(lines)
    options = ImportOptions(as_of=AS_OF, platform=dialect.split()[0])

    report = read_export(("export.csv", out.getvalue().encode()), options)

    assert getattr(report.totals, gone) is None
    assert all(getattr(campaign.actual_metrics, gone) is None for campaign in report.campaigns)
    assert all(getattr(row.metrics, gone) is None for campaign in report.campaigns for row in campaign.breakdown)
    assert any(note.code == "column_missing" and gone in note.message for note in report.findings)
    assert "clicks exceed" not in str(report.rejects)


@FAST
@given(**TABLES)
def test_any_table_in_any_dialect_and_encoding_reads_back_equal(**table: Any) -> None:
    reads_back_equal(**table)


@FAST
@given(**HOLES)
def test_a_column_that_is_gone_or_empty_is_said_to_be_missing_and_never_zero(**table: Any) -> None:
    says_what_is_missing(**table)


@pytest.mark.parametrize("dialect", sorted(DIALECTS))
def test_every_dialect_is_read_whole_and_misses_a_column_that_is_gone(dialect: str) -> None:
    truth = [Row(dt.date(2026, 9, day), "Brand é", 12_000 * day, 130 * day, day / 2, day * 11.25) for day in (1, 2, 30)]

    reads_back_equal(truth, dialect, "utf-8", ",", True)
    number = sorted(DIALECTS).index(dialect)
    says_what_is_missing(truth, dialect, COLUMNS[number % 4], number % 8 < 4, ",")


@pytest.mark.torture(part="soak")
@pytest.mark.parametrize("dialect", sorted(DIALECTS))
@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_every_dialect_in_every_encoding_and_delimiter(dialect: str, encoding: str, delimiter: str) -> None:
    truth = [Row(dt.date(2026, 9, day), "Brand é", 12_000 * day, 130 * day, day / 2, day * 11.25) for day in (1, 2, 30)]

    for grouped in (True, False):
        reads_back_equal(truth, dialect, encoding, delimiter, grouped)
    for gone in COLUMNS:
        for emptied in (True, False):
            says_what_is_missing(truth, dialect, gone, emptied, delimiter)


@pytest.mark.torture(part="soak")
@settings(FAST, max_examples=500)
@given(**TABLES)
def test_hundreds_of_tables_read_back_equal(**table: Any) -> None:
    reads_back_equal(**table)


@pytest.mark.torture(part="soak")
@settings(FAST, max_examples=500)
@given(**HOLES)
def test_hundreds_of_columns_are_missed(**table: Any) -> None:
    says_what_is_missing(**table)


@FAST
@given(
    truth=rows,
    locale=st.sampled_from(["en_US", "de_DE", "fr_FR", "es_ES", "pt_BR", "it_IT", "de_CH", "sv_SE", "en_IN"]),
)
def test_any_locale_reads_back_equal_when_it_is_named(truth: list[Row], locale: str) -> None:
    data = written(truth, "google en", locale, ";", "utf-8", grouped=True)

    report = read_export(("export.csv", data), ImportOptions(as_of=AS_OF, locale=locale))

    assert_same(report, truth)


@FAST
@given(pair=rows.flatmap(lambda truth: st.tuples(st.just(truth), st.permutations(truth))))
def test_the_order_of_rows_does_not_show(pair: tuple[list[Row], list[Row]]) -> None:
    one, two = (
        read_export(("a.csv", written(t, "google en", "en", ",", "utf-8", False)), ImportOptions(as_of=AS_OF))
        for t in pair
    )

    assert {c.canonical_json() for c in one.campaigns} == {c.canonical_json() for c in two.campaigns}


@FAST
@given(truth=rows)
def test_a_workbook_reads_back_equal(truth: list[Row], make_workbook: Callable[..., bytes]) -> None:
    header = DIALECTS["google en"][1]
    lines = [
        [r.day.isoformat(), r.campaign, float(r.impressions), float(r.clicks), r.conversions, r.spend] for r in truth
    ]

    report = read_export(("export.csv", make_workbook([header, *lines])), ImportOptions(as_of=AS_OF))

    assert report.encoding == "xlsx"
    assert_same(report, truth)


@pytest.mark.parametrize("wrap", ["gzip", "zip"])
def test_a_packed_table_reads_as_the_plain_one(wrap: str) -> None:
    truth = [Row(dt.date(2026, 9, day), "C é", 1000 * day, 10 * day, day / 2, day * 1.5) for day in range(1, 29)]
    data = written(truth, "google en", "en", ",", "utf-8", False)
    packed = gzip.compress(data)
    if wrap == "zip":
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("export.csv", data)
        packed = out.getvalue()

    assert_same(read_export(("export.csv", packed), ImportOptions(as_of=AS_OF)), truth)


def import_or_refuse(data: bytes) -> ImportReport | None:
    """A report, or None where the file was refused as a file must be: with an ImportFileError."""
    try:
        return read_export(("upload.csv", data), ImportOptions(as_of=AS_OF, group_by="month"))
    except ImportFileError:
        return None


@settings(max_examples=15, phases=QUICK)
@given(st.binary(max_size=400))
@example(b"PK\x05\x06" + b"\0" * 18)
@example(b"\xff\xfe\x00")
@example(b'"')
@example(b"Day,Campaign,Impr.\n")
def test_garbage_never_crashes_and_imports_nothing(data: bytes) -> None:
    report = import_or_refuse(data)

    assert report is None or not report.campaigns


@settings(max_examples=15, phases=QUICK)
@given(
    cells=st.lists(
        st.lists(
            st.one_of(
                st.sampled_from(["--", "", "-1", "1e9", "NaN", "Infinity", "1,2,3", "0x1F", "9" * 400, "2026-13-45", "Total",  # noqa: E501
                                 "1/2/2026", "=1+1", "None", "\u202e", "99999999999999999999"]),
                st.text(max_size=8),
                st.integers(0, 10**6).map(str),
            ),
            min_size=6, max_size=6,
        ),
        max_size=6,
    )
)  # fmt: skip
def test_any_cells_under_a_real_header_give_a_report_or_a_refusal(cells: list[list[str]]) -> None:
    out = io.StringIO()
    csv.writer(out).writerows([DIALECTS["google en"][1], *cells])

    report = import_or_refuse(out.getvalue().encode("utf-8", "surrogatepass"))

    if report is not None:
        for facts in (campaign.actual_metrics for campaign in report.campaigns):
            assert None in (facts.clicks, facts.impressions) or facts.clicks <= facts.impressions


@settings(max_examples=15, phases=QUICK)
@given(cut=st.floats(0.02, 0.999), encoding=st.sampled_from(["utf-8", "utf-16"]))
def test_a_truncated_export_with_a_total_row_is_never_taken_for_whole(cut: float, encoding: str) -> None:
    truth = [
        Row(dt.date(2026, 9, day), "Brand, exact", 1000 * day, 10 * day, day / 2, day * 1.5) for day in range(1, 21)
    ]
    text = written(truth, "google en", "en", ",", "utf-8", False).decode()
    total = ["Total: Campaigns", "--", "210000", "2100", "105.00", "315.00"]
    data = (text + ",".join(total) + "\r\n").encode(encoding)
    part = data[: int(len(data) * cut)]

    report = import_or_refuse(part)

    if report is not None and report.totals.impressions != 210_000:
        assert "total_missing" in {item.code for item in report.findings}


@settings(max_examples=12, phases=QUICK)
@given(cut=st.floats(0.01, 0.99), flip=st.integers(0, 10**9))
def test_a_damaged_workbook_is_refused_or_whole(cut: float, flip: int, make_workbook: Callable[..., bytes]) -> None:
    lines: list[list[str | float | None]] = [list(DIALECTS["google en"][1])]
    lines += [[f"2026-09-{day:02d}", "Brand", 100.0 * day, float(day), 1.0, 2.5] for day in range(1, 20)]
    data = make_workbook(lines)

    assert import_or_refuse(data[: int(len(data) * cut)]) is None
    damaged = bytearray(data)
    damaged[flip % len(damaged)] ^= 0x55
    report = import_or_refuse(bytes(damaged))
    assert report is None or report.totals.impressions in (19_000, None)
