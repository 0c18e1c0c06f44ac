"""What was booked: of very many names and platforms the largest are told of, and no others are looked at closely."""

from dataclasses import replace
from typing import Any

import pytest

from reflection.domain.bookable import agreed, descriptions_of
from reflection.domain.knowledge import Knowledge
from reflection.inference.evidence.dataset import Dataset
from reflection.inference.totals import bookables
from reflection.inference.totals.total_effects import _stake


@pytest.mark.parametrize("most", [5, 12, 40])
def test_the_largest_are_those_of_all_that_could_be_told_of(
    history: Any, history_evidence: Any, most: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    cells, defined = bookables._Cells(Dataset.of(history_evidence)), agreed(map(descriptions_of, history))
    monkeypatch.setattr(bookables, "_crossed_groups", lambda knowledge: {"audience", "creative", "creative.type"})
    everything = bookables._counted(Knowledge(), cells, defined)
    of_all = sorted(everything, key=lambda one: (one.platform is not None, -(one.spend or 0.0), -one.rows, one.key))
    make, made = bookables._bookable, list[str]()
    monkeypatch.setattr(bookables, "MOST_BOOKABLES", most)
    monkeypatch.setattr(bookables, "_bookable", lambda *given: made.append(given[2].key) or make(*given))

    largest = bookables._counted(Knowledge(), cells, defined)

    assert len({one.platform for one in everything}) > 2
    assert largest == tuple(sorted(of_all[:most], key=lambda one: one.key))
    assert len(made) <= 2 * most


def test_the_money_of_a_usual_campaign_is_that_of_campaigns_in_the_same_currency(
    history: Any, history_evidence: Any
) -> None:
    items = [replace(item, currency="EUR") if number % 3 == 0 else item for number, item in enumerate(history_evidence)]
    cells, defined = bookables._Cells(Dataset.of(items)), agreed(map(descriptions_of, history))
    abroad = {item.campaign_id for item in items if item.currency == "EUR"}

    for one in bookables._counted(Knowledge(), cells, defined):
        here = set(one.campaign_ids) - abroad
        if one.campaigns < bookables.MOST_IDS and one.spend:
            assert one.with_spend == len(here) <= one.campaigns
            assert _stake(one) == float(f"{one.spend / len(here):.2g}")
