"""Any table reads through a saved column mapping."""

import json
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from reflection.errors import ImportFileError
from reflection.ingest import ImportOptions, load_mapping, read_export

Write = Callable[..., Path]
MAPPING: dict[str, Any] = {
    "name": "agency report",
    "platform": "Meta",
    "columns": {"campaign": "Projekt", "date": "Datum", "audience": "Zielgruppe", "impressions": "Sichtungen",
                "clicks": "Klicks", "conversions": "Anfragen", "spend": "Kosten netto"},
    "date_order": "dmy", "locale": "de_DE", "currency": "EUR", "scale": {"spend": 1000},
}  # fmt: skip
ROWS = [
    ["Bericht der Agentur"],
    ["Datum", "Projekt", "Zielgruppe", "Kosten netto", "Sichtungen", "Klicks", "Anfragen"],
    ["03/04/2026", "Herbst", "Studierende", "1,25", "12.000", "120", "2,5"],
]


def test_reads_a_table_no_dialect_knows(write: Write) -> None:
    report = read_export(write(ROWS, delimiter=";"), ImportOptions(mapping=load_mapping(MAPPING)))

    (campaign,) = report.campaigns
    assert (report.dialect, report.platform, report.currency) == ("mapping", "Meta", "EUR")
    assert asdict(report.totals) == {
        "impressions": 12_000, "clicks": 120, "conversions": 2.5, "spend": 1250.0, "revenue": None,
    }  # fmt: skip
    assert campaign.period_start is not None
    assert campaign.period_start.isoformat().startswith("2026-04-03")
    assert campaign.audiences[0].name == "Studierende"


def test_a_mapping_for_iso_dates_does_not_guess_day_or_month(write: Write) -> None:
    rows = [ROWS[0], ROWS[1], ["03/04/2026", *ROWS[2][1:]]]

    with pytest.raises(ImportFileError, match="may be day or month first"):
        read_export(write(rows, delimiter=";"), ImportOptions(mapping=load_mapping({**MAPPING, "date_order": "ymd"})))


def test_a_workbook_reads_through_it_too(make_workbook: Callable[..., bytes]) -> None:
    rows = [ROWS[1], ["2026-04-03", "Herbst", "Studierende", 1.25, 12_000.0, 120.0, 2.5]]

    report = read_export(("bericht.xlsx", make_workbook(rows)), ImportOptions(mapping=load_mapping(MAPPING)))

    assert (report.totals.spend, report.totals.impressions) == (1250.0, 12_000)


def test_a_mapping_is_saved_and_loaded(tmp_path: Path) -> None:
    path = tmp_path / "mapping.json"
    path.write_text(json.dumps(load_mapping(MAPPING).as_dict()))

    assert load_mapping(path) == load_mapping(MAPPING)


def test_another_table_is_not_misread_by_it(write: Write) -> None:
    with pytest.raises(ImportFileError, match="mapping"):
        read_export(write([ROWS[1][:-1], ROWS[2][:-1]]), ImportOptions(mapping=load_mapping(MAPPING)))


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ({"columns": {}}, "needs 'columns'"),
        ({"columns": None}, "needs 'columns'"),
        ({"columns": {"budget_left": "X"}}, "budget_left"),
        ({"columns": {"spend": "X", "clicks": "x "}}, "two fields"),
        ({"date_order": "ydm"}, "mdy, dmy or ymd"),
        ({"colour": "red"}, "colour"),
        ({"scale": {"spend": "x"}}, "scale"),
        ({"scale": {"spend": float("inf")}}, "scale"),
        ({"scale": {"spend": float("nan")}}, "scale"),
        ({"scale": {"spend": 10**400}}, "scale"),
        ({"scale": {"spend": 0}}, "scale"),
        ({"scale": ["spend"]}, "scale"),
    ],
)
def test_a_mapping_that_makes_no_sense_is_refused(change: dict[str, Any], what: str) -> None:
    with pytest.raises(ImportFileError, match=what):
        load_mapping({**MAPPING, **change})


def test_a_mapping_file_that_is_no_json_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "mapping.json"
    path.write_text("{")

    with pytest.raises(ImportFileError, match="no column mapping"):
        load_mapping(path)
