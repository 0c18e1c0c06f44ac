"""Reading what callers give: one shape of error, no echo of input, bounded work."""

import datetime as dt
import json
import re
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import AwareDatetime, Field

from reflection.api.openapi import CMP_007
from reflection.domain.campaign import Campaign, Metrics, Strict
from reflection.domain.validation import HOPELESS, MAX_FIELD_ERRORS, FieldErrors, check_address, field_path, read


@pytest.mark.parametrize(
    ("location", "path"),
    [
        ((), ""),
        (("platform",), "platform"),
        (("breakdown", 2, "metrics", "clicks"), "breakdown[2].metrics.clicks"),
        ((0, "name"), "[0].name"),
        (("a" * 500,), "a" * 100),
    ],
)
def test_a_path_is_written_as_people_read_it(location, path):
    assert field_path(location) == path


def test_the_first_problem_is_the_message_and_the_rest_are_counted():
    with pytest.raises(FieldErrors, match=r"platform: .* \(and 1 more\)") as refused:
        read(Campaign, {**CMP_007, "platform": "string", "objective": "string"})

    assert [error["field"] for error in refused.value.errors] == ["platform", "objective"]


def test_what_is_misspelt_is_told_before_what_is_missing_for_it():
    misspelt = {"platfrm" if name == "platform" else name: value for name, value in CMP_007.items()}

    with pytest.raises(FieldErrors, match=r"platfrm: is no field that is known here \(and 1 more\)"):
        read(Campaign, misspelt)


class Everything(Strict):
    """A field of each kind that a door has."""

    tuples: tuple[int, ...] = Field(min_length=1, max_length=2, strict=False)
    mapping: dict[str, int] = Field(max_length=1)
    text: str = Field(min_length=1)
    id: str = Field(pattern=r"^lrn_[0-9a-f]{2}$")
    flag: bool
    count: int
    day: dt.date = Field(strict=False)
    instant: AwareDatetime = Field(strict=False)
    cell: str | int | float
    choice: Literal["a", "b"]
    inner: Metrics


MISTAKES = (
    {"tuples": [], "mapping": {"a": 1, "b": 2}, "text": "", "id": "nope", "flag": "x", "count": "1", "cell": [], "": 1},
    {"tuples": [1, 2, 3], "mapping": [], "text": 1, "id": 1, "flag": None, "count": 1.5, "cell": None, "choice": "c"},
    {"tuples": "x", "day": "2026-05-01T10:00:00Z", "instant": "2026-05-01T10:00:00", "inner": 5},
    {"tuples": {}, "day": "x", "instant": "x", "inner": {"clicks": -1}},
)  # fmt: skip


@pytest.mark.parametrize("body", MISTAKES)
@pytest.mark.parametrize("form", [json.dumps, dict])
def test_no_problem_is_told_in_words_of_python_and_each_field_has_one(body, form):
    with pytest.raises(FieldErrors) as refused:
        read(Everything, form(body))

    fields = [error["field"] for error in refused.value.errors]
    assert len(fields) == len(set(fields)), "a choice's branches are one problem"
    for error in refused.value.errors:
        assert not re.search(
            r"\b(?:List|Tuple|Set|Dictionary|String|Input|Extra|Field|Datetimes|validation|parse|interpret|instance)\b",
            error["problem"],
        ), error


def test_no_input_is_echoed():
    with pytest.raises(FieldErrors) as refused:
        read(Campaign, {**CMP_007, "timestamp": "canary"})

    assert "canary" not in repr(refused.value.errors) + refused.value.message


def test_a_hopeless_input_is_not_listed():
    body = b"{" + b",".join(b'"x%d":1' % number for number in range(HOPELESS * 2)) + b"}"

    with pytest.raises(FieldErrors, match="things are wrong") as refused:
        read(Campaign, body)

    assert len(refused.value.errors) == 1


