"""Learnings' states: effects that appear, hold, split by segment, vanish, come back; and what never moves a state."""

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reflection.domain.knowledge import Effect, Knowledge, MetricPosterior
from reflection.learnings.change_point import ChangePoint, Point
from reflection.learnings.claims import Claim, Learning, Reading, Segment, are_opposite
from reflection.learnings.lifecycle import (
    CERTAIN,
    MAX_EVIDENCE,
    STANDING,
    STILL_CERTAIN,
    assess,
    is_material,
    next_state,
    readings_of,
    worth,
)

CLAIM = Claim("creative.type:video", "", "ctr")


def _reading(effect: float = 1.3, lfsr: float = 0.01, campaigns: float = 20.0, **changes: Any) -> Reading:
    fields = {"finding": lfsr <= CERTAIN, "interval": (effect * 0.9, effect * 1.1)} | changes
    return Reading(CLAIM, effect=effect, lfsr=lfsr, campaigns=campaigns, **fields)


def _points(effects: list[float], seed: int = 3, sigma: float = 0.1) -> list[Point]:
    generator = np.random.default_rng(seed)
    found = []
    for day, effect in enumerate(effects):
        for carries in (True, False):
            value = (effect if carries else 0.0) + generator.normal(0.0, sigma)
            found.append(Point(f"c{day}{'+' if carries else '-'}", day, value, sigma**2, carries))
    return found


def _learning(**changes: Any) -> Learning:
    base = Learning(CLAIM, "established", "because", "favorable", 1.3, (1.2, 1.4), 0.01, 20.0)
    return replace(base, **changes)


def test_the_same_claim_has_one_id_and_every_part_counts() -> None:
    ids = {
        Claim(signal, context, metric).learning_id
        for signal in ("platform:meta", "platform:google")
        for context in ("", "audience.age:18-25")
        for metric in ("ctr", "cpa")
    }
    assert len(ids) == 8
    assert Claim("a:b", "", "ctr").learning_id == Claim("a:b", "", "ctr").learning_id
    assert Claim("a:b", "c:d", "ctr").learning_id != Claim("c:d", "a:b", "ctr").learning_id


@pytest.mark.parametrize(
    ("before", "reading", "after"),
    [
        (None, _reading(lfsr=0.30), None),
        (None, _reading(campaigns=3.0), "emerging"),
        (None, _reading(lfsr=0.08, finding=True), "emerging"),
        (None, _reading(), "established"),
        ("emerging", _reading(), "established"),
        ("emerging", _reading(lfsr=0.2, finding=False), "emerging"),
        ("emerging", _reading(lfsr=0.4, finding=False), "retired"),
        ("established", _reading(lfsr=0.15, finding=False), "established"),
        ("established", _reading(lfsr=0.25, finding=False), "superseded"),
        ("contested", _reading(lfsr=0.25, finding=False), "superseded"),
        ("superseded", _reading(), "established"),
        ("superseded", _reading(lfsr=0.3, finding=False), "superseded"),
        ("retired", _reading(), "established"),
        ("retired", _reading(lfsr=0.3, finding=False), "retired"),
    ],
)
def test_the_state_that_follows(before: Any, reading: Reading, after: Any) -> None:
    assert next_state(before, reading, None)[0] == after


def test_leaving_established_takes_more_than_entering_it() -> None:
    edge = _reading(lfsr=(CERTAIN + STILL_CERTAIN) / 2, finding=False)
    assert next_state("established", edge, None)[0] == "established"
    assert next_state(None, edge, None)[0] is None


def test_an_end_supersedes_what_was_believed_and_only_that() -> None:
    step = ChangePoint(40, 0.4, 0.01, 12.0)
    assert next_state("established", _reading(), step)[0] == "superseded"
    assert next_state(None, _reading(), step)[0] == "superseded"
    assert next_state(None, _reading(lfsr=0.4, finding=False), step)[0] is None
    assert "+49 %" in next_state("established", _reading(), step)[1]


def test_opposite_segments_are_contested_even_where_the_average_is_nothing() -> None:
    segments = (
        Segment("platform:google", 0.7, (0.6, 0.8), 0.001, 0.002, differs=True),
        Segment("platform:meta", 1.4, (1.2, 1.6), 0.999, 0.002),
    )
    reading = _reading(effect=1.0001, lfsr=0.5, finding=False, segments=segments)
    assert reading.worth_a_look
    learning = assess(None, reading, [])
    assert learning is not None
    assert learning.state == "contested"
    assert "google: -30 %" in learning.text({})
    assert "meta: +40 %" in learning.text({})


UP = Segment("platform:a", 1.4, (1.2, 1.6), 0.999, 0.001, differs=True)
DOWN = Segment("platform:b", 0.7, (0.6, 0.8), 0.001, 0.001)


