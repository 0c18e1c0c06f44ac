"""Learning one huge workspace in partitions on a Dask cluster of this machine: how long, and how much memory?

    python benchmarks/cluster.py                              200,000 campaigns on local:2
    python benchmarks/cluster.py --campaigns 2e6 --workers 2

Only evidence rows are written (a ledger, not timed), with campaigns whose truth is known, as `relearn.py` has them.
Then the real command runs, and the memory of it and of each worker is looked at twice a second. Needs the extra
`cluster`.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil
from benchmarks.relearn import fill
from rich.progress import Progress

CAMPAIGNS, WORKERS = 200_000, 2
EVERY = 0.5
GIB = 2.0**30


def report(campaigns: int = CAMPAIGNS, workers: int = WORKERS) -> str:
    """The figures, for docs/benchmarks.md."""
    with tempfile.TemporaryDirectory() as folder, Progress(transient=True) as progress:
        path = Path(folder) / "reflection.db"
        fill(path, campaigns, progress)
        disk = path.stat().st_size / GIB
        environment = os.environ | {
            "MARKO_DATABASE_PATH": str(path),
            "MARKO_OUTPUT_DIR": f"{folder}/output",
            "MARKO_WEIGHTS_PATH": f"{folder}/weights.json",
            "MARKO_VECTOR_BACKEND": "local",
            "MARKO_CLUSTER": f"local:{workers}",
        }
        began = time.monotonic()
        command = [sys.executable, "-m", "reflection.cli", "relearn", "--json"]
        driver = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)
        most = _watch(driver)
        said = driver.communicate()[0].strip()
        took = time.monotonic() - began
        used = os.times()
    spent = used.children_user + used.children_system
    return (
        "| campaigns | workers | database GiB | seconds | CPU seconds | driver GiB | largest worker GiB | "
        "campaigns a second |\n"
        "|---|---|---|---|---|---|---|---|\n"
        f"| {campaigns:,} | {workers} | {disk:.2f} | {took:.0f} | {spent:.0f} | {most[0]:.2f} | {most[1]:.2f} | "
        f"{campaigns / took:,.0f} |\n\n`{said}`"
    )


def _watch(driver: subprocess.Popen[str]) -> tuple[float, float]:
    """Most memory of the driver, and of any process it started, in GiB, until it ends."""
    own = largest = 0.0
    process = psutil.Process(driver.pid)
    while driver.poll() is None:
        try:
            own = max(own, process.memory_info().rss / GIB)
            for child in process.children(recursive=True):
                largest = max(largest, child.memory_info().rss / GIB)
        except psutil.NoSuchProcess:
            pass
        time.sleep(EVERY)
    return own, largest


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--campaigns", type=lambda text: int(float(text)), default=CAMPAIGNS)
    parser.add_argument("--workers", type=int, default=WORKERS)
    arguments = parser.parse_args()
    print(report(arguments.campaigns, arguments.workers))
