"""The campaigns for and against an effect: all of them, by the rule of the fit."""

import math
from collections.abc import Sequence

import pytest

from reflection.domain.evidence import encode
from reflection.domain.knowledge import NOTHING
from reflection.errors import InvalidInput
from reflection.inference.signal_evidence import evidence_of

EDGE = 1
"""Campaigns that may lie on the other side: the fit's means are not those of the draws that are stored, so one exactly
at the edge of its noise may."""


@pytest.fixture(scope="module")
def stored(history_evidence):
    return [(item.campaign_id, encode(item)) for item in history_evidence]


def _of(stored, history_evidence, signal):
    having = {item.campaign_id for item in history_evidence if signal in item.signal_keys()}
    return [(name, payload) for name, payload in stored if name in having]


def test_an_unknown_metric_is_refused(knowledge, stored):
    with pytest.raises(InvalidInput):
        evidence_of(knowledge, "platform:meta", "likes", stored)


def test_it_names_the_campaigns_that_the_findings_count(knowledge, stored, history_evidence):
    compared = 0
    for finding in knowledge.findings:
        for metric, about in finding.metadata.get("also", {}).items():
            signal = finding.signal_key
            if "*" in signal or metric != finding.metric:
                continue
            page = evidence_of(knowledge, signal, metric, _of(stored, history_evidence, signal))
            sides = [{item["campaign_id"] for item in page[side]} for side in ("supporting", "contradicting")]
            assert page["sides"] == tuple(about["sides"])
            assert abs(len(sides[0]) - about["sides"][0]) + abs(len(sides[1]) - about["sides"][1]) <= EDGE
            assert _missing(finding.supporting, sides[0]) + _missing(finding.contradicting, sides[1]) <= EDGE
            compared += 1
    assert compared >= 3


def _missing(named: Sequence[str], among: set[str]) -> int:
    return len(set(named) - among)


def test_the_campaigns_for_a_planted_effect_outnumber_those_against(knowledge, stored, history_evidence):
    found = evidence_of(knowledge, "creative.type:video", "ctr", _of(stored, history_evidence, "creative.type:video"))
    assert found["effect"].finding
    assert len(found["supporting"]) > 4 * len(found["contradicting"])
    assert all(item["residual"] > 0 for item in found["supporting"])


def test_an_effect_below_average_is_supported_by_what_fell_short(knowledge, stored, history_evidence):
    found = evidence_of(
        knowledge, "audience.segment:parents", "cvr", _of(stored, history_evidence, "audience.segment:parents")
    )
    assert found["effect"].effect < 1
    assert all(item["residual"] < 0 for item in found["supporting"])


def test_residuals_are_logs_of_observed_over_expected(knowledge, stored):
    found = evidence_of(knowledge, "platform:meta", "cvr", stored)
    for item in found["supporting"] + found["contradicting"]:
        assert item["residual"] == pytest.approx(math.log(item["observed"] / item["expected"]))


def test_the_residuals_average_is_about_the_effect(knowledge, stored, history_evidence):
    found = evidence_of(knowledge, "creative.type:video", "ctr", _of(stored, history_evidence, "creative.type:video"))
    residuals = [item["residual"] for item in found["supporting"] + found["contradicting"]]
    assert sum(residuals) / len(residuals) == pytest.approx(math.log(found["effect"].effect), abs=0.12)


def test_a_held_campaign_is_named_and_not_counted(knowledge, stored, fault_id):
    found = evidence_of(knowledge, "platform:google", None, stored)
    assert found["held"] == [fault_id]
    assert fault_id not in [item["campaign_id"] for item in found["supporting"] + found["contradicting"]]
    assert found["metric"] == "roas"


def test_without_learning_there_are_no_residuals(stored):
    found = evidence_of(NOTHING, "platform:meta", "ctr", stored)
    assert found["effect"] is found["sides"] is None
    assert found["supporting"] == found["contradicting"] == []
