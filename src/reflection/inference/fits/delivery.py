"""Whether platforms show more of a sum to whom clicks and buys, and how much more: a tilt of its shares.

With a tilt k a part is shown exp(k x appeal) times its share, its appeal being what its signals do to clicks and
conversions. Sums over parts that differ then lie above what their shares explain, the more they differ; the tilt is the
slope of that, by generalised least squares over clicks and conversions together. Where there clearly is one, everything
is fitted once more with it, and effects are as much wider as they move with what is not known of it. Must not know
findings.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy import sparse

from reflection.domain import signals
from reflection.domain.bookable import root
from reflection.domain.knowledge import Effect
from reflection.inference.columns.design import CellDesign
from reflection.inference.evidence.campaign_columns import Floats
from reflection.inference.evidence.dataset import Dataset
from reflection.inference.fits.evidence_sums import Linearisation, effects_of
from reflection.stats.posterior.empirical_bayes import Fit
from reflection.stats.sums.columns import INTERCEPT, Feature

USUAL = 2.0
"""Standard deviation of tilts before anything is seen."""

WIDE = 1.6448536269514722
"""Standard deviations on each side of a 90 % interval."""

CLEAR = 2.0
"""Standard deviations above none from which on there is one: chance alone does it in one account of forty."""


@dataclass(frozen=True, slots=True)
class Tilt:
    """How many times as steep delivery is in appeal as none, its standard deviation, and how far above none it lies."""

    value: float = 0.0
    sd: float = 0.0
    z: float = 0.0

    @property
    def clear(self) -> bool:
        """Whether there is one."""
        return self.z >= CLEAR


NO_TILT = Tilt()
MIXED = (signals.AUDIENCE, signals.CREATIVE)
"""What platforms choose among within a sum."""

CORRECTED = (
    "where one sum was given for several, the platforms showed more to whom clicks and buys: corrected for, and wider"
)


def marked(effects: Iterable[Effect], tilt: Tilt) -> tuple[Effect, ...]:
    """The same effects; those of what platforms choose among say so where delivery has a clear tilt."""
    if not tilt.clear:
        return tuple(effects)
    return tuple(
        replace(one, reason=f"{one.reason}; {CORRECTED}")
        if any(root(part.key) in MIXED for part in signals.parse(one.signal).parts)
        else one
        for one in effects
    )


def as_diagnostics(tilt: Tilt, sums: int) -> dict[str, object] | None:
    """The tilt as `Knowledge.delivery_tilt` has it; `sums`: rows with one sum over several audiences or creatives."""
    if not tilt.clear:
        return None
    low, high = max(tilt.value - WIDE * tilt.sd, 0.0), tilt.value + WIDE * tilt.sd
    return {"tilt": tilt.value, "interval": [low, high], "rows": sums, "reason": CORRECTED}


def appeal_of(fits: Iterable[Fit], features: Sequence[Feature]) -> dict[Feature, float]:
    """What each signal does to clicks and conversions together (log)."""
    appeal = sum((effects_of(fit, features) for fit in fits), np.zeros(len(features)))
    return dict(zip(features, appeal.tolist(), strict=True))


def tilt_of(
    table: Dataset, design: CellDesign, rates: Iterable[tuple[Linearisation, Fit]], appeal: Mapping[Feature, float]
) -> Tilt:
    """The tilt that fits of rates show together, as these were observed; never below none."""
    scores = np.array([_score(table, design, linear, fit, linear.slope(table, fit, appeal)) for linear, fit in rates])
    score, information = scores.reshape(-1, 2).sum(axis=0).tolist()
    if information <= 0:
        return NO_TILT
    precision = information + 1.0 / USUAL**2
    return Tilt(max(score / precision, 0.0), float(precision**-0.5), float(score / information**0.5))


def _score(table: Dataset, design: CellDesign, linear: Linearisation, fit: Fit, slope: Floats) -> tuple[float, float]:
    """Derivative of the log likelihood in the tilt, and its information, with the effects integrated over.

    Rows of one real campaign are one witness together.
    """
    weighed, observations = linear.weigh(table, design.without(linear.silent))
    unit = table.campaigns.unit[table.campaign]
    rows = np.bincount(unit[observations.observed], minlength=len(table))[unit]
    variance = np.maximum(observations.v + fit.scatter**2, 1e-9) * np.maximum(rows, 1)
    precision = np.where(observations.observed, 1.0 / variance, 0.0)
    places = {feature: place for place, feature in enumerate((*weighed.features, INTERCEPT))}
    effects = [column for column, feature in enumerate(fit.layout.features) if feature in places]  # others have no row
    columns = [places[fit.layout.features[column]] for column in effects]
    whole = [weighed.shares, weighed.controls, np.ones((len(variance), 1))]
    cells = sparse.csr_array(sparse.hstack(whole, format="csr")[:, columns])
    residual = observations.y - cells @ fit.mean_at_mode[effects]
    cross = cells.T @ (precision * slope)
    explained = float(cross @ (fit.covariance[np.ix_(effects, effects)].astype(np.float64) @ cross))
    return float(slope @ (precision * residual)), max(float(slope @ (precision * slope)) - explained, 0.0)


def unsure(tilted: Fit, even: Fit, tilt: Tilt) -> Fit:
    """A fit with a tilt, wider by how far each effect moves with a standard deviation of it; both in one layout."""
    return _wider(tilted, tilt.sd / max(tilt.value, tilt.sd) * (tilted.mean - even.mean))


def _wider(fit: Fit, by: Floats) -> Fit:
    """A fit whose effects have further, independent standard deviations, (p,)."""
    factor = np.sqrt(1.0 + (by / np.maximum(fit.sd, 1e-12)) ** 2)
    factor[fit.sd <= 0] = 1.0
    draws = (fit.mean[:, None] + factor[:, None] * (fit.draws - fit.mean[:, None])).astype(np.float32)
    covariance = (fit.covariance * np.outer(factor, factor)).astype(np.float32)
    return replace(fit, sd=factor * fit.sd, draws=draws, error=factor * fit.error, covariance=covariance)
