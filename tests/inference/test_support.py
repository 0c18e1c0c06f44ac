"""Campaigns for and against an effect."""

import pytest

from reflection.inference.support import MOST_IDS, Support, SupportIndex
from reflection.stats.sums.columns import Feature


@pytest.fixture(scope="module")
def index(fitted):
    return SupportIndex(fitted)


def test_most_campaigns_with_video_speak_for_its_planted_lift(index):
    sides = index.of(Feature("creative.type", "video"), "ctr")
    assert len(sides.supporting) > 4 * len(sides.contradicting)
    assert all(ratio > 0 for _, ratio in sides.supporting)


def test_an_effect_below_average_is_supported_from_below(index):
    sides = index.of(Feature("creative.type", "text"), "ctr")
    assert len(sides.supporting) > len(sides.contradicting)
    assert all(ratio < 0 for _, ratio in sides.supporting)
    assert all(ratio > 0 for _, ratio in sides.contradicting)


def test_only_campaigns_with_the_signal_speak(index, history_evidence):
    having = {item.campaign_id for item in history_evidence if "platform:tiktok" in item.signal_keys()}
    sides = index.of(Feature("platform", "tiktok"), "cpm")
    assert {name for name, _ in [*sides.supporting, *sides.contradicting]} <= having


def test_the_strongest_come_first(index):
    sides = index.of(Feature("creative.type", "video"), "roas")
    sizes = [abs(ratio) for _, ratio in sides.supporting]
    assert sizes == sorted(sizes, reverse=True)


def test_above_and_below_count_the_same_campaigns(index):
    for level, metric in (("video", "ctr"), ("text", "cvr")):
        feature = Feature("creative.type", level)
        sides = index.of(feature, metric)
        assert sum(index.above_and_below(feature, metric)) == len(sides.supporting) + len(sides.contradicting)


def test_several_things_at_once_are_supported_as_each_is_alone(index, fitted):
    shares = fitted.table.shares.tocsc()
    levels = [Feature("creative.type", level) for level in ("video", "text")] + [Feature("platform", "tiktok")]
    columns = [fitted.table.features.index(feature) for feature in levels]
    booked = [(own.indices, own.data) for own in (shares[:, [column]] for column in columns)]
    effects = fitted.raw_effects("ctr")
    means = [float(effects.mean[effects.layout.column(feature)]) for feature in levels]
    both = [index.of_totals([one], "ctr", [mean], sign=1.0)[0] for one, mean in zip(booked, means, strict=True)]

    assert index.of_totals(booked, "ctr", means, sign=1.0) == both
    assert index.of_totals([], "ctr", [], sign=1.0) == []
    for feature, alone in zip(levels, both, strict=True):
        assert index.above_and_below(feature, "ctr") == (len(alone.supporting), len(alone.contradicting))


def test_lists_of_ids_are_bounded():
    many = tuple((f"c{i}", 1.0) for i in range(MOST_IDS + 5))
    supporting, contradicting = Support(many, ()).ids()
    assert len(supporting) == MOST_IDS
    assert contradicting == ()
