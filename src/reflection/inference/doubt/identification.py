"""What the evidence cannot tell apart, whatever its amount: an effect that is one of two things' or a season's.

A signal that (nearly) always ran together with one of another kind, or with all the campaigns without it, has no effect
of its own to be seen. Nor has one that ran in one season while hardly anything else did: its campaigns are compared
with others of the same days, and where there are none, or they do not bear the effect out, it may as well be the
season's. A name that works in opposite ways on two platforms has no one effect, and nobody knows one on a KPI a part of
which was never recorded with it. Of none of these anything is found or advised, and what is compared with them must
hold with and without them. Must not know how effects are estimated.
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from types import MappingProxyType

import numpy as np
from scipy import sparse, special

from reflection.domain import signals
from reflection.domain.bookable import root
from reflection.domain.knowledge import Effect
from reflection.domain.metrics import METRICS
from reflection.inference.doubt.companions import FEWEST, Companions
from reflection.inference.doubt.season import Season, seasons_of
from reflection.inference.doubt.unrecorded import lost_counts, never_recorded, unrecorded_in
from reflection.inference.evidence.campaign_columns import Floats, Ints
from reflection.inference.evidence.table_columns import feature_of
from reflection.inference.faults.level_shifts import LevelShifts
from reflection.inference.fits.fit import FittedMetrics
from reflection.inference.support import SupportIndex
from reflection.stats.quantiles import limits

SAME_DIRECTION = 1.6448536269514722
"""Standard deviations that an effect must show against others of its own season: it is there with 95 %."""

MOSTLY = 0.5
"""Share of an effect that must show among campaigns of the same days, or against the other signals that are identified
where one of its group is not."""

BY_CHANCE = 0.0005
"""How seldom two platforms differ so much by chance, from which on a name works in opposite ways on them."""


@dataclass(frozen=True, slots=True)
class Doubt:
    """Why a signal's effect is not identified, in words; `others` are the signals it is mistaken for.

    `testable` is whether a test beside another of its kind, on everything alike, would tell.
    """

    reason: str
    others: tuple[str, ...] = ()
    testable: bool = True


class Identification:
    """The doubts about the signals of one fit.

    Args:
        goal: the metric that advice is made on.
        confounded: metric -> signals whose effect on it cannot be told from a change of the whole account -> why.
    """

    def __init__(
        self,
        fitted: FittedMetrics,
        support: SupportIndex,
        goal: str,
        confounded: Mapping[str, Mapping[str, str]] = MappingProxyType({}),
    ) -> None:
        self._confounded = confounded
        self._fitted, self._table, self._support, self._goal = fitted, fitted.table, support, goal
        self._columns = {str(feature): column for column, feature in enumerate(self._table.features)}
        self._levels: dict[tuple[str, str], Floats] = {}
        self._shown: dict[tuple[str, str], Doubt | None] = {}
        self._parts: dict[str, tuple[Doubt | None, Iterable[str]]] = {}
        self._companions, self.shifts = Companions(fitted.table), LevelShifts(fitted)
        self.unrecorded = unrecorded_in(fitted.table, fitted.metrics)
        self._mains = self._companions.mains
        mains = {key: self._columns[key] for key in self._mains}
        self._seasons = seasons_of(self._table, sparse.csc_array(self._table.shares), mains)

    def judged(self, effects: tuple[Effect, ...]) -> tuple[Effect, ...]:
        """The same effects; those that are not identified say so, and why, and none of them is a finding."""
        kept = [self._judged(effect) for effect in effects]
        return tuple(self._against_identified(effect) for effect in kept)

    @cached_property
    def doubts(self) -> Mapping[str, Doubt]:
        """Signals whose effect on the goal, or on anything at all, is not identified."""
        doubts = dict(self._structural)
        if self._goal in self._fitted.names():
            for metric in dict.fromkeys((self._goal, *METRICS[self._goal].composition)):
                doubts_of_mains = ((key, self._doubt(key, metric)) for key in self._mains if key not in doubts)
                doubts |= {key: doubt for key, doubt in doubts_of_mains if doubt is not None}
        return dict(sorted((key, doubt) for key, doubt in doubts.items() if not self._tested(key, self._goal)))

    def _tested(self, key: str, metric: str) -> bool:
        """Whether lots were drawn for it: then neither a season nor what ran beside it explains what was measured."""
        return self._fitted.trials.randomised(feature_of(key), metric)

    def _judged(self, effect: Effect) -> Effect:
        doubt = self._doubt_of(effect)
        if doubt is None:
            return effect
        return replace(
            effect, finding=False, within=None, lfsr=1.0, identified=False, reason=f"not identified: {doubt.reason}"
        )

    def _doubt_of(self, effect: Effect) -> Doubt | None:
        """The doubt about an effect; of an interaction that about one of its parts."""
        if effect.grade == "randomised":
            return None
        structural, own = self._behind(effect.signal)
        if structural is not None:
            return structural
        return next((doubt for key in own if (doubt := self._doubt(key, effect.metric)) is not None), None)

    def _behind(self, signal: str) -> tuple[Doubt | None, Iterable[str]]:
        """What is doubted of a signal or its parts whatever the metric, and the signals that stand for them; worked out
        once."""
        if signal not in self._parts:
            keys, aliases = signals.part_keys(signal), self._table.aliases
            own = dict.fromkeys(aliases.get(key, key) for key in (*keys, signal))
            structural = next((doubt for doubt in map(self._structural.get, keys) if doubt is not None), None)
            self._parts[signal] = structural, own
        return self._parts[signal]

    def _against_identified(self, effect: Effect) -> Effect:
        """A finding stands only where it differs from the other identified signals of its group, too."""
        group = [key for key in self._mains if key.partition(":")[0] == effect.group] if effect.finding else []
        doubtful = [
            key
            for key in group
            if (key in self._structural or self._doubt(key, effect.metric) is not None)
            and not self._tested(key, effect.metric)
        ]
        if not doubtful:
            return effect
        effects = self._fitted.effects(effect.metric)
        keys = (effect.signal, *(key for key in group if key not in doubtful))
        columns = (effects.layout.column(feature_of(key)) for key in keys)
        own, *others = (column for column in columns if column is not None)
        draws = effects.draws[own].astype(np.float64) - effects.draws[others].mean(axis=0)
        (low,), (high,) = limits(draws[None])
        log_lift = math.log(effect.effect)
        if not low <= 0 <= high and float(draws.mean()) / log_lift >= MOSTLY:
            return effect
        names = _labels(doubtful)
        reason = f"not identified: it differs from the average only by {names}, whose own effect is not identified"
        return replace(effect, finding=False, within=None, lfsr=1.0, identified=False, reason=reason)

    # --- what ran together -------------------------------------------------------------------------------------------

    @cached_property
    def _structural(self) -> dict[str, Doubt]:
        with_it, without_it = self._companions.nearly()
        doubts = {
            key: _together(others, "nearly always, and nearly only, without") for key, others in without_it.items()
        }
        doubts |= {key: _together(others, "nearly always together with") for key, others in with_it.items()}
        always = self._companions.always()
        doubts |= {key: _together(others, "always together with") for key, others in always.items()}
        for key, season in self._seasons.items():
            if season.alone and key not in doubts:
                doubts[key] = Doubt(_of_season(season))
        return doubts

    # --- what ran when, and where ------------------------------------------------------------------------------------

    def _doubt(self, key: str, metric: str) -> Doubt | None:
        """What only the figures of one metric show; worked out once."""
        if (key, metric) not in self._shown:
            self._shown[key, metric] = self._doubt_shown(key, metric) if key in self._columns else None
        return self._shown[key, metric]

    def _doubt_shown(self, key: str, metric: str) -> Doubt | None:
        lost = lost_counts(self.unrecorded, key, metric)
        if lost:
            why = never_recorded(lost, self._table.currency)
            return Doubt(f"{why}, so its {METRICS[metric].label} is not known")
        changed = (self._confounded.get(part, {}).get(key) for part in METRICS[metric].composition)
        if (reason := next(filter(None, changed), None)) is not None and self._beyond_noise(key, metric):
            return Doubt(reason)
        season = self._seasons.get(key)
        if season is not None and self._beyond_noise(key, metric) and not self._shown_within(key, season, metric):
            return Doubt(_of_season(season))
        shifted = self.shifts.doubt(key, metric)
        return Doubt(shifted, testable=False) if shifted else self._opposite(key, metric)

    def _beyond_noise(self, key: str, metric: str) -> bool:
        """Whether there is an effect to doubt."""
        effects = self._fitted.effects(metric)
        column = effects.layout.column(feature_of(key))
        return column is not None and not effects.low[column] <= 0 <= effects.high[column]

    def _shown_within(self, key: str, season: Season, metric: str) -> bool:
        """Whether campaigns with a signal differ from those of the same days without it, by most of its effect."""
        levels, difference, expected, precision = self._levels_of(root(key), metric), 0.0, 0.0, 0.0
        for sides in season.sides:
            (own, *with_it), (rest, *without) = (levels[:, side].sum(axis=1).tolist() for side in sides)
            if own > 0.0 and rest > 0.0:
                weight = own * rest / (own + rest)
                level, effect = (one / own - other / rest for one, other in zip(with_it, without, strict=True))
                difference, precision = difference + weight * level, precision + weight
                expected += weight * effect
        side = math.copysign(1.0, expected)
        return side * difference > max(SAME_DIRECTION * math.sqrt(precision), MOSTLY * side * expected)

    def _levels_of(self, kind: str, metric: str) -> Floats:
        """The precision of the log of each campaign, 0 where it says nothing; that times the log without all effects
        but those of a kind of thing (creatives, say); that times what these make of it; (3, campaigns)."""
        if (kind, metric) not in self._levels:
            effects = self._fitted.effects(metric)
            columns = [effects.layout.column(feature) for feature in self._table.features]
            own = [
                0.0 if column is None or root(str(feature)) != kind else float(effects.mean[column])
                for feature, column in zip(self._table.features, columns, strict=True)
            ]
            of_cell = np.asarray(self._table.shares @ np.array(own)) * self._companions.weight
            row = np.bincount(self._table.campaign, self._companions.weight, minlength=len(self._table))
            summed = np.bincount(self._table.campaign, of_cell, minlength=len(self._table))
            model, (ratio, noise) = summed / np.maximum(row, 1e-12), self._support.deviations(metric)
            precision = np.where(np.isfinite(ratio), 1.0 / np.maximum(noise, 1e-6) ** 2, 0.0)
            level = np.where(precision > 0.0, ratio + model, 0.0)
            self._levels[kind, metric] = precision * np.array([np.ones(len(model)), level, model])
        return self._levels[kind, metric]

    def _opposite(self, key: str, metric: str) -> Doubt | None:
        """Whether a name works in opposite ways on two platforms; attributes have effects of their own there."""
        if key not in self._on_several_platforms:
            return None
        campaign, ratio = self._support.ratios(feature_of(key), metric)
        names, numbers = self._platforms
        units, unit = self._units
        cell, place = np.unique(numbers[campaign] * len(units) + unit[campaign], return_inverse=True)
        own, platform = np.bincount(place, ratio) / np.bincount(place), cell // len(units)
        count = np.bincount(platform, minlength=len(names))
        sides = np.flatnonzero(count >= FEWEST)
        if len(sides) < 2:
            return None
        mean = np.bincount(platform, own, minlength=len(names)) / np.maximum(count, 1)
        squares = np.bincount(platform, (own - mean[platform]) ** 2, minlength=len(names))
        freedom = int((count[sides] - 1).sum())
        spread = math.sqrt(float(squares[sides].sum()) / freedom) + 1e-6
        means = [(float(mean[side]), spread / math.sqrt(count[side]), names[side]) for side in sides.tolist()]
        (low, low_error, worst), (high, high_error, best) = min(means), max(means)
        enough, clear = special.stdtrit(freedom, 1 - BY_CHANCE), special.stdtrit(freedom, 0.95)
        if high - low < enough * math.hypot(low_error, high_error):
            return None
        if low > -clear * low_error or high < clear * high_error:
            return None
        names = [signals.spoken(name, {}).removeprefix("platform ") for name in (best, worst)]
        changes = [f"{100 * math.expm1(value):+z.0f} %" for value in (high, low)]
        label = METRICS[metric].label
        return Doubt(
            f"it works in opposite ways: {label} {changes[0]} on {names[0]} and {changes[1]} on {names[1]}, so there "
            "is no one effect",
            testable=False,
        )

    @cached_property
    def _on_several_platforms(self) -> frozenset[str]:
        """Audiences and creatives in enough campaigns on two platforms or more."""
        names = (f for f in self._table.features if f.group in (signals.AUDIENCE, signals.CREATIVE))
        counts = ((str(f), np.bincount(self._platforms[1][self._support.campaigns(f)])) for f in names)
        return frozenset(key for key, campaigns in counts if np.count_nonzero(campaigns >= FEWEST) > 1)

    @cached_property
    def _platforms(self) -> tuple[list[str], Ints]:
        """The platforms by name, and the number of each campaign's."""
        names, numbers = np.unique(self._table.campaigns.platform_key, return_inverse=True)
        return names.tolist(), numbers

    @cached_property
    def _units(self) -> tuple[Ints, Ints]:
        """The real campaigns, and the place of each campaign's among them."""
        units, place = np.unique(self._table.campaigns.real, return_inverse=True)
        return units, place


def _together(others: Iterable[str], how: str) -> Doubt:
    names = tuple(sorted(others))
    return Doubt(f"it ran {how} {_labels(names)}, so their effects cannot be told apart", names)


def _of_season(season: Season) -> str:
    """Why a season stands between an effect and what is seen of it."""
    only, what = ("only" if season.only else "mostly"), ("the season" if season.dated else "those days")
    why = "when hardly anything else ran" if season.alone else "and beside what else ran then it does not show"
    return f"it ran {only} {season.when}, {why}, so its effect cannot be told from that of {what}"


def _labels(keys: Iterable[str]) -> str:
    return ", ".join(signals.parse(key).label for key in sorted(keys))
