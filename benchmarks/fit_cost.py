"""What one fit costs in CPU seconds, and which part of it takes how much.

    python -m benchmarks fit
    python benchmarks/fit_cost.py --sizes 40,200

Accounts with known effects and about 140 signals, one row a campaign; and the packaged history of forty campaigns, with
its breakdowns. One thread of linear algebra, as the learner has. The machine is shared: what a processor does in a
second differs by a factor of two with what runs beside it, so each figure stands with the time that a fixed piece of
linear algebra took around it, and the last column is the ratio of the two.
"""

from __future__ import annotations

import argparse
import cProfile
import json
import pstats
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from scipy import linalg
from threadpoolctl import threadpool_limits

from reflection.domain import signals
from reflection.domain.bookable import definitions
from reflection.domain.campaign import Campaign
from reflection.domain.evidence import evidence_of
from reflection.inference.learn import FitRequest, learn

SIZES = (40, 200, 1_000)
SAMPLE = Path(__file__).parents[1] / "data" / "samples" / "campaign_history.json"
ATTRIBUTES = {"age_range": 6, "segment": 20, "city_tier": 3, "interest": 24}
PLATFORMS, OBJECTIVES = ("Meta", "Google", "TikTok", "LinkedIn"), ("Sales", "Leads")
TYPES = ("video", "image", "carousel")
REPEATS = 3

STAGES = {
    "reading and tables": ("learn.py:of", "goal_tables.py:of"),
    "first passes: where to linearise, what moves": ("metric_fit.py:_roughly",),
    "sums": ("evidence_sums.py:sums_of",),
    "components, moments and draws": ("empirical_bayes.py:fit",),
    "campaigns left out": ("metric_fit.py:_set_aside",),
    "effects": ("effects.py:effect_rows",),
    "what is not identified": ("identification.py:__init__", "identification.py:judged"),
    "findings": ("learn.py:_findings",),
    "weights": ("signal_weights.py:signal_weights",),
    "what can be booked": ("bookables.py:with_bookables",),
    "next test": ("next_test.py:with_next_test",),
}
"""Functions whose cumulative time is a stage's; none calls another of these but as said."""


def account(size: int, seed: int = 7) -> list[Campaign]:
    """Campaigns whose signals have effects (log scale, a third of them none) on CTR and CVR."""
    rng = np.random.default_rng(seed)
    levels = {**ATTRIBUTES, "platform": len(PLATFORMS), "type": len(TYPES)}
    effects = {
        (metric, group): rng.normal(0, 0.2, count) * (rng.random(count) > 1 / 3)
        for metric in ("ctr", "cvr")
        for group, count in levels.items()
    }
    return [_campaign(rng, f"c{number:05d}", effects) for number in range(size)]


def _campaign(rng: np.random.Generator, name: str, effects: dict[tuple[str, str], np.ndarray]) -> Campaign:
    chosen = {group: int(rng.integers(count)) for group, count in ATTRIBUTES.items()}
    chosen["platform"], chosen["type"] = int(rng.integers(len(PLATFORMS))), int(rng.integers(len(TYPES)))
    lift = {
        metric: float(
            np.exp(sum(effects[metric, group][level] for group, level in chosen.items()) + rng.normal(0, 0.2))
        )
        for metric in ("ctr", "cvr")
    }
    impressions = int(rng.lognormal(11, 0.8))
    clicks = int(rng.binomial(impressions, min(0.012 * lift["ctr"], 0.5)))
    conversions = int(rng.binomial(clicks, min(0.03 * lift["cvr"], 0.9)))
    counts = {
        "impressions": impressions,
        "clicks": clicks,
        "conversions": conversions,
        "spend": round(impressions * 0.02 * float(rng.lognormal(0, 0.2)), 2),
        "revenue": round(conversions * 90 * float(rng.lognormal(0, 0.2)), 2),
    }
    day = int(rng.integers(700))
    return Campaign.model_validate(
        {
            "campaign_id": name,
            "platform": PLATFORMS[chosen["platform"]],
            "objective": OBJECTIVES[int(rng.integers(len(OBJECTIVES)))],
            "expected_metrics": counts | {"clicks": round(impressions * 0.012) + 1},
            "actual_metrics": counts,
            "audiences": [{"name": "audience", "attributes": {a: f"{a} {chosen[a]}" for a in ATTRIBUTES}}],
            "creatives": [{"id": f"creative {rng.integers(6)}", "type": TYPES[chosen["type"]]}],
            "timestamp": str(np.datetime64("2024-04-01T12:00:00") + np.timedelta64(day, "D")) + "Z",
            "currency": "USD",
        }
    )


