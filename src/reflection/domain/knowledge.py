"""What a workspace knows at one moment: the result of one fit, as an immutable value.

Made by the learner, kept by the store, read by everybody else. It answers "what is the effect of this signal" without
looking at any history. Must not know how it was computed (learning/) nor where it is kept.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reflection.domain.results import Finding, Interval, NextTest, SignalWeight


@dataclass(frozen=True, slots=True)
class Effect:
    """The effect of one signal on one metric, as a multiplicative lift (1.0 = the average level of its group).

    `finding` says whether it may be called one (cumulative lfsr <= 10 %); `reason` says why not.
    """

    signal: str
    group: str
    metric: str
    raw_lift: float | None
    effect: float
    interval: Interval
    probability: float
    lfsr: float
    campaigns: float
    spend: float | None
    finding: bool
    reason: str


@dataclass(frozen=True, slots=True)
class MetricPosterior:
    """Posterior of one metric's log-linear model.

    Attributes:
        features: signal keys in column order, without the intercept.
        draws: (1 + features, draws) float32, row 0 the intercept.
        sigma: standard deviation between campaigns beyond counting noise.
        tau: prior standard deviation per signal group; an unseen signal widens by it.
        reference: pooled rate of the metric: CTR and CVR as shares, AOV in money, CPM in money per *single* impression.
    """

    features: tuple[str, ...]
    draws: NDArray[np.float32]
    sigma: float
    tau: Mapping[str, float]
    reference: float

    @property
    def means(self) -> NDArray[np.float64]:
        """Posterior means, (1 + features,), the intercept first."""
        return np.asarray(self.draws.mean(axis=1, dtype=np.float64))


@dataclass(frozen=True, slots=True)
class Knowledge:
    """Everything one fit says.

    Attributes:
        epoch: number of the linearisation the sums rest on.
        seq: last ledger entry taken in.
        as_of: instant of the fit, RFC 3339; None before anything was learnt.
        campaigns: how many campaigns it rests on.
        held: campaign ids kept out as suspected tracking faults, with the reason.
        posteriors: per observed metric (`metrics.OBSERVED`) that could be fitted.
        diagnostics: JSON-able remarks on the fit; what is read of them has a property here.
        calibration: how far off forecasts usually are, as bytes that `forecasting` writes and reads; empty before
            anything was calibrated.
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
    next_test: NextTest | None = None
    diagnostics: Mapping[str, Any] = field(default_factory=dict)
    calibration: bytes = b""

    @property
    def aliases(self) -> Mapping[str, str]:
        """Signals that always came together with another one -> the one whose effect is estimated for both."""
        found: Mapping[str, str] = self.diagnostics.get("aliases", {})
        return found

    @property
    def spelt(self) -> Mapping[str, str]:
        """How campaigns spell their signals: key -> level, where that is not the level in the key (`signals`)."""
        found: Mapping[str, str] = self.diagnostics.get("spelt", {})
        return found

    @property
    def coverage(self) -> Mapping[str, Mapping[str, float] | None]:
        """Metric -> {campaigns, coverage_90, z_sd}: whether 90 % intervals held campaigns predicted from all others.

        `coverage_90` is the share of them within the interval, `z_sd` the standard deviation of their standardised
        errors; None where fewer than 20 campaigns could say, or the fit was too large to ask.
        """
        found: Mapping[str, Mapping[str, float] | None] = self.diagnostics.get("coverage", {})
        return found

    @property
    def size(self) -> Mapping[str, Mapping[str, Any]]:
        """Metric (ctr, cvr) -> {doubling, interval}: lift of campaigns planned twice as large, with its 90 %
        interval; empty where all were planned alike.
        """
        found: Mapping[str, Mapping[str, Any]] = self.diagnostics.get("size", {})
        return found

    @property
    def spread(self) -> Interval | None:
        """The normal spread of campaigns: CPA of nine in ten of them as multiples of what their signals explain; None
        where no scatter was found.
        """
        bounds: Sequence[float] | None = self.diagnostics.get("spread")
        return (bounds[0], bounds[1]) if bounds else None

    def sigma(self, metric: str) -> float | None:
        """Scatter between campaigns of a metric (log scale), or None while it is not known."""
        posterior = self.posteriors.get(metric)
        return posterior.sigma if posterior else None


NOTHING = Knowledge()
"""The knowledge of an empty workspace."""
