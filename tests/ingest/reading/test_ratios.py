"""The file's own CPC and CPM say which reading of its amounts is the right one."""

import datetime as dt

import pytest

from reflection.errors import ImportFileError
from reflection.ingest import ImportOptions, ImportReport, read_export

HEADER = "Day,Campaign name,Impressions,Link clicks,Purchases,Amount spent (EUR)"


def read(ratio: str, *rows: str) -> ImportReport:
    """Rows under the header and a ratio."""
    text = "\n".join([f'{HEADER},"{ratio}"', *rows])
    return read_export(("meta.csv", text.encode()), ImportOptions(as_of=dt.date(2027, 1, 1)))


@pytest.mark.parametrize(
    ("ratio", "first", "second", "spend"),
    [
        ("CPC (cost per link click)", "500,10,1,1.250,125", "500,10,1,2.750,275", 4000.0),
        ("CPC (cost per link click)", "500,10,1,1.250,0.125", "500,10,1,2.750,0.275", 4.0),
        ("CPM (cost per 1,000 impressions)", "50000,10,1,1.250,25", "50000,10,1,2.750,55", 4000.0),
    ],
)
def test_the_reading_in_which_the_ratio_comes_out_is_right(ratio: str, first: str, second: str, spend: float) -> None:
    report = read(ratio, f"2026-09-01,A,{first}", f"2026-09-02,A,{second}")

    assert report.totals.spend == spend


def test_without_a_ratio_two_readings_remain() -> None:
    with pytest.raises(ImportFileError, match="nothing decides"):
        read("Reach", "2026-09-01,A,500,10,1,1.250,400", "2026-09-02,A,500,10,1,2.750,400")


def test_amounts_a_thousand_times_off_their_own_ratio_are_refused() -> None:
    with pytest.raises(ImportFileError, match="a thousand times") as refusal:
        read("CPC (all)", "2026-09-01,A,500,10,1,1.250,125.00", "2026-09-02,A,500,10,1,2.750,275.00")
    assert "--locale" in refusal.value.hint


def test_a_ratio_of_other_clicks_decides_nothing_and_harms_nothing() -> None:
    report = read("CPC (all)", "2026-09-01,A,500,10,1,12.50,0.50", "2026-09-02,A,500,10,1,27.50,0.60")

    assert report.totals.spend == 40.0
