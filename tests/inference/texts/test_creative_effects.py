"""What texts teach in planted worlds: found where it is, silent where nothing is, whatever the order."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from reflection.domain.campaign import BreakdownRow, Campaign, Creative, Metrics
from reflection.domain.creative_knowledge import AXES, CreativeTexts, GivenScore, PlacedText
from reflection.domain.creative_text import CreativeText
from reflection.domain.evidence import Evidence, evidence_of
from reflection.domain.knowledge import Knowledge
from reflection.engine.creative_texts import texts_of
from reflection.forecasting.creative_forecast import foretold
from reflection.inference.fit_request import FitRequest
from reflection.inference.learn import learn
from reflection.store.knowledge_blob import decode, encode

WORDS = ("river", "stone", "paper", "light", "garden", "market", "window", "planet", "silver", "circle", "forest")
CAMPAIGNS = 60


def headline(rng: np.random.Generator, question: bool) -> str:
    return " ".join(rng.choice(WORDS, 9)) + ("?" if question else "")


def campaign(number: int, rng: np.random.Generator, effect: float) -> Campaign:
    """Three creatives side by side at a level of the campaign's own; questions get `effect` on the log of CTR."""
    level = 0.02 * np.exp(rng.normal(0, 0.5))
    creatives, rows = [], []
    for place in range(3):
        question = bool((number + place) % 2)
        creatives.append(Creative(id=f"ad {number} {place}", type="image", headline=headline(rng, question)))
        clicks = int(rng.poisson(20_000 * level * np.exp(effect * question + rng.normal(0, 0.1))))
        rows.append(BreakdownRow(creative=creatives[-1].id, metrics=counts(20_000, clicks)))
    total = counts(60_000, sum(row.metrics.clicks or 0 for row in rows))
    return Campaign(
        campaign_id=f"c{number:03}",
        platform="Meta",
        objective="traffic",
        expected_metrics=counts(None, None),
        actual_metrics=total,
        creatives=tuple(creatives),
        breakdown=tuple(rows),
        timestamp=datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=number),
    )


def counts(impressions: int | None, clicks: int | None) -> Metrics:
    return Metrics(impressions=impressions, clicks=clicks, conversions=None, spend=None)


def placed(campaigns: list[Campaign], scores: Mapping[str, GivenScore] | None = None) -> CreativeTexts:
    """Texts with places that say nothing of them."""
    return CreativeTexts(
        {
            one.campaign_id: {
                key: replace(
                    text,
                    axes=tuple(
                        np.random.default_rng(int(text.text.key[:8], 16)).integers(-65536, 65536, AXES).tolist()
                    ),
                )
                for key, text in texts_of(one).creatives.items()
            }
            for one in campaigns
        },
        scores or {},
    )


def world(effect: float, count: int = CAMPAIGNS) -> tuple[list[Evidence], list[Campaign]]:
    rng = np.random.default_rng(11)
    campaigns = [campaign(number, rng, effect) for number in range(count)]
    return [evidence_of(one) for one in campaigns], campaigns


@pytest.fixture(scope="module")
def scores() -> dict[str, GivenScore]:
    """Given before: a question gets 20, what is none 80; the first campaigns ran before they were registered."""
    return {f"creative:ad {n} {p}": GivenScore(20_454 + 20, 20.0 if (n + p) % 2 else 80.0, None)
            for n in range(CAMPAIGNS) for p in range(3)}  # fmt: skip


@pytest.fixture(scope="module")
def planted(scores: dict[str, GivenScore]) -> Knowledge:
    evidence, campaigns = world(-0.3)
    return learn(evidence, FitRequest(texts=placed(campaigns, scores)))


def test_a_planted_trait_is_found_with_its_campaigns(planted: Knowledge) -> None:
    effects = {row.trait: row for row in planted.creatives.effects}
    question = effects.pop("question")
    assert question.finding
    assert question.interval[0] < np.exp(-0.3) < question.interval[1]
    assert (question.texts, question.others, question.campaigns) == (90, 90, CAMPAIGNS)
    assert len(question.supporting) > 40
    assert set(question.supporting) & set(question.contradicting) == set()
    assert not [row.trait for row in effects.values() if row.finding]
    assert planted.creatives.texts == 3 * CAMPAIGNS


def test_a_text_that_nobody_ran_is_foretold(planted: Knowledge) -> None:
    zero = (0,) * AXES
    asks, tells = (
        foretold(
            planted.creatives, PlacedText(CreativeText(f"river stone paper light garden market{mark}"), (), zero), "ctr"
        )
        for mark in ("?", "")
    )
    assert asks is not None
    assert tells is not None
    assert asks.lift < 1 < tells.lift
    assert asks.score < 40 < 60 < tells.score
    assert np.isclose(asks.lift / tells.lift, np.exp(-0.3), rtol=0.12)
    assert foretold(planted.creatives, PlacedText(CreativeText("?!"), (), zero), "ctr") is None
    assert foretold(planted.creatives, PlacedText(CreativeText("river stone")), "ctr") is None


def test_scores_from_before_are_judged_and_only_those(planted: Knowledge) -> None:
    record = planted.creatives.scores["given"]
    assert record.campaigns == CAMPAIGNS - 20, "what ran before the registration says nothing of it"
    assert record.share is not None
    assert record.share > 0.9
    assert "own" not in planted.creatives.scores


def test_order_changes_no_bit(scores: dict[str, GivenScore]) -> None:
    evidence, campaigns = world(-0.3, 16)
    once, again = (
        learn(evidence[::step], FitRequest(texts=placed(campaigns[::step], dict(list(scores.items())[::step]))))
        for step in (1, -1)
    )
    assert once.creatives.models
    assert again.creatives == once.creatives


def test_storing_loses_no_bit(planted: Knowledge) -> None:
    assert decode(*encode(planted)).creatives == planted.creatives


def test_nothing_is_found_in_nothing() -> None:
    evidence, campaigns = world(0.0)
    null = learn(evidence, FitRequest(texts=placed(campaigns)))
    assert not [row for row in null.creatives.effects if row.finding]
    assert null.creatives.reason == "no trait of texts is beyond noise yet"


def test_texts_apart_are_not_compared() -> None:
    evidence, campaigns = world(0.0, 6)
    bare = learn(evidence)
    assert bare.creatives.reason == "no campaign gives the headline or the text of its creatives"
    few = learn(evidence, FitRequest(texts=placed(campaigns[:2])))
    assert few.creatives.reason is not None
    assert few.creatives.reason.startswith("6 different texts ran side by side")
    assert (few.creatives.effects, few.creatives.models) == ((), {})
