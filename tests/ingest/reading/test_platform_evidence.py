"""Whose a table of anybody's words is: its file's name or a line beside it says so, or it is asked about."""

import datetime as dt
from collections.abc import Callable
from dataclasses import asdict

import pytest
from tests.ingest.checks.test_workbooks import with_sheets

from reflection.errors import ImportFileError
from reflection.ingest import ImportOptions, ImportReport, read_export

GERMAN = """Gregorianisches Datum;Kontoname;Kampagnenname;Währungscode;Impressionen;Klicks;Ausgaben;Conversions;Umsatz
14.09.2026;Acme;Marke;EUR;50000;800;1234,50;20;900
15.09.2026;Acme;Generisch;EUR;40000;700;1000,25;15;800
"""
FOOTER = "©2026 Microsoft Corporation. Alle Rechte vorbehalten. \n"
ENGLISH = """Campaign Name,Date,Impressions,Clicks,Amount Spent (USD),CTR,Purchase (Total Conversions)
Launch,2026-09-14,50000,800,1234.50,1.6%,20
Always on,2026-09-15,40000,700,1000.25,1.75%,15
"""
SWEDISH = """Datum,Kampanjnamn,Exponeringar,Länkklick,Spenderat belopp (SEK),Köp
2026-09-14,Höst,50000,800,1234.50,20
2026-09-15,Vinter,40000,700,1000.25,15
"""
FIGURES = {"impressions": 90_000, "clicks": 1_500, "conversions": 35, "spend": 2234.75}


def read(text: str, name: str = "report.csv", platform: str = "auto") -> ImportReport:
    """What is read of a text."""
    return read_export((name, text.encode()), ImportOptions(as_of=dt.date(2027, 1, 1), platform=platform))


@pytest.mark.parametrize(
    ("text", "name", "platform", "evidence"),
    [
        (GERMAN + FOOTER, "report.csv", "Microsoft", "the line '©2026 Microsoft Corporation"),
        (GERMAN, "bing_september.csv", "Microsoft", "the file's name (bing_september.csv)"),
        (ENGLISH, "reddit_ads_2026-09.csv", "Reddit", "the file's name"),
        (f"Outbrain campaign report\n\n{ENGLISH}", "report.csv", "Outbrain", "the line 'Outbrain campaign report'"),
        (ENGLISH, "TheTradeDesk.csv", "The Trade Desk", "the file's name"),
        (SWEDISH, "Facebook kampanjer.csv", "Meta", "the file's name"),
    ],
)
def test_a_platform_that_is_named_beside_the_table_is_its_platform(
    text: str, name: str, platform: str, evidence: str
) -> None:
    report = read(text, name)

    assert {campaign.platform for campaign in report.campaigns} == {platform}
    assert FIGURES.items() <= asdict(report.totals).items()
    assert f"as {evidence}" in report.recognised_by


@pytest.mark.parametrize("name", ["report.csv", "facebook_vs_reddit.csv", "Copy of Google Sheets.csv", "metadata.csv"])
def test_where_nothing_or_two_are_named_it_is_asked_about(name: str) -> None:
    with pytest.raises(ImportFileError, match="no export of a platform that is known") as refusal:
        read(ENGLISH, name)
    assert refusal.value.mapping is not None


UNCLEAR = {
    "Amount Spent (USD)": "Media cost net x",
    "Date": "Reported",
    "Clicks": "Clicks of all kinds",
    "Campaign Name": "Initiative",
}


@pytest.mark.parametrize(("old", "new"), UNCLEAR.items())
def test_a_column_that_is_not_clear_is_asked_about(old: str, new: str) -> None:
    with pytest.raises(ImportFileError) as refusal:
        read(ENGLISH.replace(old, new), "reddit_ads.csv")
    assert refusal.value.mapping is not None


def test_of_several_columns_of_conversions_none_is_chosen() -> None:
    text = ENGLISH.replace(",CTR", ",Sign Up (Total Conversions)").replace("1.6%", "6").replace("1.75%", "7")

    assert "conversions_not_chosen" in {note.code for note in read(text, "reddit_ads.csv").findings}


@pytest.mark.parametrize(
    ("platform", "name"), [("microsoft", "Microsoft"), ("reddit", "Reddit"), ("taboola", "Taboola")]
)
def test_a_platform_that_the_user_names_is_read_in_any_language(platform: str, name: str) -> None:
    report = read(GERMAN, platform=platform)

    assert {campaign.platform for campaign in report.campaigns} == {name}
    assert FIGURES.items() <= asdict(report.totals).items()


