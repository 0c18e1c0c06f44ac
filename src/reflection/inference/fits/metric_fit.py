"""From the evidence in partitions to the fit of one metric.

Rates are observed around the pooled rate first and then re-linearised around their own fit, where counts are sparse
(LEARNING 2). Where to linearise, what moves and who is left out is chosen on the sample; the sums are of all campaigns.
Must not know the other metrics.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from operator import add

import numpy as np
from numpy.typing import NDArray

from reflection.domain import signals
from reflection.domain.knowledge import MetricPosterior
from reflection.domain.metrics import METRICS, RATES
from reflection.inference.columns import cycle
from reflection.inference.columns.accounts import ACCOUNT
from reflection.inference.columns.cycle import RECURRING, SINGLE
from reflection.inference.columns.design import CellDesign
from reflection.inference.columns.events import EVENT, SCOPES
from reflection.inference.columns.wear import LIFE, MONTHLY, moving_signals
from reflection.inference.evidence.campaign_columns import Floats
from reflection.inference.evidence.dataset import Dataset
from reflection.inference.evidence.partitions import Partitions
from reflection.inference.fits.evidence_sums import (
    EvidencePart,
    Linearisation,
    pooled,
    sums_of,
)
from reflection.inference.fits.own_levels import NO_ROWS, UnitRows
from reflection.inference.fits.rough_fit import RoughFit
from reflection.inference.trials.confirmation import NONE_CONFIRMED, ExperimentContrasts, confirmed_by
from reflection.inference.trials.experiments import Trials
from reflection.stats.honesty.diagnostics import MOST_CAMPAIGNS, SetAside, coverage
from reflection.stats.over_time import drift, slow_drift
from reflection.stats.posterior.empirical_bayes import Effects, Fit, fit
from reflection.stats.sums.campaign_size import SIZE
from reflection.stats.sums.columns import FREE_MARK, Feature, Layout
from reflection.stats.sums.design import Rows, Stratum
from reflection.stats.sums.experiments import seen_of
from reflection.stats.sums.observations import Observations

RELINEARISATIONS = 2
"""Extra passes of the rates around the current fit."""

MANY_FEATURES = 600
"""Above it, linearisation points come from the main effects alone."""

ANCHOR_CELLS = 50_000
"""A linearisation point needs no more cells than this; the last pass always uses all."""

STORED_DRAWS = 1000

SHARED = tuple(map(drift.drift_group, (EVENT, *SINGLE, *SINGLE.values())))
"""Groups of columns that move everything alike: what they explain speaks for no signal."""


@dataclass(frozen=True, eq=False)
class FittedMetric:
    """One observed metric.

    Attributes:
        reference: its pooled rate, CPM per 1,000 impressions, AOV in money.
        linear: how it was observed.
        left_out: z-scores of real campaigns predicted from all others, shape (at most 1,000,), see `SetAside`; none of
            more than MANY_FEATURES columns.
        between: rows of whole real campaigns, for their own levels.
        widening: by how much every interval of `fit` was widened, because those of campaigns left out held too few.
        confirmed: what observation alone said of each contrast of an experiment, and what that measured.
    """

    name: str
    fit: Fit
    reference: float
    linear: Linearisation
    left_out: Floats
    widening: float = 1.0
    between: UnitRows = NO_ROWS
    confirmed: ExperimentContrasts = NONE_CONFIRMED

    def posterior(self, present: Effects) -> MetricPosterior:
        """What is kept of it and its present effects: signals' draws, scatter, reference (CPM per impression)."""
        places = [i for i, feature in enumerate(present.layout.features) if not feature.group.startswith(FREE_MARK)]
        size = present.layout.column(SIZE) if self.name in RATES else None
        rows = places if size is None else [*places, size]
        return MetricPosterior(
            features=tuple(str(present.layout.features[i]) for i in places[1:]),
            draws=np.ascontiguousarray(present.draws[rows, :STORED_DRAWS]),
            sized=size is not None,
            sigma=float(np.hypot(self.fit.scatter_of_unseen, self._of_accounts)),
            seen=(self.fit.scatter, self.fit.sigma.get(Stratum.WITHIN, self.fit.scatter)),
            tau={group: float(tau) for group, tau in zip(self.fit.layout.groups, self.fit.unseen, strict=True)},
            reference=self.reference / METRICS[self.name].scale,
            own=self.between.levels(self.fit, present, np.array(places[1:], dtype=int)),
            before=tuple(self.linear.before.get(present.layout.features[i], 0.0) for i in places[1:]),
            season=cycle.learnt(cycle.SEASON, self.fit, present, STORED_DRAWS),
            week=cycle.learnt(cycle.WEEKDAY, self.fit, present, STORED_DRAWS),
        )

    @property
    def _of_accounts(self) -> float:
        """Standard deviation between accounts; 0 where they cannot be told apart."""
        return self.fit.tau_of(Feature(ACCOUNT, "")) if ACCOUNT in self.fit.layout.groups else 0.0


