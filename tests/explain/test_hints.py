"""Hints on what to send next are given to whom they fit, and to nobody else: each precondition both ways."""

from collections.abc import Callable
from typing import Any

import orjson
import pytest

from reflection.domain.audience_role import feeds_others
from reflection.domain.bookable import agreed, descriptions_of
from reflection.domain.campaign import Campaign
from reflection.domain.evidence import evidence_of
from reflection.domain.knowledge import Knowledge
from reflection.domain.memory_text import memory_text, why
from reflection.explain.advice import advice_sentence, recommendation
from reflection.explain.evidence_of_facts import advised
from reflection.explain.hints import HINTS, hint_for, lacks_breakdown, lacks_planned_revenue, lacks_revenue
from reflection.inference.fit_request import FitRequest
from reflection.inference.learn import learn
from reflection.learnings.lifecycle import readings_of
from reflection.wiring import Application

AUDIENCES = [{"name": "Students"}, {"name": "Parents"}]
CREATIVES = [{"id": "a", "type": "video"}, {"id": "b", "type": "text"}]
COUNTS = {"impressions": 70_000, "clicks": 2_450, "spend": 1_975.0, "revenue": 11_250.0}
ROWS = [
    {"audience": audience, "creative": "a", "metrics": {**COUNTS, "conversions": number}}
    for audience, number in (("Students", 100), ("Parents", 105))
]

Maker = Callable[..., Campaign]


@pytest.mark.parametrize(
    ("changes", "fits"),
    [
        ({"audiences": AUDIENCES, "creatives": CREATIVES}, True),
        ({"audiences": AUDIENCES, "creatives": CREATIVES[:1]}, True),
        ({"audiences": [], "creatives": []}, True),
        ({"audiences": AUDIENCES[:1], "creatives": CREATIVES[:1]}, False),
        ({"audiences": AUDIENCES, "creatives": CREATIVES, "breakdown": ROWS}, False),
    ],
)
def test_a_breakdown_is_asked_for_where_there_is_something_to_break_down(
    make_campaign: Maker, changes: dict[str, Any], fits: bool
) -> None:
    campaign = make_campaign(**changes)
    assert lacks_breakdown(campaign) is fits
    assert hint_for("flag:no_findings", campaign) == ("next.breakdown" if fits else None)


@pytest.mark.parametrize(
    ("changes", "fits"),
    [
        ({"objective": "Sales", "actual": {"revenue": None}}, True),
        ({"conversion_kind": "purchase", "actual": {"revenue": None}}, True),
        ({"objective": "Sales", "actual": {"revenue": 26_000.0}}, False),
        ({"objective": "Lead Generation", "expected": {"revenue": None}, "actual": {"revenue": None}}, False),
        ({"objective": "Lead Generation", "expected": {"revenue": 7_600.0}, "actual": {"revenue": None}}, True),
        ({"conversion_kind": "app_install", "expected": {"revenue": None}, "actual": {"revenue": None}}, False),
    ],
)
def test_revenue_is_asked_for_where_conversions_bring_it_and_nobody_said_how_much(
    make_campaign: Maker, changes: dict[str, Any], fits: bool
) -> None:
    campaign = make_campaign(**changes)
    assert lacks_revenue(campaign) is fits
    assert hint_for("flag:revenue_is_missing", campaign) == ("next.revenue" if fits else None)


@pytest.mark.parametrize(
    ("changes", "fits"),
    [
        ({"expected": {"revenue": None}}, True),
        ({}, False),
        ({"expected": {"revenue": None}, "actual": {"revenue": None}}, False),
        ({"expected": {"revenue": None}, "planner": "account-average"}, False),
    ],
)
def test_planned_revenue_is_asked_of_planners_whose_campaigns_have_some(
    make_campaign: Maker, changes: dict[str, Any], fits: bool
) -> None:
    assert lacks_planned_revenue(make_campaign(**changes)) is fits


def test_without_the_campaign_nothing_is_asked_for(make_campaign: Maker) -> None:
    assert [hint_for(evidence_id, None) for evidence_id in HINTS] == [None] * len(HINTS)
    assert hint_for("flag:no_conversions", make_campaign(audiences=AUDIENCES)) is None


