"""A row of units below a header says the currency and is no row of figures."""

import datetime as dt

import pytest

from reflection.ingest import ImportOptions, read_export

HEADER = "Date,Platform,Campaign,Spend,Impressions,Clicks,Conversions,CTR\n"
ROWS = "2026-09-14,Google,Brand,1234.50,50000,800,20,1.6\n2026-09-15,Meta,Wide,1000.25,40000,700,15,1.75\n"


@pytest.mark.parametrize("units", [",,,EUR,#,#,#,%", ",,,€,Anzahl,Anzahl,Anzahl,%", ",,,EUR,,,,%"])
def test_its_currency_is_that_of_the_amounts(units: str) -> None:
    report = read_export(("report.csv", f"{HEADER}{units}\n{ROWS}".encode()), ImportOptions(as_of=dt.date(2027, 1, 1)))

    assert (report.totals.spend, report.totals.impressions, report.currency) == (2234.75, 90_000, "EUR")
    assert not report.rejects
    assert len(report.campaigns) == 2


def test_a_row_of_figures_is_none() -> None:
    report = read_export(("report.csv", f"{HEADER}2026-09-13,Google,Brand,EUR 1,0,0,0,0\n{ROWS}".encode()))

    assert report.rows == 3
