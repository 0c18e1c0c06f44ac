"""Clusters: only groups that come back, the same ones every time."""

import numpy as np
import pytest

from reflection.domain.evidence import evidence_of
from reflection.inference.evidence.dataset import Dataset
from reflection.inference.findings import clusters
from reflection.inference.findings.clusters import (
    FEWEST_CAMPAIGNS,
    FEWEST_MEMBERS,
    MOST_CLUSTERS,
    STABLE,
    SUBSAMPLES,
    _cuts,
    cluster_findings,
    distinct,
    profiles,
    stable_clusters,
)
from reflection.inference.fits.fit import fit_metrics


def _blobs(*sizes, spread=0.1, seed=3):
    rng = np.random.default_rng(seed)
    return np.vstack([rng.normal(5 * i, spread, (size, 3)) for i, size in enumerate(sizes)])


def test_clear_groups_are_found_as_they_are():
    labels, stability = stable_clusters(_blobs(8, 10, 12))
    assert len(stability) == 3
    assert all(value > 0.95 for value in stability.values())
    assert [len(set(labels[part])) for part in (slice(0, 8), slice(8, 18), slice(18, 30))] == [1, 1, 1]


def test_a_group_of_one_is_no_group():
    labels, stability = stable_clusters(_blobs(15, 14, 1))
    assert all((labels == label).sum() >= FEWEST_MEMBERS for label in stability)


def test_the_same_profiles_give_the_same_groups():
    profile = _blobs(9, 9, spread=2.0)
    (one, first), (other, second) = stable_clusters(profile), stable_clusters(profile)
    assert one.tolist() == other.tolist()
    assert first == second


def test_only_stable_groups_are_reported():
    rng = np.random.default_rng(11)
    _, stability = stable_clusters(rng.normal(size=(40, 4)))
    assert all(value >= STABLE for value in stability.values())


@pytest.mark.parametrize("spread", [0.1, 2.0, 9.0])
def test_giving_up_early_changes_no_group(spread, monkeypatch):
    profiles = [_blobs(9, 8, 7, spread=spread, seed=seed) for seed in range(4)]
    early = [stable_clusters(profile) for profile in profiles]
    monkeypatch.setattr(clusters, "_hopeless", lambda similarity, done, times: False)
    for (labels, stability), profile in zip(early, profiles, strict=True):
        of_all, stability_of_all = stable_clusters(profile)
        assert labels.tolist() == of_all.tolist()
        assert stability == stability_of_all


def test_of_one_cloud_not_all_samples_are_drawn(monkeypatch):
    drawn = []
    monkeypatch.setattr(clusters, "_cuts", lambda *asked: drawn.append(1) or _cuts(*asked))
    assert stable_clusters(np.random.default_rng(1).normal(size=(200, 4)))[1] == {}
    assert len(drawn) < 1 + SUBSAMPLES


def test_profiles_are_standardised_and_bounded(fitted):
    profile, members = profiles(fitted, "roas")
    assert len(profile) == len(members) == 39
    assert np.isfinite(profile).all()
    assert np.abs(profile).max() <= 4


def test_findings_name_the_specifications_groups(fitted):
    for item in cluster_findings(fitted, "roas"):
        assert item.title.split(":")[0] in ("At-risk campaigns", "Scale winners", "Efficient converters")
        assert (item.direction == "favorable") == (item.effect > 1)
        assert item.metadata["stability"] >= STABLE
        assert not item.interval[0] <= 1 <= item.interval[1]
        assert item.evidence_count == len(item.supporting) >= FEWEST_MEMBERS
        assert "resampled clusterings" in item.description


def test_real_groups_are_distinct_and_slices_of_one_cloud_are_not():
    groups = _blobs(14, 13, 13)
    assert distinct(groups, stable_clusters(groups)[0])
    for seed in range(10):
        cloud = np.random.default_rng(seed).normal(size=(40, 4)) * [1, 2, 1, 3]
        assert not distinct(cloud, stable_clusters(cloud)[0])


def test_groups_cut_from_one_cloud_are_called_descriptive(fitted):
    found = cluster_findings(fitted, "roas")
    assert {item.status for item in found} == {"descriptive"}
    assert all("promises nothing" in item.description for item in found)


