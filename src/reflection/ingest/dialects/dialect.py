"""What a platform's export looks like, as data: names of fields, marks that identify it, the form of its dates.

A dialect is one table; recognising one is a matter of counting cells (see `header`). This file must not know any
platform: they live in `dialects`, one file each.

Fields a header may name:
    dates      date, date_end
    names      campaign, campaign_id, account, account_id, audience, audience_id, creative,
               creative_id, source_name, parent_campaign_id (of an ad set's names)
    text       objective, creative_type, headline, body, currency, attribution, result_indicator, delivery, platform,
               status, action_type, conversion_action, actions and action_values (JSON)
    asset      part of an ad (a headline, an image): its rows are no shares (`asset_rows`)
    splits     age, gender, device, country, network, placement, segment (dimensions that repeat a row)
    numbers    impressions, clicks, spend, revenue, conversions, results, results_value, all_clicks, value,
               conversion.<event>, value.<event>
"""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Literal

from reflection.ingest.dialects.currencies import ANY_SIGN, candidates
from reflection.ingest.dialects.units import split_unit

DateOrder = Literal["mdy", "dmy", "ymd"]
Role = Literal["performance", "names", "actions"]
Names = Mapping[str, tuple[str, ...]]

_SPACE = re.compile(r"[\s_]+")
_POINT = re.compile(r"(?<=[^\W\d_])\.(?=[^\W\d_])")
_INVISIBLE = re.compile(r"[\u00ad\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff]")
_CURRENCY = re.compile(
    rf"^(?P<name>.*?[^\s,(\[])\s*(?:[(\[](?:in )?(?P<code>{ANY_SIGN})[)\]]|[ ,](?:in )?(?P<bare>{ANY_SIGN}))$"
)

_CURRENCY_BEHIND = re.compile(
    r"(?P<name>\w*[^\W_])_(?P<code>aed|ars|aud|brl|cad|chf|clp|cny|cop|czk|dkk|egp|eur|gbp|hkd|huf|idr|ils|inr|jpy|krw|"
    r"mxn|myr|nok|nzd|php|pln|rub|sar|sek|sgd|thb|twd|uah|usd|vnd|zar)$",
    re.IGNORECASE,
)
"""How columns of warehouses name one (spend_eur): codes that are no words, for `try`, `ron` and `all` are."""

NUMBERS = frozenset(
    {
        "impressions",
        "clicks",
        "spend",
        "revenue",
        "conversions",
        "results",
        "results_value",
        "all_clicks",
        "value",
    }
)
SPLITS = ("age", "gender", "device", "country", "network", "placement", "segment")
KEYS = ("campaign", "campaign_id", "audience", "audience_id", "creative", "creative_id")


@dataclass(frozen=True, slots=True)
class Dialect:
    """One platform's table.

    Attributes:
        key: what `--platform` and the verdict call it.
        platform: the campaign's platform; empty when a column says it.
        names: per language, the headers of each field, the preferred one first.
        marks: headers only this platform writes; they weigh three times as much.
        weak: marks that other tables have too, being words of their language: together they count as one.
        required: headers without which it is not this table.
        preamble: patterns of lines above the header.
        date_order: how it writes 9/1/2026, where that is documented.
        role: performance rows, or names and actions that complete other files.
        scale: factor for fields in another unit (cost in micros).
        cautions: header -> the code of a finding its use deserves.
        blank_is_zero: fields whose blank cell means none, where the column has others that are filled; of a value
            only where its conversions are none.
        writes_totals: whether it always ends with a total row; without one the file may be cut off.
        timezone: the zone all its days are in, where that is documented.
        names_platforms: it is known by its column `platform`, whose cells name platforms.
        open_end: an end at midnight is the moment at which a time is over, not a day of it.
        footer: pattern of lines below the table that say how the report was made; '' where it writes none.
        evidence: what beside its headers says that a table is the platform's, in words; '' where they have to.
        headers: every header of every field in every language.
    """

    key: str
    platform: str
    title: str
    names: Mapping[str, Names]
    marks: frozenset[str] = frozenset()
    weak: frozenset[str] = frozenset()
    required: frozenset[str] = frozenset()
    preamble: tuple[str, ...] = ()
    date_order: DateOrder | None = None
    role: Role = "performance"
    scale: Mapping[str, float] = field(default_factory=dict)
    cautions: Mapping[str, str] = field(default_factory=dict)
    blank_is_zero: frozenset[str] = frozenset()
    timezone: str = ""
    writes_totals: bool = False
    names_platforms: bool = False
    open_end: bool = False
    footer: str = ""
    evidence: str = ""
    headers: frozenset[str] = field(init=False)

    def __post_init__(self) -> None:
        words = (header for names in self.names.values() for headers in names.values() for header in headers)
        object.__setattr__(self, "headers", frozenset(words))


def plain_header(cell: str) -> str:
    """A header as it is written, without marks that no screen shows."""
    return _INVISIBLE.sub("", cell).strip()


@lru_cache(maxsize=4_096)
def normal_header(cell: str) -> str:
    """A header without case, line breaks, underscores, points within and width variants; a currency suffix is kept.

    >>> normal_header("Campaign_Name "), normal_header("metrics.cost_micros")
    ('campaign name', 'metrics cost micros')
    """
    text = unicodedata.normalize("NFKC", plain_header(cell)).casefold()
    return _SPACE.sub(" ", _POINT.sub(" ", text)).strip().replace("’", "'")


@lru_cache(maxsize=4_096)
def split_currency(cell: str) -> tuple[str, str]:
    """(header, ISO code or sign, or '') of a header such as ``Amount spent (EUR)``, ``Kosten in €`` or ``Cost USD``.

    A unit is left out as well (`units`).

    >>> split_currency("Amount spent (EUR)"), split_currency("spend_eur"), split_currency("Clicks (all)")
    (('Amount spent', 'EUR'), ('spend', 'EUR'), ('Clicks (all)', ''))
    """
    cell = split_unit(cell)[0]
    text = unicodedata.normalize("NFKC", plain_header(cell))
    if behind := _CURRENCY_BEHIND.match(text):
        return behind["name"], behind["code"].upper()
    match = _CURRENCY.match(text)
    code = (match["code"] or match["bare"]) if match else ""
    return (match["name"], code) if match and candidates(code) else (cell, "")


def is_number(name: str) -> bool:
    """Whether a field holds numbers."""
    return name in NUMBERS or name.startswith(("conversion.", "value."))


def table(**fields: str) -> dict[str, tuple[str, ...]]:
    """A language's headers, written as one line per field with ``|`` between alternatives.

    A double underscore in a field's name stands for its point: ``conversion__lead``.
    """
    return {
        name.replace("__", "."): tuple(normal_header(part) for part in headers.split("|"))
        for name, headers in fields.items()
    }


def headers(text: str) -> frozenset[str]:
    """Headers that tell a table, written with ``|`` between them, too."""
    return frozenset(normal_header(part) for part in text.split("|") if part)
