"""A time of the year that history has twice is told, with its size and its years, and plans are foretold by their days.

What happened once is no season, and where nothing moves nothing is told.
"""

import random
from dataclasses import replace
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from reflection.domain.knowledge import Knowledge
from reflection.inference.columns.time_of_year import Calendar
from reflection.inference.evidence.dataset import Dataset
from reflection.inference.evidence.partitions import InMemory
from reflection.inference.learn import DEFAULT, PartitionEvidence, learn, learn_partitions
from reflection.store.knowledge_blob import decode, encode

SEED = 2


@pytest.fixture(scope="module")
def known(worlds_of_seasons: ModuleType) -> tuple[Any, Knowledge]:
    """A world of 26 months in which CVR and CPM go with the month, and what is learnt of it."""
    world = worlds_of_seasons.seasonal(SEED, null=False)
    return world, learn(world.world.evidence)


def test_the_strong_months_are_told_as_one_with_the_years_they_were_seen_in(
    worlds_of_seasons: ModuleType, known: tuple[Any, Knowledge]
) -> None:
    finding = next(f for f in known[1].findings if f.metadata.get("kind") == "season" and f.metric == "cvr")

    assert finding.title.startswith("November and December: CVR +")
    assert "above the year's average (90 % interval +" in finding.description
    assert "seen in 2 years (taken alone: 2023 +" in finding.description
    assert worlds_of_seasons._holds({"months": [11, 12], "interval": finding.interval}, known[0].months["cvr"])
    assert finding.direction == "favorable"
    assert len(finding.supporting) > len(finding.contradicting)


def test_intervals_hold_most_months_and_nothing_is_told_of_a_metric_without_a_season(
    worlds_of_seasons: ModuleType, known: tuple[Any, Knowledge]
) -> None:
    world, knowledge = known
    season = knowledge.diagnostics["season"]
    hits = [worlds_of_seasons._holds(part, world.months["cvr"]) for part in season["cvr"]]

    assert np.mean(hits) >= 0.7
    assert not any(part["finding"] for metric in ("ctr", "aov") for part in season.get(metric, []))
    assert knowledge.diagnostics["season_outlook"] is None
    for part in (part for parts in season.values() for part in parts if part["settled_in"]):
        assert not part["finding"]
        assert part["reason"].startswith(f"we cannot tell yet: {part['settled_in']} more year")


def test_a_plan_is_foretold_by_its_days(worlds_of_seasons: ModuleType, known: tuple[Any, Knowledge]) -> None:
    world, knowledge = known
    dated, undated = (worlds_of_seasons._error(knowledge, world, with_days=days) for days in (True, False))

    assert dated is not None
    assert undated is not None
    assert abs(dated) < abs(undated) - 0.1


def test_order_and_partitions_leave_no_trace_and_it_survives_being_stored(known: tuple[Any, Knowledge]) -> None:
    world, knowledge = known
    evidence = list(world.world.evidence)
    random.Random(0).shuffle(evidence)
    parts = InMemory([PartitionEvidence.of(evidence[side::2], DEFAULT.as_of, DEFAULT.texts) for side in (0, 1)])
    apart = replace(learn_partitions(parts), as_of=knowledge.as_of)

    assert encode(apart) == encode(knowledge)
    season = decode(*encode(knowledge)).posteriors["cvr"].season
    assert season is not None
    assert season.effect({12: 1.0}) == knowledge.posteriors["cvr"].season.effect({12: 1.0})  # type: ignore[union-attr]


def test_days_of_the_week_are_told_where_rows_of_a_day_show_them(worlds_of_seasons: ModuleType) -> None:
    world = worlds_of_seasons.weekly(SEED, null=False)
    known = learn(world.world.evidence)
    told = [one for one in known.findings if one.metadata.get("kind") == "weekday"]

    assert any(one.title.startswith("Saturdays and Sundays: CVR -") for one in told)
    assert all(one.metric == "cvr" and "weeks" in one.description for one in told)
    assert (
        sum(worlds_of_seasons._holds(part, world.months["cvr"]) for part in known.diagnostics["weekdays"]["cvr"]) >= 2
    )
    assert known.diagnostics["season"] == {}


@pytest.mark.parametrize(
    "kind",
    [
        "special once, null",
        *(
            pytest.param(name, marks=pytest.mark.torture(part="learning"))
            for name in ("seasons, null", "weekdays, null")
        ),
    ],
)
def test_nothing_is_told_of_what_is_no_season(worlds_of_seasons: ModuleType, kind: str) -> None:
    knowledge = learn(worlds_of_seasons.OF_SEASONS[kind][1](SEED).world.evidence)

    assert not any(finding.metadata.get("kind") in ("season", "weekday") for finding in knowledge.findings)


def test_what_was_seen_once_has_no_columns(worlds_of_seasons: ModuleType) -> None:
    assert (
        Calendar.of(Dataset.of(worlds_of_seasons.seasonal(SEED, null=False, months=17).world.evidence)).features == ()
    )
