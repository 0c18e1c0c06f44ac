"""When the platforms changed what they measure: a comparison across such a day is not a learning.

A dated table and one question. Add a row when a platform announces a change; nothing else knows these dates.
"""

import datetime as dt
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Regime:
    """From `day` on, `platform` measures differently."""

    platform: str
    day: dt.date
    what: str


REGIMES = (
    Regime(
        "Meta",
        dt.date(2021, 1, 19),
        "the default attribution became 7-day click and 1-day view (28-day click ended)",
    ),
    Regime("Meta", dt.date(2021, 4, 26), "iOS 14.5: app tracking needs consent, conversions are partly modelled"),
    Regime("Google", dt.date(2023, 7, 1), "Universal Analytics ended, imported goals come from GA4"),
    Regime(
        "Meta",
        dt.date(2026, 1, 12),
        "7-day and 28-day view windows left reporting (reported drops of 15 to 40 %)",
    ),
)


def crossed(platform: str, first: dt.date, last: dt.date) -> list[Regime]:
    """The changes of a platform after `first` and up to `last`.

    >>> [r.what[:5] for r in crossed("Meta", dt.date(2026, 1, 1), dt.date(2026, 1, 31))]
    ['7-day']
    """
    return [regime for regime in REGIMES if regime.platform == platform and first < regime.day <= last]
