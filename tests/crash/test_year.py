"""A server that has run for a year is as large as one that has run for months: real processes, their clock set forward.

What is measured in durations goes on at its own pace. Each month brings the same traffic, and a restart.
"""

import signal
import sqlite3
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx2 as httpx
import pytest
from tests.crash.set_clock import Clock

from reflection.api.openapi import CMP_007

MONTHS, KEPT_DAYS, MONTH = 14, 90, 30 * 86_400
STEADY, COMPARED = 5, 4
"""Months after which what this traffic leaves has been kept for as long as it is: history is the longest; and how many
of them are compared with as many at the end."""

BY_INTENT = {"forecasts", "advice_assignments", "advice_feedback", "alembic_version"}
"""Kept for good, as docs/operations.md says."""

PATIENCE = 120.0


def a_month(client: httpx.Client, month: int, today: str) -> None:
    """What people do in a month; all of it again in the next, with other figures."""

    def said(answer: httpx.Response) -> Any:
        assert answer.status_code < 300, answer.text
        return answer.json() if answer.content else None

    for number in range(12):
        body = {**CMP_007, "campaign_id": f"c{number:02}", "platform": ("Meta", "Google")[number % 2]}
        body["actual_metrics"] = {**CMP_007["actual_metrics"], "clicks": 3000 + 31 * month + 7 * number}
        said(client.post("/analyze-campaign", json=body, headers={"Idempotency-Key": f"{month}-{number}"}))
    said(client.delete("/v1/campaigns/c11"))
    head = "Day,Campaign name,Amount spent (EUR),Impressions,Link clicks,Purchases"
    export = f"{head}\n{today},Autumn,{55 + month},4000,90,4\n"
    said(client.post("/v1/imports", files={"files": ("export.csv", export.encode())}))
    recall = said(client.get("/v1/memory/search?q=bootcamp"))["recall_id"]
    if recall is not None:
        outcome = {"campaign_id": "c01", "outcome": "it did well"}
        said(client.post(f"/v1/learnings/recalls/{recall}/outcome", json=outcome))
    event = said(client.post("/v1/events", json={"day": today, "text": f"a promotion of month {month}"}))
    said(client.delete(f"/v1/events/{event['event_id']}"))
    said(client.post("/v1/creatives", json={"creatives": [{"creative_id": "one", "headline": f"Hello {month}"}]}))
    said(client.post("/v1/shares", json={"campaign_id": "c01"}))
    for path in ("/recommendations?platform=Meta", "/v1/attention", "/v1/track-record", "/insights", "/v1/months"):
        said(client.get(path))


def rows_of(path: Path) -> dict[str, int]:
    """Rows of every table, and the pages in use."""
    with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as connection:
        names = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        counts = {name: connection.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0] for name in names}
        pages, free = (connection.execute(f"PRAGMA {name}").fetchone()[0] for name in ("page_count", "freelist_count"))
    return {name: count for name, count in counts.items() if not name.startswith("memories_fts")} | {"": pages - free}


@pytest.mark.torture(part="server")
def test_a_year_of_traffic_leaves_a_flat_database(start: Callable[..., Any], tmp_path: Path) -> None:
    clock, seen = Clock(tmp_path), list[dict[str, int]]()
    for month in range(MONTHS):
        clock.put(month * MONTH)
        server = start(*clock.before, f"MARKO_HISTORY_DAYS={KEPT_DAYS}").ready()
        with httpx.Client(base_url=server.url, timeout=PATIENCE) as client:
            a_month(client, month, f"{datetime.now(UTC) + timedelta(seconds=month * MONTH):%Y-%m-%d}")
            end = time.monotonic() + PATIENCE
            while client.get("/v1/effects").json()["pending"]:
                assert time.monotonic() < end, "the worker does not learn"
                time.sleep(0.1)
        assert "Traceback" not in server.end(signal.SIGTERM)
        seen.append(rows_of(tmp_path / "x.db"))

    first, last = seen[STEADY : STEADY + COMPARED], seen[-COMPARED:]
    grown = {
        name: (max(rows[name] for rows in first), max(rows[name] for rows in last))
        for name in seen[-1]
        if name not in BY_INTENT
    }
    assert {name: both for name, both in grown.items() if both[1] > 1.15 * both[0] + 1} == {}
