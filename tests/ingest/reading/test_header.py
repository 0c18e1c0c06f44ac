"""Headers and platforms are recognised by their cells, wherever they stand."""

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reflection.errors import ImportFileError
from reflection.ingest import ImportOptions, read_export
from reflection.ingest.dialects import DIALECTS
from reflection.ingest.dialects.dialect import is_number, normal_header, split_currency
from reflection.ingest.reading.archives import open_source
from reflection.ingest.reading.header import Header, find_header
from reflection.ingest.reading.tables import open_tables

GOOGLE = "Day,Campaign,Impr.,Clicks,Conversions,Cost"


def header_of(text: str) -> Header | None:
    """The header found in a CSV."""
    return find_header(open_tables(open_source(text.encode(), "a.csv"))[0], DIALECTS)


@given(st.lists(st.text(alphabet=st.characters(categories=["L", "Zs"]), min_size=1, max_size=30), max_size=12))
def test_any_number_of_lines_may_stand_above(above: list[str]) -> None:
    header = header_of("\n".join([*above, GOOGLE, "2026-09-01,A,1,1,1,1.0"]))

    assert header is not None
    assert header.dialect.key == "google"
    assert dict(header.columns) == {
        "date": 0, "campaign": 1, "impressions": 2, "clicks": 3, "conversions": 4, "spend": 5,
    }  # fmt: skip


def test_columns_may_come_in_any_order_with_strangers_between() -> None:
    header = header_of("Notes,Cost,X,Conversions,Clicks,Y,Impr.,Campaign,Day\n,1,,1,1,,1,A,2026-09-01\n")

    assert header is not None
    assert header.columns["spend"] == 1
    assert header.columns["date"] == 8


def test_average_cost_is_not_cost() -> None:
    header = header_of("Day,Campaign,Avg. cost,Cost / conv.,Impr.,Clicks,Conversions\n2026-09-01,A,9,9,1,1,1\n")

    assert header is not None
    assert "spend" not in header.columns


@pytest.mark.parametrize("prefix", ["conversions (by conv. time)", "View-through conv."])
def test_another_kind_of_conversion_is_not_taken_for_conversions(prefix: str) -> None:
    header = header_of(f"Day,Campaign,Cost,Impr.,Clicks,{prefix}\n2026-09-01,A,1,1,1,1\n")

    assert header is not None
    assert "conversions" not in header.columns


def test_words_any_platform_could_use_are_not_enough() -> None:
    assert header_of("Campaign,Date,Impressions,Clicks,Spend\nA,2026-09-01,1,1,1\n") is None


def test_they_are_when_the_user_names_the_platform(write: Callable[..., Path]) -> None:
    path = write(
        [
            ["Campaign name", "Date", "Impressions", "Clicks", "Cost", "Conversions"],
            ["A", "2026-09-01", "9", "1", "1", "1"],
        ]
    )

    assert read_export(path, ImportOptions(platform="tiktok")).platform == "TikTok"


def test_an_unknown_platform_is_refused_with_the_known_ones(write: Callable[..., Path]) -> None:
    with pytest.raises(ImportFileError) as caught:
        read_export(write([["a", "b"]]), ImportOptions(platform="myspace"))

    assert "pinterest" in caught.value.hint


def test_an_unrecognised_table_shows_what_was_seen(write: Callable[..., Path]) -> None:
    with pytest.raises(ImportFileError) as caught:
        read_export(write([["Projekt", "Kosten netto", "Monat"], ["A", "1", "2"]]))

    assert "'Projekt'" in caught.value.message
    assert "mapping" in caught.value.hint


def test_a_mixture_of_languages_is_completed_from_the_others() -> None:
    header = header_of(
        "Tag;Kampagnenname;Impressionen;Link-Klicks;Amount spent (EUR);Purchases\n2026-09-01;A;1;1;1;1\n"
    )

    assert header is not None
    assert header.language == "de"
    assert {"spend", "conversion.purchase"} <= set(header.columns)


