"""How large effects and scatter are: variance components, their most probable values and their uncertainty.

Standard deviations sigma (per stratum) and tau (per group) have exponential priors; their joint mode is found by Newton
steps (of very many columns by Fisher scoring); ``proposals`` carry their uncertainty on (LEARNING 3). A pure function
of the model: no fit starts from another. This file must not know what is made of the posteriors.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from reflection.stats.posterior.gaussian_posterior import Model, Posterior

Floats = NDArray[np.float64]

INTEGRATE_UP_TO = 600
"""Above so many columns the components are so well known that the mode is plugged in."""

BOUNDS = (-6.0, 1.0)
"""Of a log standard deviation at the mode."""

START = float(np.log(0.15))
"""Where the search for a log standard deviation begins of which nothing is known."""

_LEAST_CURVATURE = 0.15
_MOST_STEPS, _LONGEST_STEP, _ENOUGH = 40, -0.98, 0.03
_LONGEST = 1.5
LEVEL, ROUGH = 1e-5, 1e-2
"""Nats that the last Newton step promises at most, and of a fit that only says where another one is linearised: after
it a thousandth of that is left, which moves no component by more than a hundredth of its standard deviation."""


@dataclass(frozen=True, eq=False)
class Mode:
    """The most probable components, shape (dimensions,), and the posterior there.

    ``curvature``: minus the second derivatives of their log density one Newton step before, or what has to do for them.
    """

    components: Floats
    posterior: Posterior
    curvature: Floats

    @cached_property
    def spread(self) -> Floats:
        """Square root of the inverse curvature, (dimensions, dimensions); weak directions are bounded."""
        values, vectors = np.linalg.eigh((self.curvature + self.curvature.T) / 2)
        return np.asarray(vectors / np.sqrt(np.maximum(values, _LEAST_CURVATURE)))


def objective(components: Floats, rates: Floats, posterior: Posterior) -> tuple[float, Floats]:
    """Minus the log posterior density of the log components, and its gradient."""
    return -_density(components, rates, posterior), -(posterior.gradient + 1.0 - rates * np.exp(components))


def _density(components: Floats, rates: Floats, posterior: Posterior) -> float:
    """Log posterior density of the log components, up to a constant."""
    return posterior.log_evidence + float((components - rates * np.exp(components)).sum())


def mode_of(model: Model, start: Floats | None = None, level: float = LEVEL) -> Mode:
    """Most probable components, by Newton steps in the exact curvature: about four evaluations.

    ``start``: the mode of a first linearisation of the *same rows*, which is near (one of another length is not used);
    never that of an earlier fit, or a result would depend on what was asked before. ``level``: see `LEVEL`.
    """
    if not model.dimensions:
        return Mode(np.empty(0), model.posterior(np.empty(0)), np.empty((0, 0)))
    if len(model.layout) > INTEGRATE_UP_TO:
        return _scored(model)
    near = start is not None and len(start) == model.dimensions
    components = np.clip(start, *BOUNDS) if start is not None and near else np.full(model.dimensions, START)
    posterior = model.posterior(components)
    for _ in range(_MOST_STEPS):
        cost, downhill = objective(components, model.rates, posterior)
        curvature = np.diag(model.rates * np.exp(components)) - model.hessian(components, posterior)
        step = _newton_step(components, -downhill, curvature)
        promised = -0.5 * float(step @ downhill)
        for _ in range(_MOST_STEPS):
            further = model.posterior(components + step)
            if promised < level or _density(components + step, model.rates, further) >= -cost:
                components, posterior = components + step, further
                break
            step /= 2
        else:
            promised = 0.0
        if promised < level:
            break
    return Mode(components, posterior, curvature)


def _newton_step(components: Floats, slope: Floats, curvature: Floats) -> Floats:
    """The step to the top of the parabola; where it has none, as long as its bend says. What is pushed against a bound
    stays there."""
    stuck = ((components <= BOUNDS[0]) & (slope < 0)) | ((components >= BOUNDS[1]) & (slope > 0))
    free = np.flatnonzero(~stuck)
    values, vectors = np.linalg.eigh(curvature[np.ix_(free, free)])
    step = np.zeros(len(components))
    step[free] = vectors @ ((vectors.T @ slope[free]) / np.maximum(np.abs(values), _LEAST_CURVATURE))
    step *= min(1.0, _LONGEST / max(float(np.abs(step).max()), _LONGEST))
    step = np.clip(components + step, *BOUNDS) - components
    if step @ slope >= 0:
        return step
    own = slope / np.maximum(np.abs(np.diag(curvature)), _LEAST_CURVATURE)  # a bound bent it downwards: uphill in each
    own[stuck] = 0.0
    return np.clip(components + np.clip(own, -_LONGEST, _LONGEST), *BOUNDS) - components


def _scored(model: Model) -> Mode:
    """Most probable components by Fisher scoring: an evaluation of very many columns takes a second.

    It needs about eight. A step that loses is halved; it ends when a step promises less than `_ENOUGH` nats. The
    curvature is the expected one.
    """
    components, step, value = np.full(model.dimensions, START), np.zeros(model.dimensions), -np.inf
    for _ in range(_MOST_STEPS):
        posterior = model.posterior(components + step)
        cost, downhill = objective(components + step, model.rates, posterior)
        if -cost < value:
            step /= 2
            continue
        components, value = components + step, -cost
        information = model.information(components, posterior)
        information[np.diag_indices_from(information)] += np.maximum(model.rates * np.exp(components), _LEAST_CURVATURE)
        step = _bounded_step(components, -downhill, information)
        if -0.5 * float(step @ downhill) < _ENOUGH:
            return Mode(components, posterior, np.diag(model.curvature))
        del posterior  # three matrices of this size, before the next ones are made
    return Mode(components, model.posterior(components), np.diag(model.curvature))


def _bounded_step(components: Floats, slope: Floats, information: Floats) -> Floats:
    """The scoring step, taken on the scale of the variances; components pushed against a bound stay there."""
    stuck = ((components <= BOUNDS[0]) & (slope < 0)) | ((components >= BOUNDS[1]) & (slope > 0))
    step = np.zeros(len(components))
    free = np.flatnonzero(~stuck)
    step[free] = np.linalg.solve(information[np.ix_(free, free)], slope[free])
    step = 0.5 * np.log1p(np.clip(2 * step, _LONGEST_STEP, 1 / -_LONGEST_STEP))  # a variance near zero is one step away
    return np.clip(components + step, *BOUNDS) - components
