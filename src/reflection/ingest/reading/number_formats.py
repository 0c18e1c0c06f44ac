"""In which format a file writes its numbers: decided by evidence, never by the language of its headers alone.

The format has to read every number of the file, and counts have to come out whole. Where several do and mean different
amounts (`1.250` is a thousand or one and a quarter), three things speak: the currency (there are no half pesos), the
delimiter (a semicolon stands where the comma is the decimal sign) and how many decimals there are (money has no three);
before them the file's own ratios: the reading in which spend over clicks is its CPC is the right one.
Where they disagree, or only one speaks against the language, the file is refused. Must not know platforms or files.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import polars as pl
from babel.numbers import get_currency_precision

from reflection.errors import ImportFileError
from reflection.ingest.reading.numbers import NumberFormat, cleaned, format_of, formats, is_missing
from reflection.ingest.reading.ratios import Ratio

_HOME = {
    "de": "de", "es": "de", "it": "de", "pt": "de", "id": "de", "nl": "de", "da": "de", "tr": "de", "vi": "de",
    "fr": "fr", "pl": "fr", "cs": "fr", "sv": "fr", "nb": "fr", "fi": "fr", "ru": "fr", "uk": "fr", "hu": "fr",
}  # fmt: skip
_NUMBER_LIKE = r"^[-+(]?\D{0,4}\d[\d.,'’٫٬\s\u00a0\u202f]*\D{0,4}$"
MOST_OTHERS = 500
_THREE_DECIMALS = r"\d[.,]\d{3}\D{0,4}$"


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a file says about its numbers.

    Attributes:
        counts: distinct cells of columns that hold whole numbers.
        amounts: those of the other number columns; `money` those of them that are paid or earned.
        coarse: cells of what is counted in thousands or more, with as many decimals as there are.
        others: cells of columns that are not used, as far as they look like numbers.
        ratios: what the file itself states of its amounts (CPC, CPM).
        delimiter, currency, language: of the file; '' where it has none or states none.
    """

    counts: Sequence[pl.Series]
    amounts: Sequence[pl.Series]
    coarse: Sequence[pl.Series] = ()
    money: Sequence[pl.Series] = ()
    others: Sequence[pl.Series] = ()
    ratios: Sequence[Ratio] = ()
    delimiter: str = ""
    currency: str = ""
    language: str = "en"


Values = tuple[float | None, ...]
Readings = Mapping[Values, list[NumberFormat]]


def choose_format(evidence: Evidence, name: str, *, typed: bool, locale: str = "") -> NumberFormat:
    """The one format that reads every number of the file.

    Args:
        typed: the numbers are a workbook's own, written canonically.
        locale: a locale the user named (``de``, ``fr_FR``); then nothing is decided here.

    Raises:
        ImportFileError: the named locale is unknown; or two readings remain.
    """
    if locale:
        return format_of(locale)
    evidence = _distinct(evidence)
    scored = list(zip(_unreadable(evidence, typed), formats(), strict=True))
    least = min(count for count, _ in scored)
    home = _HOME.get(evidence.language, "en")
    fitting = sorted((option for count, option in scored if count == least), key=lambda one: one.locale != home)
    readings: dict[Values, list[NumberFormat]] = {}
    for option in fitting:
        values = tuple(
            value for cells in (*evidence.amounts, *evidence.coarse) for value in option.read(cells, typed=typed)
        )
        readings.setdefault(values, []).append(option)
    if len(readings) == 1:
        _refuse_contradiction(fitting[0], evidence, name, typed)
        if not any(ratio.holds(fitting[0], typed=typed) for ratio in evidence.ratios):
            _refuse_thousandths(fitting[0], evidence, name)
        return fitting[0]
    if true := _by_ratios(readings, evidence, typed):
        return true
    return _decided(readings, evidence, fitting[0], name)


def _distinct(evidence: Evidence) -> Evidence:
    """The same with each cell once, cleaned; of columns that are not used a part is enough."""
    return replace(
        evidence,
        counts=[cleaned(known(cells)) for cells in evidence.counts],
        amounts=[cleaned(known(cells)) for cells in evidence.amounts],
        coarse=[cleaned(known(cells)) for cells in evidence.coarse],
        money=[cleaned(known(cells)) for cells in evidence.money],
        others=[cleaned(number_like(cells.head(MOST_OTHERS))) for cells in evidence.others],
    )


def known(cells: pl.Series) -> pl.Series:
    """The distinct cells that say something, in one order."""
    return cells.filter(~is_missing(cells)).unique(maintain_order=True)


def number_like(cells: pl.Series) -> pl.Series:
    """The distinct cells that look like numbers, per cent signs dropped."""
    bare = known(cells).str.strip_chars_end(" %")
    return bare.filter(bare.str.contains(_NUMBER_LIKE))


def numeric(cells: pl.Series) -> bool:
    """Whether a column holds numbers: nearly all its cells look like some, and one format reads them all."""
    texts, like = known(cells), cleaned(number_like(cells))
    enough = len(like) > 0 and len(like) >= 0.8 * len(texts)
    return enough and any(not option.read(like).null_count() for option in formats())


def _unreadable(evidence: Evidence, typed: bool) -> list[int]:
    """How many distinct cells each of `formats` cannot read; what is counted has to come out whole."""
    values = [option.reading(pl.col("n"), typed=typed) for option in formats()]
    broken = [value.is_null() | (value != value.round(0)) for value in values]
    unread = [value.is_null() for value in values]
    both = (_sums(evidence.counts, broken), _sums([*evidence.amounts, *evidence.coarse, *evidence.others], unread))
    return [sum(of_format) for of_format in zip(*both, strict=True)]


