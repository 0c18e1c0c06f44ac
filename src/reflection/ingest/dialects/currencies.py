"""Currencies as exports write them: ISO codes, and signs that mean one currency or may mean several.

Must not know platforms, files or cells.
"""

import re
from collections.abc import Mapping
from functools import lru_cache

from babel import Locale

_DOLLARS = ("USD", "CAD", "AUD", "MXN", "NZD", "SGD", "HKD", "TWD", "CLP", "COP", "ARS", "UYU", "DOP", "BRL")
SIGNS: Mapping[str, tuple[str, ...]] = {
    "€": ("EUR",), "£": ("GBP",), "₹": ("INR",), "₩": ("KRW",), "￦": ("KRW",), "원": ("KRW",), "₽": ("RUB",),
    "руб": ("RUB",), "₺": ("TRY",), "TL": ("TRY",), "₴": ("UAH",), "грн": ("UAH",), "₫": ("VND",), "₱": ("PHP",),
    "₦": ("NGN",), "₪": ("ILS",), "฿": ("THB",), "₸": ("KZT",), "₾": ("GEL",), "₼": ("AZN",), "₡": ("CRC",),
    "₲": ("PYG",), "円": ("JPY",), "zł": ("PLN",), "Kč": ("CZK",), "Ft": ("HUF",), "лв": ("BGN",), "Rp": ("IDR",),
    "RM": ("MYR",), "S/": ("PEN",), "RMB": ("CNY",), "CN¥": ("CNY",), "JP¥": ("JPY",),
    "US$": ("USD",), "U$S": ("USD",), "CA$": ("CAD",), "CAD$": ("CAD",), "A$": ("AUD",), "AU$": ("AUD",),
    "NZ$": ("NZD",), "HK$": ("HKD",), "NT$": ("TWD",), "S$": ("SGD",), "SG$": ("SGD",), "MX$": ("MXN",),
    "R$": ("BRL",), "RD$": ("DOP",), "AR$": ("ARS",), "CL$": ("CLP",), "COL$": ("COP",),
    "$": _DOLLARS, "＄": _DOLLARS, "C$": ("CAD", "NIO"), "¥": ("JPY", "CNY"), "￥": ("JPY", "CNY"),
    "元": ("CNY", "TWD", "HKD"), "kr": ("SEK", "NOK", "DKK", "ISK"), "lei": ("RON", "MDL"),
    "₨": ("INR", "PKR", "LKR", "NPR"), "Rs": ("INR", "PKR", "LKR", "NPR"),
}  # fmt: skip
"""Sign -> the currencies it may mean, the most usual one first; a point behind it is left out."""

_WORDS = "|".join(re.escape(sign) for sign in sorted(SIGNS, key=len, reverse=True))
ANY_SIGN = rf"(?:(?:{_WORDS})\.?|[A-Z]{{1,3}}\$|[A-Z]{{3}}\b)"
"""A pattern of all of them, and of ISO codes."""


def candidates(sign: str) -> tuple[str, ...]:
    """The currencies a sign may mean; none for letters that are no currency.

    >>> candidates("CA$"), candidates("kr")[:3], candidates("CHF")
    (('CAD',), ('SEK', 'NOK', 'DKK'), ('CHF',))
    """
    return SIGNS.get(sign) or ((sign,) if sign in _codes() else ())


def currency_of(text: str) -> str:
    """The one currency that a code or a sign means, in any case; '' where it means none, or may mean several.

    >>> currency_of("eur"), currency_of("€"), currency_of("$")
    ('EUR', 'EUR', '')
    """
    meant = candidates(text) or candidates(text.upper())
    return meant[0] if len(meant) == 1 else ""


@lru_cache(maxsize=1)
def _codes() -> frozenset[str]:
    """ISO codes; without words that headers write in brackets: Clicks (ALL), Impr. (TOP)."""
    return frozenset(Locale.parse("en").currencies) - {"ALL", "TOP"}
