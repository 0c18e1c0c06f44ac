"""Pairs of signals that a fit has effects of: whether a mix has one, and which share of it.

A pair is what two signals do together that neither does alone: ``audience*creative.type:retargeting*video``. Which
pairs a fit looks at depends on all its campaigns (`inference.evidence.pairs`), so most are no part of a campaign's
evidence and are made where they are needed, as products of the shares of the two. Must not know how they are chosen
or estimated.
"""

import itertools
from collections.abc import Iterable, Mapping
from functools import lru_cache

from reflection.domain import signals


class Pairs:
    """The pairs among the signals of a fit; `kinds` are the groups that are crossed."""

    def __init__(self, keys: Iterable[str], aliases: Mapping[str, str]) -> None:
        """
        Args:
            keys: signals with an effect, pairs among them.
            aliases: signal -> the one that stands for it.
        """
        self._aliases = aliases
        self._partners: dict[str, list[tuple[str, str]]] = {}
        self.kinds: set[tuple[str, str]] = set()
        for key in sorted({key for some in (keys, aliases) for key in some if signals.CROSS in key}):
            first, second = signals.parse(key).parts
            self.kinds.add((first.group, second.group))
            self._partners.setdefault(self._standing(first.key), []).append((self._standing(second.key), key))

    def added_to(self, shares: Mapping[str, float]) -> dict[str, float]:
        """The shares of a mix and those of its pairs; a share that is stated stays."""
        mains = {self._standing(key): share for key, share in shares.items() if signals.CROSS not in key}
        made = {
            pair: share * mains[second]
            for first, share in mains.items()
            for second, pair in self._partners.get(first, ())
            if second in mains
        }
        return {**made, **shares}

    def _standing(self, key: str) -> str:
        return self._aliases.get(key, key)


@lru_cache(maxsize=64)
def pairs_of(features: tuple[tuple[str, ...], ...], aliases: tuple[tuple[str, str], ...]) -> Pairs:
    """Pairs among the features of several metrics: every answer asks for those of the newest fit."""
    return Pairs(itertools.chain.from_iterable(features), dict(aliases))
