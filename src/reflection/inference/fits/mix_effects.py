"""What a mix of signals makes of a rate: of what a campaign books the rate of a sum, of usual delivery a mean of logs.

Reads the posterior of one metric, whose sums the fit reads the same way (mixing.py). Must not know how metrics are
composed, nor what a plan is.
"""

from collections.abc import Collection, Mapping

import numpy as np
from numpy.typing import NDArray

from reflection.domain import signals
from reflection.domain.bookable import root
from reflection.domain.knowledge import MetricPosterior
from reflection.domain.own_levels import OwnLevel
from reflection.inference.evidence.mixing import rate_of_sum

Array = NDArray[np.float64]

ROUNDING = 1e-3
"""Of shares that were summed on a grid."""


def feature_rows(posterior: MetricPosterior) -> dict[str, int]:
    """Signal key -> row of the draws."""
    return {key: row for row, key in enumerate(posterior.features, start=1)}


def effects_of(
    posterior: MetricPosterior, keys: Collection[str], count: int, rng: np.random.Generator
) -> dict[str, Array]:
    """Draws of the effect of each signal, (count,) each: of one without a column by the scatter of its group."""
    rows = feature_rows(posterior)
    return {
        key: posterior.draws[rows[key], :count].astype(np.float64)
        if key in rows
        else posterior.tau.get(signals.parse(key).group, 0.0) * rng.normal(size=count)
        for key in sorted(keys)
    }


def mixed_effect(
    posterior: MetricPosterior,
    shares: Mapping[str, float],
    effects: Mapping[str, Array],
    stated: Collection[str],
    *,
    counted: bool = False,
) -> Array:
    """What a mix adds to the log of its rate, (draws,): of what is stated the rate of a sum, group by group.

    Args:
        counted: whether shares are of what the rate divides by, and not of what was shown.
    """
    before = {} if counted else dict(zip(posterior.features, posterior.before, strict=False))
    total = np.zeros(1)
    for group, mix in _by_group(shares).items():
        share, draws = np.array(list(mix.values())), np.stack([effects[key] for key in mix])
        if all(part.partition(".")[0] in stated for part in group.split(signals.CROSS)):
            total = total + rate_of_sum(share, np.array([before.get(key, 0.0) for key in mix]), draws)
        else:
            total = total + share @ draws
    return total


def change_of_mix(
    posterior: MetricPosterior,
    own: OwnLevel,
    shares: Mapping[str, float],
    stated: Collection[str],
    count: int,
    rng: np.random.Generator,
) -> Array:
    """What a mix changes of a campaign's own level, (draws,): nothing of what it leaves open.

    What it goes on with is shown as it was, of as much as the mix says of all of it.
    """
    booked = _by_group({key: share for key, share in own.shares.items() if root(key) in stated})
    mixes = _by_group({key: share for key, share in shares.items() if root(key) in stated})
    effects = effects_of(posterior, {key for mix in (*booked.values(), *mixes.values()) for key in mix}, count, rng)
    total = np.zeros(count)
    for group in sorted({*booked, *mixes}):
        before, after = booked.get(group, {}), mixes.get(group, {})
        common = after.keys() & before.keys()
        whole = sum(before[key] for key in common)
        if whole > 0:
            part = sum(after[key] for key in common) / whole
            after = {**after, **{key: part * before[key] for key in common}}
        if any(abs(after.get(key, 0.0) - before.get(key, 0.0)) > ROUNDING for key in {*after, *before}):
            total = total + mixed_effect(posterior, after, effects, stated, counted=bool(common))
            total = total - mixed_effect(posterior, before, effects, stated, counted=True)
    return total


def _by_group(shares: Mapping[str, float]) -> dict[str, dict[str, float]]:
    """The same shares by the group of each signal."""
    groups: dict[str, dict[str, float]] = {}
    for key in sorted(shares):
        groups.setdefault(signals.parse(key).group, {})[key] = shares[key]
    return groups
