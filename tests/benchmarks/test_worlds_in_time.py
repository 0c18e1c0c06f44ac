"""What changes over time is found, dated and told as it is now; learning it is a fold over the set of campaigns."""

import math
from types import ModuleType

import pytest

from reflection.domain import signals
from reflection.domain.knowledge import Knowledge
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


def test_a_year_in_which_nothing_moves_has_no_trend_and_no_columns_of_any(worlds_in_time: ModuleType) -> None:
    still = learn(worlds_in_time.types_turn(SEED, null=True).evidence)

    assert [f for f in still.findings if f.category == "platform_trend"] == []
    assert all(effect.trend is None for effect in still.effects)