def _sums(columns: Sequence[pl.Series], marks: Sequence[pl.Expr]) -> list[int]:
    """Of how many cells of all columns together each mark is true."""
    cells = pl.concat([pl.Series(dtype=pl.String), *columns])
    return list(cells.to_frame("n").select(mark.sum().alias(str(n)) for n, mark in enumerate(marks)).row(0))


def _decided(readings: Readings, evidence: Evidence, home: NumberFormat, name: str) -> NumberFormat:
    """The reading that all evidence speaks for."""
    left = list(readings)
    if evidence.currency and get_currency_precision(evidence.currency) == 0:
        whole = [values for values in left if all(value is None or value == round(value) for value in values)]
        left = whole or left
    if len(left) > 1:
        votes = [vote for vote in (_by_delimiter(evidence), _by_decimals(evidence)) if vote is not None]
        for vote in votes:
            left = [values for values in left if any(vote(option) for option in readings[values])]
        if len(votes) == 1 and not any(home in readings[values] for values in left):
            left = []  # one witness, and the language speaks against it
    if len(left) != 1:
        raise _ambiguous(readings, evidence, name)
    options = readings[left[0]]
    return home if home in options else options[0]


def _by_ratios(readings: Readings, evidence: Evidence, typed: bool) -> NumberFormat | None:
    """The one reading in which the file's own ratios come out; None where there are none, or they fit several."""
    fitting = [
        options[0]
        for options in readings.values()
        if any(ratio.holds(options[0], typed=typed) for ratio in evidence.ratios)
    ]
    return fitting[0] if len(fitting) == 1 else None


def _refuse_contradiction(option: NumberFormat, evidence: Evidence, name: str, typed: bool) -> None:
    if any(ratio.off_by_thousands(option, typed=typed) for ratio in evidence.ratios):
        raise ImportFileError(
            f"{name}: written as {option.example}, its spend is about a thousand times more or less than its own "
            "CPC or CPM says: points and commas do not mean the same in every column.",
            hint="Say how numbers are written with --locale, or leave the ratio's column out.", field="locale",
        )  # fmt: skip


def _refuse_thousandths(option: NumberFormat, evidence: Evidence, name: str) -> None:
    """Three digits after the decimal sign of money or of a count, as a group has them, where nothing in the file has
    as many that cannot be a group: other cells alone made that sign a decimal one, and nobody pays thousandths.
    """
    sign, precision = re.escape(option.decimal), get_currency_precision(evidence.currency or "EUR")
    cells = pl.concat([pl.Series(dtype=pl.String), *evidence.counts, *evidence.money])
    groups = cells.str.contains(rf"^[-+]?[1-9]\d{{0,2}}{sign}\d{{3}}$")
    grouped = rf"\d{re.escape(option.group)}\d{{3}}{sign}\d" if option.group else "$^"
    decided = cells.str.contains(grouped) | (cells.str.contains(rf"{sign}\d{{3,}}$") & ~groups)
    if precision > 2 or not groups.any() or decided.any():
        return
    cell, other = cells.filter(groups)[0], next(one for one in formats() if one.group == option.decimal)
    raise _two_readings(name, cell, option.read(pl.Series([cell]))[0], option, other)


Vote = Callable[[NumberFormat], bool]


def _by_delimiter(evidence: Evidence) -> Vote | None:
    """A semicolon stands between cells where the comma is taken: it is the decimal sign."""
    return (lambda option: option.decimal == ",") if evidence.delimiter == ";" else None


def _by_decimals(evidence: Evidence) -> Vote | None:
    """Three digits after the only sign of every amount that has one: they are a group, for money has no mils."""
    cells = [cell for column in evidence.amounts for cell in column.to_list() if "." in cell or "," in cell]
    if not cells or not pl.Series(cells).str.contains(_THREE_DECIMALS).all():
        return None
    signs = {sign for cell in cells for sign in ".," if sign in cell}
    return lambda option: option.decimal not in signs


def _ambiguous(readings: Readings, evidence: Evidence, name: str) -> ImportFileError:
    cells = [cell for column in (*evidence.amounts, *evidence.coarse) for cell in column.to_list()]
    (one, first), (other, second) = [(values, options[0]) for values, options in readings.items()][:2]
    place = next(i for i, pair in enumerate(zip(one, other, strict=True)) if pair[0] != pair[1])
    if None in (one[place], other[place]):
        message = (
            f"{name}: '{cells[place].strip()}' is no number where others are: some cells are written as "
            f"{first.example}, some as {second.example}."
        )
        return ImportFileError(message, hint="Write them all in one way, or export the file again.", field="locale")
    return _two_readings(name, cells[place].strip(), one[place] or 0.0, first, second)


def _two_readings(name: str, cell: str, first: float, one: NumberFormat, other: NumberFormat) -> ImportFileError:
    """That a cell is one amount or another, by the format it is read in."""
    second = other.read(pl.Series([cell]))[0]
    return ImportFileError(
        f"{name}: '{cell}' is {first:,.10g} or {second:,.10g}: nothing decides.",
        hint=f"Say which: --locale {one.locale} reads the first, --locale {other.locale} the second.",
        field="locale",
    )