def test_a_long_list_of_errors_is_cut():
    audiences = [{"name": 1}] * 100

    with pytest.raises(FieldErrors) as refused:
        read(Campaign, {**CMP_007, "audiences": audiences})

    assert len(refused.value.errors) == MAX_FIELD_ERRORS


@given(st.one_of(st.text(), st.binary(), st.dictionaries(st.text(), st.floats())))
def test_anything_is_either_a_campaign_or_a_clear_refusal(value):
    with pytest.raises(FieldErrors):
        read(Campaign, value)


def _places(value, path=""):
    yield path
    if isinstance(value, dict):
        for name, item in value.items():
            yield from _places(item, f"{path}.{name}" if path else name)
    elif isinstance(value, list):
        for number, item in enumerate(value):
            yield from _places(item, f"{path}[{number}]")


def _change(value, path, replacement):
    """A copy of a document with another value at a path of keys and indices."""
    if not path:
        return replacement
    copy = dict(value) if isinstance(value, dict) else list(value)
    copy[path[0]] = _change(value[path[0]], path[1:], replacement)
    return copy


def _keys(value, path=()):
    yield path
    for key in value if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ():
        yield from _keys(value[key], (*path, key))


FULL = json.loads(json.dumps(CMP_007)) | {
    "breakdown": [{"creative": "crt_010", "metrics": {
        "impressions": 100, "clicks": 10, "conversions": 1, "spend": 5.0, "revenue": 9.0}}],
}  # fmt: skip
FULL["audiences"][0]["attributes"] = {"age_range": "18-25", "interest": ["code", "design"]}
WRONG = st.sampled_from([None, True, -1, 1e300, "", "string", [], [True], [[1]], {}, {"x": {"y": 1}}, {"": 1}])


@given(path=st.sampled_from(list(_keys(FULL))), wrong=WRONG, as_json=st.booleans())
def test_a_field_is_named_as_the_sender_wrote_it(path, wrong, as_json):
    document = _change(FULL, path, wrong)
    try:
        read(Campaign, json.dumps(document) if as_json else document)
    except FieldErrors as refused:
        places = set(_places(document))
        for error in refused.errors:
            parent = error["field"].rpartition(".")[0]  # of a field that is missing
            assert error["field"] in places or (parent in places and "missing" in error["problem"])


@pytest.mark.parametrize(
    ("value", "text"),
    [(25, "25"), (25.0, "25"), (2.5, "2.5"), (-3, "-3"), ("18-25", "18-25"), ([25, "30", 1.5], ["25", "30", "1.5"])],
)
def test_a_number_as_the_value_of_an_attribute_is_its_text(value, text):
    document = _change(FULL, ("audiences", 0, "attributes"), {"age_range": value})
    for given_as in (document, json.dumps(document)):
        assert read(Campaign, given_as).audiences[0].attributes["age_range"] == text


@pytest.mark.parametrize("value", [True, None, {}, [True], [], "string"])
def test_what_is_neither_text_nor_number_is_refused_by_its_place(value):
    document = _change(FULL, ("audiences", 0, "attributes"), {"age_range": value})
    if value == []:
        assert read(Campaign, document).audiences[0].attributes["age_range"] == []
        return
    with pytest.raises(FieldErrors) as refused:
        read(Campaign, json.dumps(document))
    place = "audiences[0].attributes.age_range" + ("[0]" if value == [True] else "")
    assert [error["field"] for error in refused.value.errors] == [place]


def test_a_refused_currency_is_told_in_words_and_without_a_pattern():
    with pytest.raises(FieldErrors) as refusal:
        read(Campaign, {**CMP_007, "currency": "EURO"})

    assert refusal.value.message == "currency: should be a currency's ISO code, such as EUR"


@pytest.mark.parametrize("name", ["../etc", "a/./b", "a\nb"])
def test_an_id_that_no_address_can_name_is_refused_under_its_field(name):
    with pytest.raises(FieldErrors) as refusal:
        check_address(name, "campaign_id")

    assert refusal.value.message.startswith("campaign_id: ")
    assert refusal.value.field == "campaign_id"
