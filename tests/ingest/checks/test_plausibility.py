"""Amounts nobody pays are refused; dear ones are not."""

import pytest

from reflection.errors import ImportFileError
from reflection.ingest import ImportOptions, load_mapping, read_export

HEAD = "camp,imp,clk,cost,conv\n"
COLUMNS = {"campaign": "camp", "impressions": "imp", "clicks": "clk", "spend": "cost", "conversions": "conv"}


def options(currency: str, **more: object) -> ImportOptions:
    """Read the table with a mapping in this currency."""
    return ImportOptions(mapping=load_mapping({"columns": COLUMNS, "currency": currency, **more}))


@pytest.mark.parametrize(("cost", "currency"), [("12500000", "EUR"), ("18000000000", "KRW"), ("250000000000", "IDR")])
def test_millionths_taken_for_money_are_refused_with_the_way_to_say_so(cost: str, currency: str) -> None:
    data = f"{HEAD}A,1000,20,{cost},2\n".encode()

    with pytest.raises(ImportFileError, match="micros") as refused:
        read_export(("x.csv", data), options(currency))

    assert "scale" in refused.value.hint
    report = read_export(("x.csv", data), options(currency, scale={"spend": 0.000001}))
    assert report.totals.spend == pytest.approx(int(cost) / 1e6)


@pytest.mark.parametrize(
    ("row", "currency"),
    [
        ("A,10,5,900,1", "EUR"),
        ("A,1000,20,2500000,2", "KRW"),
        ("A,1000,20,12500000,2", "IDR"),
        ("A,1,1,15000,1", "USD"),
    ],
)
def test_dear_clicks_are_no_millionths(row: str, currency: str) -> None:
    with_a_rest = f"{HEAD}{row}\nB,100000,900,450,9\n".encode()

    assert read_export(("x.csv", with_a_rest), options(currency)).campaigns
