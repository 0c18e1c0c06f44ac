"""A level is no trend: words of movement need a change with its date, in whatever is said anywhere.

Random worlds in which platforms, audiences and creatives differ and nothing changes over time, and the same worlds
with a planted change of one platform.
"""

import datetime
import re
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from starlette.testclient import TestClient

from reflection.api.app import create_app
from reflection.domain.campaign import Campaign
from reflection.domain.evidence import evidence_of
from reflection.inference.learn import learn
from reflection.learnings.revision import revised
from reflection.settings import Settings
from reflection.wiring import build

START = datetime.date(2025, 1, 6)
WEEKS, CHANGE = 40, 20
PLATFORMS = {"Meta": 1.0, "Google": 1.5, "LinkedIn": 0.6}
CREATIVES = {"video": 1.3, "image": 1.0, "text": 0.75}
AGES = {"18-25": 1.15, "35-44": 0.9}
MOVEMENT = re.compile(
    r"\b(mov(?:ed?|es|ing)(?! budget)|trends?|platform_trend|earlier level|rising|falling|rose|fell|now|increas\w*"
    r"|declin\w*|grew|grow\w*|improv\w*|newer|nowadays|recently)\b",
    re.IGNORECASE,
)
PRESENT = re.compile(r"(?:worth testing|proposed|as it is for) now", re.IGNORECASE)
"""What is to be done at present, which says nothing of a change."""

MESSAGES = (
    "Which platform works best?", "What did we learn about Meta?", "Why did CPA differ?", "What should we test next?",
    "Is CTR on Google going up?", "How did w0_Meta_5 perform?",
)  # fmt: skip


def _campaigns(make_campaign: Callable[..., Campaign], seed: int, lift: float = 1.0) -> list[Campaign]:
    """One campaign a week on each platform; from week `CHANGE` on the CTR of Meta is `lift` times what it was."""
    rng = np.random.default_rng(seed)
    campaigns = []
    for week in range(WEEKS):
        for platform, level in PLATFORMS.items():
            creative, age = rng.choice(list(CREATIVES)), rng.choice(list(AGES))
            ctr = 0.02 * level * CREATIVES[creative] * AGES[age] * float(np.exp(rng.normal(0, 0.08)))
            ctr *= lift if platform == "Meta" and week >= CHANGE else 1.0
            clicks = int(rng.poisson(200_000 * ctr))
            conversions = int(rng.poisson(clicks * 0.05))
            campaigns.append(
                make_campaign(
                    campaign_id=f"w{seed}_{platform}_{week}", platform=platform,
                    audiences=[{"name": f"a{age}", "attributes": {"age_range": age}}],
                    creatives=[{"id": f"c{creative}", "type": creative}],
                    actual={
                        "impressions": 200_000, "clicks": clicks, "conversions": conversions, "spend": 4000.0,
                        "revenue": conversions * 40.0,
                    },
                    timestamp=f"{START + datetime.timedelta(weeks=week)}T10:00:00+00:00",
                )
            )  # fmt: skip
    return campaigns


def _texts(value: Any) -> Iterator[str]:
    """Every string in an answer, names of fields left out."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for item in value.values():
            yield from _texts(item)
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item)


def _sentences(client: TestClient, campaign_id: str) -> list[str]:
    """All that is said: patterns, insights, learnings, cards, chat, reports, and a campaign's own answer."""
    urls = [
        "/insights?limit=500", "/patterns?limit=500", "/recommendations", "/v1/recommendations?platform=Meta",
        "/v1/learnings?limit=500", f"/v1/campaigns/{campaign_id}", f"/v1/campaigns/{campaign_id}/report?format=json",
        "/v1/portfolio/report?start=2025-01-01&end=2026-01-01&format=json",
    ]  # fmt: skip
    answers = [client.get(url) for url in urls]
    answers += [client.post("/agent-chat", json={"message": message}) for message in MESSAGES]
    assert {answer.status_code for answer in answers} == {200}
    return [PRESENT.sub("", text) for answer in answers for text in _texts(answer.json())]


def _world(settings: Settings, campaigns: list[Campaign]) -> Iterator[TestClient]:
    with build(settings) as application:
        list(application.engine.analyze_many(campaigns, following=True))
        application.learner.learn_now("default")
        yield TestClient(create_app(application), "http://127.0.0.1:8000", client=("127.0.0.1", 50000))


@pytest.fixture(scope="module")
def still(
    tmp_path_factory: pytest.TempPathFactory,
    settings_in: Callable[..., Settings],
    make_campaign: Callable[..., Campaign],
) -> Iterator[TestClient]:
    """A world in which nothing changes over time, learnt."""
    yield from _world(
        settings_in(tmp_path_factory.mktemp("still"), embedding_model="none"), _campaigns(make_campaign, 0)
    )


@pytest.fixture(scope="module")
def changed(
    tmp_path_factory: pytest.TempPathFactory,
    settings_in: Callable[..., Settings],
    make_campaign: Callable[..., Campaign],
) -> Iterator[TestClient]:
    """The same world with a platform whose CTR changed."""
    yield from _world(
        settings_in(tmp_path_factory.mktemp("changed"), embedding_model="none"), _campaigns(make_campaign, 0, lift=1.8)
    )


def test_where_nothing_changes_no_word_says_so(still: TestClient) -> None:
    texts = _sentences(still, "w0_Meta_5")

    assert any("LinkedIn" in text for text in texts)  # levels are told
    assert [text for text in texts if MOVEMENT.search(text)] == []


def test_a_platform_that_changed_is_told_with_the_date(changed: TestClient) -> None:
    patterns = [row for row in changed.get("/patterns?limit=500").json() if row["category"] == "platform_trend"]
    report = changed.get(f"/v1/campaigns/w0_Meta_{WEEKS - 1}").json()["pattern_report"]
    when = START + datetime.timedelta(weeks=CHANGE)

    assert any(row["signal_key"] == "platform:meta" for row in patterns)
    assert {row["category"] for row in report["platform_trends"]} <= {"platform_trend"}
    for row in [row for row in patterns if row["signal_key"] == "platform:meta"]:
        date = datetime.date.fromisoformat(re.search(r"since (\d{4}-\d\d-\d\d)", row["summary"])[1])
        assert abs((date - when).days) <= 56


def test_whatever_speaks_of_movement_has_its_date(changed: TestClient) -> None:
    texts = [text for text in _sentences(changed, f"w0_Meta_{WEEKS - 1}") if MOVEMENT.search(text)]

    assert any("earlier level" in text for text in texts)
    assert [
        text for text in texts if not text.startswith("platform_trend") and not re.search(r"\d{4}-\d\d-\d\d", text)
    ] == []


@pytest.mark.parametrize("seed", [1, pytest.param(2, marks=pytest.mark.torture(part="learning"))])
def test_the_level_of_a_platform_is_no_trend_in_any_world(make_campaign: Callable[..., Campaign], seed: int) -> None:
    evidence = [evidence_of(campaign) for campaign in _campaigns(make_campaign, seed)]
    knowledge = learn(evidence)
    learnings = revised({}, knowledge, evidence)
    texts = [text for finding in knowledge.findings for text in (finding.title, finding.description)]
    texts += [text for learning in learnings for text in (learning.text({}), learning.reason)]

    levels = [finding for finding in knowledge.findings if finding.signal_key.startswith("platform:")]
    assert {finding.category for finding in levels} == {"cross_platform_pattern"}
    assert [text for text in texts if MOVEMENT.search(text)] == []
