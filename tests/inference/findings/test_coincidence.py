"""Kinds of things that others followed are those hardly any of which ran on both sides."""

import dataclasses

import numpy as np
from benchmarks.worlds_of_accounts import A_MONTH, WORLDS, evidence

from reflection.domain.evidence import Evidence
from reflection.inference.evidence.dataset import Dataset
from reflection.inference.findings.coincidence import Coincidence

RENEWED = WORLDS["nothing, creatives new each quarter"]


def _kinds(account: object, months: int) -> dict[str, list[str]]:
    table = Dataset.of(evidence(account, 1))
    return Coincidence(table).kinds(np.arange(len(table)) >= months * A_MONTH)


def test_creatives_that_others_followed_are_a_kind_and_what_ran_throughout_is_none():
    assert _kinds(RENEWED, 12) == {"creative": ["creative:ad 4a", "creative:ad 4b", "creative:ad 5a", "creative:ad 5b"]}


def test_creatives_that_ran_on_both_sides_are_told_apart_from_them():
    few = dataclasses.replace(RENEWED, months=6)

    assert not _kinds(few, 4)


def test_where_nothing_is_new_no_kind_is():
    assert not _kinds(WORLDS["nothing"], 9)


def test_months_of_one_campaign_make_no_kind_of_what_ran_in_it_alone():
    """Every campaign has a creative of its own, which others are bound to follow; four months of each are four rows."""
    rows = [_with_a_creative_of_its_own(row, index // 4) for index, row in enumerate(evidence(RENEWED, 1))]
    table = Dataset.of(rows)

    assert not Coincidence(table).kinds(np.arange(len(table)) >= len(table) // 2)


def _with_a_creative_of_its_own(row: Evidence, number: int) -> Evidence:
    (cell,) = row.cells
    others = {key: share for key, share in cell.shares.items() if not key.startswith("creative:")}
    own = dataclasses.replace(cell, shares=others | {f"creative:own {number}": 1.0})
    return dataclasses.replace(row, unit_id=f"real {number}", cells=(own,))
