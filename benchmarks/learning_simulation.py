"""Does the learning core find what is true, and only that?

    python benchmarks/learning_simulation.py            the tables (about a quarter of an hour on two cores)
    python benchmarks/learning_simulation.py --quick    the same with few worlds
    python benchmarks/learning_simulation.py --reps 20 --sizes 20,50

For log CTR and sparse log CVR at 20 to 1,000 campaigns: rank correlation with the true effects, coverage
of 90 % intervals, false discoveries at a nominal .10 and power of what is served, error on unseen campaigns;
then how often a world without any effect yields a finding. Standard errors over worlds are in brackets. All
methods see the same worlds (same seeds), so does the reference sketch where its file is there: world by world,
its differences from the core are known far better than either.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from baselines import (
    Estimates,
    beta_binomial,
    predict_beta_binomial,
    predict_boosted,
    predict_intercept,
    predict_raw,
    raw_means,
)
from numpy.typing import NDArray
from reference_sketch import estimate, load
from rich.progress import Progress
from scipy import stats
from simulator import CELLS, COLUMN, LAYOUT, MAINS, Metric, World, make_world

from reflection.stats.honesty.false_discovery import Discoveries, discover
from reflection.stats.posterior.empirical_bayes import HYPER_DRAWS, Fit, fit
from reflection.stats.sums.design import Rows, Stratum
from reflection.stats.sums.observations import observe_around, observe_rate, pooled_rate
from reflection.stats.sums.sufficient_statistics import SufficientStatistics

Floats = NDArray[np.float64]

SIZES = (20, 50, 200, 1000)
REPS = {20: 100, 50: 100, 200: 60, 1000: 20}
"""Worlds per size: those over which the figures to reach are means. A further world is drawn from a seed of its own, so
more of them (``--reps``) add to these; at 20 campaigns the next 60 happen to be harder for every method.
"""
QUICK = {20: 16, 50: 12, 200: 6, 1000: 2}
NULL_REPS = {20: 150, 50: 150, 200: 100}
NULL_QUICK = {20: 20, 50: 20, 200: 10}
METRICS: tuple[Metric, ...] = ("ctr", "cvr")
PASSES = 3
"""Fits per world: one around the pooled rate, then each around the fit before it, as the engine does."""

ENGINE, CELLS_OF_ENGINE, SKETCH = "**this engine**", "this engine, interactions", "reference sketch"


Result = TypeVar("Result")


@dataclass(frozen=True)
class Score:
    """How one method did in one world; NaN where it has no answer. ``sigma``: learnt overdispersion."""

    spearman: float = np.nan
    coverage: float = np.nan
    fdr: float = np.nan
    found: float = np.nan
    real: float = np.nan
    rmse: float = np.nan
    sigma: float = np.nan


def learn(world: World, seed: Sequence[int], passes: int = PASSES) -> tuple[Fit, Discoveries, float]:
    """Learn a world as the engine does; return fit, discoveries and the log reference rate."""
    reference = pooled_rate(world.x, world.trials)
    found: Fit | None = None
    for epoch in range(passes):
        if found is None:
            seen = observe_rate(world.x, world.trials, reference)
        else:
            eta = np.log(reference) + world.shares @ found.mean[COLUMN]
            seen = observe_around(world.x, world.trials, eta, reference)
        statistics = SufficientStatistics()
        statistics.add(Rows.of(world.design, seen.y, seen.v))
        last = epoch == passes - 1
        found = fit(statistics.view(LAYOUT), [*seed, epoch], hyper_draws=HYPER_DRAWS if last else 1)
    assert found is not None
    return found, discover(found), float(np.log(reference))


def score_effects(true: Floats, mean: Floats, low: Floats, high: Floats, selected: NDArray[np.bool_]) -> Score:
    """Score estimates of the effects ``true``; all (m,)."""
    known = ~np.isnan(mean)
    limits = known & ~np.isnan(low)
    chosen = selected & known
    wrong = chosen & ((true == 0) | (np.sign(true) != np.sign(mean)))
    return Score(
        spearman=float(stats.spearmanr(mean[known], true[known]).statistic),
        coverage=float(((low <= true) & (true <= high))[limits].mean()) if limits.any() else np.nan,
        fdr=float(wrong.sum() / max(chosen.sum(), 1)),
        found=float((chosen & ~wrong).sum()),
        real=float((true != 0).sum()),
    )


def run_world(metric: Metric, n: int, rep: int) -> dict[str, Score]:
    """All methods on one world."""
    world, _ = make_world((0, n, rep), n, metric)
    scores: dict[str, Score] = {}
    for name, method, predict in (
        ("raw means", raw_means, predict_raw),
        ("beta-binomial", beta_binomial, predict_beta_binomial),
    ):
        estimates = method(world)
        scores[name] = _with_error(_score_mains(world, estimates), predict(world, estimates), world)
    found, judged, level = learn(world, (rep, n))
    shrunk = judged.mean[COLUMN]
    low, high = found.low[COLUMN], found.high[COLUMN]
    selected = judged.selected[COLUMN] & ((low > 0) | (high < 0))  # as it is served
    predicted = level + world.unseen_shares @ found.mean[COLUMN]
    engine = _score_mains(world, Estimates(shrunk, low, high, selected))
    scores[ENGINE] = _with_error(engine, predicted, world, found.sigma[Stratum.BETWEEN])
    scores[CELLS_OF_ENGINE] = score_effects(
        world.effects[CELLS], shrunk[CELLS], low[CELLS], high[CELLS], selected[CELLS]
    )
    sketch = load()
    if sketch is not None:
        reference, foretold = estimate(sketch, world, metric, (rep, n))
        scores[SKETCH] = _with_error(_score_mains(world, reference), foretold, world)
    scores["gradient boosting"] = _with_error(Score(), predict_boosted(world), world)
    scores["intercept only"] = _with_error(Score(), predict_intercept(world), world)
    return scores


def run_null_world(metric: Metric, n: int, rep: int) -> bool:
    """True when a world without main effects or interactions yields any finding among the main effects."""
    world, _ = make_world((1, n, rep), n, metric, null=True)
    _, judged, _ = learn(world, (rep, n))
    return bool(judged.selected[COLUMN[MAINS]].any())


def report(reps: dict[int, int], null_reps: dict[int, int], workers: int = 2) -> str:
    """Run everything and return the tables as markdown."""
    parts = ["Figures are means over worlds (standard error in brackets).", ""]
    jobs = [(metric, n, rep) for metric in METRICS for n, count in reps.items() for rep in range(count)]
    nulls = [(metric, n, rep) for metric in METRICS for n, count in null_reps.items() for rep in range(count)]
    with Progress() as progress, ProcessPoolExecutor(workers) as pool:
        task = progress.add_task("simulated worlds", total=len(jobs) + len(nulls))
        scores = []
        for scored in pool.map(run_world, *zip(*jobs, strict=True), chunksize=2):
            scores.append(scored)
            progress.advance(task)
        findings = []
        for any_finding in pool.map(run_null_world, *zip(*nulls, strict=True), chunksize=2):
            findings.append(any_finding)
            progress.advance(task)
    for metric in METRICS:
        parts += [f"### log {metric.upper()}", "", *_header()]
        for n in reps:
            of_size = _by_size(jobs, scores)[metric, n]
            parts += [_line(n, name, [s[name] for s in of_size]) for name in of_size[0]]
        parts.append("")
    return "\n".join([*parts, *_paired_table(jobs, scores), *_null_table(nulls, findings)])


def _by_size(
    jobs: Sequence[tuple[Metric, int, int]], results: Sequence[Result]
) -> dict[tuple[Metric, int], list[Result]]:
    """The results by metric and number of campaigns."""
    found: dict[tuple[Metric, int], list[Result]] = {}
    for (metric, n, _), result in zip(jobs, results, strict=True):
        found.setdefault((metric, n), []).append(result)
    return found


def _score_mains(world: World, estimates: Estimates) -> Score:
    parts = (estimates.mean[MAINS], estimates.low[MAINS], estimates.high[MAINS], estimates.selected[MAINS])
    return score_effects(world.effects[MAINS], *parts)


def _with_error(score: Score, predicted: Floats, world: World, sigma: float = np.nan) -> Score:
    error = float(np.sqrt(np.mean((predicted - world.unseen_log_rate) ** 2)))
    return Score(score.spearman, score.coverage, score.fdr, score.found, score.real, error, sigma)


def _header() -> list[str]:
    names = ("campaigns", "method", "worlds", "rank correlation", "coverage of 90 %", "false discoveries")
    columns = (*names, "power", "RMSE unseen")
    return ["| " + " | ".join(columns) + " |", "|---:|---|---:|---:|---:|---:|---:|---:|"]


def _line(n: int, name: str, scores: Sequence[Score]) -> str:
    found, real = np.array([s.found for s in scores]), np.array([s.real for s in scores])
    power = found.sum() / max(real.sum(), 1)
    power_error = np.std(found - power * real, ddof=1) / np.sqrt(len(scores)) / max(real.mean(), 1)
    cells = [
        _mean([s.spearman for s in scores]),
        _mean([s.coverage for s in scores]),
        _mean([s.fdr for s in scores]),
        "" if np.isnan(power) else f"{power:.3f} ({power_error:.3f})",
        _mean([s.rmse for s in scores]),
    ]
    return f"| {n} | {name} | {len(scores)} | " + " | ".join(cells) + " |"


def _mean(values: Iterable[float]) -> str:
    known = np.array([value for value in values if not np.isnan(value)])
    if not len(known):
        return ""
    error = known.std(ddof=1) / np.sqrt(len(known)) if len(known) > 1 else np.nan
    return f"{known.mean():.3f} ({error:.3f})"


def _paired_table(jobs: Sequence[tuple[Metric, int, int]], scores: Sequence[dict[str, Score]]) -> list[str]:
    """What the engine has more than the reference sketch in the same worlds; empty without the sketch."""
    if not all(SKETCH in score for score in scores):
        return []
    lines = [
        "### This engine minus the reference sketch, world by world",
        "",
        "| metric | campaigns | worlds | rank correlation | coverage of 90 % | false discoveries | RMSE unseen |",
        "|---|---:|---:|---:|---:|---:|---:|",
    ]
    for (metric, n), own in _by_size(jobs, scores).items():
        pairs = [(s[ENGINE], s[SKETCH]) for s in own]
        cells = [
            _mean([getattr(ours, name) - getattr(theirs, name) for ours, theirs in pairs])
            for name in ("spearman", "coverage", "fdr", "rmse")
        ]
        lines.append(f"| log {metric.upper()} | {n} | {len(own)} | " + " | ".join(cells) + " |")
    return [*lines, ""]


def _null_table(jobs: Sequence[tuple[Metric, int, int]], findings: Sequence[bool]) -> list[str]:
    lines = [
        "### Worlds without any effect",
        "",
        "| metric | campaigns | worlds | with any finding |",
        "|---|---:|---:|---:|",
    ]
    for (metric, n), own in _by_size(jobs, findings).items():
        share = float(np.mean(own))
        error = np.sqrt(share * (1 - share) / len(own))
        lines.append(f"| log {metric.upper()} | {n} | {len(own)} | {share:.3f} ({error:.3f}) |")
    return lines


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="few worlds")
    parser.add_argument("--reps", type=int, help="worlds per size (instead of the defaults)")
    parser.add_argument("--sizes", default=",".join(map(str, SIZES)), help="campaigns, comma-separated")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    arguments = parser.parse_args()
    sizes = [int(size) for size in arguments.sizes.split(",")]
    defaults, null_defaults = (QUICK, NULL_QUICK) if arguments.quick else (REPS, NULL_REPS)
    reps = {n: arguments.reps or defaults.get(n, 10) for n in sizes}
    null_reps = {n: arguments.reps or null_defaults[n] for n in sizes if n in null_defaults}
    print(report(reps, null_reps, arguments.workers))


if __name__ == "__main__":
    main()
