"""Single days of imports: the last four hundred, rows of older files too, read again only when imports change."""

import datetime as dt

from reflection.domain.metrics import COUNTS
from reflection.ingest.jobs.register import Days
from reflection.ingest.jobs.reported_days import AnswerCache, reported


def row(first, last=None, spend=1.0, platform=("Meta",)):
    counts = dict.fromkeys(COUNTS) | {"spend": spend, "conversions": 2.0}
    return ["c", first, last or first, *(counts[name] for name in COUNTS), *platform]


def test_rows_of_one_day_are_given_up_to_the_newest_and_no_months():
    rows = [row("2024-01-01"), row("2026-01-01", "2026-01-31"), row("2026-01-05", platform=()), row("2026-01-01")]
    days = list(reported([Days("x", "Criteo", rows, "EUR")], days=5))
    assert [(day.platform, day.day, day.spend, day.conversions) for day in days] == [
        ("Criteo", dt.date(2026, 1, 5), 1.0, 2.0),
        ("Meta", dt.date(2026, 1, 1), 1.0, 2.0),
    ]
    assert [day.spend for day in reported([Days("x", "Meta", [row("2026-01-01")], mixed=True)])] == [None]
    assert list(reported([])) == []


class Imports:
    """A register that counts how often its days are read."""

    def __init__(self):
        self.read, self.now = 0, 1

    def version(self, workspace):
        return self.now

    def days(self, workspace):
        self.read += 1
        return [self.now]


def test_an_answer_is_made_again_only_when_the_imports_changed():
    imports = Imports()
    kept = AnswerCache(imports)
    ask = lambda: kept.get("w", "pacing", lambda days: {"of": days[0]})  # noqa: E731
    assert [ask(), ask(), imports.read] == [{"of": 1}, {"of": 1}, 1]
    imports.now = 2
    assert [ask(), imports.read] == [{"of": 2}, 2]
