"""Pauses between instants of the calendar's clock, which people and machines set: back by a day, forward by a year.

A pause that began in the future was begun before the clock was set back; it is over, or whoever waits for it would wait
for a day or a year. Must not know who waits.
"""

from datetime import datetime, timedelta


def is_over(since: datetime, now: datetime, pause: timedelta) -> bool:
    """Whether a pause that began at an instant is over."""
    return not timedelta() <= now - since < pause
