"""A refused file comes with a mapping that reads it; one word of a platform's own is not enough to be taken for it."""

import csv
import io
from dataclasses import asdict

import pytest

from reflection.errors import ImportFileError
from reflection.ingest import ImportOptions, load_mapping, read_export, suggest_mapping

HEADERS = {
    "nl": ["Datum", "Campagnenaam", "Weergaven", "Klikken", "Uitgaven", "Aankopen"],
    "pl": ["Dzień", "Nazwa kampanii", "Wyświetlenia", "Kliknięcia", "Koszt", "Konwersje"],
    "sv": ["Dag", "Kampanj", "Visningar", "Klickningar", "Kostnad", "Konverteringar"],
    "tr": ["Tarih", "Kampanya adı", "Gösterimler", "Tıklamalar", "Harcama", "Dönüşümler"],
    "ru": ["Дата", "Кампания", "Показы", "Клики", "Расход", "Конверсии"],
    "ko": ["날짜", "캠페인 이름", "노출수", "클릭수", "비용", "전환수"],
    "zh": ["日期", "广告系列名称", "展示次数", "点击次数", "花费", "转化次数"],
    "de": ["Datum", "Projekt", "Einblendungen", "Klicks", "Ausgaben", "Bestellungen"],
    "reddit": ["Date", "Campaign Name", "Impressions", "Clicks", "Amount Spent (EUR)", "Leads"],
    "dv360": [
        "Date",
        "Insertion Order",
        "Impressions",
        "Clicks",
        "Media Cost (Advertiser Currency)",
        "Total Conversions",
    ],
    "agency": ["Report date", "Project", "Ad impressions", "Ad clicks", "Ad spend", "Orders"],
}
ROWS = [["2026-09-01", "A", "1000", "20", "10.50", "2"], ["2026-09-02", "B", "2000", "44", "21.00", "3"]]


def file_of(language: str) -> tuple[str, bytes]:
    """Two rows under the headers of a language."""
    out = io.StringIO()
    csv.writer(out).writerows([HEADERS[language], *ROWS])
    return "own.csv", out.getvalue().encode()


@pytest.mark.parametrize("language", sorted(HEADERS))
def test_the_suggested_mapping_reads_the_refused_file(language: str) -> None:
    with pytest.raises(ImportFileError) as refused:
        read_export(file_of(language))
    suggestion = suggest_mapping(file_of(language))

    report = read_export(file_of(language), ImportOptions(mapping=load_mapping(suggestion)))

    assert "--suggest-mapping" in refused.value.hint
    offered = dict(refused.value.mapping or {})
    assert set(suggestion["columns"].values()) <= set(offered.pop("headers"))
    assert offered == suggestion
    assert set(suggestion["columns"].items()) <= set(report.columns.items())
    totals = report.totals
    assert (totals.impressions, totals.clicks, totals.conversions, totals.spend) == (3_000, 64, 5.0, 31.5)
    assert report.granularity == "day"
    assert {campaign.name for campaign in report.campaigns} == {"A", "B"}


def test_ratios_are_never_suggested_for_amounts() -> None:
    header = ["Day", "Campaign", "Avg. cost", "Cost per click", "Conversion rate", "Impressions"]
    out = io.StringIO()
    csv.writer(out).writerows([header, ["2026-09-01", "A", "1.5", "0.4", "2", "100"]])

    assert set(suggest_mapping(("x.csv", out.getvalue().encode()))["columns"]) == {"date", "campaign", "impressions"}


def test_a_mapping_whose_header_is_not_there_is_told_which() -> None:
    mapping = load_mapping({"columns": {"campaign": "Projekt", "spend": "Kosten netto"}})

    with pytest.raises(ImportFileError, match="headers 'Kosten netto' in one row"):
        read_export(file_of("de"), ImportOptions(mapping=mapping))


def test_the_error_is_that_of_the_reading_that_makes_a_table() -> None:
    rows = 'Zoekwoord,Campagne,Vertoningen,Uitgaven\n"""lift; huren""",A,1,2\n"b;c",B,2,3\n'

    with pytest.raises(ImportFileError) as refused:
        read_export(("report.csv", rows.encode()))

    assert "quoting" not in refused.value.message
    assert "'Zoekwoord', 'Campagne'" in refused.value.message


def test_what_is_not_used_is_said() -> None:
    header = [
        "Day",
        "Campaign name",
        "Amount spent (EUR)",
        "Impressions",
        "Link clicks",
        "Purchases",
        "Shop visits",
        "CTR",
    ]
    out = io.StringIO()
    csv.writer(out).writerows([header, ["2026-09-01", "A", "10", "1000", "20", "2", "55", "2.0"]])

    report = read_export(("meta.csv", out.getvalue().encode()))

    note = next(item for item in report.findings if item.code == "columns_not_used")
    assert "'Shop visits'" in note.message
    assert "CTR" not in note.message


