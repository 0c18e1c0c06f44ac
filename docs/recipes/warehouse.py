"""Rows of a warehouse (Airbyte's tables, your own) go to the engine. Needs Python and the database's driver.

    REFLECTION_URL=http://127.0.0.1:8000 REFLECTION_KEY=... python warehouse.py warehouse.db

The last 28 days are asked for again each time, from the first of the month they begin in: platforms go on crediting
conversions to days that are over, and a campaign's month is replaced as a whole. Any driver of the Python DB-API will
do in the place of sqlite3; the page docs/recipes.md has more queries.
"""

import datetime as dt
import decimal
import json
import os
import sqlite3
import sys
import time
import urllib.error
import urllib.request
from contextlib import closing

META = """
    SELECT date_start, date_stop, account_id, account_currency, campaign_id, campaign_name, adset_id, adset_name,
           ad_id, ad_name, impressions, inline_link_clicks, spend, actions, action_values
    FROM ads_insights WHERE date_start >= ? ORDER BY date_start, ad_id
"""
ATTEMPTS = 6


def since(today: dt.date) -> dt.date:
    """The first day to ask for: of the month in which the last 28 days begin."""
    return (today - dt.timedelta(days=28)).replace(day=1)


def rows_of(connection, query: str, first: dt.date) -> list[dict]:
    """What a query with one parameter, the first day, finds: a row per line, by column."""
    with closing(connection.cursor()) as cursor:
        cursor.execute(query, (first.isoformat(),))
        names = [column[0] for column in cursor.description]
        return [dict(zip(names, map(cell, row), strict=True)) for row in cursor]


def cell(value):
    """A value as JSON has it: days as ISO, decimals as numbers, lists (of actions) as text."""
    if isinstance(value, decimal.Decimal):
        return float(value)
    return json.dumps(value) if isinstance(value, list | dict) else value


def send(rows: list[dict], url: str, key: str, **options) -> dict:
    """Send rows as one import, and give the engine's verdict; `options` are those of POST /v1/observations.

    Raises:
        RuntimeError: they were refused; it says why.
    """
    body = json.dumps({"rows": rows, "group_by": "month", **options}, default=str).encode()
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    request = urllib.request.Request(f"{url}/v1/observations", body, headers)
    for attempt in range(1, ATTEMPTS + 1):
        try:
            with urllib.request.urlopen(request, timeout=120) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            with error:
                if error.code not in (429, 503) or attempt == ATTEMPTS:
                    raise RuntimeError(f"{error.code}: {error.read().decode()}") from error
                time.sleep(float(error.headers.get("Retry-After", 2**attempt)))


if __name__ == "__main__":
    with closing(sqlite3.connect(sys.argv[1])) as warehouse:
        verdict = send(
            rows_of(warehouse, META, since(dt.date.today())),
            os.environ["REFLECTION_URL"],
            os.environ["REFLECTION_KEY"],
            name="ads_insights",
        )
    for finding in verdict["findings"]:
        print(f"{finding['severity']}: {finding['message']}")
    print(f"{verdict['rows']} rows, {len(verdict['campaigns'])} campaigns: import {verdict['import_id']}")
