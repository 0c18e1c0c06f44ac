"""What comes in: bounds, clear refusals, and one hash per content."""

import json
import math
import struct
import sys
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from reflection.domain.campaign import (
    DUST,
    MAX_AUDIENCES,
    REQUIRED_COUNTS,
    Campaign,
    CampaignPerformanceInput,
    Metrics,
)
from reflection.domain.canonical_json import canonical

METRICS = {"impressions": 1000, "clicks": 20, "conversions": 2.5, "spend": 10.0}


def _body(sample: Campaign) -> dict:
    return json.loads(sample.canonical_json())


def _refusal(body: dict) -> str:
    with pytest.raises(ValidationError) as caught:
        Campaign.model_validate_json(json.dumps(body))
    return str(caught.value)


def test_the_specification_knows_it_under_another_name():
    assert CampaignPerformanceInput is Campaign


def test_the_specifications_sample_is_accepted_as_it_is(sample):
    assert sample.campaign_id == "cmp_007_meta_summer_bootcamp"
    assert sample.actual_metrics.conversions == 205
    assert sample.audiences[0].attributes["segment"] == "students"
    assert sample.coverage() is None


def test_the_hash_belongs_to_the_content_not_to_the_order_of_keys(sample):
    def reversed_keys(value):
        if isinstance(value, dict):
            return {key: reversed_keys(value[key]) for key in reversed(value)}
        return [reversed_keys(item) for item in value] if isinstance(value, list) else value

    again = Campaign.model_validate_json(json.dumps(reversed_keys(_body(sample))))

    assert again.content_hash() == sample.content_hash()
    assert len(sample.content_hash()) == 64


@given(
    order=st.permutations(["campaign_id", "platform", "objective", "expected_metrics", "actual_metrics", "timestamp"])
)
def test_any_order_of_keys_gives_the_same_hash(order):
    body = {
        "campaign_id": "c", "platform": "Meta", "objective": "Sales", "expected_metrics": METRICS,
        "actual_metrics": METRICS, "timestamp": "2026-03-29T10:00:00+00:00",
    }  # fmt: skip
    straight = Campaign.model_validate_json(json.dumps(body)).content_hash()

    assert Campaign.model_validate_json(json.dumps({key: body[key] for key in order})).content_hash() == straight


BOUNDARIES = [
    0.0, 5e-324, sys.float_info.min, 1e-7, math.nextafter(1e-5, 0), 1e-5, 9.9e-05, math.nextafter(1e-4, 0), 1e-4, 2.5,
    1e15, 2.0**53, math.nextafter(1e16, 0), *(10.0**exponent for exponent in range(16, 24)), sys.float_info.max,
]  # fmt: skip


def _every_exponent():
    """Four floats of each exponent and sign, among them the subnormal ones, and where the way of writing changes."""
    random = Random(15)
    for exponent in range(2047):
        for mantissa in (0, 2**52 - 1, random.getrandbits(52), 1 << random.randrange(52)):
            yield struct.unpack("<d", struct.pack("<Q", exponent << 52 | mantissa))[0]
    yield from BOUNDARIES


def test_every_float_has_the_canonical_form_that_python_gives_it():
    for number in _every_exponent():
        assert canonical({"b": number, "a": [-number]}) == f'{{"a":[{-number!r}],"b":{number!r}}}'


@given(st.dictionaries(st.text(max_size=6), st.none() | st.booleans() | st.integers() | st.text(max_size=12)))
def test_the_canonical_form_reads_back_as_what_was_written_with_its_keys_in_order(body):
    text = canonical(body)
    assert json.loads(text) == body
    assert list(json.loads(text)) == sorted(body)


def test_the_canonical_form_reads_back_as_the_same_campaign(history):
    for campaign in history[:5]:
        again = Campaign.model_validate_json(campaign.canonical_json())
        assert again == campaign
        assert again.content_hash() == campaign.content_hash()


def test_any_change_changes_the_hash(sample, make_campaign):
    changed = [
        make_campaign(actual={"clicks": 4901}),
        make_campaign(platform="Google"),
        make_campaign(planner="anna"),
        make_campaign(currency="USD"),
    ]
    assert len({campaign.content_hash() for campaign in [sample, *changed]}) == 5


