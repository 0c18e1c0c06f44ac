"""Which effects may be called findings: adaptive shrinkage and a controlled false-discovery rate.

The posterior sign probability does not control false discoveries (realised .25 to .45 at a nominal .10).
Adaptive shrinkage (Stephens 2017, "False discovery rates: a new deal") does: a spike at zero plus a zero-mean
normal mixture is fitted by EM to the de-shrunk estimates of one family of effects, which gives every effect a
local false-sign rate; the largest set whose mean rate is at most the level is selected (LEARNING 4). Main
effects, interactions and each free group are families of their own; things (which nearly always differ) are judged
apart from their attributes (of which none need matter), and how well the mixture is known goes by the units seen.

Two bounds make this hold at every look together, and not at one alone (any_time.py). The metric as a whole must favour
*some* effect over none by a Bayes factor that an account without any ever reaches with a small chance. And what is
selected may not ride on others: of all that is ever called a finding, the share that is false is the mean rate that
each had when it was *first* called one, wherever somebody stops to look; so its own rate, the one shown, has a limit.
This file must not know what an effect is called.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray
from scipy import special

from reflection.stats.honesty.any_time import OF_SIGNALS, OF_TRENDS, log_factor_needed
from reflection.stats.posterior.composed_metrics import Recipe, parts_of
from reflection.stats.posterior.empirical_bayes import Fit
from reflection.stats.sums.columns import Kind, Layout

Floats = NDArray[np.float64]

LEVEL = 0.10
"""Share of false findings, and most that the false-sign rate of any one of them may be: whoever looks at every campaign
meets an effect just when its rate falls below the limit."""

FEW_ROWS, MANY_ROWS, FEW_LEVEL = 100, 200, 0.05
"""Rows up to which the mixture of effects is hardly known, and from which on its rates are taken at their word. Between
them the doubt about it fades and the limit of one finding rises from `FEW_LEVEL` to `LEVEL`; below half of the few it
is proportionally less. So a rate just below its limit, at which whoever looks at every campaign meets most effects, is
rarely that of a young account, where it says least."""

METRICS = 4
"""Observed metrics, each of which may favour something by chance: CPM, CTR, CVR and order value."""

GRID_SD = (0.0, 0.05, 0.1, 0.2, 0.4)
"""Standard deviations of the mixture components (log scale); the first is the spike."""

_EM_STEPS = 200
MOST_DOUBT = 3.0
"""Effects without a sign that are added to a family of few rows before its mixture is fitted."""

_NULL_START = 0.6


class Verdict(StrEnum):
    """What may be said of an effect."""

    FINDING = "finding"
    UNCERTAIN = "not enough evidence"
    CONFOUNDED = "always appears together with others"
    UNSEEN = "no campaign with it"


@dataclass(frozen=True, eq=False)
class Mixture:
    """Posterior of each of p effects as a mixture of K normals, arrays (p, K); component 0 is a point mass at
    zero.
    """

    weight: Floats
    mean: Floats
    variance: Floats

    def signed(self, exponent: int) -> Mixture:
        """Posterior of exponent * effect."""
        return Mixture(self.weight, exponent * self.mean, exponent**2 * self.variance)

    def plus(self, other: Mixture) -> Mixture:
        """Posterior of the sum of independent effects, (p, K * L); the first component stays the spike."""
        p = len(self.weight)
        return Mixture(
            (self.weight[:, :, None] * other.weight[:, None, :]).reshape(p, -1),
            (self.mean[:, :, None] + other.mean[:, None, :]).reshape(p, -1),
            (self.variance[:, :, None] + other.variance[:, None, :]).reshape(p, -1),
        )

    def expectation(self) -> Floats:
        """Posterior mean of each effect under the mixture, shape (p,)."""
        return np.asarray((self.weight * self.mean).sum(axis=1))

    def _signs(self) -> tuple[Floats, Floats]:
        """Probabilities of an effect below and above zero, (p,) each."""
        below = special.ndtr(-self.mean[:, 1:] / np.sqrt(np.maximum(self.variance[:, 1:], 1e-300)))
        return (self.weight[:, 1:] * below).sum(axis=1), (self.weight[:, 1:] * (1.0 - below)).sum(axis=1)

    def false_sign_rate(self) -> Floats:
        """Probability that the effect is zero or has the other sign than the likelier one, (p,)."""
        negative, positive = self._signs()
        return np.asarray(np.clip(1.0 - np.maximum(negative, positive), 0.0, 1.0))


@dataclass(frozen=True, eq=False)
class Discoveries:
    """The judgement on p effects, in the order of ``layout`` (the intercept is never a finding).

    ``lfsr``: local false-sign rate, (p,), 1 where nothing is known. ``mean``: the effect as adaptive
    shrinkage sees it, (p,). ``selected``: bool, (p,).
    """

    layout: Layout
    lfsr: Floats
    mean: Floats
    selected: NDArray[np.bool_]
    exposed: NDArray[np.bool_]

    def verdict(self, column: int) -> Verdict:
        """Return why this column is, or is not, a finding."""
        if self.selected[column]:
            return Verdict.FINDING
        if not self.exposed[column]:
            return Verdict.UNSEEN
        return Verdict.UNCERTAIN if self.layout.identifiable[column] else Verdict.CONFOUNDED


def ash(estimate: Floats, error: Floats) -> Mixture:
    """Fit the mixture prior of one family by EM and return each effect's posterior.

    ``estimate``, ``error``: de-shrunk effects and standard errors, (m,).
    """
    return ash_each([(estimate, error)])[0]


def ash_each(families: Sequence[tuple[Floats, Floats]], doubts: Sequence[float] | None = None) -> list[Mixture]:
    """The same of several families, each on its own, in the time of one; none of them may be empty.

    ``doubts``: effects without a sign that are added to each.
    """
    shares = _shares_of_each(families, [MOST_DOUBT] * len(families) if doubts is None else doubts)
    return [shrunk(*family, share) for family, share in zip(families, shares, strict=True)]


def mixture_shares(estimate: Floats, error: Floats) -> Floats:
    """Shares of the mixture's components among the effects of one family, (K,), fitted by EM."""
    return np.asarray(_shares_of_each([(estimate, error)], [MOST_DOUBT])[0])


