"""Figures as text: money, percentages, ratios, counts, probabilities and names, each in one place.

Pure functions of finite numbers. Digits are grouped with commas, decimals follow a point, a percentage has a space
before its sign. Must not know sentences (phrases/sentences_en.py) nor where a number comes from.
"""

import math
import re
import unicodedata
from collections.abc import Callable
from functools import lru_cache

from reflection.domain.metrics import Unit, unit_of

NAME_LIMIT = 80
MOST_EXTRA = 12

_ZERO_DECIMAL = frozenset({"CLP", "ISK", "JPY", "KRW", "PYG", "UGX", "VND", "XAF", "XOF", "XPF"})
_NO_DECIMALS_FROM = 100_000
_SCHEME = re.compile(r"(?:\b[a-z][a-z0-9+.-]*)?:\s*/\s*/+", re.IGNORECASE)
_ACTIVE_SCHEME = re.compile(r"\b(javascript|data|vbscript|mailto|file)\s*:", re.IGNORECASE)
_MARKUP = re.compile(r"[<>`\[\]{}|\\^*#~]|(?<!\w)_|_(?!\w)|!\(|&(?=#?\w+;)")
_NOT_A_NUMBER = re.compile(r"[^0-9.-]")
_SPACE = re.compile(r"\s+")
_PLAIN = re.compile(r"[A-Za-z0-9%()]+(?:[ ._+,-][A-Za-z0-9%()]+)*")
"""Names that are inert as they stand; most are."""


def money(
    value: float, currency: str | None = None, *, signed: bool = False, whole: bool = False, extra: int = 0
) -> str:
    """An amount with its currency code in front: ``USD 19.27``; the plain number where no currency was
    stated.

    `whole` leaves the decimals of amounts above 10 out, for budgets and other rough amounts; `extra` adds decimals.
    """
    size = abs(value)
    text = _sign(value, signed) + (f"{size:,.0f}" if whole and size >= 10 else _amount(size, currency, extra))
    return f"{currency} {text}" if currency else text


def percent(value: float, *, signed: bool = False, decimals: int = 1) -> str:
    """A percentage given in per cent: 75.0 -> ``75.0 %``, signed ``+75.0 %``. Never ``-0.0 %``."""
    rounded = round(abs(value), decimals)
    return f"{_sign(value, signed) if rounded else ''}{rounded:,.{decimals}f} %"


def as_of(instant: str | None, pending: int) -> str:
    """When what is told was learnt, and what that lacks: ``2026-03-01T09:00:00; 3 campaigns wait to be learnt``."""
    waiting = f"; {pending} campaign{'s wait' if pending > 1 else ' waits'} to be learnt" if pending else ""
    return f"{instant or 'nothing learnt yet'}{waiting}"


def signed_percent(value: float) -> str:
    """As `percent`, with its sign."""
    return percent(value, signed=True)


def share(value: float, *, extra: int = 0) -> str:
    """A rate given as a share: 0.035 -> ``3.50 %``; small ones keep two significant digits: ``0.0042 %``."""
    in_percent = 100 * value
    if in_percent == 0 or abs(in_percent) >= 0.1:
        return f"{in_percent:,.{2 + extra}f} %"
    decimals = 1 - math.floor(math.log10(abs(in_percent)))
    return f"{in_percent:.{min(decimals, 12) + extra}f} %"


def ratio(value: float, *, signed: bool = False, extra: int = 0) -> str:
    """A ratio such as ROAS, with two decimals: ``5.70``."""
    return f"{_sign(value, signed)}{abs(value):,.{2 + extra}f}"


def count(value: float, *, extra: int = 0) -> str:
    """A count: ``4,900``; fractional ones (attribution models split conversions) with one decimal."""
    return f"{value:,.{extra}f}" if float(value).is_integer() else f"{value:,.{1 + extra}f}"


def probability(value: float) -> str:
    """A probability in whole per cent, never 0 or 100: ``97 %``, ``over 99 %``, ``under 1 %``."""
    if value > 0.99:
        return "over 99 %"
    if value < 0.01:
        return "under 1 %"
    return f"{100 * value:.0f} %"


def lift(effect: float) -> str:
    """Size of a multiplicative lift without its direction: 1.32 -> ``32.0 %``, 4.2 -> ``320.0 %``."""
    return percent(100 * abs(effect - 1))