def test_an_unset_field_and_an_explicit_null_are_the_same_content(sample, make_campaign):
    assert make_campaign(planner=None, currency=None).content_hash() == sample.content_hash()


def test_a_body_without_the_newer_fields_has_the_hash_it_always_had(sample):
    assert sample.content_hash() == "7362c63d8b01534c53349e77f4da183421d016ac0f47721c57c180150fa90c95"


def test_a_campaign_is_called_by_its_name_and_belongs_to_its_unit(make_campaign):
    plain = make_campaign()
    monthly = make_campaign(name="Summer bootcamp", unit_id="bootcamp", conversion_kind="Leads", account_id="act_1")

    assert (plain.display_name, plain.unit) == (plain.campaign_id, plain.campaign_id)
    assert (monthly.display_name, monthly.unit) == ("Summer bootcamp", "bootcamp")
    assert monthly.conversion_kind == "lead"


@pytest.mark.parametrize("field", ["name", "account_id", "unit_id", "conversion_kind"])
def test_a_placeholder_is_no_name_no_account_and_no_kind(sample, field):
    assert "placeholder" in _refusal({**_body(sample), field: "unknown"})


def test_fractional_conversions_and_conversions_above_clicks_are_accepted(make_campaign):
    campaign = make_campaign(actual={"clicks": 3, "conversions": 7.25})
    assert campaign.actual_metrics.conversions == 7.25


@pytest.mark.parametrize("field", ["impressions", "clicks", "conversions", "spend", "revenue"])
@pytest.mark.parametrize("value", [-1, 1e400, math.nan, "5", True, 1e16])
def test_numbers_that_are_none_are_refused(sample, field, value):
    body = _body(sample)
    body["actual_metrics"][field] = value
    assert field in _refusal(body)


@pytest.mark.parametrize("field", REQUIRED_COUNTS)
@pytest.mark.parametrize("side", ["expected_metrics", "actual_metrics"])
def test_a_count_may_be_unknown_but_has_to_be_stated(sample, side, field):
    body = _body(sample)
    body[side][field] = None
    campaign = Campaign.model_validate_json(json.dumps(body))

    assert getattr(campaign, side).unknown == (field,)
    assert json.loads(campaign.canonical_json())[side][field] is None
    assert Campaign.model_validate_json(campaign.canonical_json()) == campaign
    assert campaign.content_hash() != sample.content_hash()

    del body[side][field]
    assert f"{side}.{field}" in _refusal(body)


def test_the_canonical_form_of_a_campaign_whose_counts_are_known_is_what_it_was(sample):
    assert sample.canonical_json() == canonical(sample.model_dump(mode="json", exclude_none=True))


@pytest.mark.parametrize("field", ["impressions", "clicks"])
def test_shown_and_clicked_are_whole_numbers(sample, field):
    body = _body(sample)
    body["actual_metrics"][field] = 10.5
    assert field in _refusal(body)


@given(st.floats(min_value=0, max_value=DUST, exclude_max=True))
def test_what_subtracting_floats_leaves_counts_as_nothing(value):
    metrics = Metrics(impressions=10, clicks=1, conversions=value, spend=value, revenue=value)
    assert (metrics.conversions, metrics.spend, metrics.revenue) == (0.0, 0.0, 0.0)


def test_more_clicks_than_impressions_are_refused(sample):
    body = _body(sample)
    body["actual_metrics"]["clicks"] = body["actual_metrics"]["impressions"] + 1
    assert "exceed impressions" in _refusal(body)


@pytest.mark.parametrize(
    "name", ["string", "unknown", " Unknown ", "N/A", "null", "TBD", "-", "", "  ", "a\x00b", "a\nb\x7f"]
)
@pytest.mark.parametrize("field", ["campaign_id", "platform", "objective", "planner"])
def test_placeholders_and_control_characters_are_no_names(sample, field, name):
    assert field in _refusal(_body(sample) | {field: name})


def test_placeholders_are_refused_inside_audiences_and_creatives(sample):
    body = _body(sample)
    body["audiences"][0]["attributes"]["segment"] = "unknown"
    assert "placeholder" in _refusal(body)
    body = _body(sample)
    body["creatives"][0]["type"] = "string"
    assert "placeholder" in _refusal(body)