@pytest.mark.parametrize(
    "segments",
    [
        (),
        (UP,),
        (UP, replace(UP, context="platform:c")),
        (UP, replace(DOWN, lfsr=0.12)),
        (UP, replace(DOWN, interval=(0.5, 1.01))),
        (replace(UP, differs=False), DOWN),
    ],
    ids=["none", "one", "the same way", "one not certain", "one may be nothing", "no finding tells them apart"],
)
def test_segments_that_do_not_contradict_beyond_noise_are_not_opposite(segments: tuple[Segment, ...]) -> None:
    assert not are_opposite(segments)
    assert are_opposite((UP, DOWN))


def test_an_effect_that_vanishes_leaves_established_with_its_day_and_its_old_size() -> None:
    held = assess(None, _reading(math.exp(0.4)), _points([0.4] * 30))
    assert held is not None
    assert held.state == "established"
    assert held.until is None
    ended = assess(held, _reading(math.exp(0.2)), _points([0.4] * 30 + [0.0] * 30))
    assert ended is not None
    assert ended.state == "superseded"
    assert abs((ended.until or 0) - 30) <= 2
    assert math.log(ended.effect) == pytest.approx(0.4, abs=0.1)
    assert ended.effect_now == pytest.approx(1.0, abs=0.1)
    assert ended.text({}).endswith("no longer so")
    assert ended.supporting >= 28
    assert ended.contradicting <= 8, "campaigns without the effect are neither for nor against, but for chance"


def test_it_stays_superseded_while_the_evidence_stays_and_returns_with_the_effect() -> None:
    learning = assess(None, _reading(math.exp(0.4)), _points([0.4] * 30))
    for days in (30, 31, 35):
        learning = assess(learning, _reading(math.exp(0.2)), _points([0.4] * 30 + [0.0] * days))
        assert learning is not None
        assert learning.state == "superseded"
    back = assess(learning, _reading(math.exp(0.25)), _points([0.4] * 30 + [0.0] * 30 + [0.4] * 30))
    assert back is not None
    assert back.state == "established"
    assert back.until is None


def test_an_effect_that_turned_round_becomes_a_learning_of_the_other_direction() -> None:
    was = _learning(effect=math.exp(0.4))
    now = assess(was, _reading(math.exp(-0.2)), _points([0.4] * 15 + [-0.4] * 45))
    assert now is not None
    assert (now.state, now.direction) == ("established", "unfavorable")
    assert now.effect_now == pytest.approx(math.exp(-0.4), rel=0.1)


def test_age_alone_ends_nothing() -> None:
    long_ago = _points([0.4] * 30)
    much_later = [
        Point(f"x{i}", 5_000 + i, float(np.random.default_rng(i).normal(0, 0.1)), 0.01, False) for i in range(30)
    ]
    learning = assess(_learning(), _reading(math.exp(0.4)), [*long_ago, *much_later])
    assert learning is not None
    assert learning.state == "established"


def test_taken_back_evidence_retires_and_a_retired_learning_is_left_alone() -> None:
    retired = assess(_learning(), None, [])
    assert retired is not None
    assert retired.state == "retired"
    assert retired.witnesses == ()
    assert assess(retired, None, []) is retired
    assert assess(None, None, []) is None


def test_the_direction_is_that_of_the_money() -> None:
    for metric, effect, direction in [
        ("ctr", 1.3, "favorable"),
        ("cpa", 1.3, "unfavorable"),
        ("cpa", 0.7, "favorable"),
    ]:
        reading = replace(_reading(effect), claim=Claim("a:b", "", metric))
        learning = assess(None, reading, [])
        assert learning is not None
        assert learning.direction == direction


def test_witnesses_are_the_carriers_bounded_and_counted_in_full() -> None:
    learning = assess(None, _reading(math.exp(0.3)), _points([0.3] * 120))
    assert learning is not None
    assert len(learning.witnesses) == MAX_EVIDENCE
    assert 100 <= learning.supporting < 120, "those beyond noise; the others are neither"
    assert learning.contradicting == 0
    assert all(witness.campaign_id.endswith("+") for witness in learning.witnesses)
    assert learning.since == 0


@given(st.permutations(range(40)))
def test_what_is_believed_does_not_depend_on_the_order_of_campaigns(order: list[int]) -> None:
    points = _points([0.4] * 20)
    shuffled = sorted((points[i] for i in order), key=lambda point: (point.day, point.campaign_id))
    assert assess(None, _reading(), shuffled) == assess(
        None, _reading(), sorted(points, key=lambda p: (p.day, p.campaign_id))
    )


