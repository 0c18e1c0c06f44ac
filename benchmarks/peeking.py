"""What looking after every campaign does: accounts in which nothing has an effect, looked at all their life long.

Campaigns scatter beyond counting (.25 on prices, clicks and conversions each) and nothing else is true of them. A fit
is made after each of campaigns 5 to 40 and after every fifth from then on, learnings are carried from fit to fit as
the worker does, by pure functions alone. Whatever is ever called a finding, or becomes an established learning, is
false. A few streams with effects say which share of all that is ever called a finding is false there.
"""

from __future__ import annotations

import argparse
import itertools
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reflection.domain.campaign import Campaign
from reflection.domain.evidence import Evidence, evidence_of
from reflection.domain.metrics import METRICS
from reflection.inference.learn import learn
from reflection.learnings.claims import Claim, Learning
from reflection.learnings.lifecycle import worth
from reflection.learnings.revision import revised

Floats = NDArray[np.float64]

STREAMS, CAMPAIGNS = 70, 120
LONG_STREAMS, LONG_CAMPAIGNS = 10, 300
PLANTED_STREAMS = 10
FIRST_LOOK, EVERY_UNTIL, EVERY = 5, 40, 5
USUALLY_SHOWN, FEW_SHOWN = 100_000.0, 2_000.0
ACTIVE, EFFECT_SD = 0.4, 0.25
NOTHING_LESS = 1e-9
CERTAIN = ("established", "contested")
"""States in which a learning is told as certain."""

SCATTER, CELL_SCATTER, QUALITY = 0.25, 0.1, 0.2
START = datetime(2025, 1, 6, 9, tzinfo=UTC)

KINDS = ("totals", "ad rows", "one quality", "few signals", "few clicks", "one platform", "new creatives")
"""Of streams, in turns: totals only; two audiences by two creatives; one quality of a campaign that lifts clicks and
conversions and makes its impressions cheaper; a short menu; campaigns with thirty clicks and a conversion; all on one
platform; and two creatives that are new each quarter."""

PLATFORMS = ("Meta", "Google", "TikTok", "LinkedIn")
OBJECTIVES = ("Sales", "Traffic", "Retargeting")
AGES, SEGMENTS = ("18-24", "25-34", "35-44", "45-54", "55-64"), ("students", "parents", "athletes", "gamers")
TYPES, HOOKS = ("video", "image", "carousel", "text"), ("price", "trust", "urgency", "story")
MENU = {
    "platform": PLATFORMS, "objective": OBJECTIVES, "audience.age": AGES, "audience.segment": SEGMENTS,
    "creative.type": TYPES, "creative.hook": HOOKS,
}  # fmt: skip
SHORT = 2
"""Levels of each of these in a short menu."""

QUARTER, EACH_QUARTER = 45, 2
"""Campaigns in a quarter, and creatives that are new in it."""


Planted = Mapping[str, Mapping[str, float]]
"""Metric (ctr, cvr) -> signal -> log effect."""


@dataclass(frozen=True)
class Life:
    """What was ever said of one stream.

    Attributes:
        first: category of findings -> campaigns at the first look that had one.
        established: campaigns at the first look with an established learning that is false; None where there was none.
        called, false: claims (signal and metric) ever called findings, and those of them that are not so.
        looks: how often somebody looked.
    """

    kind: str
    first: Mapping[str, int]
    established: int | None
    called: int
    false: int
    looks: int


def looks(campaigns: int) -> list[int]:
    """After how many campaigns somebody looks."""
    return [*range(FIRST_LOOK, min(EVERY_UNTIL, campaigns) + 1), *range(EVERY_UNTIL + EVERY, campaigns + 1, EVERY)]


NOTHING: Planted = {"ctr": {}, "cvr": {}}
"""No signal has any effect."""


def planted(seed: int) -> Planted:
    """Effects of 40 % of the levels of every group on CTR and CVR; on prices and order values none."""
    rng = np.random.default_rng((19, seed))
    effects: dict[str, dict[str, float]] = {"ctr": {}, "cvr": {}}
    for by_signal in effects.values():
        for group, levels in MENU.items():
            active = rng.random(len(levels)) < ACTIVE
            drawn = np.where(active, rng.normal(0.0, EFFECT_SD, len(levels)), 0.0)
            drawn[active] -= drawn.sum() / max(active.sum(), 1)
            by_signal |= {f"{group}:{level.casefold()}": float(x) for level, x in zip(levels, drawn, strict=True)}
    return effects


def stream(seed: int, campaigns: int, kind: str, effects: Planted = NOTHING) -> list[Evidence]:
    """Campaigns in the order they come, one every second day."""
    rng = np.random.default_rng((18, seed))
    return [evidence_of(Campaign.model_validate(_body(number, kind, effects, rng))) for number in range(campaigns)]


