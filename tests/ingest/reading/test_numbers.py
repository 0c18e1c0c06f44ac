"""Numbers as locales write them; Babel's strict parser is the judge."""

from decimal import Decimal

import polars as pl
import pytest
from babel.numbers import NumberFormatError, format_decimal, parse_decimal
from hypothesis import given
from hypothesis import strategies as st

from reflection.errors import ImportFileError
from reflection.ingest.reading.number_formats import Evidence, choose_format
from reflection.ingest.reading.numbers import NumberFormat, formats, is_missing

BY_NAME = {option.locale: option for option in formats()}
ODD_CELLS = ["7", "12.5", "12,5", ".5", "5.", "1.2.3", "1e5", "inf", "nan", "+3", "-3", "9" * 16, ""]


def parse(option: NumberFormat, *cells: str, typed: bool = False) -> list[float | None]:
    """Cells read in one format."""
    return option.parse(pl.Series(cells, dtype=pl.String), typed=typed).to_list()


def choose(counts: list[str], amounts: list[str], language: str = "en", named: str = "", **said: str) -> str:
    """The name of the format chosen."""
    series = [[pl.Series(cells, dtype=pl.String)] for cells in (counts, amounts)]
    evidence = Evidence(*series, language=language, **said)
    return choose_format(evidence, "export.csv", typed=False, locale=named).locale


@pytest.mark.parametrize("locale", ["en", "de", "fr", "de_CH", "en_IN"])
@given(value=st.decimals(-(10**9), 10**9, places=2))
def test_what_a_locale_writes_reads_back(locale: str, value: Decimal) -> None:
    written = format_decimal(value, locale=locale, format=None if locale == "en_IN" else "#,##0.00")

    assert parse(BY_NAME[locale], written) == [pytest.approx(float(value))]


@pytest.mark.parametrize("locale", ["en", "de"])
@given(text=st.text(alphabet="0123456789.,", min_size=1, max_size=12))
def test_what_we_read_babel_reads_as_the_same_number(locale: str, text: str) -> None:
    value = parse(BY_NAME[locale], text)[0]
    if value is None:
        return
    judged = float(parse_decimal(text.rstrip(".,"), locale, strict=False))
    try:
        judged = float(parse_decimal(text, locale, strict=True))
    except NumberFormatError:
        pytest.fail(f"{text!r} was read as {value}, which strict Babel refuses") if text[-1] not in ".," else None

    assert value == pytest.approx(judged)


@pytest.mark.parametrize("digits", [21, 308, 309, 5_000])
def test_what_nobody_counts_or_pays_is_no_number(digits: int) -> None:
    """Or its sums are infinite: a file with such a cell broke the import."""
    for option in formats():
        assert parse(option, "9" * digits, f"-{'9' * digits}{option.decimal}5", "9" * 15) == [None, None, 1e15 - 1]


def test_a_wrong_locale_is_refused_rather_than_misread() -> None:
    assert parse(BY_NAME["en"], "12,34", "1.234,56", "1,23,456") == [None, None, None]
    assert parse(BY_NAME["de"], "12.34", "1,234.56") == [None, None]


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ("$1,234.56", 1234.56),
        ("CA$12.00", 12.0),
        ("12.5 €", 12.5),
        ("−5.5", -5.5),
        (" 7 ", 7.0),
        ("144.", 144.0),
    ],
)
def test_signs_and_spaces_around_a_number_do_not_matter(cell: str, value: float) -> None:
    assert parse(BY_NAME["en"], cell) == [value]


@pytest.mark.parametrize("space", [" ", "\u00a0", "\u202f", "\u2009"])
def test_any_space_groups_french_thousands(space: str) -> None:
    assert parse(BY_NAME["fr"], f"1{space}020,50") == [1020.5]


@pytest.mark.parametrize("apostrophe", ["'", "’"])
def test_either_apostrophe_groups_swiss_thousands(apostrophe: str) -> None:
    assert parse(BY_NAME["de_CH"], f"1{apostrophe}234.50") == [1234.5]


def test_missing_is_not_zero() -> None:
    cells = pl.Series(["--", " --", "", "-", "n/a", None, "< 10%", "> 90%", "0", "0.00"], dtype=pl.String)

    assert is_missing(cells).to_list() == [True] * 8 + [False] * 2


def test_whole_counts_settle_what_a_point_means() -> None:
    assert choose(["38.110"], ["38.110"]) == "de"
    assert choose(["38,110"], ["1,250"]) == "en"


def test_amounts_settle_it_too() -> None:
    assert choose(["5"], ["220,30"]) == "de"
    assert choose(["5"], ["1 020,50"]) == "fr"
    assert choose(["12,34,567"], ["1.5"]) == "en_IN"


def test_the_headers_language_decides_between_formats_that_both_fit() -> None:
    assert choose(["5"], ["7"], "fr") == "fr"
    assert choose(["5"], ["1,250"], "ja") == "en"
    assert choose(["5"], ["1.250"], "de") == "de"


def test_a_named_locale_is_taken_without_guessing() -> None:
    assert choose(["38,110"], [], named="de-DE") == "de"
    assert choose(["1"], [], named="sv_SE") == "fr"


