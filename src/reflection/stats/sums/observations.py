"""What a count says about a rate: working observations on the log scale with known sampling variances.

Every function is vectorised over cells. It knows trials, successes and money as plain arrays; it must not
know campaigns, signals or how an effect is estimated. Formulas: LEARNING 1 and 2.

Counts are never assumed to be consistent: fractional conversions and conversions above clicks are fine. A
cell without trials, or of which a count is not known (NaN), says nothing about a rate, so every function
returns a mask ``observed`` instead of a number invented for it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]

LOG_LIMIT = 128.0
"""Bound on a working observation in nats. A relinearised cell with 1/128 expected successes reaches it; its
weight is then so small that the bound changes no estimate, and it keeps the integer sums of `sufficient_statistics`
far from overflow.
"""

DENSE = 25.0
"""Expected events above which a plain log rate is as unbiased as a re-linearised one, and less moved by outliers."""

_TINY = 1e-300
_ETA_LIMIT = 300.0
_LARGEST_VARIANCE = 1e300


@dataclass(frozen=True, eq=False)
class Observations:
    """Working observations of one metric for n cells.

    ``y``: log rate minus ``reference`` (nats), shape (n,). ``v``: known sampling variance of y, shape (n,).
    ``observed``: bool, shape (n,); where False, y and v are 0 and must not be used.
    """

    y: Floats
    v: Floats
    observed: NDArray[np.bool_]


def pooled_rate(x: ArrayLike, n: ArrayLike) -> float:
    """Return the pooled reference rate (sum x + 1/2) / (sum n + 1), finite and positive for any counts."""
    return float((np.sum(_counts(x)) + 0.5) / (np.sum(_counts(n)) + 1.0))


def log_rate(x: ArrayLike, n: ArrayLike) -> Floats:
    """Return log((x + 1/2) / (n + 1/2)), shape of the inputs; finite for all counts >= 0."""
    return np.asarray(np.log(_counts(x) + 0.5) - np.log(_counts(n) + 0.5))


def expected_count_variance(n: ArrayLike, rate: float) -> Floats:
    """Return 1 / (n * rate + 1/2): the variance of a log rate from the *expected* count.

    Observed counts would make the weight depend on the outcome and bias every pooled estimate.
    """
    return np.asarray(1.0 / (_counts(n) * rate + 0.5))


def observe_rate(x: ArrayLike, n: ArrayLike, reference: float) -> Observations:
    """Observe successes ``x`` in trials ``n`` against a frozen reference rate (one pass: the first epoch).

    y = log((x + 1/2)/(n + 1/2)) - log(reference), v = 1/(n * reference + 1/2). CTR: clicks in impressions;
    CVR: conversions in clicks (fractional or above the clicks is fine).
    """
    successes, trials = _counts(x), _counts(n)
    y, v = log_rate(successes, trials) - np.log(reference), expected_count_variance(trials, reference)
    return _masked(y, v, (trials > 0) & ~np.isnan(successes))


def relinearise(x: ArrayLike, n: ArrayLike, eta: ArrayLike, reference: float) -> Observations:
    """Observe counts around a current fit ``eta`` (log rate, same shape): one penalised-quasi-likelihood
    step.

    mu = n * exp(eta), y = eta + (x - mu)/mu - log(reference), v = 1/mu (Breslow and Clayton 1993 for a
    Poisson count). Unbiased at small counts, where :func:`observe_rate` is not.
    """
    successes, trials = _counts(x), _counts(n)
    log_fit = np.clip(np.asarray(eta, dtype=np.float64), -_ETA_LIMIT, _ETA_LIMIT)
    mu = np.maximum(trials * np.exp(log_fit), _TINY)
    with np.errstate(over="ignore"):
        y = log_fit + (successes / mu - 1.0) - np.log(reference)
        v = 1.0 / mu
    return _masked(y, v, (trials > 0) & ~np.isnan(successes))


def observe_around(x: ArrayLike, n: ArrayLike, eta: ArrayLike, reference: float) -> Observations:
    """Observe counts around a current fit ``eta``: the observation of every epoch but the first.

    Re-linearised where fewer than `DENSE` events are expected, as :func:`observe_rate` where more are; all variances
    from the fit.
    """
    plain, near = observe_rate(x, n, reference), relinearise(x, n, eta, reference)
    return Observations(np.where(near.observed & (near.v <= 1.0 / DENSE), plain.y, near.y), near.v, near.observed)


def observe_order_value(revenue: ArrayLike, conversions: ArrayLike, reference: float, cv: float = 1.0) -> Observations:
    """Observe the average order value: y = log(revenue/conversions) - log(reference), v = cv^2/conversions.

    ``cv`` is the coefficient of variation of a single order. Cells without revenue or conversions say
    nothing.
    """
    money, orders = _counts(revenue), _counts(conversions)
    observed = (money > 0) & (orders > 0)
    y = np.log(np.where(observed, money, 1.0)) - np.log(np.where(observed, orders, 1.0)) - np.log(reference)
    with np.errstate(over="ignore"):
        v = cv**2 / np.where(observed, orders, 1.0)
    return _masked(y, v, observed)


def observe_cost(spend: ArrayLike, impressions: ArrayLike, reference: float) -> Observations:
    """Observe the cost per thousand impressions: y = log(1000 * spend/impressions) - log(reference), v = 0.

    A price has no sampling variance of its own; all its scatter is overdispersion. Cells without spend or
    impressions say nothing.
    """
    money, displays = _counts(spend), _counts(impressions)
    observed = (money > 0) & (displays > 0)
    y = np.log(1000.0) + np.log(np.where(observed, money, 1.0)) - np.log(np.where(observed, displays, 1.0))
    return _masked(y - np.log(reference), np.zeros_like(money), observed)


def _counts(values: ArrayLike) -> Floats:
    return np.asarray(values, dtype=np.float64)


def _masked(y: Floats, v: Floats, observed: NDArray[np.bool_]) -> Observations:
    """Bound y, and blank the cells that say nothing."""
    keep = np.broadcast_to(observed, y.shape)
    return Observations(
        y=np.where(keep, np.clip(y, -LOG_LIMIT, LOG_LIMIT), 0.0),
        v=np.where(keep, np.minimum(v, _LARGEST_VARIANCE), 0.0),
        observed=np.asarray(keep),
    )