def test_asking_again_with_the_same_evidence_is_nothing_new() -> None:
    first = assess(None, _reading(), _points([0.3] * 20))
    second = assess(first, _reading(), _points([0.3] * 20))
    assert first is not None
    assert second is not None
    assert not is_material(first, second)


@pytest.mark.parametrize(
    "changes",
    [
        {"state": "superseded"},
        {"direction": "unfavorable"},
        {"until": 9},
        {"effect": 1.35},
        {"interval": (1.25, 1.35)},
        {"campaigns": 23.0},
        {"supporting": 1},
    ],
)
def test_what_says_something_new_is_a_new_revision(changes: dict[str, Any]) -> None:
    assert is_material(_learning(), _learning(**changes))
    assert is_material(None, _learning())
    assert not is_material(_learning(), _learning(reason="said otherwise", lfsr=0.011))


@given(st.floats(0.05, 20.0), st.floats(0.0, 1.0), st.sampled_from(sorted(STANDING)), st.floats(0.0, 1.0))
def test_worth_lies_between_nothing_and_one_and_falls_with_doubt(
    effect: float, lfsr: float, state: Any, more: float
) -> None:
    value = worth(_learning(effect=effect, lfsr=lfsr, state=state))
    assert 0.0 <= value <= 1.0
    doubted = worth(_learning(effect=effect, lfsr=min(1.0, lfsr + more), state=state))
    assert doubted <= value or state == "contested"


def _knowledge(main: float, deviation: float) -> Knowledge:
    """Video raises CTR by `main` (log) and by `deviation` more on meta, less on google."""
    names = (
        "creative.type:video",
        "platform*creative.type:google*video",
        "platform*creative.type:meta*video",
    )
    generator = np.random.default_rng(5)
    values = np.array([0.0, main, -deviation, deviation])[:, None]
    draws = (values + 0.03 * generator.standard_normal((4, 500))).astype(np.float32)
    posterior = MetricPosterior(names, draws, 0.1, {}, 0.02)
    effects = tuple(
        Effect(
            name,
            name.partition(":")[0],
            "ctr",
            None,
            math.exp(value),
            (0.9, 1.1),
            0.5,
            0.001,
            12.0,
            None,
            True,
            "",
        )
        for name, value in zip(names, (main, -deviation, deviation), strict=True)
    )
    return Knowledge(effects=effects, posteriors={"ctr": posterior})


def test_a_claim_in_a_context_is_main_effect_plus_deviation() -> None:
    readings = readings_of(_knowledge(0.3, 0.1))
    meta = readings[Claim("creative.type:video", "platform:meta", "ctr")]
    assert math.log(meta.effect) == pytest.approx(0.4, abs=0.02)
    assert meta.finding
    general = readings[CLAIM]
    assert [segment.context for segment in general.segments] == ["platform:google", "platform:meta"]
    assert not are_opposite(general.segments)


def test_opposite_contexts_split_the_claim_into_one_for_each() -> None:
    readings = readings_of(_knowledge(0.0, 0.3))
    assert are_opposite(readings[CLAIM].segments)
    for context, effect in (("platform:meta", 0.3), ("platform:google", -0.3)):
        part = readings[Claim("creative.type:video", context, "ctr")]
        learning = assess(None, part, [])
        assert learning is not None
        assert learning.state == "established"
        assert math.log(learning.effect) == pytest.approx(effect, abs=0.03)


def test_metrics_without_findings_or_learnings_are_not_asked() -> None:
    knowledge = _knowledge(0.3, 0.1)
    none = replace(knowledge, effects=tuple(replace(effect, finding=False) for effect in knowledge.effects))
    assert readings_of(none) == {}
    assert set(readings_of(none, ["ctr"])) == set(readings_of(knowledge))


def test_interactions_of_metrics_that_were_not_fitted_are_no_claims() -> None:
    knowledge = replace(_knowledge(0.3, 0.1), posteriors={})
    assert set(readings_of(knowledge)) == {CLAIM}


@given(
    effect=st.floats(0.3, 3.0), low=st.floats(0.2, 3.0), width=st.floats(0.0, 1.0),
    metric=st.sampled_from(["ctr", "cpa", "roas", "conversions_per_spend"]), until=st.sampled_from([None, 30]),
)  # fmt: skip
def test_no_text_gives_a_figure_an_interval_that_it_lies_outside_of(
    effect: float, low: float, width: float, metric: str, until: int | None
) -> None:
    """What ended is told as it was, and all campaigns together say something else."""
    interval = (low, low * math.exp(width))
    claim = Claim("creative.type:video", "", metric)
    state = "superseded" if until else "established"
    text = _learning(claim=claim, state=state, effect=effect, interval=interval, until=until).text({})

    assert ("(" in text) == (interval[0] <= effect <= interval[1])
