"""From the evidence of a goal, in partitions, to the fits of all metrics in one common layout.

Signals move over time where a metric says so (`rough_fit`); every effect read here is the present one, at the end of
its walk. A pure function of the set. Must not know findings, stores or clocks.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from functools import cache, cached_property, partial
from operator import add

import numpy as np
from threadpoolctl import ThreadpoolController

from reflection.domain.events import Event
from reflection.domain.metrics import COMPOSED, METRICS, OBSERVED, RATES
from reflection.domain.scatter import Correlations, composed_scatter
from reflection.inference.columns.cycle import RECURRING
from reflection.inference.columns.design import CellDesign, ControlColumns
from reflection.inference.columns.walks import whole_features
from reflection.inference.columns.wear import market_features, moving_signals
from reflection.inference.evidence.campaign_columns import Floats
from reflection.inference.evidence.dataset import Dataset
from reflection.inference.evidence.partitions import InMemory, Partitions
from reflection.inference.evidence.raw_lifts import RawLifts
from reflection.inference.fits.delivery import NO_TILT, Tilt, appeal_of, tilt_of, unsure
from reflection.inference.fits.evidence_sums import EvidencePart, effects_of, latest_units, makers, raw_lifts
from reflection.inference.fits.late_jumps import METRIC, after_jumps, late_jumps
from reflection.inference.fits.metric_fit import MANY_FEATURES, FittedMetric, Fitting, fit_metric
from reflection.inference.fits.shared_quality import Scatter, correlations, shared_quality
from reflection.inference.trials.experiments import NO_TRIALS, Trials
from reflection.stats.honesty.false_discovery import Discoveries, Parts, composed_parts, discover_each
from reflection.stats.over_time import drift
from reflection.stats.posterior.composed_metrics import Recipe, compose
from reflection.stats.posterior.effect_correlation import effect_correlation
from reflection.stats.posterior.empirical_bayes import Effects, Fit
from reflection.stats.posterior.joint_draws import joint
from reflection.stats.posterior.wider_layout import in_layout
from reflection.stats.sums.columns import Feature, Layout
from reflection.stats.sums.design import Stratum

RECIPES = {name: Recipe(name, tuple(METRICS[name].composition.items())) for name in COMPOSED}

THREADS = 1
"""Of the linear algebra: sums are in one order everywhere. On a busy machine two wait for each other at full load:
3,000 columns then take more than twice the time of a processor, fewer columns ten times."""

SEED = 20_260_101


@dataclass(frozen=True, eq=False)
class FittedMetrics:
    """All metrics of a goal that could be fitted, in one layout.

    Attributes:
        table, design: of the sample: all campaigns, where they are no more than `SAMPLE`.
        raw: sums over all campaigns.
        predicted: every metric's predictor, log scale with its reference, (cells,); CPM per *single* impression.
        correlations, effect_correlations: as `Knowledge` has them.
        tilt: of delivery within sums.
    """

    table: Dataset
    design: CellDesign
    layout: Layout
    metrics: Mapping[str, FittedMetric]
    raw: RawLifts
    predicted: Mapping[str, Floats]
    trials: Trials = NO_TRIALS
    correlations: Correlations = field(default_factory=dict)
    effect_correlations: Correlations = field(default_factory=dict)
    tilt: Tilt = NO_TILT
    _effects: dict[str, Effects] = field(default_factory=dict, init=False, repr=False)
    _raw_effects: dict[str, Effects] = field(default_factory=dict, init=False, repr=False)

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
            for group in moving_signals(self.layout):
                effects = drift.at_present(effects, group, self.design.beside)
            everything = (*market_features(self.layout), *whole_features(self.layout))
            effects = drift.all_at_present(effects, {*everything, *self.design.events.of_everything})
            for group in RECURRING:
                effects = drift.around_mean(effects, group)
            self._effects[metric] = after_jumps(effects, metric, self._late_jumps)
        return self._effects[metric]

    @cached_property
    def _late_jumps(self) -> dict[str, Floats]:
        """By how much the CVR of platforms lies beyond their present effects, as drawn."""
        if METRIC not in self.metrics:
            return {}
        return late_jumps(self.table, self.metrics[METRIC].fit, self.expected_rate(METRIC))

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
            total += exponent * self.predicted[name]
        return np.exp(total)


def one_thread() -> AbstractContextManager[object]:
    """Linear algebra in one thread until the end of the block: sums in one order on every machine."""
    limit: AbstractContextManager[object] = _libraries().limit(limits=THREADS, user_api="blas")
    return limit


@cache
def _libraries() -> ThreadpoolController:
    """The libraries of linear algebra, all of which are loaded by now; looking for them takes a while each time."""
    return ThreadpoolController()


def fit_metrics(
    table: Dataset,
    fitted: Callable[[float], object] = lambda share: None,
    trials: Trials = NO_TRIALS,
    tables: Partitions[Dataset] | None = None,
    events: Sequence[Event] = (),
) -> FittedMetrics:
    """Fit every metric there is evidence for; `fitted` is told which share is done.

    Args:
        table: the sample, on which columns and points of linearisation are chosen.
        trials: what experiments say beside the campaigns.
        tables: all campaigns in partitions; None where the sample is all.
        events: what people wrote down.
    """
    controls = ControlColumns.of(table, trials.features, events)
    sample = EvidencePart.of(table, controls)
    parts: Partitions[EvidencePart] = InMemory([sample])
    if tables is not None and not (isinstance(tables, InMemory) and tables.holds(table)):
        parts = tables.map(partial(EvidencePart.of, controls=controls))
    fitting = Fitting(table, sample.design, parts, trials, parts.total(latest_units, add).numbers())
    with one_thread():
        metrics, tilt = _fit_each(fitting, {}, fitted), NO_TILT
        if len(table.sums) and len(table.features) <= MANY_FEATURES:
            metrics, tilt = _as_delivered(fitting, metrics)
    layout = _layout_of(*metrics.values())
    metrics = {name: replace(metric, fit=in_layout(metric.fit, layout)) for name, metric in metrics.items()}
    raw = parts.total(raw_lifts, add)
    design = sample.design.within(layout)
    return _jointly(
        FittedMetrics(table, design, layout, metrics, raw, _predicted(table, design, metrics), trials, tilt=tilt)
    )


def _predicted(table: Dataset, design: CellDesign, metrics: Mapping[str, FittedMetric]) -> dict[str, Floats]:
    """What metrics are predicted to be in each cell (`FittedMetrics.predicted`)."""
    return {
        name: design.predictor(metric.fit)
        + metric.linear.lift(table, metric.fit)
        + float(np.log(metric.reference / METRICS[name].scale))
        for name, metric in metrics.items()
    }


def _fit_each(
    fitting: Fitting, tilt: Mapping[Feature, float], fitted: Callable[[float], object] = lambda share: None
) -> dict[str, FittedMetric]:
    """Every metric, each in a layout of its own; what a rate divides by is fitted before it.

    Args:
        tilt: log of how many times its share each signal is shown within a sum.
    """
    metrics: dict[str, FittedMetric] = {}
    signs, even = fitting.table.features, np.zeros(len(fitting.table.features))
    for number, name in enumerate(OBSERVED):
        made = sum((effects_of(metrics[maker].fit, signs) for maker in makers(name) if maker in metrics), even)
        before = {feature: tilt.get(feature, 0.0) + float(log) for feature, log in zip(signs, made, strict=True)}
        metric = fit_metric(name, fitting, (SEED, number), before)
        if metric is not None:
            metrics[name] = metric
        fitted((number + 1) / len(OBSERVED))
    return metrics


def _as_delivered(fitting: Fitting, metrics: dict[str, FittedMetric]) -> tuple[dict[str, FittedMetric], Tilt]:
    """The metrics with what platforms show more of, where they clearly do; wider by what is not known of that."""
    rates = [metrics[name] for name in RATES if name in metrics]
    appeal = appeal_of([metric.fit for metric in rates], fitting.table.features)
    tilt = tilt_of(fitting.table, fitting.design, [(metric.linear, metric.fit) for metric in rates], appeal)
    if not tilt.clear:
        return metrics, tilt
    tilted = _fit_each(fitting, {feature: tilt.value * log for feature, log in appeal.items()})
    for name, metric in tilted.items():
        layout = _layout_of(metric, metrics[name])
        wider = unsure(in_layout(metric.fit, layout), in_layout(metrics[name].fit, layout), tilt)
        tilted[name] = replace(metric, fit=wider)
    return tilted, tilt


def _layout_of(*metrics: FittedMetric) -> Layout:
    """All columns of some fits."""
    return Layout.of({feature for metric in metrics for feature in metric.fit.layout.features})


def _jointly(apart: FittedMetrics) -> FittedMetrics:
    """The same metrics, drawn as what is peculiar to campaigns, and effects, move them together; what is expected
    stays.
    """
    if len(apart.metrics) < 2:
        return apart
    expected = {name: apart.expected_rate(name) for name in apart.metrics}
    scatters = {
        name: Scatter(metric.fit.scatter, metric.fit.sigma.get(Stratum.WITHIN, metric.fit.scatter))
        for name, metric in apart.metrics.items()
    }
    quality = shared_quality(apart.table, expected, scatters)
    fits = {name: metric.fit for name, metric in apart.metrics.items()}
    effects = effect_correlation(fits, quality.rows)
    fits = joint(fits, quality.rows, effects)
    return replace(
        apart,
        metrics={name: replace(metric, fit=fits[name]) for name, metric in apart.metrics.items()},
        correlations=correlations(quality.names, quality.scatter),
        effect_correlations=correlations(quality.names, effects),
    )