def signed_lift(effect: float) -> str:
    """A multiplicative lift as a signed percentage: 1.32 -> ``+32.0 %``, 0.7 -> ``-30.0 %``."""
    return percent(100 * (effect - 1), signed=True)


def rough_lift(effect: float) -> str:
    """Size of a multiplicative lift in whole per cent, without its direction: 1.32 -> ``32 %``."""
    return f"{100 * abs(effect - 1):.0f} %"


NO_LIFT = rough_lift(1.0)
"""What rounds to no difference; a sentence says it in words, since a size of none on one side says nothing."""


def rounded_lift(effect: float) -> str:
    """A multiplicative lift as a signed whole percentage: 1.32 -> ``+32 %``."""
    return f"{100 * (effect - 1):+z.0f} %"


def rounded_lifts(interval: tuple[float, float]) -> str:
    """An interval of a lift: ``+12 % to +31 %``."""
    return f"{rounded_lift(interval[0])} to {rounded_lift(interval[1])}"


def kpi_value(kpi: str, value: float, currency: str | None = None, *, signed: bool = False, extra: int = 0) -> str:
    """A KPI in its own unit: CTR and CVR as percentages, costs and AOV as money, ROAS as a ratio, the rest as
    counts; `extra` adds decimals.
    """
    unit = unit_of(kpi)
    if unit is Unit.SHARE:
        return share(value, extra=extra)
    if unit is Unit.MONEY:
        return money(value, currency, signed=signed, extra=extra)
    if kpi in ("roas", "score", "similarity"):
        return ratio(value, signed=signed, extra=extra)
    return _sign(value, signed) + count(abs(value), extra=extra) if signed else count(value, extra=extra)


def telling_decimals(form: Callable[..., str], value: float, interval: tuple[float, float], outside: bool) -> int:
    """The least extra decimals at which a value reads as it is: outside an interval, or within it.

    Rounding alone can put 10.004 on the bound 10.0041 that it lies below; read aloud, the verdict would be wrong.

    Args:
        form: writes a number, with the keyword `extra`.
    """
    for extra in range(MOST_EXTRA):
        low, number, high = (_number(form(figure, extra=extra)) for figure in (interval[0], value, interval[1]))
        if (low <= number <= high) != outside:
            return extra
    return MOST_EXTRA


WHOLE_FROM = 2.0


def rounded(value: float) -> float:
    """An amount to two significant digits and in whole ones from two on: more would claim to know it."""
    short = float(f"{value:.2g}")
    return float(round(short)) if abs(short) >= WHOLE_FROM else short


def _number(text: str) -> float:
    return float(_NOT_A_NUMBER.sub("", text))


@lru_cache(maxsize=4_096)
def plain_name(text: str, limit: int = NAME_LIMIT) -> str:
    """A name from outside as inert text: one line, no links, markup or invisible characters, bounded in
    length.

    Names are data. Whatever is written in one, it is shown and never followed, run or rendered.
    """
    if len(text) <= limit and _PLAIN.fullmatch(text):
        return text
    folded = "".join(" " if _is_space(char) else char for char in text if not _is_invisible(char))
    inert = folded
    while (cleaned := _MARKUP.sub("", _ACTIVE_SCHEME.sub(r"\1 ", _SCHEME.sub("", inert)))) != inert:
        inert = cleaned
    inert = _SPACE.sub(" ", inert).strip()
    return inert if len(inert) <= limit else inert[: limit - 1].rstrip() + "…"


def capital(text: str) -> str:
    """The text with its first letter upper case, for what opens a sentence; the rest as it stands."""
    return text[:1].upper() + text[1:]


def _is_space(char: str) -> bool:
    return char.isspace() or unicodedata.category(char) in ("Zs", "Zl", "Zp")


def _is_invisible(char: str) -> bool:
    """Control, format (zero width, direction overrides), surrogate and private-use characters."""
    return unicodedata.category(char) in ("Cc", "Cf", "Cs", "Co") and not _is_space(char)


def _sign(value: float, signed: bool) -> str:
    if value < 0:
        return "-"
    return "+" if signed and value > 0 else ""


def _amount(value: float, currency: str | None, extra: int = 0) -> str:
    if value >= _NO_DECIMALS_FROM or (currency in _ZERO_DECIMAL and value >= 100):
        return f"{value:,.{extra}f}"
    if value and value < 0.01:
        return f"{value:.{min(1 - math.floor(math.log10(value)), 12) + extra}f}"
    return f"{value:,.{2 + extra}f}"
