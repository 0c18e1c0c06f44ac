"""Advice followed: who follows what, and a claim that is made before the outcome is known."""

import pytest

from reflection.domain import signals
from reflection.domain.campaign import Campaign
from reflection.domain.forecast_register import ForecastRequest
from reflection.domain.knowledge import NOTHING, Knowledge
from reflection.domain.validation import read
from reflection.errors import InvalidInput
from reflection.evaluation.track_record import ADVICE
from reflection.recommendations import adherence, cards

METRICS = {"impressions": 10_000, "clicks": 200, "conversions": 10, "spend": 100.0, "revenue": 400.0}


def _campaign(kind: str = "video", recommendations: tuple[str, ...] = ()) -> Campaign:
    return read(
        Campaign,
        {
            "campaign_id": "c", "platform": "Meta", "objective": "Leads", "expected_metrics": METRICS,
            "actual_metrics": METRICS, "creatives": [{"id": "x", "type": kind}], "currency": "EUR",
            "timestamp": "2026-03-01T00:00:00+00:00", "recommendation_ids": list(recommendations),
        },
    )  # fmt: skip


def _shares(campaign: Campaign) -> dict[str, float]:
    return {signal.key: share for signal, share in signals.of_campaign(campaign).items()}


def _card(knowledge: Knowledge, signal: str, platform: str | None = None) -> cards.Card:
    return next(one.card for one in cards.build(knowledge, platform) if one.card.signal == signal)


def test_a_named_recommendation_is_recognised_without_being_stored(knowledge: Knowledge):
    card = _card(knowledge, "creative.type:video", "Meta")
    campaign = _campaign(recommendations=(card.id,))
    (found,) = adherence.followed(campaign, _shares(campaign), knowledge, [])
    assert (found.signal, found.lane, found.matched) == ("creative.type:video", "exploit", "named")


def test_naming_a_recommendation_without_doing_it_is_not_following(knowledge: Knowledge):
    card = _card(knowledge, "creative.type:video")
    campaign = _campaign("image", (card.id, "rec_never_heard_of"))
    assert adherence.followed(campaign, _shares(campaign), knowledge, []) == []


def test_what_an_id_stands_for_is_tried_context_by_context_and_not_for_ever(knowledge: Knowledge, monkeypatch):
    card = _card(knowledge, "creative.type:video", "Meta")
    contexts = adherence.contexts_of(knowledge)
    assert contexts[0] == (None, None)
    assert adherence.proposals(knowledge, [card.id], contexts)[card.id] == (
        "creative.type:video",
        "exploit",
        ("meta", None),
    )

    tried = list[str]()
    monkeypatch.setattr(adherence, "card_id", lambda *one: tried.append(one[1]) or cards.card_id(*one))
    assert adherence.proposals(knowledge, [card.id, "rec_0123456789abcdef", "rec_x"], contexts, most=1) == {}
    assert len(tried) == 4 * len(knowledge.bookables)


def test_to_avoid_is_to_be_without(knowledge: Knowledge):
    card = _card(knowledge, "creative.type:image")
    for kind, follows in (("video", 1), ("image", 0)):
        campaign = _campaign(kind, (card.id,))
        assert len(adherence.followed(campaign, _shares(campaign), knowledge, [])) == follows


def test_an_accepted_recommendation_is_matched_by_what_the_campaign_does(knowledge: Knowledge):
    claim = {"signal": "creative.type:video", "lane": "exploit", "platform": None}
    accepted = [{"recommendation_id": "r", "claim": claim}]
    video, image = _campaign("video"), _campaign("image")
    (found,) = adherence.followed(video, _shares(video), knowledge, accepted)
    assert found.matched == "signal"
    assert adherence.followed(image, _shares(image), knowledge, accepted) == []
    elsewhere = [{"recommendation_id": "r", "claim": {**claim, "platform": "TikTok"}}]
    assert adherence.followed(video, _shares(video), knowledge, elsewhere) == []


def test_a_claim_says_what_the_advice_adds_and_how_sure_it_is(knowledge: Knowledge):
    campaign = _campaign()
    follows = [adherence.FollowedRecommendation("r", "creative.type:video", "exploit", "named")]
    (row,) = adherence.claims(knowledge, campaign, _shares(campaign), follows, "2026-03-01T00:00:00+00:00")
    assert row.issuer == ADVICE
    assert row.metric == "roas"
    assert row.detail["lift_mean"] == pytest.approx(0.4, abs=0.05)
    assert row.detail["p_better"] > 0.7
    assert list(row.quantiles.values()) == sorted(row.quantiles.values())


def test_the_lift_of_an_interaction_is_that_of_its_card(make_knowledge):
    import math

    key = "platform*creative.type:meta*video"
    knowledge = make_knowledge(
        {"creative.type:video": (0.02, 0.05, False), "platform:meta": (0.0, 0.1, False), key: (0.5, 0.05, True)}
    )
    campaign = _campaign()
    follows = [adherence.FollowedRecommendation("r", key, "exploit", "named")]
    (row,) = adherence.claims(knowledge, campaign, _shares(campaign), follows, "2026-03-01T00:00:00+00:00")
    assert row.detail["lift_mean"] == pytest.approx(math.log(_card(knowledge, key).effect), abs=0.02)


def test_avoiding_is_claimed_as_the_gain_of_being_without(knowledge: Knowledge):
    campaign = _campaign("video")
    follows = [adherence.FollowedRecommendation("r", "creative.type:image", "avoid", "named")]
    (row,) = adherence.claims(knowledge, campaign, _shares(campaign), follows, "2026-03-01T00:00:00+00:00")
    assert row.detail["lift_mean"] == pytest.approx(0.3, abs=0.05)


def test_nothing_is_claimed_from_nothing():
    campaign = _campaign()
    follows = [adherence.FollowedRecommendation("r", "creative.type:video", "exploit", "named")]
    assert adherence.claims(NOTHING, campaign, _shares(campaign), follows, "now") == []


FORECAST = {
    "issuer": "agent", "issued_at": "2026-01-01T00:00:00+00:00", "metric": "conversions", "point": 10.0,
    "campaign_id": "c",
}  # fmt: skip


def test_a_forecast_becomes_a_register_row():
    request = read(ForecastRequest, {"forecasts": [{**FORECAST, "quantiles": {"0.050": 5.0, "0.95": 20.0}}]})
    row = request.forecasts[0].row()
    assert row.quantiles == {"0.05": 5.0, "0.95": 20.0}
    assert row.detail == {"source": "api"}


@pytest.mark.parametrize(
    "changes",
    [
        {"point": None},
        {"metric": "happiness"},
        {"issuer": "engine"},
        {"issuer": "Advice"},
        {"quantiles": {"0.05": 20.0, "0.95": 5.0}},
        {"quantiles": {"many": 1.0}},
        {"quantiles": {"1.5": 1.0}},
        {"campaign_id": None},
        {"issued_at": "2026-01-01T00:00:00"},
        {"point": -1.0},
    ],
)
def test_forecasts_nobody_could_score_are_refused(changes: dict[str, object]):
    with pytest.raises(InvalidInput):
        read(ForecastRequest, {"forecasts": [{**FORECAST, **changes}]})
