"""What the fits see of each cell: its signals, how these may move over time, and the planned size of its campaign.

Effects may move (`walks`); a fit takes up those columns for which its metric speaks. Campaigns differ in planned size:
a slope takes out what that does to their rates. Chosen on the sample, and made of each campaign alone. Must not know
metrics nor how they are fitted.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from reflection.domain import signals
from reflection.domain.events import Event
from reflection.inference.columns.accounts import account_columns, account_features, chosen_accounts
from reflection.inference.columns.events import Events
from reflection.inference.columns.time_of_year import Calendar
from reflection.inference.columns.walks import Ramps, last_steps, step_columns
from reflection.inference.columns.wear import Ages
from reflection.inference.columns.weekdays import Week
from reflection.inference.evidence.campaign_columns import Floats, Ints
from reflection.inference.evidence.dataset import Dataset
from reflection.inference.evidence.mixing import Sums
from reflection.stats.over_time import drift
from reflection.stats.posterior.empirical_bayes import Fit, Moments
from reflection.stats.sums.campaign_size import SIZE, size_of, usual_size
from reflection.stats.sums.columns import INTERCEPT, Feature, Layout
from reflection.stats.sums.design import Design, Rows, Stratum, contrast_rows, quantised
from reflection.stats.sums.experiments import seen_of
from reflection.stats.sums.observations import Observations
from reflection.stats.sums.repeated_units import unit_rows

ROWS_AT_ONCE = 50_000
"""Rows made together; a million at once would be a gigabyte."""

CONTRASTED_AT_ONCE = 1 << 16
"""Squares of the cells of campaigns whose contrasts are made together, about; what they say takes as many numbers."""

BUCKET_DAYS = (28, 56, 91, 182, 365, 730)
MOST_BUCKETS = 10


@dataclass(frozen=True, eq=False)
class ControlColumns:
    """Which columns stand beside the signals, chosen once on the sample and the same in every partition.

    Attributes:
        bucket_days: width of a drift bucket; first_bucket: the one in which no step has begun.
        steps: by platform, how many steps there are, one a bucket from the second on. ramps: of everything else.
        ages: of creatives. calendar: months. week: weekdays. events: what people wrote down.
        accounts: platform and account of each that has a column.
        usual_size: median planned impressions; None where all plan the same, and there is no slope.
        tested: features of experiments: what observation adds to each of them has a column of its own.
    """

    bucket_days: int
    first_bucket: int
    steps: Mapping[Feature, int]
    ramps: Ramps
    ages: Ages
    calendar: Calendar
    week: Week
    events: Events
    accounts: tuple[tuple[str, str], ...]
    usual_size: float | None
    tested: tuple[Feature, ...]

    @classmethod
    def of(cls, sample: Dataset, tested: Sequence[Feature] = (), events: Sequence[Event] = ()) -> "ControlColumns":
        """Chosen on a sample; buckets are as fine as `MOST_BUCKETS` over the whole period allows."""
        days, planned = sample.campaigns.day, sample.campaigns.planned
        span = int(days.max() - days.min()) if len(days) else 0
        width = next((days for days in BUCKET_DAYS if span < days * MOST_BUCKETS), BUCKET_DAYS[-1])
        first = int(days.min()) // width if len(days) else 0
        usual = usual_size(planned)
        return cls(
            bucket_days=width,
            first_bucket=first,
            steps=last_steps(sample, days // width - first),
            ramps=Ramps.of(sample),
            ages=Ages.of(sample),
            calendar=Calendar.of(sample),
            week=Week.of(sample),
            events=Events.of(sample, events),
            accounts=chosen_accounts(sample.campaigns),
            usual_size=usual if len(planned) and np.ptp(size_of(planned, usual)) > 0 else None,
            tested=tuple(tested),
        )

    @property
    def _moving(self) -> tuple[Ramps | Ages | Calendar | Week | Events, ...]:
        return self.ramps, self.ages, self.calendar, self.week, self.events

    @property
    def features(self) -> tuple[Feature, ...]:
        """The columns, in their order."""
        steps = (
            drift.step_feature(signals.PLATFORM, platform.level, self.first_bucket + k)
            for platform, last in self.steps.items()
            for k in range(1, last + 1)
        )
        sized = () if self.usual_size is None else (SIZE,)
        moving = (*steps, *(feature for part in self._moving for feature in part.features))
        return (*moving, *account_features(self.accounts), *sized, *map(seen_of, self.tested))

    def columns(self, table: Dataset) -> sparse.csr_array:
        """The columns of a table's cells, CSR (cells, columns): each a function of its campaign alone."""
        steps = step_columns(table, table.campaigns.day // self.bucket_days - self.first_bucket, self.steps)
        accounts = account_columns(table.campaigns, table.campaign, self.accounts)
        sizes = np.zeros((len(table.campaign), 0))
        if self.usual_size is not None:
            sizes = size_of(table.campaigns.planned, self.usual_size)[table.campaign][:, None]
        shares = table.shares[:, [table.features.index(feature) for feature in self.tested]]
        moving = [part.columns(table) for part in self._moving]
        columns = [steps, *moving, accounts, sparse.csr_array(sizes), shares]
        return sparse.csr_array(sparse.hstack(columns, format="csr"))


@dataclass(frozen=True, eq=False)
class CellDesign:
    """What the fits see of each cell: its signals, the steps and ramps of these, and its campaign's planned size.

    Attributes:
        features: columns of `shares` and then of `controls`, without the intercept.
        shares, controls: CSR (cells, signals) and (cells, steps, ramps, accounts and size); joined for some cells at a
            time, because the shares of a million campaigns are a quarter of a gigabyte and the table's own.
        bucket_days: width of a bucket of a platform's steps. ramp_days: length of a ramp; 0.0 where there is none.
        ages: how old creatives are. calendar, week, events: which months, weekdays, events have columns.
    """

    features: tuple[Feature, ...]
    shares: sparse.csr_array
    controls: sparse.csr_array
    bucket_days: int
    ramp_days: float
    ages: Ages
    calendar: Calendar
    week: Week
    events: Events
    _narrower: dict[bytes, "CellDesign"] = field(default_factory=dict, init=False, repr=False)

    @classmethod
    def of(cls, table: Dataset, controls: ControlColumns) -> "CellDesign":
        """The design of a table, with the columns that were chosen for all partitions."""
        features = (*table.features, *controls.features)
        return cls(
            features, table.shares, controls.columns(table), controls.bucket_days, controls.ramps.days, controls.ages,
            controls.calendar, controls.week, controls.events,
        )  # fmt: skip

    @property
    def beside(self) -> drift.Beside:
        """Columns beside its own steps that move a level now: the age of a creative, an event on a platform."""
        return {**self.ages.beside, **self.events.beside}

    def without(self, silent: Collection[Feature]) -> "CellDesign":
        """The same columns but those that say nothing: the size for prices, which a plan made from the money spent
        would explain by themselves; what observation adds to a metric that no experiment tested."""
        return self._with_controls(lambda feature: feature not in silent)

    def within(self, layout: Layout) -> "CellDesign":
        """The same columns but those of walks that a layout does not have."""
        return self._with_controls(lambda feature: feature in layout or not drift.is_walk(feature.group))

    def _with_controls(self, wanted: Callable[[Feature], bool]) -> "CellDesign":
        """The same with some of its controls: the last that were asked for are kept, as metrics ask for the same."""
        signs = self.shares.shape[1]
        places = np.flatnonzero([wanted(feature) for feature in self.features[signs:]])
        if len(places) == self.controls.shape[1]:
            return self
        if places.tobytes() not in self._narrower:
            features = (*self.features[:signs], *(self.features[signs + i] for i in places.tolist()))
            narrower = replace(self, features=features, controls=sparse.csr_array(self.controls[:, places]))
            self._narrower.clear()
            self._narrower[places.tobytes()] = narrower
        return self._narrower[places.tobytes()]

    def weighed(self, sums: Sums, weights: Floats) -> "CellDesign":
        """The same with what the parts of sums count for, instead of their shares."""
        return replace(self, shares=sums.weighed(self.shares, weights))

    def predictor(self, fit: Fit | Moments) -> Floats:
        """Effect of every cell, intercept included, log scale against the reference, shape (cells,)."""
        coefficient = dict(zip(fit.layout.features, fit.mean.tolist(), strict=True))
        effects = np.array([coefficient.get(feature, 0.0) for feature in self.features])
        total = np.empty(self.shares.shape[0])
        for start in range(0, len(total), ROWS_AT_ONCE):
            some = slice(start, start + ROWS_AT_ONCE)
            total[some] = self._joined(some) @ effects
        total += coefficient[INTERCEPT]
        return total

    def rows(self, observations: Observations, campaign: Ints, unit: Ints) -> Iterator[tuple[Rows, Ints]]:
        """Evidence rows, and the unit of each.

        Campaigns with one observed cell are taken in bulk, others split into contrasts; rows of units that repeat
        become blocks (`repeated_units`).

        Args:
            campaign: of each cell. unit: of each campaign.
        """
        own = np.zeros(len(unit), dtype=np.intp)
        own[campaign[observations.observed]] = 1
        repeated = (np.bincount(unit, own, minlength=len(unit)) > 1)[unit[campaign]]
        for rows, origin in self._by_campaign(observations, observations.observed & ~repeated, campaign):
            yield rows, unit[origin]
        if repeated.any():
            yield from self._by_unit(observations, observations.observed & repeated, campaign, unit)

    def _by_unit(
        self, observations: Observations, mask: NDArray[np.bool_], campaign: Ints, unit: Ints
    ) -> Iterator[tuple[Rows, Ints]]:
        """Blocks of the units of these cells; contrasts within a campaign are free of its unit and stay."""
        parts, origins = [], []
        for rows, origin in self._by_campaign(observations, mask, campaign):
            whole = rows.stratum == Stratum.BETWEEN
            if not whole.all():
                yield rows.take(np.flatnonzero(~whole)), unit[origin[~whole]]
            parts.append(rows.take(np.flatnonzero(whole)))
            origins.append(origin[whole])
        joined, of_campaign = Rows.joined(parts), np.concatenate(origins)
        order = np.argsort(of_campaign, kind="stable")
        yield from unit_rows(joined.take(order), unit[of_campaign[order]])

    def _by_campaign(
        self, observations: Observations, mask: NDArray[np.bool_], campaign: Ints
    ) -> Iterator[tuple[Rows, Ints]]:
        """Rows of these cells, and the campaign of each."""
        cells_of = np.bincount(campaign[mask], minlength=int(campaign.max(initial=-1)) + 1)
        alone = mask & (cells_of[campaign] == 1)
        yield from self._single(observations, np.flatnonzero(alone), campaign)
        yield from self._split(observations, mask & ~alone, campaign)

    def _single(self, observations: Observations, places: Ints, campaign: Ints) -> Iterator[tuple[Rows, Ints]]:
        for start in range(0, len(places), ROWS_AT_ONCE):
            cells = places[start : start + ROWS_AT_ONCE]
            design = self._every if len(cells) == self.shares.shape[0] else self._alone(cells)
            yield Rows.of(design, observations.y[cells], observations.v[cells]), campaign[cells]

    @cached_property
    def _every(self) -> Design:
        return self._alone(np.arange(self.shares.shape[0]))

    def _alone(self, cells: Ints) -> Design:
        """Rows of cells, each the only one of its campaign; the intercept is the last column of each."""
        matrix = self._joined(cells)
        ends = matrix.indptr[1:]
        return Design(
            (*self.features, INTERCEPT),
            matrix.indptr.astype(np.int64) + np.arange(len(cells) + 1),
            np.insert(matrix.indices, ends, len(self.features)).astype(np.int32),
            quantised(np.insert(matrix.data, ends, 1.0)),
        )

    def _split(
        self, observations: Observations, mask: NDArray[np.bool_], campaign: Ints
    ) -> Iterator[tuple[Rows, Ints]]:
        places = np.flatnonzero(mask)
        begins = np.flatnonzero(np.diff(campaign[places], prepend=-1))  # whole campaigns at once
        work = np.cumsum(np.square(np.diff(begins, append=len(places)))) // CONTRASTED_AT_ONCE
        for some in np.split(places, begins[1:][np.diff(work) > 0]) if len(places) else ():
            part = Observations(observations.y[some], observations.v[some], observations.observed[some])
            yield contrast_rows(self._joined(some), self.features, part, campaign[some])

    def _joined(self, cells: slice | NDArray[np.intp]) -> sparse.csr_array:
        """Shares and controls of some cells side by side; few cells stay joined."""
        if self.shares.shape[0] <= ROWS_AT_ONCE:
            return sparse.csr_array(self._whole[cells])
        return sparse.csr_array(sparse.hstack([self.shares[cells], self.controls[cells]], format="csr"))

    @cached_property
    def _whole(self) -> sparse.csr_array:
        return sparse.csr_array(sparse.hstack([self.shares, self.controls], format="csr"))
