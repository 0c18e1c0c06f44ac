"""From the evidence table to one fit per metric, in one common layout.

The bridge between campaigns and the learning core: which counts a metric divides, how it is linearised, with which
seed. Rates are observed around the pooled rate first and then re-linearised around their own fit, where counts are
sparse (LEARNING 2). Platforms may drift: their effects carry random-walk steps, and every effect read here is the
present one, at the end of the walk. Campaigns differ in planned size: a slope takes out what that does to their rates.
A pure function of the table. Must not know findings, stores or clocks.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import compress

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from threadpoolctl import threadpool_limits

from reflection.domain import signals
from reflection.domain.knowledge import METRICS, MetricPosterior
from reflection.inference.dataset import EvidenceTable, Floats, Ints
from reflection.stats import drift
from reflection.stats.campaign_size import SIZE, size_of, usual_size
from reflection.stats.columns import FREE_MARK, INTERCEPT, Feature, Layout
from reflection.stats.composed_metrics import CONVERSIONS_PER_CURRENCY_UNIT, CPA, ROAS, Recipe, compose
from reflection.stats.design import Design, Rows, Stratum, campaign_rows, quantised
from reflection.stats.diagnostics import MOST_CAMPAIGNS, SetAside
from reflection.stats.empirical_bayes import Effects, Fit, fit
from reflection.stats.false_discovery import Discoveries, discover, discover_composed
from reflection.stats.observations import (
    Observations,
    observe_around,
    observe_cost,
    observe_order_value,
    observe_rate,
    pooled_rate,
    pooled_ratio,
)
from reflection.stats.sufficient_statistics import SufficientStatistics

RECIPES: Mapping[str, Recipe] = {"cpa": CPA, "roas": ROAS, "conversions_per_spend": CONVERSIONS_PER_CURRENCY_UNIT}
RATES = ("ctr", "cvr")
"""Metrics that count events: they are re-linearised, and may depend on the size of a campaign."""

RELINEARISATIONS = 2
"""Extra passes of the rates around the current fit."""

MANY_FEATURES = 600
"""Above it, linearisation points come from the main effects alone."""

THREADS = 1
"""Of the linear algebra: sums are in one order everywhere. On a busy machine two wait for each other at full load:
3,000 columns then take more than twice the time of a processor, fewer columns ten times."""

ANCHOR_CELLS = 50_000
"""A linearisation point needs no more cells than this; the last pass always uses all."""

ROWS_AT_ONCE = 50_000
"""Rows made together; a million at once would be a gigabyte."""

BUCKET_DAYS = (28, 56, 91, 182, 365, 730)
MOST_BUCKETS = 10
STORED_DRAWS = 1000
SEED = 20_260_101


@dataclass(frozen=True, eq=False)
class CellDesign:
    """What the fits see of each cell: its signals, the drift steps of its platform and its campaign's planned size.

    Attributes:
        features: columns of `shares` and then of `controls`, without the intercept.
        shares, controls: CSR (cells, signals) and (cells, drift steps and size); joined for some cells at a time,
            because the shares of a million campaigns are a quarter of a gigabyte and the table's own.
        bucket_days, first_bucket: width of a drift bucket, and the number of the first.
    """

    features: tuple[Feature, ...]
    shares: sparse.csr_array
    controls: sparse.csr_array
    bucket_days: int
    first_bucket: int

    @classmethod
    def of(cls, table: EvidenceTable) -> "CellDesign":
        """The design of a table; buckets are as fine as `MOST_BUCKETS` over the whole period allows."""
        days = table.campaigns.day
        span = int(days.max() - days.min()) if len(days) else 0
        width = next((days for days in BUCKET_DAYS if span < days * MOST_BUCKETS), BUCKET_DAYS[-1])
        buckets = days // width
        first = int(buckets.min()) if len(buckets) else 0
        steps, names = _drift_steps(table, buckets, first)
        sizes, sized = _sizes(table)
        controls = sparse.csr_array(sparse.hstack([steps, sizes], format="csr"))
        return cls((*table.features, *names, *sized), table.shares, controls, width, first)

    def without_size(self) -> "CellDesign":
        """The same columns, saying nothing of the size: for prices, which a plan made from the money spent would
        explain by themselves."""
        signs = sparse.diags_array([float(feature != SIZE) for feature in self.features[self.shares.shape[1] :]])
        controls = sparse.csr_array(self.controls @ signs) if self.controls.shape[1] else self.controls
        controls.eliminate_zeros()
        return replace(self, controls=controls)

    def predictor(self, fit: Fit) -> Floats:
        """Effect of every cell, intercept included, log scale against the reference, shape (cells,)."""
        coefficient = dict(zip(fit.layout.features, fit.mean.tolist(), strict=True))
        effects = np.array([coefficient.get(feature, 0.0) for feature in self.features])
        total = np.empty(self.shares.shape[0])
        for start in range(0, len(total), ROWS_AT_ONCE):
            some = slice(start, start + ROWS_AT_ONCE)
            total[some] = self._joined(some) @ effects
        total += coefficient[INTERCEPT]
        return total

    def rows(self, observations: Observations, campaign: Ints) -> Iterator[tuple[Rows, Ints]]:
        """Evidence rows and the campaign of each: those with one observed cell in bulk, others split into contrasts."""
        observed = observations.observed
        cells_of = np.bincount(campaign[observed], minlength=int(campaign.max(initial=-1)) + 1)
        alone = observed & (cells_of[campaign] == 1)
        yield from self._single(observations, np.flatnonzero(alone), campaign)
        yield from self._split(observations, observed & ~alone, campaign)

    def _single(self, observations: Observations, chosen: Ints, campaign: Ints) -> Iterator[tuple[Rows, Ints]]:
        for start in range(0, len(chosen), ROWS_AT_ONCE):
            cells = chosen[start : start + ROWS_AT_ONCE]
            matrix = self._joined(cells, sparse.csr_array(np.ones((len(cells), 1))))
            design = Design(
                (*self.features, INTERCEPT),
                matrix.indptr.astype(np.int64),
                matrix.indices.astype(np.int32),
                quantised(matrix.data),
            )
            yield Rows.of(design, observations.y[cells], observations.v[cells]), campaign[cells]

    def _split(
        self, observations: Observations, chosen: NDArray[np.bool_], campaign: Ints
    ) -> Iterator[tuple[Rows, Ints]]:
        if not chosen.any():
            return
        cells = [self._cell(index) for index in np.flatnonzero(chosen).tolist()]
        part = Observations(observations.y[chosen], observations.v[chosen], observations.observed[chosen])
        yield campaign_rows(cells, part, campaign[chosen])

    def _joined(self, cells: slice | NDArray[np.intp], *more: sparse.csr_array) -> sparse.csr_array:
        """Shares and controls of some cells side by side, and further columns."""
        return sparse.csr_array(sparse.hstack([self.shares[cells], self.controls[cells], *more], format="csr"))

    def _cell(self, index: int) -> dict[Feature, float]:
        found: dict[Feature, float] = {}
        for matrix, first in ((self.shares, 0), (self.controls, self.shares.shape[1])):
            part = slice(matrix.indptr[index], matrix.indptr[index + 1])
            for column, value in zip(matrix.indices[part].tolist(), matrix.data[part].tolist(), strict=True):
                found[self.features[first + column]] = value
        return found


@dataclass(frozen=True, eq=False)
class FittedMetric:
    """One observed metric.

    Attributes:
        reference: its pooled rate, CPM per 1,000 impressions, AOV in money.
        left_out: z-scores of campaigns predicted from all others, shape (at most 1,000,), see `SetAside`; none of more
            than MANY_FEATURES columns.
    """

    name: str
    fit: Fit
    reference: float
    left_out: Floats

    def posterior(self) -> MetricPosterior:
        """What is kept of it: signals' present draws, scatter, reference (CPM per impression)."""
        present = drift.at_present(self.fit, signals.PLATFORM)
        kept = [i for i, feature in enumerate(present.layout.features) if not feature.group.startswith(FREE_MARK)]
        return MetricPosterior(
            features=tuple(str(present.layout.features[i]) for i in kept[1:]),
            draws=np.ascontiguousarray(present.draws[kept, :STORED_DRAWS]),
            sigma=float(self.fit.sigma.get(Stratum.BETWEEN, 0.0)),
            tau={group: float(tau) for group, tau in zip(self.fit.layout.groups, self.fit.tau, strict=True)},
            reference=self.reference / 1000 if self.name == "cpm" else self.reference,
        )


