"""What needs somebody, of states that are handed in: silence, intervals, ended learnings, and the order of all."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import orjson
import pytest
from benchmarks.worlds_of_accounts import WORLDS, evidence
from hypothesis import given
from hypothesis import strategies as st

from reflection.domain.campaign_list import CampaignQuery, ListPlace
from reflection.domain.knowledge import NOTHING, Knowledge
from reflection.domain.ports import Snapshot, StoredCampaign
from reflection.engine.attention import QUIET_DAYS, Attention
from reflection.inference.learn import learn

NOW = datetime(2026, 9, 1, 12, tzinfo=UTC)


def answer(number: int, z: float, spend: float = 100.0, currency: str | None = "EUR", **changes: Any) -> dict[str, Any]:
    """A stored answer with one KPI beyond noise: CPA 10 expected, `spend` / 1 conversion was."""
    delta = {"expected": 10.0, "actual": spend, "favorable": False, "beyond_noise": True, "z": z}
    comparison = {
        "campaign_id": f"c{number}", "basis": "forecast", "currency": currency, "summary": ["It cost more."],
        "deltas": {"cpa_diff": delta}, "actual_counts": {"spend": spend, "conversions": 1.0, "revenue": None},
    }  # fmt: skip
    since = {"as_of": None, "epoch": 0, "pending": 0, "known_as_of": None}
    return {"comparison_report": comparison | changes, "insights": {}, **since}


class State:
    """One state of a workspace, as far as attention asks for it."""

    def __init__(self, answers: Sequence[dict[str, Any]] = (), knowledge: Knowledge = NOTHING, **values: Any) -> None:
        self._answers, self._knowledge, self._values = answers, knowledge, values

    def knowledge(self) -> Knowledge:
        return self._knowledge

    def campaign_list(self, query: CampaignQuery) -> list[tuple[ListPlace, StoredCampaign]]:
        stored = [
            StoredCampaign("default", body["comparison_report"]["campaign_id"], 1, "", "{}", orjson.dumps(body), "")
            for body in self._answers
        ]
        return [(ListPlace("2026-08-30T00:00:00.000000+00:00", one.campaign_id), one) for one in stored][: query.limit]

    def accepted_campaigns(self) -> frozenset[str]:
        return frozenset()

    def unlearnt(self, after: int, limit: int) -> list[str]:
        return []

    def campaigns_named(self, ids: Sequence[str]) -> dict[str, StoredCampaign]:
        return {}

    def pending(self) -> int:
        return 0

    def ended_learnings(self, states: tuple[str, ...], since: datetime, limit: int) -> dict[str, str]:
        return dict(self._values.get("ended", {}))

    def learning_facts(self, ids: Sequence[str]) -> dict[str, Any]:
        return {name: fact for name, fact in self._values["facts"].items() if name in ids}

    def last_arrival(self) -> str | None:
        return cast("str | None", self._values.get("arrival"))


def page(state: State, imports: Sequence[dict[str, Any]] = (), limit: int = 100) -> dict[str, Any]:
    return Attention(cast(Snapshot, state), imports, NOW).page(limit)


@given(
    st.lists(
        st.tuples(st.floats(1.7, 40), st.sampled_from([0.5, 20.0, 4e3, 9e8]), st.sampled_from([None, "EUR", "JPY"]))
    )
)
def test_more_surprise_or_more_money_never_comes_later(cases: list[tuple[float, float, str | None]]) -> None:
    state = State([answer(number, *case) for number, case in enumerate(cases)])
    items = page(state)["items"]
    place = {item["campaign_id"]: number for number, item in enumerate(items)}

    assert len(items) == len(cases)
    for item in items:
        for other in items:
            same = item["currency"] == other["currency"]
            if same and item["surprise"] > other["surprise"] and item["money"] >= other["money"] > 0:
                assert place[item["campaign_id"]] < place[other["campaign_id"]]


@pytest.mark.parametrize(("roas_missed", "money"), [(True, 250.0), (False, 90.0)])
def test_the_money_is_that_of_the_campaigns_own_lines(roas_missed: bool, money: float) -> None:
    """Return before cost, whichever lies further out: amounts of revenue and of cost are not ranked as one."""
    roas = {"expected": 3.0, "actual": 0.5, "favorable": False, "beyond_noise": roas_missed, "z": 2.0}
    body = answer(1, 9.0)
    body["comparison_report"]["deltas"]["roas_diff"] = roas
    body["comparison_report"]["actual_counts"]["revenue"] = 50.0
    (item,) = page(State([body]))["items"]

    assert (item["metric"], item["money"]) == ("roas" if roas_missed else "cpa", money)


@given(st.permutations(range(6)))
def test_the_order_does_not_depend_on_the_order_of_reading(order: list[int]) -> None:
    answers = [answer(number, 2.0 + number % 3) for number in range(6)]

    assert page(State([answers[i] for i in order]))["items"] == page(State(answers))["items"]


@pytest.mark.parametrize(
    "changes", [{"basis": "account-average"}, {"basis": "no-forecast", "deltas": {}}, {"deltas": {}}]
)
def test_only_a_forecast_can_be_missed(changes: dict[str, Any]) -> None:
    assert page(State([answer(1, 9.0, **changes)]))["items"] == []


def test_money_that_is_not_known_is_not_nothing() -> None:
    unknown = answer(1, 5.0, actual_counts={"spend": None, "conversions": 1.0, "revenue": None})
    first, second = page(State([answer(2, 3.0), unknown]))["items"]

    assert (first["campaign_id"], first["money"]) == ("c1", None)
    assert second["campaign_id"] == "c2"


@pytest.mark.parametrize(("days", "told"), [(0, False), (QUIET_DAYS - 1, False), (QUIET_DAYS, True), (400, True)])
def test_silence_is_told_after_two_weeks(days: int, told: bool) -> None:
    arrival = (NOW - timedelta(days=days)).isoformat()
    items = page(State(arrival=arrival))["items"]

    assert bool(items) == told
    if told:
        assert f"{days} days" in items[0]["text"]
        assert arrival[:10] in items[0]["text"]


@pytest.mark.parametrize(
    ("share", "campaigns", "told"), [(0.9, 100, False), (0.85, 20, False), (0.75, 100, True), (1.0, 900, False)]
)
def test_intervals_are_doubted_where_chance_does_not_explain_it(share: float, campaigns: int, told: bool) -> None:
    coverage = {"cpm": {"campaigns": campaigns, "coverage_90": share, "z_sd": 1.0}, "ctr": None}
    items = page(State(knowledge=replace(NOTHING, diagnostics={"coverage": coverage})))["items"]

    assert [item["metric"] for item in items] == (["cpm"] if told else [])
    if told:
        assert items[0]["text"].startswith("The 90 % intervals of CPM are too narrow: of 100 campaigns they held 75 %.")


def test_a_learning_that_ended_is_told_once_for_the_metric_people_read() -> None:
    fact = {
        "signal_key": "creative.type:video", "context": "", "text": "video: CPA -35 %, no longer so", "revision": 3,
        "reason": "it held at -35 % until 2026-06-01", "metric": "cpa", "effect": 0.65, "interval": [0.6, 0.7],
        "effect_now": 1.0,
    }  # fmt: skip
    facts = {"lrn_1": fact, "lrn_2": {**fact, "metric": "conversions_per_spend"}}
    (item,) = page(State(ended={"lrn_1": "2026-08-20", "lrn_2": "2026-08-20"}, facts=facts))["items"]

    assert item["learning_id"] == "lrn_1"
    assert item["link"] == "/works/creative.type%3Avideo"
    assert item["text"] == "No longer so: video: CPA -35 %, no longer so, because it held at -35 % until 2026-06-01."
    assert item["surprise"] > 5


@pytest.mark.parametrize(("since", "told"), [("2026-06-01", True), ("2025-09-01", False)])
def test_what_the_whole_account_does_is_told_while_it_is_news_and_how_plans_are_off_always(
    since: str, told: bool
) -> None:
    learnt = learn(evidence(replace(WORLDS["CVR x0.7 for all"], fall=0.6, promise=1.3), 1))
    findings = [replace(one, first_seen=since) if one.first_seen else one for one in learnt.findings]
    items = page(State(knowledge=replace(learnt, findings=tuple(findings))))["items"]
    of_kind = {item["kind"]: item for item in items}

    assert ("account-change" in of_kind) == told
    assert not told or f"since {since}, CVR has been" in of_kind["account-change"]["text"]
    assert of_kind["planner-bias"]["text"].startswith("Plans of ours are usually off: ROAS ended")
    assert of_kind["planner-bias"]["money"] > 0


class Months(State):
    """Rows that people call alike, a month each."""

    def campaign_list(self, query: CampaignQuery) -> list[tuple[ListPlace, StoredCampaign]]:
        return [
            (ListPlace(f"2026-0{8 - number}-28T00:00:00.000000+00:00", one.campaign_id), replace(one, name="Always on"))
            for number, (_, one) in enumerate(super().campaign_list(query))
        ]


def test_results_of_one_campaign_are_told_apart_by_their_days() -> None:
    items = page(Months([answer(1, 5.0), answer(2, 4.0)]))["items"]
    (alone,) = page(Months([answer(1, 5.0)]))["items"]

    assert {item["name"] for item in items} == {"Always on, 2026-08-28", "Always on, 2026-07-28"}
    assert alone["name"] == "Always on"
