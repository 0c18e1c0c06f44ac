"""A fit in a layout with more columns than its own.

Metrics move over time in different groups, so each is fitted in columns of its own; what is made of several metrics
needs one layout. This file must not know which columns are missing, or why.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from reflection.stats.posterior.empirical_bayes import UNKNOWN, Fit
from reflection.stats.sums.columns import Layout


def in_layout(fit: Fit, layout: Layout) -> Fit:
    """The same in a wider layout: what has no column in the fit has no effect, and nothing was seen of it."""
    if layout == fit.layout:
        return fit
    column = np.array([layout.column(feature) for feature in fit.layout.features], dtype=np.intp)
    group = np.array([layout.groups.index(name) for name in fit.layout.groups], dtype=np.intp)
    p, groups = len(layout), len(layout.groups)
    return replace(
        fit,
        layout=layout,
        mean=_placed(fit.mean, column, p),
        sd=_placed(fit.sd, column, p),
        draws=_placed(fit.draws, column, p).astype(np.float32),
        estimate=_placed(fit.estimate, column, p),
        error=_placed(fit.error, column, p, UNKNOWN),
        mean_at_mode=_placed(fit.mean_at_mode, column, p),
        exposure=_placed(fit.exposure, column, p),
        covariance=_placed(_placed(fit.covariance, column, p).T, column, p).astype(np.float32),
        tau=_placed(fit.tau, group, groups),
        unseen=_placed(fit.unseen, group, groups),
    )


def _placed(values: NDArray[np.generic], at: NDArray[np.intp], count: int, fill: float = 0.0) -> NDArray[np.float64]:
    """Rows of values at their places among ``count``; ``fill`` elsewhere."""
    wider = np.full((count, *values.shape[1:]), fill, dtype=values.dtype)
    wider[at] = values
    return wider
