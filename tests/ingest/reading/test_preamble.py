"""What the lines above a table say of its rows."""

import datetime as dt

import pytest

from reflection.ingest.reading.preamble import Preamble

FIRST, LAST = dt.date(2026, 9, 7), dt.date(2026, 9, 13)


@pytest.mark.parametrize(
    "lines",
    [
        ["Start Date: 07 Sep 2026", "End Date: 13 Sep 2026"],
        ["# Start date: 20260907", "# End date: 20260913"],
        ["Date/Time Generated 10/2/26 11:13 AM", "Date Range 9/7/26 - 9/13/26"],
        ["Report Time: 9/7/2026,9/13/2026"],
        ["Campaign report", "September 7, 2026 - September 13, 2026"],
        ["Campaign report (Sep 7, 2026 - Sep 13, 2026)"],
        ["Zeitraum: 7. September 2026 - 13. September 2026"],
        ["Report Start: 09/07/2026", "Report End: 09/13/2026"],
    ],
)
def test_the_period_is_read(lines: list[str]) -> None:
    assert Preamble(lines).period("mdy") == (FIRST, LAST)


def test_the_day_a_report_was_made_is_no_period() -> None:
    assert Preamble(["Report generated on 9/7/2026 - 9/13/2026", "All time"]).period("mdy") is None


@pytest.mark.parametrize(
    ("line", "code"),
    [("Currency: AUD", "AUD"), ("Currency code EUR", "EUR"), ("Währung: CHF", "CHF"), ("All amounts in USD", "USD"),
     ("Currency: all", ""), ("Campaign report", "")],
)  # fmt: skip
def test_the_currency_is_read(line: str, code: str) -> None:
    assert Preamble([line]).currency() == code


@pytest.mark.parametrize(
    ("line", "zone"),
    [("Report Time Zone America/New_York", "America/New_York"), ("Time Zone: UTC", "UTC"),
     ("Time Zone: (GMT+01:00) Amsterdam", "GMT+01:00"), ("# Timezone: Europe/Berlin", "Europe/Berlin"), ("Date", "")],
)  # fmt: skip
def test_the_time_zone_is_read(line: str, zone: str) -> None:
    assert Preamble([line]).zone() == zone


def test_a_range_behind_a_name_is_the_period() -> None:
    lines = ["# ---------", "# Free form 1", "# Acme-20260901-20260930"]

    assert Preamble(lines).period("ymd") == (dt.date(2026, 9, 1), dt.date(2026, 9, 30))
