"""Worlds in which an audience and a creative do together what neither does alone, and names that differ by platform.

    python benchmarks/worlds_of_pairs.py                             every world, 20 seeds each
    python benchmarks/worlds_of_pairs.py --seeds 5 "pairs, evenly"   some of them

Learnt as the product learns it, by `learn`. Pairs are judged beside what each of the two does: how often 90 % intervals
hold the truth, which share of what is called a finding is false, which share of planted pairs is called one, and how
far the planted ones are told too small. Standard errors over worlds are in brackets.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from itertools import product

import numpy as np
from numpy.typing import NDArray
from worlds import FIRST_DAY, LEVELS, Effects, Kind, Traits, World, counts, planted, row, traits

from reflection.domain import signals
from reflection.domain.campaign import Audience, Creative
from reflection.domain.evidence import Cell, Counts, Evidence
from reflection.domain.knowledge import Effect
from reflection.domain.metrics import METRICS
from reflection.inference.learn import learn

Floats = NDArray[np.float64]

SEEDS = 20
NOISE = {"cpm": 0.10, "ctr": 0.12, "cvr": 0.12, "aov": 0.08}
PAIR_SD = 0.35
"""Of the size of a planted block of pairs on CTR and CVR."""
SEGMENT, TYPE = "audience.segment", "creative.type"
BEST_SHARE = 0.7
"""How often a planner who knows the best pair picks it."""


@dataclass(frozen=True)
class Score:
    """One world judged: hits of mains and pairs, findings, planted pairs and those told, each with its told size."""

    mains: Sequence[bool]
    pairs: Sequence[bool]
    worst: float
    findings: int
    false: int
    planted: int
    found: int
    told: Sequence[tuple[float, float]]


# --- the worlds ------------------------------------------------------------------------------------------------------


def blocks(rng: np.random.Generator, first: str, second: str, count: int = 2) -> dict[str, float]:
    """Pairs of two groups, most of them none, exactly double-centred: a few blocks of two by two."""
    effects = {_pair(first, a, second, b): 0.0 for a, b in product(LEVELS[first], LEVELS[second])}
    for _ in range(count):
        rows, columns = (rng.choice(LEVELS[group], 2, replace=False) for group in (first, second))
        size = float(rng.normal(0, PAIR_SD))
        for a, b in product(range(2), range(2)):
            effects[_pair(first, str(rows[a]), second, str(columns[b]))] += size if a == b else -size
    return effects


def paired(seed: int, *, null: bool = False, best: bool = False, campaigns: int = 96) -> World:
    """Campaigns of one audience and one creative type; a planner picks the best pair as often as he knows it."""
    rng = np.random.default_rng((70, seed))
    effects = planted(rng, null)
    pairs = {metric: blocks(rng, SEGMENT, TYPE) for metric in ("ctr", "cvr")}
    if not null:
        effects = {metric: {**own, **pairs.get(metric, {})} for metric, own in effects.items()}
    totals = {
        (a, b): sum(effects["cvr"].get(key, 0.0) for key in with_pairs({f"{SEGMENT}:{a}": 1.0, f"{TYPE}:{b}": 1.0}))
        for a, b in product(LEVELS[SEGMENT], LEVELS[TYPE])
    }
    favourite = max(totals, key=lambda pair: (totals[pair], pair))
    evidence = []
    for index in range(campaigns):
        drawn = traits(rng)
        segment, kind = favourite if best and rng.random() < BEST_SHARE else (drawn.segment, drawn.types[0])
        own = replace(drawn, segment=segment, types=(kind,))
        evidence.append(_campaign(rng, index, own, own.shares(), effects))
    return World(evidence, effects)


def named(seed: int, *, null: bool = False, campaigns: int = 96) -> World:
    """Audiences known by name alone, each with creatives of four types, and pairs of the two."""
    rng = np.random.default_rng((71, seed))
    effects = planted(rng, null)
    if not null:
        pairs = {metric: blocks(rng, SEGMENT, TYPE) for metric in ("ctr", "cvr")}
        effects = {metric: {**own, **pairs.get(metric, {})} for metric, own in effects.items()}
    effects = {metric: {_by_name(key): value for key, value in own.items()} for metric, own in effects.items()}
    evidence = []
    for index in range(campaigns):
        own = traits(rng)
        audience, creative = (
            Audience(name=own.segment),
            Creative(id=f"{own.types[0]} {rng.integers(3)}", type=own.types[0]),
        )
        mix = signals.of_cell(own.platform, own.objective, [audience], [creative])
        shares = {signal.key: share for signal, share in mix.items()}
        evidence.append(_campaign(rng, index, own, shares, effects))
    return World(evidence, effects)


def broken_down(seed: int, *, null: bool, units: int = 40) -> World:
    """Campaigns by audience and creative: each campaign's copy of either has something of its own."""
    rng = np.random.default_rng((72, seed))
    effects = planted(rng, null)
    evidence = []
    for unit in range(units):
        own = traits(rng)
        passing = {metric: rng.normal(0, 0.2) for metric in NOISE}
        segments = rng.choice(LEVELS[SEGMENT], 2, replace=False).tolist()
        types = rng.choice(LEVELS[TYPE], 2, replace=False).tolist()
        copies = {name: {m: float(rng.normal(0, 0.2)) for m in NOISE} for name in (*segments, *types)}
        cells = []
        for segment, kind in product(segments, types):
            shares = replace(own, segment=segment, types=(kind,)).shares()
            scatter = {m: passing[m] + copies[segment][m] + copies[kind][m] + rng.normal(0, 0.05) for m in passing}
            shown = max(2_000, int(rng.lognormal(np.log(60_000), 0.5)))
            cells.append(Cell(shares, counts(rng, shares, effects, scatter, shown)))
        names = ("impressions", "clicks", "conversions", "spend", "revenue")
        total = Counts(*(sum(getattr(cell.counts, name) for cell in cells) for name in names))
        whole = row(f"c{unit:03d}", FIRST_DAY + 9 * unit, own, {}, total)
        evidence.append(replace(whole, cells=tuple(cells)))
    return World(evidence, effects)


