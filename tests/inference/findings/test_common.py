"""The money that a finding is about."""

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from reflection.inference.findings.common import spend_of


@pytest.fixture
def table() -> Any:
    """Four campaigns: two in the account's currency that say what they spent, one that does not, one in another."""
    campaigns = SimpleNamespace(
        currency=np.array(["EUR", "EUR", "EUR", "USD"]), spend=np.array([100.0, 300.0, np.nan, 5_000.0])
    )
    return SimpleNamespace(currency="EUR", campaigns=campaigns)


def test_amounts_of_another_currency_are_in_neither_the_spend_nor_its_share(table: Any) -> None:
    assert spend_of(table, np.array([True, False, True, True])) == (100.0, 0.25)


def test_money_that_nobody_states_is_not_known_and_not_none(table: Any) -> None:
    assert spend_of(table, np.array([False, False, True, True])) == (None, 0.0)
