"""Budget inefficiencies: dearer than explained, with the money and the probability."""

import math

import numpy as np
import pytest

from reflection.domain.evidence import evidence_of
from reflection.inference.dataset import Dataset
from reflection.inference.findings.budget import MOST, WORTH_SAYING, Excess, budget_findings, campaign_excesses
from reflection.inference.fit import fit_metrics


def test_the_planted_dearest_campaigns_are_named_first(fitted):
    found = budget_findings(fitted)
    lost = [item.metadata["money_lost"] for item in found]
    assert 0 < len(found) <= MOST
    assert lost == sorted(lost, reverse=True)
    assert all(item.direction == "unfavorable" for item in found)


def test_on_average_at_most_a_tenth_of_them_is_not_dearer(fitted):
    found = budget_findings(fitted)
    assert np.mean([1 - item.probability for item in found]) <= 0.10
    assert all(item.probability > 0.5 for item in found)


def test_shrinking_never_makes_an_excess_larger(fitted):
    for item in campaign_excesses(fitted):
        assert abs(item.mean) <= abs(item.raw)
        assert item.sd > 0


def test_excesses_average_to_about_nothing(fitted):
    assert abs(np.mean([item.raw for item in campaign_excesses(fitted)])) < 0.1


def test_money_lost_is_what_the_same_conversions_would_not_have_cost():
    item = Excess(campaign=0, mean=math.log(2.0), sd=0.1, raw=0.8, spend=1000.0)
    assert item.lost == pytest.approx(500.0)
    assert item.probability > 0.999
    assert Excess(0, math.log(WORTH_SAYING), 0.1, 0.2, 1.0).probability == pytest.approx(0.5)


def test_a_finding_reads_with_money_interval_and_probability(fitted):
    item = budget_findings(fitted)[0]
    assert "USD" in item.description
    assert "90 % interval" in item.description
    assert item.supporting == (item.title.split(" ")[0],)
    assert item.signal_key.startswith("campaign:")


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
