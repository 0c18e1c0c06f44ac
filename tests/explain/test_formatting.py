"""Figures as text: signs, decimals, units; and names from outside made inert."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reflection.explain import formatting


@pytest.mark.parametrize(
    ("value", "currency", "text"),
    [
        (19.268, "USD", "USD 19.27"),
        (19.268, None, "19.27"),
        (0.0, "EUR", "EUR 0.00"),
        (22500.0, "USD", "USD 22,500.00"),
        (1234567.8, "USD", "USD 1,234,568"),
        (1234.5, "JPY", "JPY 1,234"),
        (12.5, "JPY", "JPY 12.50"),
        (0.00423, "USD", "USD 0.0042"),
    ],
)
def test_money_carries_its_currency_and_fitting_decimals(value: float, currency: str | None, text: str) -> None:
    assert formatting.money(value, currency) == text


def test_money_signs() -> None:
    assert formatting.money(-18.035, "USD", signed=True) == "USD -18.04"
    assert formatting.money(18.0, "USD", signed=True) == "USD +18.00"
    assert formatting.money(0.0, "USD", signed=True) == "USD 0.00"
    assert formatting.money(500.0, "USD", whole=True) == "USD 500"
    assert formatting.money(1.5, "USD", whole=True) == "USD 1.50"


@pytest.mark.parametrize(
    ("value", "text"),
    [(75.0, "+75.0 %"), (-61.46, "-61.5 %"), (0.0, "0.0 %"), (-0.04, "0.0 %"), (0.04, "0.0 %")],
)
def test_percent_has_its_sign_and_never_a_minus_zero(value: float, text: str) -> None:
    assert formatting.percent(value, signed=True) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.035, "3.50 %"), (0.0, "0.00 %"), (0.000042, "0.0042 %"), (1.25, "125.00 %"), (0.001, "0.10 %")],
)
def test_shares_keep_two_significant_digits_when_small(value: float, text: str) -> None:
    assert formatting.share(value) == text


@pytest.mark.parametrize(("value", "text"), [(4900, "4,900"), (12.5, "12.5"), (0, "0"), (1, "1")])
def test_counts(value: float, text: str) -> None:
    assert formatting.count(value) == text


@pytest.mark.parametrize(
    ("value", "text"), [(0.974, "97 %"), (0.9999, "over 99 %"), (1.0, "over 99 %"), (0.0, "under 1 %")]
)
def test_a_probability_is_never_certain(value: float, text: str) -> None:
    assert formatting.probability(value) == text


def test_lifts() -> None:
    assert formatting.lift(1.32) == formatting.lift(0.68) == "32.0 %"
    assert formatting.signed_lift(0.7) == "-30.0 %"
    assert formatting.signed_lift(1.0) == "0.0 %"
    assert [formatting.rounded_lift(lift) for lift in (1.21, 0.7, 1.0)] == ["+21 %", "-30 %", "+0 %"]
    assert formatting.rounded_lifts((0.8, 1.1)) == "-20 % to +10 %"


@pytest.mark.parametrize(
    ("kpi", "text"),
    [("ctr", "3.50 %"), ("cpa", "USD 0.04"), ("roas", "0.04"), ("cpm", "USD 0.04"), ("spend", "USD 0.04")],
)
def test_every_kpi_in_its_own_unit(kpi: str, text: str) -> None:
    assert formatting.kpi_value(kpi, 0.035, "USD") == text


@given(st.floats(-1e12, 1e12), st.sampled_from(["ctr", "cpa", "roas", "conversions"]))
def test_any_finite_value_is_rendered_without_exponent(value: float, kpi: str) -> None:
    text = formatting.kpi_value(kpi, value, "USD")
    assert re.fullmatch(r"(USD )?-?[\d,]+(\.\d+)?( %)?", text)


@pytest.mark.parametrize(
    ("given_name", "shown"),
    [
        ("Students 18-25", "Students 18-25"),
        ("R&D", "R&D"),
        ("two\nlines\there", "two lines here"),
        ("<script>alert(1)</script>", "scriptalert(1)/script"),
        ("[click](http://evil.example)", "click(evil.example)"),
        ("see hthttp://tp://evil.example", "see evil.example"),
        ("java\u200bscript:alert(1)", "javascript alert(1)"),
        ("a\u202egnp.exe", "agnp.exe"),
        ("**bold** `code` # title", "bold code title"),
        ("crt_010", "crt_010"),
        ("Größe – XL", "Größe – XL"),
        ("&lt;b&gt;", "lt;bgt;"),
    ],
)
def test_names_are_inert(given_name: str, shown: str) -> None:
    assert formatting.plain_name(given_name) == shown


@given(st.text(max_size=300))
def test_no_name_keeps_markup_links_or_line_breaks(text: str) -> None:
    shown = formatting.plain_name(text)
    assert len(shown) <= formatting.NAME_LIMIT
    assert "\n" not in shown
    assert "://" not in shown
    assert not set(shown) & set("<>`[]{}|*#~^\\")
    assert formatting.plain_name(shown) == shown


def test_nothing_is_no_minus_nothing() -> None:
    assert formatting.rounded_lift(0.9999) == "+0 %"
