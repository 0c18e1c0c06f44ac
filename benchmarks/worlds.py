"""Worlds in which the assumptions of learning do not hold by themselves: what the engine says there, and what is true.

    python benchmarks/worlds.py                                  every world, 20 seeds each
    python benchmarks/worlds.py --seeds 5 "repeated units"       some of them

Each world is a generator with fixed seeds (`WORLDS`; more are added there). It is learnt as the product learns it, by
`learn`, and its effects are compared with the planted ones: how often 90 % intervals hold the truth, which share of
what is called a finding is false, and in how many worlds without any effect something is called one. Standard errors
over worlds are in brackets.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from itertools import product

import numpy as np
from numpy.typing import NDArray

from reflection.domain import signals
from reflection.domain.campaign import Audience, Creative
from reflection.domain.evidence import Cell, Counts, Evidence
from reflection.domain.knowledge import Knowledge
from reflection.domain.metrics import METRICS
from reflection.inference.learn import learn

Floats = NDArray[np.float64]
Effects = Mapping[str, Mapping[str, float]]

SEEDS = 20
BASE = {"cpm": 8.0, "ctr": 0.012, "cvr": 0.03, "aov": 60.0}
NULL_SHARE = 0.6
LEVELS = {
    "platform": ("google", "meta", "tiktok"),
    "objective": ("sales", "traffic"),
    "audience.age": ("18-24", "25-34", "35-44", "45+"),
    "audience.segment": ("families", "gamers", "parents", "students"),
    "creative.type": ("carousel", "image", "text", "video"),
}
FIRST_DAY, MONTH = 19_400, 30


@dataclass(frozen=True)
class World:
    """Evidence, and what is true of it: observed metric -> main signal -> log effect, summing to zero by group."""

    evidence: Sequence[Evidence]
    effects: Effects


@dataclass(frozen=True)
class Kind:
    """A kind of world. ``make``: the world of a seed. ``null``: nothing has any effect, so nothing is a finding."""

    text: str
    make: Callable[[int], World]
    null: bool = False


@dataclass(frozen=True)
class Score:
    """One world judged. ``hits``: (group, whether the metric has effects in it) -> whether each interval held the
    truth. ``unidentified``: of how many planted signals nothing is said."""

    hits: Mapping[tuple[str, bool], Sequence[bool]]
    findings: int
    false: int
    unidentified: int
    signals: int


# --- what worlds are made of -----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Traits:
    """What a campaign books, as a campaign states it."""

    platform: str
    objective: str
    age: str
    segment: str
    types: tuple[str, ...]

    def audience(self) -> Audience:
        """Whom it asks."""
        return Audience(name=f"{self.segment} {self.age}", attributes={"age": self.age, "segment": self.segment})

    def shares(self) -> dict[str, float]:
        """Membership shares of its signals, by key."""
        creatives = [Creative(id=f"a {kind}", type=kind) for kind in self.types]
        mix = signals.of_cell(self.platform, self.objective, [self.audience()], creatives)
        return {signal.key: share for signal, share in mix.items()}


def planted(rng: np.random.Generator, null: bool, sd: float = 0.25) -> dict[str, dict[str, float]]:
    """Effects of every level on CPM, CTR and CVR, most of them none, and none on AOV."""
    effects: dict[str, dict[str, float]] = {metric: {} for metric in BASE}
    for metric, by_signal in effects.items():
        for group, levels in LEVELS.items():
            active = rng.random(len(levels)) > NULL_SHARE
            drawn = np.where(active, rng.normal(0, sd, len(levels)), 0.0)
            if active.sum() < 2 or metric == "aov" or null:
                drawn = np.zeros(len(levels))
            drawn[active] -= drawn[active].mean() if active.any() else 0.0
            by_signal |= {f"{group}:{level}": float(value) for level, value in zip(levels, drawn, strict=True)}
    return effects


def traits(rng: np.random.Generator) -> Traits:
    """What one campaign books, drawn at random."""
    platform, objective, age, segment = (str(rng.choice(LEVELS[group])) for group in list(LEVELS)[:4])
    return Traits(platform, objective, age, segment, creative_types(rng))


def creative_types(rng: np.random.Generator) -> tuple[str, ...]:
    """One or two creative types."""
    count = int(rng.integers(1, 3))
    return tuple(sorted(str(kind) for kind in rng.choice(LEVELS["creative.type"], count, replace=False)))


def counts(
    rng: np.random.Generator, shares: Mapping[str, float], effects: Effects, scatter: Mapping[str, float], shown: int
) -> Counts:
    """What is counted of ``shown`` impressions. ``scatter``: log deviation of each metric beside the effects."""
    level = {
        metric: BASE[metric]
        * np.exp(sum(share * effects[metric].get(key, 0.0) for key, share in shares.items()) + scatter[metric])
        for metric in BASE
    }
    clicks = int(rng.poisson(shown * level["ctr"]))
    conversions = int(rng.poisson(clicks * level["cvr"]))
    revenue = conversions * level["aov"] * float(np.exp(rng.normal(0, 1 / np.sqrt(max(conversions, 1)))))
    return Counts(shown, clicks, conversions, round(shown / 1000 * level["cpm"], 2), round(revenue, 2))


def row(
    campaign_id: str,
    day: int,
    own: Traits,
    shares: Mapping[str, float],
    counted: Counts,
    unit_id: str | None = None,
    account_id: str | None = None,
) -> Evidence:
    """One campaign's evidence, planned as it was delivered."""
    return Evidence(
        campaign_id=campaign_id, day=day, platform_key=f"platform:{own.platform}",
        objective_key=f"objective:{own.objective}", planner=None, currency="EUR",
        expected=counted, actual=counted, cells=(Cell(shares, counted),), unit_id=unit_id, account_id=account_id,
    )  # fmt: skip


