"""One spelling for one kind of conversion, whether it is stated or named by an objective."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reflection.domain.conversion_kind import KINDS, MONEY_KINDS, kind_of_objective, normal_kind, plural, spoken


@pytest.mark.parametrize(
    ("written", "kind"),
    [("Leads", "lead"), ("offsite_conversion.fb_pixel_lead", "lead"), ("onsite_conversion.lead_grouped", "lead"),
     ("Purchases", "purchase"), ("sale", "purchase"), ("mobile_app_install", "app_install"),
     ("Sign-ups", "registration"),
     ("complete_registration", "registration"), ("Test drive", "test_drive"), ("Address", "address")],
)  # fmt: skip
def test_spellings_of_one_kind_are_one(written: str, kind: str) -> None:
    assert normal_kind(written) == kind


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_a_kind_is_its_own_spelling_in_words_in_capitals_and_in_the_plural(kind: str) -> None:
    assert normal_kind(kind) == normal_kind(spoken(kind).title()) == normal_kind(kind + "s") == kind


@pytest.mark.parametrize(
    ("kind", "several"),
    [("lead", "leads"), ("reach", "reaches"), ("inquiry", "inquiries"), ("survey", "surveys"), ("", "conversions")],
)
def test_several_of_a_kind_are_said_as_people_do(kind: str, several: str) -> None:
    assert plural(kind) == several


@given(st.text(max_size=30))
def test_normalising_twice_changes_nothing(text: str) -> None:
    assert normal_kind(normal_kind(text)) == normal_kind(text)


@pytest.mark.parametrize(
    ("objective", "kind"),
    [("Lead Generation", "lead"), ("OUTCOME_LEADS", "lead"), ("App Installs", "app_install"), ("Sales", "purchase"),
     ("OUTCOME_SALES", "purchase"), ("Prospecting", ""), ("Brand awareness", "reach"), ("unspecified", "")],
)  # fmt: skip
def test_an_objective_may_name_a_kind(objective: str, kind: str) -> None:
    assert kind_of_objective(objective) == kind


def test_an_objective_names_only_kinds_that_have_a_name() -> None:
    assert "purchase" in MONEY_KINDS
    assert "lead" not in MONEY_KINDS
    assert kind_of_objective("leading edge") == ""
