"""Nothing is left over: file descriptors and threads after opening and closing, memory and speed after long use."""

import gc
import os
import sys
import threading
import time
from pathlib import Path

import pytest

from reflection.domain.campaign import Campaign
from reflection.settings import Settings
from reflection.wiring import build
from reflection.worker.chores import Chores

ROUNDS = 12
SUBMISSIONS, STEP = 10_000, 1_000
CAMPAIGNS = 250
"""Few, each revised again and again: what is kept in memory per campaign (its vector) is state, not a leak."""


def descriptors() -> int:
    return len(os.listdir("/proc/self/fd"))


def test_many_openings_leave_no_descriptor_and_no_thread(settings: Settings, sample: Campaign) -> None:
    with build(settings) as application:
        application.engine.analyze(sample)
    gc.collect()
    before = descriptors(), threading.active_count()

    for number in range(ROUNDS):
        with build(settings) as application:
            chores = Chores(application, lock=application.worker)
            chores.start()
            application.store.campaign("default", sample.campaign_id)
            application.memory.rows.data_version()
            if number % 10 == 0:
                application.engine.delete(sample.campaign_id)
                application.engine.analyze(sample)
            chores.stop()
    gc.collect()

    after = descriptors(), threading.active_count()
    assert after[0] <= before[0] + 2
    assert after[1] <= before[1] + 2


def resident_megabytes() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


@pytest.mark.torture(part="soak")
def test_ten_thousand_submissions_stay_small_and_fast(settings: Settings, sample: Campaign) -> None:
    """After the first thousand: at most 1 MB of memory per thousand, and the slowest per cent at most twice as slow."""
    memory: list[float] = []
    slowest: list[float] = []
    for step in range(SUBMISSIONS // STEP):
        with build(settings) as application:
            seconds = []
            for number in range(STEP):
                update = {"campaign_id": f"c{number % CAMPAIGNS}", "objective": f"objective {step} {number}"}
                campaign = sample.model_copy(update=update)
                began = time.perf_counter()
                application.engine.analyze(campaign)
                seconds.append(time.perf_counter() - began)
                if number % 100 == 0:
                    application.engine.insights(limit=20)
                    application.recommendations.recommend(platform="Meta")
            slowest.append(sorted(seconds)[STEP * 99 // 100])
            application.publisher.publish_pending()
        gc.collect()
        memory.append(resident_megabytes())
        sys.stdout.write(f"{(step + 1) * STEP}: {memory[-1]:.0f} MB, p99 {slowest[-1] * 1000:.1f} ms\n")

    per_thousand = (memory[-1] - memory[1]) / (len(memory) - 2)
    assert per_thousand <= 1.0, memory
    assert min(slowest[-2:]) <= 2 * max(slowest[0], slowest[1]), slowest
