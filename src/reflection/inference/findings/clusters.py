"""Clusters of campaigns by how they did beyond their signals.

Ward's hierarchical clustering (deterministic) of standardised profiles: how far each campaign truly was from what its
signals explain, in CPM, CTR, CVR and order value. What counting noise may have done is shrunk away first (posterior
mean of a normal deviation): small campaigns would otherwise be groups of their own, because the logarithm of a small
count is skewed. A cluster is reported only if it comes back when campaigns are left out (mean Jaccard similarity at
least `STABLE` over seeded subsamples; Hennig 2007). Groups made from results differ in results by construction, so
stable is not enough: unless the grouping is tighter than slices of one Gaussian cloud would be (Liu et al. 2008,
SigClust) a cluster is called descriptive, which is no finding. How much tighter grows with the campaigns, so that
whoever looks after each of them is told of groups in a cloud with a chance of one in a hundred, ever. Names follow the
specification: scale winners, efficient converters, at-risk campaigns.
"""

import math
from collections.abc import Iterable, Sequence
from itertools import islice

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtr

from reflection.domain.bookable import EvidenceFloor
from reflection.domain.metrics import METRICS, OBSERVED, ORDER_VALUE_CV, RATES, as_read
from reflection.domain.number_of import number_of
from reflection.domain.results import DESCRIPTIVE, ESTABLISHED, Finding
from reflection.explain.formatting import rounded_lift, rounded_lifts
from reflection.inference.evidence.campaign_columns import Floats
from reflection.inference.evidence.observation import counts_of
from reflection.inference.findings.common import finding_id
from reflection.inference.findings.event_floor import FLOOR, reaches_floor
from reflection.inference.fits.fit import FittedMetrics
from reflection.stats.honesty.any_time import OF_GROUPS, level_at

Labels = NDArray[np.intp]

FEWEST_CAMPAIGNS = 12
MOST_CAMPAIGNS = 1_500
MOST_CLUSTERS = 5
FEWEST_MEMBERS = 3
SUBSAMPLES, FEWEST_SUBSAMPLES, CLUSTERED = 24, 8, 10_000
"""How often the campaigns are grouped again without some of them: less often the more they are, about so many in all;
what a cluster has in common with itself then varies less, and each time takes the square of their number."""

KEPT = 0.8
STABLE = 0.75
CLOUDS, FIRST_CLOUDS, NOTHING_LIKE = 79, 19, -2.0
"""Simulated clouds: what chance makes of the share within groups, as a t distribution. Where the first show groups less
than two standard deviations tighter than theirs, four or more of all would not be seen: the others are not made."""

WIDEST = 4.0
LEAST_SPREAD = 0.05
"""A metric in which campaigns differ by less than five per cent tells none of them apart."""

LEAST_COUNT = 0.5
Z90 = 1.6448536269514722
SEED = 7


def cluster_findings(fitted: FittedMetrics, goal: str, floor: EvidenceFloor = FLOOR) -> list[Finding]:
    """Stable clusters whose results differ from the rest beyond noise, with events enough on both sides."""
    profile, members = profiles(fitted, goal)
    if len(members) < FEWEST_CAMPAIGNS:
        return []
    labels, stability = stable_clusters(profile)
    status = ESTABLISHED if stability and distinct(profile, labels) else DESCRIPTIVE
    result = _residual(fitted, goal)[members]
    log_spend = np.log(np.maximum(np.nan_to_num(fitted.table.by_campaign(fitted.table.spend)[members]), 1e-9))
    findings = []
    for label in sorted(stability):
        inside = labels == label
        own, rest = (np.isin(np.arange(len(fitted.table)), members[side]) for side in (inside, ~inside))
        if not reaches_floor(fitted, goal, floor, own, rest):
            continue
        finding = _finding(fitted, goal, members[inside], result, inside, log_spend, stability[label], status)
        if finding is not None:
            findings.append(finding)
    return findings


def profiles(fitted: FittedMetrics, goal: str) -> tuple[Floats, NDArray[np.intp]]:
    """Standardised profile of each campaign whose goal is known, (n, parts), and its index in the table."""
    members = np.flatnonzero(np.isfinite(_residual(fitted, goal)))
    if len(members) > MOST_CAMPAIGNS:
        members = np.sort(np.random.default_rng(SEED).choice(members, MOST_CAMPAIGNS, replace=False))
    columns = [_deviation(fitted, metric)[members] for metric in OBSERVED if metric in fitted.metrics]
    raw = np.column_stack(columns) if columns else np.empty((len(members), 0))
    if not raw.size:
        return raw, members
    centred, spread = raw - raw.mean(axis=0), raw.std(axis=0)
    varied = spread > LEAST_SPREAD
    return np.clip(centred[:, varied] / spread[varied], -WIDEST, WIDEST), members


