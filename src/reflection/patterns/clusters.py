"""Clusters of campaigns by how they did beyond their signals and what they looked like.

Ward's hierarchical clustering (deterministic) of standardised profiles: log spend, and the residuals of CPM, CTR, CVR
and of the goal. A cluster is reported only if it comes back when campaigns are left out (mean Jaccard similarity at
least `STABLE` over seeded subsamples; Hennig 2007). Groups made from results differ in results by construction, so
stable is not enough: unless the grouping is tighter than slices of one Gaussian cloud would be (Liu et al. 2008,
SigClust) a cluster is called descriptive, which is no finding. Names follow the specification: scale winners,
efficient converters, at-risk campaigns.
"""

import math

import numpy as np
from numpy.typing import NDArray
from scipy.cluster.hierarchy import fcluster, linkage

from reflection.evidence_table import Floats
from reflection.fitting import FittedMetrics, counts_of
from reflection.patterns.making import METRIC_NAMES, finding_id
from reflection.report import DESCRIPTIVE, ESTABLISHED, Finding

FEWEST_CAMPAIGNS = 12
MOST_CAMPAIGNS = 1_500
MOST_CLUSTERS = 5
FEWEST_MEMBERS = 3
SUBSAMPLES = 24
KEPT = 0.8
STABLE = 0.75
CLOUDS = 39
"""Simulated clouds; a real grouping is tighter than all but one of them (5 %)."""

Z90 = 1.6448536269514722
SEED = 7


def cluster_findings(fitted: FittedMetrics, goal: str) -> list[Finding]:
    """Stable clusters whose results differ from the rest beyond noise."""
    profile, members = profiles(fitted, goal)
    if len(members) < FEWEST_CAMPAIGNS:
        return []
    labels, stability = stable_clusters(profile)
    status = ESTABLISHED if stability and distinct(profile, labels) else DESCRIPTIVE
    result = _residual(fitted, goal)[members]
    log_spend = np.log(np.maximum(fitted.table.by_campaign(fitted.table.spend)[members], 1e-9))
    found = []
    for label in sorted(stability):
        inside = labels == label
        finding = _finding(fitted, goal, members[inside], result, inside, log_spend, stability[label], status)
        if finding is not None:
            found.append(finding)
    return found


def profiles(fitted: FittedMetrics, goal: str) -> tuple[Floats, NDArray[np.intp]]:
    """Standardised profile of each campaign that has all its parts, (n, features), and its index in the table."""
    table = fitted.table
    columns = [np.log(np.maximum(np.nan_to_num(table.by_campaign(table.spend)), 1e-9))]
    columns += [_residual(fitted, metric) for metric in ("cpm", "ctr", "cvr") if metric in fitted.metrics]
    columns.append(_residual(fitted, goal))
    raw = np.column_stack(columns)
    members = np.flatnonzero(np.isfinite(raw).all(axis=1))
    if len(members) > MOST_CAMPAIGNS:
        members = np.sort(np.random.default_rng(SEED).choice(members, MOST_CAMPAIGNS, replace=False))
    kept = raw[members]
    if not len(kept):
        return kept, members
    center = np.median(kept, axis=0)
    spread = np.maximum(1.4826 * np.median(np.abs(kept - center), axis=0), 1e-6)
    return np.clip((kept - center) / spread, -4, 4), members


def stable_clusters(profile: Floats) -> tuple[NDArray[np.intp], dict[int, float]]:
    """Labels for the number of clusters with the most stable members, and the stability of each stable cluster."""
    best: tuple[float, NDArray[np.intp], dict[int, float]] = (-1.0, np.zeros(len(profile), np.intp), {})
    for count in range(2, MOST_CLUSTERS + 1):
        labels = _ward(profile, count)
        stability = _stability(profile, labels, count)
        stable = {k: s for k, s in stability.items() if s >= STABLE and (labels == k).sum() >= FEWEST_MEMBERS}
        covered = sum(int((labels == k).sum()) * s for k, s in stable.items()) / len(profile)
        if len(stable) > 1 and covered > best[0]:
            best = (covered, labels, stable)
    return best[1], best[2]