# --- the worlds ------------------------------------------------------------------------------------------------------


def repeated_units(seed: int, *, null: bool, units: int = 15, months: int = 12) -> World:
    """Months of the same campaigns: what is peculiar to a campaign lasts, most of what it books, too."""
    rng = np.random.default_rng((18, seed))
    effects = planted(rng, null)
    evidence = []
    for unit in range(units):
        own, size = traits(rng), float(rng.lognormal(np.log(80_000), 0.8))
        lasting = {metric: rng.normal(0, sd) for metric, sd in _LASTING.items()}
        for month in range(months):
            here = Traits(own.platform, own.objective, own.age, own.segment, creative_types(rng))
            scatter = {metric: lasting[metric] + rng.normal(0, sd) for metric, sd in _MONTHLY.items()}
            shares, shown = here.shares(), max(2_000, int(size * rng.lognormal(0, 0.3)))
            counted = counts(rng, shares, effects, scatter, shown)
            day = FIRST_DAY + MONTH * month
            evidence.append(row(f"{unit:02d}/{month:02d}", day, here, shares, counted, f"unit {unit:02d}"))
    return World(evidence, effects)


def broken_down(seed: int, *, null: bool, units: int = 12, months: int = 8) -> World:
    """Months of the same campaigns by audience and creative: each of those has something lasting of its own, too."""
    rng = np.random.default_rng((20, seed))
    effects = planted(rng, null)
    evidence = []
    for unit in range(units):
        own = traits(rng)
        lasting = {metric: rng.normal(0, sd) for metric, sd in _LASTING.items()}
        members = [(_audience(rng, f"{unit}-{i}"), _deviation(rng)) for i in range(3)]
        creatives = [(_creative(rng, f"{unit}-{i}"), _deviation(rng)) for i in range(2)]
        for month in range(months):
            passing = {metric: lasting[metric] + rng.normal(0, sd) for metric, sd in _MONTHLY.items()}
            cells = []
            for (audience, of_audience), (creative, of_creative) in product(members, creatives):
                mix = signals.of_cell(own.platform, own.objective, [audience], [creative])
                shares = {signal.key: share for signal, share in mix.items()}
                scatter = {m: passing[m] + of_audience[m] + of_creative[m] + rng.normal(0, 0.08) for m in passing}
                shown = max(500, int(rng.lognormal(np.log(20_000), 0.5)))
                cells.append(Cell(shares, counts(rng, shares, effects, scatter, shown)))
            names = ("impressions", "clicks", "conversions", "spend", "revenue")
            total = Counts(*(sum(getattr(cell.counts, name) for cell in cells) for name in names))
            day = FIRST_DAY + MONTH * month
            whole = row(f"{unit:02d}/{month:02d}", day, own, {}, total, f"unit {unit:02d}")
            evidence.append(replace(whole, cells=tuple(cells)))
    return World(evidence, effects)


def _audience(rng: np.random.Generator, name: str) -> Audience:
    age, segment = (str(rng.choice(LEVELS[group])) for group in ("audience.age", "audience.segment"))
    return Audience(name=name, attributes={"age": age, "segment": segment})


def _creative(rng: np.random.Generator, name: str) -> Creative:
    return Creative(id=name, type=str(rng.choice(LEVELS["creative.type"])))


