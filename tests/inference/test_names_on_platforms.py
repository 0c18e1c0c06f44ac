"""One creative id on two platforms is told apart by platform and pooled by the model; an id on one platform is not."""

import random

import numpy as np
import pytest

from reflection.domain import signals
from reflection.domain.bookable import agreed, descriptions_of
from reflection.domain.evidence import encode, evidence_of
from reflection.inference import signal_evidence
from reflection.inference.evidence.dataset import Dataset
from reflection.inference.fit_request import FitRequest
from reflection.inference.learn import learn
from reflection.recommendations import cards

CONCEPTS = ("concept-01", "concept-02")
LIFT = {("Meta", "concept-01"): 1.5, ("Meta", "concept-02"): 1.0, ("TikTok", "concept-01"): 0.67,
        ("TikTok", "concept-02"): 1.0}  # fmt: skip


def _campaign(make_campaign, number: int, platform: str, lifts=LIFT):
    """Both concepts, shown alike; what is clicked follows `lifts`."""
    rows = []
    for concept in CONCEPTS:
        clicks = round(1_000 * lifts[platform, concept] * (1.0 + 0.02 * (number % 3)))
        metrics = {"impressions": 80_000, "clicks": clicks, "conversions": clicks / 25, "spend": 800.0,
                   "revenue": clicks / 25 * 60.0}  # fmt: skip
        rows.append({"audience": "Broad", "creative": concept, "metrics": metrics})
    totals = {name: sum(row["metrics"][name] for row in rows) for name in rows[0]["metrics"]}
    return make_campaign(
        campaign_id=f"c{number:02d}", platform=platform, audiences=[{"name": "Broad"}],
        creatives=[{"id": concept, "type": "video"} for concept in CONCEPTS], actual=totals, breakdown=rows,
        timestamp=f"2026-03-{number + 1:02d}T00:00:00+00:00",
    )  # fmt: skip


@pytest.fixture(scope="module")
def campaigns(make_campaign):
    return [_campaign(make_campaign, number, ("Meta", "TikTok")[number % 2]) for number in range(12)]


@pytest.fixture(scope="module")
def knowledge(campaigns):
    return learn(
        [evidence_of(one) for one in campaigns], FitRequest(definitions=agreed(map(descriptions_of, campaigns)))
    )


def test_what_an_id_does_on_each_platform_is_found_apart(knowledge):
    ctr = {effect.signal: effect for effect in knowledge.effects if effect.metric == "ctr"}
    low = {key: ctr[f"platform*creative:{key}"].effect for key in ("meta*concept-02", "tiktok*concept-01")}
    high = {key: ctr[f"platform*creative:{key}"].effect for key in ("meta*concept-01", "tiktok*concept-02")}

    assert max(low.values()) < 0.9 < 1.1 < min(high.values())
    assert high["meta*concept-01"] / low["meta*concept-02"] == pytest.approx(1.5, abs=0.1)
    assert all(ctr[f"platform*creative:{key}"].finding for key in (*low, *high))
    assert not ctr["creative:concept-01"].finding


def test_what_does_well_on_one_platform_and_badly_on_the_other_is_no_candidate_for_both(knowledge):
    assert "creative:concept-02" not in {option.card.signal for option in cards.build(knowledge)}


def test_no_advice_prefers_on_a_platform_what_does_worse_there(knowledge):
    totals = {one.key: one.total for one in knowledge.bookables if one.total is not None}
    worse = [totals[f"platform*creative:{key}"] for key in ("meta*concept-02", "tiktok*concept-01")]
    better = [totals[f"platform*creative:{key}"] for key in ("meta*concept-01", "tiktok*concept-02")]

    assert {total.lane for total in worse}.isdisjoint({"exploit", "explore"})
    assert "avoid" not in {total.lane for total in better}
    assert max(total.interval[1] for total in worse) < 1.0 < min(total.effect for total in better)


def test_one_that_does_alike_everywhere_stays_one(make_campaign):
    alike = {(platform, concept): 1.5 if concept == "concept-01" else 1.0 for platform, concept in LIFT}
    known = learn([evidence_of(_campaign(make_campaign, n, ("Meta", "TikTok")[n % 2], alike)) for n in range(12)])
    ctr = {effect.signal: effect for effect in known.effects if effect.metric == "ctr"}

    assert ctr["creative:concept-01"].effect > 1.1
    assert not any(effect.finding for key, effect in ctr.items() if key.startswith("platform*creative:"))


def test_an_id_on_one_platform_has_no_second_signal(make_campaign):
    table = Dataset.of(evidence_of(_campaign(make_campaign, n, "Meta")) for n in range(4))

    assert not [feature for feature in table.features if feature.group == "platform*creative"]
    assert not [key for key in table.aliases if key.startswith("platform*creative:")]


def test_the_order_of_arrival_does_not_show(campaigns):
    evidence = [evidence_of(one) for one in campaigns]
    mixed = random.Random(3).sample(evidence, len(evidence))
    one, other = Dataset.of(evidence), Dataset.of(mixed)

    assert one.features == other.features
    assert len([feature for feature in one.features if feature.group == "platform*creative"]) == 4
    assert np.array_equal(one.shares.toarray(), other.shares.toarray())


def test_the_shares_of_a_creative_lie_on_its_own_platform(campaigns):
    table = Dataset.of(map(evidence_of, campaigns))
    shares, column = table.shares.toarray(), {str(feature): n for n, feature in enumerate(table.features)}
    for concept in CONCEPTS:
        parts = [shares[:, column[f"platform*creative:{name}*{concept}"]] for name in ("meta", "tiktok")]
        assert np.array_equal(sum(parts), shares[:, column[f"creative:{concept}"]])
        assert not np.logical_and(*parts).any()


def test_the_ledger_does_not_say_it_and_older_ledgers_teach_it(campaigns):
    """It is a property of the set: nothing of it is stored with a campaign."""
    assert not any(b"platform*creative:" in encode(evidence_of(one)) for one in campaigns)


def test_the_campaigns_for_and_against_it_are_those_of_the_platform(campaigns, knowledge):
    signal = "platform*creative:meta*concept-01"
    assert signals.as_stored(signal) == "creative:concept-01"
    assert signals.as_stored("platform*creative.type:meta*video") == "platform*creative.type:meta*video"
    rows = [(one.campaign_id, encode(evidence_of(one))) for one in campaigns]
    page = signal_evidence.evidence_of(knowledge, signal, "ctr", rows, None)

    assert {row["campaign_id"] for row in page["supporting"]} == {f"c{n:02d}" for n in range(0, 12, 2)}
    assert (page["contradicting"], page["neither"]) == ([], [])
