"""A month with a two-digit year is read where the header or the whole column says so, and else refused for that."""

import datetime as dt

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from reflection.errors import ImportFileError
from reflection.ingest import read_export
from reflection.ingest.reading.short_years import may_be_month, short_months, short_weeks

MONTHS = st.dates(dt.date(2020, 1, 1), dt.date(2035, 12, 1)).map(lambda day: day.replace(day=1))
WAYS = ("{day:%b}-{day:%y}", "{day:%b}. {day:%y}", "{day:%B} {day:%y}", "{day:%b} '{day:%y}")


@given(st.lists(MONTHS, min_size=1, max_size=14, unique=True), st.sampled_from([*WAYS, "{day:%m}/{day:%y}"]))
def test_a_column_of_months_holds_months(months: list[dt.date], way: str) -> None:
    cells = [way.format(day=month) for month in months]

    assert [short_months(cells, "Month")[cell][0] for cell in cells] == months


@given(st.integers(2020, 2035), st.integers(2, 12), st.sampled_from(WAYS))
def test_months_of_one_year_say_themselves_that_they_are_months(year: int, last: int, way: str) -> None:
    cells = [way.format(day=dt.date(year, month, 1)) for month in range(1, last + 1)]

    assert len(short_months(cells, "Date")) == last


@given(st.dates(dt.date(2026, 1, 1), dt.date(2026, 12, 31)), st.integers(2, 40), st.sampled_from(WAYS[:3]))
def test_days_of_no_year_are_never_taken_for_months(start: dt.date, length: int, way: str) -> None:
    days = [start + dt.timedelta(days=number) for number in range(length)]
    assume(len({day.month for day in days}) < length)
    cells = [way.replace("%y", "%d").format(day=day) for day in days]

    assert short_months(cells, "Day") == {}


@pytest.mark.parametrize(("cells", "why"), [
    (["Sep-24", "Sep-25", "Sep-26"], "it may be a month and its year, or a day of no year"),
    (["KW 37", "KW 38"], "'KW 37': it names no year"),
    (["KW 23/26"], "'KW 23/26': it may be a week and its year, or two weeks of no year"),
    (["KW 23/24", "KW 25/26"], "it may be a week and its year, or two weeks of no year"),
    (["26-Sep", "26-Aug"], "'26-Sep': it names no year"),
])  # fmt: skip
def test_what_is_unclear_is_refused_in_the_files_own_words(cells: list[str], why: str) -> None:
    rows = "".join(f"Brand,{cell},100,10000,200,20\n" for cell in cells)
    header = "Campaign name,Date,Amount spent (EUR),Impressions,Link clicks,Purchases\n"

    with pytest.raises(ImportFileError, match=why):
        read_export(("x.csv", (header + rows).encode()))


def test_what_names_no_month_is_no_month() -> None:
    assert may_be_month("Sept. 26")
    assert not any(map(may_be_month, ("Brand 26", "13/26", "Sep-2026", "Sep-99", "")))


WEEKS = st.lists(st.integers(1, 52), min_size=2, max_size=8, unique=True)
WEEK_WAYS = ("KW {week}/{year}", "W{week:02}-{year}", "Week {week} / {year}", "KW{week}'{year}")


@given(st.integers(2015, 2040), WEEKS, st.sampled_from(WEEK_WAYS))
def test_weeks_of_one_short_year_are_weeks_of_that_year(year: int, numbers: list[int], way: str) -> None:
    cells = [way.format(week=week, year=year % 100) for week in numbers]

    assert [short_weeks(cells)[cell][0] for cell in cells] == [dt.date.fromisocalendar(year, n, 1) for n in numbers]


@given(st.integers(1, 25), st.integers(2, 12))
def test_weeks_two_by_two_are_no_weeks_of_a_year(first: int, length: int) -> None:
    assert short_weeks([f"KW {first + 2 * n}/{first + 2 * n + 1}" for n in range(length)]) == {}


@pytest.mark.parametrize("cells", [["KW 36/26"], ["KW 52/25", "KW 01/26"], ["KW 36/26", "KW 37/26"]])
def test_a_file_of_weeks_with_a_short_year_is_read(cells: list[str]) -> None:
    rows = "".join(f"Brand,{cell},100,10000,200,20\n" for cell in cells)
    header = "Campaign name,Woche,Amount spent (EUR),Impressions,Link clicks,Purchases\n"

    report = read_export(("x.csv", (header + rows).encode()))

    assert (report.granularity, report.totals.spend) == ("week", 100 * len(cells))