def _deviation(rng: np.random.Generator) -> dict[str, float]:
    return {metric: float(rng.normal(0, 0.15)) for metric in BASE}


def several_accounts(seed: int, *, null: bool, accounts: int = 8, campaigns: int = 12) -> World:
    """Campaigns of accounts that differ, two or three on a platform, each account with audiences of its own taste."""
    rng = np.random.default_rng((19, seed))
    effects = planted(rng, null)
    evidence = []
    for account in range(accounts):
        platform = LEVELS["platform"][account % len(LEVELS["platform"])]
        lasting = {metric: rng.normal(0, sd) for metric, sd in _LASTING.items()}
        taste = rng.dirichlet(np.full(len(LEVELS["audience.age"]), 0.7))
        for number in range(campaigns):
            drawn = traits(rng)
            age = str(rng.choice(LEVELS["audience.age"], p=taste))
            own = Traits(platform, drawn.objective, age, drawn.segment, drawn.types)
            scatter = {metric: lasting[metric] + rng.normal(0, sd) for metric, sd in _MONTHLY.items()}
            shares, shown = own.shares(), max(2_000, int(rng.lognormal(np.log(80_000), 0.8)))
            counted = counts(rng, shares, effects, scatter, shown)
            day = FIRST_DAY + int(rng.integers(12 * MONTH))
            name = f"{account:02d}/{number:02d}"
            evidence.append(row(name, day, own, shares, counted, account_id=f"account {account}"))
    return World(evidence, effects)


_LASTING = {"cpm": 0.30, "ctr": 0.35, "cvr": 0.35, "aov": 0.20}
_MONTHLY = {"cpm": 0.10, "ctr": 0.12, "cvr": 0.12, "aov": 0.08}


def one_season(seed: int, *, campaigns: int = 96) -> World:
    """Two years in which everybody buys twice as much in the last sixth of each, when nothing but video runs."""
    rng = np.random.default_rng((55, seed))
    effects = planted(rng, null=True)
    evidence = []
    for index in range(campaigns):
        day = FIRST_DAY + index * 730 // campaigns
        season = (day - FIRST_DAY) % 365 >= 304
        own = traits(rng)
        types = ("video",) if season else (str(rng.choice(["carousel", "image", "text"])),)
        here = Traits(own.platform, own.objective, own.age, own.segment, types)
        scatter = {metric: float(rng.normal(0, sd)) for metric, sd in _MONTHLY.items()}
        scatter["cvr"] += float(np.log(2.0)) * season
        shares = here.shares()
        counted = counts(rng, shares, effects, scatter, int(rng.lognormal(np.log(80_000), 0.5)))
        evidence.append(row(f"c{index:03d}", day, here, shares, counted))
    return World(evidence, effects)


def nothing_bought(seed: int, *, campaigns: int = 40) -> World:
    """Campaigns of very different sizes that are clicked and in which nobody ever buys."""
    rng = np.random.default_rng((56, seed))
    effects = planted(rng, null=True)
    evidence = []
    for index in range(campaigns):
        own = traits(rng)
        scatter = {metric: float(rng.normal(0, sd)) for metric, sd in _MONTHLY.items()} | {"cvr": -50.0}
        shares = own.shares()
        counted = counts(rng, shares, effects, scatter, int(rng.lognormal(np.log(80_000), 1.2)))
        evidence.append(row(f"c{index:03d}", FIRST_DAY + 5 * index, own, shares, counted))
    return World(evidence, effects)


RETARGETING = 8.0
"""How many times as many buy of those who came before."""


def retargeting(seed: int, *, campaigns: int = 96) -> World:
    """A quarter of the campaigns ask people who came before, of whom eight times as many buy: honest, and no fault."""
    rng = np.random.default_rng((57, seed))
    effects = planted(rng, null=True)
    objectives = (*LEVELS["objective"], "retargeting")
    for key, times in zip(objectives, (1.0, 1.0, RETARGETING), strict=True):
        effects["cvr"][f"objective:{key}"] = float(np.log(times) - np.log(RETARGETING) / len(objectives))
    evidence = []
    for index in range(campaigns):
        drawn = traits(rng)
        objective = "retargeting" if rng.random() < 1 / 4 else drawn.objective
        own = Traits(drawn.platform, objective, drawn.age, drawn.segment, drawn.types)
        scatter = {metric: float(rng.normal(0, sd)) for metric, sd in _MONTHLY.items()}
        shares = own.shares()
        counted = counts(rng, shares, effects, scatter, int(rng.lognormal(np.log(80_000), 0.8)))
        evidence.append(row(f"c{index:03d}", FIRST_DAY + 5 * index, own, shares, counted))
    return World(evidence, effects)


