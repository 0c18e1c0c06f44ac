"""A million campaigns with 2,820 features: how long do sums and fits take, and how much memory?

    python benchmarks/learning_scale.py                 a million campaigns, four metrics
    python benchmarks/learning_scale.py --campaigns 1e5

Campaigns are simulated in chunks (not timed). Sums of the four metrics are folded in two threads, fits
made one after the other; the design of a chunk is shared between the metrics. Truth is known, so the fits
are also scored.
"""

from __future__ import annotations

import argparse
import resource
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numpy.typing import NDArray
from rich.progress import Progress
from scipy import sparse

from reflection.learning.effects import fit
from reflection.learning.layout import INTERCEPT, Feature, Layout
from reflection.learning.rows import Design, Rows, Stratum, quantised
from reflection.learning.statistics import SufficientStatistics

Floats = NDArray[np.float64]

SIZES = {
    "platform": 8,
    "objective": 8,
    "age": 10,
    "tier": 5,
    "segment": 200,
    "type": 12,
    "hook": 100,
    "geo": 200,
    "client": 500,
}
CROSSED = ("type", "age", "segment")
NOISE = {"cpm": 0.0, "ctr": 0.1, "cvr": 3.0, "aov": 100.0}
SCATTER = 0.25
CHUNK = 100_000


def _features() -> tuple[dict[str, int], tuple[Feature, ...]]:
    """First column of each group, and all features."""
    first: dict[str, int] = {}
    features = [INTERCEPT]
    for group, size in SIZES.items():
        first[group] = len(features)
        features += [Feature(group, f"{level:03d}") for level in range(size)]
    for group in CROSSED:
        first[f"platform*{group}"] = len(features)
        features += [
            Feature(f"platform*{group}", f"{i:03d}*{j:03d}")
            for i in range(SIZES["platform"])
            for j in range(SIZES[group])
        ]
    return first, tuple(features)


FIRST, FEATURES = _features()


def memberships(rng: np.random.Generator, n: int) -> sparse.csr_array:
    """About 21 shares per campaign: one platform, objective, place and client, two audiences, two creatives."""
    columns: list[NDArray[np.int64]] = [np.zeros(n, dtype=np.int64)]
    shares = [1.0]

    def put(group: str, level: NDArray[np.int64], share: float) -> None:
        columns.append(FIRST[group] + level)
        shares.append(share)

    platform = rng.integers(SIZES["platform"], size=n)
    put("platform", platform, 1.0)
    for group in ("objective", "geo", "client"):
        put(group, (SIZES[group] * rng.random(n) ** 2).astype(np.int64), 1.0)
    for _ in range(2):
        segment = (SIZES["segment"] * rng.random(n) ** 2).astype(np.int64)
        drawn = {"segment": segment, "hook": rng.integers(SIZES["hook"], size=n)}
        drawn |= {group: rng.integers(SIZES[group], size=n) for group in ("age", "tier", "type")}
        for group, level in drawn.items():
            put(group, level, 0.5)
            if group in CROSSED:
                put(f"platform*{group}", platform * SIZES[group] + level, 0.5)
    row = np.tile(np.arange(n), len(columns))
    data = np.repeat(shares, n)
    matrix = sparse.coo_array((data, (row, np.concatenate(columns))), shape=(n, len(FEATURES)))
    return sparse.csr_array(matrix.tocsr())


def _chunk(rng: np.random.Generator, n: int, truth: Floats) -> dict[str, Rows]:
    """Simulated rows of the four metrics with one design."""
    x = memberships(rng, n)
    design = Design(FEATURES, x.indptr.astype(np.int64), x.indices.astype(np.int32), quantised(x.data))
    eta = x @ truth
    information = 1 / rng.lognormal(3.3, 1.2, n)
    rows = {}
    for metric, noise in NOISE.items():
        v = np.minimum(noise * information, 100.0)
        y = eta + rng.normal(0, SCATTER, n) + rng.normal(size=n) * np.sqrt(v)
        rows[metric] = Rows.of(design, np.clip(y, -100, 100), v)
    return rows


def report(campaigns: int = 1_000_000) -> str:
    """Return the table as markdown."""
    rng = np.random.default_rng(0)
    truth = rng.normal(0, 0.15, len(FEATURES)) * (rng.random(len(FEATURES)) < 0.4)
    sums = {metric: SufficientStatistics() for metric in NOISE}
    folding = 0.0
    with Progress() as progress, ThreadPoolExecutor(2) as pool:
        task = progress.add_task("campaigns", total=campaigns)
        for start in range(0, campaigns, CHUNK):
            rows = _chunk(rng, min(CHUNK, campaigns - start), truth)
            began = time.perf_counter()
            list(pool.map(lambda metric, new: sums[metric].add(new), rows, rows.values()))
            folding += time.perf_counter() - began
            progress.advance(task, CHUNK)
        began = time.perf_counter()
        list(pool.map(SufficientStatistics.fold, sums.values()))
        folding += time.perf_counter() - began
    lines = [f"{campaigns:,} campaigns, {len(FEATURES):,} features, four metrics.", ""]
    lines += [
        "| step | seconds | learnt scatter (true .25) | correlation with the truth |",
        "|---|---:|---:|---:|",
    ]
    lines.append(f"| sums of all four | {folding:.1f} | | |")
    return "\n".join([*lines, *_fits(sums, truth), "", f"Peak memory {_peak():.2f} GiB."])


def _fits(sums: dict[str, SufficientStatistics], truth: Floats) -> Sequence[str]:
    layout = Layout.of(FEATURES)
    column = np.array([layout.column(feature) for feature in FEATURES])
    lines = []
    for number, (metric, statistics) in enumerate(sums.items()):
        began = time.perf_counter()
        found = fit(statistics.view(layout), (0, number))
        seconds = time.perf_counter() - began
        agreement = np.corrcoef(found.mean[column][1:], truth[1:])[0, 1]
        scatter = found.sigma[Stratum.BETWEEN]
        lines.append(f"| fit of {metric} | {seconds:.1f} | {scatter:.3f} | {agreement:.3f} |")
    return lines


def _peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--campaigns", type=float, default=1e6)
    print(report(int(parser.parse_args().campaigns)))


if __name__ == "__main__":
    main()
