"""Reading the posteriors of a fit: draws of effects and of composed KPIs for any mix of signals.

CPA, ROAS and conversions per currency unit are composed from the draws of CPM, CTR, CVR and AOV, never fitted again
(LEARNING 3), so what is said about them adds up. What one campaign books itself is a sum, and has the mean of its
parts' rates as the fit reads sums (mixing.py); of the account's usual delivery, many campaigns, it is the mean of logs,
above which what they bring together lies (usual_delivery.py).
Knows `Knowledge` and signal keys; must not know how a fit is made.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from reflection.domain import signals
from reflection.domain.knowledge import Knowledge, MetricPosterior
from reflection.domain.metrics import METRICS, RATES
from reflection.domain.own_levels import OwnLevel
from reflection.domain.scatter import composed_scatter
from reflection.inference.evidence.mixing import Sums
from reflection.inference.fits.mix_effects import change_of_mix, effects_of, feature_rows, mixed_effect
from reflection.stats.sums.columns import Feature

Array = NDArray[np.float64]


def known(knowledge: Knowledge, metric: str) -> bool:
    """Whether every part of a KPI has a posterior."""
    return metric in METRICS and all(part in knowledge.posteriors for part in METRICS[metric].composition)


def draw_count(knowledge: Knowledge, metric: str) -> int:
    """How many joint draws a KPI has: the fewest of its parts."""
    return min(int(knowledge.posteriors[part].draws.shape[1]) for part in METRICS[metric].composition)


def effect_matrix(knowledge: Knowledge, metric: str) -> tuple[dict[str, int], Array]:
    """Draws of every signal's log lift on a known KPI at once: signal key -> row, and the matrix (signals, draws)."""
    return effects_of_parts(knowledge, METRICS[metric].composition)


def effects_of_parts(
    knowledge: Knowledge, parts: Mapping[str, int], groups: Collection[str] | None = None
) -> tuple[dict[str, int], Array]:
    """The same of a signed sum of metrics with a posterior; of all signals, or of those of some groups."""
    count = min(int(knowledge.posteriors[part].draws.shape[1]) for part in parts)
    every = {key for part in parts for key in knowledge.posteriors[part].features}
    keys = sorted(every if groups is None else (key for key in every if signals.parse(key).group in groups))
    rows = {key: row for row, key in enumerate(keys)}
    matrix = np.zeros((len(keys), count))
    for part, sign in parts.items():
        posterior = knowledge.posteriors[part]
        own = [(rows[key], place) for place, key in enumerate(posterior.features) if key in rows]
        at, places = np.array(own, dtype=np.intp).reshape(-1, 2).T
        matrix[at] += sign * posterior.of_signals[places, :count]
    return rows, matrix


@dataclass(frozen=True, slots=True)
class PlannedSize:
    """How large a campaign is planned, on the log scale.

    Attributes:
        log: of its impressions over the usual ones; 0, the usual size, where it is not known.
        beyond: how far that is outside of what was seen; 0 within.
    """

    log: float = 0.0
    beyond: float = 0.0


USUAL_SIZE = PlannedSize()


@dataclass(frozen=True, slots=True)
class RealCampaign:
    """The real campaign that a plan continues, if it ran before.

    Attributes:
        number: `domain.real_campaign` of it.
        stated: what the plan says something of (`bookable.root`); in the rest it is taken to be as it was.
    """

    number: int
    stated: frozenset[str] = frozenset()

    def own(self, posterior: MetricPosterior) -> OwnLevel | None:
        """Its own level on a metric; None where it never ran, or no campaign repeats."""
        return None if posterior.own is None else posterior.own.of(self.number, posterior.features)


UNKNOWN_SLOPE = 0.25
"""Standard deviation of a rate's slope in the size where nobody saw one: a sixth more or less at twice the size."""


