"""What changes over time is found, dated and told as it is now; learning it is a fold over the set of campaigns."""

import math
from dataclasses import replace
from types import ModuleType

import pytest

from reflection.domain import signals
from reflection.domain.evidence import Counts
from reflection.domain.knowledge import Knowledge
from reflection.explain.attention_sentences import AttentionSentences
from reflection.inference.effects_page import effects_page
from reflection.inference.learn import learn
from reflection.store.knowledge_blob import encode

SEED = 0


@pytest.fixture(scope="module")
def turned(worlds_in_time: ModuleType) -> Knowledge:
    """What is learnt of a year in which image fell by half, carousel rose to twice, and nothing else moved."""
    return learn(worlds_in_time.types_turn(SEED, null=False).evidence)


def test_the_type_that_falls_and_the_one_that_rises_are_told_and_no_other(turned: Knowledge) -> None:
    trends = {f.signal_key: f for f in turned.findings if f.category == "platform_trend"}

    assert trends.keys() == {"creative.type:image", "creative.type:carousel"}
    falling = trends["creative.type:image"]
    assert falling.interval is not None
    assert falling.interval[0] < math.exp(-0.7) < falling.interval[1]
    assert (falling.direction, falling.metric, falling.metadata["ongoing"]) == ("unfavorable", "ctr", True)
    assert falling.description.endswith("and still falls.")
    assert falling.lfsr is not None
    assert falling.lfsr <= 0.1


def test_an_effect_is_its_present_level_and_says_how_it_moved(worlds_in_time: ModuleType, turned: Knowledge) -> None:
    truth = worlds_in_time.types_turn(SEED, null=False).effects["ctr"]
    rows = effects_page(turned, metric="ctr", group=signals.CREATIVE_TYPE)["items"]

    assert len(rows) == 4
    for row in rows:
        assert row.interval[0] / 1.05 < math.exp(truth[row.signal]) < row.interval[1] * 1.05
        assert (row.trend is not None) == (row.signal in ("creative.type:image", "creative.type:carousel"))
    image = next(row.trend for row in rows if row.signal == "creative.type:image")
    assert image.change < 1
    assert image.a_month < 1
    assert image.ongoing


def test_learning_what_moves_does_not_depend_on_the_order_of_campaigns(
    worlds_in_time: ModuleType, turned: Knowledge
) -> None:
    assert encode(learn(reversed(worlds_in_time.types_turn(SEED, null=False).evidence))) == encode(turned)


@pytest.fixture(scope="module")
def worn(worlds_in_time: ModuleType) -> tuple[Knowledge, dict[str, float]]:
    """What is learnt of creatives that lose about 10 % of their CTR a month, and what each truly loses."""
    world = worlds_in_time.wearing(SEED, null=False)
    return learn(world.world.evidence), world.slopes


def test_what_a_month_of_age_costs_every_creative_is_told(worn: tuple[Knowledge, dict[str, float]]) -> None:
    page = effects_page(worn[0])

    assert page["wear"].keys() == {"ctr"}
    low, high = page["wear"]["ctr"]["interval"]
    assert low < math.exp(-0.10) < high < 1


def test_a_creative_that_wears_out_says_how_fast_since_when_until_when_and_what_it_costs(
    worn: tuple[Knowledge, dict[str, float]],
) -> None:
    knowledge, slopes = worn
    told = {e.signal: e.wear_out for e in knowledge.effects if e.metric == "ctr" and e.wear_out is not None}

    assert len(told) >= 5
    assert all(slopes[signal] < 0 for signal in told)
    held = [
        one.a_month_interval[0] < math.exp(slopes[signal]) < one.a_month_interval[1] for signal, one in told.items()
    ]
    assert sum(held) >= 0.7 * len(held)
    for one in told.values():
        assert one.change < one.interval[1] < 1
        assert one.new_on >= "2023-02-12"
        early, late = one.below_average_interval
        assert (early or "") <= (one.below_average or late or "9999")
        assert one.spend is not None
        assert one.cost is not None
        assert 0 < one.cost < one.spend
    texts = [f.description for f in knowledge.findings if f.metadata.get("wear_out")]
    assert len(texts) == len(told)
    assert all("since it was new on" in text and "now bring nothing, unlike when it was new" in text for text in texts)


def test_creatives_of_one_age_are_not_told_to_wear_out_with_a_market_that_falls(worlds_in_time: ModuleType) -> None:
    evidence = worlds_in_time.wearing(SEED, null=True).world.evidence
    falling = [
        replace(one, cells=(replace(one.cells[0], counts=_fewer(one.cells[0].counts, 1 - index / 300)),))
        for index, one in enumerate(evidence)
    ]
    learnt = learn(falling)

    assert effects_page(learnt)["wear"] == {}
    assert [effect.signal for effect in learnt.effects if effect.wear_out is not None] == []


def _fewer(counts: Counts, share: float) -> Counts:
    return replace(counts, clicks=round((counts.clicks or 0) * share))


def test_a_platform_that_counts_anew_is_doubted_and_not_found_better_or_worse(worlds_in_time: ModuleType) -> None:
    learnt = learn(worlds_in_time.level_shift(SEED).evidence)

    (shift,) = learnt.diagnostics["level_shifts"]
    assert shift["signal"] == "platform:tiktok"
    assert shift["interval"][0] < worlds_in_time.LOST < shift["interval"][1]
    of_it = {e.metric: e for e in learnt.effects if e.signal == "platform:tiktok"}
    assert {metric for metric, effect in of_it.items() if not effect.identified} == {
        "cvr", "cpa", "roas", "conversions_per_spend",
    }  # fmt: skip
    assert "its measurement may have changed: check" in of_it["cvr"].reason
    assert learnt.unidentified["platform:tiktok"]["testable"] is False
    assert [e for e in learnt.effects if e.finding and e.group == "platform"] == []
    said = AttentionSentences().shifted("TikTok", shift["lift"], shift["since"], 90)
    assert said.startswith("TikTok: CVR changed by -4")
    assert "Its measurement may have changed: check its tag" in said


def test_a_year_in_which_nothing_moves_has_no_trend_and_no_columns_of_any(worlds_in_time: ModuleType) -> None:
    still = learn(worlds_in_time.types_turn(SEED, null=True).evidence)

    assert [f for f in still.findings if f.category == "platform_trend"] == []
    assert all(effect.trend is None for effect in still.effects)
    assert still.diagnostics["level_shifts"] == []