def _fitted_groups(make_campaign, lifts, count=40, scatter=0.03, seed=5):
    """Campaigns whose signals say nothing, with CTR and CVR times one of `lifts`, each in its turn."""
    rng = np.random.default_rng(seed)
    evidence = []
    for number in range(count):
        lift = lifts[number % len(lifts)]
        impressions = int(rng.lognormal(12.0, 0.5))
        clicks = round(impressions * 0.02 * lift * np.exp(rng.normal(0, scatter)))
        conversions = round(clicks * 0.05 * lift * np.exp(rng.normal(0, scatter)))
        spend = impressions / 100
        actual = {"impressions": impressions, "clicks": clicks, "conversions": conversions, "spend": spend}
        campaign = make_campaign(campaign_id=f"c{number:02}", actual={**actual, "revenue": 40.0 * conversions})
        evidence.append(evidence_of(campaign))
    return fit_metrics(Dataset.of(evidence))


@pytest.fixture(scope="module")
def two_groups(make_campaign):
    return _fitted_groups(make_campaign, lifts=(0.5, 2.0))


def test_groups_that_truly_differ_are_findings_with_the_campaigns_that_are_in_them(two_groups):
    found = {item.direction: item for item in cluster_findings(two_groups, "roas")}
    assert {item.status for item in found.values()} == {"established"}
    assert found["favorable"].supporting == tuple(f"c{number:02}" for number in range(1, 40, 2))
    assert found["unfavorable"].supporting == tuple(f"c{number:02}" for number in range(0, 40, 2))
    assert found["favorable"].title.startswith(("Scale winners", "Efficient converters"))
    assert found["unfavorable"].title.startswith("At-risk campaigns")


def test_what_counting_alone_can_do_makes_no_finding(make_campaign):
    fitted = _fitted_groups(make_campaign, lifts=(1.0,), scatter=0.2)
    assert {item.status for item in cluster_findings(fitted, "roas")} <= {"descriptive"}


def test_a_campaign_of_few_counts_is_near_the_middle(make_campaign):
    tiny = {"impressions": 40, "clicks": 0, "conversions": 0, "spend": 0.4, "revenue": 0.0}
    rows = [evidence_of(make_campaign(campaign_id=f"c{n:02}", actual=_counts(n))) for n in range(16)]
    fitted = fit_metrics(Dataset.of([*rows, evidence_of(make_campaign(campaign_id="tiny", actual=tiny))]))
    profile, members = profiles(fitted, "roas")
    named = dict(zip(fitted.table.campaigns.ids[members].tolist(), np.abs(profile).max(axis=1), strict=True))
    assert named["tiny"] < max(named.values())


def _counts(number):
    clicks = 3_000 + 900 * (number % 4)
    return {"impressions": 150_000, "clicks": clicks, "conversions": clicks // 20, "spend": 1_500.0, "revenue": 9_000.0}


def test_few_campaigns_have_no_clusters(history_evidence):
    fitted = fit_metrics(Dataset.of(history_evidence[: FEWEST_CAMPAIGNS - 1]))
    assert cluster_findings(fitted, "roas") == []


def test_campaigns_that_are_all_alike_are_one_group_and_so_no_finding():
    labels, stability = stable_clusters(np.zeros((FEWEST_CAMPAIGNS, 3)))
    assert len(labels) == FEWEST_CAMPAIGNS
    assert stability == {}


@pytest.mark.parametrize("count", [12, 40])
def test_a_cut_of_the_tree_makes_the_groups_of_the_library(count: int):
    from scipy.cluster.hierarchy import fcluster, linkage

    profile = np.random.default_rng(count).normal(size=(count, 3))
    tree = linkage(profile, "ward")
    for groups, labels in zip(range(2, MOST_CLUSTERS + 1), _cuts(profile), strict=True):
        assert sorted(set(labels.tolist())) == list(range(1, groups + 1))
        assert len(set(zip(fcluster(tree, groups, "maxclust").tolist(), labels.tolist(), strict=True))) == groups