def totals_only(seed: int, *, optimised: bool, campaigns: int = 100) -> World:
    """Two or three audiences a campaign and one sum of counts: nobody says who saw how much, and rates mix as rates.

    ``optimised``: the platform shows the campaign to those who click and buy, so the better audience gets the more.
    """
    rng = np.random.default_rng((58, seed))
    effects = planted(rng, null=False)
    evidence = []
    for index in range(campaigns):
        own, count = traits(rng), int(rng.integers(2, 4))
        members = [_audience(rng, f"{index}-{number}") for number in range(count)]
        creative = [Creative(id=f"a {own.types[0]}", type=own.types[0])]
        mixes = [signals.of_cell(own.platform, own.objective, [member], creative) for member in members]
        cells = [{signal.key: share for signal, share in mix.items()} for mix in mixes]
        appeal = [
            sum(share * (effects["ctr"].get(k, 0) + effects["cvr"].get(k, 0)) for k, share in c.items()) for c in cells
        ]
        delivered = rng.dirichlet(np.full(count, 3.0)) * (np.exp(3.0 * np.array(appeal)) if optimised else 1.0)
        scatter = {metric: float(rng.normal(0, sd)) for metric, sd in _MONTHLY.items()}
        shown = rng.lognormal(np.log(80_000), 0.8) * delivered / delivered.sum()
        parts = [counts(rng, c, effects, scatter, max(200, int(n))) for c, n in zip(cells, shown, strict=True)]
        names = ("impressions", "clicks", "conversions", "spend", "revenue")
        total = Counts(*(sum(getattr(part, name) for part in parts) for name in names))
        mix = signals.of_cell(own.platform, own.objective, members, creative)
        shares = {signal.key: share for signal, share in mix.items()}
        evidence.append(row(f"c{index:03d}", FIRST_DAY + 5 * index, own, shares, total))
    return World(evidence, effects)


WORLDS: dict[str, Kind] = {
    "repeated units": Kind("12 months of the same 15 campaigns", lambda seed: repeated_units(seed, null=False)),
    "repeated units, null": Kind("the same, no effects", lambda seed: repeated_units(seed, null=True), null=True),
    "months by ad": Kind("8 months of 12 campaigns, 6 ads each", lambda seed: broken_down(seed, null=False)),
    "months by ad, null": Kind("the same, no effects", lambda seed: broken_down(seed, null=True), null=True),
    "several accounts": Kind("12 campaigns of each of 8 accounts", lambda seed: several_accounts(seed, null=False)),
    "several accounts, null": Kind("the same, no effects", lambda seed: several_accounts(seed, null=True), null=True),
    "one season, null": Kind("CVR doubles for two months, video runs in them only", one_season, null=True),
    "nothing bought, null": Kind("clicks and not one conversion", nothing_bought, null=True),
    "retargeting": Kind("a quarter of the campaigns sells eight times as often, honestly", retargeting),
    "totals only": Kind(
        "two or three audiences, one sum, as delivered", lambda seed: totals_only(seed, optimised=False)
    ),
    "optimised delivery": Kind(
        "the same, the better audience is shown more", lambda seed: totals_only(seed, optimised=True)
    ),
}


# --- judging ---------------------------------------------------------------------------------------------------------


def judged(kind: str, seed: int) -> Score:
    """One world learnt and compared with its truth."""
    world = WORLDS[kind].make(seed)
    knowledge = learn(world.evidence)
    true = _identified(world.effects, knowledge)
    hits: dict[tuple[str, bool], list[bool]] = {}
    moving = {
        (metric, signals.parse(key).group)
        for metric in true
        for key, value in true[metric].items()
        if abs(value) > 1e-9
    }
    findings = false = unidentified = of_truth = 0
    for effect in knowledge.effects:
        parts = METRICS[effect.metric].composition
        of_truth += effect.signal in world.effects["ctr"]
        if not all(effect.signal in true.get(part, {}) for part in parts):
            unidentified += effect.signal in world.effects["ctr"]
            false += effect.finding and WORLDS[kind].null  # of a name or an interaction: nothing has an effect
            findings += effect.finding and WORLDS[kind].null
            continue
        truth = sum(sign * true[part][effect.signal] for part, sign in parts.items())
        findings += effect.finding
        false += effect.finding and (abs(truth) < 1e-9 or (truth > 0) != (effect.effect > 1))
        low, high = effect.interval
        if low == high or not effect.identified:
            unidentified += 1
        elif effect.metric in true:
            place = effect.group, (effect.metric, effect.group) in moving
            hits.setdefault(place, []).append(bool(low <= np.exp(truth) <= high))
    return Score(hits, findings, false, unidentified, of_truth)