def level_draws(
    knowledge: Knowledge,
    metric: str,
    shares: Mapping[str, float],
    rng: np.random.Generator,
    size: PlannedSize = USUAL_SIZE,
    campaign: RealCampaign | None = None,
    *,
    stated: Collection[str] = (),
) -> Array | None:
    """Draws of the log level of a KPI for a mix of signals: reference, intercept, effects and what was never seen.

    A real campaign that ran before has its own level instead, moved by what the mix changes of what it booked. Of what
    is `stated` (`bookable.root`) the mix is one campaign's, a sum; the rest is the account's usual delivery.

    A signal without a column adds its group's prior scatter, so an unseen platform widens. Rates go with the planned
    size; outside of the sizes seen their slope may be anything between none and twice what it was. CPM is per 1,000
    impressions as everywhere outside the learning core.
    """
    if not known(knowledge, metric):
        return None
    shares, count = resolved(knowledge, shares), draw_count(knowledge, metric)
    total = np.zeros(count)
    for part, sign in METRICS[metric].composition.items():
        total += sign * _part_level(knowledge.posteriors[part], shares, count, rng, campaign, stated)
        if part in RATES:
            total += sign * _of_size(knowledge.posteriors[part], size, count, rng)
    return total + float(np.log(METRICS[metric].scale))


def size_effect(knowledge: Knowledge, metric: str, size: PlannedSize) -> float:
    """What its planned size is expected to add to the log of a campaign's KPI."""
    total = 0.0
    for part, sign in METRICS[metric].composition.items():
        posterior = knowledge.posteriors.get(part)
        if posterior is not None and posterior.slope is not None:
            total += sign * size.log * float(posterior.slope.mean())
    return total


def season_effect(knowledge: Knowledge, metric: str, months: Mapping[int, float]) -> float:
    """What its time of the year is expected to add to the log of a campaign's KPI.

    Args:
        months: month of the year -> share of its days.
    """
    total = 0.0
    for part, sign in METRICS[metric].composition.items():
        posterior = knowledge.posteriors.get(part)
        if posterior is not None and posterior.season is not None:
            total += sign * posterior.season.effect(months)[0]
    return total


def level_mean(knowledge: Knowledge, metric: str, shares: Mapping[str, float]) -> float | None:
    """Posterior mean of the level that `level_draws` draws; what was never seen adds nothing."""
    if not known(knowledge, metric):
        return None
    total, mix = 0.0, resolved(knowledge, shares)
    for part, sign in METRICS[metric].composition.items():
        posterior = knowledge.posteriors[part]
        means, rows = posterior.means, feature_rows(posterior)
        mixed = sum(share * float(means[rows[key]]) for key, share in sorted(mix.items()) if key in rows)
        total += sign * (float(np.log(posterior.reference)) + float(means[0]) + mixed)
    return total + float(np.log(METRICS[metric].scale))


def levels_of_sums(knowledge: Knowledge, metric: str, mixes: Sequence[Mapping[str, float]]) -> Array | None:
    """The same of many mixes that are each one campaign's, sums as the fit reads them, (mixes,)."""
    if not known(knowledge, metric):
        return None
    booked = [resolved(knowledge, mix) for mix in mixes]
    every = {key for mix in booked for key in mix}
    features = sorted((Feature(signals.parse(key).group, key) for key in every), key=lambda one: (one.group, one.level))
    column = {one.level: place for place, one in enumerate(features)}
    entries = [(row, column[key], share) for row, mix in enumerate(booked) for key, share in mix.items()]
    row, place, share = np.array(entries).reshape(-1, 3).T
    ends = row.astype(np.int32), place.astype(np.int32)
    shares = sparse.csr_array((share, ends), shape=(len(mixes), len(features)))
    shares.sort_indices()
    sums, total = Sums.of(shares, features), np.full(len(mixes), float(np.log(METRICS[metric].scale)))
    for part, sign in METRICS[metric].composition.items():
        posterior = knowledge.posteriors[part]
        effect = dict(zip(posterior.features, posterior.means[1:].tolist(), strict=False))
        shown = dict(zip(posterior.features, posterior.before, strict=False))
        effects, before = (np.array([one.get(key, 0.0) for key in column]) for one in (effect, shown))
        mixed = shares @ effects
        mixed[sums.cells] = sums.lift(before, effects)
        total += sign * (float(np.log(posterior.reference)) + float(posterior.means[0]) + mixed)
    return total


def resolved(knowledge: Knowledge, shares: Mapping[str, float]) -> dict[str, float]:
    """Shares with every alias replaced by the signal that stands for it, counted once; in pairs, seen or not, too."""
    aliases = knowledge.aliases
    mix: dict[str, float] = {}
    for key, share in shares.items():
        name = _standing(key, aliases)
        mix[name] = max(mix.get(name, 0.0), share)
    return mix


