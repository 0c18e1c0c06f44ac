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
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import product
from pathlib import Path

import numpy as np
from scipy import linalg
from threadpoolctl import threadpool_limits

from reflection.domain import signals
from reflection.domain.bookable import agreed, descriptions_of
from reflection.domain.campaign import Campaign
from reflection.domain.creative_knowledge import AXES, CreativeTexts, PlacedText
from reflection.domain.events import Event
from reflection.domain.evidence import evidence_of
from reflection.engine.creative_texts import texts_of
from reflection.inference.fit_request import FitRequest
from reflection.inference.learn import learn

SIZES = (40, 200, 1_000)
EVERYTHING = 200
"""Campaigns of the account that has all that a fit can take up."""

SAMPLE = Path(__file__).parents[1] / "data" / "samples" / "campaign_history.json"
ATTRIBUTES = {"age_range": 6, "segment": 20, "city_tier": 3, "interest": 24}
PLATFORMS, OBJECTIVES = ("Meta", "Google", "TikTok", "LinkedIn"), ("Sales", "Leads")
TYPES = ("video", "image", "carousel")
REPEATS = 3
EVENTS = (
    Event(day=date(2025, 1, 10), kind="price", text="prices up"),
    Event(day=date(2025, 6, 1), kind="tracking", scope="platform:Meta", text="another tag"),
    Event(day=date(2025, 11, 20), until=date(2025, 11, 30), kind="promotion", text="sale"),
)

STAGES = {
    "reading and tables": ("learn.py:of", "goal_tables.py:of"),
    "first passes: where to linearise, what moves": ("metric_fit.py:_roughly",),
    "sums": ("evidence_sums.py:sums_of",),
    "components, moments and draws": ("empirical_bayes.py:fit",),
    "campaigns left out": ("metric_fit.py:_set_aside",),
    "effects": ("effects.py:effect_rows",),
    "what is not identified": ("identification.py:__init__", "identification.py:judged"),
    "findings": ("goal_knowledge.py:_findings",),
    "weights": ("weights.py:signal_weights",),
    "what can be booked": ("bookables.py:with_bookables",),
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


DAYS, RUNS, WORDS = 790, 60, ["river", "stone", "paper", "light", "garden", "market", "window", "planet"]
"""Days over which `everything` runs, and the last of them on each of which one campaign runs."""


def everything(size: int, seed: int = 8) -> list[Campaign]:
    """The same with all that a fit can take up: two years of months, days of the week, four ads a campaign that differ
    by themselves and in what they say, a pair, a platform that turns and a type that wears out.
    """
    rng = np.random.default_rng(seed)
    return [_with_everything(rng, number, size, one) for number, one in enumerate(account(size, seed))]


def _with_everything(rng: np.random.Generator, number: int, size: int, one: Campaign) -> Campaign:
    long = size - RUNS
    begin = int(number / long * (DAYS - RUNS)) if number < long else DAYS - RUNS + number - long
    start = datetime(2024, 1, 3, tzinfo=UTC) + timedelta(days=begin)
    end = start + timedelta(days=int(rng.integers(8, 24)) if number < long else 0, hours=23)
    passed, month, weekend = begin / DAYS, (start + (end - start) / 2).month, start.weekday() > 4
    video, retargeting = "video", "segment 1"
    creatives, rows, names = [], [], [one.audiences[0].name, "second"]
    for place, kind in enumerate((one.creatives[0].type, TYPES[(number + 1) % len(TYPES)])):
        asks = (number + place) % 2
        text = " ".join(rng.choice(WORDS, 8)) + "?" * asks
        creatives.append({"id": f"creative {(number + 3 * place) % 7}", "type": kind, "headline": text})
    audiences = [
        one.audiences[0],
        one.audiences[0].model_copy(update={"name": "second", "attributes": {"segment": retargeting}}),
    ]
    for name, creative in product(names, creatives):
        shown = int(rng.lognormal(10, 0.5)) + 1_000
        falls = -0.6 * passed * (creative["type"] == "image")
        clicks = int(
            rng.binomial(shown, 0.012 * np.exp(falls - 0.2 * ("?" in creative["headline"]) + rng.normal(0, 0.15)))
        )
        both = 0.5 * (name == "second" and creative["type"] == video)
        year = 0.35 * (month in (11, 12)) - 0.25 * (month in (7, 8)) - 0.3 * (weekend and number >= long)
        turned = -0.5 * (one.platform == "Meta" and passed > 0.6)
        came = int(rng.binomial(clicks, min(0.05 * np.exp(both + year + turned + rng.normal(0, 0.15)), 0.9)))
        counts = {"impressions": shown, "clicks": clicks, "conversions": came, "spend": round(shown * 0.02, 2)}
        rows.append({"audience": name, "creative": creative["id"], "metrics": {**counts, "revenue": came * 90.0}})
    total = {name: sum(row["metrics"][name] for row in rows) for name in rows[0]["metrics"]}
    body = one.model_dump(mode="json") | {
        "audiences": [each.model_dump() for each in audiences],
        "creatives": creatives,
    }
    days = {"period_start": start.isoformat(), "period_end": end.isoformat(), "timestamp": end.isoformat()}
    return Campaign.model_validate(body | days | {"breakdown": rows, "actual_metrics": total})


def sample() -> list[Campaign]:
    """The packaged history."""
    return [Campaign.model_validate(body) for body in json.loads(SAMPLE.read_text(encoding="utf-8"))]


def report(sizes: Sequence[int] = SIZES) -> str:
    """The figures, for docs/benchmarks.md."""
    accounts = {"the packaged history": sample(), **{f"{size:,}": account(size) for size in sizes}}
    accounts |= {f"{size:,}, everything on": everything(size) for size in sizes if size == EVERYTHING}
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
    texts = {one.campaign_id: _placed(one.creatives) for one in map(texts_of, campaigns) if one.creatives}
    request = FitRequest(
        definitions=agreed(map(descriptions_of, campaigns)),
        spellings=signals.usual_among(map(signals.spellings_of, campaigns)),
        texts=CreativeTexts(texts, {}),
        events=EVENTS if texts else (),
    )
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


def _placed(creatives: Mapping[str, PlacedText]) -> dict[str, PlacedText]:
    """Texts with places that say nothing of them."""
    axes = {key: np.random.default_rng(int(text.text.key[:8], 16)) for key, text in creatives.items()}
    return {
        key: replace(text, axes=tuple(axes[key].integers(-65_536, 65_536, AXES).tolist()))
        for key, text in creatives.items()
    }


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
