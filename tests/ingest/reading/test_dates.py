"""Dates as exports write them; the order of day and month is never guessed."""

import datetime as dt

import pytest
from babel.dates import format_date
from hypothesis import given
from hypothesis import strategies as st

from reflection.errors import ImportFileError
from reflection.ingest import read_export
from reflection.ingest.dialects.dialect import DateOrder
from reflection.ingest.reading.dates import decide_order, parse_date, parse_range, parse_span, serial_date

DAY = dt.date(2026, 9, 1)
LANGUAGES = [
    "en", "en_GB", "de", "fr", "fr_CA", "es", "es_MX", "it", "pt", "pt_BR", "nl", "id", "pl", "tr", "ru", "sv", "da",
    "nb", "fi", "cs", "hu", "ro", "ja", "ko", "zh", "zh_Hant", "vi",
]  # fmt: skip
days = st.dates(dt.date(2000, 1, 1), dt.date(2099, 12, 31))


@pytest.mark.parametrize(
    ("cell", "order"),
    [
        ("2026-09-01", "ymd"), ("2026/9/1", "ymd"), ("20260901", "ymd"), ("2026-09-01 05:00:00.000", "ymd"),
        ("2026-09-01T00:00:00Z", "ymd"), ("9/1/2026", "mdy"), ("1/9/2026", "dmy"), ("01.09.2026", "dmy"),
        ("09-01-26", "mdy"), ("9/1/2026 7:20:00 AM", "mdy"), ("Sep 1, 2026", "ymd"), ("1 sept. 2026", "ymd"),
        ("1. September 2026", "ymd"), ("September 2026", "ymd"), ("1 de septiembre de 2026", "ymd"), (" 2026-09-01 ", "ymd"),  # noqa: E501
    ],
)  # fmt: skip
def test_reads_a_day(cell: str, order: DateOrder) -> None:
    assert parse_date(cell, order) == DAY


@pytest.mark.parametrize(
    "cell", ["", "Total", "2026-13-01", "31/31/2026", "1/2", "12345", "0001-01-01", "Sep 2026 1 2"]
)
def test_what_is_no_day_is_none(cell: str) -> None:
    assert parse_date(cell, "dmy") is None


@given(day=days, language=st.sampled_from(LANGUAGES), form=st.sampled_from(["full", "long", "medium"]))
def test_dates_in_words_read_back_in_every_language(day: dt.date, language: str, form: str) -> None:
    assert parse_date(format_date(day, form, locale=language), "dmy") == day


@given(st.lists(days, min_size=1, max_size=20), st.sampled_from(["mdy", "dmy"]))
def test_a_column_is_read_in_its_own_order_or_refused(column: list[dt.date], order: DateOrder) -> None:
    shape = "{0.month}/{0.day}/{0.year}" if order == "mdy" else "{0.day}/{0.month}/{0.year}"
    cells = [shape.format(day) for day in column]
    try:
        found, _ = decide_order(cells, None, "file")
    except ImportFileError:
        assert all(day.day <= 12 for day in column)
        return

    assert [parse_date(cell, found) for cell in cells] == column


@pytest.mark.parametrize("cell", ["9" * 5_000, f"Sep {'1' * 5_000}", f"1.{'9' * 5_000}.2026"])
def test_a_cell_full_of_digits_is_no_day(cell: str) -> None:
    """Python refuses to read integers of more than 4,300 digits."""
    assert parse_date(cell, "mdy") is None
    assert parse_range(cell, "mdy") is None


def test_one_day_above_twelve_settles_a_column() -> None:
    assert decide_order(["03/04/2026", "03/31/2026"], None, "file") == ("mdy", "cells")
    assert decide_order(["03/04/2026", "31/03/2026"], None, "file") == ("dmy", "cells")


def test_an_ambiguous_column_is_refused_with_the_way_to_say_it() -> None:
    with pytest.raises(ImportFileError) as caught:
        decide_order(["03/04/2026"], None, "export.csv")

    assert "--date-order" in caught.value.hint
    assert caught.value.field == "date_order"


def test_the_platforms_documented_order_is_used_and_said() -> None:
    assert decide_order(["03/04/2026"], "mdy", "file") == ("mdy", "platform")


def test_two_orders_in_one_file_are_refused() -> None:
    with pytest.raises(ImportFileError, match="two orders"):
        decide_order(["13/01/2026", "01/13/2026"], None, "file")


