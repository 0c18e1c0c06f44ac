"""One observed metric fitted to the cells of a table: how it is linearised, what moves, whether its intervals hold.

Rates are observed around the pooled rate first and then re-linearised around their own fit, where counts are sparse
(LEARNING 2). Must not know the other metrics.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from reflection.domain import signals
from reflection.domain.knowledge import MetricPosterior
from reflection.domain.metrics import METRICS, RATES
from reflection.inference.accounts import ACCOUNT
from reflection.inference.confirmation import NONE_CONFIRMED, Confirmed, confirmed_by
from reflection.inference.dataset import Dataset, Floats
from reflection.inference.design import CellDesign
from reflection.inference.experiments import Trials
from reflection.inference.linearised import Linearised
from reflection.inference.mixing import Sums
from reflection.inference.observation import observed
from reflection.inference.own_levels import BetweenRows
from reflection.inference.rough_fit import RoughFit
from reflection.stats import drift
from reflection.stats.campaign_size import SIZE
from reflection.stats.columns import FREE_MARK, Feature, Layout
from reflection.stats.design import Rows
from reflection.stats.diagnostics import MOST_CAMPAIGNS, SetAside, coverage
from reflection.stats.empirical_bayes import Effects, Fit, fit
from reflection.stats.experiments import seen_of
from reflection.stats.observations import Observations
from reflection.stats.sufficient_statistics import SufficientStatistics

RELINEARISATIONS = 2
"""Extra passes of the rates around the current fit."""

MANY_FEATURES = 600
"""Above it, linearisation points come from the main effects alone."""

ANCHOR_CELLS = 50_000
"""A linearisation point needs no more cells than this; the last pass always uses all."""

STORED_DRAWS = 1000


@dataclass(frozen=True, eq=False)
class FittedMetric:
    """One observed metric.

    Attributes:
        reference: its pooled rate, CPM per 1,000 impressions, AOV in money.
        linear: what the cells said of it, as it was fitted.
        left_out: z-scores of real campaigns predicted from all others, shape (at most 1,000,), see `SetAside`; none of
            more than MANY_FEATURES columns.
        between: rows of whole real campaigns, for their own levels.
        widening: by how much every interval of `fit` was widened, because those of campaigns left out held too few.
        confirmed: what observation alone said of each contrast of an experiment, and what that measured.
    """

    name: str
    fit: Fit
    reference: float
    linear: Linearised
    left_out: Floats
    widening: float = 1.0
    between: BetweenRows | None = None
    confirmed: Confirmed = NONE_CONFIRMED

    def posterior(self, present: Effects) -> MetricPosterior:
        """What is kept of it and its present effects: signals' draws, scatter, reference (CPM per impression)."""
        kept = [i for i, feature in enumerate(present.layout.features) if not feature.group.startswith(FREE_MARK)]
        size = present.layout.column(SIZE) if self.name in RATES else None
        rows = kept if size is None else [*kept, size]
        return MetricPosterior(
            features=tuple(str(present.layout.features[i]) for i in kept[1:]),
            draws=np.ascontiguousarray(present.draws[rows, :STORED_DRAWS]),
            sized=size is not None,
            sigma=float(np.hypot(self.fit.scatter_of_unseen, self._of_accounts)),
            tau={group: float(tau) for group, tau in zip(self.fit.layout.groups, self.fit.unseen, strict=True)},
            reference=self.reference / METRICS[self.name].scale,
            own=None if self.between is None else self.between.levels(self.fit, present, np.array(kept[1:], dtype=int)),
        )

    @property
    def _of_accounts(self) -> float:
        """Standard deviation between accounts; 0 where they cannot be told apart."""
        return self.fit.tau_of(Feature(ACCOUNT, "")) if ACCOUNT in self.fit.layout.groups else 0.0


def fit_metric(
    name: str, table: Dataset, design: CellDesign, trials: Trials, seed: tuple[int, int], parts: Sums, before: Floats
) -> FittedMetric | None:
    """A metric of a table; None where it never happened.

    Args:
        parts, before: the table's sums, and what their signals make of their shares (`Mixture`).
    """
    reference, plain = observed(name, table)
    if reference is None or plain is None or not plain.observed.any():
        return None
    design, contrasts = design.without(_silent(name, trials)), trials.rows.get(name)
    around, unit = _anchor_sample(table), table.campaigns.unit
    still = Layout.of(f for f in (*design.features, *table.unseen) if not drift.is_walk(f.group))
    rough = RoughFit(still, many=len(still) > MANY_FEATURES)
    linear = Linearised(name, table, plain, reference, design, parts, before, plain, design)
    for number in range(RELINEARISATIONS if name in RATES else 1):
        last = name not in RATES or number + 1 == RELINEARISATIONS
        columns = linear.design if last and not rough.many else linear.design.within(still)
        rows = columns.rows(_only(linear.observations, around), table.campaign, unit)
        rough.learn(_summed(some for some, _ in rows), last=last)
        linear = linear.around(rough.shape)
    layout = Layout.of({*still.features, *rough.walks(design.features)})
    aside = SetAside(linear.observations.observed, unit[table.campaign], 0 if rough.many else MOST_CAMPAIGNS)
    between = BetweenRows(table.campaigns)
    rows = linear.design.within(layout).rows(linear.observations, table.campaign, unit)
    sums = _summed(aside.passing(between.passing(rows)))
    if contrasts is not None:
        sums.add(contrasts)
    start = rough.shape.mode if rough.shape.layout == layout else None
    fit_of_all = fit(sums.view(layout), seed, start=start, step_factors=rough.step_factors)
    for group in drift.walking(layout):
        fit_of_all = drift.judged_at_present(fit_of_all, group)
        fit_of_all = fit_of_all if group == signals.PLATFORM else drift.judged_since(fit_of_all, group)
    scores = aside.scores(fit_of_all, sums.as_taken)
    judged = coverage(scores)
    widening = judged.widening if judged.failed else 1.0
    fit_of_all = fit_of_all.widened(widening) if judged.failed else fit_of_all
    confirmed = NONE_CONFIRMED if contrasts is None else confirmed_by(contrasts, rough.shape)
    return FittedMetric(name, fit_of_all, reference, linear, scores, widening, between, confirmed)


def _summed(rows: Iterable[Rows]) -> SufficientStatistics:
    statistics = SufficientStatistics()
    for some in rows:
        statistics.add(some)
    return statistics


def _silent(metric: str, trials: Trials) -> frozenset[Feature]:
    """Columns that say nothing of a metric: the size of prices, and what observation adds where none was tested."""
    tested = trials.tested.get(metric, {})
    seen = {seen_of(feature) for feature in trials.features if feature not in tested}
    return frozenset(seen if metric in RATES else {SIZE, *seen})


def _anchor_sample(table: Dataset) -> NDArray[np.bool_]:
    """Cells that passes before the last one use: all, or of a large workspace every k-th campaign in order of ids."""
    stride = -(-len(table.campaign) // ANCHOR_CELLS)
    return np.asarray(table.campaign % max(stride, 1) == 0)


def _only(observations: Observations, chosen: NDArray[np.bool_]) -> Observations:
    return Observations(observations.y, observations.v, observations.observed & chosen)
