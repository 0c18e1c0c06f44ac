"""From the evidence table to one fit per metric, in one common layout.

The bridge between campaigns and the learning core: which counts a metric divides, how it is linearised, with which
seed. Rates are observed around the pooled rate first and then re-linearised around their own fit, where counts are
sparse (LEARNING 2). Signals move over time where a metric says so (`rough_fit`); every effect read here is the present
one, at the end of its walk. A pure function of the dataset. Must not know findings, stores or clocks.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from reflection.domain import signals
from reflection.domain.knowledge import MetricPosterior
from reflection.domain.metrics import COMPOSED, METRICS, OBSERVED, RATES
from reflection.domain.scatter import composed_scatter
from reflection.inference.accounts import ACCOUNT
from reflection.inference.confirmation import NONE_CONFIRMED, Confirmed, confirmed_by
from reflection.inference.dataset import Dataset, Floats
from reflection.inference.design import CellDesign
from reflection.inference.experiments import NO_TRIALS, Trials
from reflection.inference.observation import counts_of, observed
from reflection.inference.own_levels import BetweenRows
from reflection.inference.rough_fit import RoughFit
from reflection.inference.shared_quality import Scatter, correlations, shared_quality
from reflection.inference.wear import LIFE, MARKET, MONTHLY, WEAR
from reflection.stats import drift, slow_drift
from reflection.stats.campaign_size import SIZE
from reflection.stats.columns import FREE_MARK, Feature, Layout
from reflection.stats.composed_metrics import Recipe, compose
from reflection.stats.design import Rows, Stratum
from reflection.stats.diagnostics import MOST_CAMPAIGNS, SetAside, coverage
from reflection.stats.empirical_bayes import Effects, Fit, fit
from reflection.stats.experiments import seen_of
from reflection.stats.false_discovery import Discoveries, Parts, composed_parts, discover_each
from reflection.stats.joint_draws import joint
from reflection.stats.observations import Observations, observe_around
from reflection.stats.sufficient_statistics import SufficientStatistics
from reflection.stats.wider_layout import in_layout

RECIPES = {name: Recipe(name, tuple(METRICS[name].composition.items())) for name in COMPOSED}

RELINEARISATIONS = 2
"""Extra passes of the rates around the current fit."""

MANY_FEATURES = 600
"""Above it, linearisation points come from the main effects alone."""

THREADS = 1
"""Of the linear algebra: sums are in one order everywhere. On a busy machine two wait for each other at full load:
3,000 columns then take more than twice the time of a processor, fewer columns ten times."""

ANCHOR_CELLS = 50_000
"""A linearisation point needs no more cells than this; the last pass always uses all."""

STORED_DRAWS = 1000
SEED = 20_260_101


@dataclass(frozen=True, eq=False)
class FittedMetric:
    """One observed metric.

    Attributes:
        reference: its pooled rate, CPM per 1,000 impressions, AOV in money.
        left_out: z-scores of real campaigns predicted from all others, shape (at most 1,000,), see `SetAside`; none of
            more than MANY_FEATURES columns.
        between: rows of whole real campaigns, for their own levels.
        widening: by how much every interval of `fit` was widened, because those of campaigns left out held too few.
        confirmed: what observation alone said of each contrast of an experiment, and what that measured.
    """

    name: str
    fit: Fit
    reference: float
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


@dataclass(frozen=True, eq=False)
class FittedMetrics:
    """All metrics of one table that could be fitted, in one layout; `correlations` as `Knowledge` has them."""

    table: Dataset
    design: CellDesign
    layout: Layout
    metrics: Mapping[str, FittedMetric]
    trials: Trials = NO_TRIALS
    correlations: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    _effects: dict[str, Effects] = field(default_factory=dict, init=False, repr=False)
    _raw_effects: dict[str, Effects] = field(default_factory=dict, init=False, repr=False)

    @cached_property
    def _predicted(self) -> dict[str, Floats]:
        """Every metric's predictor, log scale with its reference, shape (cells,); CPM per *single* impression."""
        return {
            name: self.design.predictor(metric.fit) + float(np.log(metric.reference / METRICS[name].scale))
            for name, metric in self.metrics.items()
        }

    @cached_property
    def _fits(self) -> dict[str, Fit]:
        return {name: metric.fit for name, metric in self.metrics.items()}

    def names(self) -> tuple[str, ...]:
        """Observed metrics, then the composed ones whose parts are all there."""
        composed = [n for n, recipe in RECIPES.items() if all(part in self.metrics for part, _ in recipe.parts)]
        return tuple(self.metrics) + tuple(composed)

    def parts(self, metric: str) -> tuple[tuple[str, int], ...]:
        """A metric as a signed sum of observed ones."""
        return RECIPES[metric].parts if metric in RECIPES else ((metric, 1),)

    def effects(self, metric: str) -> Effects:
        """Present effects on an observed or composed metric; worked out once."""
        if metric not in self._effects:
            effects = self.raw_effects(metric)
            for group in _moving(self.layout):
                effects = drift.at_present(effects, group, self.design.ages.beside)
            effects = drift.all_at_present(effects, MARKET)
            self._effects[metric] = effects
        return self._effects[metric]

    def raw_effects(self, metric: str) -> Effects:
        """Effects as fitted: of what moves, before its first step; worked out once."""
        if metric in self.metrics:
            return self.metrics[metric].fit
        if metric not in self._raw_effects:
            self._raw_effects[metric] = compose(self._fits, RECIPES[metric])
        return self._raw_effects[metric]

    def discoveries(self, metric: str) -> Discoveries:
        """Which effects on a metric may be called findings."""
        return self._discoveries[metric]

    @cached_property
    def _discoveries(self) -> dict[str, Discoveries]:
        """The judgement on every metric, in one go."""
        parts: list[Parts] = [
            composed_parts(self._fits, RECIPES[name], self.raw_effects(name).sd)
            if name in RECIPES
            else [(self._fits[name], 1)]
            for name in self.names()
        ]
        return dict(zip(self.names(), discover_each(parts), strict=True))

    def scatter(self, metric: str, stratum: Stratum | None = None) -> float:
        """Standard deviation of campaigns (or of rows of one, by its stratum) beyond counting noise, of all parts."""
        sigmas = {
            part: fit.scatter if stratum is None else fit.sigma.get(stratum, fit.scatter)
            for part, fit in self._fits.items()
        }
        return composed_scatter(metric, sigmas, self.correlations)

    def favours_effects(self, metric: str) -> bool:
        """Whether the data favour some effect on a metric over none at all (a Bayes factor above 1 of a part)."""
        fits = (self.metrics[part].fit for part, _ in self.parts(metric) if part in self.metrics)
        return any(fit.log_bayes_factor > 0 for fit in fits)

    def expected_rate(self, metric: str) -> Floats:
        """The metric that the fit expects of each cell, shape (cells,); CPM per *single* impression."""
        total = np.zeros(len(self.table.campaign))
        for name, exponent in self.parts(metric):
            total += exponent * self._predicted[name]
        return np.exp(total)


