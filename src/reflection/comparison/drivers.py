"""Why a KPI moved: exact additive decomposition of CPA, ROAS and conversions (LMDI-I).

    CPA         = CPM / 1000 / (CTR * CVR)
    ROAS        = AOV * CVR * CTR * 1000 / CPM
    conversions = spend * 1000 / CPM * CTR * CVR

Each factor k with ratio r_k gets `L(V1, V0) * ln(r_k)` with the logarithmic mean `L(a, b) = (a - b) / ln(a / b)`
(Ang 2005, "The LMDI approach to decomposition analysis"): the parts add up exactly and no order of the factors is
preferred. It is accounting, not causation. Pure numbers; must not know what was learnt beyond each metric's scatter.
"""

import math
from collections.abc import Mapping
from typing import NamedTuple

from reflection.comparison.judgement import judge
from reflection.domain.campaign import Metrics
from reflection.domain.metrics import METRICS, rates
from reflection.domain.results import Decomposition, Driver, Rates
from reflection.domain.scatter import CampaignScatter
from reflection.domain.weights import Interval


def logarithmic_mean(a: float, b: float) -> float:
    """L(a, b) = (a - b) / ln(a / b), L(a, a) = a, and 0 if either is 0; a series near a = b keeps it exact."""
    if a <= 0 or b <= 0:
        return 0.0
    d = math.log(a / b)
    return b * (1 + d / 2 + d * d / 6) if abs(d) < 1e-5 else (a - b) / d


def lmdi(value1: float, value0: float, log_ratios: Mapping[str, float]) -> dict[str, float]:
    """Contributions to `value1 - value0` of factors with the given log ratios (which add up to ln(value1 / value0))."""
    mean = logarithmic_mean(value1, value0)
    return {name: mean * log_ratio for name, log_ratio in log_ratios.items()}


def largest_remainder(parts: Mapping[str, float], total: float, decimals: int = 2) -> dict[str, float]:
    """Round parts so that they still add up to the rounded total (Hamilton's method)."""
    unit = 10**decimals
    if not all(abs(value * unit) < 2**53 for value in (*parts.values(), total)):
        return {name: round(value, decimals) for name, value in parts.items()}  # so large a float holds no cents
    floors = {name: math.floor(value * unit) for name, value in parts.items()}
    missing = round(total * unit) - sum(floors.values())
    by_remainder = sorted(parts, key=lambda name: (floors[name] - parts[name] * unit, name))
    step = 1 if missing >= 0 else -1
    for turn in range(abs(missing)):
        floors[by_remainder[turn % len(by_remainder)]] += step
    return {name: floors[name] / unit for name in parts}


def decompose(expected: Metrics, actual: Metrics, scatter: CampaignScatter) -> tuple[Decomposition, ...]:
    """Decompose CPA and ROAS, or conversions where a CPA does not exist.

    Args:
        scatter: learnt between campaigns.
    """
    sides = _Sides(expected, actual, rates(expected), rates(actual))
    plan, fact = sides.plan, sides.fact
    decompositions: list[Decomposition] = []
    if plan.cpa and fact.cpa and sides.explain("cpa"):
        decompositions.append(_decomposition("cpa", plan.cpa, fact.cpa, sides, scatter))
    elif not actual.conversions or not expected.conversions:
        decompositions += _conversions(sides, scatter)
    if plan.roas and fact.roas and sides.explain("roas"):
        decompositions.append(_decomposition("roas", plan.roas, fact.roas, sides, scatter))
    return tuple(decompositions)


class _Sides(NamedTuple):
    """Forecast and fact with their KPIs."""

    expected: Metrics
    actual: Metrics
    plan: Rates
    fact: Rates

    def explain(self, kpi: str) -> bool:
        """Whether every factor of a KPI is known before and after, and conversions are made of clicks."""
        complete = all(None not in self.factor(name) for name in METRICS[kpi].composition)
        return complete and bool(self.plan.cvr and self.fact.cvr)

    def factor(self, name: str) -> tuple[float | None, float | None]:
        """A factor before and after."""
        if name == "spend":
            return self.expected.spend, self.actual.spend
        return getattr(self.plan, name), getattr(self.fact, name)


def _decomposition(kpi: str, plan: float, fact: float, sides: _Sides, scatter: CampaignScatter) -> Decomposition:
    logs: dict[str, float] = {}
    for name, sign in METRICS[kpi].composition.items():
        before, after = sides.factor(name)
        logs[name] = sign * math.log(after / before) if before and after else 0.0
    return _assemble(kpi, plan, fact, lmdi(fact, plan, logs), sides, scatter)


def _conversions(sides: _Sides, scatter: CampaignScatter) -> list[Decomposition]:
    """Without conversions there is no CPA to explain; the change in conversions goes to the first factor that is 0."""
    expected, actual = sides.expected, sides.actual
    if actual.unknown:
        return []
    if not expected.conversions or not expected.impressions or not expected.clicks or not expected.spend:
        return []
    factors = METRICS["conversions"].composition  # what is bought, shown, clicked and converted, in this order
    chain = zip(factors, (actual.spend, actual.impressions, actual.clicks, actual.conversions), strict=True)
    broken = next(name for name, count in chain if not count)
    parts = dict.fromkeys(factors, 0.0) | {broken: -expected.conversions}
    note = f"no conversions: there is no CPA; the whole change comes from {broken.upper()} being zero"
    return [_assemble("conversions", expected.conversions, 0.0, parts, sides, scatter, note)]


def _assemble(
    kpi: str,
    plan: float,
    fact: float,
    parts: Mapping[str, float],
    sides: _Sides,
    scatter: CampaignScatter,
    note: str | None = None,
) -> Decomposition:
    rounded = largest_remainder(parts, round(fact, 2) - round(plan, 2))
    drivers = []
    for name in sorted(parts, key=lambda factor: -abs(parts[factor])):
        before, after = (side or 0.0 for side in sides.factor(name))
        judgement = judge(name, sides.expected, sides.actual, scatter.of(name))
        weight = logarithmic_mean(fact, plan) * METRICS[kpi].composition[name]
        band = _part_interval(before, weight, judgement.interval)
        drivers.append(
            Driver(name, before, after, parts[name], rounded[name], judgement.z, bool(judgement.beyond_noise), band)
        )
    return Decomposition(kpi, plan, fact, tuple(drivers), note)


def _part_interval(before: float, weight: float, band: Interval | None) -> Interval | None:
    """The part that the factor would have at either end of its own interval: it holds 0 where the factor is noise."""
    if band is None or not (before and weight and band[0]):
        return None
    low, high = sorted(weight * math.log(bound / before) for bound in band)
    return (low, high)
