"""The table of effects: what may be called a finding, what not, and why."""

import pytest

from reflection.domain import signals
from reflection.inference.effects import effect_rows
from reflection.inference.evidence.raw_lifts import RawLifts
from reflection.stats.sums.columns import Feature


@pytest.fixture(scope="module")
def rows(fitted):
    return {(row.signal, row.metric): row for row in effect_rows(fitted)}


def test_the_table_is_sorted_by_metric_and_signal(fitted):
    keys = [(row.metric, row.signal) for row in effect_rows(fitted)]
    assert keys == sorted(set(keys))


def test_the_planted_truth_is_found(rows):
    for signal, metric, sign in (
        ("creative.type:video", "ctr", 1), ("creative.type:text", "ctr", -1),
        ("audience.age:18-25", "cvr", 1), ("audience.segment:parents", "cvr", -1),
    ):  # fmt: skip
        row = rows[signal, metric]
        assert row.finding, (signal, metric)
        assert (row.effect - 1) * sign > 0.05


def test_objectives_which_have_no_effect_are_no_findings(rows):
    assert not any(row.finding for row in rows.values() if row.group == "objective")


def test_a_finding_excludes_no_effect_and_is_beyond_noise(rows):
    for row in rows.values():
        low, high = row.interval
        assert 0 < low <= row.effect <= high
        if row.finding:
            assert not low <= 1 <= high
            assert row.reason.startswith("beyond noise")
        else:
            assert row.reason


def test_probabilities_are_those_of_the_likelier_sign(rows):
    for row in rows.values():
        assert 0.5 <= row.probability <= 1
        assert 0 <= row.lfsr <= 1


def test_what_is_not_enough_says_what_weighing_left_of_it(rows):
    weighed = [row for row in rows.values() if "after weighing" in row.reason]
    assert weighed
    for row in weighed:
        assert f"{100 * (row.raw_lift - 1):+z.0f} % by the plain ratio" in row.reason
        assert f"{100 * (row.effect - 1):+z.0f} % after weighing" in row.reason


def test_aliases_have_the_effect_but_are_no_finding_of_their_own(rows, fitted):
    assert fitted.table.aliases
    for alias, key in fitted.table.aliases.items():
        row, original = rows[alias, "ctr"], rows[key, "ctr"]
        assert (row.effect, row.interval) == (original.effect, original.interval)
        assert row.finding is False
        assert row.reason == f"always comes together with {signals.parse(key).label}; the effect is stated there"
        assert signals.parse(alias).label in original.reason


def test_exposure_counts_campaigns_by_the_share_of_impressions(fitted):
    raw_lifts = RawLifts.of(fitted.table)
    platforms = [feature for feature in fitted.table.features if feature.group == "platform"]
    assert sum(raw_lifts.campaigns(feature) for feature in platforms) == pytest.approx(39)
    assert sum(raw_lifts.spend_with(feature) for feature in platforms) == pytest.approx(fitted.table.spend.sum())


def test_the_raw_lift_is_a_ratio_of_sums(fitted):
    table = fitted.table
    video = table.shares[:, [table.features.index(Feature("creative.type", "video"))]].toarray().ravel()
    raw = ((video * table.clicks).sum() / (video * table.impressions).sum()) / (
        table.clicks.sum() / table.impressions.sum()
    )
    assert RawLifts.of(table).raw_lift(Feature("creative.type", "video"), "ctr") == pytest.approx(raw)