def _standing(key: str, aliases: Mapping[str, str]) -> str:
    """The signal that stands for one; of a pair that no campaign had, the pair of those that stand for its two."""
    parts = signals.parse(key).parts if signals.CROSS in key and key not in aliases else ()
    if len(parts) != 2 or not any(part.key in aliases for part in parts):
        return aliases.get(key, key)
    pair = signals.crossed(*(signals.parse(aliases.get(part.key, part.key)) for part in parts)).key
    return aliases.get(pair, pair)


def scatter(knowledge: Knowledge, metric: str, campaign: RealCampaign | None = None) -> float:
    """Standard deviation of a KPI's log between campaigns, or from one period of one that ran before to its next."""
    sigmas = {name: _scatter(posterior, campaign) for name, posterior in knowledge.posteriors.items()}
    return composed_scatter(metric, sigmas, knowledge.correlations)


def scatter_seen(knowledge: Knowledge, metric: str, *, within: bool) -> float:
    """The same of campaigns that were learnt from, or of rows of one."""
    sigmas = {name: posterior.seen[within] for name, posterior in knowledge.posteriors.items()}
    return composed_scatter(metric, sigmas, knowledge.correlations)


def periods(knowledge: Knowledge, metric: str, campaign: RealCampaign) -> int:
    """Rows of its own past that a KPI of a real campaign rests on; 0 where it never ran, or its past says nothing."""
    parts = (knowledge.posteriors[part] for part in METRICS[metric].composition if part in knowledge.posteriors)
    return max((level.rows for part in parts if (level := campaign.own(part))), default=0)


def usual(knowledge: Knowledge, metric: str) -> float | None:
    """The KPI of the average level: median over the draws, in its own units."""
    draws = level_draws(knowledge, metric, {}, np.random.default_rng(0))
    return None if draws is None else float(np.exp(np.median(draws)))


def unseen(knowledge: Knowledge, metric: str, shares: Mapping[str, float]) -> tuple[str, ...]:
    """Main signals of a mix that no posterior of the KPI has ever seen, sorted."""
    parts = [knowledge.posteriors[part] for part in METRICS[metric].composition if part in knowledge.posteriors]
    features = {key for posterior in parts for key in posterior.features}
    groups = {signals.parse(key).group for key in (*features, *knowledge.aliases)}
    shares = resolved(knowledge, shares)
    # A group that is no part of the model (a headline attribute, say) is not evidence of anything missing.
    return tuple(
        sorted(key for key in shares if key not in features and "*" not in key and signals.parse(key).group in groups)
    )


def _of_size(posterior: MetricPosterior, size: PlannedSize, count: int, rng: np.random.Generator) -> Array:
    """What the planned size adds to the log of a rate, (count,)."""
    slope = posterior.slope
    if size.beyond <= 0:
        return np.zeros(count) if slope is None else size.log * slope[:count]
    unknown = size.beyond * rng.normal(size=count)
    if slope is None:
        return UNKNOWN_SLOPE * unknown
    return size.log * slope[:count] + float(np.abs(slope).mean()) * unknown


def _scatter(posterior: MetricPosterior, campaign: RealCampaign | None) -> float:
    """Standard deviation of one row of a campaign, beyond what is known of it and counting noise."""
    if campaign is None or posterior.own is None or campaign.own(posterior) is None:
        return posterior.sigma
    return float(posterior.own.passing[0])


def _part_level(
    posterior: MetricPosterior,
    shares: Mapping[str, float],
    count: int,
    rng: np.random.Generator,
    campaign: RealCampaign | None,
    stated: Collection[str],
) -> Array:
    """Draws of the log level of an observed metric, (count,)."""
    own = None if campaign is None else campaign.own(posterior)
    if campaign is None or own is None:
        level: Array = np.log(posterior.reference) + posterior.draws[0, :count].astype(np.float64)
        effects = effects_of(posterior, shares, count, rng)
        return np.asarray(level + mixed_effect(posterior, shares, effects, stated))
    level = np.log(posterior.reference) + own.mean + own.sd * rng.normal(size=count)
    return np.asarray(level + change_of_mix(posterior, own, shares, campaign.stated, count, rng))
