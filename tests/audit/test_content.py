"""The content audit: what is said of simulated accounts, anywhere, follows from what is known and from what is true.

Each law is judged on every sentence of every door (answers, insights, patterns, learnings, cards, chat, reports) by the
evidence the sentence names. Three accounts in the fast tests, all of them in several sizes in torture.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest
from pydantic import TypeAdapter

from reflection.domain.metrics import METRICS
from reflection.domain.results import Analysis
from reflection.explain.advice import CLOSE
from reflection.explain.openai_writer import OpenAIWriter
from reflection.explain.proposals import ModelProposer
from reflection.explain.questions.evidence import facts_of
from reflection.explain.writer import DeterministicWriter

Doors = Any
ANALYSIS: TypeAdapter[Analysis] = TypeAdapter(Analysis)
Audit = Callable[[str, int, int], Doors]

FEW = (("tracking fault", 40, 3), ("season", 40, 5))
NAMES = (
    "shop", "shop without a breakdown", "leads", "mixed goals", "brand search", "retargeting", "one-off creatives",
    "tracking fault", "no plan", "two currencies", "season", "pair",
)  # fmt: skip
MANY = tuple((name, size, seed) for name in NAMES for size in (5, 20, 60, 200) for seed in (11, 12))
LARGE = tuple((name, 500, 13) for name in ("shop", "mixed goals", "retargeting"))
CLEAR = 0.03
"""Log of a truth that counts as a direction; below it neither side is wrong."""

MOVED = {"above": 1, "higher": 1, "more": 1, "below": -1, "lower": -1, "fewer": -1, "less": -1}
SIZE = re.compile(r"\b(CTR|CVR|CPA|ROAS|CPM|CPC)\b[^.;(]*? (\d+(?:\.\d+)?) % (above|below|higher|lower)\b")
EXPERT = re.compile(
    r"effective campaigns|\blanes?\b|shrunk|\bx\d|\d\.\d+x\b|per unit of spend|per currency unit|conversions_per_spend"
    r"|\b(?:audience|creative|platform|objective)(?:\.\w+)?:\w",
)
"""Words of the method and keys of ours that no sentence for a marketer holds."""

ITSELF = re.compile(r"(?<![\d.,])((?:[A-Z]{3} )?[\d.,]*\d(?: %)?) against \1(?![\d.,]*\d)(?! %)")
"""A figure held against itself."""

NO_SIDE = re.compile(r"(?<![\d.,])0 % (?:higher|lower) (?:than|to )")
"""No difference, with a direction."""

EXPERT_DOORS = ("/v1/effects",)
FORECAST = re.compile(r"\bforecasts?\b", re.IGNORECASE)


def accounts(cases: Any) -> Any:
    """The cases as parameters with a readable name."""
    return [pytest.param(case, id=f"{case[0]}, {case[1]}, {case[2]}") for case in cases]


def _cards(doors: Doors) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Every card of every door, with the door."""
    for door, answer in doors.answers.items():
        if door.startswith("/v1/recommendations"):
            yield from ((door, card) for card in answer["cards"])


def no_advice_is_against_the_truth(doors: Doors) -> None:
    advised = {
        (card["lane"], card["signal"]): doors.account.truth[card["signal"]]
        for door, card in _cards(doors)
        if card["lane"] in ("exploit", "avoid")
        and card["signal"] in doors.account.truth
        and door == "/v1/recommendations"
    }
    wrong = {key: truth for key, truth in advised.items() if (truth if key[0] == "exploit" else -truth) < -CLEAR}

    assert len(wrong) <= 0.1 * len(advised), wrong


def a_card_decides_by_the_probability_it_shows(doors: Doors) -> None:
    for _, card in _cards(doors):
        better = card["effect"] >= 1.0
        assert (card["p_better"] > 0.5) == better or card["lane"] not in ("exploit", "avoid"), card
        if card["lane"] == "exploit":
            assert card["p_better"] > 0.9, card
        if card["lane"] == "avoid":
            assert card["p_better"] < 0.1, card


def one_thing_has_one_figure(doors: Doors) -> None:
    figures: dict[tuple[str, str, str | None, str | None], set[tuple[float, float]]] = {}
    for _, card in _cards(doors):
        key = (card["signal"], card["metric"], card["platform"], card["objective"])
        figures.setdefault(key, set()).add((round(card["effect"], 6), round(card["p_better"], 6)))

    assert {key: values for key, values in figures.items() if len(values) > 1} == {}


def a_sentence_turns_the_way_its_evidence_does(doors: Doors) -> None:
    findings = {row["finding_id"]: row for row in _findings(doors)}
    for campaign_id, statement in doors.statements():
        cited = [findings[item.removeprefix("finding:")] for item in statement["evidence"] if item[8:] in findings]
        for metric, size, word in SIZE.findall(statement["text"]):
            match = [finding for finding in cited if _reads(finding, metric, float(size), MOVED[word])]
            assert not cited or match, (campaign_id, statement)


def _findings(doors: Doors) -> Iterator[Mapping[str, Any]]:
    for answer in doors.stored.values():
        yield from answer["pattern_report"]["pattern_report"]


