"""A server that has worked for long is as small and as fast as one that has just begun.

Ten thousand submissions to one server process that learns and publishes behind them: a steady workspace, whose
campaigns come in again and again with new figures. Measured are the memory of the process and the time of each answer.
"""

import json
import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx2 as httpx
import pytest

from reflection.api.openapi import CMP_007

SUBMISSIONS, STEP = 10_000, 1_000
CAMPAIGNS = 250
READS = ("/insights?limit=20", "/recommendations?platform=Meta", "/patterns")
READ_EVERY = 50
TIMES_AS_SLOW, MEGABYTES_A_THOUSAND = 2.0, 1.0


def submission(number: int) -> dict[str, Any]:
    """One of the campaigns, with figures nobody has sent before; platforms and objectives that come again."""
    body = json.loads(json.dumps(CMP_007))
    body["campaign_id"] = f"c{number % CAMPAIGNS:03}"
    body["platform"] = ("Meta", "Google", "TikTok")[number % 3]
    body["objective"] = ("Leads", "Sales")[number % CAMPAIGNS % 2]
    body["actual_metrics"]["impressions"] += number
    body["actual_metrics"]["clicks"] += number % 700
    return body


def resident_megabytes(process: int) -> float:
    pages = int(Path(f"/proc/{process}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def slope(values: list[float]) -> float:
    """Growth from one value to the next, by least squares: one fit in hand when it is measured is no growth."""
    middle = (len(values) - 1) / 2
    spread = sum((index - middle) ** 2 for index in range(len(values)))
    return sum((index - middle) * value for index, value in enumerate(values)) / spread


def thousand(client: httpx.Client, first: int) -> float:
    """Post `STEP` campaigns with a few reads between; the seconds that all but the slowest per cent stayed below."""
    seconds = []
    for number in range(first, first + STEP):
        began = time.perf_counter()
        answer = client.post("/analyze-campaign", json=submission(number))
        seconds.append(time.perf_counter() - began)
        assert answer.status_code == 200, answer.text
        if number % READ_EVERY == 0:
            assert {client.get(path).status_code for path in READS} == {200}
    return sorted(seconds)[STEP * 99 // 100]


@pytest.mark.torture(part="soak")
def test_ten_thousand_submissions_leave_a_server_small_and_fast(start: Callable[[], Any]) -> None:
    """After the first two thousand: at most 1 MB of memory per thousand; the slowest per cent at most twice as slow."""
    server = start("env", "MARKO_EMBEDDING_MODEL=packaged").ready()
    memory: list[float] = []
    slowest: list[float] = []
    with httpx.Client(base_url=server.url, timeout=120) as client:
        for first in range(0, SUBMISSIONS, STEP):
            slowest.append(thousand(client, first))
            memory.append(resident_megabytes(server.process.pid))
            sys.stdout.write(f"{first + STEP}: {memory[-1]:.1f} MB, p99 {slowest[-1] * 1000:.1f} ms\n")
            sys.stdout.flush()
    assert server.end(signal.SIGTERM).count("Traceback") == 0

    assert slope(memory[1:]) <= MEGABYTES_A_THOUSAND, memory
    assert min(slowest[-2:]) <= TIMES_AS_SLOW * max(slowest[:2]), slowest
