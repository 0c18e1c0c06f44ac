"""Tables of everything: what is not known is an empty cell."""

from contextlib import nullcontext
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from reflection.domain.knowledge import Effect, Knowledge
from reflection.reports.table_service import TABLES

EFFECT = Effect(
    "platform:x",
    "platform",
    "ctr",
    None,
    1.07,
    (0.8, 1.44),
    0.6,
    0.4,
    3.0,
    None,
    False,
    "cannot tell",
    real_campaigns=3,
)


@pytest.mark.parametrize("identified", [True, False])
def test_an_effect_that_is_not_identified_has_its_reason_and_no_figure(identified: bool) -> None:
    knowledge = replace(Knowledge(), effects=(replace(EFFECT, identified=identified),))
    snapshot = SimpleNamespace(knowledge=lambda: knowledge)
    store = SimpleNamespace(snapshot=lambda workspace: nullcontext(snapshot))
    sources: Any = SimpleNamespace(store=store)
    (row,) = TABLES["effects"].rows(sources, "default")

    assert row["reason"] == "cannot tell"
    assert [row[name] for name in ("effect", "low", "high")] == ([1.07, 0.8, 1.44] if identified else [None] * 3)