def test_a_split_in_another_language_is_read_as_one() -> None:
    header = ["Day", "Campaign name", "Amount spent (EUR)", "Impressions", "Link clicks", "Purchases", "Leeftijd"]
    rows = [["2026-09-01", "A", "10", "1000", "20", "2", age] for age in ("18-24", "25-34")]
    out = io.StringIO()
    csv.writer(out).writerows([header, *rows])

    (campaign,) = read_export(("meta.csv", out.getvalue().encode())).campaigns

    assert [audience.name for audience in campaign.audiences] == ["18-24", "25-34"]


OTHERS = {
    "reddit": "Campaign Name|Date|Impressions|Clicks|Amount Spent (USD)|CTR|Conversions (Purchase) - Total|"
    "Conversion value (Purchase)",
    "reddit ads": "Campaign Name|Date|Impressions|Clicks|Spend|CTR|Purchase (Total Conversions)|Total Value: Purchase|"
    "Purchase (View-Through Conversion)",
    "supermetrics": "Campaign name|Date|Impressions|Link clicks|Cost|CTR (%)|Website purchases|"
    "Website purchase conversion value",
    "criteo windows": "Campaign|Day|Displays|Clicks|Cost|CTR|Sales (PC30D)|Revenue (PC30D)",
    "microsoft de": "Kampagne|Datum|Impressionen|Klicks|Ausgaben|CTR|Conversions|Umsatz",
    "microsoft fr": "Campagne|Date|Impressions|Clics|Dépense|CPC moyen|Conversions|Revenus",
    "microsoft es": "Campaña|Fecha gregoriana|Impresiones|Clics|Gasto|CTR|Conversiones|Ingresos",
    "microsoft pt": "Campanha|Data gregoriana|Impressões|Cliques|Gastos|CPC médio|Conversões|Receita",
    "taboola": "Campaign Name|Day|Impressions|Clicks|Spent|CPA|Actions (Conversions)|Conversions Value|"
    "Viewable Impressions",
    "criteo": "Campaign|Day|Displays|Clicks|Cost|CTR|Sales|Revenue",
    "x": "Campaign name|Time period|Impressions|Link clicks|Spend|CPM|Results|Sale value|Clicks",
}
"""Of tables that no dialect reads: campaign, day, impressions, clicks, spend, a ratio, conversions, revenue, others."""


@pytest.mark.parametrize("name", sorted(OTHERS))
def test_a_table_of_no_dialect_is_refused_with_a_mapping_that_is_right_as_it_stands(name: str) -> None:
    header = OTHERS[name].split("|")
    extra = [[], ["3"]][len(header) - 8]
    cells = [["A", "2026-09-01", "10000", "120", "35.50", "1.2", "4", "200.25", *extra],
             ["A", "2026-09-02", "11000", "130", "38.50", "1.3", "5", "250.50", *extra]]  # fmt: skip
    out = io.StringIO()
    csv.writer(out).writerows([header, *cells])
    file = ("export.csv", out.getvalue().encode())

    with pytest.raises(ImportFileError):
        read_export(file)
    report = read_export(file, ImportOptions(mapping=load_mapping(suggest_mapping(file))))

    totals = asdict(report.totals)
    assert totals == {"impressions": 21_000, "clicks": 250, "conversions": 9, "spend": 74, "revenue": 450.75}
    assert report.period is not None
    assert {campaign.name for campaign in report.campaigns} == {"A"}


def test_the_days_of_campaigns_are_not_those_of_the_figures() -> None:
    header = "Campaign,Start date,End date,Spend,Impressions,Clicks,Orders\n"
    flights = "A,2026-01-01,2026-12-31,10,1000,10,1\nB,2026-03-01,2026-06-30,10,1000,10,1\n"
    weeks = "A,2026-03-02,2026-03-08,10,1000,10,1\nA,2026-03-09,2026-03-15,10,1000,10,1\n"

    assert "date" not in suggest_mapping(("own.csv", (header + flights).encode()))["columns"]
    assert {"date", "date_end"} <= set(suggest_mapping(("own.csv", (header + weeks).encode()))["columns"])


def test_of_a_header_without_rows_that_is_what_is_said() -> None:
    with pytest.raises(ImportFileError, match="has a header but no rows"):
        read_export(("t.csv", b"Date,Platform,Campaign,Spend,Impressions,Clicks\n"))


def test_an_end_beside_the_first_day_is_offered_where_no_word_is_known() -> None:
    """Left out, a month's money would be one day's."""
    text = "Begin rapportage,Einde rapportage,Campagnenaam,Besteed bedrag (EUR),Weergaven,Klikken op link\n"
    file = ("t.csv", f"{text}2026-09-01,2026-09-30,Herfst,400.50,30000,500\n".encode())

    report = read_export(file, ImportOptions(mapping=load_mapping(suggest_mapping(file))))

    assert report.granularity == "month"


@pytest.mark.parametrize(("header", "cell"), [("Monat", "Aug 26"), ("Woche", "KW 36"), ("KW", "36"), ("Month", "May")])
def test_a_column_that_is_headed_as_days_is_one_whatever_its_cells_say(header: str, cell: str) -> None:
    """Left out, its months would be added up as one time without days."""
    text = f"Kampagne;{header};Ausgaben;Impressionen;Klicks\nBrand;{cell};500;20000;400\n"

    assert suggest_mapping(("t.csv", text.encode()))["columns"]["date"] == header