def test_an_unknown_locale_is_refused() -> None:
    with pytest.raises(ImportFileError, match="no known locale"):
        choose(["1"], [], named="klingon")


def test_a_workbooks_own_numbers_are_read_whatever_the_locale() -> None:
    assert parse(BY_NAME["de"], "1234.5", "38.1100", "1.234,56", typed=True) == [1234.5, 38.11, 1234.56]


def test_a_group_does_not_begin_with_zero() -> None:
    assert parse(BY_NAME["de"], "0.125") == [None]
    assert parse(BY_NAME["en"], "0.125") == [0.125]


@pytest.mark.parametrize(
    ("cell", "value"),
    [("-$2.40", -2.4), ("$-2.40", -2.4), ("(2.40)", -2.4), ("($1,002.40)", -1002.4), ("USD 12.00", 12.0),
     ("\u200e-2.40", -2.4), ("\ufeff7\u00a0", 7.0), ("R$ 1.50", 1.5), ("12.00 kr", 12.0)],
)  # fmt: skip
def test_credits_and_invisible_marks_are_read(cell: str, value: float) -> None:
    assert parse(BY_NAME["en"], cell) == [value]


@pytest.mark.parametrize(
    ("amount", "said", "locale"),
    [
        ("125,300", {"language": "es", "currency": "CLP"}, "en"),  # there are no half pesos
        ("1.250.000", {"currency": "KRW"}, "de"),
        ("1.250", {"delimiter": ";"}, "de"),  # a semicolon, and no money in thousandths
        ("1,250", {"delimiter": ","}, "en"),
        ("1.250", {"language": "de"}, "de"),
    ],
)
def test_evidence_decides_what_a_thousand_is(amount: str, said: dict[str, str], locale: str) -> None:
    assert choose(["950"], [amount], **said) == locale


@pytest.mark.parametrize(
    ("amount", "said"),
    [
        ("125,300", {"language": "es", "currency": "MXN"}),  # German-looking words, English-looking number
        ("1.250", {"language": "en", "delimiter": ","}),
        ("1,250", {"language": "en", "delimiter": ";"}),
    ],
)
def test_where_two_readings_remain_the_user_has_to_say(amount: str, said: dict[str, str]) -> None:
    with pytest.raises(ImportFileError) as caught:
        choose(["950"], [amount], **said)

    assert "--locale" in caught.value.hint
    assert amount in caught.value.message


def test_columns_that_are_not_used_speak_too() -> None:
    ratios = pl.Series(["0,42", "1,38"], dtype=pl.String)

    evidence = Evidence([], [pl.Series(["1.250"], dtype=pl.String)], [ratios], delimiter=",")

    assert choose_format(evidence, "export.csv", typed=False).locale == "de"


@pytest.mark.parametrize("form", formats(), ids=lambda form: form.locale)
@pytest.mark.parametrize("cell", ODD_CELLS)
def test_what_is_read_at_once_is_what_would_be_read_cell_by_cell(form: NumberFormat, cell: str) -> None:
    for column in ([cell], [cell, "1"], [cell, "x"], [None, cell]):
        cells = pl.Series(column, dtype=pl.String)
        plain, each = form.plain(cells), form.parse(cells)

        assert all(one is None or one == other for one, other in zip(plain.to_list(), each.to_list(), strict=True))


def chosen(money: list[str], amounts: list[str], counts: list[str], **said: str) -> str:
    """The name of the format chosen, by amounts of which some are money."""
    series = [[pl.Series(cells, dtype=pl.String)] for cells in (counts, [*money, *amounts], money)]
    evidence = Evidence(series[0], series[1], money=series[2], **said)
    return choose_format(evidence, "export.csv", typed=False).locale


@pytest.mark.parametrize(
    ("money", "amounts", "counts"),
    [
        (["1,250", "2,340"], ["0,57"], ["950"]),  # only another column has a decimal comma
        (["12,50", "1,250"], [], ["950"]),
        (["1.250", "2.340"], ["0.57"], ["950"]),
        (["12.50"], [], ["10.000", "950"]),  # ten impressions, or ten thousand
    ],
)
def test_what_may_be_a_thousand_times_more_is_asked_and_never_guessed(
    money: list[str], amounts: list[str], counts: list[str]
) -> None:
    with pytest.raises(ImportFileError, match="nothing decides") as caught:
        chosen(money, amounts, counts)

    assert "--locale de" in caught.value.hint
    assert "--locale en" in caught.value.hint


@pytest.mark.parametrize(
    ("money", "currency", "locale"),
    [
        (["1,250", "0,571"], "EUR", "de"),  # three decimals that no group can be
        (["1.250", "1234.500"], "EUR", "en"),
        (["1,250", "12,5"], "KWD", "de"),  # a thousand fils are a dinar
        (["1,250", "3000.50"], "EUR", "en"),
        (["1.250", "980,20"], "EUR", "de"),
        (["1,050.00", "1.125"], "EUR", "en"),  # both signs in one cell
    ],
)
def test_the_whole_file_says_what_three_digits_after_a_sign_are(money: list[str], currency: str, locale: str) -> None:
    assert chosen(money, [], ["950"], currency=currency) == locale
