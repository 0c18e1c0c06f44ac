"""What changed for all campaigns alike and stayed is told once, with its day and its size; anything else is not."""

import dataclasses
from functools import cache

import pytest
from benchmarks.worlds_of_accounts import FIRST_DAY, WORLDS, Account, evidence

from reflection.domain.evidence import Evidence
from reflection.domain.finding_kinds import COMMON_MONTH, LASTING_CHANGE, PLANNER_BIAS
from reflection.domain.knowledge import Knowledge
from reflection.domain.results import Finding
from reflection.explain.evidence_of_facts import NAMES_LIMIT
from reflection.explain.formatting import plain_name
from reflection.explain.learning_sentences import LearningSentences
from reflection.inference.findings.lasting_change import names
from reflection.inference.learn import learn

FELL = dataclasses.replace(WORLDS["CVR x0.7 for all"], fall=0.6)


@cache
def _learnt(account: Account, seed: int = 1) -> Knowledge:
    return learn(evidence(account, seed))


def _lasting(knowledge: Knowledge) -> list[Finding]:
    return [one for one in knowledge.findings if one.metadata.get("kind") == LASTING_CHANGE]


@pytest.mark.parametrize("units", [0, 8])
def test_a_fall_of_all_platforms_is_told_once_with_its_day_and_size(units: int):
    knowledge = _learnt(dataclasses.replace(FELL, units=units))
    (finding,) = _lasting(knowledge)

    assert (finding.metric, finding.direction) == ("cvr", "unfavorable")
    assert finding.interval is not None
    assert finding.interval[0] <= 0.6 <= finding.interval[1] < 1.0
    first, last = finding.metadata["began_between"]
    assert first <= "2024-10-01" <= last
    assert not [one for one in knowledge.findings if one.metadata.get("kind") in ("drift", COMMON_MONTH)]


def test_it_is_said_in_words_with_interval_campaigns_and_what_it_may_be():
    (finding,) = _lasting(_learnt(FELL))
    text = LearningSentences({}, "EUR").finding(finding)

    assert text.startswith("The whole account: since 2024-")
    for part in (
        "CVR has been",
        "90 % interval",
        f"{finding.evidence_count} campaigns",
        "may as well be the time of the year",
    ):
        assert part in text


@pytest.mark.parametrize("units", [0, 8])
def test_an_account_with_one_platform_is_told_of_its_fall(units: int):
    (finding,) = _lasting(_learnt(dataclasses.replace(FELL, units=units, platform="google")))

    assert finding.interval is not None
    assert finding.interval[0] <= 0.6 <= finding.interval[1] < 1.0


def test_what_one_type_of_creative_did_is_not_told_of_the_account():
    rows = evidence(dataclasses.replace(WORLDS["nothing"], platform="google"), 1)
    fallen = [_fallen(row) if "creative.type:video" in row.cells[0].shares else row for row in rows]

    assert not _lasting(learn(fallen))


def _fallen(row: Evidence) -> Evidence:
    """A row of the second half of the time with half of its conversions."""
    if row.day < FIRST_DAY + 9 * 30:
        return row
    actual = dataclasses.replace(
        row.actual, conversions=(row.actual.conversions or 0.0) // 2, revenue=(row.actual.revenue or 0.0) / 2
    )
    return dataclasses.replace(row, actual=actual, cells=(dataclasses.replace(row.cells[0], counts=actual),))


def test_months_of_a_campaign_are_one_campaign_of_the_evidence():
    (finding,) = _lasting(_learnt(dataclasses.replace(FELL, units=8)))

    assert (finding.evidence_count, finding.effective_campaigns) == (8, 8.0)


RENEWED = dataclasses.replace(FELL, renewed=True)


def test_where_other_creatives_ran_since_it_is_told_that_these_cannot_be_told_from_the_account():
    knowledge = _learnt(RENEWED)
    (finding,) = _lasting(knowledge)
    text = LearningSentences({}, "EUR").finding(finding)

    assert finding.title.startswith("Whole account, or what was new: CVR")
    assert "creative ad 3a, creative ad 3b, creative ad 4a and 3 more. Hardly any of it ran before" in text
    assert "campaigns for EUR" in text


def test_long_names_of_what_was_new_leave_room_for_how_many_more_there_are():
    long = [f"creative:{'Summer_Sale_Carousel_' * 6}{number}" for number in range(9)]
    named = names({"creative": long}, {})

    assert named.endswith("and 6 more")
    assert plain_name(named, NAMES_LIMIT) == named


@pytest.mark.parametrize("seed", range(3))
def test_nothing_is_told_of_creatives_alone_that_the_accounts_change_may_have_done(seed: int):
    knowledge = _learnt(RENEWED, seed)
    of_creatives = [effect for effect in knowledge.effects if effect.group == "creative" and effect.metric == "cvr"]

    assert not [effect for effect in of_creatives if effect.finding]
    assert [effect for effect in of_creatives if effect.reason and "whole account changed" in effect.reason]
    assert not [one for one in knowledge.findings if one.metadata.get("kind") == PLANNER_BIAS]


def test_new_creatives_without_a_change_are_not_told():
    assert not _lasting(_learnt(WORLDS["nothing, creatives new each quarter"]))


def test_what_one_platform_did_is_not_told_of_the_account():
    assert not _lasting(_learnt(dataclasses.replace(FELL, alone=True)))


@pytest.mark.parametrize("name", ["nothing", "nothing, months of 8 campaigns"])
def test_where_nothing_changed_nothing_is_told(name: str):
    assert not _lasting(_learnt(WORLDS[name]))


def test_the_order_of_arrival_and_repetition_of_ids_leave_no_trace():
    rows = evidence(FELL, 1)

    assert _lasting(learn(rows[::-1])) == _lasting(_learnt(FELL))
