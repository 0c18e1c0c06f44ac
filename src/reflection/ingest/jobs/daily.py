"""What was spent a day, of what the imports in force say of single days: with days nobody reported, and restated ones.

A day that no row speaks of is no day without spending: it is missing, and told as a gap. Of one campaign's day the
latest file counts. Pure: what imports reported in, days out; must not know stores or drawings.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from itertools import pairwise
from typing import Any

from reflection.ingest.jobs.register import Days
from reflection.ingest.jobs.reported_days import MOST_DAYS, reported

Account = tuple[str, str | None]
"""Platform and currency."""


def daily_spend(imported: Sequence[Days], days: int = MOST_DAYS) -> dict[str, Any]:
    """The last days up to the newest that was reported.

    Args:
        imported: what each import reported, the latest last.
        days: how many days at most.

    Returns:
        {items: [{platform, currency, days: [{day, spend, campaigns, restated}], gaps: [(first, last), ...]}]}, the
        largest spend first, and money of two currencies apart; `spend` is None where no campaign of the day says it or
        its file has several currencies, `restated` whether a later file changed the day.
        Empty where no file speaks of single days.
    """
    cells: dict[tuple[Account, dt.date, str], float | None] = {}
    restated: set[tuple[Account, dt.date]] = set()
    for platform, currency, name, day, spend, *_ in reported(imported, days):
        account = (platform, currency)
        key = (account, day, name)
        if key in cells and cells[key] != spend:
            restated.add((account, day))
        cells[key] = spend
    accounts: dict[Account, dict[dt.date, list[float | None]]] = defaultdict(lambda: defaultdict(list))
    for (account, day, _), spend in cells.items():
        accounts[account][day].append(spend)
    items = [_of_account(account, by_day, restated) for account, by_day in accounts.items()]
    items.sort(key=lambda item: (-sum(row["spend"] or 0.0 for row in item["days"]), item["platform"]))
    return {"items": items}


def _of_account(
    account: Account, by_day: Mapping[dt.date, list[float | None]], restated: Collection[tuple[Account, dt.date]]
) -> dict[str, Any]:
    rows = []
    for day, spends in sorted(by_day.items()):
        stated = [spend for spend in spends if spend is not None]
        spend = sum(stated) if stated else None
        changed = (account, day) in restated
        rows.append({"day": day.isoformat(), "spend": spend, "campaigns": len(spends), "restated": changed})
    return {"platform": account[0], "currency": account[1], "days": rows, "gaps": _gaps(sorted(by_day))}


def _gaps(days: Sequence[dt.date]) -> list[tuple[str, str]]:
    """First and last day of every stretch between two reported days that nobody reported."""
    one = dt.timedelta(days=1)
    return [
        ((before + one).isoformat(), (after - one).isoformat())
        for before, after in pairwise(days)
        if after - before > one
    ]