def fit_metrics(
    table: Dataset, fitted: Callable[[float], object] = lambda share: None, trials: Trials = NO_TRIALS
) -> FittedMetrics:
    """Fit every metric the table has evidence for; `fitted` is told which share is done.

    Args:
        trials: what experiments say beside the campaigns.
    """
    design = CellDesign.of(table, trials.features)
    metrics: dict[str, FittedMetric] = {}
    with threadpool_limits(THREADS, "blas"):
        for number, name in enumerate(OBSERVED):
            metric = _fit_metric(name, table, design, trials, (SEED, number))
            if metric is not None:
                metrics[name] = metric
            fitted((number + 1) / len(OBSERVED))
    layout = Layout.of({feature for metric in metrics.values() for feature in metric.fit.layout.features})
    metrics = {name: replace(metric, fit=in_layout(metric.fit, layout)) for name, metric in metrics.items()}
    return _jointly(FittedMetrics(table, design.within(layout), layout, metrics, trials))


def _jointly(apart: FittedMetrics) -> FittedMetrics:
    """The same metrics, drawn as what is peculiar to campaigns moves them together."""
    if len(apart.metrics) < 2:
        return apart
    expected = {name: apart.expected_rate(name) for name in apart.metrics}
    scatters = {
        name: Scatter(metric.fit.scatter, metric.fit.sigma.get(Stratum.WITHIN, metric.fit.scatter))
        for name, metric in apart.metrics.items()
    }
    quality = shared_quality(apart.table, expected, scatters)
    fits = joint({name: metric.fit for name, metric in apart.metrics.items()}, quality.rows)
    metrics = {name: replace(metric, fit=fits[name]) for name, metric in apart.metrics.items()}
    return replace(apart, metrics=metrics, correlations=correlations(quality))