def _reads(finding: Mapping[str, Any], metric: str, size: float, sign: int) -> bool:
    """Whether a finding says this of this metric; conversions for the money are read as CPA."""
    effect = finding["effect"]
    if effect is None:
        return False
    if finding["metric"] == "conversions_per_spend":
        effect = 1 / effect
    name = {"conversions_per_spend": "CPA"}.get(finding["metric"], finding["metric"].upper())
    return name == metric and (effect - 1) * sign > 0 and abs(abs(effect - 1) * 100 - size) < 0.6


def held_campaigns_are_in_no_claim(doors: Doors) -> None:
    held = doors.account.faulty if len(doors.account.campaigns) >= 20 else set()
    for door, text in doors.texts():
        for name in held:
            if door != name and re.search(rf"\b{name}\b", text):
                assert re.search(r"\bheld\b|tracking fault|looks? like a fault|kept out", text), (door, text)


def what_is_missing_has_no_figure(doors: Doors) -> None:
    without = {
        campaign.campaign_id
        for campaign in doors.account.campaigns
        if campaign.actual_metrics.revenue is None and campaign.campaign_id in doors.stored
    }
    for name in without:
        for kind in ("key_learnings", "anomalies"):
            for text in doors.stored[name]["insights"][kind]:
                assert not re.search(r"\bROAS \d|ROAS is \d", text), (name, text)
    if all(campaign.actual_metrics.revenue is None for campaign in doors.account.campaigns):
        assert [text for _, text in doors.texts() if re.search(r"\bROAS \d|of revenue\b", text)] == []


def without_a_forecast_nothing_missed_one(doors: Doors) -> None:
    planners = {campaign.campaign_id: campaign.planner for campaign in doors.account.campaigns}
    for campaign_id, statement in doors.statements():
        if planners[campaign_id] == "account-average" and statement["evidence"][0].startswith(("delta:", "driver:")):
            assert not FORECAST.search(statement["text"]), (campaign_id, statement["text"])


def words_of_the_method_stay_with_the_experts(doors: Doors) -> None:
    said = {text for door, text in doors.texts() if not door.startswith(EXPERT_DOORS)}

    assert sorted(text for text in said if EXPERT.search(text)) == []


def nothing_rests_on_what_is_not_identified(doors: Doors) -> None:
    """A card rests on its metric and on what that is composed of; what only another metric shows is no part of it."""
    doubtful = {
        (row["signal"], row["metric"])
        for row in doors.answers["/v1/effects"]["items"]
        if not row["identified"] and "differs from the average" not in row["reason"]
    }
    bases = {(card["signal"], card["metric"]) for _, card in _cards(doors)}
    assert not doubtful & {(signal, part) for signal, own in bases for part in (own, *METRICS[own].composition)}
    found = {(row["signal_key"], row["metric"]) for row in _findings(doors) if row["status"] != "descriptive"}
    assert (
        not {(row["signal"], row["metric"]) for row in doors.answers["/v1/effects"]["items"] if not row["identified"]}
        & found
    )
    if doors.account.name in ("season", "pair") and len(doors.account.campaigns) >= 40:
        assert {"season": "creative.type:video", "pair": "audience:students"}[doors.account.name] in {
            signal for signal, _ in doubtful
        }


def no_difference_is_told_that_nobody_can_read(doors: Doors) -> None:
    said = {text for _, text in doors.texts()}

    assert sorted(text for text in said if ITSELF.search(text) or NO_SIDE.search(text)) == []


def what_lies_close_to_usual_is_not_called_unknown(doors: Doors) -> None:
    for _, card in _cards(doors):
        low, high = card["interval"]
        if "We cannot tell yet whether" in card["sentence"]:
            assert low < 1.0 < high, card
            assert card["metric"] != "roas" or max(1 - low, high - 1) > CLOSE, card


LAWS = (
    no_difference_is_told_that_nobody_can_read,
    what_lies_close_to_usual_is_not_called_unknown,
    no_advice_is_against_the_truth,
    a_card_decides_by_the_probability_it_shows,
    one_thing_has_one_figure,
    a_sentence_turns_the_way_its_evidence_does,
    held_campaigns_are_in_no_claim,
    what_is_missing_has_no_figure,
    without_a_forecast_nothing_missed_one,
    words_of_the_method_stay_with_the_experts,
    nothing_rests_on_what_is_not_identified,
)


every_account = pytest.mark.parametrize(
    "case",
    [
        *accounts(FEW),
        *(
            pytest.param(*case.values, id=case.id, marks=pytest.mark.torture(part="audit"))
            for case in accounts(MANY + LARGE)
        ),
    ],
)


@every_account
def test_what_is_said_of_an_account_keeps_every_law(audit: Audit, case: tuple[str, int, int]) -> None:
    doors = audit(*case)
    for law in LAWS:
        law(doors)


@every_account
def test_a_model_that_twists_its_evidence_adds_nothing(
    audit: Audit, case: tuple[str, int, int], twisting_model: ModelProposer
) -> None:
    rejections = 0
    for answer in audit(*case).stored.values():
        facts = facts_of(ANALYSIS.validate_python(answer))
        insights = OpenAIWriter(twisting_model).write(facts)

        assert insights.statements == DeterministicWriter().write(facts).statements
        rejections += len(insights.rejected)
    assert rejections > 0  # a held campaign alone gives it nothing to twist
