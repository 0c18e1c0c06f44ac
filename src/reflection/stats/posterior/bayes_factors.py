"""How much better the sums speak for a model with some columns than for one without them: logs of Bayes factors.

Each model is taken at the most probable components of its own, which are integrated over by Laplace's method. At those
of the larger model the smaller one looks worse than it is: its scatter is then too small, and levels that stand still
may be held at no effect at all because their steps stood in for them. Such a ratio is no Bayes factor, and may be of
any size where nothing is there. Must not know what is said of one (any_time.py).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from reflection.stats.posterior.gaussian_posterior import Model
from reflection.stats.posterior.variance_components import LEVEL, Mode, mode_of
from reflection.stats.posterior.wide_posterior import model_of
from reflection.stats.sums.columns import Kind, Layout
from reflection.stats.sums.experiments import SEEN
from reflection.stats.sums.sufficient_statistics import View

Floats = NDArray[np.float64]


def log_evidence(model: Model, mode: Mode) -> float:
    """Log marginal likelihood with the components integrated out by Laplace's method."""
    at, rates = mode.components, model.rates
    prior = float((np.log(rates) + at - rates * np.exp(at)).sum())
    volume = 0.5 * len(at) * np.log(2 * np.pi) + float(np.linalg.slogdet(mode.spread)[1])
    return float(mode.posterior.log_evidence + prior + volume)


def evidence_of(view: View, columns: Sequence[int], near: Floats, level: float = LEVEL) -> float:
    """The same of some columns alone, ascending and the intercept first.

    ``near``: components of all of them, where the search for those of the columns begins. ``level``: see
    :func:`~reflection.stats.posterior.variance_components.mode_of`.
    """
    bare = view.of_columns(np.array(columns, dtype=np.intp))
    model = model_of(bare)
    groups = [view.layout.groups.index(group) for group in bare.layout.groups]
    start = np.concatenate([near[: len(model.strata)], near[len(model.strata) :][groups]])
    return log_evidence(model, mode_of(model, start, level))


def step_factors_of(view: View, mode: Floats) -> dict[str, float]:
    """Log Bayes factor of each group of steps, ``~walk.name``, beside the slopes and the levels of ``name``."""
    layout = view.layout
    factors = {}
    for number, group in enumerate(layout.groups):
        if Kind.of(group) is Kind.FREE and group != SEEN and layout.sizes[number] > 1:
            steps, levels = layout.columns_in(group), layout.columns_in(group.partition(".")[2])
            still = sorted([*slopes(layout), *levels])
            factors[group] = evidence_of(view, sorted([*still, *steps]), mode) - evidence_of(view, still, mode)
    return factors


def group_factors(
    view: View, everything: float, without: Mapping[str, Collection[str | None]], near: Floats, level: float = LEVEL
) -> dict[str, float]:
    """Log Bayes factor of all columns against all but those of some groups, by the name of each such set.

    ``everything``: log evidence of all columns. ``near``, ``level``: see :func:`evidence_of`, of the smaller models.
    """
    groups = [feature.group for feature in view.layout.features]
    return {
        name: everything - evidence_of(view, [i for i, group in enumerate(groups) if group not in left], near, level)
        for name, left in without.items()
    }


def slopes(layout: Layout, shared: Collection[str] = ()) -> list[int]:
    """The intercept, units and the free columns that are alone in their group: numeric slopes; and those of ``shared``
    groups. That accounts differ speaks for no signal.

    What observation adds to one tested effect is alone, too, and no slope.
    """
    free = [(int(i), layout.features[i].group) for i in layout.columns_of(Kind.FREE)]
    groups = [group for _, group in free]
    alone = [i for i, group in free if group in shared or (group != SEEN and groups.count(group) == 1)]
    return sorted([0, *layout.columns_of(Kind.UNIT).tolist(), *alone])
