"""Kinds of things that others followed are those hardly any of which ran on both sides."""

import dataclasses

import numpy as np
from benchmarks.worlds_of_accounts import A_MONTH, WORLDS, evidence

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
