"""What the account usually delivers and gets: what everything is compared with, in cards, plans and reports.

A fit is linear in logs, so a mix of four platforms has the mean of their logs there, their geometric mean. What an
account gets is a ratio of sums: the mean of what each brings, by the money on it. The two differ by about half of the
variance of the logs, and where platforms are far apart one lies above the first and below the second: only the second
says where money brings more. So of what is a choice the usual is the mean of what all the money brings, and of what is
left open the usual one. Knows posteriors; must not know what is advised.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from reflection.domain import signals
from reflection.domain.bookable import root
from reflection.domain.knowledge import Knowledge
from reflection.domain.metrics import METRICS
from reflection.inference.doubt.doubts import by_turns_without
from reflection.inference.fits import posterior

Array = NDArray[np.float64]
ALL = ""
"""The delivery of all objectives together."""

_BY_MONEY: Mapping[str, Mapping[str, int]] = {
    "revenue": METRICS["roas"].composition,
    "conversions": METRICS["conversions_per_spend"].composition,
    "clicks": {part: -sign for part, sign in METRICS["cpc"].composition.items()},
    "impressions": {part: -sign for part, sign in METRICS["cpm"].composition.items()},
}
"""What the log of how much of a count an amount of money brings is made of; money itself is the amount."""

_SAME = 1e-6
"""Shares of money that differ by less are the same."""

_LIMIT = 50.0
"""Bound on the log of what anything brings."""


def delivery_of(knowledge: Knowledge, objective: str) -> Mapping[str, float]:
    """The account's delivery for an objective; of all where it never had this one."""
    return knowledge.delivery.get(objective) or knowledge.delivery.get(ALL, {})


def booked(knowledge: Knowledge, shares: Mapping[str, float], objective: str) -> dict[str, float]:
    """All shares of a campaign with these signals; where it says nothing, the account's usual delivery.

    Args:
        shares: signals by key; interactions are made anew.
        objective: key of the objective's signal, `ALL` for all of them.
    """
    own = {key: share for key, share in shares.items() if signals.CROSS not in signals.parse(key).group}
    roots = {root(key) for key in own}
    rest = {key: share for key, share in delivery_of(knowledge, objective).items() if root(key) not in roots}
    mains = {**rest, **own}
    pairs = knowledge.pairs
    # What was never seen together widens a plan that says so, and not one that leaves it open.
    crossed = {
        signals.crossed(signals.parse(a), signals.parse(b)).key: mains[a] * mains[b]
        for first, second in sorted({*signals.INTERACTIONS, *pairs.kinds})
        for a, b in _pairs(own, first, second)
    }
    return pairs.added_to({**mains, **crossed})


def usual_shares(knowledge: Knowledge, objective: str, platform: str | None = None) -> dict[str, float]:
    """The account's usual delivery for an objective, of all platforms or with one (keys of signals)."""
    keys = [key for key in (objective, platform) if key]
    return booked(knowledge, dict.fromkeys(keys, 1.0), objective)


def usual_level(
    knowledge: Knowledge,
    metric: str,
    objective: str = ALL,
    platform: str | None = None,
    groups: Collection[str] = (),
    doubtful: Collection[str] = (),
) -> float | None:
    """What the account usually gets, in the metric's own unit; None where it is not known.

    Args:
        groups: of signals that are a choice: of these it is what all the money brings, of what is left open the
            usual one.
        doubtful: as `above_mean_of_logs` takes it.
    """
    level = posterior.level_mean(knowledge, metric, usual_shares(knowledge, objective, platform))
    if level is None:
        return None
    delivery = delivery_of(knowledge, objective)
    above = above_mean_of_logs(knowledge, metric, delivery, groups, doubtful, platform=platform)
    return float(np.exp(level + above.mean()))


def above_mean_of_logs(
    knowledge: Knowledge,
    metric: str,
    shares: Mapping[str, float],
    groups: Collection[str],
    doubtful: Collection[str] = (),
    *,
    platform: str | None = None,
) -> Array:
    """Log of the mean of what the levels of some groups bring over the mean of the logs, draws of it, (draws,).

    Of a kind it is what was really booked of it, by the money on each: audiences come with their own age and segment,
    and not in all mixes of these. A group that campaigns describe differently, or without a name, is taken by itself.
    What a level brings is what it does with its usual partners.

    Args:
        metric: one that is known. shares: of the money, by signal (`Knowledge.delivery`).
        doubtful: signals that are not identified, as `by_turns_without` takes them.
        platform: the one that is settled.
    """
    about, known = METRICS[metric], knowledge.posteriors
    mains = [group for group in groups if signals.CROSS not in group]  # pairs have no share of their own
    total = np.zeros(posterior.draw_count(knowledge, metric))
    sides = [
        (_BY_MONEY[count], sign)
        for count, sign in ((about.numerator, 1), (about.denominator or "", -1))
        if count in _BY_MONEY
    ]
    if "cpm" not in known:  # nobody stated money: delivery is counted in impressions
        sides = [({part: own for part, own in parts.items() if part != "cpm"}, sign) for parts, sign in sides]
    if not mains or any(part not in known for parts, _ in sides for part in parts):
        return total  # nothing is a choice; or how the money comes to it is not known, so neither is how it mixes
    for parts, sign in sides:
        if parts:
            keys, draws = _with_partners(knowledge, parts, mains, shares, doubtful, platform)
            total += sign * sum(
                mix.above_mean_of_logs(draws[:, : len(total)]) for mix in _mixes(knowledge, keys, shares)
            )
    return total