def stable_clusters(profile: Floats) -> tuple[Labels, dict[int, float]]:
    """Labels for the number of clusters with the most stable members, and the stability of each stable cluster."""
    best: tuple[float, Labels, dict[int, float]] = (-1.0, np.zeros(len(profile), np.intp), {})
    if not profile.size:
        return best[1], best[2]
    cuts = _cuts(profile)
    stabilities = _stabilities(profile, cuts)
    for labels, stability in zip(cuts, stabilities, strict=True):
        size = np.bincount(labels)
        stable = {k: s for k, s in stability.items() if s >= STABLE and size[k] >= FEWEST_MEMBERS}
        covered = sum(int(size[k]) * s for k, s in stable.items()) / len(profile)
        if len(stable) > 1 and covered > best[0]:
            best = (covered, labels, stable)
    return best[1], best[2]


def distinct(profile: Floats, labels: Labels) -> bool:
    """Whether groups are more than slices of one cloud: their within-group share of the sum of squares is far below
    what Gaussian clouds with the same covariance have, cut into as many groups.

    The level is spent over all numbers of campaigns (`any_time.level_at`) and the numbers of groups tried.
    """
    count = len(np.unique(labels))
    covariance = np.atleast_2d(np.cov(profile.T))
    spread = np.linalg.cholesky(covariance + 1e-9 * np.eye(profile.shape[1]))
    rng, observed = np.random.default_rng(SEED), _within_share(profile, labels)
    clouds = (rng.standard_normal(profile.shape) @ spread.T for _ in range(CLOUDS))
    shares = (math.log(_within_share(cloud, _cuts(cloud, [count])[0])) for cloud in clouds)
    first = list(islice(shares, FIRST_CLOUDS))
    if _score(observed, first) > NOTHING_LIKE:
        return False
    level = level_at(len(profile), FEWEST_CAMPAIGNS, OF_GROUPS) / (MOST_CLUSTERS - 1)
    return float(stdtr(CLOUDS - 1, _score(observed, [*first, *shares]))) <= level


def _score(observed: float, shares: Sequence[float]) -> float:
    """How far the log of a share within groups is below those of clouds, in standard deviations of a further one."""
    error = float(np.std(shares, ddof=1)) * math.sqrt(1 + 1 / len(shares))
    return (math.log(max(observed, 1e-12)) - float(np.mean(shares))) / max(error, 1e-12)


def _within_share(profile: Floats, labels: Labels) -> float:
    total = float(((profile - profile.mean(axis=0)) ** 2).sum())
    groups = (profile[labels == label] for label in np.unique(labels))
    return sum(float(((group - group.mean(axis=0)) ** 2).sum()) for group in groups) / total if total else 1.0


def _cuts(profile: Floats, counts: Iterable[int] = range(2, MOST_CLUSTERS + 1)) -> list[Labels]:
    """The campaigns in so many groups: cuts of one tree, labels from 1."""
    from scipy.cluster.hierarchy import linkage  # here: a process that learns nothing need not load it

    merged = linkage(profile, "ward")[:, :2].astype(np.intp)
    return [_cut(merged, count) for count in counts]


def _cut(merged: NDArray[np.intp], count: int) -> Labels:
    """The groups before the last ``count`` - 1 of the mergers (n - 1, 2), numbered from 1 by their first member."""
    leaves, done = len(merged) + 1, max(len(merged) + 1 - count, 0)
    above = np.arange(leaves + done)
    above[merged[:done]] = np.arange(leaves, leaves + done)[:, None]
    while not np.array_equal(further := above[above], above):
        above = further
    _, first, group = np.unique(above[:leaves], return_index=True, return_inverse=True)
    return np.asarray(1 + np.argsort(np.argsort(first))[group], dtype=np.intp)


def _stabilities(profile: Floats, cuts: list[Labels]) -> list[dict[int, float]]:
    """Mean over subsamples of the best Jaccard similarity that each cluster of each cut finds again.

    None of any as soon as no cut can have two stable clusters any more, even if all were found again from then on.
    """
    rng = np.random.default_rng(SEED)
    size, times = max(int(KEPT * len(profile)), MOST_CLUSTERS + 1), subsamples(len(profile))
    similarity = np.zeros((len(cuts), MOST_CLUSTERS + 1))
    for done in range(times):
        if _hopeless(similarity, done, times):
            return [{} for _ in cuts]
        sample = np.sort(rng.choice(len(profile), size, replace=False))
        for row, labels, again in zip(similarity, cuts, _cuts(profile[sample]), strict=True):
            row += _best_jaccard(labels[sample], again)
    return [
        {int(label): float(row[label]) / times for label in np.unique(labels)}
        for row, labels in zip(similarity, cuts, strict=True)
    ]