SECTIONS = """Date,Campaign,Spend (EUR),Impressions,Clicks,Conversions
Google Ads,,,,,
2026-09-14,Brand,1234.50,50000,800,20
Total,,1234.50,50000,800,20
Meta Ads,,,,,
2026-09-15,Wide,1000.25,40000,700,15
Total,,1000.25,40000,700,15
"""


def test_sections_that_are_called_as_platforms_say_whose_their_rows_are() -> None:
    report = read(SECTIONS)

    assert {(one.platform, one.name) for one in report.campaigns} == {("Google", "Brand"), ("Meta", "Wide")}
    assert FIGURES.items() <= asdict(report.totals).items()
    assert not report.rejects
    assert "total_differs" not in {note.code for note in report.findings}


def test_sheets_that_are_called_as_platforms_say_whose_their_rows_are(make_workbook: Callable[..., bytes]) -> None:
    header = ["Date", "Campaign", "Spend (EUR)", "Impressions", "Clicks", "Conversions"]
    sheets = {
        "Google Ads": [header, ["2026-09-14", "Brand", 1234.5, 50_000.0, 800.0, 20.0]],
        "Meta Ads": [header, ["2026-09-15", "Wide", 1000.25, 40_000.0, 700.0, 15.0]],
    }
    report = read_export(("media.xlsx", with_sheets(make_workbook, **sheets)), ImportOptions(as_of=dt.date(2027, 1, 1)))

    assert {(one.platform, one.name) for one in report.campaigns} == {("Google", "Brand"), ("Meta", "Wide")}
    assert FIGURES.items() <= asdict(report.totals).items()
    assert "sheets_not_read" not in {note.code for note in report.findings}

    sheets["Meta Ads"] = [[*header[:4], "Link clicks", "Purchases"], *sheets["Meta Ads"][1:]]
    with pytest.raises(ImportFileError):
        read_export(("media.xlsx", with_sheets(make_workbook, **sheets)))


INDICATOR = "actions:offsite_conversion.fb_pixel_purchase"
REPORTS = {
    "sv": "Rapporteringsstart,Rapporteringsslut,Kampanjnamn,Resultat,Resultatindikator,Kostnad per resultat,"
    "Spenderat belopp (SEK),Visningar,Länkklick",
    "da": "Rapporteringsstart,Rapporteringsslut,Kampagnenavn,Resultater,Resultatindikator,Pris pr. resultat,"
    "Brugt beløb (DKK),Visninger,Linkklik",
    "sv, with rates": "Rapporteringsstart,Rapporteringsslut,Kampanjnamn,Resultat,Resultatindikator,Resultatfrekvens,"
    "Spenderat belopp (SEK),Visningar,Länkklick",
    "no": "Rapporteringsstart,Rapporteringsslutt,Kampanje,Resultater,Resultatindikator,Kostnad per resultat,"
    "Beløp brukt (NOK),Visninger,Lenkeklikk",
}
DAYS = (
    f"2026-09-14,2026-09-14,A,20,{INDICATOR},61.73,1234.50,50000,800\n"
    f"2026-09-15,2026-09-15,B,15,{INDICATOR},66.68,1000.25,40000,700\n"
)


@pytest.mark.parametrize("language", REPORTS)
def test_cells_that_only_meta_writes_name_it_in_other_languages(language: str) -> None:
    report = read(f"{REPORTS[language]}\n{DAYS}")

    assert {campaign.platform for campaign in report.campaigns} == {"Meta"}
    assert FIGURES.items() <= asdict(report.totals).items()
    assert f"as the cell '{INDICATOR}'" in report.recognised_by


def test_a_value_is_that_of_the_conversion_in_its_name() -> None:
    header, first, second = f"{REPORTS['sv']}\n{DAYS}".splitlines()
    text = f"{header},Köp,Konverteringsvärde för köp\n{first},20,600\n{second},15,300\n"

    assert (read(text).totals.conversions, read(text).totals.revenue) == (35, 900)


@pytest.mark.parametrize("other", ["Genomsnittligt konverteringsvärde för köp", "Konverteringsvärde för köp på webben"])
def test_an_average_value_is_none_and_of_two_values_neither_is_guessed(other: str) -> None:
    header, first, second = f"{REPORTS['sv']}\n{DAYS}".splitlines()
    text = f"{header},Köp,{other},Konverteringsvärde för köp\n{first},20,30,600\n{second},15,20,300\n"

    assert read(text).totals.revenue == (900 if other.startswith("Genomsnitt") else None)


def test_cells_of_meta_in_a_file_of_another_platform_are_asked_about() -> None:
    with pytest.raises(ImportFileError, match="no export of a platform that is known"):
        read(f"{REPORTS['sv']}\n{DAYS}", "reddit_ads.csv")
