"""The closed loop: every planner plays the same world, and who is advised begins with everything on the menu."""

from types import ModuleType

import numpy as np
import pytest


def test_every_planner_plays_and_loses_the_same_in_the_same_world(
    closed_loop: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(closed_loop, "ROUNDS", 9)

    regrets = [[loop.regret for loop in closed_loop.one_world(0)] for _ in range(2)]

    assert regrets[0] == regrets[1]
    assert all(regret > 0 for regret in regrets[0])
    assert len(regrets[0]) == 5


def test_whoever_is_advised_begins_with_one_of_each_thing_on_the_menu(closed_loop: ModuleType) -> None:
    world = closed_loop.World(np.random.default_rng(1))
    first = [world.menu[option] for option in closed_loop._each_once(world, np.random.default_rng(2))]
    assert [len(set(levels)) for levels in zip(*first, strict=True)] == [5, 6, 6]
