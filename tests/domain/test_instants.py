"""A pause lasts as long as it says, wherever the clock is put meanwhile."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from reflection.domain.instants import is_over

INSTANTS = st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))
PAUSES = st.timedeltas(timedelta(microseconds=1), timedelta(days=30))


@given(INSTANTS, INSTANTS, PAUSES)
def test_nobody_waits_longer_than_the_pause_after_the_clock_was_set(
    since: datetime, now: datetime, pause: timedelta
) -> None:
    assert is_over(since, now, pause) or is_over(since, now + pause, pause)


@given(INSTANTS, PAUSES)
def test_a_pause_lasts_to_its_end(since: datetime, pause: timedelta) -> None:
    assert not is_over(since, since, pause)
    assert not is_over(since, since + pause - timedelta(microseconds=1), pause)
    assert is_over(since, since + pause, pause)