def ids_apart(seed: int, *, null: bool = False, campaigns: int = 96) -> World:
    """Four audiences and four creatives by name on three platforms, half of which do otherwise on each of them."""
    rng = np.random.default_rng((73, seed))
    effects = planted(rng, null)
    names = {signals.AUDIENCE: tuple("abcd"), signals.CREATIVE: tuple("wxyz")}
    for metric in ("ctr", "cvr"):
        for group, levels in names.items():
            own = np.where(rng.random(4) < 0.5, rng.normal(0, 0.2, 4), 0.0) * (not null)
            apart = np.where(rng.random(4) < 0.5, 1.0, 0.0)[:, None] * rng.normal(0, 0.3, (4, 3)) * (not null)
            apart = apart - apart.mean(axis=0) - apart.mean(axis=1, keepdims=True) + apart.mean()
            effects[metric] |= {f"{group}:{level}": float(x) for level, x in zip(levels, own - own.mean(), strict=True)}
            effects[metric] |= {
                _pair(signals.PLATFORM, platform, group, level): float(apart[i, j])
                for (i, level), (j, platform) in product(enumerate(levels), enumerate(LEVELS["platform"]))
            }
    evidence = []
    for index in range(campaigns):
        own = traits(rng)
        audience, creative = (str(rng.choice(levels)) for levels in names.values())
        segment = str(rng.choice(LEVELS[SEGMENT]))
        booked = Audience(name=audience, attributes={"segment": segment}), Creative(id=creative, type=own.types[0])
        mix = signals.of_cell(own.platform, own.objective, [booked[0]], [booked[1]])
        evidence.append(_campaign(rng, index, own, {signal.key: share for signal, share in mix.items()}, effects))
    return World(evidence, effects)


def _campaign(
    rng: np.random.Generator, index: int, own: Traits, shares: Mapping[str, float], effects: Effects
) -> Evidence:
    scatter = {metric: float(rng.normal(0, sd)) for metric, sd in NOISE.items()}
    shown = max(2_000, int(rng.lognormal(np.log(80_000), 0.8)))
    counted = counts(rng, with_pairs(shares), effects, scatter, shown)
    return row(f"c{index:04d}", FIRST_DAY + 3 * index, own, shares, counted)


def with_pairs(shares: Mapping[str, float]) -> dict[str, float]:
    """Shares with those of every two signals together: what planted pairs act on."""
    mains = [key for key in shares if signals.CROSS not in key]
    crossed = {
        signals.crossed(signals.parse(a), signals.parse(b)).key: shares[a] * shares[b] for a, b in product(mains, mains)
    }
    return {**crossed, **shares}


def _pair(first: str, a: str, second: str, b: str) -> str:
    return f"{first}*{second}:{a}*{b}"


def _by_name(key: str) -> str:
    """An audience is known by its name alone."""
    return key.replace(SEGMENT, signals.AUDIENCE, 1) if SEGMENT in key else key


def _of_size(campaigns: int) -> Callable[[int], World]:
    return lambda seed: paired(seed, campaigns=campaigns)


SIZES = (50, 100, 200, 400)
WORLDS: dict[str, Kind] = {
    "best pair picked": Kind("96 campaigns, 7 of 10 on the pair that sells best", lambda s: paired(s, best=True)),
    "best pair picked, null": Kind("the same, no effects", lambda s: paired(s, best=True, null=True), null=True),
    "audiences by name": Kind("96 campaigns, audiences without attributes", named),
    "audiences by name, null": Kind("the same, no effects", lambda s: named(s, null=True), null=True),
    "names on platforms": Kind("audiences and creatives that differ by platform", ids_apart),
    "names on platforms, null": Kind("the same, no effects", lambda s: ids_apart(s, null=True), null=True),
    "own copies": Kind("40 campaigns by ad, each copy differs", lambda s: broken_down(s, null=False)),
    "own copies, null": Kind("the same, no effects", lambda s: broken_down(s, null=True), null=True),
    **{f"pairs, {size} campaigns": Kind("pairs drawn evenly", _of_size(size)) for size in SIZES},
}