def _fit_metric(
    name: str, table: Dataset, design: CellDesign, trials: Trials, seed: tuple[int, int]
) -> FittedMetric | None:
    reference, plain = observed(name, table)
    if reference is None or plain is None or not plain.observed.any():
        return None
    design, contrasts = design.without(_silent(name, trials)), trials.rows.get(name)
    around, unit = _anchor_sample(table), table.campaigns.unit
    still = Layout.of(f for f in (*design.features, *table.unseen) if not drift.is_walk(f.group))
    rough = RoughFit(still, many=len(still) > MANY_FEATURES)
    working = plain
    for number in range(RELINEARISATIONS if name in RATES else 1):
        last = name not in RATES or number + 1 == RELINEARISATIONS
        columns = design if last and not rough.many else design.within(still)
        rows = columns.rows(_only(working, around), table.campaign, unit)
        rough.learn(_summed(some for some, _ in rows), last=last)
        if name in RATES:
            x, n = counts_of(name, table)
            working = observe_around(x, n, design.predictor(rough.shape) + float(np.log(reference)), reference)
    layout = Layout.of({*still.features, *rough.walks(design.features)})
    aside = SetAside(working.observed, unit[table.campaign], 0 if rough.many else MOST_CAMPAIGNS)
    between = BetweenRows(table.campaigns)
    rows = design.within(layout).rows(working, table.campaign, unit)
    sums = _summed(aside.passing(between.passing(rows)))
    if contrasts is not None:
        sums.add(contrasts)
    start = rough.shape.mode if rough.shape.layout == layout else None
    fit_of_all = fit(sums.view(layout), seed, start=start, step_factors=rough.step_factors)
    for group in _moving(layout):
        fit_of_all = drift.judged_at_present(fit_of_all, group, design.ages.beside)
        if group == signals.CREATIVE:
            fit_of_all = slow_drift.judged_along(fit_of_all, LIFE, MONTHLY)
        elif group != signals.PLATFORM:
            fit_of_all = slow_drift.judged_since(fit_of_all, group)
    scores = aside.scores(fit_of_all, sums.as_taken)
    judged = coverage(scores)
    widening = judged.widening if judged.failed else 1.0
    fit_of_all = fit_of_all.widened(widening) if judged.failed else fit_of_all
    confirmed = NONE_CONFIRMED if contrasts is None else confirmed_by(contrasts, rough.shape)
    return FittedMetric(name, fit_of_all, reference, scores, widening, between, confirmed)


def _moving(layout: Layout) -> list[str]:
    """Groups of signals whose effects move in a layout: by steps of their own, or with their age."""
    groups = {signals.CREATIVE if group in (WEAR, LIFE) else group for group in drift.walking(layout)}
    return sorted(groups - {MARKET})


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
