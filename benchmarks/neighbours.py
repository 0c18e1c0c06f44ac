"""Are neighbours of use? Predicting how an advertisement does from the ones most like it.

Two data sets with text: headline tests (click rate within the test's week, from the headline alone) and the real
Facebook advertisements of KAG (conversion rate of clicks and click rate, from age, gender and interest as text).
Each item is predicted from those before it in time (headlines) or from the others (KAG): mean of the k nearest, of
k random ones, and of the platform. Each data set is one platform. In KAG the text is only the three attributes, so
its nearest are mostly the same age, gender and interest: that shows attributes at work, not language. Figures are
stated whatever they are; the data is read from `../shared/data` where present.
"""

import csv
import gzip
import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from reflection.memory.packaged_model import PackagedEmbedder

ROOT = Path(__file__).resolve().parent.parent
DATA = ROOT.parent / "shared" / "data"
HEADLINES = (
    ROOT / "data" / "samples" / "headline_tests_early_weeks.csv.gz",
    DATA / "upworthy" / "headline_tests_early_weeks.csv.gz",
)
KAG = DATA / "kag" / "facebook_ads_916_936.csv"
K = 15
Array = NDArray[np.float64]


def report() -> str:
    """Everything of this file as markdown: root mean squared errors of log rates, weighted by what was counted."""
    lines = [
        "### Predicting from neighbours",
        "",
        f"Error of the predicted log rate (weighted root mean square), {K} neighbours; gains with 90 % intervals.",
        "",
        "| data | outcome | platform mean | random | nearest | gain over mean | over random |",
        "|---|---|---|---|---|---|---|",
    ]
    embedder = PackagedEmbedder()
    lines += _headlines(embedder) + _kag(embedder)
    return "\n".join(lines) + "\n"


def _headlines(embedder: PackagedEmbedder) -> list[str]:
    place = next((path for path in HEADLINES if path.exists()), None)
    if place is None:
        return ["| headline tests | not available here | | | | | |"]
    with gzip.open(place, "rt", encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    rows = sorted(rows, key=lambda row: (row["test_week"], row["clickability_test_id"]))[:6_000]
    clicks = np.array([float(row["clicks"]) for row in rows])
    shown = np.array([float(row["impressions"]) for row in rows])
    order = np.array([int(row["test_week"]) for row in rows])
    # Arms of one test share a story and run at once: what is known beforehand is earlier weeks only.
    allowed = order[None, :] < order[:, None]
    vectors = embedder.embed([row["headline"] for row in rows])
    return [_compare("headline tests, earlier weeks", "CTR", vectors, clicks, shown, allowed)]


def _kag(embedder: PackagedEmbedder) -> list[str]:
    if not KAG.exists():
        return ["| KAG Facebook ads | not available here | | | | | |"]
    with KAG.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    texts = [
        f"platform: facebook\naudience: age {row['age']}, gender {row['gender']}, interest group {row['interest']}"
        for row in rows
    ]
    vectors = embedder.embed(texts)
    column = {name: np.array([float(row[name]) for row in rows]) for name in ("impressions", "clicks", "conversion")}
    others = ~np.eye(len(rows), dtype=bool)
    return [
        _compare("KAG Facebook ads", "CTR", vectors, column["clicks"], column["impressions"], others),
        _compare(
            "KAG Facebook ads",
            "conversions per impression",
            vectors,
            column["conversion"],
            column["impressions"],
            others,
        ),
    ]


def _compare(data: str, outcome: str, vectors: Array, events: Array, trials: Array, allowed: NDArray[np.bool_]) -> str:
    rate = np.log((events + 0.5) / (trials + 1.0))
    weight = events + 0.5
    rows = np.flatnonzero(allowed.sum(axis=1) >= 10 * K)
    similarity = np.where(allowed, vectors @ vectors.T, -np.inf)
    generator = np.random.default_rng(5)
    nearest, chance, mean = np.zeros(len(rows)), np.zeros(len(rows)), np.zeros(len(rows))
    for at, row in enumerate(rows):
        candidates = np.flatnonzero(allowed[row])
        best = candidates[np.argsort(-similarity[row, candidates], kind="stable")[:K]]
        mean[at] = _pooled(events, trials, candidates)
        nearest[at] = _shrunk(events, trials, best, mean[at])
        chance[at] = _shrunk(events, trials, generator.choice(candidates, K, replace=False), mean[at])
    errors = [weight[rows] * (prediction - rate[rows]) ** 2 for prediction in (mean, chance, nearest)]
    roots = [math.sqrt(error.sum() / weight[rows].sum()) for error in errors]
    gains = [_gain(errors[index], errors[2], weight[rows]) for index in (0, 1)]
    cells = [f"{data} ({len(rows)})", outcome, *(f"{root:.3f}" for root in roots), *gains]
    return f"| {' | '.join(cells)} |"


def _pooled(events: Array, trials: Array, rows: NDArray[np.intp]) -> float:
    return float(np.log((events[rows].sum() + 0.5) / (trials[rows].sum() + 1.0)))


def _shrunk(events: Array, trials: Array, rows: NDArray[np.intp], prior: float, strength: float = 30.0) -> float:
    """Pooled rate of some rows, drawn towards the platform's mean by `strength` expected events."""
    return float(np.log((events[rows].sum() + strength) / (trials[rows].sum() + strength / math.exp(prior))))


def _gain(baseline: Array, nearest: Array, weight: Array, times: int = 400) -> str:
    """Share of the mean squared error that is gone, with its 90 % bootstrap interval."""
    generator = np.random.default_rng(9)
    picks = generator.integers(len(weight), size=(times, len(weight)))
    gains: Sequence[float] = 1.0 - nearest[picks].sum(axis=1) / baseline[picks].sum(axis=1)
    low, high = np.quantile(gains, (0.05, 0.95))
    return f"{1.0 - nearest.sum() / baseline.sum():+.1%} ({low:+.1%} to {high:+.1%})"


if __name__ == "__main__":
    print(report())
