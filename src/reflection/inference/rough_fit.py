"""What the passes before the last fit of a metric learn: where its rates are linearised, and what moved over time.

Platforms are asked whether they moved at all, everything else whether it moved against the others of its group: what
moves all alike is taken up by the platforms' own steps, and a season is no wear-out of every creative type. Must not
know campaigns.
"""

import math
from collections.abc import Iterable

import numpy as np

from reflection.domain import signals
from reflection.errors import LearningError
from reflection.stats import drift
from reflection.stats.columns import FREE_MARK, Feature, Layout
from reflection.stats.empirical_bayes import Moments, moments
from reflection.stats.experiments import SEEN
from reflection.stats.movement import movements
from reflection.stats.sufficient_statistics import SufficientStatistics
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
        """Groups of steps that are taken up, with the log Bayes factor of each; None where nobody asked."""
        return self._moving

    def learn(self, sums: SufficientStatistics, *, last: bool) -> None:
        """Learn from the sums of one pass; from those of the `last` one, which have the walks, also what moved."""
        self._shape = moments(
            sums.view(self._still), start=None if self._shape is None else self._shape.mode, level=ROUGH
        )
        if last and not self.many:
            self._moving = _movements(sums, self._shape)
        if self._moving:
            self._shape = moments(
                sums.view(Layout.of({*self._still.features, *self.walks(sums.features)})), level=ROUGH
            )

    def walks(self, features: Iterable[Feature]) -> list[Feature]:
        """The columns of walks that are taken up: of very many columns, those of the platforms."""
        groups = (drift.drift_group(signals.PLATFORM),) if self._moving is None else self._moving
        return [feature for feature in features if feature.group in groups]


def _movements(sums: SufficientStatistics, still: Moments) -> dict[str, float]:
    """Groups of steps that are taken up, with the log Bayes factor of each against levels that stand still, less the
    price of having asked every group.
    """
    steps = [feature for feature in sums.features if drift.is_walk(feature.group)]
    if not steps:
        return {}
    layout = Layout.of({*still.layout.features, *steps})
    columns = [layout.column(feature) for feature in still.layout.features]
    groups = {
        drift.drift_group(group): drift.steps_of(layout, group, relative=group != signals.PLATFORM)
        for group in drift.walking(layout)
    }
    taken = movements(sums.view(layout), np.array(columns, dtype=np.intp), still.at_mode, groups)
    return {group: factor - math.log(len(groups)) for group, factor in taken.items()}


def _without_experiments(layout: Layout) -> Layout:
    """The layout in which observation stands for itself; the same one where nothing was tested."""
    kept = [feature for feature in layout.features if feature.group != SEEN]
    return layout if len(kept) == len(layout) else Layout.of(kept)


def _main_effects(layout: Layout) -> Layout:
    """The layout without interactions and slopes."""
    return Layout.of(f for f in layout.features if signals.CROSS not in f.group and not f.group.startswith(FREE_MARK))
