"""Rows that come as JSON are read as they came: nothing in them can be taken for the marks of a file."""

from typing import Any

import pytest

from reflection.domain.validation import read
from reflection.errors import InvalidInput
from reflection.ingest import ImportReport, read_export
from reflection.ingest.jobs.json_rows import ObservationRequest

ROW = {"date": "2026-09-01", "campaign": "A", "impressions": 1000, "clicks": 20, "conversions": 1.5, "spend": 12.345}


def report(*rows: dict[str, Any], **options: Any) -> ImportReport:
    """What is read of some rows."""
    request = read(ObservationRequest, {"rows": list(rows), "currency": "EUR", **options})
    return read_export(request.table(), request.options(mapping=request.own_columns()))


@pytest.mark.parametrize(
    "name",
    ['a " quote', '"quoted"', "two\nlines", "a\r\nb", "semi;colon", "tab\there", "pipe | and, comma", "'", '"', "=1+1",
     "#comment", "Total Eclipse"],
)  # fmt: skip
def test_a_text_may_be_any_text(name: str) -> None:
    answer = report({**ROW, "campaign": name}, {**ROW, "campaign": name, "date": "2026-09-02"})

    assert [campaign.name for campaign in answer.campaigns] == [" ".join(name.split())]
    assert (answer.totals.impressions, answer.totals.spend, answer.rejects) == (2000, 24.69, ())


def test_one_row_is_enough_and_its_numbers_are_numbers() -> None:
    answer = report(ROW)

    assert (answer.rows, answer.encoding, answer.totals.spend, answer.totals.conversions) == (1, "json", 12.345, 1.5)
    assert answer.campaigns[0].actual_metrics.spend == 12.345


def test_what_is_left_out_or_null_is_missing_and_not_zero() -> None:
    other = {**ROW, "date": "2026-09-02"}
    answer = report({**ROW, "clicks": None}, {name: value for name, value in other.items() if name != "clicks"})

    assert (answer.totals.clicks, answer.totals.impressions) == (None, 2000)
    assert "column_missing" in {note.code for note in answer.findings}


@pytest.mark.parametrize("digits", [21, 308, 309, 4_000])
@pytest.mark.parametrize("name", ["impressions", "clicks", "conversions", "spend"])
def test_a_number_beyond_all_counting_is_refused_by_its_row(name: str, digits: int) -> None:
    answer = report({**ROW, name: 10**digits}, {**ROW, "campaign": "B"})

    assert [campaign.name for campaign in answer.campaigns] == ["B"]
    assert "more than 20 digits" in answer.rejects[0].reason
    assert name in answer.rejects[0].reason


def test_the_headers_of_an_export_are_read_as_that_export() -> None:
    row = {"Day": "2026-09-01", "Campaign": "A", "Currency code": "EUR", "Cost": "1,020.50", "Impr.": "2,000",
           "Clicks": 40, "Conversions": 2}  # fmt: skip
    answer = report(row)

    assert (answer.dialect, answer.totals.spend, answer.totals.impressions) == ("google", 1020.5, 2000)


def test_the_same_rows_are_the_same_import_and_others_are_not() -> None:
    one, same, other = report(ROW), report(dict(ROW)), report({**ROW, "clicks": 21})

    assert one.sha256 == same.sha256 != other.sha256


def test_too_many_keys_are_refused() -> None:
    with pytest.raises(InvalidInput, match="different keys"):
        report({**ROW, **{f"k{number}": 1 for number in range(200)}})
