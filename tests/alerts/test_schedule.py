"""When a report is due: once a week wherever it is asked from, about the seven days before, whatever the clocks do."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reflection.alerts.alert import WEEKDAYS, ReportPlan
from reflection.alerts.schedule import WEEK, last_due

ZONES = ("UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Pacific/Auckland")
PLANS = st.builds(ReportPlan, weekday=st.sampled_from(WEEKDAYS), hour=st.integers(0, 23), zone=st.sampled_from(ZONES))
INSTANTS = st.datetimes(datetime(2025, 1, 1), datetime(2028, 1, 1)).map(lambda one: one.replace(tzinfo=UTC))


@given(PLANS, INSTANTS)
def test_the_last_one_is_at_most_a_week_ago_and_about_the_week_before(plan, now):
    due = last_due(plan, now)

    assert due.at <= now < due.at + WEEK + timedelta(hours=1), "a week in which clocks are set back is longer"
    assert (due.end - due.start).days == 6
    assert last_due(plan, due.at) == due, "due at its own instant"
    before = last_due(plan, due.at - timedelta(microseconds=1))
    assert before.end == due.start - timedelta(days=1), "periods follow each other without a gap"


def test_monday_eight_o_clock_in_berlin():
    plan = ReportPlan(weekday="monday", hour=8, zone="Europe/Berlin")

    due = last_due(plan, datetime(2026, 3, 30, 6, 0, tzinfo=UTC))  # summer time began the day before

    assert (due.at, due.start, due.end) == (datetime(2026, 3, 30, 6, tzinfo=UTC), date(2026, 3, 23), date(2026, 3, 29))
    assert last_due(plan, due.at - timedelta(seconds=1)).end == date(2026, 3, 22)


def test_a_zone_that_is_none_is_refused():
    with pytest.raises(ValueError, match="is no time zone"):
        ReportPlan(zone="Middle/Earth")
