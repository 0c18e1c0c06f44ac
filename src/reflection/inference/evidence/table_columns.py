"""Which columns the tables of all partitions have, settled by what all of them say. Must not know what is estimated."""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from reflection.domain import signals
from reflection.inference.evidence.campaign_columns import usual_among
from reflection.inference.evidence.collinearity import aliases_among
from reflection.inference.evidence.fit_budget import LeftOut, common
from reflection.inference.evidence.pairs import PairChoice
from reflection.inference.evidence.selection import ColumnSums
from reflection.stats.sums.columns import Feature


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
        unseen: pairs of a kind that is looked at without a column of their own: their effects are unknown, not none.
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
            unseen=tuple(feature_of(key) for key in sorted({*pairs.kinds}.difference(alone))),
            left_out=LeftOut(signals=len(present) - len(alone) - len(aliases), cells=sums.thinned),
        )
