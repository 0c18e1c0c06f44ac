"""Money of several campaigns: in which order currencies are told, and what no money brought.

Must not know exchange rates: there are none here.
"""

from collections.abc import Mapping


def currency_order(campaigns: Mapping[str, int], usual: str | None) -> dict[str, int]:
    """Places: the currency everything is learnt in first, then those of most campaigns; never by amounts.

    Args:
        campaigns: how many campaigns each currency has; "" where none is stated.

    >>> currency_order({"JPY": 3, "EUR": 9, "USD": 9}, "USD")
    {'USD': 0, 'EUR': 1, 'JPY': 2}
    """
    names = sorted(campaigns, key=lambda currency: (currency != (usual or ""), -campaigns[currency], currency))
    return {currency: place for place, currency in enumerate(names)}


def without_spend(spend: float | None, *came: float | None) -> bool:
    """Whether conversions or revenue came and nothing was spent: no cost and no return is made of them."""
    return spend == 0 and any(came)
