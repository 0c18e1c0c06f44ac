"""What the evidence cannot tell apart is said to be so, and nothing is found, advised or promised of it."""

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse

from reflection.domain.bookable import agreed, descriptions_of
from reflection.domain.campaign import Campaign
from reflection.domain.evidence import evidence_of
from reflection.domain.knowledge import Knowledge
from reflection.domain.plan import Plan
from reflection.domain.validation import read
from reflection.forecasting.calibration import EMPTY
from reflection.forecasting.plan_evaluation import evaluate
from reflection.inference.doubt.doubts import by_turns_without
from reflection.inference.doubt.season import Season, seasons_of
from reflection.inference.evidence.dataset import Dataset
from reflection.inference.fit_request import FitRequest
from reflection.inference.learn import learn
from reflection.inference.totals.total_effects import moments
from reflection.recommendations import cards

START = dt.date(2024, 1, 5)


@dataclass(frozen=True)
class Booking:
    """What one campaign of an account books, and what that does to its CTR and CVR."""

    type: str
    platform: str = "Meta"
    audience: str = "Broad"
    creative: str | None = None
    ctr: float = 1.0
    cvr: float = 1.0


def _account(count: int, every: int, book: Callable[[int, dt.date], Booking], seed: int = 0) -> list[Campaign]:
    """Campaigns so many days apart, each with one ad."""
    rng = np.random.default_rng(seed)
    made = []
    for index in range(count):
        day = START + dt.timedelta(days=every * index)
        own = book(index, day)
        scatter = np.exp(rng.normal(0, 0.08, 3))
        clicks = int(rng.poisson(80_000 * 0.012 * own.ctr * scatter[0]))
        conversions = float(rng.poisson(clicks * 0.05 * own.cvr * scatter[1]))
        actual = {"impressions": 80_000, "clicks": clicks, "conversions": conversions, "spend": 800.0 * scatter[2]}
        body = {
            "campaign_id": f"c{index:03d}", "platform": own.platform, "objective": "Purchase", "currency": "EUR",
            "audiences": [{"name": own.audience}],
            "creatives": [{"id": own.creative or f"ad {own.type}", "type": own.type}],
            "actual_metrics": {**actual, "revenue": 60.0 * conversions}, "timestamp": f"{day}T12:00:00+00:00",
            "expected_metrics": {"impressions": 80_000, "clicks": 960, "conversions": 48.0, "spend": 800.0},
        }  # fmt: skip
        made.append(read(Campaign, body))
    return made


def _learnt(campaigns: list[Campaign]) -> Knowledge:
    request = FitRequest(seq=1, as_of="2030-01-01T00:00:00+00:00", definitions=agreed(map(descriptions_of, campaigns)))
    return learn([evidence_of(campaign) for campaign in campaigns], request)


def _season(day: dt.date) -> float:
    return 2.0 if day.month in (11, 12) else 1.0


def _told(knowledge: Knowledge, group: str) -> set[str]:
    """Signals of a group of which something is found or advised."""
    found = {one.signal_key for one in knowledge.findings if not one.descriptive}
    advised = {one.definition.key for one in knowledge.bookables if one.advised}
    return {key for key in found | advised if group in key}


def _plan(knowledge: Knowledge, **changes: Any) -> Mapping[str, Any]:
    given = {"platform": "Meta", "objective": "Purchase", "budget": 800.0, "currency": "EUR", **changes}
    (answer,) = evaluate([("p", Plan(**given))], knowledge, EMPTY)["plans"]
    return answer