@pytest.mark.parametrize(
    ("cell", "expected"),
    [("Amount spent (EUR)", ("Amount spent", "EUR")), ("消化金額 (JPY)", ("消化金額", "JPY")),
     ("Clicks (all)", ("Clicks (all)", "")), ("Cost", ("Cost", "")), ("Importe gastado (ＥＵＲ)", ("Importe gastado", "EUR"))],  # noqa: E501
)  # fmt: skip
def test_currency_is_read_from_the_header(cell: str, expected: tuple[str, str]) -> None:
    assert split_currency(cell) == expected


def test_headers_compare_without_case_space_and_width() -> None:
    assert normal_header("\ufeffCampaign_Name ") == normal_header("campaign  NAME") == "campaign name"
    assert normal_header("リンククリック（ユニーク）") == normal_header("リンククリック(ユニーク)")


@pytest.mark.parametrize("dialect", DIALECTS, ids=lambda dialect: dialect.title)
def test_a_dialect_is_consistent(dialect: object) -> None:
    """Marks are headers the platform writes; headers are in their normal form; no header means two numbers."""
    from reflection.ingest.dialects.dialect import Dialect

    assert isinstance(dialect, Dialect)
    for names in dialect.names.values():
        headers = [header for parts in names.values() for header in parts]
        assert all(header == normal_header(header) for header in headers)
        preferred = [parts[0] for name, parts in names.items() if is_number(name) and name != "all_clicks"]
        assert len(set(preferred)) == len(preferred)
    assert all(mark == normal_header(mark) for mark in dialect.marks)
    assert dialect.key
    assert dialect.platform or dialect.key in {"marko", "mapping", "blended"}


def test_a_table_whose_column_names_several_platforms_is_of_none_of_them() -> None:
    text = "REPORT_DATE,DATA_SOURCE,CAMPAIGN_NAME,AMOUNT_SPENT_USD,IMPRESSIONS,LINK_CLICKS\n"
    header = header_of(f"{text}2026-09-14,GOOGLE_ADS,A,1,1,1\n2026-09-15,FACEBOOK_ADS,B,1,1,1")

    assert header is not None
    assert header.dialect.key == "blended"


def test_notes_below_a_sheet_of_platforms_name_none() -> None:
    text = "Date,Platform,Campaign,Spend,Impressions\n2026-09-14,Google,A,1,1\n2026-09-15,Meta,B,1,1\n"
    header = header_of(f"{text}Legend,without fees,,,\nSource,by hand,,,\n")

    assert header is not None
    assert header.dialect.key == "blended"


AMOUNTS = ("Cost", "COST_IN_MICRO_DOLLAR")


@pytest.mark.parametrize("amount", AMOUNTS)
def test_a_table_that_says_money_is_no_table_of_names(amount: str, write: Callable[..., Path]) -> None:
    header = ["ADVERTISER_ID", "CAMPAIGN_ID", "CAMPAIGN_NAME", "OBJECTIVE_TYPE", "BUDGET", "SPEND_CAP", "COST_TYPE"]
    row = ["1", "7", "Launch", "SALES", "100", "900", "CPM"]

    assert read_export(write([header, row])).kind == "names"
    with pytest.raises(ImportFileError, match="no export of a platform that is known"):
        read_export(write([[*header, amount, "VIEWS"], [*row, "25", "900"]]))


@pytest.mark.parametrize(
    "amount", ["SPEND_IN_MICRO_DOLLAR", "spend_micros", "Spend (micros)", "spend_in_micro_currency"]
)
def test_amounts_in_millionths_are_read_as_such_however_a_header_says_it(
    amount: str, write: Callable[..., Path]
) -> None:
    header = ["Date", "Data source", "Campaign", amount, "Impressions", "Clicks", "Conversions"]
    row = ["2026-09-14", "Pinterest", "Launch", "12500000", "1000", "20", "2"]

    assert read_export(write([header, row])).totals.spend == 12.5