@dataclass(frozen=True, eq=False)
class FittedMetrics:
    """All metrics of one table that could be fitted, in one layout."""

    table: EvidenceTable
    design: CellDesign
    layout: Layout
    metrics: Mapping[str, FittedMetric]

    @cached_property
    def _predicted(self) -> dict[str, Floats]:
        """Every metric's predictor, log scale with its reference, shape (cells,); CPM per *single* impression."""
        return {
            name: self.design.predictor(one.fit) + float(np.log(one.reference / (1000.0 if name == "cpm" else 1.0)))
            for name, one in self.metrics.items()
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
        """Present effects on an observed or composed metric."""
        return drift.at_present(self.raw_effects(metric), signals.PLATFORM)

    def raw_effects(self, metric: str) -> Effects:
        """Effects as fitted: platforms before their first drift step."""
        return compose(self._fits, RECIPES[metric]) if metric in RECIPES else self.metrics[metric].fit

    def discoveries(self, metric: str) -> Discoveries:
        """Which effects on a metric may be called findings."""
        if metric in RECIPES:
            return discover_composed(self._fits, RECIPES[metric])
        return discover(self.metrics[metric].fit)

    def expected_rate(self, metric: str) -> Floats:
        """The metric that the fit expects of each cell, shape (cells,); CPM per *single* impression."""
        total = np.zeros(len(self.table.campaign))
        for name, exponent in self.parts(metric):
            total += exponent * self._predicted[name]
        return np.exp(total)


def fit_metrics(table: EvidenceTable, fitted: Callable[[float], object] = lambda share: None) -> FittedMetrics:
    """Fit every metric the table has evidence for; `fitted` is told which share is done."""
    design = CellDesign.of(table)
    layout = Layout.of(design.features)

    found: dict[str, FittedMetric] = {}
    with threadpool_limits(THREADS, "blas"):
        for number, name in enumerate(METRICS):
            metric = _fit_metric(name, table, design, layout, (SEED, number))
            if metric is not None:
                found[name] = metric
            fitted((number + 1) / len(METRICS))
    return FittedMetrics(table, design, layout, found)


def counts_of(metric: str, table: EvidenceTable) -> tuple[Floats, Floats]:
    """Numerator and denominator of a metric for each cell (CPM without its factor 1,000)."""
    return {
        "ctr": (table.clicks, table.impressions),
        "cvr": (table.conversions, table.clicks),
        "cpm": (table.spend, table.impressions),
        "aov": (table.revenue, table.conversions),
        "cpa": (table.spend, table.conversions),
        "roas": (table.revenue, table.spend),
        "conversions_per_spend": (table.conversions, table.spend),
    }[metric]


def _drift_steps(
    table: EvidenceTable, buckets: NDArray[np.int64], first: int
) -> tuple[sparse.csr_array, tuple[Feature, ...]]:
    """Step columns 1{platform and bucket >= k} of every cell, and their features."""
    platforms = [index for index, feature in enumerate(table.features) if feature.group == signals.PLATFORM]
    count = int(buckets.max(initial=first)) - first
    names = tuple(
        drift.step_feature(signals.PLATFORM, table.features[column].level, first + k)
        for column in platforms
        for k in range(1, count + 1)
    )
    is_platform = np.flatnonzero(np.isin(table.shares.indices, platforms))
    cells = np.searchsorted(table.shares.indptr, is_platform, side="right") - 1
    columns = table.shares.indices[is_platform]
    begun = (buckets[table.campaign[cells]] - first).astype(np.intp)
    row = np.repeat(cells.astype(np.int32), begun)  # SciPy keeps the wider of the indices it is given
    step = np.arange(len(row)) - np.repeat(np.cumsum(begun) - begun, begun)
    column = (np.repeat(np.searchsorted(platforms, columns) * count, begun) + step).astype(np.int32)
    values = np.repeat(table.shares.data[is_platform], begun)
    matrix = sparse.csr_array((values, (row, column)), shape=(len(table.campaign), len(names)))
    seen = np.asarray(matrix.sum(axis=0)).ravel() > 0  # a platform that ended earlier makes no later steps
    return sparse.csr_array(matrix[:, np.flatnonzero(seen)]), tuple(compress(names, seen.tolist()))


def _sizes(table: EvidenceTable) -> tuple[sparse.csr_array, tuple[Feature, ...]]:
    """The column of planned sizes and its feature; no column where all sizes are the same."""
    planned = table.campaigns.planned
    sizes = size_of(planned, usual_size(planned))[table.campaign]
    sized = (SIZE,) if len(sizes) and np.ptp(sizes) > 0 else ()
    return sparse.csr_array(sizes[:, None][:, : len(sized)]), sized


def _fit_metric(
    name: str, table: EvidenceTable, design: CellDesign, layout: Layout, seed: tuple[int, int]
) -> FittedMetric | None:
    reference, plain = _observe(name, table)
    if reference is None or plain is None or not plain.observed.any():
        return None

    if name not in RATES:
        design = design.without_size()
    rough = layout if len(layout) <= MANY_FEATURES else _main_effects(layout)
    around = _anchor_sample(table)

    def roughly(observations: Observations) -> Fit:
        rows = (rows for rows, _ in design.rows(_only(observations, around), table.campaign))
        return fit(_summed(rows).view(rough), seed, hyper_draws=1, draws=8)

    def fitted(observations: Observations) -> FittedMetric:
        wanted = MOST_CAMPAIGNS if len(layout) <= MANY_FEATURES else 0
        aside = SetAside(observations.observed, table.campaign, wanted)
        rows = aside.passing(design.rows(observations, table.campaign))
        found = fit(_summed(rows).view(layout), seed)
        return FittedMetric(name, found, reference, aside.scores(found))

    if name not in RATES:
        return fitted(plain)
    x, n = counts_of(name, table)
    working = plain
    for _ in range(RELINEARISATIONS):
        eta = design.predictor(roughly(working)) + float(np.log(reference))
        working = observe_around(x, n, eta, reference)
    return fitted(working)


def _summed(rows: Iterable[Rows]) -> SufficientStatistics:
    statistics = SufficientStatistics()
    for some in rows:
        statistics.add(some)
    return statistics


def _main_effects(layout: Layout) -> Layout:
    """The layout without interactions and drift steps."""
    return Layout.of(f for f in layout.features if signals.CROSS not in f.group and not f.group.startswith(FREE_MARK))


def _anchor_sample(table: EvidenceTable) -> NDArray[np.bool_]:
    """Cells that passes before the last one use: all, or of a large workspace every k-th campaign in order of ids."""
    stride = -(-len(table.campaign) // ANCHOR_CELLS)
    return np.asarray(table.campaign % max(stride, 1) == 0)


def _only(observations: Observations, chosen: NDArray[np.bool_]) -> Observations:
    return Observations(observations.y, observations.v, observations.observed & chosen)


def _observe(name: str, table: EvidenceTable) -> tuple[float | None, Observations | None]:
    x, n = counts_of(name, table)
    if name in RATES:
        if not (n > 0).any():
            return None, None
        reference = pooled_rate(x[n > 0], n[n > 0])
        return reference, observe_rate(x, n, reference)
    x = np.nan_to_num(x)
    money = pooled_ratio(x, n, 1000.0 if name == "cpm" else 1.0)
    if money is None:
        return None, None
    return money, (observe_cost if name == "cpm" else observe_order_value)(x, n, money)
