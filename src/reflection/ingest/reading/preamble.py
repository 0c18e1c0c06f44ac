"""What the lines above a table say of all its rows: currency, period, time zone, account.

Reports write `Currency: AUD`, `Report Time Zone,America/New_York`, `# Start date: 20260901` or a bare range of dates.
This file must not know platforms, nor the table below.
"""

import datetime as dt
import re
from collections.abc import Sequence
from dataclasses import dataclass

from reflection.ingest.dialects.currencies import ANY_SIGN, candidates, currency_of
from reflection.ingest.dialects.dialect import DateOrder
from reflection.ingest.reading.dates import Span, parse_date, parse_range

_CURRENCY = re.compile(
    r"(?:currency|währung|devise|monnaie|moneda|moeda|valuta|waluta|para birimi|通貨|货币|통화)"
    rf"(?:[ _-]?code|scode)?[\s:=]*\(?([A-Z]{{3}}\b|{ANY_SIGN})"
    r"|\bamounts? (?:are )?in ([A-Z]{3})\b",
    re.IGNORECASE,
)  # fmt: skip
_ZONE = re.compile(
    r"(?:time[ _-]?zone|zeitzone|fuseau horaire|zona horaria|fuso or[aá]rio|tijdzone)[\s:=]*"
    r"\(?(?P<zone>[A-Z][A-Za-z_]+/[A-Za-z_/+-]+|UTC|GMT(?:[+-]\d{1,2}:\d{2})?|\(?GMT[+-]\d{1,2}:\d{2})",
    re.IGNORECASE,
)
_START = re.compile(
    r"(?:start(?: date)?|date from|from|beginn|début|inicio|von)[\s:=]+(?P<date>.*\d.*)$", re.IGNORECASE
)
_END = re.compile(r"(?:end(?: date)?|date to|to|ende|fin|bis)[\s:=]+(?P<date>.*\d.*)$", re.IGNORECASE)
_LABEL = re.compile(
    r"^\W*(?:date range|report(?:ing)? period|report (?:time|dates?)|time period|period|dates?|zeitraum|période|"
    r"periodo|período|periode)[\s:=]+",
    re.IGNORECASE,
)  # fmt: skip
_AT_THE_END = re.compile(r"(?<!\d)\d{8}-\d{8}$")
"""A range behind a name, as in `# Acme-20260901-20260930`."""

_MADE = re.compile(r"generated|created|exported|downloaded|erstellt|report run|last completed", re.IGNORECASE)
_ACCOUNT = re.compile(
    r"^\W*(?:account(?: name)?|advertiser|customer|konto|compte|cuenta|conta)\s*:\s*(?P<name>\S.*)$", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Preamble:
    """The lines above a header, their cells joined by spaces."""

    lines: Sequence[str]

    def currency(self) -> str:
        """The ISO code they name, or a sign that several currencies share; '' where they name none."""
        codes = (code for line in self.lines if (match := _CURRENCY.search(line)) and (code := match[1] or match[2]))
        return next((currency_of(code) or code for code in codes if candidates(code)), "")

    def zone(self) -> str:
        """The time zone as written: an IANA name, ``UTC`` or ``GMT+02:00``; '' where they name none."""
        matches = (_ZONE.search(line) for line in self.lines)
        return next((match["zone"].strip("(") for match in matches if match), "")

    def account(self) -> str:
        """The account's name; '' where they name none."""
        matches = (_ACCOUNT.match(line) for line in self.lines)
        return next((match["name"].strip() for match in matches if match), "")

    def dates(self) -> list[str]:
        """The texts that say the period, to decide the order of day and month by."""
        return [text for line in self._dated() for text in _texts(line)]

    def period(self, order: DateOrder) -> Span | None:
        """First and last day, from a range or from a line each."""
        lines = self._dated()
        for line in lines:
            bare = match[0] if (match := _AT_THE_END.search(line)) else _LABEL.sub("", line)
            if span := parse_range(line, order) or parse_range(bare, order):
                return span
        first, last = _first(_START, lines, order), _first(_END, lines, order)
        return (first[0], last[1]) if first and last and first[0] <= last[1] else None

    def made_on(self, order: DateOrder) -> dt.date | None:
        """The day the report was made; the day after the last that its platform calls complete."""
        for line in self.lines:
            match = _MADE.search(line)
            text = re.sub(r"\(.*?\)", "", line[match.end() :]).partition(":")[2].strip() if match else ""
            day = parse_date(text, order) or parse_date(text.split(" ")[0].rstrip(","), order) if text else None
            if match and day:
                return day + dt.timedelta(days=1) if "last" in match[0].casefold() else day
        return None

    def _dated(self) -> list[str]:
        return [line for line in self.lines if any(map(str.isdigit, line)) and not _MADE.search(line)]


def _texts(line: str) -> list[str]:
    matches = [match["date"] for pattern in (_START, _END) if (match := pattern.search(line))]
    return [*matches, _LABEL.sub("", line)]


def _first(pattern: re.Pattern[str], lines: Sequence[str], order: DateOrder) -> Span | None:
    for line in lines:
        if (match := pattern.search(line)) and (day := parse_date(match["date"].strip(' "'), order)):
            return day, day
    return None
