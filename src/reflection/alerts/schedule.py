"""When a weekly report is due, and which seven days it is about. Pure: an instant in, an instant and days out."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from reflection.alerts.alert import WEEKDAYS, ReportPlan

WEEK = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class DueReport:
    """A report that is due: since when, and its first and last day."""

    at: datetime
    start: date
    end: date


def last_due(plan: ReportPlan, now: datetime) -> DueReport:
    """The last report that became due by an instant; it is about the seven days before the day on which it is sent.

    An hour that a change of the clock leaves out or has twice is taken once (the earlier of the two).
    """
    zone = ZoneInfo(plan.zone)
    today = now.astimezone(zone).date()
    day = today - timedelta(days=(today.weekday() - WEEKDAYS.index(plan.weekday)) % 7)
    at = _instant(day, plan.hour, zone)
    if at > now:
        day -= WEEK
        at = _instant(day, plan.hour, zone)
    return DueReport(at, day - WEEK, day - timedelta(days=1))


def _instant(day: date, hour: int, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(hour), zone).astimezone(UTC)
