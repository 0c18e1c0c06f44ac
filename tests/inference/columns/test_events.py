"""Events as columns: for whom and on which days they held, and which are asked at all."""

import datetime as dt
from dataclasses import replace

import numpy as np
import pytest

from benchmarks import worlds
from reflection.domain.events import Event
from reflection.domain.evidence import Evidence
from reflection.inference.columns.events import Events, held_in
from reflection.inference.evidence.dataset import Dataset

FIRST = dt.date(1970, 1, 1) + dt.timedelta(days=19_400)


def _event(after: int, *, until: int | None = None, kind: str = "price", scope: str = "all", text: str = "it") -> Event:
    last = None if until is None else FIRST + dt.timedelta(days=until)
    return Event(day=FIRST + dt.timedelta(days=after), until=last, kind=kind, scope=scope, text=text)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def evidence() -> list[Evidence]:
    """Sixty campaigns of a year."""
    rng, effects, days = np.random.default_rng(3), worlds.planted(np.random.default_rng(3), null=True), range(0, 360, 6)
    return [_row(rng, effects, day) for day in days]


def _row(rng: np.random.Generator, effects: worlds.Effects, day: int) -> Evidence:
    own = worlds.traits(rng)
    counted = worlds.counts(rng, own.shares(), effects, dict.fromkeys(worlds.BASE, 0.0), 10_000)
    return worlds.row(f"c{day:03d}", 19_400 + day, own, own.shares(), counted)


def test_a_price_change_holds_from_its_day_on_and_a_promotion_on_its_days(evidence: list[Evidence]) -> None:
    ran = [replace(one, ran=(one.day - 9, one.day)) for one in evidence]
    table = Dataset.of(ran)
    (price,) = Events.of(table, [_event(190)]).entries
    (promotion,) = Events.of(table, [_event(100, until=189, kind="promotion", scope="platform:Meta")]).entries
    meta = np.array(["platform:meta" in one.cells[0].shares for one in ran])
    last = np.array([one.day - 19_400 for one in ran])

    assert held_in(price, table) == pytest.approx(np.clip(last - 189, 0, 10) / 10)
    days = np.clip(np.minimum(last, 189) - np.maximum(last - 9, 100) + 1, 0, None)
    assert held_in(promotion, table) == pytest.approx(meta * days / 10)


@pytest.mark.parametrize(
    "event",
    [_event(-5), _event(364), _event(100, kind="promotion"), _event(190, scope="platform:nobody"),
     _event(190, scope="campaign:c001")],
)  # fmt: skip
def test_an_event_with_too_few_campaigns_on_one_side_of_it_is_not_learnt(
    evidence: list[Evidence], event: Event
) -> None:
    assert Events.of(Dataset.of(evidence), [event]).features == ()
