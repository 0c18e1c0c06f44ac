"""A refused file comes with a mapping that reads it; one word of a platform's own is not enough to be taken for it."""

import csv
import io

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
    return f"{language}.csv", out.getvalue().encode()


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
