"""Periods of a company's own calendar are asked about: which days they are stands in no file."""

import pytest

from reflection.errors import ImportFileError
from reflection.ingest import read_export

ROWS = "{0},Google,Brand,1234.5,50000,800,20,USD\n{1},Meta,Wide,1000.5,40000,700,15,USD\n"


@pytest.mark.parametrize("header", ["Fiscal period", "Period", "Month"])
@pytest.mark.parametrize(
    "cells",
    [
        ("FY26 P03", "FY26 P04"),
        ("P3 2026", "P4 2026"),
        ("2026-P03", "2026-P04"),
        ("Period 3", "Period 4"),
        ("FY26-M03", "FY26-M04"),
        ("W12 FY26", "W13 FY26"),
    ],
)
def test_a_fiscal_period_is_asked_about(header: str, cells: tuple[str, str]) -> None:
    text = f"{header},Platform,Campaign,Spend,Impressions,Clicks,Conversions,Currency\n{ROWS.format(*cells)}"

    with pytest.raises(ImportFileError, match="own calendar") as refusal:
        read_export(("retail.csv", text.encode()))
    assert f"'{cells[0]}' under '{header}'" in refusal.value.message
    assert "first and last day" in refusal.value.hint


def test_beside_days_it_says_nothing_new() -> None:
    text = "Date,Fiscal period,Platform,Campaign,Spend,Impressions,Clicks,Conversions,Currency\n"
    report = read_export(("retail.csv", (text + ROWS.format("2026-03-02,FY26 P03", "2026-03-30,FY26 P04")).encode()))

    assert report.period is not None
    assert len(report.campaigns) == 2
