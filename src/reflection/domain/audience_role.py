"""Whom a campaign meets: people who look for the brand or know the shop, or anybody; read off its names.

Brand search and retargeting convert many times as often as other campaigns, honestly: they are compared with their own
kind. Names only; must not know numbers.
"""

import re
from collections.abc import Iterable
from functools import lru_cache

BRAND, RETARGETING, ANYBODY = "brand", "retargeting", ""

_PROSPECTING = re.compile(
    r"\bprospect|\bcold\b|\blook ?a ?like|\bbroad\b|\bacquisition\b|\bawareness\b|\bupper funnel\b|\bneukunden\b"
    r"|\bnew (?:customers?|buyers?|audiences?)\b"
)
_SEPARATORS = re.compile(r"[\W_]+")
_NOT_BRAND = re.compile(r"\b(?:non|no|not|ohne|hors) ?(?:brand|marke|marca|marque)\w*|\bbrand (?:awareness|lift|video)")
_BRAND = re.compile(r"\b(?:brand|branded|trademark|marke|marken|eigenmarke|marca|marque)\b")
_RETARGETING = re.compile(
    r"\bre ?target|\bre ?market|\brtg\b|\brmkt?\b|\bwarm\b|\bvisitors?\b|\babandon|\bwarenkorb|\bbesucher|\bcrm\b"
    r"|\b(?:existing|past|returning) (?:customers?|buyers?|purchasers?)\b|\bbestandskunden\b|\badd(?:ed)? to cart\b"
)


def role_of(names: Iterable[str], audiences: Iterable[str]) -> str:
    """``brand``, ``retargeting`` or ``""``.

    Args:
        names: what the campaign and its objective are called; one that says it is enough.
        audiences: whom it addresses; all of them have to say it.
    """
    roles = {_role(name) for name in names} - {ANYBODY}
    if roles:
        return BRAND if BRAND in roles else RETARGETING
    whom = {_role(audience) for audience in audiences}
    return whom.pop() if len(whom) == 1 else ANYBODY


@lru_cache(maxsize=4_096)
def feeds_others(name: str) -> bool:
    """Whether something meets new people, who buy later in retargeting or brand search, where they are counted."""
    return _PROSPECTING.search(_SEPARATORS.sub(" ", name.casefold())) is not None and _role(name) == ANYBODY


@lru_cache(maxsize=4_096)
def meets_buyers(name: str) -> bool:
    """Whether something meets people who look for the brand or know the shop: some of them buy without it."""
    return _role(name) != ANYBODY


@lru_cache(maxsize=16_384)
def _role(name: str) -> str:
    words = _NOT_BRAND.sub(" ", _SEPARATORS.sub(" ", name.casefold()).strip())
    return BRAND if _BRAND.search(words) else RETARGETING if _RETARGETING.search(words) else ANYBODY