def test_points_mean_day_first() -> None:
    assert decide_order(["03.04.2026"], None, "file") == ("dmy", "cells")


def test_iso_needs_no_decision() -> None:
    assert decide_order(["2026-03-04"], None, "file") == ("ymd", "form")


@pytest.mark.parametrize(
    "text",
    ["September 1, 2026 - September 3, 2026", "1 sept. 2026 - 3 sept. 2026", "1. September 2026 - 3. September 2026",
     "Campaign report (Sep 1, 2026 - Sep 3, 2026)", "Report Time: 2026-09-01,2026-09-03"[13:]],
)  # fmt: skip
def test_reads_the_range_above_a_header(text: str) -> None:
    assert parse_range(text, "ymd") == (DAY, dt.date(2026, 9, 3))


@pytest.mark.parametrize("text", ["All time", "", "2026-09-03 - 2026-09-01", "Campaign report"])
def test_what_is_no_range_is_none(text: str) -> None:
    assert parse_range(text, "ymd") is None


@pytest.mark.parametrize(
    ("cell", "first", "last"),
    [
        ("2026-08-31 - 2026-09-06", (8, 31), (9, 6)), ("08/31/2026 - 09/06/2026", (8, 31), (9, 6)),
        ("Aug 31 - Sep 6, 2026", (8, 31), (9, 6)), ("31. August 2026 – 6. September 2026", (8, 31), (9, 6)),
        ("20260831-20260906", (8, 31), (9, 6)), ("2026-08-31/2026-09-06", (8, 31), (9, 6)),
        ("2026-W36", (8, 31), (9, 6)), ("Week 36, 2026", (8, 31), (9, 6)), ("KW 36 2026", (8, 31), (9, 6)),
        ("Q3 2026", (7, 1), (9, 30)), ("3Q26", (7, 1), (9, 30)), ("Q3'26", (7, 1), (9, 30)),
        ("2026/Q3", (7, 1), (9, 30)), ("T3 2026", (7, 1), (9, 30)), ("2026/W36", (8, 31), (9, 6)),
        ("2026-Q3", (7, 1), (9, 30)), ("2026-09", (9, 1), (9, 30)),
        ("09/2026", (9, 1), (9, 30)), ("septembre 2026", (9, 1), (9, 30)), ("1-Sep-26", (9, 1), (9, 1)),
        ("Tue, Sep 1, 2026", (9, 1), (9, 1)), ("mar. 1 sept. 2026", (9, 1), (9, 1)), ("1 wrz 2026", (9, 1), (9, 1)),
        ("2026年9月", (9, 1), (9, 30)), ("2026年9月1日～2026年9月30日", (9, 1), (9, 30)),
        ("2026. 9. 1.", (9, 1), (9, 1)),
    ],
)  # fmt: skip
def test_longer_times_are_read_whole(cell: str, first: tuple[int, int], last: tuple[int, int]) -> None:
    assert parse_span(cell, "mdy") == (dt.date(2026, *first), dt.date(2026, *last))


@pytest.mark.parametrize(
    "cell", ["2026-09-01 garbage", "2026-09-01 -", "1 Sep 2026 x", "2026-09-06 - 2026-08-31", "Sep-26"]
)
def test_nothing_after_a_date_passes_for_a_time_unless_it_is_one(cell: str) -> None:
    assert parse_span(cell, "mdy") is None


def test_excels_number_of_a_day() -> None:
    assert [serial_date(cell) for cell in ("46266", "46266.5", "1234", "99999", "")] == [DAY, DAY, None, None, None]


@pytest.mark.parametrize(("above", "day"), [("01/09/2026 - 30/09/2026", (9, 3)), ("09/01/2026 - 09/30/2026", (3, 9))])
def test_the_lines_above_a_table_tell_day_and_month_apart_before_the_platforms_habit(
    above: str, day: tuple[int, int]
) -> None:
    text = f"Report Name: Campaigns\nReport Time: {above}\n\n"
    text += "Gregorian date,Campaign name,Currency code,Impressions,Clicks,Spend,Conversions\n"
    text += "03/09/2026,Brand,EUR,1000,50,40.00,4\n"

    report = read_export(("report.csv", text.encode()))

    assert report.period == (dt.date(2026, *day), dt.date(2026, *day))
