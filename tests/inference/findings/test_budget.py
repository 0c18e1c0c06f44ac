"""Budget inefficiencies: dearer than ordinary campaigns ever are; in a world without waste there are none."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from tests.conftest import FAULT, WASTEFUL

from reflection.domain.evidence import evidence_of
from reflection.inference.evidence.dataset import Dataset
from reflection.inference.findings.budget import (
    Excess,
    budget_findings,
    campaign_excesses,
    false_discovery_rates,
    normal_spread,
    predictive_tails,
)
from reflection.inference.fits.fit import fit_metrics
from reflection.stats.honesty.any_time import OF_WASTE


@pytest.fixture(scope="module")
def wasteful(wasteful_evidence):
    return fit_metrics(Dataset.of(item for item in wasteful_evidence if item.campaign_id != FAULT))


def test_the_campaign_that_wasted_money_is_named_with_the_money(wasteful):
    (item,) = budget_findings(wasteful)
    assert item.supporting == (WASTEFUL,)
    assert item.title.startswith(WASTEFUL)
    assert item.direction == "unfavorable"
    assert 0.5 * item.spend < item.metadata["money_lost"] < item.spend
    assert item.lfsr <= OF_WASTE
    assert "USD" in item.description
    assert "nine in ten campaigns lie between" in item.description
    assert item.signal_key.startswith("campaign:")


def test_what_is_said_lies_beyond_the_normal_spread(wasteful):
    (item,) = budget_findings(wasteful)
    assert item.interval[0] > normal_spread(wasteful)[1]


def _world(make_campaign, seed, campaigns=40, scatter=0.25, spend=(500.0, 2000.0, 6000.0), degrees=None, waste=1.0):
    """Campaigns that scatter and nothing else: no signal has an effect, and the first pays `waste` times as much."""
    rng = np.random.default_rng(seed)

    def scattered():
        return math.exp(scatter * float(rng.standard_t(degrees) if degrees else rng.normal()))

    for index in range(campaigns):
        money = float(rng.choice(spend))
        impressions = int(money / (10 * scattered()) * 1000)
        clicks = int(rng.binomial(impressions, min(1.0, 0.02 * scattered())))
        rate = 0.04 * scattered() / (waste if index == 0 else 1.0)
        conversions = int(rng.binomial(clicks, min(1.0, rate)))
        age, kind = rng.choice(["18-25", "35-44", "45-54"]), rng.choice(["video", "image", "text"])
        yield evidence_of(
            make_campaign(
                campaign_id=f"w{index:03}", platform=str(rng.choice(["Meta", "Google", "TikTok"])),
                audiences=[{"name": f"a{age}", "attributes": {"age_range": age}}],
                creatives=[{"id": f"c{kind}", "type": kind}],
                actual={
                    "impressions": impressions, "clicks": clicks, "conversions": conversions, "spend": money,
                    "revenue": conversions * 40.0,
                },
            )
        )  # fmt: skip


WORLDS = {
    "usual": {}, "small": {"spend": (30.0, 80.0, 200.0)}, "calm": {"scatter": 0.05}, "wild": {"scatter": 0.5},
    "heavy tails": {"degrees": 5}, "few": {"campaigns": 12},
}  # fmt: skip


@pytest.mark.parametrize("kind", ["usual", "small", "few"])
def test_where_nothing_is_wasted_nothing_is_called_waste(make_campaign, kind):
    fitted = fit_metrics(Dataset.of(_world(make_campaign, 1, **WORLDS[kind])))
    assert len(campaign_excesses(fitted)) == WORLDS[kind].get("campaigns", 40)
    assert budget_findings(fitted) == []


@pytest.mark.torture(part="learning")
@pytest.mark.parametrize("kind", WORLDS)
def test_of_many_worlds_without_waste_nearly_none_has_any(make_campaign, kind):
    worlds = [fit_metrics(Dataset.of(_world(make_campaign, seed, **WORLDS[kind]))) for seed in range(60)]
    findings = [len(budget_findings(fitted)) for fitted in worlds]
    assert sum(number > 0 for number in findings) <= 9  # 5 % of 60, and three standard deviations; more in heavy tails


@pytest.mark.torture(part="learning")
def test_real_waste_is_found_in_most_worlds(make_campaign):
    worlds = [fit_metrics(Dataset.of(_world(make_campaign, seed, 60, waste=10.0))) for seed in range(20)]
    named = [[item.supporting[0] for item in budget_findings(fitted)] for fitted in worlds]
    assert sum("w000" in names for names in named) >= 10  # 15 with one look


def test_shrinking_never_makes_an_excess_larger(fitted):
    for item in campaign_excesses(fitted):
        assert abs(item.mean) <= abs(item.raw)
        assert item.sd > 0


def test_excesses_average_to_about_nothing(fitted):
    assert abs(np.mean([item.raw for item in campaign_excesses(fitted)])) < 0.1


def test_money_lost_is_what_the_same_conversions_would_not_have_cost():
    assert Excess(0, math.log(2.0), 0.1, 0.8, 1000.0, 0.01).money_lost == pytest.approx(500.0)


def test_without_scatter_the_tail_is_poissons():
    tails = predictive_tails(np.array([0.0, 3.0, 20.0]), np.array([3.0, 9.0, 20.0]), 0.0)
    assert tails == pytest.approx(stats.poisson.cdf([0, 3, 20], [3, 9, 20]))


def test_tails_are_as_likely_as_they_say():
    rng = np.random.default_rng(5)
    expected = rng.choice([2.0, 15.0, 200.0], 20_000)
    conversions = rng.poisson(expected * np.exp(0.4 * rng.normal(size=20_000))).astype(float)
    tails = predictive_tails(conversions, expected, 0.4)
    for level in (0.001, 0.01, 0.1):
        assert np.mean(tails <= level) <= level * 1.3


@given(st.lists(st.floats(1e-12, 1.0), min_size=1, max_size=60))
def test_false_discovery_rates_are_those_of_scipy(tails):
    assert false_discovery_rates(tails) == pytest.approx(stats.false_discovery_control(tails), rel=1e-9)


def test_of_ordinary_campaigns_that_come_one_by_one_few_lives_have_a_finding():
    rng, ever = np.random.default_rng(5), 0
    for _ in range(400):
        tails = rng.uniform(size=120).tolist()
        ever += any(min(false_discovery_rates(tails[:count])) <= OF_WASTE for count in range(5, 121))
    assert 0 < ever / 400 <= OF_WASTE * (1 + math.log(120 / 5))


def test_without_spend_nothing_is_inefficient(make_campaign):
    fitted = fit_metrics(Dataset.of([evidence_of(make_campaign(campaign_id=n, actual={"spend": 0.0})) for n in "abcd"]))
    assert campaign_excesses(fitted) == []
    assert budget_findings(fitted) == []


def test_amounts_in_another_currency_are_not_judged(make_campaign):
    evidence = [evidence_of(make_campaign(campaign_id=f"u{i}", currency="USD")) for i in range(4)]
    evidence.append(evidence_of(make_campaign(campaign_id="yen", currency="JPY", actual={"spend": 500_000.0})))
    fitted = fit_metrics(Dataset.of(evidence))
    judged = {str(fitted.table.campaigns.ids[item.campaign]) for item in campaign_excesses(fitted)}
    assert judged == {"u0", "u1", "u2", "u3"}
