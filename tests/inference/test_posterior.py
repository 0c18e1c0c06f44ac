"""Composed KPIs: they add up, and what was never seen widens."""

import numpy as np
import pytest

from reflection.domain.knowledge import NOTHING, Knowledge
from reflection.inference import posterior


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
