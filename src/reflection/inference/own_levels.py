"""What a fit says of each real campaign itself: its own level, shrunk towards what its signals explain.

Given the effects, what is peculiar to a unit is Gaussian: of what its mean lies off, the share sigma_unit^2 /
(sigma_unit^2 + noise of the mean) is its own (best linear unbiased prediction, Robinson 1991). A pure function of a fit
and the between rows of its units. Must not know metrics.
"""

from collections.abc import Iterable, Iterator

import numpy as np
from scipy import sparse

from reflection.domain.own_levels import OwnLevels
from reflection.inference.accounts import ACCOUNT
from reflection.inference.campaign_columns import Campaigns, Floats, Ints
from reflection.stats.columns import INTERCEPT
from reflection.stats.design import GRID, Rows, Stratum
from reflection.stats.empirical_bayes import Effects, Fit
from reflection.stats.prediction import aligned

MOST_CAMPAIGNS = 5_000
"""Own levels that are kept, of the campaigns that ran last: the others are foretold from what they book."""

_AT_ONCE = 1_000


class BetweenRows:
    """The between rows of the real campaigns that ran last, kept while a fit is made; none where none repeats."""

    def __init__(self, campaigns: Campaigns) -> None:
        unit = campaigns.unit
        self._real, self._rows = campaigns.real, np.bincount(unit, minlength=len(unit))
        last = np.full(len(unit), np.iinfo(np.int64).min)
        np.maximum.at(last, unit, campaigns.day)
        heads = np.unique(unit)
        latest = heads[np.lexsort((heads, -last[heads]))][: MOST_CAMPAIGNS if len(heads) < len(unit) else 0]
        self._chosen = np.zeros(len(unit), dtype=np.bool_)
        self._chosen[latest] = True
        self._parts: list[Rows] = []
        self._units: list[Ints] = []

    def passing(self, parts: Iterable[tuple[Rows, Ints]]) -> Iterator[tuple[Rows, Ints]]:
        """The same rows, a copy of those of the chosen campaigns being kept."""
        for rows, unit in parts:
            mine = np.flatnonzero(self._chosen[unit] & (rows.stratum == Stratum.BETWEEN))
            if len(mine):
                self._parts.append(rows.taken(mine))
                self._units.append(unit[mine])
            yield rows, unit

    def levels(self, fit: Fit, present: Effects, signals: Ints) -> OwnLevels | None:
        """Own levels by a fit; None where no campaign repeats.

        Args:
            present: its effects at the end of the walks. signals: columns of the signals, ascending.
        """
        if not self._parts or Stratum.PERIOD not in fit.sigma:
            return None
        unit = np.concatenate(self._units)
        order = np.argsort(self._real[unit], kind="stable")
        rows, unit = Rows.joined(self._parts).taken(order), unit[order]
        x, _ = aligned(fit, rows.design)
        mean, sd = _levels(fit, present, rows, x, signals)
        booked = sparse.csr_array(x[:, signals])
        booked.sort_indices()
        return OwnLevels(
            campaigns=self._real[unit],
            mean=mean,
            sd=sd,
            indptr=booked.indptr.astype(np.int32),
            columns=booked.indices.astype(np.int32),
            shares=booked.data.astype(np.float32),
            rows=self._rows[unit].astype(np.int64),
            passing=np.array([fit.sigma[Stratum.PERIOD]]),
        )


def _levels(fit: Fit, present: Effects, rows: Rows, x: sparse.csr_array, signals: Ints) -> tuple[Floats, Floats]:
    """Mean and standard deviation of each campaign's own level, with the signals it booked, (n,) each."""
    own, passing = fit.sigma[Stratum.BETWEEN] ** 2, fit.sigma[Stratum.PERIOD] ** 2
    kept = own / (own + rows.passing * passing + rows.v)
    lasting = [i for i, f in enumerate(fit.layout.features) if f == INTERCEPT or f.group == ACCOUNT]
    booked = [*lasting, *signals.tolist()]
    mean, variance = np.empty(len(rows)), np.empty(len(rows))
    for start in range(0, len(rows), _AT_ONCE):
        some = slice(start, start + _AT_ONCE)
        off = rows.y[some, None] / GRID - x[some] @ fit.draws.astype(np.float64)
        level = kept[some, None] * off + x[some][:, booked] @ present.draws[booked].astype(np.float64)
        mean[some], variance[some] = level.mean(axis=1), level.var(axis=1)
    return mean, np.sqrt(variance + own * (1 - kept))
