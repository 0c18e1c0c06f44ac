"""Campaigns that count different things are learnt apart: nothing compares leads with purchases, in any order."""

import random
from collections.abc import Callable, Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks import worlds
from reflection.domain.campaign import Campaign
from reflection.domain.evidence import Evidence, encode, evidence_of
from reflection.domain.knowledge import OF_EVERY_GOAL, Knowledge
from reflection.domain.metrics import ScoreWeights
from reflection.inference.effects_page import effects_page
from reflection.inference.evidence.dataset import DatasetBuilder
from reflection.inference.evidence.partitions import InMemory
from reflection.inference.fit_request import FitRequest
from reflection.inference.goals import goals_of
from reflection.inference.learn import learn
from reflection.inference.signal_evidence import evidence_of as evidence_of_effect
from reflection.inference.weights import weights_for
from reflection.store import knowledge_blob

Make = Callable[..., Campaign]
SALES, LEADS = {"objective": "Sales"}, {"objective": "Lead Generation"}


def _campaigns(make_campaign: Make, sales: int, leads: int, *, stated: bool = True, seed: int = 3) -> list[Campaign]:
    """A shop with revenue, and lead campaigns that convert five times as often and send a revenue of 0."""
    source, campaigns = random.Random(seed), []
    for number in range(sales + leads):
        lead = number >= sales
        clicks = source.randint(800, 3_000)
        conversions = max(1, round(clicks * (0.10 if lead else 0.02) * source.uniform(0.8, 1.25)))
        actual = {"impressions": 100_000, "clicks": clicks, "conversions": conversions, "spend": 900.0}
        kind = {"conversion_kind": "lead" if lead else "purchase"} if stated else {}
        campaigns.append(
            make_campaign(
                campaign_id=f"{'lead' if lead else 'shop'}{number:02d}",
                expected={**actual, "revenue": 0.0 if lead else 70.0 * conversions},
                actual={**actual, "revenue": 0.0 if lead else 70.0 * conversions},
                platform=source.choice(["Meta", "Google"]),
                currency="EUR",
                **(LEADS if lead else SALES),
                **kind,
            )
        )
    return campaigns


@pytest.fixture(scope="module")
def mixed(make_campaign: Make) -> list[Campaign]:
    """Thirteen campaigns of a shop and twelve for leads."""
    return _campaigns(make_campaign, 13, 12)


@pytest.fixture(scope="module")
def both(mixed: Sequence[Campaign]) -> Knowledge:
    """What they teach."""
    return learn(map(evidence_of, mixed), FitRequest(seq=25, as_of="2026-12-01T00:00:00+00:00"))


def _goals(campaigns: Sequence[Campaign]) -> list[str]:
    builder = DatasetBuilder(map(evidence_of, campaigns))
    return [goal.kind for goal in goals_of(InMemory([builder]), builder.campaigns, ())[0]]


def test_each_goal_has_its_own_metric_weights_and_findings(both: Knowledge) -> None:
    assert [(goal.kind, goal.goal_metric) for goal in both.every_goal] == [
        ("purchase", "roas"),
        ("lead", "conversions_per_spend"),
    ]
    assert both.campaigns == 25
    for goal in both.every_goal:
        assert {item.goal for item in (*goal.effects, *goal.weights, *goal.findings)} == {goal.kind}
    assert len({finding.finding_id for finding in both.every_finding}) == len(both.every_finding)


def test_what_is_said_of_one_goal_rests_on_its_campaigns_alone(mixed: Sequence[Campaign], both: Knowledge) -> None:
    kinds = {campaign.campaign_id: campaign.conversion_kind for campaign in mixed}
    for finding in both.every_finding:
        assert {kinds[name] for name in (*finding.supporting, *finding.contradicting)} <= {finding.goal}
    for goal in both.every_goal:
        own = [evidence_of(campaign) for campaign in mixed if campaign.conversion_kind == goal.kind]
        alone = learn(own, FitRequest(seq=25, as_of="2026-12-01T00:00:00+00:00"))
        assert [effect.interval for effect in goal.effects] == [effect.interval for effect in alone.effects]


def test_no_lift_is_the_difference_between_a_lead_and_a_purchase(both: Knowledge) -> None:
    assert all(0.5 < effect.effect < 2.0 for goal in both.every_goal for effect in goal.effects)


def test_a_revenue_of_nothing_for_leads_is_no_roas(mixed: Sequence[Campaign], both: Knowledge) -> None:
    leads = both.of_kind("lead")

    assert "aov" not in leads.posteriors
    assert not [effect for effect in leads.effects if effect.metric == "roas"]
    assert evidence_of(mixed[-1]).actual.revenue is None
    assert evidence_of(mixed[0]).actual.revenue is not None


def test_an_objective_says_it_where_the_campaign_does_not(make_campaign: Make) -> None:
    assert _goals(_campaigns(make_campaign, 4, 3, stated=False)) == ["purchase", "lead"]


