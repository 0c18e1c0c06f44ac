"""What one fit may be made of: whatever campaigns say, its columns and contrasts are bounded, and it says what it left.

The rules are functions of the set: any order of arrival, and any moment at which evidence is thinned, gives one table.
"""

import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reflection.domain.evidence import Cell, Counts, Evidence, evidence_of
from reflection.domain.knowledge import Knowledge
from reflection.explain.left_out import left_out_sentence
from reflection.inference.columns.design import CellDesign, ControlColumns
from reflection.inference.evidence import dataset, fit_budget
from reflection.inference.evidence.dataset import Dataset
from reflection.inference.evidence.fit_budget import common, level_of, most_signals
from reflection.inference.learn import learn

NOTHING = Counts(None, None, None, None, None)


def _broken_down(number: int, cells: int, impressions: list[float]) -> Evidence:
    """A campaign with so many cells of several audiences; what each brought differs."""
    rows = tuple(
        Cell(
            {"platform:meta": 1.0, "objective:sales": 1.0, f"audience:a{place}": 1.0, f"audience.age:{place % 3}": 1.0},
            Counts(impressions[place % len(impressions)], 5.0 + place, 1.0 + number, 10.0, 30.0),
        )
        for place in range(cells)
    )
    counts = Counts(1e5, 1e3, 50.0, 100.0, 300.0)
    return Evidence(f"c{number:03}", number, "platform:meta", "objective:sales", None, "EUR", NOTHING, counts, rows)


@given(st.lists(st.integers(1, 300_000), max_size=40), st.integers(1, 400_000))
def test_the_level_is_the_highest_at_which_all_together_stay_within_the_bound(sizes: list[int], most: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fit_budget, "MOST_CONTRASTS", most)
        several = np.minimum(sizes, fit_budget.OF_A_CAMPAIGN) if sizes else np.zeros(0, dtype=np.int64)
        level = level_of(np.bincount(several, minlength=fit_budget.OF_A_CAMPAIGN + 1))

    def together(at: int) -> int:
        return sum(min(size, at) for size in sizes)

    assert 1 <= level <= fit_budget.OF_A_CAMPAIGN
    assert together(level) <= most or level == 1
    assert level == fit_budget.OF_A_CAMPAIGN or together(level + 1) > most


@pytest.mark.parametrize("held", [10**9, 40], ids=["thinned at the end", "thinned while it is read, too"])
def test_thinned_evidence_is_the_same_table_in_any_order(held: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fit_budget, "MOST_CONTRASTS", 200)
    evidence = [_broken_down(number, 2 + number % 7, [7.0, 90.0, 20.0, 90.0]) for number in range(12)]
    straight = Dataset.of(evidence)
    monkeypatch.setattr(dataset, "MOST_SHARES", held)

    assert 0 < straight.left_out.cells < sum(len(item.cells) for item in evidence)
    for seed in range(3):
        shuffled = random.Random(seed).sample(evidence, len(evidence))
        table = Dataset.of(shuffled)
        assert (table.features, table.left_out) == (straight.features, straight.left_out)
        for name in ("campaign", "impressions", "clicks"):
            np.testing.assert_array_equal(getattr(table, name), getattr(straight, name))
        assert (table.shares != straight.shares).nnz == 0