def test_who_sent_revenue_and_a_breakdown_is_asked_for_neither(application: Application, make_campaign: Maker) -> None:
    answers = {}
    for name, changes in {
        "bare": {"expected": {"revenue": None}, "actual": {"revenue": None}, "objective": "Sales"},
        "planned without": {"expected": {"revenue": None}},
        "whole": {"breakdown": ROWS, "audiences": AUDIENCES, "creatives": CREATIVES},
    }.items():
        body = application.engine.analyze(
            make_campaign(**{"campaign_id": name, "audiences": AUDIENCES, **changes})
        ).body
        answers[name] = " ".join(orjson.loads(body)["insights"]["recommendations"])

    assert "Send a breakdown" in answers["bare"]
    assert "Send revenue" in answers["bare"]
    assert "Send revenue" not in answers["planned without"]
    assert "Plan revenue as well" in answers["planned without"]
    assert "Send" not in answers["whole"]
    assert "Plan revenue" not in answers["whole"]


@pytest.mark.parametrize(
    ("name", "feeds"),
    [
        ("audience Prospecting DE", True),
        ("audience Lookalike 1 %", True),
        ("objective Awareness", True),
        ("audience Retargeting prospects", False),
        ("audience Parents 35-44", False),
        ("creative crt_video", False),
    ],
)
def test_whatever_meets_new_people_may_feed_others(name: str, feeds: bool) -> None:
    assert feeds_others(name) is feeds


def _worlds(make_campaign: Maker, names: tuple[str, str]) -> Knowledge:
    """Two audiences of which the first costs twice as much, and dear creatives whose type nobody named."""
    campaigns = []
    for week, both in enumerate("031203213012310213023120"):  # by no rule that a calendar has
        dear, unnamed = both in "02", both in "01"
        conversions = int(100 * (1 if dear else 2) * (1 if unnamed else 1.8) * (1 + 0.05 * (week % 5 - 2)))
        campaigns.append(
            make_campaign(
                campaign_id=f"c{week}",
                objective="Sales",
                audiences=[{"name": names[0] if dear else names[1]}],
                creatives=[{"id": f"k{week}", "type": "unspecified" if unnamed else "video"}],
                actual={"conversions": conversions, "clicks": 4_000, "revenue": 50.0 * conversions},
                timestamp=f"2026-{1 + week // 4:02}-{1 + 7 * (week % 4):02}T10:00:00+00:00",
            )
        )
    evidence = [evidence_of(campaign) for campaign in campaigns]
    return learn(evidence, FitRequest(definitions=agreed(map(descriptions_of, campaigns))))


def test_less_of_what_meets_new_people_comes_with_its_caveat(make_campaign: Maker) -> None:
    for names, said in ((("Prospecting DE", "Shoppers"), True), (("Parents", "Shoppers"), False)):
        knowledge = _worlds(make_campaign, names)
        advice = [recommendation(one, one.total) for one in advised(knowledge) if one.total is not None]
        less = [
            advice_sentence(item)
            for item in advice
            if item.detail["lane"] == "avoid" and names[0].casefold() in item.label
        ]
        assert less
        assert all(("retargeting" in text) is said for text in less)
        more = [advice_sentence(item) for item in advice if item.detail["lane"] == "exploit"]
        assert not [text for text in more if "retargeting" in text]


def test_what_nobody_named_is_no_finding_and_no_advice(make_campaign: Maker) -> None:
    knowledge = _worlds(make_campaign, ("Parents", "Shoppers"))
    unnamed = [effect for effect in knowledge.effects if "unspecified" in effect.signal]

    assert any(effect.finding for effect in knowledge.effects)
    assert any(not effect.interval[0] <= 1.0 <= effect.interval[1] for effect in unnamed), "it would be one"
    assert not [effect for effect in unnamed if effect.finding]
    assert not [finding for finding in knowledge.findings if "unspecified" in finding.signal_key]
    assert not [one for one in knowledge.bookables if "unspecified" in one.key]
    assert not [claim for claim in readings_of(knowledge) if "unspecified" in claim.signal_key]
    assert knowledge.next_test is None or "unspecified" not in knowledge.next_test.signal_key


def test_words_that_say_nothing_are_no_reason_of_similarity(make_campaign: Maker) -> None:
    def text(primary: str, objective: str = "unspecified", name: str = "x1") -> str:
        creative = {"id": "crt_010", "type": "video", "headline": "", "primary_text": primary}
        return memory_text(make_campaign(creatives=[creative], objective=objective, audiences=[{"name": name}]))

    assert why(text("Built for you"), text("A house built in a week", name="y2")) == ["same platform: Meta"]
    assert why(text("Offer crt 010 now"), text("Crt 010 is here", name="y2")) == ["same platform: Meta"]
    both = why(text("Coding bootcamp this summer"), text("A summer of coding", name="y2"))
    assert both == ["same platform: Meta", "both mention coding, summer (ad text)"]
    assert why("summer", text("A summer of coding")) == ["mentions summer (ad text)"]
