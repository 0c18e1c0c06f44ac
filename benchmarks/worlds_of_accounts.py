"""Accounts in which something is true of all campaigns: a fall since some day, a planner who promises too much.

    python benchmarks/worlds_of_accounts.py              every world, 20 seeds each
    python benchmarks/worlds_of_accounts.py --seeds 5
    python benchmarks/worlds_of_accounts.py --seeds 120 --world "CVR x0.7 for all"

Eight campaigns a month on three platforms, scattering by .15 beyond counting. How often it is told, how often at the
right time, whether the 90 % interval holds the truth, and whether a platform, a planner, or an
effect of anything else, of which there is none, is told of it again.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

import numpy as np

from reflection.domain.evidence import Cell, Counts, Evidence
from reflection.domain.finding_kinds import LASTING_CHANGE, PLANNER_BIAS
from reflection.domain.results import Finding
from reflection.inference.learn import learn

SEEDS, A_MONTH, MONTH, QUARTER = 20, 8, 30.4, 3
SCATTER, CTR, CVR, CPM, VALUE = 0.15, 0.012, 0.045, 10.0, 80.0
FIRST_DAY = (date(2024, 1, 1) - date(1970, 1, 1)).days
MENU = {
    "platform": ("meta", "google", "tiktok"),
    "audience.age": ("18-24", "25-34"),
    "creative.type": ("video", "image"),
}


@dataclass(frozen=True)
class Account:
    """Months of campaigns; from `since` on CVR is `fall` times what it was, on one platform alone where `alone`; plans
    promise `promise` times the revenue and conversions that come before that. Rows are of `units` campaigns, or each of
    its own; all on `platform` where that is given. Campaigns that are `kept` book the same in each row. Each
    quarter has creatives of its own, two of them, where they are `renewed`."""

    months: int = 18
    since: int = 9
    fall: float = 1.0
    promise: float = 1.0
    alone: bool = False
    units: int = 0
    platform: str = ""
    kept: bool = False
    renewed: bool = False


WORLDS = {
    "nothing": Account(),
    "nothing, months of 8 campaigns": Account(units=A_MONTH),
    "CVR x0.7 for all": Account(fall=0.7),
    "CVR x0.7 for all, months of 8 campaigns": Account(fall=0.7, units=A_MONTH),
    "CVR x0.7 for all, the last 4 months": Account(fall=0.7, since=14),
    "CVR x0.7 for all, one platform": Account(fall=0.7, platform="google"),
    "CVR x0.7 for all, one platform, months of 8 campaigns": Account(fall=0.7, platform="google", units=A_MONTH),
    "CVR x0.7 for all, one platform, months of 8 campaigns, each for one audience": Account(
        fall=0.7, platform="google", units=A_MONTH, kept=True
    ),
    "nothing, one platform, months of 8 campaigns, each for one audience": Account(
        platform="google", units=A_MONTH, kept=True
    ),
    "nothing, one platform": Account(platform="google"),
    "nothing, one platform, months of 8 campaigns": Account(platform="google", units=A_MONTH),
    "CVR x0.7 for all, creatives new each quarter": Account(fall=0.7, renewed=True),
    "nothing, creatives new each quarter": Account(renewed=True),
    "CVR x0.85 for all": Account(fall=0.85),
    "CVR x0.85 for all, 30 months": Account(fall=0.85, months=30, since=15),
    "CVR x0.7 on one platform": Account(fall=0.7, alone=True),
    "plans 30 % too high, 2 months": Account(promise=1.3, months=2),
    "plans 30 % too high, 4 months": Account(promise=1.3, months=4),
    "plans 30 % too high, CVR x0.7 for all": Account(fall=0.7, promise=1.3),
    "plans 10 % too high": Account(promise=1.1),
}


def evidence(account: Account, seed: int) -> list[Evidence]:
    """The campaigns of one account."""
    rng, rows = np.random.default_rng((16, seed)), list[Evidence]()
    lasting = rng.normal(0, SCATTER, (max(account.units, 1), 2))
    for index in range(account.months * A_MONTH):
        month, number = divmod(index, A_MONTH)
        booked = {group: levels[int(rng.integers(len(levels)))] for group, levels in MENU.items()}
        if account.units:
            booked["platform"] = MENU["platform"][number % 3]
        booked["platform"] = account.platform or booked["platform"]
        if account.kept:
            audience = MENU["audience.age"][number % 3 == 0]
            booked |= {"audience.age": audience, "creative.type": "text", "objective": "sales"}
        if account.renewed:
            booked["creative"] = f"ad {month // QUARTER}{'ab'[number % 2]}"
        moved = month >= account.since and (booked["platform"] == "meta" or not account.alone)
        own = lasting[number % account.units] if account.units else np.zeros(2)
        scatter = rng.normal(0, SCATTER, 3)
        shown = float(rng.integers(80_000, 260_000))
        clicks = float(rng.poisson(shown * CTR * np.exp(scatter[0] + own[0])))
        rate = CVR * np.exp(scatter[1] + own[1]) * (account.fall if moved else 1.0)
        conversions = float(rng.poisson(clicks * rate))
        spend = round(shown / 1000 * CPM * float(np.exp(scatter[2])), 2)
        planned = account.promise * CTR * CVR * shown
        actual = Counts(shown, clicks, conversions, spend, VALUE * conversions)
        rows.append(Evidence(
            campaign_id=f"c{index:03d}", day=FIRST_DAY + int((month + (number + 0.5) / A_MONTH) * MONTH),
            platform_key=f"platform:{booked['platform']}", objective_key="objective:sales", planner="ours",
            currency="EUR", expected=Counts(shown, CTR * shown, planned, shown / 1000 * CPM, VALUE * planned),
            actual=actual, unit_id=f"u{number}" if account.units else None,
            cells=(Cell({f"{group}:{level}": 1.0 for group, level in booked.items()}, actual),),
        ))  # fmt: skip
    return rows


def line(name: str, seeds: int) -> str:
    """One world as a row of the table."""
    account = WORLDS[name]
    truth = {LASTING_CHANGE: 1.0 if account.alone else account.fall, PLANNER_BIAS: 1 / account.promise}
    told, right, covered, again, others, planners, effects = 0, 0, 0, 0, 0, 0, 0
    kind = PLANNER_BIAS if account.promise != 1.0 else LASTING_CHANGE
    begin = FIRST_DAY + account.since * MONTH
    for seed in range(seeds):
        knowledge = learn(evidence(account, seed))
        findings = knowledge.findings
        effects += any(one.finding and not one.signal.startswith("platform:") for one in knowledge.effects)
        own = [one for one in findings if one.metadata.get("kind") == kind]
        again += any(one.metadata.get("kind") == "drift" for one in findings)
        planners += kind != PLANNER_BIAS and any(one.metadata.get("kind") == PLANNER_BIAS for one in findings)
        others += len(own) - bool(own)
        if own:
            told, covered = told + 1, covered + _holds(own[0], truth[kind])
            right += kind == PLANNER_BIAS or _about(own[0], begin)
    return f"| {name} | {told} of {seeds} | {right} | {covered} | {others} | {again} | {planners} | {effects} |"


def _holds(finding: Finding, truth: float) -> bool:
    low, high = finding.interval or (1.0, 1.0)
    return low <= truth <= high


def _about(finding: Finding, begin: float) -> bool:
    """Whether the stretches in which it is said to have begun hold the true day."""
    first, last = ((date.fromisoformat(day) - date(1970, 1, 1)).days for day in finding.metadata["began_between"])
    return first <= begin <= last


def report(seeds: int = SEEDS, names: Iterable[str] = WORLDS) -> str:
    """Worlds as a markdown table."""
    columns = ["world", "told", "at its time", "interval holds it", "told besides", "a platform's trend", "a planner"]
    head = f"| {' | '.join(columns)} | another effect |\n|---{'|---:' * len(columns)}|"
    return "\n".join([head, *(line(name, seeds) for name in names)])


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=SEEDS)
    parser.add_argument("--world", choices=WORLDS)
    options = parser.parse_args()
    print(report(options.seeds, [options.world] if options.world else WORLDS))
