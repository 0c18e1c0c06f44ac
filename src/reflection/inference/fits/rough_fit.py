"""What the passes before the last fit of a metric learn: where its rates are linearised, and what moved over time.

Platforms, what creatives lose with their age, the time of the year and events are asked whether they moved at all, all
else whether it moved against the others of its group: what moves all alike is taken up by the months or by the
platforms' own steps, and a season is no wear-out of every creative type. Must not know campaigns.
"""

import math
from collections.abc import Collection, Iterable
from dataclasses import replace

import numpy as np

from reflection.domain import signals
from reflection.errors import LearningError
from reflection.inference.columns.cycle import SINGLE
from reflection.inference.columns.events import EVENT
from reflection.inference.columns.wear import LIFE, MARKET, WEAR
from reflection.inference.evidence.campaign_columns import Floats
from reflection.stats.over_time import drift
from reflection.stats.over_time.movement import Order, Steps, movements
from reflection.stats.posterior.bayes_factors import group_factors
from reflection.stats.posterior.empirical_bayes import Moments, moments
from reflection.stats.posterior.variance_components import ROUGH, START
from reflection.stats.sums.columns import FREE_MARK, Feature, Layout
from reflection.stats.sums.design import Rows
from reflection.stats.sums.experiments import SEEN
from reflection.stats.sums.gram import DENSE_COLUMNS
from reflection.stats.sums.rows_view import RowsView
from reflection.stats.sums.sufficient_statistics import SufficientStatistics, View


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
        """The fit of the last pass; raises LearningError before the first."""
        if self._shape is None:
            raise LearningError("Nothing was learnt yet.")
        return self._shape

    @property
    def step_factors(self) -> dict[str, float] | None:
        """Groups of steps that are taken up, with the log Bayes factor of each, less the price of having asked so many;
        None where nobody asked."""
        return self._moving

    def learn(self, rows: Rows, *, last: bool) -> None:
        """Learn from the rows of one pass; from those of the `last` one, which have the walks, also what moved."""
        start = None if self._shape is None else self._shape.mode
        self._shape = moments(_view(rows, self._still), start=start, level=ROUGH)
        if last and not self.many:
            self._take_up(rows, self._shape)

    def _take_up(self, rows: Rows, still: Moments) -> None:
        """Take up what moved, and fit it with what stands still."""
        walks = [feature for feature in rows.design.present if drift.is_walk(feature.group)]
        groups = {feature.group for feature in walks}
        names = (
            movements(rows, still.at_mode, still.layout.features, _candidates(walks), order=_ORDER) if groups else ()
        )
        self._moving = dict.fromkeys(names, 0.0)
        if not names:
            return
        layout = Layout.of({*self._still.features, *self.walks(walks)})
        rest = np.full(len(still.mode) + len(layout.groups) - len(still.layout.groups), START)
        view = _view(rows, layout)
        self._shape = moments(view, start=_beside(still, layout, rest), level=ROUGH)
        price = math.log(len(groups - _ORDER.silent))
        for name, factor in _factors(view, still, self._shape, names).items():
            self._moving[name] = factor - price

    def walks(self, features: Iterable[Feature]) -> list[Feature]:
        """The columns of walks that are taken up: of very many columns, those of the platforms."""
        groups = (drift.drift_group(signals.PLATFORM),) if self._moving is None else self._moving
        return [feature for feature in features if feature.group in groups]


_WEAR, _LIFE, _MARKET = map(drift.drift_group, (WEAR, LIFE, MARKET))
_SINGLE = {drift.drift_group(group): drift.drift_group(single) for group, single in SINGLE.items()}
_ABSOLUTE = tuple(map(drift.drift_group, (signals.PLATFORM, WEAR, MARKET, EVENT, *SINGLE, *SINGLE.values())))
"""What is asked for its movement as it is, and not against the others of its group."""

_ONCE = "single times alone, "
REPEATED = math.log(10.0)
"""Log odds at which times that come round are believed against times that were special once: as of all findings, at
most one in ten of those told may be false. That times differ at all has to pass what every movement has to."""

_ORDER = Order(beside={_WEAR: _MARKET, _LIFE: _MARKET}, along={_WEAR: _LIFE}, after=_SINGLE)
"""What moves all at a time must not look like their age; not every creative wears out alike, and each is told of; a
month that was special in one year must not look like a season."""


def _view(rows: Rows, layout: Layout) -> View:
    """The sums of the columns of a layout alone; of very many columns sparse ones."""
    if len(layout) <= DENSE_COLUMNS:
        return RowsView.of_rows(rows, layout)
    sums = SufficientStatistics()
    sums.add(replace(rows, design=rows.design.within(layout.features)))
    return sums.view(layout)


def _candidates(walks: Collection[Feature]) -> dict[str, Steps]:
    """The steps of each group, as they are asked for."""
    groups = sorted({feature.group for feature in walks})
    return {group: drift.steps_of(walks, group, relative=group not in _ABSOLUTE) for group in groups}


def _factors(view: View, still: Moments, moving: Moments, names: Collection[str]) -> dict[str, float]:
    """Log Bayes factor of each group of steps that may be told of, beside all others that were taken up."""
    near = _beside(still, moving.layout, moving.mode)
    others = {**_ORDER.along, **_ORDER.after}
    without = {name: {name, others.get(name)} for name in names if name not in _ORDER.silent}
    recurring = [name for name in without if name in _SINGLE]
    without |= {_ONCE + name: {name} for name in recurring}
    factors = group_factors(view, moving.log_evidence, without, near, ROUGH)
    for name in recurring:
        once = factors.pop(_ONCE + name)
        if once < REPEATED:
            factors[name] = min(factors[name], once)
    if {_WEAR, _LIFE} <= factors.keys():
        factors[_LIFE] = max(factors[_WEAR], factors[_LIFE])
    return factors


def _beside(still: Moments, layout: Layout, rest: Floats) -> Floats:
    """Components of a layout that has more groups: most of what stands still are as where all does.

    Args:
        rest: those of all groups, of which what moves keeps its own.
    """
    strata, components = len(still.sigma), rest.copy()
    groups = [strata + layout.groups.index(group) for group in still.layout.groups]
    components[[*range(strata), *groups]] = still.mode
    return components


def _without_experiments(layout: Layout) -> Layout:
    """The layout in which observation stands for itself; the same one where nothing was tested."""
    features = [feature for feature in layout.features if feature.group != SEEN]
    return layout if len(features) == len(layout) else Layout.of(features)


def _main_effects(layout: Layout) -> Layout:
    """The layout without interactions and slopes."""
    return Layout.of(f for f in layout.features if signals.CROSS not in f.group and not f.group.startswith(FREE_MARK))
