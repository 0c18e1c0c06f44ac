"""In which unit a header says its numbers are: cents, thousands, millions, millionths, in many languages.

`Cost (in thousands)`, `Kosten in T€`, `Spend (cents)`, `Umsatz Mio. €`, `費用(千円)`. A unit is read only where the
words behind the name are nothing but it and a currency: `Cost per 1,000 people` has none. Must not know platforms.
"""

import re
import unicodedata
from functools import lru_cache

from reflection.ingest.dialects.currencies import candidates

_WORDS = {
    1e-6: "micros|micro|millionths",
    1e-2: "cents|cent|ct|¢|pence|centimes|céntimos|centavos|centesimi|grosze|groszy|öre|øre|kuruş|minor units",
    1e3: "thousands|thousand|tausend|tsd|tsd.|milliers|miles|migliaia|milhares|duizend|duizenden|tys|tys.|тыс|тыс.|"
    "000|000s|'000|'000s|k|x1000|x1,000|千|천",
    1e4: "万|萬|만",
    1e5: "lakh|lakhs",
    1e6: "millions|million|millionen|mio|mio.|mln|mln.|mn|millones|milioni|milhões|miljoen|млн|млн.|百万|백만",
    1e7: "crore|crores",
}  # fmt: skip
_FACTORS = {word: factor for factor, words in _WORDS.items() for word in words.split("|")}
_GLUED = {"k": 1e3, "t": 1e3, "m": 1e6, "mio": 1e6, "mn": 1e6, "千": 1e3, "천": 1e3, "万": 1e4, "萬": 1e4, "만": 1e4,
          "百万": 1e6, "000": 1e3}  # fmt: skip
"""What stands right before or behind a currency: k€, TEUR, $m, 千円."""

MILLIONTHS = re.compile(r"(?:^|[ (,]+(?:in )?)(?:micros?(?: dollars?| currency)?|millionths)\)?$|(?<=[a-z])micros$")
"""How a header says that its amounts are millionths: cost_micros, Cost (micros), costMicros, SPEND_IN_MICRO_DOLLAR."""

_IN_BRACKETS = re.compile(r"^(?P<name>.*?\S)\s*[(\[](?P<unit>[^()\[\]]+)[)\]]\s*$")
_BEHIND = re.compile(
    r"^(?P<name>.*?\S)(?:\s+(?:in|en|em|w)\s+|,\s*|\s+(?=\S+$)|\s+(?=(?:tsd|mio|mln|тыс|млн)\.?\s))(?P<unit>.+)$", re.I
)
_FILLING = re.compile(r"^(?:in|en|em|w|of)\s+", re.IGNORECASE)


@lru_cache(maxsize=4_096)
def split_unit(header: str) -> tuple[str, float]:
    """(the header without its unit, with its currency; what its numbers are multiplied by, 1.0 where it has no unit).

    >>> split_unit("Cost (in thousands EUR)"), split_unit("Kosten in T€"), split_unit("Clicks (all)")
    (('Cost (EUR)', 1000.0), ('Kosten (€)', 1000.0), ('Clicks (all)', 1.0))
    """
    text = unicodedata.normalize("NFKC", header).strip()
    for pattern in (_IN_BRACKETS, _BEHIND):
        if (match := pattern.match(text)) and (unit := _unit(match["unit"])):
            factor, currency = unit
            return f"{match['name']} ({currency})" if currency else match["name"].rstrip(" ,"), factor
    return header, 1.0


def _unit(text: str) -> tuple[float, str] | None:
    """(factor, currency or '') of words that are a unit and at most a currency; None where they are anything else."""
    text = _FILLING.sub("", text.strip())
    if candidates(text):  # MMK is a currency, not thousands of one
        return None
    if (factor := _FACTORS.get(text.casefold())) is not None:
        return factor, ""
    if glued := _glued(text):
        return glued
    parts = [part for part in re.split(r"[\s,/]+", text) if part.casefold() not in ("", "in", "de", "of")]
    if len(parts) != 2:
        return None
    for unit, currency in (parts, parts[::-1]):
        code = currency if candidates(currency) else currency.upper()
        if (factor := _FACTORS.get(unit.casefold())) is not None and candidates(code):
            return factor, code
    return None


def _glued(text: str) -> tuple[float, str] | None:
    for mark, factor in _GLUED.items():
        for rest in (text[len(mark) :] if text.casefold().startswith(mark) else "",
                     text[: -len(mark)] if text.casefold().endswith(mark) else ""):  # fmt: skip
            if rest and candidates(rest):
                return factor, rest
    return None