def _identified(effects: Effects, knowledge: Knowledge) -> dict[str, dict[str, float]]:
    """The planted effects that the evidence can tell apart, against the mean of their group's levels among them."""
    seen = {effect.signal for effect in knowledge.effects}
    merged = {key for pair in knowledge.aliases.items() if set(pair) <= effects["ctr"].keys() for key in pair}
    true: dict[str, dict[str, float]] = {}
    for metric, planted_here in effects.items():
        of_group: dict[str, dict[str, float]] = {}
        for key, value in planted_here.items():
            if key in seen and key not in merged:
                of_group.setdefault(signals.parse(key).group, {})[key] = value
        centred = [
            {key: value - float(np.mean(list(group.values()))) for key, value in group.items()}
            for group in of_group.values()
        ]
        true[metric] = {key: value for group in centred for key, value in group.items()}
    return true


@dataclass(frozen=True)
class Table:
    """The scores of all seeds of one kind of world, as lines of markdown."""

    kind: str
    scores: Sequence[Score]

    def line(self) -> str:
        """The kind as a whole."""
        own = WORLDS[self.kind]
        covered = self._coverage(True), self._coverage(False)
        rates = [s.false / max(s.findings, 1) for s in self.scores]
        wrong = "" if own.null else _mean(rates)
        with_any = _mean([float(s.findings > 0) for s in self.scores]) if own.null else ""
        each = np.mean([s.findings for s in self.scores])
        unclear = sum(s.unidentified for s in self.scores) / max(sum(s.signals for s in self.scores), 1)
        cells = (self.kind, own.text, len(self.scores), *covered, wrong, with_any, f"{each:.1f}", f"{unclear:.1%}")
        return "| " + " | ".join(map(str, cells)) + " |"

    def groups(self) -> str:
        """Coverage of what has effects by group of signals; of a null world, of everything."""
        own = not WORLDS[self.kind].null
        names = sorted({group for score in self.scores for group, planted in score.hits if planted is own})
        shares = ((name, [np.mean(s.hits[name, own]) for s in self.scores if (name, own) in s.hits]) for name in names)
        return f"{self.kind}: " + ", ".join(f"{name} {_mean(values)}" for name, values in shares)

    def _coverage(self, planted: bool) -> str:
        """Of effects in groups with planted effects, or of the others."""
        hits = [[hit for place, own in s.hits.items() if place[1] is planted for hit in own] for s in self.scores]
        return _mean([np.mean(own) for own in hits if own])


def report(seeds: int = SEEDS, kinds: Iterable[str] = (), workers: int = 2) -> str:
    """Learn worlds of every kind and return the tables as markdown."""
    chosen = list(kinds) or list(WORLDS)
    jobs = [(kind, seed) for kind in chosen for seed in range(seeds)]
    with ProcessPoolExecutor(workers) as pool:
        scores = list(pool.map(judged, *zip(*jobs, strict=True)))
    tables = [Table(kind, scores[i * seeds : (i + 1) * seeds]) for i, kind in enumerate(chosen)]
    return "\n".join(
        [
            "| world | | seeds | coverage of 90 %, effects planted | none planted | false findings | null worlds with "
            "findings | findings | not said |",
            "|---|---|---:|---:|---:|---:|---:|---:|---:|",
            *(table.line() for table in tables),
            "",
            "Coverage by group of signals, where effects are planted:",
            "",
            *(f"- {table.groups()}" for table in tables),
        ]
    )


def _mean(values: Sequence[float | np.floating]) -> str:
    if not len(values):
        return ""
    error = np.std(values, ddof=1) / np.sqrt(len(values)) if len(values) > 1 else np.nan
    return f"{np.mean(values):.3f} ({error:.3f})"


def main(among: Iterable[str] = WORLDS) -> None:
    """Print the tables of some worlds, of all that are named or of these."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("kinds", nargs="*", help=", ".join(among))
    parser.add_argument("--seeds", type=int, default=SEEDS)
    parser.add_argument("--workers", type=int, default=2)
    options = parser.parse_args()
    print(report(options.seeds, options.kinds or among, options.workers))


if __name__ == "__main__":
    main()