def _with_partners(
    knowledge: Knowledge,
    parts: Mapping[str, int],
    groups: Collection[str],
    shares: Mapping[str, float],
    doubtful: Collection[str],
    platform: str | None,
) -> tuple[dict[str, int], Array]:
    """Draws of what the signals of some groups do with their usual partners: signal key -> row, (signals, draws)."""
    features = (knowledge.posteriors[part].features for part in parts)
    crossed = {
        group for own in features for group in {signals.parse(key).group for key in own} if signals.CROSS in group
    }
    pairs = {group for group in crossed if not set(groups).isdisjoint(group.split(signals.CROSS))}
    keys, draws = posterior.effects_of_parts(knowledge, parts, {*groups, *pairs})
    draws = by_turns_without(keys, draws, doubtful)
    mains = {key: row for key, row in keys.items() if signals.CROSS not in key}
    settled = None if platform is None else knowledge.aliases.get(platform, platform)
    for key in sorted(keys.keys() - mains.keys()):
        first, second = (knowledge.aliases.get(part.key, part.key) for part in signals.parse(key).parts)
        for own, partner in ((first, second), (second, first)):
            if own in mains and partner not in mains:
                chosen = settled is not None and root(partner) == signals.PLATFORM
                share = float(partner == settled) if chosen else shares.get(partner, 0.0)
                draws[mains[own]] += share * draws[keys[key]]
    return mains, draws


@dataclass(frozen=True, eq=False, slots=True)
class _Mix:
    """What money went to: rows of signals and the share of each, (k,); the share of each thing booked, (n,), and of the
    signals in it, (n, k). Of the rest of the money nothing is stated, and it brings what none of them does.
    """

    rows: list[int]
    share: Array
    weight: Array
    parts: sparse.csr_array

    def above_mean_of_logs(self, draws: Array) -> Array:
        """Log of the mean of what was booked brings over the mean of the logs, (draws,)."""
        effects, whole = draws[self.rows], max(float(self.weight.sum()), 1.0)
        weight = self.weight / whole
        mean = weight @ np.exp(np.clip(self.parts @ effects, -_LIMIT, _LIMIT)) + (1.0 - weight.sum())
        return np.asarray(whole * np.log(np.maximum(mean, np.exp(-_LIMIT))) - self.share @ effects)


def _mixes(knowledge: Knowledge, keys: Mapping[str, int], shares: Mapping[str, float]) -> Iterator[_Mix]:
    """Of every kind what was booked of it, with the groups that this says all of; each other group by itself."""
    kinds: dict[str, dict[str, list[str]]] = {}
    for key in keys:
        if shares.get(key):
            kinds.setdefault(root(key), {}).setdefault(signals.parse(key).group, []).append(key)
    for kind, groups in kinds.items():
        booked = [one for one in knowledge.bookables if one.definition.kind == kind and one.platform is None]
        weight = np.array([shares.get(knowledge.aliases.get(one.key, one.key), 0.0) for one in booked])
        contents = [posterior.resolved(knowledge, one.definition.parts) for one in booked]
        share_of: dict[str, float] = defaultdict(float)
        for own, content in zip(weight.tolist(), contents, strict=True):
            for key, value in content.items():
                share_of[key] += own * value
        names_with_shares: list[str] = []
        for names in groups.values():
            share = np.array([shares[name] for name in names])
            if np.allclose([share_of[name] for name in names], share, atol=_SAME):
                names_with_shares += names
            else:
                yield _Mix([keys[name] for name in names], share, share, sparse.eye_array(len(names), format="csr"))
        if names_with_shares:
            share = np.array([shares[name] for name in names_with_shares])
            yield _Mix([keys[name] for name in names_with_shares], share, weight, _matrix(contents, names_with_shares))


def _matrix(contents: Sequence[Mapping[str, float]], names: Sequence[str]) -> sparse.csr_array:
    """Share of each signal in each thing, (things, signals)."""
    place = {name: column for column, name in enumerate(names)}
    rows = [sorted((place[key], value) for key, value in own.items() if key in place) for own in contents]
    columns, values = np.array([cell for row in rows for cell in row]).reshape(-1, 2).T
    ends = np.cumsum([0, *map(len, rows)], dtype=np.int32)
    return sparse.csr_array((values, columns.astype(np.int32), ends), shape=(len(contents), len(names)))


def _pairs(mains: Mapping[str, float], first: str, second: str) -> list[tuple[str, str]]:
    of_group: dict[str, list[str]] = {}
    for key in mains:
        of_group.setdefault(signals.parse(key).group, []).append(key)
    return [(a, b) for a in of_group.get(first, ()) for b in of_group.get(second, ())]
