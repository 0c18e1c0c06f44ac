"""The total effect of booking something: the one place that computes it, for cards, plans, insights and reports.

A partial effect ("other things equal") explains; whoever books an audience gets its age, place and segment with it. The
total effect is the sum of the effects of everything that belongs to it by definition, the rest as the account delivers
it (shares of the money spent for the same objective), against what the account's money on all of its kind brings. What
merely ran beside it is no part of it. Its odds and its interval are of one posterior, right of any one thing; whether
it is advised rests on its false-sign rate by adaptive shrinkage over all that can be booked (Stephens 2017), right of
those that stand out among many. Knows `Knowledge`; must not know how a fit is made, nor what is done with the figures.
"""

from collections.abc import Mapping, Sequence
from copy import copy
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from reflection.domain import signals
from reflection.domain.bookable import FALSE_ADVICE, Bookable, Definition, Total, root
from reflection.domain.knowledge import Knowledge
from reflection.domain.next_test import NextTest
from reflection.inference.doubt.doubts import by_turns_without
from reflection.inference.fits import posterior
from reflection.inference.totals.next_test import Choice, rivals, worth_testing
from reflection.inference.totals.unseen_pairs import LeftOpen, UnseenPairs
from reflection.inference.totals.usual_delivery import ALL, above_mean_of_logs, delivery_of, usual_level
from reflection.stats.decisions import thompson
from reflection.stats.honesty.false_discovery import shrunk

Array = NDArray[np.float64]
SEED = 20_260_301
"""Of levels: a plan and what is usual differ by what is booked, and not by the draws for what neither has seen."""

MOST_CONTEXTS = 10
"""Platforms, and objectives, in which a total effect is looked at apart."""

NO_SIDE = 1e-3
"""Log of what is on no side of usual: no figure shows so little, and a plan composed of means may round it away."""

CONTEXTS = 64
"""Platforms and objectives of which what is usual there is kept: people may ask for any."""

LEAST_ERROR = 1e-6
"""Of what is the same as usual by definition: no division by zero."""


@dataclass(frozen=True, eq=False)
class TotalDraws:
    """A total effect, its odds with a stake of `total.stake` (1 where not known), and the draws of its logarithm.

    `level` is what the account usually gets where it would be booked, in the goal's own unit.
    """

    total: Total
    odds: thompson.Odds
    level: float | None
    draws: Array