def _shares_of_each(families: Sequence[tuple[Floats, Floats]], doubts: Sequence[float]) -> Floats:
    """Shares of the components in each family, (families, K): every step is one for all, families side by side."""
    if not families:
        return np.empty((0, len(GRID_SD)))
    sizes = np.array([len(estimate) for estimate, _ in families])
    starts = np.cumsum(sizes) - sizes
    estimates, errors = (np.concatenate(values) for values in zip(*families, strict=True))
    density = np.ascontiguousarray(_density(estimates, errors).T)
    share = np.full((len(density), len(families)), (1 - _NULL_START) / (len(density) - 1))
    penalty = np.zeros(share.shape)
    share[0], penalty[0] = _NULL_START, doubts
    for _ in range(_EM_STEPS - 1):  # the last step's weights are those of `shrunk`
        weight = density * np.repeat(share, sizes, axis=1)
        weight /= weight.sum(axis=0)
        share = (np.add.reduceat(weight, starts, axis=1) + penalty) / (sizes + penalty[0])
    return np.asarray(share.T)


def shrunk(estimate: Floats, error: Floats, share: Floats) -> Mixture:
    """Posterior of each effect under a mixture prior with these shares of its components, (K,)."""
    scale = np.asarray(GRID_SD)
    weight = _density(estimate, error) * share
    weight /= weight.sum(axis=1, keepdims=True)
    shrinkage = scale**2 / (error[:, None] ** 2 + scale**2)
    return Mixture(weight, shrinkage * estimate[:, None], shrinkage * error[:, None] ** 2)


def _density(estimate: Floats, error: Floats) -> Floats:
    """Likelihood of each effect under each component, (m, K), up to a factor an effect."""
    total = error[:, None] ** 2 + np.asarray(GRID_SD) ** 2
    log_density = -0.5 * (np.log(total) + estimate[:, None] ** 2 / total)
    return np.asarray(np.exp(log_density - log_density.max(axis=1, keepdims=True)))


def select(lfsr: Floats, level: float = LEVEL) -> NDArray[np.bool_]:
    """Select the largest set of smallest rates whose mean is at most ``level``, bool (m,)."""
    order = np.argsort(lfsr, kind="stable")
    mean = np.cumsum(lfsr[order]) / np.arange(1, len(lfsr) + 1)
    passed = np.flatnonzero(mean <= level)
    mask = np.zeros(len(lfsr), dtype=bool)
    mask[order[: passed[-1] + 1 if len(passed) else 0]] = True
    return mask


Parts = Sequence[tuple[Fit, int]]
"""A metric as a signed sum of fits: each with its exponent; an observed metric is one with the exponent 1."""


def discover(fit: Fit, level: float = LEVEL) -> Discoveries:
    """Judge all effects of an observed metric at a false-discovery level."""
    return discover_each([[(fit, 1)]], level)[0]


