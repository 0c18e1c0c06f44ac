"""What was pasted twice counts once; ads that only look alike are added."""

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reflection.ingest import read_export
from reflection.ingest.reading.repeated_rows import without_repeats

HEADER = "Campaign name,Day,Amount spent (EUR),Impressions,Link clicks,Purchases"
DAYS = [f"Brand,2026-08-{day:02},{day}.37,{200 + day},{day},1" for day in range(1, 9)]


def _rows(spends: list[float], impressions: int | None = 200) -> pl.DataFrame:
    shown = {} if impressions is None else {"impressions": [float(impressions)] * len(spends)}
    return pl.DataFrame({"line": range(2, len(spends) + 2), "twin": spends, "spend": spends, **shown})


@pytest.mark.parametrize("again", [DAYS, DAYS[3:], DAYS[:4], [HEADER, *DAYS]])
def test_small_rows_that_were_pasted_again_count_once_and_it_is_said(again: list[str]) -> None:
    report = read_export(("x.csv", "\n".join([HEADER, *DAYS, *again]).encode()))

    assert report.totals.spend == pytest.approx(sum(range(1, 9)) + 8 * 0.37)
    (note,) = [one for one in report.findings if one.code == "identical_rows"]
    assert "read once" in note.message
    assert len(note.rows) == len([row for row in again if row != HEADER])


@given(st.lists(st.integers(1, 10_000), min_size=3, max_size=30, unique=True), st.integers(2, 4), st.booleans())
def test_whatever_is_pasted_any_number_of_times_counts_once(spends: list[int], times: int, shown: bool) -> None:
    once, lines = without_repeats(_rows([float(one) for one in spends] * times, 200 if shown else None), ())

    assert once["spend"].to_list() == spends
    assert len(lines) == (times - 1) * len(spends)


@given(st.lists(st.integers(1, 10_000), min_size=1, max_size=30, unique=True), st.integers(2, 4))
def test_ads_that_look_alike_beside_each_other_are_added(spends: list[int], times: int) -> None:
    rows = _rows([float(one) for one in spends for _ in range(times)])

    assert without_repeats(rows, ())[0].equals(rows)


def test_two_rows_or_hardly_any_impressions_prove_nothing() -> None:
    for rows in (_rows([1.0, 2.0] * 2), _rows([1.0, 2.0, 3.0] * 2, 5)):
        assert without_repeats(rows, ())[0].equals(rows)


def test_a_total_that_counts_both_is_believed() -> None:
    total = f",,{2 * (sum(range(1, 9)) + 8 * 0.37):.2f},{2 * (1600 + 36)},72,16"

    report = read_export(("x.csv", "\n".join([HEADER, *DAYS, *DAYS, total]).encode()))

    assert report.totals.spend == pytest.approx(2 * (36 + 8 * 0.37))