class TotalEffects:
    """Total effects on one metric, from one fit; what is not identified makes no other thing surely better or worse.

    Args:
        metric: one that is known (`posterior.known`) and of which more is better.
    """

    def __init__(self, knowledge: Knowledge, metric: str) -> None:
        self._knowledge, self.metric = knowledge, metric
        self._column, self._all = posterior.effect_matrix(knowledge, metric)
        self._matrix = by_turns_without(self._column, self._all, knowledge.unidentified)
        self._features = tuple(self._column)
        self._groups = [signals.parse(key).group for key in self._features]
        self._unseen = UnseenPairs(knowledge, metric, self._column)
        self._columns_of, self._above = lru_cache(CONTEXTS)(self._columns_in), lru_cache(CONTEXTS)(self._mean_above)
        self._usual, self._usual_level = lru_cache(CONTEXTS)(self._usual_mix), lru_cache(CONTEXTS)(self._level_there)
        self._tests: dict[tuple[str | None, str | None], Mapping[str, NextTest]] = {}

    def knowing(self, knowledge: Knowledge) -> "TotalEffects":
        """The same effects beside what became known of them: how large they usually are."""
        known = copy(self)
        known._knowledge = knowledge
        return known

    def of(
        self,
        bookables: Sequence[Bookable],
        *,
        platform: str | None = None,
        objective: str | None = None,
        draws: Array | None = None,
    ) -> tuple[TotalDraws, ...]:
        """The total effect of each, in their order.

        Args:
            platform, objective: keys of signals that are settled; a pair's platform is settled anyway.
            draws: of all that can be booked, where they are there.
        """
        keys, tests = {one.key for one in bookables}, self._tests.get((platform, objective))
        others = [] if tests is not None else rivals(self._knowledge, platform, objective)
        every = [*bookables, *(one for one in others if one.key not in keys)]
        if not every:
            return ()
        joint = self.draws(every, platform=platform, objective=objective) if draws is None else draws
        judged = self._judged(every, joint, platform, objective)
        if tests is None:  # whatever is asked about: one rule for every door
            open_to = {one.key for one in others}
            both = zip(every, judged, strict=True)
            choices = [
                Choice.of(one, total.total.lane, total.level, total.draws) for one, total in both if one.key in open_to
            ]
            tests = worth_testing(self._knowledge, self.metric, choices, platform, objective)
            if len(self._tests) >= CONTEXTS:
                self._tests.clear()
            self._tests[platform, objective] = tests
        return tuple(
            one if test is None else replace(one, total=replace(one.total, lane="explore", test=test))
            for test, one in zip([tests.get(one.key) for one in bookables], judged, strict=False)
        )

    def _judged(
        self, bookables: Sequence[Bookable], draws: Array, platform: str | None, objective: str | None
    ) -> tuple[TotalDraws, ...]:
        """The total effect of each, before any test is thought of."""
        stakes = [_stake(one) for one in bookables]
        odds = thompson.odds(draws, [stake or 1.0 for stake in stakes])
        rates = self._false_sign_rates(draws).tolist()
        totals = []
        for number, bookable in enumerate(bookables):
            own = odds[number]
            steady = self._steady(bookable, platform, objective, float(draws[number].mean()))
            sure = bookable.enough and steady and rates[number] <= FALSE_ADVICE
            lane = thompson.lane(own, established=sure) if bookable.identified else "not enough evidence"
            level = self._level(bookable, platform, objective)
            gain = None if stakes[number] is None or level is None else own.expected_gain * level
            total = Total(
                metric=self.metric, effect=own.median, interval=(own.low, own.high), optimistic=own.optimistic,
                p_better=own.p_better, false_sign_rate=rates[number], lane=lane, steady=steady,
                stake=stakes[number], gain=gain, currency=self._knowledge.currency, kind=self._knowledge.kind,
            )  # fmt: skip
            totals.append(TotalDraws(total, own, level, draws[number]))
        return tuple(totals)

    def draws(
        self, bookables: Sequence[Bookable], *, platform: str | None = None, objective: str | None = None
    ) -> Array:
        """Draws of the logarithm of each total effect, (bookables, draws)."""
        changes = [self._change(one, platform, objective) for one in bookables]
        contrasts = sparse.csr_array(np.stack([contrast for contrast, _ in changes]))
        draws = np.asarray(contrasts @ self._matrix)
        doubtful = [place for place, one in enumerate(bookables) if one.doubt is not None]
        draws[doubtful] = np.asarray(contrasts[doubtful] @ self._all)
        for own, one, (_, left_open) in zip(draws, bookables, changes, strict=True):
            own += left_open.draws(len(own))
            groups, where = self._replaced(one.definition), self._where(one, platform)
            for purpose, weight in self._purposes(one, objective).items():
                own -= weight * self._above(purpose, groups, where, one.doubt is not None)
        return draws

    def _mean_above(self, objective: str, groups: frozenset[str], where: str | None, doubted: bool) -> Array:
        """By how much what the money on some groups brings lies above the mean of logs that a mix is, (draws,)."""
        without = () if doubted else self._knowledge.unidentified
        delivery = delivery_of(self._knowledge, objective)
        return above_mean_of_logs(self._knowledge, self.metric, delivery, groups, without, platform=where)

    def _level(self, bookable: Bookable, platform: str | None, objective: str | None) -> float | None:
        """What the account usually gets where it would be booked."""
        where = self._where(bookable, platform)
        purpose = objective or max(bookable.objectives, key=lambda key: (bookable.objectives[key], key), default=ALL)
        above = self._above(purpose, self._replaced(bookable.definition), where, bookable.doubt is not None)
        level = self._usual_level(purpose, where)
        return None if level is None else level * float(np.exp(above.mean()))

    def _level_there(self, purpose: str, where: str | None) -> float | None:
        return usual_level(self._knowledge, self.metric, purpose, where)

    def _change(self, bookable: Bookable, platform: str | None, objective: str | None) -> tuple[Array, LeftOpen]:
        """What booking it changes of the account's usual delivery, (features,), and what that leaves open."""
        objectives = self._purposes(bookable, objective)
        weights, where = np.array(list(objectives.values())), self._where(bookable, platform)
        after, before = self._mixes(bookable, list(objectives), where)
        variance = self._unseen.variance(weights, after, before)
        return weights @ (after - before), LeftOpen(variance, (bookable.definition.key, where or ALL))

    def _purposes(self, bookable: Bookable, objective: str | None) -> Mapping[str, float]:
        """The objectives it would be booked for, and the share of each."""
        return {objective: 1.0} if objective is not None else dict(bookable.objectives) or {ALL: 1.0}

    def _where(self, bookable: Bookable, platform: str | None) -> str | None:
        """The platform that is no choice: the one of a pair, or the one asked for, where the platform is not booked."""
        return bookable.platform or (platform if bookable.definition.kind != signals.PLATFORM else None)

    def _mixes(self, bookable: Bookable, objectives: Sequence[str], where: str | None) -> tuple[Array, Array]:
        """Delivery with and without it for each of some objectives, (objectives, features) each."""
        definition = bookable.definition
        usual = np.stack([self._usual(objective, where) for objective in objectives])
        mix = usual.copy()  # with what is booked in the place of what is usual of its kind
        mix[:, self._columns_of(self._replaced(definition))] = 0.0
        for key, share in posterior.resolved(self._knowledge, definition.parts).items():
            if key in self._column:
                mix[:, self._column[key]] = share
        return self._crossed(mix), usual

    def _replaced(self, definition: Definition) -> frozenset[str]:
        """Groups of what is usual in whose place something booked comes: of its kind, of a pair those of both."""
        if definition.kind == "pair":
            return frozenset(signals.parse(part).group for part in definition.parts)
        kinds = (group for group in set(self._groups) if group.partition(".")[0] == definition.kind)
        return frozenset(kinds) - set(definition.differs)

    def _columns_in(self, groups: frozenset[str]) -> NDArray[np.intp]:
        return np.flatnonzero([group in groups for group in self._groups])

    def _usual_mix(self, objective: str, platform: str | None) -> Array:
        usual = np.zeros(len(self._features))
        for key, share in delivery_of(self._knowledge, objective).items():
            if key in self._column and not (platform and root(key) == signals.PLATFORM):
                usual[self._column[key]] = share
        column = self._column.get(self._knowledge.aliases.get(platform or "", platform or ""))
        if column is not None:
            usual[column] = 1.0
        return self._crossed(usual)

    def _crossed(self, mix: Array) -> Array:
        """The shares, (..., features), with interactions as products of those of their parts."""
        cell, first, second = self._interactions
        mix[..., cell] = mix[..., first] * mix[..., second]
        return mix

    @cached_property
    def _interactions(self) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.intp]]:
        """Columns of interactions and of their two main signals, of those whose mains have columns."""
        aliases, triples = self._knowledge.aliases, []
        for column, key in enumerate(self._features):
            parts = signals.parse(key).parts
            mains = [self._column.get(aliases.get(part.key, part.key)) for part in parts]
            if len(parts) == 2 and None not in mains:
                triples.append((column, *mains))
        columns = np.array(triples, dtype=np.intp).reshape(-1, 3)
        return columns[:, 0], columns[:, 1], columns[:, 2]

    def _false_sign_rates(self, draws: Array) -> Array:
        """Probability that each has the other sign than the likelier one or no effect, (bookables,); one where no
        effect at all is as likely.
        """
        shares = self._knowledge.mixtures.get(self.metric)
        if not shares:
            return np.ones(len(draws))
        return shrunk(*moments(draws), np.asarray(shares)).false_sign_rate()

    def _steady(self, bookable: Bookable, platform: str | None, objective: str | None, mean: float) -> bool:
        """Whether the expected effect has one sign on every platform, for every objective it was booked for.

        Of many those count that most of the money goes to: `MOST_CONTEXTS` of each.
        """
        booked_for = bookable.objectives
        objectives = [objective] if objective is not None else sorted(booked_for, key=lambda key: -booked_for[key])
        platforms: list[str | None] = [bookable.platform or platform]
        if bookable.definition.kind != signals.PLATFORM and platforms == [None]:
            platforms += self._platforms
        objectives = objectives[:MOST_CONTEXTS] or [ALL]
        groups, doubted = self._replaced(bookable.definition), bookable.doubt is not None
        for where in (self._where(bookable, one) for one in platforms):
            after, before = self._mixes(bookable, objectives, where)
            above = np.array([self._above(purpose, groups, where, doubted).mean() for purpose in objectives])
            if (((after - before) @ self._means - above) * np.sign(mean) <= NO_SIDE).any():
                return False
        return True

    @cached_property
    def _platforms(self) -> list[str]:
        """The platforms that most of the account's money goes to."""
        delivered = delivery_of(self._knowledge, ALL)
        names = [key for key, group in zip(self._features, self._groups, strict=True) if group == signals.PLATFORM]
        return sorted(names, key=lambda key: -delivered.get(key, 0.0))[:MOST_CONTEXTS]

    @cached_property
    def _means(self) -> Array:
        """Expected effect of every feature, (features,)."""
        return np.asarray(self._matrix.mean(axis=1))


def moments(draws: Array) -> tuple[Array, Array]:
    """Mean and standard deviation of each row of draws, (rows,) each; the latter never zero."""
    return draws.mean(axis=1), np.maximum(draws.std(axis=1), LEAST_ERROR)


def _stake(bookable: Bookable) -> float | None:
    """What a usual campaign spends on it, to two significant digits."""
    if not bookable.spend or not bookable.with_spend:
        return None
    return float(f"{bookable.spend / bookable.with_spend:.2g}")
