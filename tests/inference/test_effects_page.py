"""Effects as the doors show them: pages and filters."""

import base64
from dataclasses import asdict, replace

import pytest

from reflection.domain.knowledge import NOTHING
from reflection.errors import InvalidInput
from reflection.inference.effects_page import MOST_ITEMS, effects_page
from reflection.inference.signal_evidence import evidence_of


def test_pages_together_are_the_whole_list(knowledge):
    found, cursor = [], None
    while True:
        page = effects_page(knowledge, limit=60, cursor=cursor)
        found += page["items"]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    read = [effect for effect in knowledge.effects if effect.metric != "conversions_per_spend"]  # each has its CPA
    assert {(item.metric, item.signal): plain(item) for item in found} == {
        (effect.metric, effect.signal): asdict(effect) for effect in read
    }
    assert len(found) == len(read)


def test_findings_come_first_and_pairs_after_single_signals(knowledge):
    order = [(not item.finding, "*" in item.group) for item in effects_page(knowledge, limit=MOST_ITEMS)["items"]]
    assert order == sorted(order)
    assert order[0] == (False, False)


def test_a_signal_is_said_as_campaigns_spell_it(knowledge):
    knowledge = replace(knowledge, diagnostics={**knowledge.diagnostics, "spelt": {"platform:linkedin": "LinkedIn"}})
    labels = {item.signal: item.label for item in effects_page(knowledge, limit=500)["items"]}
    assert labels["platform:linkedin"] == "platform LinkedIn"


def plain(item):
    """An effect without what the door adds."""
    return {name: value for name, value in asdict(item).items() if name not in ("label", "same_as")}


VIDEO, ITS_NAME, IMAGE = "creative.type:video", "creative:crt_video", "creative.type:image"


@pytest.fixture
def together(video_works):
    """Video is the one creative of its name: two rows, of which one is a finding and one is none."""
    (video,) = [effect for effect in video_works.effects if effect.signal == VIDEO]
    alias = replace(video, signal=ITS_NAME, group="creative", finding=False, reason="told apart by nothing")
    diagnostics = {**video_works.diagnostics, "aliases": {ITS_NAME: VIDEO}}
    return replace(video_works, effects=(alias, *video_works.effects), diagnostics=diagnostics)


def test_signals_that_always_came_together_name_each_other(together):
    rows = {item.signal: item.same_as for item in effects_page(together)["items"]}

    assert (rows[VIDEO], rows[ITS_NAME], rows[IMAGE]) == ((ITS_NAME,), (VIDEO,), ())


def test_joined_they_are_one_row_and_one_finding(together):
    apart, joined = effects_page(together), effects_page(together, joined=True)

    assert [item.signal for item in joined["items"]].count(VIDEO) == 1
    assert ITS_NAME not in [item.signal for item in joined["items"]]
    assert joined["findings"] == apart["findings"]
    assert joined["not_evidence"] == apart["not_evidence"] - 1


def test_joined_where_only_the_other_name_is_shown_it_stays(together):
    (item,) = effects_page(together, joined=True, group="creative")["items"]

    assert (item.signal, item.same_as) == (ITS_NAME, (VIDEO,))


def test_a_page_says_what_it_is_as_of(knowledge):
    page = effects_page(knowledge, limit=1)
    assert (page["as_of"], page["epoch"], page["campaigns"]) == (knowledge.as_of, knowledge.epoch, 39)
    assert page["reason"] is None


def test_a_page_says_whether_intervals_hold_whatever_the_filters(knowledge):
    page = effects_page(knowledge, metric="roas", limit=1)
    assert page["calibration"] == knowledge.coverage
    assert set(page["calibration"]) == {"cpm", "ctr", "cvr", "aov"}
    assert effects_page(NOTHING)["calibration"] == {}


def test_a_page_says_what_goes_with_the_planned_size(knowledge):
    page = effects_page(knowledge, metric="roas", limit=1)
    assert set(page["size"]) == {"ctr", "cvr"}
    for found in page["size"].values():
        low, high = found["interval"]
        assert low < found["doubling"] < high
        assert low < 1.0 < high  # the sample history has none
    assert effects_page(NOTHING)["size"] == {}


def test_filters_narrow_and_combine(knowledge):
    found = effects_page(knowledge, metric="ctr", group="creative.type", limit=MOST_ITEMS)["items"]
    assert {(effect.metric, effect.group) for effect in found} == {("ctr", "creative.type")}
    findings = effects_page(knowledge, findings_only=True, limit=MOST_ITEMS)["items"]
    assert findings
    assert all(effect.finding for effect in findings)


def test_a_platform_filter_keeps_the_platform_and_its_interactions(knowledge):
    found = effects_page(knowledge, platform="meta", limit=MOST_ITEMS)["items"]
    assert {effect.signal.partition(":")[2].split("*")[0] for effect in found} == {"meta"}
    assert any("*" in effect.group for effect in found)
    assert any(effect.signal == "platform:meta" for effect in found)


def test_a_platform_may_be_spelt_as_people_do(knowledge):
    assert effects_page(knowledge, platform=" Meta ")["items"] == effects_page(knowledge, platform="meta")["items"]


def test_an_empty_page_says_why(knowledge):
    assert effects_page(NOTHING)["reason"] == "nothing has been learnt yet"
    waiting = effects_page(NOTHING, pending=1)
    assert waiting["reason"] == "1 stored campaign waits to be learnt; comparing takes at least 3"
    assert effects_page(knowledge, group="nobody")["reason"] == "no effect matches these filters"


@pytest.mark.parametrize("cursor", ["!", "bm8=", "o5", "b-1", "bzE=x", "é", "", "by01", "bzk5OTk5OTk5OTk5OTk5OTk="])
def test_a_cursor_that_is_not_ours_is_refused(knowledge, cursor):
    with pytest.raises(InvalidInput) as caught:
        effects_page(knowledge, cursor=cursor)
    assert caught.value.field == "cursor"


def test_a_cursor_beyond_the_end_gives_an_empty_page(knowledge):
    page = effects_page(knowledge, cursor=base64.urlsafe_b64encode(b"o99999").decode())
    assert page["items"] == []
    assert page["next_cursor"] is None


def test_an_unknown_metric_is_refused(knowledge):
    with pytest.raises(InvalidInput):
        effects_page(knowledge, metric="likes")


def test_cpa_and_its_reciprocal_are_one_row_unless_one_is_asked_for(knowledge):
    rows = [(item.signal, item.metric) for item in effects_page(knowledge, limit=MOST_ITEMS)["items"]]
    turned = effects_page(knowledge, metric="conversions_per_spend", limit=MOST_ITEMS)["items"]
    assert turned
    assert not [item.signal for item in turned if {(item.signal, "cpa"), (item.signal, item.metric)} <= set(rows)]


def test_of_what_is_not_identified_no_door_has_an_estimate_and_every_one_the_reason(knowledge):
    doubted = knowledge.effects[0].signal
    effects = [
        replace(effect, identified=False, finding=False, reason="cannot be told from the season")
        if effect.signal == doubted
        else effect
        for effect in knowledge.effects
    ]
    unsure = replace(knowledge, effects=tuple(effects))
    items = effects_page(unsure, limit=MOST_ITEMS)["items"]
    single = evidence_of(unsure, doubted, items[0].metric, [])["effect"]
    hidden = [item for item in items if item.signal == doubted]

    assert hidden
    for item in (*hidden, single):
        assert (item.effect, item.interval, item.probability, item.lfsr) == (None, None, None, None)
        assert item.reason == "cannot be told from the season"
    assert all(item.interval is not None for item in items if item.signal != doubted and item.identified)
