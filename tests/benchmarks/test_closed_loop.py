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


def test_worlds_repeat_and_not_the_cards_in_them(closed_loop: ModuleType) -> None:
    def loop(*better: bool) -> object:
        return closed_loop.Loop(1.0, tuple(card(closed_loop, better=one) for one in better))

    few = closed_loop.claims_report([loop(True), loop(False)])
    often = closed_loop.claims_report([loop(*[True] * 50), loop(*[False] * 50)])

    assert "| all | 2 | 0.400 | 0.500 (0.500) | -0.100 (0.500) | 1.000 (0.000) |" in few
    assert "| all | 100 | 0.400 | 0.500 (0.500) | -0.100 (0.500) | 1.000 (0.000) |" in often


def test_odds_that_are_doubted_are_split_by_what_is_booked_by_rounds_and_by_campaigns(closed_loop: ModuleType) -> None:
    early = card(closed_loop, kind="audience", after=10, campaigns=2)
    late = card(closed_loop, kind="creative", after=140, campaigns=40)
    sure = card(closed_loop, p_better=1.0, kind="platform")

    rows = closed_loop.claims_report([closed_loop.Loop(1.0, (early, late, sure))]).splitlines()

    split = [row.split(" | ")[:2] for row in rows if row.startswith("| P(better) 0.2 to 0.6,")]
    assert split == [
        [f"| P(better) 0.2 to 0.6, {name}", "1"]
        for name in (
            "audience",
            "creative",
            "rounds 0 to 30",
            "rounds 110 to 150",
            "campaigns with it 0 to 3",
            "campaigns with it 12 to 150",
        )
    ]
    assert any(row.startswith("| P(better) 0.95 to 1 | 1 |") for row in rows)


def card(closed_loop: ModuleType, **other: object) -> object:
    """A claim of the loop, of which only what matters is given."""
    usual = {
        "lane": "explore", "p_better": 0.4, "better": True, "covered": True,
        "kind": "audience", "after": 10, "campaigns": 3,
    }  # fmt: skip
    return closed_loop.Claim(**{**usual, **other})
