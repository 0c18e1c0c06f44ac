"""A file whose campaigns stand under a header nobody knows is asked about, and never one campaign in silence."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reflection.errors import ImportFileError
from reflection.ingest import ImportOptions, ImportReport, read_exports
from reflection.ingest.dialects.column_mapping import load_mapping

OPTIONS = ImportOptions(as_of=dt.date(2026, 11, 30))
GERMAN = "Berichtsstart,Berichtsende,Impressionen,Link-Klicks,Ausgegebener Betrag (EUR),Käufe"
ENGLISH = "Reporting starts,Reporting ends,Campaign name,Impressions,Link clicks,Amount spent (EUR),Purchases"
FIGURES = ("100000,2000,500.00,50", "90000,1500,400.00,40")


def _read(*texts: str, options: ImportOptions = OPTIONS) -> list[ImportReport]:
    return read_exports([(f"{number}.csv", text.encode()) for number, text in enumerate(texts)], options)


def _file(header: str, *cells: str, beside: str = GERMAN, day: str = "2026-08-01,2026-08-31") -> str:
    """A file with one column more than the German ones, at its end."""
    rows = [f"{day},{figures},{cell}" for figures, cell in zip(FIGURES, cells, strict=True)]
    return "\n".join([f"{beside},{header}", *rows]) + "\n"


@pytest.mark.parametrize("header", ["Kampagnen-Bezeichnung", "Nom de la campagne pub", "Projektbezeichnung", "Flight"])
def test_campaigns_under_an_unknown_header_are_asked_about(header: str) -> None:
    with pytest.raises(ImportFileError, match=f"'{header}' tells its rows apart") as refused:
        _read(_file(header, "Summer", "Autumn"))

    assert "--campaign NAME" in refused.value.hint
    mapping = dict(refused.value.mapping or {})
    mapping.pop("headers")
    (report,) = _read(
        _file(header, "Summer", "Autumn"), options=ImportOptions(as_of=OPTIONS.as_of, mapping=load_mapping(mapping))
    )
    assert len(report.campaigns) == 2
    assert (report.totals.spend, report.platform) == (900, "Meta")


def test_beside_a_twin_that_names_its_campaigns_nothing_is_counted_twice() -> None:
    rows = [f"2026-08-01,2026-08-31,{name},{figures}" for name, figures in zip("AB", FIGURES, strict=True)]

    with pytest.raises(ImportFileError, match="count twice"):
        _read("\n".join([ENGLISH, *rows]), _file("Kampagnen-Bezeichnung", "A", "B"))


def test_campaigns_that_first_differ_far_below_are_seen() -> None:
    days = [dt.date(2026, 1, 1) + dt.timedelta(number) for number in range(120)]
    rows = [f"{day},{day},1000,20,{5 + i}.00,1,{name}" for name in "AB" for i, day in enumerate(days)]

    with pytest.raises(ImportFileError, match="'Kampagnen-Bezeichnung'"):
        _read("\n".join([f"{GERMAN},Kampagnen-Bezeichnung", *rows]))


def test_one_campaign_as_you_say_is_one_campaign() -> None:
    said = ImportOptions(as_of=OPTIONS.as_of, campaign="August")

    (report,) = _read(_file("Kampagnen-Bezeichnung", "Summer", "Autumn"), options=said)

    assert len(report.campaigns) == 1


@pytest.mark.parametrize(
    ("header", "cells"),
    [
        ("Kampagnen-Bezeichnung", ("Summer", "Summer")),  # one campaign
        ("Kampagnen-Bezeichnung", ("", "")),
        ("Quality ranking", ("Average", "Above average")),
        ("Gebot", ("1.50", "2.00")),
        ("Letzte Änderung", ("2026-08-01", "2026-08-09")),
        ("Stunde", ("00:00 - 00:59", "01:00 - 01:59")),
    ],
)
def test_what_is_no_name_of_several_campaigns_refuses_nothing(header: str, cells: tuple[str, str]) -> None:
    (report,) = _read(_file(header, *cells))

    assert report.totals.spend == 900
    assert len(report.campaigns) == 1
    assert "campaign_not_named" in {note.code for note in report.findings}


def test_what_the_day_settles_tells_nothing_apart() -> None:
    rows = ["2026-08-03,2026-08-03,1000,20,5.00,1,Montag", "2026-08-04,2026-08-04,1100,21,6.00,1,Dienstag"]

    (report,) = _read("\n".join([f"{GERMAN},Wochentag", *rows]))

    assert len(report.campaigns) == 1


@given(st.lists(st.text("abcdefghij ", min_size=3).map(str.strip).filter(len), min_size=2, max_size=2, unique=True))
def test_two_names_of_one_day_are_never_one_campaign_in_silence(names: list[str]) -> None:
    with pytest.raises(ImportFileError, match="tells its rows apart"):
        _read(_file("Bezeichnung XY", f"{names[0]} 1", f"{names[1]} 2"))