def composed_parts(fits: Mapping[str, Fit], recipe: Recipe, sd: Floats | None = None) -> Parts:
    """The parts of a composed metric, as they are judged.

    ``sd``: of the composed effects, (p,), where their parts are not independent; errors are as much wider.

    Raises LearningError when a part is missing.
    """
    parts = parts_of(fits, recipe)
    if sd is None:
        return parts
    apart = np.sqrt(np.sum([part.sd**2 for part, _ in parts], axis=0))
    wider = np.maximum(1.0, np.divide(sd, apart, out=np.ones(len(apart)), where=apart > 0))
    return [(replace(part, error=part.error * wider), exponent) for part, exponent in parts]


def favours_effects(fit: Fit) -> bool:
    """Whether a metric favours some effect over none, so clearly that chance may ever do it in few accounts only."""
    return fit.log_bayes_factor >= log_factor_needed(OF_SIGNALS, METRICS)


def own_level(rows: int) -> float:
    """Most that the false-sign rate of one finding may be, of so many rows of evidence."""
    return min(LEVEL * rows / FEW_ROWS, FEW_LEVEL + (LEVEL - FEW_LEVEL) * _known(rows))


def doubt_of(units: int) -> float:
    """Effects without a sign that are added to a family learnt from so many units: ads of one are no further ones."""
    return MOST_DOUBT * (1.0 - _known(units))


def _known(rows: int) -> float:
    """How far the mixture of effects is known from so many rows, 0 to 1."""
    return min(max((rows - FEW_ROWS) / (MANY_ROWS - FEW_ROWS), 0.0), 1.0)


def _families(parts: list[Fit]) -> Iterator[tuple[NDArray[np.intp], bool]]:
    """Columns that are judged together, and whether some part favours any of them."""
    layout = parts[0].layout
    signals = any(favours_effects(part) for part in parts)
    for kind in (Kind.MAIN, Kind.INTERACTION):
        columns = layout.columns_of(kind)
        things = layout.of_things[columns]
        yield columns[things], signals
        yield columns[~things], signals
    for number, group in enumerate(layout.groups):
        if Kind.of(group) is Kind.FREE:
            steps = [part.log_step_factors[group] for part in parts if group in part.log_step_factors]
            moved = max(steps) >= log_factor_needed(OF_TRENDS, METRICS) if steps else signals
            yield np.flatnonzero(layout.group_index == number), moved


def discover_each(metrics: Sequence[Parts], level: float = LEVEL) -> list[Discoveries]:
    """Judge several metrics, each on its own, in the time of one; a composed one's parts are convolved exactly: zero
    means zero in every part.
    """
    families = [_informative(parts) for parts in metrics]
    of_parts = [
        (part.estimate[columns], part.error[columns], doubt_of(min(part.units for part, _ in parts)))
        for parts, own in zip(metrics, families, strict=True)
        for columns, _ in own
        for part, _ in parts
    ]
    mixtures = iter(ash_each([(estimate, error) for estimate, error, _ in of_parts], [doubt for *_, doubt in of_parts]))
    return [_judged(parts, own, mixtures, level) for parts, own in zip(metrics, families, strict=True)]


def _rows(parts: Parts) -> int:
    """Rows of evidence behind a metric: those of the part with the fewest."""
    return min(part.rows for part, _ in parts)


def _exposed(parts: Parts) -> NDArray[np.bool_]:
    return np.asarray(np.logical_or.reduce([part.exposure > 0 for part, _ in parts]))


def _informative(parts: Parts) -> list[tuple[NDArray[np.intp], bool]]:
    """The families of a metric, as far as its rows say something of them."""
    informative = _exposed(parts) & parts[0][0].layout.identifiable
    families = [(some[informative[some]], favoured) for some, favoured in _families([part for part, _ in parts])]
    return [(columns, favoured) for columns, favoured in families if len(columns)]


def _judged(
    parts: Parts, families: Sequence[tuple[NDArray[np.intp], bool]], mixtures: Iterator[Mixture], level: float
) -> Discoveries:
    """The judgement on one metric; `mixtures` are those of its families, of each part one."""
    layout = parts[0][0].layout
    lfsr, mean, selected = np.ones(len(layout)), np.zeros(len(layout)), np.zeros(len(layout), dtype=bool)
    limit = own_level(_rows(parts))
    for columns, favoured in families:
        joint, *others = [next(mixtures).signed(exponent) for _, exponent in parts]
        for mixture in others:
            joint = joint.plus(mixture)
        lfsr[columns], mean[columns] = joint.false_sign_rate(), joint.expectation()
        selected[columns] = select(lfsr[columns], level) & (lfsr[columns] <= limit) & favoured
    return Discoveries(layout, lfsr, mean, selected, _exposed(parts))