@dataclass(frozen=True, eq=False)
class Fitting:
    """What the fits of all metrics have in common: the sample with its design, all partitions, and the real campaigns
    whose own levels are kept."""

    table: Dataset
    design: CellDesign
    parts: Partitions[EvidencePart]
    trials: Trials
    latest: NDArray[np.int64]


def fit_metric(
    name: str, fitting: Fitting, seed: tuple[int, int], before: Mapping[Feature, float]
) -> FittedMetric | None:
    """Fit one metric; None where it never happened. `before` is that of `Linearisation`."""
    reference = fitting.parts.total(partial(pooled, name=name), add).level(name)
    if reference is None:
        return None
    contrasts = fitting.trials.rows.get(name)
    every = (*fitting.design.features, *fitting.table.unseen)
    still = Layout.of(feature for feature in every if not drift.is_walk(feature.group))
    plain = Linearisation(name, reference, _silent(name, fitting.trials), None, before)
    linear, rough = _roughly(fitting, plain, still)
    layout = Layout.of({*still.features, *rough.walks(fitting.design.features)})
    merged = fitting.parts.total(partial(sums_of, linear=linear, layout=layout, latest=fitting.latest), add)
    sums = merged.statistics
    if contrasts is not None:
        sums.add(contrasts)
    start = rough.shape.mode if rough.shape.layout == layout else None
    fit_of_all = fit(sums.view(layout), seed, start=start, step_factors=rough.step_factors, shared=SHARED)
    for group in RECURRING:
        fit_of_all = drift.judged_around_mean(fit_of_all, group)
    for group in moving_signals(layout):
        fit_of_all = drift.judged_at_present(fit_of_all, group, fitting.design.beside)
        if group == signals.CREATIVE:
            fit_of_all = slow_drift.judged_along(fit_of_all, LIFE, MONTHLY)
        elif group not in SCOPES:
            fit_of_all = slow_drift.judged_since(fit_of_all, group)
    most = 0 if rough.many else MOST_CAMPAIGNS
    scores = _set_aside(fitting, linear, layout, most).scores(fit_of_all, sums.as_taken)
    judged = coverage(scores)
    widening = judged.widening if judged.failed else 1.0
    fit_of_all = fit_of_all.widened(widening) if judged.failed else fit_of_all
    confirmed = NONE_CONFIRMED if contrasts is None else confirmed_by(contrasts, rough.shape)
    return FittedMetric(name, fit_of_all, reference, linear, scores, widening, merged.between, confirmed)


def _roughly(fitting: Fitting, plain: Linearisation, still: Layout) -> tuple[Linearisation, RoughFit]:
    """What a part of the sample says: where to linearise, and what moves.

    Args:
        still: the layout of everything but walks.
    """
    table, design = fitting.table, fitting.design.without(plain.silent)
    around, unit = _anchor_sample(table), table.campaigns.unit
    rough, linear = RoughFit(still, many=len(still) > MANY_FEATURES), plain
    passes = RELINEARISATIONS if plain.name in RATES else 1
    for number in range(passes):
        last = number + 1 == passes
        weighed, observations = linear.weigh(table, design)
        columns = weighed if last and not rough.many else weighed.within(still)
        rows = [some for some, _ in columns.rows(_only(observations, around), table.campaign, unit)]
        rough.learn(Rows.joined(rows), last=last)
        linear = linear.around(rough.shape)
    return linear, rough


def _set_aside(fitting: Fitting, linear: Linearisation, layout: Layout, most: int) -> SetAside:
    """Real campaigns of the sample, with the rows that they have in the fit, to be predicted from all others."""
    table, unit, design = fitting.table, fitting.table.campaigns.unit, fitting.design.without(linear.silent)
    design, observations = linear.weigh(table, design)
    aside = SetAside(observations.observed, unit[table.campaign], most)
    own = _only(observations, np.isin(unit[table.campaign], aside.units))
    aside.take(design.within(layout).rows(own, table.campaign, unit))
    return aside


def _silent(metric: str, trials: Trials) -> frozenset[Feature]:
    """Columns that say nothing of a metric: the size of prices, and what observation adds where none was tested."""
    tested = trials.tested.get(metric, {})
    groups = {seen_of(feature) for feature in trials.features if feature not in tested}
    return frozenset(groups if metric in RATES else {SIZE, *groups})


def _anchor_sample(table: Dataset) -> NDArray[np.bool_]:
    """Cells that passes before the last one use: all, or of a large workspace every k-th campaign in order of ids."""
    stride = -(-len(table.campaign) // ANCHOR_CELLS)
    return np.asarray(table.campaign % max(stride, 1) == 0)


def _only(observations: Observations, mask: NDArray[np.bool_]) -> Observations:
    return Observations(observations.y, observations.v, observations.observed & mask)
