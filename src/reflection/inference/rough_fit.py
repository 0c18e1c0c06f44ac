"""What the passes before the last fit of a metric learn: where its rates are linearised, and what moved over time.

Platforms, what creatives lose with their age, the time of the year and events are asked whether they moved at all, all
else whether it moved against the others of its group: what moves all alike is taken up by the months or by the
platforms' own steps, and a season is no wear-out of every creative type. Must not know campaigns.
"""

import math
from collections.abc import Collection, Iterable

import numpy as np
from numpy.typing import NDArray

from reflection.domain import signals
from reflection.errors import LearningError
from reflection.inference.cycle import SINGLE
from reflection.inference.events import EVENT
from reflection.inference.wear import LIFE, MARKET, WEAR
from reflection.stats import drift
from reflection.stats.bayes_factors import group_factors
from reflection.stats.columns import FREE_MARK, Feature, Layout
from reflection.stats.empirical_bayes import Moments, moments
from reflection.stats.experiments import SEEN
from reflection.stats.gaussian_posterior import Posterior
from reflection.stats.movement import Order, Steps, movements
from reflection.stats.sufficient_statistics import SufficientStatistics, View
from reflection.stats.variance_components import ROUGH


class RoughFit:
    """The fits of one metric's first passes.

    Args:
        layout: of everything but walks.
        many: whether the columns are so many that only main effects are fitted, and nobody asks what moved.
    """

    def __init__(self, layout: Layout, *, many: bool) -> None:
        self.many = many
        self._still = _main_effects(layout) if many else _without_experiments(layout)
        self._shape: Moments | None = None
        self._moving: dict[str, float] | None = None

    @property
    def shape(self) -> Moments:
        """The fit of the last pass."""
        if self._shape is None:
            raise LearningError("Nothing was learnt yet.")
        return self._shape

    @property
    def step_factors(self) -> dict[str, float] | None:
        """Groups of steps that are taken up, with the log Bayes factor of each, less the price of having asked so many;
        None where nobody asked."""
        return self._moving

    def learn(self, sums: SufficientStatistics, *, last: bool) -> None:
        """Learn from the sums of one pass; from those of the `last` one, which have the walks, also what moved."""
        self._shape = moments(
            sums.view(self._still), start=None if self._shape is None else self._shape.mode, level=ROUGH
        )
        if last and not self.many:
            self._take_up(sums, self._shape)

    def _take_up(self, sums: SufficientStatistics, still: Moments) -> None:
        """Take up what moved, and fit it with what stands still."""
        groups = _groups(sums)
        taken = movements(*_asked(sums, still, groups), order=_ORDER) if groups else ()
        self._moving = dict.fromkeys(taken, 0.0)
        if not taken:
            return
        view = sums.view(Layout.of({*self._still.features, *self.walks(sums.features)}))
        self._shape = moments(view, level=ROUGH)
        price = math.log(len(groups - _ORDER.silent))
        for name, factor in _factors(view, still, self._shape, taken).items():
            self._moving[name] = factor - price

    def walks(self, features: Iterable[Feature]) -> list[Feature]:
        """The columns of walks that are taken up: of very many columns, those of the platforms."""
        groups = (drift.drift_group(signals.PLATFORM),) if self._moving is None else self._moving
        return [feature for feature in features if feature.group in groups]


_WEAR, _LIFE, _MARKET = map(drift.drift_group, (WEAR, LIFE, MARKET))
_SINGLE = {drift.drift_group(group): drift.drift_group(single) for group, single in SINGLE.items()}
_ABSOLUTE = (signals.PLATFORM, WEAR, MARKET, EVENT, *SINGLE, *SINGLE.values())
"""What is asked for its movement as it is, and not against the others of its group."""

_ONCE = "single times alone, "
REPEATED = math.log(10.0)
"""Log odds at which times that come round are believed against times that were special once: as of all findings, at
most one in ten of those told may be false. That times differ at all has to pass what every movement has to."""

_ORDER = Order(beside={_WEAR: _MARKET, _LIFE: _MARKET}, along={_WEAR: _LIFE}, after=_SINGLE)
"""What moves all at a time must not look like their age; not every creative wears out alike, and each is told of; a
month that was special in one year must not look like a season."""


def _groups(sums: SufficientStatistics) -> set[str]:
    """Groups of steps of which there is any evidence."""
    return {feature.group for feature in sums.features if drift.is_walk(feature.group)}


def _asked(
    sums: SufficientStatistics, still: Moments, groups: Collection[str]
) -> tuple[View, Posterior, NDArray[np.intp], dict[str, Steps]]:
    """The sums with the steps of some groups, what stands still, its columns, and the steps."""
    layout = Layout.of({*still.layout.features, *(f for f in sums.features if f.group in groups)})
    columns = [layout.column(feature) for feature in still.layout.features]
    steps = {
        drift.drift_group(group): drift.steps_of(layout, group, relative=group not in _ABSOLUTE)
        for group in drift.walking(layout)
    }
    return sums.view(layout), still.at_mode, np.array(columns, dtype=np.intp), steps


def _factors(view: View, still: Moments, moving: Moments, taken: Collection[str]) -> dict[str, float]:
    """Log Bayes factor of each group of steps that may be told of, beside all others that were taken up."""
    strata, near = len(moving.sigma), moving.mode.copy()
    groups = [strata + moving.layout.groups.index(group) for group in still.layout.groups]
    near[[*range(strata), *groups]] = still.mode  # most components of what stands still are those where all does
    others = {**_ORDER.along, **_ORDER.after}
    without = {name: {name, others.get(name)} for name in taken if name not in _ORDER.silent}
    recurring = [name for name in without if name in _SINGLE]
    without |= {_ONCE + name: {name} for name in recurring}
    factors = group_factors(view, without, moving.mode, near, ROUGH)
    for name in recurring:
        once = factors.pop(_ONCE + name)
        if once < REPEATED:
            factors[name] = min(factors[name], once)
    if {_WEAR, _LIFE} <= factors.keys():
        factors[_LIFE] = max(factors[_WEAR], factors[_LIFE])
    return factors


def _without_experiments(layout: Layout) -> Layout:
    """The layout in which observation stands for itself; the same one where nothing was tested."""
    kept = [feature for feature in layout.features if feature.group != SEEN]
    return layout if len(kept) == len(layout) else Layout.of(kept)


def _main_effects(layout: Layout) -> Layout:
    """The layout without interactions and slopes."""
    return Layout.of(f for f in layout.features if signals.CROSS not in f.group and not f.group.startswith(FREE_MARK))
