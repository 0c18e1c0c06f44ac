"""A planner whose plans are usually off is told with interval, campaigns and money; one who is right is not."""

import dataclasses

import pytest
from benchmarks.worlds_of_accounts import Account, evidence

from reflection.domain.evidence import Evidence
from reflection.domain.finding_kinds import PLANNER_BIAS
from reflection.domain.planner_forecast import ACCOUNT_AVERAGE
from reflection.domain.results import Finding
from reflection.explain.learning_sentences import LearningSentences
from reflection.inference.evidence.dataset import Dataset
from reflection.inference.findings.planners import FEWEST, planner_findings
from reflection.inference.learn import learn

TOO_HIGH = Account(months=4, promise=1.3)


def _told(rows: list[Evidence]) -> list[Finding]:
    return planner_findings(Dataset.of(rows))


def test_plans_that_promise_thirty_per_cent_too_much_are_told_with_what_that_is_in_money():
    (finding,) = _told(evidence(TOO_HIGH, 2))

    assert finding.metadata["kind"] == PLANNER_BIAS
    assert (finding.metric, finding.direction) == ("roas", "unfavorable")
    assert finding.interval is not None
    assert finding.interval[0] <= 1 / 1.3 <= finding.interval[1] < 1.0
    text = LearningSentences({}, "EUR").finding(finding)
    assert text.startswith("Plans of ours are usually off: ROAS ended")
    for part in ("below plan", f"of {finding.evidence_count} campaigns", "less revenue than planned for the EUR"):
        assert part in text


def test_the_gap_is_what_the_money_spent_was_planned_to_bring():
    rows = evidence(TOO_HIGH, 2)
    (finding,) = _told(rows)
    short = 0.0
    for row in rows:
        planned = (row.expected.revenue or 0.0) / (row.expected.spend or 1.0)
        short += (row.actual.revenue or 0.0) - (row.actual.spend or 0.0) * planned

    assert finding.metadata["gap"] == pytest.approx(short)
    assert finding.metadata["worth"] == pytest.approx(-short)


@pytest.mark.parametrize("seed", range(5))
def test_plans_that_scatter_around_what_happens_are_not_told(seed: int):
    assert not _told(evidence(Account(months=6), seed))


def test_rows_of_one_campaign_are_one_witness():
    assert not _told([dataclasses.replace(row, unit_id="one") for row in evidence(TOO_HIGH, 2)])


def test_what_is_taken_from_facts_is_nobodys_plan():
    assert not _told([dataclasses.replace(row, planner=ACCOUNT_AVERAGE) for row in evidence(TOO_HIGH, 2)])


def test_of_two_planners_the_one_who_is_off_is_told():
    right = [
        dataclasses.replace(row, planner="exact", campaign_id=f"r{row.campaign_id}")
        for row in evidence(Account(months=4), 3)
    ]

    assert [one.metadata["planner"] for one in _told([*evidence(TOO_HIGH, 2), *right])] == ["ours"]


def test_without_money_in_plans_conversions_per_click_are_asked():
    rows = [
        dataclasses.replace(row, expected=dataclasses.replace(row.expected, spend=None, revenue=None))
        for row in evidence(TOO_HIGH, 2)
    ]

    assert [one.metric for one in _told(rows)] == ["cvr"]


def test_where_nothing_ever_converted_nothing_is_said_of_conversions_and_revenue():
    rows = [
        dataclasses.replace(row, actual=dataclasses.replace(row.actual, conversions=0.0, revenue=0.0))
        for row in evidence(TOO_HIGH, 2)
    ]

    assert {one.metric for one in _told(rows)} <= {"ctr"}


def test_a_habit_on_every_platform_is_told_beside_the_fall_of_one():
    (finding,) = _of_planners(Account(fall=0.6, promise=1.3, alone=True))

    assert finding.interval is not None
    assert finding.interval[0] <= 1 / 1.3 <= finding.interval[1] < 1.0


def _of_planners(account: Account) -> list[Finding]:
    return [one for one in learn(evidence(account, 1)).findings if one.metadata.get("kind") == PLANNER_BIAS]


def test_what_began_with_the_accounts_own_fall_is_no_habit_of_a_planner():
    assert _told(evidence(Account(fall=0.6), 1))
    assert not _of_planners(Account(fall=0.6))


@pytest.mark.parametrize("seed", [1, 11, 38])
def test_what_began_with_the_fall_of_one_platform_is_no_habit_of_a_planner(seed: int):
    rows = evidence(Account(fall=0.7, alone=True), seed)

    assert not [one for one in learn(rows).findings if one.metadata.get("kind") == PLANNER_BIAS]


def test_what_began_with_the_fall_is_no_habit_of_a_planner_whose_results_state_no_clicks():
    """His campaigns have no CVR, but they ran since the day on which that of all others fell."""
    rows = evidence(Account(fall=0.6), 1)
    rows[::3] = [_without_clicks(row) for row in rows[::3]]

    assert not [one for one in learn(rows).findings if one.metadata.get("kind") == PLANNER_BIAS]


def _without_clicks(row: Evidence) -> Evidence:
    actual = dataclasses.replace(row.actual, clicks=None)
    cells = tuple(dataclasses.replace(cell, counts=actual) for cell in row.cells)
    return dataclasses.replace(row, planner="anna", actual=actual, cells=cells)


def test_a_habit_that_is_older_than_the_accounts_fall_is_told_without_it():
    (finding,) = _of_planners(Account(fall=0.6, promise=1.3))

    assert finding.interval is not None
    assert finding.interval[0] <= 1 / 1.3 <= finding.interval[1] < 1.0
    assert finding.evidence_count < len(evidence(Account(), 1)) * 0.6


def test_a_habit_that_ended_with_the_accounts_change_is_not_told():
    rows = evidence(Account(fall=0.6, promise=1.3), 1)
    change = next(row.day for row in rows if row.campaign_id == "c072")

    table = Dataset.of(_adapted(rows, change))

    assert planner_findings(table)
    assert not planner_findings(table, since=lambda metrics: table.campaigns.day >= change)


@pytest.mark.parametrize("since", [1, FEWEST - 1, FEWEST])
def test_a_habit_ends_by_as_many_campaigns_as_would_make_one(since: int):
    rows = evidence(Account(fall=0.6, promise=1.3), 1)
    change = next(row.day for row in rows if row.campaign_id == "c072")
    late = [row for row in _adapted(rows, change) if row.day >= change]
    some = [row for row in rows if row.day < change] + late[:since]

    table = Dataset.of(some)

    assert bool(planner_findings(table, since=lambda metrics: table.campaigns.day >= change)) is (since < FEWEST)


def _adapted(rows: list[Evidence], day: int) -> list[Evidence]:
    """The same rows, planned from a day on for what then comes on average."""
    late = [row for row in rows if row.day >= day]
    came = sum(row.actual.conversions or 0.0 for row in late) / sum(row.actual.spend or 0.0 for row in late)
    return [
        row
        if row.day < day
        else dataclasses.replace(
            row,
            expected=dataclasses.replace(
                row.expected,
                conversions=came * (row.expected.spend or 0.0),
                revenue=80.0 * came * (row.expected.spend or 0.0),
            ),
        )
        for row in rows
    ]
