"""Which columns the tables of all partitions have, settled by what all of them say. Must not know what is estimated."""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from reflection.domain import signals
from reflection.inference.campaign_columns import usual_among
from reflection.inference.collinearity import aliases_among
from reflection.inference.fit_budget import LeftOut, common
from reflection.inference.selection import SaidOfColumns
from reflection.stats.columns import Feature


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
        left_out: what the tables of all partitions are not made of (`fit_budget`).
    """

    keys: tuple[str, ...]
    currency: str | None
    aliases: Mapping[str, str]
    left_out: LeftOut

    @classmethod
    def of(cls, keys: Sequence[str], said: SaidOfColumns, tested: Mapping[str, Hashable] | None = None) -> "Columns":
        """Of signals and pairs, those that campaigns tell apart, as many as a fit has (`fit_budget`).

        Args:
            said: by all partitions. tested: what experiments tell apart (`collinearity`).
        """
        aliases = aliases_among(keys, said.marks, tested)
        alone, aliases = common(keys, aliases, said.having, said.campaigns, tested or {})
        left_out = LeftOut(signals=len(keys) - len(alone) - len(aliases), cells=said.thinned)
        return cls(tuple(sorted(alone, key=feature_of)), usual_among(said.currencies), aliases, left_out)
