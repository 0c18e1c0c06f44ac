"""What a workspace knows at one moment: the result of one fit, as an immutable value.

Made by the learner, kept by the store, read by everybody else. It answers "what is the effect of this signal" without
looking at any history. Must not know how it was computed (learning/) nor where it is kept.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property
from typing import Any, Generic, TypeVar, overload

import numpy as np
from numpy.typing import NDArray

from reflection.domain.bookable import Bookable, EvidenceFloor
from reflection.domain.conversion_kind import UNSTATED, kind_of_objective, plural
from reflection.domain.creative_knowledge import NO_CREATIVES, CreativeKnowledge
from reflection.domain.effect import Effect as Effect
from reflection.domain.experiment_remarks import ExperimentRemarks
from reflection.domain.goal import HasGoal
from reflection.domain.next_test import NO_MONEY, NextTest, Pace, best_test
from reflection.domain.own_levels import OwnLevels
from reflection.domain.pairs import Pairs, pairs_of
from reflection.domain.recurring_times import RecurringTimes
from reflection.domain.results import Finding
from reflection.domain.scatter import CampaignScatter, Correlations
from reflection.domain.weights import Interval, SignalWeight

OF_EVERY_GOAL = ("cpm", "ctr")
"""Metrics that mean the same whatever a campaign counts as a conversion."""


Value = TypeVar("Value")


class Remark(Generic[Value]):
    """A property of what is known that stands in its `diagnostics` under the property's own name.

    Args:
        missing: what it is where a fit does not say it.
        name: its name in stored fits, where that is another one.
    """

    def __init__(self, missing: Value, name: str = "") -> None:
        self._missing, self._name = missing, name

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = self._name or name

    @overload
    def __get__(self, knowledge: None, owner: type) -> "Remark[Value]": ...
    @overload
    def __get__(self, knowledge: "Knowledge", owner: type) -> Value: ...
    def __get__(self, knowledge: "Knowledge | None", owner: type) -> "Value | Remark[Value]":
        if knowledge is None:
            return self
        value: Value = knowledge.diagnostics.get(self._name, self._missing)
        return value


@dataclass(frozen=True)
class MetricPosterior:
    """Posterior of one metric's log-linear model.

    Attributes:
        features: signal keys in column order, without the intercept.
        draws: (1 + features, draws) float32, row 0 the intercept; where `sized`, a last row: the slope in the log size.
        sigma: standard deviation beyond counting noise of new campaigns; seen: of those learnt from, of rows of one.
        tau: standard deviation of a signal never seen, per group: the wider the fewer of its levels were seen.
        reference: pooled rate of the metric: CTR and CVR as shares, AOV in money, CPM in money per *single* impression.
        own: what is known of each real campaign itself; None where none repeats. season, week: of times.
        before: log of what each signal makes of its share of a sum until the metric divides by it, (features,) or none.
    """

    features: tuple[str, ...]
    draws: NDArray[np.float32]
    sigma: float
    tau: Mapping[str, float]
    reference: float
    seen: tuple[float, float] = (0.0, 0.0)
    sized: bool = False
    own: OwnLevels | None = None
    before: tuple[float, ...] = ()
    season: RecurringTimes | None = None
    week: RecurringTimes | None = None

    @property
    def of_signals(self) -> NDArray[np.float32]:
        """Draws of the signals' effects, (features, draws)."""
        return self.draws[1 : 1 + len(self.features)]

    @property
    def slope(self) -> NDArray[np.float64] | None:
        """Draws of what e times the planned size adds to the log of the metric; None where no sizes were learnt."""
        return self.draws[-1].astype(np.float64) if self.sized else None

    @cached_property
    def means(self) -> NDArray[np.float64]:
        """Posterior means of the rows of `draws`, the intercept first."""
        return np.asarray(self.draws.mean(axis=1, dtype=np.float64))


