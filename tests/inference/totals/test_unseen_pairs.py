"""A pair that no campaign had widens what is said of booking it, by as much as such pairs usually do."""

from collections.abc import Mapping

import numpy as np
import pytest

from reflection.domain.bookable import Definition
from reflection.domain.evidence import Cell, Counts, Evidence
from reflection.domain.knowledge import Knowledge, MetricPosterior
from reflection.inference.fit_request import FitRequest
from reflection.inference.learn import learn
from reflection.inference.totals.total_effects import TotalEffects
from reflection.inference.totals.unseen_pairs import LeftOpen, UnseenPairs

GOAL = "conversions_per_spend"
PLATFORMS, TYPES = ("p0", "p1", "p2"), ("t0", "t1", "t2")
DEFINITIONS = tuple(
    Definition(f"creative:{kind}", "creative", {f"creative:{kind}": 1.0, f"creative.type:{kind}": 1.0})
    for kind in TYPES
)


def _shares(platform: str, kind: str) -> dict[str, float]:
    keys = (f"platform:{platform}", f"creative.type:{kind}", f"creative:{kind}", "objective:sales")
    return dict.fromkeys((*keys, f"platform*creative.type:{platform}*{kind}"), 1.0)


def _account(*, without: tuple[str, str]) -> Knowledge:
    """Ninety campaigns of every type on every platform but one of the pairs; pairs have effects of their own."""
    rng = np.random.default_rng(4)
    pairs = [(p, t) for p in PLATFORMS for t in TYPES if (p, t) != without]
    effect = {pair: rng.normal(0, 0.3) for pair in pairs}
    evidence = []
    for index in range(90):
        platform, kind = pairs[int(rng.integers(len(pairs)))]
        clicks = float(rng.poisson(1000 * np.exp(effect[platform, kind] + rng.normal(0, 0.1))))
        counts = Counts(50_000, clicks, float(rng.poisson(0.1 * clicks)), 500.0, None)
        cell = Cell(_shares(platform, kind), counts)
        evidence.append(
            Evidence(
                f"c{index:03d}", index, f"platform:{platform}", "objective:sales", None, "EUR", counts, counts, (cell,)
            )
        )
    return learn(evidence, FitRequest(goal=GOAL, definitions=DEFINITIONS))


@pytest.fixture(scope="module")
def knowledge() -> Knowledge:
    return _account(without=("p2", "t0"))


def _width(knowledge: Knowledge, kind: str, platform: str) -> float:
    bookable = next(one for one in knowledge.bookables if one.key == f"creative:{kind}")
    draws = TotalEffects(knowledge, GOAL).draws([bookable], platform=f"platform:{platform}")
    return float(draws.std())


def test_booking_what_never_ran_there_is_less_sure_than_booking_what_did(knowledge: Knowledge):
    assert _width(knowledge, "t0", "p2") > 1.5 * _width(knowledge, "t1", "p2")
    assert _width(knowledge, "t0", "p2") > 1.5 * _width(knowledge, "t0", "p1")


def test_the_same_thing_has_the_same_figure_whatever_is_asked_beside_it(knowledge: Knowledge):
    creatives = [one for one in knowledge.bookables if one.platform is None]
    totals, platform = TotalEffects(knowledge, GOAL), "platform:p2"

    together = totals.draws(creatives, platform=platform)

    for own, one in zip(together, creatives, strict=True):
        np.testing.assert_array_equal(totals.draws([one], platform=platform)[0], own)


def _of_pairs(tau: float, seen: Mapping[str, float], aliases: Mapping[str, str] | None = None) -> Knowledge:
    features = ("platform:a", "platform:b", "age:x", "age:y", *seen)
    posterior = MetricPosterior(
        features, np.zeros((1 + len(features), 10), dtype=np.float32), 0.1, {"platform*age": tau}, 1.0
    )
    return Knowledge(posteriors={"ctr": posterior}, diagnostics={"aliases": aliases or {}})


def _columns(knowledge: Knowledge) -> dict[str, int]:
    return {key: place for place, key in enumerate(knowledge.posteriors["ctr"].features)}


def test_the_variance_is_that_of_every_pair_without_a_column():
    knowledge = _of_pairs(0.2, {"platform*age:a*x": 1.0})
    columns, rng = _columns(knowledge), np.random.default_rng(0)
    weights = np.array([0.7, 0.3])
    after, before = rng.dirichlet(np.ones(len(columns)), (2, 2))
    for mix in (after, before):
        mix[:, columns["platform*age:a*x"]] = mix[:, columns["platform:a"]] * mix[:, columns["age:x"]]

    found = UnseenPairs(knowledge, "ctr", columns).variance(weights, after, before)

    expected = 0.0
    for platform, age in (("a", "y"), ("b", "x"), ("b", "y")):
        made = [mix[:, columns[f"platform:{platform}"]] * mix[:, columns[f"age:{age}"]] for mix in (after, before)]
        expected += 0.2**2 * float(weights @ (made[0] - made[1])) ** 2
    assert found == pytest.approx(expected)


def test_a_pair_that_another_signal_stands_for_was_seen():
    seen = {"platform*age:a*x": 1.0, "platform*age:a*y": 1.0, "platform*age:b*x": 1.0}
    knowledge = _of_pairs(0.2, seen, {"platform*age:b*y": "platform:b"})
    columns = _columns(knowledge)
    after, before = np.zeros((2, 1, len(columns)))
    after[0, [columns["platform:b"], columns["age:y"]]] = 1.0
    before[0, [columns["platform:b"], columns["age:x"], columns["platform*age:b*x"]]] = 1.0

    assert UnseenPairs(knowledge, "ctr", columns).variance(np.ones(1), after, before) == pytest.approx(0.0)


def test_what_is_not_open_has_no_draws_and_places_have_their_own():
    assert not LeftOpen(0.0, ("creative:a", "")).draws(5).any()
    here, there = (LeftOpen(0.04, ("creative:a", where)).draws(4000) for where in ("platform:a", "platform:b"))

    assert here.std() == pytest.approx(0.2, rel=0.05)
    assert abs(np.corrcoef(here, there)[0, 1]) < 0.06
