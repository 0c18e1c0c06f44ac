"""A stream of campaigns while the learner runs behind it: what a plan knows of what was posted before.

Nothing here waits for a time: what must be known at once is asked at once, what the learner makes is waited for.
"""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from reflection.domain.campaign import Campaign
from reflection.domain.plan import Plan, PlanRequest
from reflection.engine.bulk import NullMemory
from reflection.settings import Settings
from reflection.wiring import Application, build
from reflection.worker.chores import LEARNER, Chores

EVERY, HALF = 20, 10
PLATFORMS = ("Meta", "Google", "TikTok", "LinkedIn", "Pinterest", "Microsoft", "Snapchat", "Reddit")


def campaign(number: int) -> Campaign:
    """Every twentieth brings a platform, an audience and a creative that nobody had before."""
    part = min(number // EVERY, len(PLATFORMS) - 1)
    impressions = 40_000 + 1_000 * (number % 7)
    clicks = 500 + 37 * (number * 7 % 11)
    metrics = {"impressions": impressions, "clicks": clicks, "conversions": 20 + number % 9, "spend": 900.0}
    return Campaign.model_validate(
        {
            "campaign_id": f"c{number:03}",
            "platform": PLATFORMS[part if number % 3 else number % (part + 1)],
            "objective": "Leads",
            "expected_metrics": metrics | {"clicks": 600},
            "actual_metrics": metrics,
            "audiences": [{"name": f"a{part}", "attributes": {"segment": f"segment {number % (part + 1)}"}}],
            "creatives": [
                {"id": "one", "type": ("video", "image")[number % 2], "attributes": {"angle": f"angle {part}"}}
            ],
            "timestamp": f"2026-03-{1 + number % 28:02}T00:00:00Z",
            "currency": "EUR",
        }
    )


def plans(bodies: list[Campaign]) -> PlanRequest:
    """The campaigns as plans, each kind once."""
    made = {}
    for one in bodies:
        (audience,), (creative,) = one.audiences, one.creatives
        kind = (one.platform, *audience.attributes.values(), creative.type, *creative.attributes.values())
        parts = {"audiences": one.audiences, "creatives": one.creatives, "currency": one.currency}
        made[kind] = Plan(platform=one.platform, objective=one.objective, budget=900.0, **parts)
    return PlanRequest(plans=list(made.values()))


def unknown(answer: dict[str, Any], words: str) -> set[str]:
    """Notes of the plans with these words."""
    return {note for plan in answer["plans"] for note in plan["notes"] if words in note}


@pytest.fixture
def learner(settings: Settings) -> Iterator[tuple[Application, Chores]]:
    """An application whose learner has a thread, and works when it is woken."""
    with build(settings) as application:
        memory = NullMemory(application.memory)
        for part in (application.engine._analyst, application.recommendations):
            part._memory = memory  # type: ignore[attr-defined]
        chores = Chores(application, {LEARNER}, rest=1e9)
        yield application, chores
        assert chores.stop(60.0)


@pytest.mark.parametrize("posts", [40, pytest.param(160, marks=pytest.mark.torture(part="server"))])
def test_plans_during_a_stream_know_every_platform_audience_and_creative_posted_before(
    learner: tuple[Application, Chores], until: Callable[..., None], posts: int
) -> None:
    application, chores = learner
    posted, before, mark, asked = list[Campaign](), list[Campaign](), 0, 0
    for number in range(posts + HALF):
        posted.append(campaign(number))
        application.engine.analyze(posted[-1])
        if (number + 1) % EVERY == 0:
            at_once = application.recommendations.evaluate(plans(posted), workspace="default")
            assert not unknown(at_once, "was never seen"), "what is stored is on record from its own transaction on"
            assert at_once["pending"] or not unknown(at_once, "not learnt from so far"), "what is not known is counted"
            before, mark = list(posted), application.store.last_seq("default")
            chores.wake(LEARNER)  # and the stream goes on
        elif (number + 1) % EVERY == HALF and before:
            until(lambda mark=mark: application.store.knowledge("default").seq >= mark, 60.0)
            later = application.recommendations.evaluate(plans(before), workspace="default")
            assert later["pending"] <= len(posted) - len(before)
            for words in ("was never seen", "not learnt from so far"):  # what can be told apart is up to where it stops
                assert not unknown(later, words), number
            asked += len(later["plans"])
    assert asked > 2 * posts // EVERY, "every kind that was posted is asked for, again and again"
