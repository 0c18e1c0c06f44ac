"""Effects of signals on one metric: empirical Bayes with the variance components integrated over.

:func:`fit` turns sums into believable effects (LEARNING 3). Standard deviations sigma (per stratum) and tau
(per group) have Exp(6) priors; their joint mode is found by L-BFGS with exact gradients, and
importance-weighted draws from a Student-t_6 around it carry their uncertainty into every interval, because
plugging in the mode under-covers at few campaigns. A fit is a pure function of (sums, layout, seed): there is
no warm start. This file must not know which metric it fits.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy import optimize

from reflection.learning.layout import Feature, Layout
from reflection.learning.posterior import Model, Posterior
from reflection.learning.rows import Stratum
from reflection.learning.statistics import View

Floats = NDArray[np.float64]

PRIOR_RATE = 6.0
"""Rate of the exponential prior of every standard deviation: mean 1/6, one in twenty above one half."""
HYPER_DRAWS = 192
"""Proposals of the components; at 48 the Monte Carlo noise of a fit at 20 campaigns was twice as large."""
INTEGRATE_UP_TO = 600
"""Above so many columns the components are so well known that the mode is plugged in."""
DRAWS = 2000

_START = np.log(0.15)
_BOUNDS = (-6.0, 1.0)
_STUDENT_DF = 6
_LEAST_CURVATURE = 0.15
_STEP = 1e-3


@dataclass(frozen=True, eq=False)
class Effects:
    """Posterior of all effects on one (observed or composed) metric; log scale, p columns in the order of
    ``layout``.

    ``mean``, ``sd``: (p,). ``low``, ``high``: 90 % equal-tailed limits, (p,). ``draws``: float32, (p, D).
    """

    layout: Layout
    mean: Floats
    sd: Floats
    low: Floats
    high: Floats
    draws: NDArray[np.float32]

    def probability_positive(self) -> Floats:
        """Posterior probability that each effect is above zero, (p,); 1/2 where it is fixed at zero."""
        above = (self.draws > 0).mean(axis=1) + 0.5 * (self.draws == 0).mean(axis=1)
        return np.where(self.layout.identifiable, above, 0.5)


@dataclass(frozen=True, eq=False)
class Fit(Effects):
    """What was learnt about one metric.

    ``estimate``, ``error``: each effect with its own prior divided out ("de-shrunk": b = m/(1 - S/P), s^2
    = S/(1 - S/P), P the prior variance), (p,), input of ``discoveries``. ``sigma``: overdispersion of the
    learnt strata. ``tau``: standard deviation of each group's effects, (groups,). ``covariance``: at the
    mode, float32, (p, p). ``exposure``: effective rows behind each column, (p,). ``rows``: number of rows.
    ``log_bayes_factor``: of the model against one in which no signal has any effect.
    """

    estimate: Floats
    error: Floats
    sigma: dict[Stratum, float]
    tau: Floats
    covariance: NDArray[np.float32]
    exposure: Floats
    rows: int
    log_bayes_factor: float

    def tau_of(self, feature: Feature) -> float:
        """Prior standard deviation of a feature, seen or not; the prior mean 1/6 for an unknown group."""
        if feature.group in self.layout.groups:
            return float(self.tau[self.layout.groups.index(feature.group)])
        return 1.0 / PRIOR_RATE


def fit(view: View, seed: int | Sequence[int] = 0, *, hyper_draws: int = HYPER_DRAWS, draws: int = DRAWS) -> Fit:
    """Fit the effects of ``view.layout`` to the sums.

    ``seed``: give every metric its own (for example ``(7, 2)``), or composed draws would be correlated.
    ``hyper_draws``: 1 plugs in the mode. Same input, same answer. No rows are fine: the answer is then the
    prior.
    """
    rng = np.random.default_rng(seed)
    model = Model(view)
    mode = _mode(model)
    at_mode = model.posterior(mode)
    spread = _spread(model, mode)
    count = hyper_draws if mode.size and len(view.layout) <= INTEGRATE_UP_TO else 1
    if count > 1:
        mean, sd, sample = _integrated(model, mode, spread, rng, count, draws)
    else:
        mean, sd, sample = at_mode.mean, _sd(at_mode), at_mode.draw(rng, draws)
    fixed = ~view.layout.identifiable
    sample[fixed] = 0.0
    low, high = np.quantile(sample, [0.05, 0.95], axis=1)
    estimate, error = _deshrunk(model, mode, at_mode)
    sigmas = np.exp(mode[: len(model.strata)])
    return Fit(
        layout=view.layout,
        mean=np.where(fixed, 0.0, mean),
        sd=np.where(fixed, 0.0, sd),
        low=low,
        high=high,
        estimate=estimate,
        error=error,
        draws=sample.astype(np.float32),
        sigma=dict(zip(model.strata, sigmas.tolist(), strict=True)),
        tau=np.exp(mode[len(model.strata) :]),
        covariance=at_mode.covariance.astype(np.float32),
        exposure=view.exposure(),
        rows=int(view.rows.sum()),
        log_bayes_factor=_laplace(at_mode, mode, spread) - _log_evidence_of_nothing(view),
    )


def _objective(model: Model, components: Floats) -> tuple[float, Floats]:
    """Minus the log posterior density of the log components, and its gradient."""
    posterior = model.posterior(components)
    sd = np.exp(components)
    value = posterior.log_evidence + float((components - PRIOR_RATE * sd).sum())
    return -value, -(posterior.gradient + 1.0 - PRIOR_RATE * sd)


def _mode(model: Model) -> Floats:
    """Most probable components. Steps are scaled by the expected curvature, so few are needed."""
    if not model.dimensions:
        return np.empty(0)
    scale = 1.0 / np.sqrt(model.curvature)

    def scaled(position: Floats) -> tuple[float, Floats]:
        value, gradient = _objective(model, position * scale)
        return value, gradient * scale

    found = optimize.minimize(
        scaled,
        np.full(model.dimensions, _START) / scale,
        jac=True,
        method="L-BFGS-B",
        bounds=[(_BOUNDS[0] / s, _BOUNDS[1] / s) for s in scale],
    )
    return np.asarray(found.x * scale)


def _spread(model: Model, mode: Floats) -> Floats:
    """Square root of the inverse Hessian at the mode (central differences of the gradient); weak directions
    are bounded. For very many columns the expected curvature has to do.
    """
    if len(model.layout) > INTEGRATE_UP_TO:
        return np.asarray(np.diag(1.0 / np.sqrt(model.curvature)))
    hessian = np.empty((len(mode), len(mode)))
    for k in range(len(mode)):
        step = np.zeros(len(mode))
        step[k] = _STEP
        hessian[k] = (_objective(model, mode + step)[1] - _objective(model, mode - step)[1]) / (2 * _STEP)
    values, vectors = np.linalg.eigh((hessian + hessian.T) / 2)
    return np.asarray(vectors / np.sqrt(np.maximum(values, _LEAST_CURVATURE)))


def _integrated(
    model: Model, mode: Floats, spread: Floats, rng: np.random.Generator, count: int, draws: int
) -> tuple[Floats, Floats, Floats]:
    """Mean, standard deviation and draws averaged over ``count`` importance-weighted proposals of the
    components.

    Proposals are t_6 around the mode; weights are capped at ten times their mean (Ionides 2008), so that one
    lucky proposal cannot be the whole answer.
    """
    size = len(mode)
    best = -_objective(model, mode)[0]
    z = rng.standard_normal((count, size)) / np.sqrt(rng.chisquare(_STUDENT_DF, (count, 1)) / _STUDENT_DF)
    proposals = np.clip(mode + z @ spread.T, _BOUNDS[0] - 2, _BOUNDS[1] + 0.5)
    log_weight = np.empty(count)
    means, variances, samples = [], [], []
    for k, components in enumerate(proposals):
        posterior = model.posterior(components)
        density = posterior.log_evidence + float((components - PRIOR_RATE * np.exp(components)).sum())
        log_student = -0.5 * (_STUDENT_DF + size) * np.log1p(z[k] @ z[k] / _STUDENT_DF)
        log_weight[k] = density - best - log_student
        means.append(posterior.mean)
        variances.append(np.diag(posterior.covariance))
        samples.append(posterior)
    weight = np.exp(log_weight - log_weight.max())
    weight = np.minimum(weight, 10 * weight.mean())
    weight /= weight.sum()
    shares = rng.multinomial(draws, weight)
    sample = np.concatenate([p.draw(rng, int(c)) for p, c in zip(samples, shares, strict=True)], axis=1)
    mean = weight @ np.array(means)
    second = weight @ (np.array(variances) + np.array(means) ** 2)
    return mean, np.sqrt(np.maximum(second - mean**2, 0.0)), sample


def _laplace(posterior: Posterior, mode: Floats, spread: Floats) -> float:
    """Log marginal likelihood with the components integrated out by Laplace's method."""
    prior = float((np.log(PRIOR_RATE) + mode - PRIOR_RATE * np.exp(mode)).sum())
    volume = 0.5 * len(mode) * np.log(2 * np.pi) + float(np.linalg.slogdet(spread)[1])
    return float(posterior.log_evidence + prior + volume)


def _log_evidence_of_nothing(view: View) -> float:
    """The same for the intercept and overdispersion alone."""
    bare = replace(
        view,
        layout=Layout.of([]),
        grams=tuple(gram[:1, :1] for gram in view.grams),
        moment=view.moment[:, :1],
    )
    model = Model(bare)
    mode = _mode(model)
    return _laplace(model.posterior(mode), mode, _spread(model, mode))


def _sd(posterior: Posterior) -> Floats:
    return np.asarray(np.sqrt(np.maximum(np.diag(posterior.covariance), 0.0)))


def _deshrunk(model: Model, mode: Floats, posterior: Posterior) -> tuple[Floats, Floats]:
    """Estimate and standard error of each effect with its own prior divided out."""
    layout = model.layout
    prior = np.maximum(layout.prior_share, 1e-12) / model.prior_precision(mode)
    variance = np.maximum(np.diag(posterior.covariance), 0.0)
    kept = np.maximum(1.0 - variance / prior, 1e-9)
    estimate = np.where(layout.identifiable, posterior.mean / kept, 0.0)
    error = np.where(layout.identifiable, np.sqrt(variance / kept), 1e3)
    return estimate, error
