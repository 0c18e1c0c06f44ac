"""Knowledge survives being stored, to the last bit."""

import dataclasses
import json
import struct
import threading
import time
import types
import zlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from reflection.domain.bookable import Bookable, Definition, Total
from reflection.domain.knowledge import NOTHING, Effect, Knowledge, MetricPosterior
from reflection.domain.next_test import NextTest, Pace
from reflection.domain.results import Finding
from reflection.domain.weights import SignalWeight
from reflection.errors import LearningError
from reflection.store import fits, knowledge_blob

NO_DRAWS = np.zeros((1, 2), dtype=np.float32)
texts = st.text(max_size=8)
numbers = st.floats(allow_nan=False, allow_infinity=False)
maybe = st.none() | numbers
intervals = st.tuples(numbers, numbers)
jsons = st.recursive(st.none() | st.booleans() | numbers | texts, lambda inner: st.lists(inner, max_size=3))
mappings = st.dictionaries(texts, jsons, max_size=3)
names = st.lists(texts, max_size=3).map(tuple)
effects = st.builds(
    Effect,
    interval=intervals,
    raw_lift=maybe,
    spend=maybe,
    effect=numbers,
    probability=numbers,
    lfsr=numbers,
    campaigns=numbers,
)
findings = st.builds(
    Finding,
    interval=st.none() | intervals,
    metadata=mappings,
    supporting=names,
    contradicting=names,
    impact_score=numbers,
    effect=maybe,
    probability=maybe,
    lfsr=maybe,
    raw_lift=maybe,
    effective_campaigns=numbers,
    spend=maybe,
)
weights = st.builds(SignalWeight, interval=intervals, weight=numbers, raw_lift=maybe, effective_campaigns=numbers)
tests = st.builds(NextTest, spend=maybe, interval_now=intervals, interval_after=intervals)
totals = st.builds(
    Total, effect=numbers, interval=intervals, optimistic=numbers, p_better=numbers, false_sign_rate=numbers,
    test=st.none() | tests,
)  # fmt: skip
bookables = st.builds(
    Bookable, definition=st.builds(Definition, parts=st.dictionaries(texts, numbers, max_size=2)), spend=maybe,
    conversions=numbers, objectives=st.dictionaries(texts, numbers, max_size=2), total=totals,
)  # fmt: skip


@st.composite
def posteriors(draw: st.DrawFn) -> MetricPosterior:
    features = draw(names)
    shape = (len(features) + 1, draw(st.integers(0, 5)))
    finite = st.floats(width=32, allow_nan=False, allow_infinity=False)
    return MetricPosterior(
        features=features,
        draws=draw(arrays.arrays(np.float32, shape, elements=finite)),
        sigma=draw(numbers),
        tau=draw(st.dictionaries(texts, numbers, max_size=2)),
        reference=draw(numbers),
    )


knowledges = st.builds(
    Knowledge,
    effects=st.lists(effects, max_size=3).map(tuple),
    findings=st.lists(findings, max_size=3).map(tuple),
    weights=st.lists(weights, max_size=3).map(tuple),
    posteriors=st.dictionaries(st.sampled_from(["cpm", "ctr", "cvr"]), posteriors(), max_size=3),
    held=st.dictionaries(texts, texts, max_size=2),
    bookables=st.lists(bookables, max_size=2).map(tuple),
    pace=st.builds(Pace, recent=numbers, campaign=numbers),
    diagnostics=mappings,
    calibration=st.binary(max_size=9),
)


def _same(first: Knowledge, second: Knowledge) -> bool:
    if dataclasses.replace(first, posteriors={}) != dataclasses.replace(second, posteriors={}):
        return False
    if list(first.posteriors) != list(second.posteriors):
        return False
    for metric, one in first.posteriors.items():
        other = second.posteriors[metric]
        if one.draws.shape != other.draws.shape or one.draws.tobytes() != other.draws.tobytes():
            return False
        if (one.features, one.sigma, one.tau, one.reference) != (
            other.features, other.sigma, other.tau, other.reference
        ):  # fmt: skip
            return False
    return True


@given(knowledge=knowledges)
def test_any_knowledge_comes_back_exactly(knowledge: Knowledge) -> None:
    assert _same(knowledge_blob.decode(*knowledge_blob.encode(knowledge)), knowledge)


def test_nothing_comes_back_as_nothing() -> None:
    assert knowledge_blob.decode(*knowledge_blob.encode(NOTHING)) == NOTHING


