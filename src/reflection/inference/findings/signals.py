"""Findings about signals: winning audiences, high-performing creatives, platforms; each with its avoid side.

One finding a signal: on the goal metric where that is beyond noise, else on the rate where it is clearest; what else is
beyond noise stands beside it. Selection happened before (effect_rows); here it is put into a form people read.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace

import numpy as np

from reflection.domain import signals
from reflection.domain.bookable import root
from reflection.domain.evidence import day_text
from reflection.domain.knowledge import Effect
from reflection.domain.metrics import METRICS, PRICES, RATES, as_read
from reflection.domain.number_of import number_of
from reflection.domain.results import DESCRIPTIVE, ESTABLISHED, Category, Finding
from reflection.explain.formatting import rough_lift, rounded_lift, rounded_lifts
from reflection.inference.evidence.dataset import Dataset
from reflection.inference.evidence.table_columns import feature_of
from reflection.inference.findings.common import finding_id, impact, is_favorable
from reflection.inference.support import SupportIndex

RATES_BY_VALUE = (*reversed(RATES), *PRICES)
"""The observed metrics; of effects that are equally clear the earlier one is told: what is nearest to a sale first."""


def signal_findings(effects: Iterable[Effect], table: Dataset, support: SupportIndex, goal: str) -> list[Finding]:
    """One finding for every signal with an effect beyond noise; one seen in a single campaign describes this one."""
    by_signal: dict[str, dict[str, Effect]] = {}
    for effect in effects:
        if effect.finding or effect.within is not None:
            by_signal.setdefault(effect.signal, {})[effect.metric] = effect
    total = float(np.nansum(table.spend))
    findings = []
    for _, beyond_noise in sorted(by_signal.items()):
        clearest = _clearest(beyond_noise, goal)
        if clearest is not None:
            findings.append(_finding(clearest, beyond_noise, table, support, total))
    return findings


def category_of(group: str) -> Category:
    """Audience, creative, or a level of platforms and objectives, which is no trend (`trends.py` finds those).

    A pair belongs to what is not its platform, and to its audience.
    """
    if any(part.startswith(signals.AUDIENCE) for part in group.split("*")):
        return "winning_audience"
    if any(part.startswith(signals.CREATIVE) for part in group.split("*")):
        return "high_performing_creative"
    return "cross_platform_pattern"


def claim_id(signal_key: str, metric: str) -> str:
    """The id of the finding that a signal has an effect on a metric.

    An id names the claim, not the kind it is filed under: levels of platforms keep those from when they were filed
    with the trends, so that sentences stored then still find their learning.
    """
    category = category_of(signals.parse(signal_key).group)
    filed_under = "platform_trend" if category == "cross_platform_pattern" else category
    return finding_id(filed_under, signal_key, metric)


def _clearest(beyond_noise: Mapping[str, Effect], goal: str) -> Effect | None:
    if goal in beyond_noise:
        return beyond_noise[goal]
    rates = [beyond_noise[metric] for metric in RATES_BY_VALUE if metric in beyond_noise]
    return min(rates, key=lambda effect: effect.lfsr, default=None)


def _finding(
    effect: Effect,
    beyond_noise: Mapping[str, Effect],
    table: Dataset,
    support: SupportIndex,
    total_spend: float,
) -> Finding:
    sides = support.of(feature_of(effect.signal), effect.metric)
    supporting, contradicting = sides.ids()
    if effect.within and len(supporting) + len(contradicting) > 1:  # its id says one month of several
        effect = replace(effect, within=f"the campaign of {effect.within}")
    first, last = sides.days or (None, None)
    good = is_favorable(effect.metric, effect.effect)
    category = category_of(effect.group)
    label = signals.parse(effect.signal).label
    metric, lift, _ = as_read(effect.metric, effect.effect, None)
    aliases = sorted(alias for alias, key in table.aliases.items() if key == effect.signal)
    return Finding(
        finding_id=claim_id(effect.signal, effect.metric),
        category=category,
        title=f"{label}: {METRICS[metric].label} {_size(effect.signal, lift or 1.0)}"
        + (f" within {effect.within}" if effect.within else ""),
        description=_describe(effect, label, aliases, len(sides.supporting), len(sides.contradicting)),
        signal_key=effect.signal,
        impact_score=impact(effect.effect, (effect.spend or 0) / total_spend if total_spend else 0.0, effect.lfsr),
        evidence_count=effect.real_campaigns,
        metadata={
            "label": label,
            "rows": effect.rows,
            **({"within": effect.within} if effect.within else {}),
            "action": "prefer" if good else "avoid",
            "aliases": aliases,
            "also": {
                m: {"effect": e.effect, "interval": e.interval, **_sides(support, e.signal, m)}
                for m, e in sorted(beyond_noise.items())
            },
        },
        metric=effect.metric,
        direction="favorable" if good else "unfavorable",
        effect=effect.effect,
        interval=effect.interval,
        probability=effect.probability,
        lfsr=effect.lfsr,
        raw_lift=effect.raw_lift,
        effective_campaigns=effect.campaigns,
        spend=effect.spend,
        supporting=supporting,
        contradicting=contradicting,
        first_seen=None if first is None else day_text(first),
        last_confirmed=None if last is None else day_text(last),
        status=ESTABLISHED if effect.finding else DESCRIPTIVE,
        grade=effect.grade,
    )


def _sides(support: SupportIndex, signal: str, metric: str) -> dict[str, tuple[int, int]]:
    """How many campaigns are for an effect and against it; of a pair also for that of its second within its first."""
    feature, parts = feature_of(signal), signals.parse(signal).parts
    sides = {"sides": support.sides(feature, metric)}
    if len(parts) == 2:
        sides["within"] = support.sides_within(feature, feature_of(parts[1].key), metric)
    return sides


def _describe(effect: Effect, label: str, aliases: list[str], pro: int, contra: int) -> str:
    metric, lift, bounds = as_read(effect.metric, effect.effect, effect.interval)
    _, raw, _ = as_read(effect.metric, effect.raw_lift or None, None)
    plain = "" if raw is None else f" The plain ratio is {rounded_lift(raw)}."
    names = ", ".join(signals.parse(alias).label for alias in aliases)
    alone = f" It cannot be told apart from {names}." if aliases else ""
    size = f"{METRICS[metric].label} {_size(effect.signal, lift or 1.0)}, other things equal"
    interval = f"90 % interval {rounded_lifts(bounds or effect.interval)}"
    if effect.within:
        return (
            f"Within {effect.within}, {label} comes with {size} ({interval}; "
            f"{number_of(effect.rows, 'ad row')}).{plain}{alone} "
            "It was seen in this campaign only, so nothing is said of others."
        )
    return (
        f"{label} comes with {size} ({interval}; seen in {number_of(effect.real_campaigns, 'campaign')} and "
        f"{number_of(effect.rows, 'ad row')}; of their results taken alone, {pro} speak for it beyond noise and "
        f"{contra} against)."
        f"{plain}{alone} {_randomisation(effect)}"
    )


def _size(signal: str, lift: float) -> str:
    """How far it is from the average of its kind; a pair, from what the two would do together by what each does."""
    if signals.CROSS not in signal:
        return f"{rounded_lift(lift)} against the average {root(signal)}"
    return f"{rough_lift(lift)} {'above' if lift >= 1 else 'below'} what the two do alone"


def _randomisation(effect: Effect) -> str:
    """Whether lots were drawn."""
    if effect.grade == "observed":
        return "Observed, not randomised."
    count = len(effect.experiments)
    return f"Randomised: tested in {count} experiment{'s' if count > 1 else ''}."