def _body(number: int, kind: str, effects: Planted, rng: np.random.Generator) -> dict[str, Any]:
    rows = 2 if kind == "ad rows" else 1
    ages, segments, types, hooks, platforms = (
        menu[:SHORT] if kind == "few signals" else menu for menu in (AGES, SEGMENTS, TYPES, HOOKS, PLATFORMS)
    )
    platforms = PLATFORMS[:1] if kind == "one platform" else platforms
    ages, hooks = rng.choice(ages, rows, replace=False), rng.choice(hooks, rows, replace=False)
    audiences = [
        {"name": f"{segment} {age}", "attributes": {"age_range": str(age), "segment": str(segment)}}
        for age, segment in zip(ages, rng.choice(segments, rows), strict=True)
    ]
    creatives = [
        {"id": f"{form}_{hook}", "type": str(form), "attributes": {"hook": str(hook)}}
        for hook, form in zip(hooks, rng.choice(types, rows), strict=True)
    ]
    if kind == "new creatives":
        creatives = [_new_creative(EACH_QUARTER * (number // QUARTER) + int(rng.integers(EACH_QUARTER)))]
    planned = float(np.exp(rng.normal(math.log(FEW_SHOWN if kind == "few clicks" else USUALLY_SHOWN), 0.8)))
    quality = QUALITY * float(rng.normal()) if kind == "one quality" else 0.0
    levels = SCATTER * rng.normal(size=4) + quality * np.array([-1.0, 1.0, 1.0, 0.0])
    platform, objective = str(rng.choice(platforms)), str(rng.choice(OBJECTIVES))
    cells = []
    for audience, creative in itertools.product(audiences, creatives):
        lifts = _lifts(effects, platform, objective, audience, creative)
        counted = _counts(planned / rows**2, levels + lifts, rows, rng)
        cells.append({"audience": audience["name"], "creative": creative["id"], "metrics": counted})
    total = {name: sum(cell["metrics"][name] for cell in cells) for name in cells[0]["metrics"]}
    return {
        "campaign_id": f"cmp_{number:04d}",
        "platform": platform,
        "objective": objective,
        "audiences": audiences,
        "creatives": creatives,
        "currency": "EUR",
        "expected_metrics": _plan(planned),
        "actual_metrics": total,
        "breakdown": cells if rows > 1 else [],
        "timestamp": (START + timedelta(days=2 * number)).isoformat(),
    }


def _new_creative(number: int) -> dict[str, Any]:
    form, hook = TYPES[number % len(TYPES)], HOOKS[number // EACH_QUARTER % len(HOOKS)]
    return {"id": f"ad_{number}", "type": form, "attributes": {"hook": hook}}


def _lifts(
    effects: Planted, platform: str, objective: str, audience: Mapping[str, Any], creative: Mapping[str, Any]
) -> Floats:
    """What is planted of a row, on price, clicks, conversions and order value (log)."""
    keys = (
        f"platform:{platform}", f"objective:{objective}", f"audience.age:{audience['attributes']['age_range']}",
        f"audience.segment:{audience['attributes']['segment']}", f"creative.type:{creative['type']}",
        f"creative.hook:{creative['attributes']['hook']}",
    )  # fmt: skip
    ctr, cvr = (sum(effects[metric].get(key.casefold(), 0.0) for key in keys) for metric in ("ctr", "cvr"))
    return np.array([0.0, ctr, cvr, 0.0])


def _plan(impressions: float) -> dict[str, float]:
    clicks = impressions * 0.015
    return {
        "impressions": round(impressions), "clicks": round(clicks), "conversions": round(clicks * 0.04),
        "spend": round(impressions * 0.008, 2), "revenue": round(clicks * 0.04 * 45.0, 2),
    }  # fmt: skip


def _counts(impressions: float, levels: Floats, rows: int, rng: np.random.Generator) -> dict[str, float]:
    """What one row was counted with, at its campaign's levels of price, clicks, conversions and order value."""
    own = levels + (CELL_SCATTER * rng.normal(size=4) if rows > 1 else 0.0)
    shown = int(rng.poisson(impressions * math.exp(0.2 * float(rng.normal()))))
    clicks = int(rng.binomial(shown, min(1.0, 0.015 * math.exp(own[1]))))
    conversions = int(rng.binomial(clicks, min(1.0, 0.04 * math.exp(own[2]))))
    revenue = float(rng.exponential(45.0 * math.exp(0.4 * own[3]), conversions).sum())
    return {
        "impressions": shown, "clicks": clicks, "conversions": conversions,
        "spend": round(shown * 0.008 * math.exp(own[0]), 2), "revenue": round(revenue, 2),
    }  # fmt: skip


def lived(seed: int, campaigns: int, kind: str, effects: Planted = NOTHING, some: Sequence[int] | None = None) -> Life:
    """One stream, looked at all its life, or after `some` numbers of campaigns."""
    evidence, first, called = stream(seed, campaigns, kind, effects), dict[str, int](), dict[tuple[str, str], bool]()
    learnings, established = dict[Claim, Learning](), None
    schedule = looks(campaigns) if some is None else some
    for look in schedule:
        knowledge = learn(evidence[:look])
        for finding in knowledge.every_finding:
            if not finding.descriptive:
                first.setdefault(finding.category, look)
        for effect in knowledge.effects:
            if effect.finding:
                wrong = _false(effects, effect.signal, effect.metric, effect.effect)
                called[effect.signal, effect.metric] = called.get((effect.signal, effect.metric), False) or wrong
        ranked = dict(sorted(learnings.items(), key=lambda pair: -worth(pair[1])))
        learnings |= {one.claim: one for one in revised(ranked, knowledge, evidence[:look])}
        certain = [one for one in learnings.values() if one.state in CERTAIN]
        if established is None and any(_false_learning(effects, one) for one in certain):
            established = look
    return Life(kind, first, established, len(called), sum(called.values()), len(schedule))


def _truth(effects: Planted, signal: str, metric: str) -> float:
    """The planted log effect of a signal on a metric; none of names and of pairs."""
    parts = METRICS[metric].composition
    return sum(sign * effects.get(part, {}).get(signal, 0.0) for part, sign in parts.items())


def _false(effects: Planted, signal: str, metric: str, lift: float) -> bool:
    truth = _truth(effects, signal, metric)
    return abs(truth) < NOTHING_LESS or (truth > 0) != (lift > 1)


def _false_learning(effects: Planted, learning: Learning) -> bool:
    """Planted effects are the same in every context, so none is contested."""
    claim = learning.claim
    return learning.state == "contested" or _false(effects, claim.signal_key, claim.metric, learning.effect)


def report(
    streams: int = STREAMS,
    long_streams: int = LONG_STREAMS,
    planted_streams: int = PLANTED_STREAMS,
    workers: int = 2,
    kinds: Sequence[str] = KINDS,
) -> str:
    """Live all streams, of these kinds in turns, and return the tables as markdown."""
    jobs = [
        *((seed, CAMPAIGNS, kinds[seed % len(kinds)], NOTHING) for seed in range(streams)),
        *((1_000 + seed, LONG_CAMPAIGNS, kinds[seed % len(kinds)], NOTHING) for seed in range(long_streams)),
        *((seed, CAMPAIGNS, kinds[seed % len(kinds)], planted(seed)) for seed in range(planted_streams)),
    ]
    if workers > 1:
        with ProcessPoolExecutor(workers) as pool:
            lives = list(pool.map(lived, *zip(*jobs, strict=True)))
    else:
        lives = [lived(*job) for job in jobs]
    short, rest = lives[:streams], lives[streams:]
    lines = [
        "Nothing has an effect; what is ever said is false.",
        "",
        "| streams | campaigns | looks | ever a finding | of which | established, false |",
        "|---:|---:|---:|---:|---|---:|",
        *(_line(CAMPAIGNS, kind, [life for life in short if life.kind == kind]) for kind in kinds if short),
        _line(CAMPAIGNS, "all", short),
        _line(LONG_CAMPAIGNS, "all", rest[:long_streams]),
        "",
        _of_planted(rest[long_streams:]),
    ]
    return "\n".join(line for line in lines if line is not None)


def _line(campaigns: int, kind: str, lives: Sequence[Life]) -> str:
    counts = Counter(category for life in lives for category in life.first)
    said = ", ".join(f"{category} {count}" for category, count in sorted(counts.items())) or "none"
    any_ever, wrong = sum(bool(life.first) for life in lives), sum(life.established is not None for life in lives)
    each = lives[0].looks if lives else 0
    return f"| {len(lives)} {kind} | {campaigns} | {each} | {any_ever} | {said} | {wrong} |"


def _of_planted(lives: Sequence[Life]) -> str:
    called, false = sum(life.called for life in lives), sum(life.false for life in lives)
    wrong = sum(life.established is not None for life in lives)
    return (
        f"Where 40 % of levels have an effect ({len(lives)} streams of {CAMPAIGNS}): of {called} claims ever called "
        f"findings {false} are false ({false / max(called, 1):.1%}); false established learnings in {wrong} streams."
    )


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--streams", type=int, default=STREAMS)
    parser.add_argument("--long", type=int, default=LONG_STREAMS)
    parser.add_argument("--planted", type=int, default=PLANTED_STREAMS)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--kind", choices=KINDS, nargs="+", default=KINDS)
    options = parser.parse_args()
    print(report(options.streams, options.long, options.planted, options.workers, options.kind))


if __name__ == "__main__":
    main()
