"""Units in headers: read where the words say one and nothing else, said, and never guessed."""

import datetime as dt

import pytest

from reflection.errors import ImportFileError
from reflection.ingest import ImportOptions, read_export
from reflection.ingest.dialects.units import split_unit

ROWS = "L,2026-09-01,{},10000000,200000,3\nL,2026-09-02,{},11000000,220000,4\n"


@pytest.mark.parametrize(
    ("header", "name", "factor"),
    [
        ("Cost (in thousands EUR)", "Cost (EUR)", 1e3), ("Kosten in T€", "Kosten (€)", 1e3),
        ("Spend (cents)", "Spend", 0.01),
        ("Umsatz Mio. EUR", "Umsatz (EUR)", 1e6), ("費用(千円)", "費用 (円)", 1e3), ("费用（万元）", "费用 (元)", 1e4),
        ("Cost (micros)", "Cost", 1e-6), ("Spend €k", "Spend (€)", 1e3), ("Cost ($000)", "Cost ($)", 1e3),
        ("Impressions ('000s)", "Impressions", 1e3), ("Costo (en miles de €)", "Costo (€)", 1e3),
        ("Wydatki w tys. zł", "Wydatki (zł)", 1e3), ("Budget (INR lakh)", "Budget (INR)", 1e5),
        ("Cost in cents", "Cost", 0.01),
    ],
)  # fmt: skip
def test_a_unit_is_read_in_many_spellings(header: str, name: str, factor: float) -> None:
    assert split_unit(header) == (name, factor)


@pytest.mark.parametrize(
    "header",
    ["Clicks (all)", "Cost (USD)", "Kosten in €", "Cost MMK", "Spend (M)", "CPM (cost per 1,000 impressions)",
     "Link clicks",
     "Cost per 1,000 people reached", "7 Day Total Orders (#)", "Impr. (Top) %", "Clicks (destination)", "Total Spent"],
)  # fmt: skip
def test_other_words_are_no_unit(header: str) -> None:
    assert split_unit(header) == (header, 1.0)


@pytest.mark.parametrize(
    ("spend", "cells", "expected", "currency"),
    [
        ("Amount spent (EUR cents)", ("10031", "11020"), 210.51, "EUR"),
        ("Amount spent (EUR, in thousands)", ("0.1", "0.11"), 210.0, "EUR"),
        ("Amount spent (k€)", ("1.25", "1.5"), 2_750.0, "EUR"),
        ("Amount spent in Mio. €", ("0.5", "0.25"), 750_000.0, "EUR"),
        ("Amount spent (micros)", ("100310000", "110200000"), 210.51, None),
    ],
)
def test_amounts_are_read_in_their_unit_and_it_is_said(
    spend: str, cells: tuple[str, str], expected: float, currency: str | None
) -> None:
    text = f'Campaign name,Day,"{spend}",Impressions,Link clicks,Purchases\n' + ROWS.format(*cells)
    report = read_export(("units.csv", text.encode()), ImportOptions(as_of=dt.date(2026, 12, 31)))

    assert (report.totals.spend, report.currency) == (pytest.approx(expected), currency)
    note = next(note for note in report.findings if note.code == "units_read")
    assert f"'{spend}' times" in note.message


def test_counts_in_thousands_may_have_decimals() -> None:
    header = "Campaign name,Day,Amount spent (EUR),Impressions (in thousands),Link clicks,Purchases\n"
    text = header + "L,2026-09-01,100.5,12.5,20,3\nL,2026-09-02,100,7,22,4\n"

    assert read_export(("units.csv", text.encode())).totals.impressions == 19_500


def test_three_decimals_of_thousands_are_not_guessed() -> None:
    text = "Campaign name;Day;Amount spent (k€);Impressions;Link clicks;Purchases\n" + ROWS.format(
        "1.250", "2.500"
    ).replace(",", ";")
    with pytest.raises(ImportFileError, match=r"1.25 or 1,250: nothing decides"):
        read_export(("units.csv", text.replace(";", ",").encode()))
    assert read_export(("units.csv", text.encode()), ImportOptions(locale="de_DE")).totals.spend == 3_750_000.0