def test_objectives_that_bring_as_much_money_are_one_goal(history_evidence: Sequence[Evidence], fault_id: str) -> None:
    builder = DatasetBuilder(history_evidence)
    goals, of_objective, _ = goals_of(InMemory([builder]), builder.campaigns, {fault_id})

    assert [goal.kind for goal in goals] == ["purchase"]
    assert of_objective == {"app_install": "purchase", "lead": "purchase", "purchase": "purchase"}


@settings(max_examples=3)
@given(st.randoms(use_true_random=False))
def test_any_order_gives_the_same_bits(make_campaign: Make, source: random.Random) -> None:
    evidence = [evidence_of(campaign) for campaign in _campaigns(make_campaign, 4, 4)]
    straight = knowledge_blob.encode(learn(evidence))
    source.shuffle(evidence)

    assert knowledge_blob.encode(learn(evidence)) == straight


def test_several_goals_come_back_from_storage(both: Knowledge) -> None:
    again = knowledge_blob.decode(*knowledge_blob.encode(both))

    assert [goal.kind for goal in again.every_goal] == ["purchase", "lead"]
    assert knowledge_blob.encode(again) == knowledge_blob.encode(both)
    for stored, goal in zip(again.every_goal, both.every_goal, strict=True):
        assert stored.posteriors["cvr"].draws.tobytes() == goal.posteriors["cvr"].draws.tobytes()


def test_a_campaign_is_answered_from_its_own_goal(make_campaign: Make, both: Knowledge) -> None:
    assert both.for_goal(make_campaign(**SALES)) is both
    assert both.for_goal(make_campaign(**LEADS)).kind == "lead"
    assert both.for_goal(make_campaign(objective="Prospecting")) is both

    installs = both.for_goal(make_campaign(conversion_kind="app_install"))
    assert set(installs.posteriors) == set(OF_EVERY_GOAL)
    assert {effect.metric for effect in installs.effects} <= set(OF_EVERY_GOAL)
    assert installs.weights == ()
    assert installs.reason == "nothing has been learnt about app installs yet"


def test_weights_are_given_for_every_goal(both: Knowledge) -> None:
    weights = weights_for(both, ScoreWeights(), generated_at="now")
    (leads,) = weights.goals

    assert (weights.goal, weights.goal_metric) == ("purchase", "roas")
    assert (leads.goal, leads.goal_metric) == ("lead", "conversions_per_spend")
    assert leads.signal_weights == {weight.signal_key: weight.weight for weight in both.of_kind("lead").weights}


def test_one_goal_says_nothing_of_goals(knowledge: Knowledge) -> None:
    weights = weights_for(knowledge, ScoreWeights(), generated_at="now")

    assert (weights.goal, weights.goals, knowledge.goals) == (None, (), ())
    assert {item.goal for item in (*knowledge.effects, *knowledge.findings, *knowledge.weights)} == {None}


def _payload(campaign: Campaign) -> bytes:
    """The campaign's evidence as the ledger keeps it."""
    return encode(evidence_of(campaign))


def test_effects_of_a_goal_are_asked_for_by_its_kind(mixed: Sequence[Campaign], both: Knowledge) -> None:
    page = effects_page(both, goal="Leads")
    payloads = [(campaign.campaign_id, _payload(campaign)) for campaign in mixed]
    evidence = evidence_of_effect(both, "platform:meta", "cvr", payloads, goal="lead")

    assert page["goals"] == ["purchase", "lead"]
    assert {effect.goal for effect in page["items"]} == {"lead"}
    named = {item["campaign_id"] for item in (*evidence["supporting"], *evidence["contradicting"])}
    assert named
    assert all(name.startswith("lead") for name in named)


def test_a_goal_that_counts_comes_before_one_with_more_money_that_counts_nothing(make_campaign: Make) -> None:
    """Awareness with three times the spend of the shop does not hide what the shop's campaigns teach."""
    shop = _campaigns(make_campaign, 6, 0)
    actual = {"impressions": 900_000, "clicks": 2_000, "conversions": None, "spend": 9_000.0, "revenue": None}
    reach = [
        make_campaign(campaign_id=f"reach{number}", objective="Reach", currency="EUR", expected=actual, actual=actual)
        for number in range(8)
    ]

    assert _goals([*shop, *reach]) == ["purchase", "reach"]
    assert _goals(reach) == ["reach"]


def test_where_nothing_converted_nothing_is_said_of_conversions(make_campaign: Make) -> None:
    evidence = [
        evidence_of(make_campaign(campaign_id=f"c{i}", actual={"conversions": 0, "clicks": 900 + 50 * i}))
        for i in range(6)
    ]
    learnt = learn(evidence)

    assert set(learnt.posteriors) == set(OF_EVERY_GOAL)
    assert {effect.metric for effect in learnt.effects} <= set(OF_EVERY_GOAL)
    assert learnt.weights == ()
    assert {finding.metric for finding in learnt.findings} <= set(OF_EVERY_GOAL)


def test_months_of_a_campaign_are_one_real_campaign_of_what_is_known():
    rows = worlds.repeated_units(1, null=True, units=5, months=4).evidence

    assert (learn(rows).campaigns, learn(rows).real_campaigns) == (20, 5)