def test_equal_knowledge_gives_equal_bytes() -> None:
    draws = np.linspace(-1, 1, 30, dtype=np.float32).reshape(3, 10)
    posterior = MetricPosterior(("a", "b"), draws, 0.2, {"platform": 0.1}, 0.02)

    first, second = (Knowledge(seq=3, posteriors={"ctr": posterior}) for _ in range(2))

    assert knowledge_blob.encode(first) == knowledge_blob.encode(second)


def test_draws_of_any_layout_are_kept() -> None:
    draws = np.asfortranarray(np.arange(12, dtype=np.float32).reshape(3, 4))[:, ::2]

    back = knowledge_blob.decode(
        *knowledge_blob.encode(Knowledge(posteriors={"ctr": MetricPosterior(("a", "b"), draws, 1, {}, 1)}))
    )

    assert np.array_equal(back.posteriors["ctr"].draws, draws)
    with pytest.raises(ValueError, match="read-only"):
        back.posteriors["ctr"].draws[0, 0] = 1


def test_numpy_numbers_and_read_only_mappings_are_stored_plainly() -> None:
    diagnostics: dict[str, Any] = {"n": np.int64(3), "x": np.float64(0.5), "list": np.array([1.5, 2.0])}

    back = knowledge_blob.decode(
        *knowledge_blob.encode(
            Knowledge(held=types.MappingProxyType({"a": "b"}), diagnostics=types.MappingProxyType(diagnostics))
        )
    )

    assert back.diagnostics == {"n": 3, "x": 0.5, "list": [1.5, 2.0]}
    assert back.held == {"a": "b"}


@pytest.mark.parametrize("value", [float("nan"), float("inf"), np.float64("-inf"), object()])
def test_what_json_cannot_say_is_refused(value: object) -> None:
    with pytest.raises(LearningError):
        knowledge_blob.encode(Knowledge(diagnostics={"x": value}))


def test_draws_that_are_not_finite_are_refused() -> None:
    posterior = MetricPosterior((), np.array([[np.nan]], dtype=np.float32), 1, {}, 1)

    with pytest.raises(LearningError):
        knowledge_blob.encode(Knowledge(posteriors={"ctr": posterior}))


def test_the_format_names_every_field() -> None:
    body = knowledge_blob.encode(NOTHING).body

    assert {*json.loads(zlib.decompress(body)), "calibration"} == {item.name for item in dataclasses.fields(Knowledge)}
    assert len(knowledge_blob.FORMAT) == 12


@given(number=st.floats(allow_nan=False, allow_infinity=False) | st.integers(-1074, 1023).map(lambda power: 2.0**power))
def test_every_finite_number_comes_back_to_the_last_bit(number: float) -> None:
    knowledge = Knowledge(
        diagnostics={"number": number}, posteriors={"ctr": MetricPosterior((), NO_DRAWS, number, {}, 1)}
    )

    back = knowledge_blob.decode(*knowledge_blob.encode(knowledge))

    assert struct.pack("d", back.posteriors["ctr"].sigma) == struct.pack("d", number)
    assert struct.pack("d", back.diagnostics["number"]) == struct.pack("d", number)


@pytest.mark.parametrize("part", ["body", "draws"])
@pytest.mark.parametrize("damage", [lambda data: data[:-5], lambda data: b"x" + data, lambda data: b""])
def test_damaged_bytes_are_refused(part: str, damage: Callable[[bytes], bytes]) -> None:
    blob = knowledge_blob.encode(Knowledge(posteriors={"ctr": MetricPosterior((), NO_DRAWS, 1, {}, 1)}))
    damaged = blob._replace(**{part: damage(getattr(blob, part))})

    with pytest.raises((ValueError, zlib.error)):
        knowledge_blob.decode(*damaged)


def test_draws_that_are_missing_are_refused() -> None:
    blob = knowledge_blob.encode(Knowledge(posteriors={"ctr": MetricPosterior((), NO_DRAWS, 1, {}, 1)}))

    with pytest.raises(KeyError):
        knowledge_blob.decode(*blob._replace(draws=knowledge_blob.encode(NOTHING).draws))


def test_a_new_fit_is_read_once_however_many_meet_it(learnt_application: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    reads, all_there = [], threading.Barrier(8)
    load = fits.load

    def slow(*arguments: Any) -> Any:
        reads.append(1)
        time.sleep(0.1)
        return load(*arguments)

    monkeypatch.setattr(fits, "load", slow)

    def ask(_: int) -> Any:
        all_there.wait(60)
        return learnt_application.store.knowledge("default")

    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(ask, range(8)))

    assert len(reads) == 1
    assert len({id(knowledge) for knowledge in found}) == 1
