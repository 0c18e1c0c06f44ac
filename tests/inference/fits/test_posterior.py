"""Composed KPIs: they add up, what was never seen widens, and a thing is the same by whichever of its names."""

from functools import cache

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reflection.domain import signals
from reflection.domain.bookable import agreed, descriptions_of
from reflection.domain.campaign import Campaign
from reflection.domain.evidence import evidence_of
from reflection.domain.knowledge import NOTHING, Knowledge
from reflection.domain.validation import read
from reflection.inference.fit_request import FitRequest
from reflection.inference.fits import posterior
from reflection.inference.learn import learn
from reflection.inference.totals.usual_delivery import booked


def _rng() -> np.random.Generator:
    return np.random.default_rng(1)


def test_usual_levels_are_those_of_the_references(video_works: Knowledge):
    assert posterior.usual(video_works, "cpm") == pytest.approx(10.0, rel=0.01)
    assert posterior.usual(video_works, "ctr") == pytest.approx(0.02, rel=0.01)
    assert posterior.usual(video_works, "cpa") == pytest.approx(10.0, rel=0.01)
    assert posterior.usual(video_works, "roas") == pytest.approx(4.0, rel=0.01)


def test_a_composed_effect_is_the_sum_of_its_parts(video_works: Knowledge):
    def draws(metric: str) -> np.ndarray:
        rows, matrix = posterior.effect_matrix(video_works, metric)
        return matrix[rows["creative.type:video"]]

    np.testing.assert_allclose(draws("roas"), draws("aov") + draws("cvr") + draws("ctr") - draws("cpm"))
    np.testing.assert_allclose(draws("cpa"), draws("cpm") - draws("cvr") - draws("ctr"))


def test_an_unseen_level_widens_by_the_scatter_of_its_group(video_works: Knowledge):
    seen = posterior.level_draws(video_works, "ctr", {"platform:meta": 1.0}, _rng())
    new = posterior.level_draws(video_works, "ctr", {"platform:tiktok": 1.0}, _rng())
    assert seen is not None
    assert new is not None
    assert new.std() > seen.std() + 0.1
    assert new.std() == pytest.approx(0.2, abs=0.03)


def test_what_is_unseen_is_named_and_unmodelled_groups_are_not(video_works: Knowledge):
    keys = ("platform:tiktok", "platform:meta", "creative.hook:fear", "platform*creative.type:tiktok*x")
    mix = dict.fromkeys(keys, 1.0)
    assert posterior.unseen(video_works, "roas", mix) == ("platform:tiktok",)


def test_scatter_adds_up_over_the_parts(video_works: Knowledge):
    assert posterior.scatter(video_works, "ctr") == pytest.approx(0.1)
    assert posterior.scatter(video_works, "cpa") == pytest.approx(0.1 * np.sqrt(3))


def test_nothing_learnt_gives_nothing():
    assert not posterior.known(NOTHING, "roas")
    assert not posterior.known(NOTHING, "no such metric")
    assert posterior.level_draws(NOTHING, "roas", {}, _rng()) is None
    assert posterior.usual(NOTHING, "roas") is None


AGES = {"students": "18-25", "parents": "35-44", "gamers": "25-34"}
TYPES = {"reel": "video", "banner": "image"}


@given(
    platform=st.sampled_from(["meta", "google", "linkedin", "tiktok"]),
    audience=st.sampled_from([*AGES, "nobody yet"]),
    creative=st.sampled_from(list(TYPES)),
    names=st.tuples(st.sampled_from([1, 2, 3]), st.sampled_from([1, 2, 3])),
)
def test_a_plan_is_as_sure_by_whichever_names_of_what_always_came_together(
    platform: str, audience: str, creative: str, names: tuple[int, int]
):
    """An audience and its age, a creative and its type ran in the same campaigns: either name says the other.

    That holds for what the two do on a platform where they never ran, which is open once and not once a name.
    """
    knowledge, objective = _twice_named(), signals.of_objective("Sales").key
    of_audience = [f"audience:{audience}", *([f"audience.age:{AGES[audience]}"] if audience in AGES else [])]
    of_creative = [f"creative:{creative}", f"creative.type:{TYPES[creative]}"]

    def draws(audience_names: int, creative_names: int) -> np.ndarray:
        audiences = [key for place, key in enumerate(of_audience) if audience_names & (1 << place)] or of_audience
        creatives = [key for place, key in enumerate(of_creative) if creative_names & (1 << place)]
        own = dict.fromkeys([objective, f"platform:{platform}", *audiences, *creatives], 1.0)
        level = posterior.level_draws(knowledge, "roas", booked(knowledge, own, objective), _rng(), stated=own)
        assert level is not None
        return level

    np.testing.assert_allclose(draws(*names), draws(3, 3))


@cache
def _twice_named() -> Knowledge:
    """Thirty campaigns in which nothing has an effect; Students never ran on Google, the reel never on LinkedIn."""
    rng, campaigns = np.random.default_rng(5), []
    for index in range(30):
        platform = ("Meta", "Google", "LinkedIn")[index % 3]
        audience = ("parents", "gamers", "students")[int(rng.integers(2 if platform == "Google" else 3))]
        creative = ("banner", "reel")[int(rng.integers(1 if platform == "LinkedIn" else 2))]
        clicks = int(rng.poisson(1_000))
        conversions = float(rng.poisson(50))
        campaigns.append(read(Campaign, {
            "campaign_id": f"c{index}", "platform": platform, "objective": "Sales", "currency": "EUR",
            "audiences": [{"name": audience, "attributes": {"age": AGES[audience]}}],
            "creatives": [{"id": creative, "type": TYPES[creative]}],
            "expected_metrics": {"impressions": 80_000, "clicks": None, "conversions": None, "spend": 800.0},
            "actual_metrics": {"impressions": 80_000, "clicks": clicks, "conversions": conversions,
                               "spend": 800.0 * float(rng.uniform(0.9, 1.1)), "revenue": 60.0 * conversions},
            "timestamp": f"2026-0{1 + index // 6}-{1 + int(rng.integers(28)):02d}T12:00:00+00:00",
        }))  # fmt: skip
    request = FitRequest(seq=1, as_of="2030-01-01T00:00:00+00:00", definitions=agreed(map(descriptions_of, campaigns)))
    return learn([evidence_of(campaign) for campaign in campaigns], request)