def subsamples(campaigns: int) -> int:
    """How often so many campaigns are grouped again."""
    return max(min(SUBSAMPLES, CLUSTERED // campaigns), FEWEST_SUBSAMPLES)


def _hopeless(similarity: Floats, done: int, times: int) -> bool:
    """Whether no cut can have two stable clusters any more; ``similarity``: sums of those done, (cuts, labels)."""
    reachable = similarity + times - done > STABLE * times - 1e-9
    return bool((reachable.sum(axis=1) < 2).all())


def _best_jaccard(own: Labels, again: Labels) -> Floats:
    """For each label of the first grouping the largest Jaccard similarity with a group of the second, 0 where there
    is none; shape (MOST_CLUSTERS + 1,).
    """
    width = MOST_CLUSTERS + 1
    both = np.bincount(own * width + again, minlength=width * width).reshape(width, width).astype(np.float64)
    union = both.sum(axis=1, keepdims=True) + both.sum(axis=0) - both
    return np.asarray((both / np.maximum(union, 1.0)).max(axis=1))


def _deviation(fitted: FittedMetrics, metric: str) -> Floats:
    """How far each campaign truly was from what its signals explain (log), shape (campaigns,): the posterior mean.

    Its own scatter is learnt; the noise of a rate is that of the expected count, of an order value that of the orders.
    0 where a campaign says nothing.
    """
    observed, expected = _totals(fitted, metric)
    scatter = fitted.metrics[metric].fit.scatter ** 2
    noise = np.zeros(len(expected))
    if metric in RATES:
        noise = 1.0 / np.maximum(np.nan_to_num(expected), LEAST_COUNT)
    elif metric == "aov":
        orders = fitted.table.by_campaign(fitted.table.conversions)
        noise = ORDER_VALUE_CV**2 / np.maximum(np.nan_to_num(orders), LEAST_COUNT)
    return np.nan_to_num(_log_ratio(observed, expected)) * scatter / np.maximum(scatter + noise, 1e-12)


def _residual(fitted: FittedMetrics, metric: str) -> Floats:
    """Log of observed over expected of each campaign, shape (campaigns,); NaN where it says nothing."""
    return _log_ratio(*_totals(fitted, metric))


def _totals(fitted: FittedMetrics, metric: str) -> tuple[Floats, Floats]:
    """A metric's numerator as observed and as expected of each campaign, shape (campaigns,); NaN where not known."""
    table = fitted.table
    x, n = counts_of(metric, table)
    missing = np.isnan(x) | np.isnan(n)
    observed = table.by_campaign(np.where(missing, np.nan, x))
    return observed, table.by_campaign(np.where(missing, np.nan, n * fitted.expected_rate(metric)))


def _log_ratio(observed: Floats, expected: Floats) -> Floats:
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(expected > 0, np.log((observed + 0.5) / (expected + 0.5)), np.nan)


def _finding(
    fitted: FittedMetrics,
    goal: str,
    members: NDArray[np.intp],
    result: Floats,
    inside: NDArray[np.bool_],
    log_spend: Floats,
    stability: float,
    status: str,
) -> Finding | None:
    own, rest = result[inside], result[~inside]
    if len(own) < FEWEST_MEMBERS or len(rest) < FEWEST_MEMBERS:
        return None
    difference = float(own.mean() - rest.mean())
    error = math.sqrt(own.var(ddof=1) / len(own) + rest.var(ddof=1) / len(rest))
    interval = (math.exp(difference - Z90 * error), math.exp(difference + Z90 * error))
    if interval[0] <= 1.0 <= interval[1]:
        return None
    large = float(np.median(log_spend[inside])) >= float(np.median(log_spend))
    name = "At-risk campaigns" if difference < 0 else "Scale winners" if large else "Efficient converters"
    campaigns = fitted.table.campaigns
    ids = tuple(campaigns.ids[members].tolist())
    number = campaigns.number_of_real(members)
    size = number_of(number, "campaign")
    if number < len(ids):
        size = f"{number_of(len(ids), 'result')} of {size}"
    lift = math.exp(difference)
    metric, read, bounds = as_read(goal, lift, interval)
    return Finding(
        finding_id=finding_id("cluster", name, *ids),
        category="cluster",
        title=f"{name}: {size}",
        description=(
            f"{size} that look alike; beyond what their signals explain, their {METRICS[metric].label} "
            f"is {rounded_lift(read or lift)} against the others (90 % interval {rounded_lifts(bounds or interval)}); "
            f"the group comes back in {100 * stability:.0f} % of resampled clusterings."
            + (" It describes these campaigns and promises nothing." if status == DESCRIPTIVE else "")
        ),
        signal_key=f"cluster:{name.split()[0].casefold()}",
        impact_score=round(100 * abs(difference) * stability * math.sqrt(len(ids) / len(result)), 4),
        evidence_count=number,
        metadata={"stability": stability, "members": list(ids), "label": name},
        metric=goal,
        direction="favorable" if difference > 0 else "unfavorable",
        effect=lift,
        interval=interval,
        probability=None,
        lfsr=None,
        raw_lift=None,
        effective_campaigns=float(number),
        spend=None,
        supporting=ids,
        contradicting=(),
        status=status,
    )