@pytest.mark.parametrize("types", [("image",), ("image", "carousel")])
@pytest.mark.parametrize("every", [30, 10])
def test_what_ran_in_one_season_only_is_not_told_from_it(types: tuple[str, ...], every: int):
    def book(index: int, day: dt.date) -> Booking:
        season = _season(day)
        return Booking("video" if season > 1 else types[index % len(types)], cvr=season)

    knowledge = _learnt(_account(720 // every, every, book))
    video = [effect for effect in knowledge.effects if effect.signal == "creative.type:video"]

    assert _told(knowledge, "creative") == set()
    assert video
    for effect in video:
        assert not effect.identified
        assert (effect.finding, effect.lfsr) == (False, 1.0)
        assert "2024-11" in effect.reason
        assert "season" in effect.reason
    assert {one.weight for one in knowledge.weights if one.signal_key == "creative.type:video"} == {1.0}
    assert not [option for option in cards.build(knowledge) if option.known and "video" in option.card.signal]
    plan = _plan(knowledge, creatives=[{"id": "ad video", "type": "video"}])
    assert not any(metric["identified"] for metric in plan["metrics"].values())
    assert {metric["p_better"] for metric in plan["metrics"].values()} == {None}
    assert any(note.startswith("not identified: creative") and "season" in note for note in plan["notes"])


CALENDARS: Mapping[str, tuple[int, Callable[[dt.date], bool], str]] = {
    "five promotions": (3, lambda day: (day - START).days % 120 >= 90, "in 5 stretches of days"),
    "alternating quarters": (9, lambda day: (day.month - 1) // 3 % 2 == 1, "stretches of days"),
    "two months a year": (9, lambda day: day.month in (5, 10), "stretches of days"),
    "weekends": (1, lambda day: day.weekday() >= 5, "on Saturdays and Sundays"),
    "paydays": (2, lambda day: day.day >= 25, "of the month"),
    "a week in eight": (2, lambda day: (day - START).days % 56 >= 42, "stretches of days"),
}
"""Days between campaigns, on which days everybody buys twice as much, and how these are called."""


def _season_of_video(every: int, book: Callable[[int, dt.date], Booking]) -> Season | None:
    table = Dataset.of(evidence_of(campaign) for campaign in _account(200, every, book))
    column = [str(feature) for feature in table.features].index("creative.type:video")
    return seasons_of(table, sparse.csc_array(table.shares), {"video": column}).get("video")


@pytest.mark.parametrize("name", CALENDARS)
@pytest.mark.parametrize("strays", [0, 3])
def test_days_on_which_a_signal_ran_are_seen_to_be_its_season(name: str, strays: int):
    """However often they come round, and also where a few campaigns ran on others, or something else beside."""
    every, special, words = CALENDARS[name]

    def book(index: int, day: dt.date) -> Booking:
        return Booking("video" if special(day) != (index % 80 == 30 and strays > 0) else "image")

    season = _season_of_video(every, book)

    assert season is not None
    assert season.alone or season.compared < 6 * strays
    assert season.foretold > 0.7
    assert words in season.when


@pytest.mark.parametrize("name", CALENDARS)
def test_what_else_ran_on_such_days_is_compared(name: str):
    every, special, _ = CALENDARS[name]
    season = _season_of_video(every, lambda index, day: Booking("video" if special(day) and index % 3 else "image"))

    assert season is None or season.compared > 5


@pytest.mark.parametrize(("lift", "alone"), [(1.0, True), (1.0, False), (3.0, False)])
def test_what_ran_in_promotions_only_is_told_by_what_else_ran_then(lift: float, alone: bool):
    every, special, _ = CALENDARS["five promotions"]

    def book(index: int, day: dt.date) -> Booking:
        video = special(day) and (alone or index % 3 > 0)
        return Booking("video" if video else ("image", "text")[index % 2], cvr=(1 + special(day)) * lift**video)

    knowledge = _learnt(_account(120, every, book))

    assert bool(_told(knowledge, "video")) is (lift > 1)
    if alone:
        assert "when hardly anything else ran" in knowledge.unidentified["creative.type:video"]["reason"]


def test_the_same_effect_all_the_year_round_is_found():
    def book(index: int, day: dt.date) -> Booking:
        kind = ("video", "image", "carousel")[index % 3]
        return Booking(kind, cvr=2.0 if kind == "video" else 1.0)

    knowledge = _learnt(_account(72, 10, book))

    assert knowledge.unidentified == {}
    assert "creative.type:video" in _told(knowledge, "creative")
    assert all(effect.identified for effect in knowledge.effects)


@pytest.mark.parametrize(("lift", "told"), [(1.0, False), (1.8, True)])
def test_in_its_season_it_is_compared_with_what_else_ran_then(lift: float, told: bool):
    """Video runs in November and December beside images, which run all year."""

    def book(index: int, day: dt.date) -> Booking:
        season = _season(day)
        video = season > 1 and index % 2 == 0
        return Booking("video" if video else "image", cvr=season * (lift if video else 1.0))

    knowledge = _learnt(_account(144, 5, book))

    assert bool(_told(knowledge, "video")) is told
    if not told:
        (effect,) = [one for one in knowledge.effects if (one.signal, one.metric) == ("creative.type:video", "cvr")]
        assert effect.interval[0] < 1.0 < effect.interval[1], "it is the months', which were seen in two years"


def test_what_replaced_everything_else_one_day_is_not_told_from_what_changed_then():
    def book(index: int, day: dt.date) -> Booking:
        return Booking("video", cvr=1.6) if index >= 20 else Booking("image")

    knowledge = _learnt(_account(40, 7, book))

    assert _told(knowledge, "creative") == set()
    assert {"creative.type:video", "creative.type:image"} <= knowledge.unidentified.keys()


@pytest.mark.parametrize("strays", [0, 1])
def test_what_nearly_always_ran_together_is_not_told_apart(strays: int):
    """Students always see video and nobody else does, but for a stray campaign."""

    def book(index: int, day: dt.date) -> Booking:
        students = index % 2 == 0
        video = students if index >= strays else not students
        return Booking(
            "video" if video else ("image", "text")[index // 2 % 2],
            audience="Students" if students else ("Parents", "Graduates")[index // 2 % 2],
            cvr=1.7 if students else 1.0,
        )

    knowledge = _learnt(_account(40, 3, book))
    names = {effect.signal for effect in knowledge.effects if not effect.identified}

    assert {"audience:students", "creative.type:video"} <= names
    assert not _told(knowledge, "students") | _told(knowledge, "video")
    (reason,) = {one.reason for one in knowledge.effects if (one.signal, one.metric) == ("audience:students", "cvr")}
    assert "cannot be told apart" in reason
    assert "video" in reason
    alone = _plan(knowledge, audiences=[{"name": "Students"}], creatives=[{"id": "ad image", "type": "image"}])
    both = _plan(knowledge, audiences=[{"name": "Students"}], creatives=[{"id": "ad video", "type": "video"}])
    assert not any(metric["identified"] for metric in alone["metrics"].values())
    assert both["metrics"]["cvr"]["identified"]  # together they always ran


@pytest.mark.parametrize("kind", ["audience", "creative"])
def test_a_name_is_never_advised_on_the_platform_where_it_is_the_worse_one(kind: str):
    """One is good on Meta and bad on TikTok: the other one is nothing to test on Meta, and neither is told as one."""

    def book(index: int, day: dt.date) -> Booking:
        platform, name = ("Meta", "TikTok")[index % 2], f"concept-{index // 2 % 2}"
        lift = 1.0 if name == "concept-1" else (1.5 if platform == "Meta" else 0.67)
        named = {"audience": name} if kind == "audience" else {"creative": name}
        return Booking("video", platform=platform, ctr=lift, **named)

    knowledge = _learnt(_account(40, 3, book))
    for platform, worse in (("Meta", "concept-1"), ("TikTok", "concept-0")):
        advised = [one.card for one in cards.build(knowledge, platform) if one.card.lane in ("exploit", "explore")]
        assert not [card for card in advised if worse in card.signal]
    anywhere = {one.card.signal: one.card.lane for one in cards.build(knowledge)}
    assert anywhere.get(f"platform*{kind}:meta*concept-1") not in ("exploit", "explore")
    assert anywhere[f"platform*{kind}:meta*concept-0"] == "exploit"
    assert not [effect for effect in knowledge.effects if effect.group == kind and effect.finding]


def test_without_any_effect_hardly_anything_is_doubted():
    rng = np.random.default_rng(1)

    def book(index: int, day: dt.date) -> Booking:
        kind, audience = str(rng.choice(["a", "b", "c"])), str(rng.choice(["Ann", "Ben", "Cid", "Dan"]))
        return Booking(kind, platform=str(rng.choice(["Meta", "TikTok"])), audience=audience)

    assert _learnt(_account(40, 9, book, 1)).unidentified == {}


def test_what_is_not_identified_adds_nothing_to_others():
    rows = {"creative.type:video": 0, "creative.type:image": 1, "creative.type:text": 2, "platform:meta": 3}
    rows |= {"platform*creative.type:meta*video": 4}
    matrix = np.array([[0.6, 0.8], [-0.1, -0.2], [-0.5, -0.6], [0.3, 0.1], [0.2, 0.4]])
    known = by_turns_without(rows, matrix, {"creative.type:video": {}})

    np.testing.assert_allclose(known, [[0, 0.8], [0.2, -0.2], [-0.2, -0.6], [0.3, 0.1], [0, 0]])
    assert by_turns_without(rows, matrix, {}) is matrix
    assert matrix[0, 0] == 0.6


@given(
    doubtful=st.floats(-1.5, 1.5),
    rest=st.lists(st.floats(-1.0, 1.0), min_size=2, max_size=4),
    share=st.floats(0.05, 0.9),
    noise=st.floats(0.005, 0.2),
)
def test_only_what_holds_against_the_whole_group_and_against_the_rest_of_it_is_better_or_worse(
    doubtful: float, rest: list[float], share: float, noise: float
):
    """Whether the doubtful effect is its own or not, nothing is probably better that is not with it and without it."""
    effects = np.array([doubtful, *rest])
    draws = effects[:, None] + noise * np.random.default_rng(1).standard_normal((len(effects), 400))
    rows = {f"audience:{number}": number for number in range(len(effects))}
    usual = np.array([share, *[(1 - share) / len(rest)] * len(rest)])
    whole = effects - usual @ effects
    apart = np.array([0.0, *(effects[1:] - effects[1:].mean())])
    informative = by_turns_without(rows, draws, {"audience:0"})
    mean, spread = moments(informative - usual @ informative)
    for place in range(1, len(effects)):
        if whole[place] * apart[place] <= 0:
            assert abs(mean[place]) < 1.2816 * spread[place]  # neither above 0.9 nor below 0.1
