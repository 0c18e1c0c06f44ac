"""Proposals of the variance components with their weights: what carries the doubt about them into every interval.

Importance sampling on the scale of normal scores: a standard deviation s with an Exp(r) prior has the score u =
ndtri(1 - exp(-r s)), whose prior is N(0, 1), so that the posterior is near to normal also where the rows say little
and log s is skewed. Proposals are a mixture of a Student-t_15 around the mode and of the prior itself, which bounds
the weights (defensive mixture, Hesterberg 1995). All are weighed and some drawn from these (Rubin 1987): of few rows,
where weighing is cheap, more of very many. This file must not know what is made of the posteriors.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import special

from reflection.stats.gaussian_posterior import Model, Posterior, mean_variance
from reflection.stats.marginal_likelihood import MOST_ROWS, Marginal
from reflection.stats.variance_components import BOUNDS

Floats = NDArray[np.float64]

WEIGHED_OF_FEW = 16
"""Of few rows, where weighing is cheap: proposals weighed for each one asked for."""

_KEPT, _KEPT_OF_FEW = 2 / 3, 4 / 3
"""Those kept for each one asked for. Of few rows each is worth about five weighted ones."""

_MANY_ROWS = 100
"""With fewer rows of any stratum twice as many are weighed: what is left open about the scatter is wide and skewed."""

_STUDENT_DF = 15
_WIDER = 1.2
_SHARE_OF_PRIOR = 0.15
_LEAST_CURVATURE = 0.5
_LONGEST_STEP = 1.5
_EXTREME = 20.0
_LIMITS = (BOUNDS[0] - 2.0, BOUNDS[1] + 0.5)


def proposed(
    model: Model, mode: Floats, at_mode: Posterior, spread: Floats, rng: np.random.Generator, count: int
) -> tuple[Floats, list[Posterior]]:
    """Components as the posterior has them: their weights, adding up to 1, and the posteriors there.

    ``mode``, ``spread``: as of :func:`~reflection.stats.variance_components.mode_of` and ``spread_of``; ``at_mode``:
    the posterior there. ``count``: how many are weighed where rows are many. Weights are cut at sqrt(proposals) times
    their mean (Ionides 2008), so that one lucky proposal cannot be the whole answer.
    """
    few = 0 < model.view.rows.sum() <= MOST_ROWS
    if not few and model.rows_of_strata.min(initial=_MANY_ROWS) < _MANY_ROWS:
        count *= 2
    centre, scale = _normal_approximation(mode, spread, at_mode.gradient, model.rates)
    scores, log_ratio = _drawn(centre, scale, rng, count * WEIGHED_OF_FEW if few else count)
    components = log_sd(scores, model.rates)
    weight = _weights((Marginal(model) if few else model).log_evidence(components) + log_ratio)
    kept_count = math.ceil((_KEPT_OF_FEW if few else _KEPT) * count)
    places = (rng.random() + np.arange(kept_count)) / kept_count
    kept, times = np.unique(np.searchsorted(np.cumsum(weight)[:-1], places), return_counts=True)
    return times / kept_count, [model.posterior(point) for point in components[kept]]


def mixed(weight: Floats, posteriors: Sequence[Posterior]) -> tuple[Floats, Floats]:
    """Mean and standard deviation of a weighted mixture of posteriors."""
    means = np.array([posterior.mean for posterior in posteriors])
    mean = weight @ means
    variance = mean_variance(weight, posteriors) + weight @ means**2 - mean**2
    return mean, np.sqrt(np.maximum(variance, 0.0))


def drawn(posteriors: Sequence[Posterior], counts: Sequence[int], rng: np.random.Generator) -> Floats:
    """So many draws of each posterior, one after the other's, (p, sum of the counts)."""
    first, *_ = posteriors
    coordinates = [posterior.draw_coordinates(rng, own) for posterior, own in zip(posteriors, counts, strict=True)]
    return first.effects(np.concatenate(coordinates, axis=1))


def log_sd(scores: Floats, rates: Floats) -> Floats:
    """Log standard deviation of each normal score, (N, dimensions), within what can be computed."""
    beyond = -special.log_ndtr(-np.clip(scores, -_EXTREME, _EXTREME))
    return np.asarray(np.clip(np.log(beyond / rates), *_LIMITS))


def normal_score(log_sds: Floats, rates: Floats) -> Floats:
    """Normal score of each log standard deviation."""
    return np.asarray(-special.ndtri_exp(-rates * np.exp(log_sds)))


def _normal_approximation(mode: Floats, spread: Floats, gradient: Floats, rates: Floats) -> tuple[Floats, Floats]:
    """Centre and root of the covariance of the scores: from the curvature of log s, one Newton step from its mode.

    ``gradient``: of the log evidence at the mode. With H the hazard of N(0, 1) at u and c = r s: d log s/du = H/c.
    """
    score, c = normal_score(mode, rates), rates * np.exp(mode)
    hazard = np.exp(-0.5 * (score**2 + np.log(2 * np.pi)) - special.log_ndtr(-score))
    slope = hazard / c
    bend = hazard * (hazard - score) / c - slope**2
    of_rows = np.linalg.inv(spread @ spread.T) - np.diag(c)
    curvature = slope[:, None] * of_rows * slope - np.diag(gradient * bend) + np.eye(len(mode))
    values, vectors = np.linalg.eigh(curvature)
    values = np.maximum(values, _LEAST_CURVATURE)
    step = vectors @ ((vectors.T @ (slope * gradient - score)) / values)
    return score + np.clip(step, -_LONGEST_STEP, _LONGEST_STEP), np.asarray(_WIDER * vectors / np.sqrt(values))


def _drawn(centre: Floats, scale: Floats, rng: np.random.Generator, count: int) -> tuple[Floats, Floats]:
    """Scores of ``count`` proposals, (count, dimensions), and log prior minus log density they were drawn with."""
    size = len(centre)
    of_prior = rng.random(count) < _SHARE_OF_PRIOR
    normal = rng.standard_normal((count, size))
    student = normal / np.sqrt(rng.chisquare(_STUDENT_DF, (count, 1)) / _STUDENT_DF)
    scores = np.where(of_prior[:, None], normal, centre + student @ scale.T)
    white = np.linalg.solve(scale, (scores - centre).T)
    log_prior = -0.5 * ((scores**2).sum(axis=1) + size * np.log(2 * np.pi))
    half = 0.5 * (_STUDENT_DF + size)
    constant = special.gammaln(half) - special.gammaln(0.5 * _STUDENT_DF) - 0.5 * size * np.log(_STUDENT_DF * np.pi)
    volume = float(np.linalg.slogdet(scale)[1])
    log_student = constant - volume - half * np.log1p((white**2).sum(axis=0) / _STUDENT_DF)
    density = np.logaddexp(np.log(_SHARE_OF_PRIOR) + log_prior, np.log1p(-_SHARE_OF_PRIOR) + log_student)
    return scores, log_prior - density


def _weights(log_weight: Floats) -> Floats:
    weight = np.exp(log_weight - log_weight.max())
    weight = np.minimum(weight, np.sqrt(len(weight)) * weight.mean())
    return np.asarray(weight / weight.sum())
