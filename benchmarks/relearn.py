"""`reflection relearn` on a million stored campaigns with 2,820 features: how long, and how much memory?

    python benchmarks/relearn.py                    a million campaigns
    python benchmarks/relearn.py --campaigns 50000

The ledger of a real database is filled first (not timed), with campaigns whose truth is known; then the real command
runs in a process of its own and its time and peak memory are read from the operating system.
"""

from __future__ import annotations

import argparse
import os
import resource
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from rich.progress import Progress

from reflection.domain.evidence import Cell, Counts, Evidence, encode
from reflection.store.database.seals import sealed
from reflection.store.tables.campaigns import evidence as ledger
from reflection.store.tables.campaigns import workspaces

CHUNK = 20_000
PLATFORMS, CLIENTS, GEOS, SEGMENTS, HOOKS = 8, 500, 200, 200, 100


def one(rng: np.random.Generator, number: int) -> Evidence:
    """A campaign with about 21 signals out of 2,820, rarer ones being rarer."""
    platform = f"p{rng.integers(PLATFORMS)}"

    def rare(count: int) -> int:
        return int(count * rng.random() ** 2)

    shares = {
        f"platform:{platform}": 1.0,
        f"objective:o{rng.integers(8)}": 1.0,
        f"audience.geo:g{rare(GEOS)}": 1.0,
        f"audience.client:c{rare(CLIENTS)}": 1.0,
    }

    def half(*keys: str) -> None:
        for key in keys:
            shares[key] = shares.get(key, 0.0) + 0.5

    for _ in range(2):
        segment, age, kind = rare(SEGMENTS), int(rng.integers(10)), int(rng.integers(12))
        half(f"audience.segment:s{segment}", f"audience.age:a{age}", f"audience.tier:t{rng.integers(5)}")
        half(f"platform*audience.age:{platform}*a{age}", f"platform*audience.segment:{platform}*s{segment}")
        half(
            f"creative.type:k{kind}",
            f"creative.hook:h{rng.integers(HOOKS)}",
            f"platform*creative.type:{platform}*k{kind}",
        )
    impressions = int(rng.lognormal(10.5, 1.0))
    clicks = int(rng.binomial(impressions, 0.012 * float(np.exp(rng.normal(0, 0.25)))))
    conversions = int(rng.binomial(clicks, 0.03))
    counts = Counts(impressions, clicks, conversions, round(impressions * 0.02, 2), round(conversions * 80.0, 2))
    day = 19_000 + int(rng.integers(700))
    cells = (Cell(shares, counts),)
    return Evidence(f"c{number:07d}", day, f"platform:{platform}", "objective:o1", None, "USD", counts, counts, cells)


def fill(path: Path, campaigns: int, progress: Progress) -> None:
    """Write the ledger of a real, migrated database."""
    from reflection.store.database.open import open_database

    open_database(path).close()
    task = progress.add_task("filling the ledger", total=campaigns)
    database = sqlite3.connect(path)
    database.executescript("PRAGMA synchronous=OFF; PRAGMA foreign_keys=OFF;")
    row = sealed(workspaces, {"workspace": "default", "created_at": "2026-01-01T00:00:00.000000+00:00", "sentences": 0})
    database.execute("INSERT OR IGNORE INTO workspaces VALUES (:workspace, :created_at, :sentences, :seal)", row)
    insert = (
        "INSERT INTO evidence (workspace, campaign_id, revision, sign, payload, seal) "
        "VALUES (:workspace, :campaign_id, :revision, :sign, :payload, :seal)"
    )
    rng = np.random.default_rng(1)
    for start in range(0, campaigns, CHUNK):
        database.executemany(insert, _rows(rng, start, min(start + CHUNK, campaigns)))
        database.commit()
        progress.update(task, completed=start + CHUNK)
    database.close()


def _rows(rng: np.random.Generator, start: int, end: int) -> Iterator[dict[str, Any]]:
    for number in range(start, end):
        evidence = one(rng, number)
        own = {"workspace": "default", "campaign_id": evidence.campaign_id, "revision": 1, "sign": 1}
        yield sealed(ledger, {**own, "payload": encode(evidence)})


def report(campaigns: int = 1_000_000) -> str:
    """The figures, for docs/benchmarks.md."""
    with tempfile.TemporaryDirectory() as folder, Progress(transient=True) as progress:
        path = Path(folder) / "reflection.db"
        fill(path, campaigns, progress)
        environment = os.environ | {
            "MARKO_DATABASE_PATH": str(path),
            "MARKO_OUTPUT_DIR": f"{folder}/output",
            "MARKO_WEIGHTS_PATH": f"{folder}/weights.json",
            "MARKO_VECTOR_BACKEND": "local",
        }
        for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
            environment.pop(name, None)
        began = time.monotonic()
        done = subprocess.run(
            [sys.executable, "-m", "reflection.cli", "relearn", "--json"],
            env=environment,
            check=True,
            capture_output=True,
            text=True,
        )
        took = time.monotonic() - began
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 2**20
    return (
        "| campaigns | seconds | peak memory GiB | campaigns a second |\n|---|---|---|---|\n"
        f"| {campaigns:,} | {took:.0f} | {peak:.2f} | {campaigns / took:,.0f} |\n\n`{done.stdout.strip()}`"
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--campaigns", type=lambda text: int(float(text)), default=1_000_000)
    print(report(parser.parse_args().campaigns))
