"""One sum over several audiences is taken as rates mix, and what the platform chose among them is seen and said."""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from benchmarks.worlds import totals_only
from hypothesis import given, settings
from hypothesis import strategies as st

from reflection.domain.bookable import root
from reflection.domain.evidence import Cell, Evidence
from reflection.domain.knowledge import Knowledge
from reflection.domain.metrics import METRICS
from reflection.inference.effects_page import effects_page
from reflection.inference.evidence.dataset import Dataset
from reflection.inference.evidence.mixing import rate_of_sum
from reflection.inference.fits import posterior
from reflection.inference.fits.fit import fit_metrics
from reflection.inference.learn import learn

KEYS = ("audience.age:a", "audience.age:b", "audience.age:c", "creative.type:x", "creative.type:y", "platform:p")


@cache
def _one() -> Evidence:
    return totals_only(0, optimised=False, campaigns=1).evidence[0]


def _table(mixes: list[list[float]]) -> Dataset:
    """Campaigns of one cell each, with these shares of `KEYS`."""
    one = _one()
    rows = [
        replace(
            one, campaign_id=f"c{i:03}", cells=(Cell({k: s for k, s in zip(KEYS, mix, strict=True) if s}, one.actual),)
        )
        for i, mix in enumerate(mixes)
    ]
    return Dataset.of(rows)


@settings(max_examples=8)
@given(
    ages=st.tuples(st.floats(0.0, 1.0), st.floats(0.0, 1.0), st.floats(0.05, 1.0)),
    type_share=st.floats(0.0, 1.0),
    effects=st.lists(st.floats(-1.5, 1.5), min_size=6, max_size=6),
    tilt=st.floats(-1.0, 1.0),
)
def test_a_sum_is_what_its_parts_add_up_to(ages, type_share, effects, tilt):
    """Linear by its weights plus what is left, it is the log of the weighted mean of the parts' rates."""
    age = np.array(ages) / sum(ages)
    table = _table([[*age, type_share, 1 - type_share, 1.0], [1.0, 0, 0, 1.0, 0, 1.0], [0, 1.0, 0, 0, 1.0, 1.0]])
    places = [
        [str(feature) for feature in table.features].index(key) if key in map(str, table.features) else None
        for key in KEYS
    ]
    beta, before = np.zeros(len(table.features)), np.zeros(len(table.features))
    for place, value in zip(places, effects, strict=True):
        if place is not None:
            beta[place], before[place] = value, tilt * value
    sums = table.sums
    shares = table.shares.toarray()

    for number, cell in enumerate(sums.cells.tolist()):
        expected = planned = 0.0
        for group in {feature.group for feature in table.features}:
            own = [i for i, feature in enumerate(table.features) if feature.group == group and shares[cell, i] > 0]
            weight = shares[cell, own] * np.exp(before[own])
            whole = shares[cell, own].sum()  # a share may be too small to be kept
            expected += whole * np.log((weight * np.exp(beta[own])).sum() / weight.sum()) if own else 0.0
            planned += float(rate_of_sum(shares[cell, own], before[own], beta[own, None])[0]) if own else 0.0
        assert sums.lift(before, beta)[number] == pytest.approx(expected, abs=1e-9)
        assert planned == pytest.approx(expected, abs=1e-9)
    weights = sums.weights(before, beta)
    heavier = sums.weighed(table.shares, weights).toarray()
    np.testing.assert_allclose(heavier.sum(axis=1), shares.sum(axis=1))
    step = 1e-6 * np.random.default_rng(0).normal(size=len(beta))
    moved = sums.lift(before, beta + step) - sums.lift(before, beta)
    np.testing.assert_allclose(moved, (heavier[sums.cells] @ step), atol=1e-10)


def test_what_is_no_sum_is_left_alone():
    table = _table([[1.0, 0, 0, 1.0, 0, 1.0], [0, 1.0, 0, 0, 1.0, 1.0]])
    sums = table.sums
    beta = np.arange(len(table.features), dtype=float)

    assert len(sums) == 0
    assert sums.lift(beta, beta).shape == sums.mean(sums.weights(beta, beta), beta).shape == (0,)
    assert (sums.weighed(table.shares, sums.share) != table.shares).nnz == 0


@pytest.mark.parametrize("optimised", [False, True])
def test_a_plan_is_foretold_as_a_sum_is_read(optimised: bool):
    """At the expected effects, the level of a plan is that which the fit expects of a campaign that booked the same."""
    evidence = [replace(one, day=20_000) for one in totals_only(0, optimised=optimised, campaigns=40).evidence]
    fitted = fit_metrics(Dataset.of(evidence))
    posteriors = {}
    for name, metric in fitted.metrics.items():
        learnt = metric.posterior(fitted.effects(name))
        rows = [0, *([str(feature) for feature in fitted.layout.features].index(key) for key in learnt.features)]
        draws = np.repeat(metric.fit.mean[rows, None], 2, axis=1).astype(np.float32)
        posteriors[name] = replace(learnt, draws=draws, sized=False)
    knowledge = Knowledge(posteriors=posteriors, diagnostics={"aliases": dict(fitted.table.aliases)})

    assert fitted.tilt.clear is optimised
    for name in fitted.names():
        expected = np.log(fitted.expected_rate(name))
        ordered = sorted(evidence, key=lambda item: item.campaign_id)
        mixes = [knowledge.pairs.added_to(one.cells[0].shares) for one in ordered]
        together = posterior.levels_of_sums(knowledge, name, mixes)
        for cell, one in enumerate(ordered):
            shares, rng = knowledge.pairs.added_to(one.cells[0].shares), np.random.default_rng(0)
            stated = {root(key) for key in shares}
            drawn = posterior.level_draws(knowledge, name, shares, rng, stated=stated)
            mean = together[cell]
            scale = np.log(METRICS[name].scale)
            assert (drawn[0] - scale, mean - scale) == pytest.approx((expected[cell], expected[cell]), abs=1e-5)


@cache
def _learnt(optimised: bool):
    return learn(totals_only(0, optimised=optimised, campaigns=60).evidence)


def test_delivery_that_follows_appeal_is_seen_and_said():
    seen, even = effects_page(_learnt(True), limit=500), effects_page(_learnt(False), limit=500)

    assert seen["delivery"]["interval"][0] > 0
    assert seen["delivery"]["rows"] == 60
    assert even["delivery"] is None
    of_audiences = [row for row in seen["items"] if row.group.startswith("audience")]
    assert all("showed more to whom clicks and buys" in row.reason for row in of_audiences)
    assert not any("showed more" in row.reason for row in even["items"])
    assert not any("showed more" in row.reason for row in seen["items"] if row.group in ("platform", "objective"))


def test_effects_behind_sums_do_not_take_delivery_for_themselves():
    """Ages differ as planted, although the platform showed more to the better of two."""
    truth, error = totals_only(0, optimised=True, campaigns=60).effects["cvr"], {}
    for row in _learnt(True).effects:
        if row.metric == "cvr" and row.group == "audience.age":
            error[row.signal] = np.log(row.effect) - truth[row.signal]

    assert np.sqrt(np.mean(np.square(list(error.values())))) < 0.15
