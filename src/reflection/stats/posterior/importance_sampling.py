"""Proposals of the variance components with their weights: what carries the doubt about them into every interval.

Importance sampling on the scale of normal scores (`normal_scores`). Each component is drawn from its own density with
the others at the mode (`conditional_densities`), all together with the correlation of the curvature there (a Gaussian
copula), in strata of equal probability (McKay, Beckman and Conover 1979); a share is drawn from the prior itself, which
bounds the weights (defensive mixture, Hesterberg 1995). Half of the proposals count or more, so that all of them are
worked out; of few rows, where weighing is cheap, more are weighed and some drawn from these (Rubin 1987). This file
must not know what is made of the posteriors.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import special

from reflection.stats.posterior.conditional_densities import ConditionalDensities
from reflection.stats.posterior.gaussian_posterior import Model, Posterior, mean_variance
from reflection.stats.posterior.marginal_likelihood import MOST_ROWS, Marginal
from reflection.stats.posterior.normal_scores import log_sd, normal_score
from reflection.stats.posterior.variance_components import Mode

Floats = NDArray[np.float64]
Draws = NDArray[np.float32]

_WEIGHED_OF_FEW, _KEPT_OF_FEW = 16, 3
"""Of few rows, where weighing is cheap: proposals weighed, and then kept, for each one asked for."""

_MANY_ROWS = 100
"""With fewer rows of any stratum twice as many are weighed: what is left open about the scatter is wide and skewed."""

_NEGLIGIBLE = 1e-4
"""Weight of a proposal that changes nothing anybody sees, as a share of the mean weight."""

_SHARE_OF_PRIOR = 0.1
_LEAST_CURVATURE = 0.5
_LONGEST_STEP = 1.5


def proposed(model: Model, mode: Mode, rng: np.random.Generator, count: int) -> tuple[Floats, list[Posterior]]:
    """Components as the posterior has them: their weights, adding up to 1, and the posteriors there.

    ``count``: how many are worked out where rows are many. Weights are cut at sqrt(proposals) times their mean (Ionides
    2008), so that one lucky proposal cannot be the whole answer.
    """
    few = 0 < model.view.rows.sum() <= MOST_ROWS
    if not few and model.rows_of_strata.min(initial=_MANY_ROWS) < _MANY_ROWS:
        count *= 2
    scores, log_ratio = _proposals(model, mode, rng, count * _WEIGHED_OF_FEW if few else count)
    components = log_sd(scores, model.rates)
    if few:
        return _resampled(
            model, components, Marginal(model).log_evidence(components) + log_ratio, rng, count * _KEPT_OF_FEW
        )
    posteriors = model.posteriors(components)
    weight = _weights(np.array([posterior.log_evidence for posterior in posteriors]) + log_ratio)
    counts = np.flatnonzero(weight * len(weight) > _NEGLIGIBLE)
    return weight[counts] / weight[counts].sum(), [posteriors[place] for place in counts.tolist()]


def mean_of(weight: Floats, posteriors: Sequence[Posterior]) -> Floats:
    """Mean of a weighted mixture of posteriors, (p,)."""
    first, *_ = posteriors
    return first.effects(weight @ np.array([posterior.coordinates for posterior in posteriors]))


def mixed(weight: Floats, posteriors: Sequence[Posterior]) -> tuple[Floats, Floats]:
    """Mean and standard deviation of a weighted mixture of posteriors, exactly."""
    means = np.array([posterior.mean for posterior in posteriors])
    mean = weight @ means
    variance = mean_variance(weight, posteriors) + weight @ means**2 - mean**2
    return mean, np.sqrt(np.maximum(variance, 0.0))


def sample_of(posteriors: Sequence[Posterior], counts: Sequence[int], rng: np.random.Generator) -> Draws:
    """So many draws of each posterior, mingled, (p, sum of the counts): some of them are draws of all posteriors."""
    first, *_ = posteriors
    coordinates = np.concatenate(
        [posterior.draw_coordinates(rng, own) for posterior, own in zip(posteriors, counts, strict=True)], axis=1
    )
    return first.effects(coordinates[:, rng.permutation(coordinates.shape[1])])


def _resampled(
    model: Model, components: Floats, log_weight: Floats, rng: np.random.Generator, count: int
) -> tuple[Floats, list[Posterior]]:
    """As many proposals as asked for, each as often as its weight says."""
    places = (rng.random() + np.arange(count)) / count
    picks, times = np.unique(np.searchsorted(np.cumsum(_weights(log_weight))[:-1], places), return_counts=True)
    return times / count, model.posteriors(components[picks])


def _proposals(model: Model, mode: Mode, rng: np.random.Generator, count: int) -> tuple[Floats, Floats]:
    """Scores of ``count`` proposals, (count, dimensions), and log prior minus log density they were drawn with."""
    centre, covariance = _normal_approximation(mode, model.rates)
    sd, size = np.sqrt(np.diag(covariance)), len(centre)
    root = np.linalg.cholesky(covariance / np.outer(sd, sd))
    densities = ConditionalDensities.around(model, mode.posterior, centre, sd)
    of_prior = math.ceil(_SHARE_OF_PRIOR * count)
    scores = np.concatenate(
        [
            _stratified(rng, of_prior, size),
            densities.scores(_stratified(rng, count - of_prior, size) @ root.T),
        ]
    )
    normal = densities.normal(scores)
    white = np.linalg.solve(root, normal.T)
    log_copula = 0.5 * ((normal**2).sum(axis=1) - (white**2).sum(axis=0)) - float(np.log(np.diag(root)).sum())
    log_own = densities.log_density(scores).sum(axis=1) + log_copula
    log_prior = -0.5 * ((scores**2).sum(axis=1) + size * np.log(2 * np.pi))
    share = of_prior / count
    return scores, log_prior - np.logaddexp(np.log(share) + log_prior, np.log1p(-share) + log_own)


def _stratified(rng: np.random.Generator, count: int, size: int) -> Floats:
    """Standard normal numbers, (count, size), of which each column has one in every ``count``-th part of them."""
    part = rng.permuted(np.tile(np.arange(count)[:, None], (1, size)), axis=0)
    return np.asarray(special.ndtri((part + rng.random((count, size))) / count))


def _normal_approximation(mode: Mode, rates: Floats) -> tuple[Floats, Floats]:
    """Centre and covariance of the scores: from the curvature of log s, one Newton step from its mode.

    With H the hazard of N(0, 1) at u and c = r s: d log s/du = H/c.
    """
    gradient, c = mode.posterior.gradient, rates * np.exp(mode.components)
    score = normal_score(mode.components, rates)
    hazard = np.exp(-0.5 * (score**2 + np.log(2 * np.pi)) - special.log_ndtr(-score))
    slope = hazard / c
    bend = hazard * (hazard - score) / c - slope**2
    of_rows = np.linalg.inv(mode.spread @ mode.spread.T) - np.diag(c)
    curvature = slope[:, None] * of_rows * slope - np.diag(gradient * bend) + np.eye(len(score))
    values, vectors = np.linalg.eigh(curvature)
    values = np.maximum(values, _LEAST_CURVATURE)
    step = vectors @ ((vectors.T @ (slope * gradient - score)) / values)
    return score + np.clip(step, -_LONGEST_STEP, _LONGEST_STEP), np.asarray((vectors / values) @ vectors.T)


def _weights(log_weight: Floats) -> Floats:
    weight = np.exp(log_weight - log_weight.max())
    weight = np.minimum(weight, np.sqrt(len(weight)) * weight.mean())
    return np.asarray(weight / weight.sum())