def distinct(profile: Floats, labels: NDArray[np.intp]) -> bool:
    """Whether groups are more than slices of one cloud: their within-group share of the sum of squares is smaller
    than that of all but 5 % of Gaussian clouds with the same covariance, cut into as many groups.
    """
    count = len(np.unique(labels))
    spread = np.linalg.cholesky(np.cov(profile.T) + 1e-9 * np.eye(profile.shape[1]))
    rng, observed = np.random.default_rng(SEED), _within_share(profile, labels)
    clouds = (rng.standard_normal(profile.shape) @ spread.T for _ in range(CLOUDS))
    return sum(_within_share(cloud, _ward(cloud, count)) <= observed for cloud in clouds) <= 1


def _within_share(profile: Floats, labels: NDArray[np.intp]) -> float:
    total = float(((profile - profile.mean(axis=0)) ** 2).sum())
    groups = (profile[labels == label] for label in np.unique(labels))
    return sum(float(((group - group.mean(axis=0)) ** 2).sum()) for group in groups) / total if total else 1.0


def _ward(profile: Floats, count: int) -> NDArray[np.intp]:
    return np.asarray(fcluster(linkage(profile, "ward"), count, "maxclust"), dtype=np.intp)


def _stability(profile: Floats, labels: NDArray[np.intp], count: int) -> dict[int, float]:
    """Mean over subsamples of the best Jaccard similarity that each cluster finds again."""
    rng = np.random.default_rng(SEED)
    found: dict[int, list[float]] = {int(k): [] for k in np.unique(labels)}
    size = max(int(KEPT * len(profile)), count + 1)
    for _ in range(SUBSAMPLES):
        chosen = np.sort(rng.choice(len(profile), size, replace=False))
        again = _ward(profile[chosen], count)
        for label, scores in found.items():
            own = labels[chosen] == label
            scores.append(max(_jaccard(own, again == other) for other in np.unique(again)))
    return {label: float(np.mean(scores)) for label, scores in found.items()}


def _jaccard(first: NDArray[np.bool_], second: NDArray[np.bool_]) -> float:
    union = int((first | second).sum())
    return int((first & second).sum()) / union if union else 0.0


def _residual(fitted: FittedMetrics, metric: str) -> Floats:
    """Log of observed over expected of each campaign, shape (campaigns,); NaN where it says nothing."""
    table = fitted.table
    x, n = counts_of(metric, table)
    rate = fitted.expected_rate(metric)
    missing = np.isnan(x) | np.isnan(n)
    observed = table.by_campaign(np.where(missing, np.nan, x))
    expected = table.by_campaign(np.where(missing, np.nan, n * rate))
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
    ids = tuple(fitted.table.campaigns.ids[members].tolist())
    lift = math.exp(difference)
    return Finding(
        finding_id=finding_id("cluster", name, *ids),
        category="cluster",
        title=f"{name}: {len(ids)} campaigns",
        description=(
            f"{len(ids)} campaigns that look alike; beyond what their signals explain, their {METRIC_NAMES[goal]} is "
            f"{lift:.2f} times that of the others (90 % interval {interval[0]:.2f} to {interval[1]:.2f}); "
            f"the group comes back in {100 * stability:.0f} % of resampled clusterings."
            + (" It describes these campaigns and promises nothing." if status == DESCRIPTIVE else "")
        ),
        signal_key=f"cluster:{name.split()[0].casefold()}",
        impact_score=round(100 * abs(difference) * stability * math.sqrt(len(ids) / len(result)), 4),
        evidence_count=len(ids),
        metadata={"stability": stability, "members": list(ids), "label": name},
        metric=goal,
        direction="favorable" if difference > 0 else "unfavorable",
        effect=lift,
        interval=interval,
        probability=None,
        lfsr=None,
        raw_lift=None,
        effective_campaigns=float(len(ids)),
        spend=None,
        supporting=ids,
        contradicting=(),
        status=status,
    )
