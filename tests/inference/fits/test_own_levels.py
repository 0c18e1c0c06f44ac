"""A campaign that ran before is foretold from its own past; one that did not, as widely as campaigns differ."""

import dataclasses
import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks import worlds
from reflection.domain.bookable import root
from reflection.domain.evidence import Evidence
from reflection.domain.knowledge import Knowledge, MetricPosterior
from reflection.domain.own_levels import OwnLevels
from reflection.domain.plan import Plan
from reflection.domain.real_campaign import real_campaign
from reflection.forecasting import plan_evaluation
from reflection.forecasting.calibration import EMPTY
from reflection.inference.fits import posterior
from reflection.inference.fits.posterior import RealCampaign
from reflection.inference.fits.whole_campaigns import CellLevels, above_mean_of_logs
from reflection.inference.learn import learn
from reflection.stats.sums.design import WORKING_WITHIN_SD
from reflection.stats.sums.observations import Observations
from reflection.store import knowledge_blob

HALF = 6


@pytest.fixture(scope="module")
def evidence() -> list[Evidence]:
    return list(worlds.WORLDS["repeated units"].make(1).evidence)


@pytest.fixture(scope="module")
def past(evidence: list[Evidence]) -> list[Evidence]:
    return [item for item in evidence if _month(item) < HALF]


@pytest.fixture(scope="module")
def knowledge(past: list[Evidence]) -> Knowledge:
    return learn(past)


def _month(item: Evidence) -> int:
    return int(item.campaign_id.partition("/")[2])


def _continued(item: Evidence) -> RealCampaign:
    return RealCampaign(item.real_campaign, frozenset(root(key) for key in item.cells[0].shares))


def _foretold(knowledge: Knowledge, item: Evidence, campaign: RealCampaign | None) -> tuple[float, float]:
    shares, noise = item.cells[0].shares, 1 / (item.actual.clicks or 1)
    draws = posterior.level_draws(knowledge, "ctr", shares, np.random.default_rng(0), campaign=campaign)
    assert draws is not None
    return float(draws.mean()), float(np.sqrt(draws.var() + posterior.scatter(knowledge, "ctr", campaign) ** 2 + noise))


def test_the_second_half_of_a_campaign_is_explained_by_its_first(
    evidence: list[Evidence], knowledge: Knowledge
) -> None:
    later = [item for item in evidence if _month(item) >= HALF]
    facts = np.array([np.log(item.actual.clicks / item.actual.impressions) for item in later])  # type: ignore[operator]
    own = np.array([_foretold(knowledge, item, _continued(item)) for item in later])
    features = np.array([_foretold(knowledge, item, None) for item in later])

    def explained(mean: np.ndarray) -> float:
        return 1 - float(((facts - mean) ** 2).mean() / facts.var())

    assert explained(own[:, 0]) > explained(features[:, 0]) + 0.1
    assert explained(own[:, 0]) > 0.75
    assert np.mean(np.abs(facts - own[:, 0]) < 1.645 * own[:, 1]) == pytest.approx(0.9, abs=0.1)
    assert own[:, 1].mean() < 0.6 * features[:, 1].mean()


def test_a_campaign_never_seen_is_foretold_by_its_signals(past: list[Evidence], knowledge: Knowledge) -> None:
    stranger = RealCampaign(real_campaign("platform:meta", None, None, "never seen", None))
    assert _foretold(knowledge, past[0], stranger) == _foretold(knowledge, past[0], None)
    assert posterior.periods(knowledge, "ctr", stranger) == 0
    assert posterior.periods(knowledge, "ctr", _continued(past[0])) == HALF


def test_what_it_changes_of_what_it_booked_moves_its_own_level(past: list[Evidence], knowledge: Knowledge) -> None:
    campaign, before = _continued(past[0]), past[0].cells[0].shares
    own = knowledge.posteriors["ctr"].own
    assert own is not None
    level = own.of(campaign.number, knowledge.posteriors["ctr"].features)
    assert level is not None
    kept = {key: share for key, share in before.items() if root(key) != "creative"}
    as_it_was = RealCampaign(campaign.number, campaign.stated - {"creative"})

    def mean(shares: dict[str, float], who: RealCampaign) -> float:
        draws = posterior.level_draws(knowledge, "ctr", shares, np.random.default_rng(0), campaign=who)
        return float(draws.mean())  # type: ignore[union-attr]

    usual = mean({**kept, **{k: s for k, s in level.shares.items() if root(k) == "creative"}}, campaign)
    assert mean(kept, as_it_was) == pytest.approx(usual, abs=0.01), "what a plan leaves open stays as it was"
    video = {**kept, "creative.type:video": 1.0}
    rows, matrix = posterior.effect_matrix(knowledge, "ctr")
    effects = {key: matrix[rows[key]].mean() for key in level.shares}
    change = sum((video.get(k, 0.0) - s) * effects[k] for k, s in level.shares.items() if root(k) == "creative")
    assert mean(video, campaign) - usual == pytest.approx(change, abs=0.03)