def test_of_a_large_breakdown_the_cells_with_the_most_impressions_are_learnt_from(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(fit_budget, "OF_A_CAMPAIGN", 40)
    item = _broken_down(1, 6, [10.0, 60.0, 20.0, 50.0, 30.0, 40.0])  # 6 audiences, 3 ages, platform, objective

    table = Dataset.of([item])

    assert sorted(table.impressions.tolist()) == [40.0, 50.0, 60.0]
    assert table.left_out.cells == 3


def test_signals_of_the_most_campaigns_have_effects_and_the_fit_says_what_it_left_out(
    make_campaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fit_budget, "SIGNALS", 6)
    monkeypatch.setattr(fit_budget, "SIGNALS_A_CAMPAIGN", 0)
    evidence = [
        evidence_of(
            make_campaign(
                campaign_id=f"c{number}",
                audiences=[
                    {"name": "everybody" if number % 2 else "others", "attributes": {"own": f"x{number}-{number % 3}"}},
                    {"name": f"once {number}", "attributes": {"list": [f"{number}-{i}" for i in range(number + 1)]}},
                ],
            )
        )
        for number in range(5)
    ]

    knowledge = learn(evidence)

    assert {effect.signal for effect in knowledge.effects} >= {"audience:everybody", "audience:others"}
    assert len({effect.signal for effect in knowledge.effects}) <= 12, "and as many that are always with one of them"
    assert knowledge.left_out["signals"] > 10
    assert knowledge.effects == learn(evidence[::-1]).effects


@given(st.integers(1, 400), st.integers(1, 20))
def test_all_goals_together_cost_no_more_than_one(campaigns: int, goals: int) -> None:
    assert goals * most_signals(campaigns, goals) ** 3 <= fit_budget.MOST_SIGNALS**3
    assert 0 < most_signals(campaigns, goals) <= most_signals(campaigns)


def test_names_of_a_single_campaign_fill_up_what_others_leave() -> None:
    """Signals are (name, campaigns with it); a fit of many campaigns has room for all of them."""
    many = {f"audience:own {number:03}": 1 for number in range(400)}
    few = {f"audience:shared {number:03}": 2 for number in range(20)}

    def kept(having: dict[str, int], tested: tuple[str, ...] = ()) -> list[str]:
        return common(list(having), {}, np.array(list(having.values())), 500, tested)[0]

    alone = kept(many | few)
    assert len(alone) == fit_budget.SIGNALS
    assert set(few) <= set(alone)
    shared = {name.replace("own", "common"): 2 for name in many}
    assert sorted(kept(many | shared)) == sorted(shared), "what several campaigns have is not cut by it"
    assert "audience:own 399" in kept(many | few, ("audience:own 399",)), "what was tested has an effect all the same"


ONE_OF_EACH = {
    "attributes": lambda n: {"audiences": [{"name": f"a{i}", "attributes": _attributes(n, i)} for i in range(20)]},
    "platforms": lambda n: {"platform": f"P{n}"},
    "kinds of conversion": lambda n: {"conversion_kind": f"k{n // 3}", "platform": f"P{n % 3}"},
    "accounts": lambda n: {"account_id": f"acc-{n}"},
}


def _attributes(number: int, place: int) -> dict[str, list[str]]:
    """Attributes whose shares are different in every campaign, so that none stands for another."""
    drawn = random.Random(100 * number + place)
    names = (f"g{drawn.randrange(60)}" for _ in range(30))
    return {name: [f"v{drawn.randrange(20)}" for _ in range(drawn.randrange(1, 4))] for name in names}


@pytest.mark.parametrize("kind", ONE_OF_EACH)
def test_whatever_campaigns_say_the_columns_of_a_fit_are_bounded(kind: str, make_campaign) -> None:
    months = [f"2026-{1 + number % 12:02}-01T00:00:00+00:00" for number in range(90)]
    count = 6 if kind == "attributes" else 90
    campaigns = [make_campaign(campaign_id=f"c{n}", timestamp=months[n], **ONE_OF_EACH[kind](n)) for n in range(count)]

    table = Dataset.of(map(evidence_of, campaigns))
    design = CellDesign.of(table, ControlColumns.of(table))

    assert len(table.features) <= most_signals(count)
    assert len(design.features) - len(table.features) <= 500, "steps, ramps, accounts and size"


def test_what_was_left_out_is_one_sentence() -> None:
    assert left_out_sentence(Knowledge().left_out) is None
    assert left_out_sentence({"signals": 1200, "goals": 3}) == (
        "This is approximate, because the campaigns say more than one fit can take in: 3 kinds of conversion, those "
        "with the least spend, are not learnt for; 1,200 names or attributes that only few campaigns have are without "
        "an effect of their own."
    )
