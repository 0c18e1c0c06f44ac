"""Whether scores that creatives were given before they ran say which of two gets the higher CTR.

Pairs of creatives that ran side by side in one campaign; campaigns, not pairs, are independent, so the interval is that
of a ratio over campaigns. Must not know who gives scores.
"""

import math
from collections.abc import Callable, Mapping
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from reflection.domain.creative_knowledge import GivenScore, ScoreRecord
from reflection.inference.texts.creative_rows import SideBySide, TextCounts

FEWEST_CAMPAIGNS = 10
"""Campaigns below which no share is given: their scatter would be hardly known."""

Z90 = 1.6448536269514722


def score_records(
    side: SideBySide, counts: TextCounts, day: NDArray[np.int64], scores: Mapping[str, GivenScore]
) -> dict[str, ScoreRecord]:
    """``given`` and ``own`` -> how they did, where creatives with different scores ran side by side.

    Args:
        day: of each campaign of the dataset; what it knew before it ran was registered by then.
    """
    kinds: dict[str, Callable[[GivenScore], float | None]] = {
        "given": lambda score: score.given,
        "own": lambda score: score.own,
    }
    rates = counts.events / np.maximum(counts.expected, 1e-300)
    records = {}
    for name, of in kinds.items():
        values = [
            next((of(scores[key]) for key in keys if key in scores and scores[key].day <= int(day[campaign])), None)
            for keys, campaign in zip(side.creatives, side.campaign.tolist(), strict=True)
        ]
        tallies = _tallies(values, rates, np.where(counts.usable, side.campaign, -1))
        if tallies:
            records[name] = _record(tallies)
    return records


def _tallies(
    values: list[float | None], rates: NDArray[np.float64], campaign: NDArray[np.intp]
) -> list[tuple[int, int]]:
    """Pairs with different scores and different rates of each campaign, and how many the higher score won."""
    members: dict[int, list[int]] = {}
    for item, number in enumerate(campaign.tolist()):
        if values[item] is not None and number >= 0:
            members.setdefault(number, []).append(item)
    tallies = []
    for own in members.values():
        signs = [
            np.sign((values[a] or 0.0) - (values[b] or 0.0)) * np.sign(rates[a] - rates[b])
            for a, b in combinations(own, 2)
        ]
        clear = [sign for sign in signs if sign]
        if clear:
            tallies.append((len(clear), sum(sign > 0 for sign in clear)))
    return tallies


def _record(tallies: list[tuple[int, int]]) -> ScoreRecord:
    pairs, right = (np.array(column, dtype=np.float64) for column in zip(*tallies, strict=True))
    total, count = pairs.sum(), len(pairs)
    plain = ScoreRecord(int(total), int(right.sum()), count)
    if count < FEWEST_CAMPAIGNS:
        return plain
    share = float(right.sum() / total)
    between = float(((right - share * pairs) ** 2).sum() * count / (count - 1) / total**2)
    reach = Z90 * math.sqrt(max(between, 0.25 / total))
    return ScoreRecord(plain.pairs, plain.right, count, share, (max(0.0, share - reach), min(1.0, share + reach)))
