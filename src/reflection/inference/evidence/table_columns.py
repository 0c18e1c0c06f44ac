"""Which columns the tables of all partitions have, settled by what all of them say. Must not know what is estimated."""

from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import product

import numpy as np

from reflection.domain import signals
from reflection.inference.evidence.campaign_columns import usual_among
from reflection.inference.evidence.collinearity import aliases_among
from reflection.inference.evidence.fit_budget import LeftOut, common
from reflection.inference.evidence.pairs import PairChoice
from reflection.inference.evidence.selection import ColumnSums
from reflection.stats.sums.columns import Feature

MOST_OF_A_KIND = 100
"""Pairs of a kind that all have effects, for the time of a fit; of a kind with more those that ran."""


@lru_cache(maxsize=16_384)
def feature_of(key: str) -> Feature:
    """The learning core's feature of a signal key."""
    signal = signals.parse(key)
    return Feature(signal.group, signal.level)


@dataclass(frozen=True, eq=False)
class Columns:
    """Which columns a table has, and in which money: the same in every partition.

    Attributes:
        keys: signals and pairs of them that stand for themselves, sorted by feature.
        currency: the one most campaigns use (None = not stated).
        aliases: signal key -> the key that stands for it.
        unseen: pairs of a kind that is looked at that no campaign had: their effects are unknown, not none.
        left_out: what the tables of all partitions are not made of (`fit_budget`).
    """

    keys: tuple[str, ...]
    currency: str | None
    aliases: Mapping[str, str]
    unseen: tuple[Feature, ...]
    left_out: LeftOut

    @classmethod
    def of(
        cls,
        keys: Sequence[str],
        sums: ColumnSums,
        pairs: PairChoice,
        tested: Mapping[str, Hashable] | None = None,
        goals: int = 1,
    ) -> "Columns":
        """Of signals and pairs, those that campaigns tell apart, as many as a fit has (`fit_budget`).

        Args:
            sums: by all partitions. pairs: those among the keys. tested: what experiments tell apart
                (`collinearity`). goals: how many fits are made.
        """
        occurring = np.flatnonzero(sums.having)
        present, having = [keys[place] for place in occurring.tolist()], sums.having[occurring]
        aliases = aliases_among(present, sums.marks[:, occurring], tested)
        alone, aliases = common(present, aliases, having, sums.campaigns, tested or {}, goals)
        return cls(
            keys=tuple(sorted(alone, key=feature_of)),
            currency=usual_among(sums.currencies),
            aliases=aliases,
            unseen=tuple(feature_of(key) for key in sorted({*pairs.kinds, *_every_pair(alone)}.difference(alone))),
            left_out=LeftOut(signals=len(present) - len(alone) - len(aliases), cells=sums.thinned),
        )


def _every_pair(alone: Sequence[str]) -> Iterator[str]:
    """All pairs of the signals that a fit has pairs of, of the kinds that are part of each campaign's evidence: effects
    of pairs are none on average over all partners, and not over those that happened to run.
    """
    for kind in map(signals.CROSS.join, signals.INTERACTIONS):
        pairs = [signals.parse(key).parts for key in alone if key.startswith(f"{kind}:")]
        first, second = ({pair[side] for pair in pairs} for side in (0, 1))
        if len(first) * len(second) <= MOST_OF_A_KIND:
            yield from (signals.crossed(a, b).key for a, b in product(first, second))