def sample() -> list[Campaign]:
    """The packaged history."""
    return [Campaign.model_validate(body) for body in json.loads(SAMPLE.read_text(encoding="utf-8"))]


def report(sizes: Sequence[int] = SIZES) -> str:
    """The figures, for docs/benchmarks.md."""
    accounts = {"the packaged history": sample(), **{f"{size:,}": account(size) for size in sizes}}
    rows, stages = [], {}
    with threadpool_limits(1, "blas"):
        learn([evidence_of(one) for one in accounts["the packaged history"][:10]])  # what is loaded once
        for name, campaigns in accounts.items():
            row, stages[name] = _measured(campaigns)
            rows.append(f"| {name} | {row} |")
    table = "\n".join(
        f"| {stage} | " + " | ".join(f"{100 * own[stage]:.0f} %" for own in stages.values()) + " |"
        for stage in (*STAGES, "everything else")
    )
    return (
        "Best of three.\n\n| campaigns | effects | columns | CPU seconds a fit | reference ms | ratio |\n"
        "|---:|---:|---:|---:|---:|---:|\n" + "\n".join(rows) + "\n\nWhere it goes:\n\n| stage | "
        + " | ".join(stages) + " |\n|---|" + "---:|" * len(stages) + "\n" + table
    )  # fmt: skip


def _measured(campaigns: Sequence[Campaign]) -> tuple[str, dict[str, float]]:
    """A row of the first table, and the share of each stage."""
    evidence = [evidence_of(one) for one in campaigns]
    request = FitRequest(definitions=definitions(campaigns), spelt=signals.usual_spellings(campaigns))
    best, reference, knowledge = np.inf, np.inf, learn(evidence, request)
    for _ in range(REPEATS):
        before = _reference()
        began = time.process_time()
        learn(evidence, request)
        took = time.process_time() - began
        if took < best:
            best, reference = took, 0.5 * (before + _reference())
    profile = cProfile.Profile(time.process_time)
    profile.runcall(learn, evidence, request)
    effects = len({effect.signal for effect in knowledge.effects})
    row = (
        effects,
        knowledge.diagnostics["features"],
        f"{best:.2f}",
        f"{1000 * reference:.1f}",
        f"{best / reference:.0f}",
    )
    return " | ".join(map(str, row)), _shares(pstats.Stats(profile))


def _shares(stats: pstats.Stats) -> dict[str, float]:
    """Which share of the profiled time each stage took."""
    cumulative: dict[str, float] = {}
    for (file, _, function), (_, _, _, seconds, _) in stats.stats.items():  # type: ignore[attr-defined]
        place = f"{Path(file).name}:{function}"
        cumulative[place] = cumulative.get(place, 0.0) + seconds
    whole = cumulative["learn.py:learn"]
    shares = {stage: sum(cumulative.get(one, 0.0) for one in places) / whole for stage, places in STAGES.items()}
    return {**shares, "everything else": max(0.0, 1.0 - sum(shares.values()))}


def _reference() -> float:
    """CPU seconds of a hundred Cholesky factors of a matrix of 150 columns."""
    half = np.random.default_rng(0).standard_normal((150, 300))
    matrix = half @ half.T
    began = time.process_time()
    for _ in range(100):
        linalg.lapack.dpotrf(matrix, lower=1)
    return time.process_time() - began


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", type=lambda text: tuple(map(int, text.split(","))), default=SIZES)
    print(report(parser.parse_args().sizes))
