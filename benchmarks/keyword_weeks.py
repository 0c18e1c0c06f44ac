"""One-week-ahead clicks of 903 keywords: do the intervals cover, and does the point beat the last value?"""

from __future__ import annotations

import csv
import gzip
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from reflection.stats.over_time.series import hits, level_index, replay

FIRST_SCORED = 5
"""Weeks before are needed to learn the spread."""


def load(path: Path) -> NDArray[np.float64]:
    """Clicks, (weeks, keywords)."""
    with gzip.open(path, "rt", newline="") as file:
        rows = [(int(row["week"]), row["id"], float(row["clicks"])) for row in csv.DictReader(file)]
    column = {key: index for index, key in enumerate(sorted({row[1] for row in rows}))}
    clicks = np.zeros((1 + max(row[0] for row in rows), len(column)))
    for week, key, value in rows:
        clicks[week, column[key]] = value
    return clicks


def figures(clicks: NDArray[np.float64]) -> dict[str, float]:
    """Coverage and errors over all scored weeks."""
    steps = replay(clicks)[FIRST_SCORED - 2 :]
    actual = clicks[FIRST_SCORED:]
    last = clicks[FIRST_SCORED - 1 : -1]
    inside = np.array([hits(step, outcome) for step, outcome in zip(steps, actual, strict=True)])
    point = np.array([step.point for step in steps])
    large = np.cumsum(clicks, axis=0)[FIRST_SCORED - 1 : -1] / np.arange(FIRST_SCORED, len(clicks))[:, None] > 20
    mean = np.maximum(point, 0.05)
    poisson = (actual >= stats.poisson.ppf(0.05, mean)) & (actual <= stats.poisson.ppf(0.95, mean))
    found = {f"coverage {level:.0%}": float(inside[:, level_index(level)].mean()) for level in (0.5, 0.8, 0.9)}
    return {
        **found,
        "coverage 90%, mean above 20": float(inside[:, level_index(0.9)][large].mean()),
        "Poisson 90%, mean above 20": float(poisson[large].mean()),
        "mean absolute error": float(np.abs(point - actual).mean()),
        "mean absolute error of the last value": float(np.abs(last - actual).mean()),
        "forecasts": float(actual.size),
    }


def report(data: Path) -> str:
    """A markdown section; `data` is the folder that holds crealytics/."""
    path = data / "crealytics" / "keyword_weeks_0_24.csv.gz"
    rows = [f"| {name} | {value:,.3f} |" for name, value in figures(load(path)).items()]
    return "\n".join(["### Keyword weeks: one week ahead", "", "| figure | value |", "|---|---|", *rows, ""])


if __name__ == "__main__":
    import sys

    print(report(Path(sys.argv[1])))
