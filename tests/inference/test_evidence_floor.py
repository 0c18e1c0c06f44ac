"""What was seen too seldom is no finding, at any door; what was seen in one campaign is told within it."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from reflection.domain.bookable import EvidenceFloor, agreed, descriptions_of
from reflection.domain.campaign import Campaign
from reflection.domain.evidence import evidence_of
from reflection.domain.knowledge import Knowledge
from reflection.domain.validation import read
from reflection.inference.fit_request import FitRequest
from reflection.inference.learn import learn
from reflection.recommendations import cards


def _campaign(index: int, lifts: dict[str, float], **changes: Any) -> Campaign:
    """A campaign that shows these creatives side by side, each with its lift on CVR."""
    rng = np.random.default_rng(index)
    rows = []
    for creative, lift in lifts.items():
        conversions = int(rng.poisson(2000 * 0.05 * lift))
        metrics = {"impressions": 100_000, "clicks": 2_000, "conversions": conversions, "spend": 1_000.0}
        rows.append({"creative": creative, "metrics": metrics})
    totals = {name: sum(row["metrics"][name] for row in rows) for name in rows[0]["metrics"]}
    body = {
        "campaign_id": f"c{index:02d}", "platform": "Meta", "objective": "Sales", "currency": "EUR",
        "creatives": [{"id": name, "type": "image"} for name in lifts], "breakdown": rows,
        "expected_metrics": totals, "actual_metrics": totals,
        "timestamp": f"2026-01-{1 + index:02d}T00:00:00+00:00", **changes,
    }  # fmt: skip
    return read(Campaign, body)


def _learnt(campaigns: list[Campaign], floor: EvidenceFloor | None = None) -> Knowledge:
    when, least = "2026-04-01T00:00:00+00:00", floor or EvidenceFloor()
    request = FitRequest(seq=1, as_of=when, definitions=agreed(map(descriptions_of, campaigns)), floor=least)
    return learn([evidence_of(campaign) for campaign in campaigns], request)


BASE = {"usual_a": 1.0, "usual_b": 1.0, "usual_c": 1.0}


def _account(seen_in: int, lift: float = 2.0, **changes: Any) -> list[Campaign]:
    """Eight campaigns of which the first ones also show a creative that converts twice as well."""
    return [_campaign(index, {**BASE, "winner": lift} if index < seen_in else BASE, **changes) for index in range(8)]


@pytest.mark.parametrize(("seen_in", "finding"), [(1, False), (2, False), (3, True), (5, True)])
def test_a_finding_takes_three_campaigns(seen_in: int, finding: bool):
    knowledge = _learnt(_account(seen_in))
    (effect,) = [one for one in knowledge.effects if (one.signal, one.metric) == ("creative:winner", "cvr")]

    assert (effect.real_campaigns, effect.rows) == (seen_in, seen_in)
    assert effect.finding is finding
    advised = {option.card.signal for option in cards.build(knowledge) if option.card.lane == "exploit"}
    assert ("creative:winner" in advised) is finding
    if not finding:
        assert "campaign" in effect.reason


def test_months_of_one_campaign_are_one_campaign():
    knowledge = _learnt(_account(5, unit_id="always the same"))
    assert not [one for one in knowledge.findings if not one.descriptive]
    assert not [option for option in cards.build(knowledge) if option.known]


def test_what_was_seen_in_one_campaign_is_told_within_it_and_never_generalised():
    knowledge = _learnt(_account(1, lift=4.0))
    (told,) = [one for one in knowledge.findings if one.signal_key == "creative:winner"]

    assert told.descriptive
    assert told.metadata["within"] == "c00"
    assert told.title.endswith("within c00")
    assert "nothing is said of others" in told.description
    assert "creative:winner" not in {option.card.signal for option in cards.build(knowledge) if option.known}


def test_what_a_campaign_of_several_months_shows_is_not_told_of_one_of_them():
    """Its rows are called by an id each; the first would say that only that month was so."""
    changes = [{"unit_id": "real"} if index < 3 else {} for index in range(8)]
    lifts = [{**BASE, "winner": 4.0} if index < 3 else BASE for index in range(8)]
    knowledge = _learnt(
        [_campaign(index, lift, **of) for index, (lift, of) in enumerate(zip(lifts, changes, strict=True))]
    )
    (told,) = [one for one in knowledge.findings if one.signal_key == "creative:winner"]

    assert told.title.endswith("within the campaign of c00")
    assert told.description.startswith("Within the campaign of c00, ")
    assert told.evidence_count == 1


def test_thirty_events_are_needed_too():
    few = _learnt(_account(5), EvidenceFloor(campaigns=3, events=5_000))
    assert not [one for one in few.findings if one.signal_key == "creative:winner" and not one.descriptive]
    assert all(option.card.lane not in ("exploit", "avoid") for option in cards.build(few))


def test_the_floor_is_a_setting(make_campaign: Callable[..., Campaign]):
    loose = _learnt(_account(2), EvidenceFloor(campaigns=2, events=30))
    assert [one for one in loose.findings if one.signal_key == "creative:winner"]


def test_findings_say_how_many_campaigns_and_ad_rows_they_rest_on(knowledge: Knowledge):
    for finding in knowledge.findings:
        if finding.signal_key.startswith(("audience", "creative", "platform")) and "rows" in finding.metadata:
            assert finding.evidence_count >= knowledge.floor.campaigns
            assert f"{finding.evidence_count} campaigns and {finding.metadata['rows']} ad rows" in finding.description


def test_campaigns_within_noise_are_neither_for_nor_against(knowledge: Knowledge):
    for finding in knowledge.findings:
        if "rows" in finding.metadata:
            assert len(finding.supporting) + len(finding.contradicting) <= finding.evidence_count
    sides = [(len(one.supporting), len(one.contradicting), one.campaigns) for one in knowledge.bookables]
    assert any(pro + contra < seen for pro, contra, seen in sides)


def test_no_finding_is_less_than_ninety_per_cent_likely(knowledge: Knowledge):
    assert all(effect.lfsr <= 0.1 for effect in knowledge.effects if effect.finding)