def test_own_levels_do_not_depend_on_the_order_and_survive_the_store(
    past: list[Evidence], knowledge: Knowledge
) -> None:
    shuffled = list(past)
    random.Random(2).shuffle(shuffled)
    again = learn(shuffled)
    stored = knowledge_blob.decode(*knowledge_blob.encode(knowledge))
    for name, metric in knowledge.posteriors.items():
        for other in (again.posteriors[name].own, stored.posteriors[name].own):
            for part in dataclasses.fields(OwnLevels):
                np.testing.assert_array_equal(getattr(other, part.name), getattr(metric.own, part.name))


def test_a_plan_for_a_known_campaign_says_that_its_past_counts(past: list[Evidence], knowledge: Knowledge) -> None:
    base = {
        "platform": past[0].platform_key.partition(":")[2],
        "objective": past[0].objective_key.partition(":")[2],
        "budget": 500.0,
        "currency": "EUR",
    }
    plans = [("a", Plan(**base, unit_id=past[0].unit_id)), ("b", Plan(**base, unit_id="never seen"))]
    known, unseen = plan_evaluation.evaluate(plans, knowledge, EMPTY)["plans"]

    assert [note for note in known["notes"] if "ran before" in note] == [
        "it ran before: what it did in 6 periods is part of the forecast"
    ]
    assert not any("ran before" in note for note in unseen["notes"])
    width = [np.log(high / low) for low, high in (p["metrics"]["ctr"]["intervals"]["90"] for p in (known, unseen))]
    assert width[0] < 0.7 * width[1]


def test_where_no_campaign_repeats_nothing_is_kept_of_each(past: list[Evidence]) -> None:
    single = [item for item in past if _month(item) == 0]
    assert all(metric.own is None for metric in learn(single).posteriors.values())


@given(
    ads=st.lists(st.tuples(st.floats(100, 1e6), st.floats(0.001, 0.1), st.floats(-1, 1)), min_size=1, max_size=8),
    again=st.integers(1, 3),
)
def test_a_campaign_is_foretold_as_the_sum_of_what_its_ads_were_shown(
    ads: list[tuple[float, float, float]], again: int
) -> None:
    """The mean of its ads' logs and what the totals lie above it are the log of the total; so in each of its months."""
    shown, rate, predictor = (np.tile(column, again) for column in np.array(ads).T)
    clicks, campaign = shown * rate, np.repeat(np.arange(again), len(ads))
    seen = Observations(np.log(rate), 1.0 / clicks, np.ones(len(rate), dtype=bool))
    cells = CellLevels(predictor, np.zeros(len(rate)), clicks, shown, clicks)
    above = above_mean_of_logs(cells, seen, campaign, np.zeros(again, dtype=int), half=0.0)

    precision = 1.0 / (seen.v + WORKING_WITHIN_SD**2)
    mean = float((precision * seen.y).sum() / precision.sum())
    total = float(np.log(clicks.sum() / shown.sum()))
    assert mean + above.expected[0] + above.beyond[0] == pytest.approx(total, abs=1e-4)
    assert above.variance == pytest.approx(0.0, abs=1e-4)


def test_what_a_plan_goes_on_with_is_shown_as_it_was() -> None:
    """The same creatives named again change nothing, however unevenly they were shown; another one does."""
    draws = np.repeat(np.array([[0.0], [0.5], [-0.5], [1.0]], dtype=np.float32), 8, axis=1)
    keys = ("creative:a", "creative:b", "creative:c")
    own = OwnLevels(
        np.array([7]), np.array([0.2]), np.zeros(1), np.array([0, 2], np.int32), np.array([0, 1], np.int32),
        np.array([0.75, 0.25], np.float32), np.array([3]), np.array([0.1]),
    )  # fmt: skip
    one = MetricPosterior(keys, draws, 0.1, {}, 1.0, own=own)
    known, campaign = Knowledge(posteriors={"ctr": one}), RealCampaign(7, frozenset({"creative"}))

    def level(*booked: str) -> float:
        shares, rng = {key: 1 / len(booked) for key in booked}, np.random.default_rng(0)
        draws = posterior.level_draws(known, "ctr", shares, rng, campaign=campaign)
        return float(draws.mean())  # type: ignore[union-attr]

    before = np.log(0.75 * np.exp(0.5) + 0.25 * np.exp(-0.5))
    assert level("creative:a", "creative:b") == pytest.approx(0.2)
    assert level("creative:a") == pytest.approx(0.2 + 0.5 - before)
    kept = (0.75 * np.exp(0.5) + 0.25 * np.exp(-0.5)) * 2 / 3 + np.exp(1.0) / 3
    assert level("creative:a", "creative:b", "creative:c") == pytest.approx(0.2 + np.log(kept) - before)