# --- judging ---------------------------------------------------------------------------------------------------------


def judged(kind: str, seed: int) -> Score:
    """One world learnt and compared with its truth; only observed metrics are covered, findings are of all."""
    world = WORLDS[kind].make(seed)
    effects = learn(world.evidence).effects
    said = {effect.signal for effect in effects}
    merged = {key for effect in effects if "always comes together" in effect.reason for key in (effect.signal,)}
    true = {
        metric: {key: own.get(key, 0.0) for key in said - merged} | dict(own) for metric, own in world.effects.items()
    }
    moving = {(metric, _group(key)) for metric, own in world.effects.items() for key, x in own.items() if abs(x) > 1e-9}
    hits: dict[str, list[bool]] = {}
    pairs: list[bool] = []
    told = []
    findings = false = found = 0
    for effect in effects:
        parts = METRICS[effect.metric].composition
        truth = sum(sign * true[part].get(effect.signal, 0.0) for part, sign in parts.items())
        findings += effect.finding
        false += effect.finding and (abs(truth) < 1e-9 or (truth > 0) != (effect.effect > 1))
        if effect.metric not in true or effect.signal not in world.effects["ctr"] or not effect.identified:
            continue
        hit = _holds(effect, truth)
        if (effect.metric, effect.group) in moving:
            (pairs if signals.CROSS in effect.group else hits.setdefault(effect.group, [])).append(hit)
        if signals.CROSS in effect.signal and abs(truth) > 0.1:
            found += effect.finding
            told.append((float(np.log(effect.effect)), truth))
    of_pairs = sum(
        abs(x) > 0.1 for metric in ("ctr", "cvr") for key, x in world.effects[metric].items() if signals.CROSS in key
    )
    worst = min((float(np.mean(own)) for own in hits.values()), default=np.nan)
    mains = [hit for own in hits.values() for hit in own]
    return Score(mains, pairs, worst, findings, false, of_pairs, found, told)


def _holds(effect: Effect, truth: float) -> bool:
    return bool(effect.interval[0] <= np.exp(truth) <= effect.interval[1])


def _group(key: str) -> str:
    return signals.parse(key).group


def report(seeds: int = SEEDS, kinds: Iterable[str] = (), workers: int = 2) -> str:
    """Learn worlds of every kind and return a table as markdown."""
    chosen = list(kinds) or list(WORLDS)
    jobs = [(kind, seed) for kind in chosen for seed in range(seeds)]
    with ProcessPoolExecutor(workers) as pool:
        scores = list(pool.map(judged, *zip(*jobs, strict=True)))
    lines = [_line(kind, scores[i * seeds : (i + 1) * seeds]) for i, kind in enumerate(chosen)]
    return "\n".join(
        [
            "| world | | seeds | coverage of 90 %, each alone | of pairs | false findings | null worlds with findings "
            "| pairs found | told of planted size | findings |",
            "|---|---|---:|---:|---:|---:|---:|---:|---:|---:|",
            *lines,
        ]
    )


def _line(kind: str, scores: Sequence[Score]) -> str:
    own = WORLDS[kind]
    mains, pairs = [np.mean(s.mains) for s in scores if s.mains], [np.mean(s.pairs) for s in scores if s.pairs]
    wrong = "" if own.null else _mean([s.false / max(s.findings, 1) for s in scores])
    with_any = _mean([float(s.findings > 0) for s in scores]) if own.null else ""
    total = sum(s.planted for s in scores)
    found = f"{sum(s.found for s in scores)} of {total}" if total else ""
    told = np.array([pair for s in scores for pair in s.told]).reshape(-1, 2)
    share = f"{told[:, 0] @ told[:, 1] / (told[:, 1] @ told[:, 1]):.2f}" if len(told) else ""
    each = f"{np.mean([s.findings for s in scores]):.1f}"
    cells = (kind, own.text, len(scores), _mean(mains), _mean(pairs), wrong, with_any, found, share, each)
    return "| " + " | ".join(map(str, cells)) + " |"


def _mean(values: Sequence[float | np.floating]) -> str:
    if not len(values):
        return ""
    error = np.std(values, ddof=1) / np.sqrt(len(values)) if len(values) > 1 else np.nan
    return f"{np.mean(values):.3f} ({error:.3f})"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("kinds", nargs="*", help=", ".join(WORLDS))
    parser.add_argument("--seeds", type=int, default=SEEDS)
    parser.add_argument("--workers", type=int, default=2)
    options = parser.parse_args()
    print(report(options.seeds, options.kinds, options.workers))


if __name__ == "__main__":
    main()