@pytest.mark.parametrize(
    "value", ["2026-03-29T10:00:00", "2026-03-29", 1_774_778_400, 1.5, True, "soon", None, "50", "1774778400", "-1.5"]
)
def test_a_timestamp_needs_its_offset(sample, value):
    assert "timestamp" in _refusal(_body(sample) | {"timestamp": value})


@pytest.mark.parametrize("value", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00"])
def test_an_instant_that_utc_does_not_have_is_refused(sample, value):
    assert "no such instant" in _refusal(_body(sample) | {"timestamp": value})
    assert "no such instant" in _refusal(_body(sample) | {"period_start": value})


def test_a_period_does_not_end_before_it_starts(sample):
    period = {"period_start": "2026-02-02T00:00:00+00:00", "period_end": "2026-02-01T00:00:00+00:00"}
    assert "period_end is before period_start" in _refusal(_body(sample) | period)


@pytest.mark.parametrize("currency", ["usd", "US", "USDX", "€", ""])
def test_a_currency_has_three_capital_letters(sample, currency):
    assert "currency" in _refusal(_body(sample) | {"currency": currency})


def test_unknown_fields_are_refused_by_name(sample):
    assert "budget" in _refusal(_body(sample) | {"budget": 5})


def test_the_same_audience_or_creative_twice_is_refused(sample):
    for field in ("audiences", "creatives"):
        body = _body(sample)
        body[field] *= 2
        assert "given twice" in _refusal(body)


def test_too_many_audiences_cost_one_error_not_one_each(sample):
    body = _body(sample) | {"audiences": [{"bad": 1}] * 100_000}
    with pytest.raises(ValidationError) as caught:
        Campaign.model_validate_json(json.dumps(body))
    assert caught.value.error_count() == 1
    assert f"at most {MAX_AUDIENCES}" in str(caught.value)


def test_a_campaign_without_audiences_and_creatives_is_fine(make_campaign):
    assert make_campaign(audiences=[], creatives=[]).audiences == ()


def _row(audience="Students 18-25", creative="crt_010", **metrics):
    return {"audience": audience, "creative": creative, "metrics": METRICS | metrics}


def test_a_breakdown_says_what_it_covers(make_campaign):
    assert make_campaign(breakdown=[_row(impressions=70_000)]).coverage() == 0.5
    empty = {"impressions": 0, "clicks": 0, "conversions": 0, "spend": 0.0, "revenue": 0.0}
    assert make_campaign(actual=empty, breakdown=[_row(**empty)]).coverage() == 1.0


@pytest.mark.parametrize(
    ("rows", "problem"),
    [
        ([_row(audience="Nobody")], "breakdown[0].audience 'Nobody' is not among the audiences"),
        ([_row(creative="crt_x")], "breakdown[0].creative 'crt_x' is not among the creatives"),
        ([_row(), _row()], "breakdown[1] repeats"),
        ([_row(impressions=200_000)], "impressions add up to 200000"),
        ([_row(conversions=300)], "conversions add up to 300"),
        ([_row(spend=5000.0)], "spend add up to 5000"),
        ([_row(revenue=99_999.0)], "revenue add up to 99999"),
        ([_row(audience=None, creative=None)], "names an audience, a creative, or both"),
    ],
)
def test_a_breakdown_that_contradicts_its_campaign_is_refused(sample, rows, problem):
    assert problem in _refusal(_body(sample) | {"breakdown": rows})


def test_a_breakdown_cannot_have_revenue_that_the_campaign_has_not(sample):
    body = _body(sample) | {"breakdown": [_row(revenue=5.0)]}
    del body["actual_metrics"]["revenue"]
    assert "breakdown gives revenue, actual_metrics does not" in _refusal(body)


def test_rows_rounded_by_the_platform_may_exceed_the_total_a_little(make_campaign):
    assert make_campaign(breakdown=[_row(impressions=140_500)]).coverage() == 1.0


def test_a_campaign_cannot_be_changed(sample):
    with pytest.raises(ValidationError):
        sample.platform = "Google"
