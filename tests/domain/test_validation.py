"""Reading what callers give: one shape of error, no echo of input, bounded work."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reflection.api.openapi import CMP_007
from reflection.domain.campaign import Campaign
from reflection.domain.validation import HOPELESS, MAX_FIELD_ERRORS, FieldErrors, field_path, read


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