@dataclass(frozen=True, slots=True)
class Knowledge:
    """Everything one fit says.

    Attributes:
        epoch: number of the linearisation the sums rest on. seq: last ledger entry taken in. as_of: instant of the
        fit, RFC 3339; None before anything was learnt. campaigns: how many it rests on. held: ids kept out as
        suspected tracking faults, with the reason. posteriors: per observed metric (`metrics.OBSERVED`) that could
        be fitted. diagnostics: JSON-able remarks on the fit; what is read of them has a property here. pace: how
        much is spent, that a test is weighed by. calibration: how far off forecasts usually are, as bytes of
        `forecasting`; empty before anything was calibrated. bookables: what campaigns booked, by key, with its total
        effect on the goal. delivery: objective key (``""``: all) -> signal -> share of the money spent for it, the
        usual delivery. mixtures: metric -> shares of the components of adaptive shrinkage (`false_discovery.GRID_SD`)
            among the total effects on it; a metric on which the data favour no effect at all has none.
        floor: evidence that a finding or an advice needs at least.
        creatives: what is known of the texts of creatives.
        kind: what the campaigns count that effects, findings, weights and posteriors rest on: those of the goal most
            money is spent on. `campaigns` and `held` are of all goals.
        goals: the same of every other goal, the largest spend first; empty where there is one goal.
    """

    epoch: int = 0
    seq: int = 0
    as_of: str | None = None
    campaigns: int = 0
    goal_metric: str = "conversions_per_spend"
    currency: str | None = None
    effects: tuple[Effect, ...] = ()
    findings: tuple[Finding, ...] = ()
    weights: tuple[SignalWeight, ...] = ()
    posteriors: Mapping[str, MetricPosterior] = field(default_factory=dict)
    held: Mapping[str, str] = field(default_factory=dict)
    reason: str | None = "nothing has been learnt yet"
    pace: Pace = NO_MONEY
    diagnostics: Mapping[str, Any] = field(default_factory=dict)
    calibration: bytes = b""
    bookables: tuple[Bookable, ...] = ()
    delivery: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    mixtures: Mapping[str, tuple[float, ...]] = field(default_factory=dict)
    floor: EvidenceFloor = field(default_factory=EvidenceFloor)
    creatives: CreativeKnowledge = NO_CREATIVES
    kind: str = UNSTATED
    goals: tuple["Knowledge", ...] = ()

    @property
    def next_test(self) -> NextTest | None:
        """Of the candidates for a test the one that is worth most after its cost; None where none is worth it."""
        return best_test(one.total.test for one in self.bookables if one.total)

    @property
    def every_goal(self) -> tuple["Knowledge", ...]:
        """What is known of each goal, the largest first."""
        return (self, *self.goals)

    @property
    def real_campaigns(self) -> int:
        """Real campaigns behind `campaigns`, of which months of one are several."""
        return int(self.diagnostics.get("real_campaigns", self.campaigns))

    @property
    def goal(self) -> str | None:
        """What its campaigns count, where the workspace has several goals; None where it has one."""
        return next((effect.goal for effect in self.effects), None)

    @property
    def every_finding(self) -> tuple[Finding, ...]:
        """The findings of all goals by impact."""
        findings = [finding for knowledge in self.every_goal for finding in knowledge.findings]
        return tuple(sorted(findings, key=lambda finding: (-finding.impact_score, finding.finding_id)))

    def kind_for(self, item: HasGoal) -> str:
        """The goal that a campaign or plan belongs to, by what it states or what its objective names."""
        return item.conversion_kind or self.kind_of_objective(item.objective)

    def kind_of_objective(self, objective: str) -> str:
        """The goal of campaigns with this objective that do not say what they count."""
        named = kind_of_objective(objective)
        of_objective: Mapping[str, str] = self.diagnostics.get("goal_of_objective", {})
        return of_objective.get(named, named or self.kind)

    def for_goal(self, item: HasGoal) -> "Knowledge":
        """What is known of the goal of a campaign or plan; CPM and CTR alone where nothing was learnt of its kind."""
        return self.of_kind(self.kind_for(item))

    def of_kind(self, kind: str) -> "Knowledge":
        """What is known of campaigns that count this as a conversion."""
        if self.kind in (kind, UNSTATED) and not self.goals:
            return self
        goal = next((goal for goal in self.every_goal if goal.kind == kind), None)
        if goal is self:
            return self
        if goal is None:
            return self._without_conversions(kind)
        diagnostics = {**goal.diagnostics, "neighbours": self.diagnostics.get("neighbours", {})}
        return replace(goal, held=self.held, calibration=self.calibration, diagnostics=diagnostics)

    def _without_conversions(self, kind: str) -> "Knowledge":
        """What the largest goal says of any: what an impression costs, and who clicks."""
        return replace(
            self,
            kind=kind,
            goals=(),
            goal_metric="conversions_per_spend",
            effects=tuple(effect for effect in self.effects if effect.metric in OF_EVERY_GOAL),
            findings=tuple(finding for finding in self.findings if finding.metric in OF_EVERY_GOAL),
            weights=(),
            posteriors={name: self.posteriors[name] for name in OF_EVERY_GOAL if name in self.posteriors},
            reason=f"nothing has been learnt about {plural(kind)} yet",
            bookables=(),
            mixtures={},
        )

    aliases = Remark[Mapping[str, str]]({})
    """Signals that always came together with another one -> the one whose effect is estimated for both."""

    @property
    def pairs(self) -> Pairs:
        """The pairs of signals that have an effect."""
        return pairs_of(tuple(one.features for one in self.posteriors.values()), tuple(self.aliases.items()))

    unidentified = Remark[Mapping[str, Mapping[str, Any]]]({})
    """Signal -> {reason, others, testable}: what nobody can tell from others or a season, and if a test can."""

    spellings = Remark[Mapping[str, str]]({}, "spelt")
    """How campaigns spell their signals: key -> level, where that is not the level in the key (`signals`)."""

    coverage = Remark[Mapping[str, Mapping[str, float] | None]]({})
    """Metric -> {campaigns, coverage_90, z_sd, widening}: whether 90 % intervals held campaigns left out.

    `coverage_90` is the share of them, each predicted from all others, within the interval, `z_sd` the standard
    deviation of their standardised errors, `widening` by how much every interval was widened for it (1: not at
    all); None where fewer than 20 campaigns could say, or the fit was too large to ask.
    """

    size = Remark[Mapping[str, Mapping[str, Any]]]({})
    """Metric (ctr, cvr) -> {doubling, interval}: lift of campaigns planned twice as large, with its 90 %
    interval; empty where all were planned alike.
    """

    delivery_tilt = Remark[Mapping[str, Any] | None](None)
    """{tilt, interval, rows, reason} of delivery within sums (`inference.fits.delivery`); None where none is clear."""

    @property
    def experiments(self) -> ExperimentRemarks:
        """What the fit makes of randomised experiments."""
        return ExperimentRemarks(self.diagnostics)

    response = Remark[Mapping[str, Mapping[str, Any]]]({})
    """Platform key -> what more money brings there, as `inference.totals.budget_response` gives it."""

    asked = Remark[Mapping[str, str]]({})
    """Campaign id -> what looks odd of it: learnt from, but somebody should say whether its figures are right."""

    correlations = Remark[Correlations]({})
    """Metric -> other metric -> correlation of what is peculiar to campaigns; empty where it is not known."""

    effect_correlations = Remark[Correlations]({})
    """Metric -> other metric -> correlation of the effects of signals; empty where it is not known."""

    planned_sizes = Remark[Mapping[str, float]]({})
    """``usual``, ``low`` and ``high``: median, least and most planned impressions; empty where nobody planned."""

    @property
    def spends(self) -> Interval | None:
        """Least and most that a campaign spent, in `currency`; None where no money is known."""
        bounds: Sequence[float] | None = self.diagnostics.get("spends")
        return (bounds[0], bounds[1]) if bounds else None

    @property
    def spread(self) -> Interval | None:
        """CPA of nine in ten campaigns as multiples of what their signals explain; None where no scatter was found."""
        bounds: Sequence[float] | None = self.diagnostics.get("spread")
        return (bounds[0], bounds[1]) if bounds else None

    waiting = Remark[Mapping[str, Any]]({})
    """{campaigns, first, last}: whose conversions wait (`maturity`), and the days these are complete; or empty."""

    left_out = Remark[Mapping[str, int]]({})
    """{signals, cells, goals}: how much of them was more than a fit can be made of; what is 0 is not there."""

    def complete_since(self, day: date) -> bool:
        """Whether conversions that waited at this fit are complete by a day."""
        return bool(self.waiting) and date.fromisoformat(self.waiting["first"]) <= day

    @property
    def scatter(self) -> CampaignScatter:
        """Scatter of a campaign's result that its own level leaves.

        Where campaigns repeat, from one of its periods to the next; else that between campaigns.
        """
        parts = self.posteriors.items()
        left = {name: one.sigma if one.own is None else float(one.own.passing[0]) for name, one in parts}
        return CampaignScatter.learnt(left, self.correlations)


NOTHING = Knowledge()
"""The knowledge of an empty workspace."""
