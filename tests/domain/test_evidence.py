"""Evidence: what one campaign says, as bytes and back."""

import dataclasses
from types import MappingProxyType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reflection.domain.campaign import TOTAL_TOLERANCE
from reflection.domain.evidence import COVERED, Cell, Counts, Evidence, decode, encode, evidence_of

NUMBER = st.floats(min_value=0, max_value=1e12)
COUNTS = st.builds(Counts, NUMBER, NUMBER, NUMBER, NUMBER, st.none() | NUMBER)
PRINTABLE = st.characters(exclude_categories=("C", "Z"), include_characters=" ")
NAME = st.text(PRINTABLE, min_size=1, max_size=12)
CELL = st.builds(Cell, st.dictionaries(NAME, st.floats(0.001, 1.0), max_size=5), COUNTS)
EVIDENCE = st.builds(
    Evidence,
    NAME,
    st.integers(-10_000, 100_000),
    NAME,
    NAME,
    st.none() | NAME,
    st.sampled_from([None, "USD"]),
    COUNTS,
    COUNTS,
    st.lists(CELL, min_size=1, max_size=4).map(tuple),
)


@given(EVIDENCE)
def test_decoding_is_the_inverse_of_encoding(evidence):
    assert decode(encode(evidence)) == evidence


@given(EVIDENCE)
def test_equal_evidence_is_equal_bytes_whatever_the_order_of_its_signals(evidence):
    turned = tuple(Cell(dict(reversed(cell.shares.items())), cell.counts) for cell in evidence.cells)
    assert encode(dataclasses.replace(evidence, cells=turned)) == encode(evidence)


def test_the_samples_come_back_as_they_were(history_evidence):
    for evidence in history_evidence:
        assert decode(encode(evidence)) == evidence


def test_encoding_takes_any_mapping(sample):
    evidence = evidence_of(sample)
    frozen = tuple(Cell(MappingProxyType(dict(cell.shares)), cell.counts) for cell in evidence.cells)
    assert encode(dataclasses.replace(evidence, cells=frozen)) == encode(evidence)


def test_a_campaign_without_breakdown_is_one_cell(sample):
    evidence = evidence_of(sample)
    assert len(evidence.cells) == 1
    assert evidence.cells[0].counts == Counts(140_000, 4900, 205, 3950.0, 22_500.0)
    assert evidence.cells[0].shares["audience.age:18-25"] == 1.0
    assert (evidence.platform_key, evidence.objective_key) == ("platform:meta", "objective:lead generation")
    assert evidence.planner is None


def test_the_day_is_counted_in_utc(make_campaign):
    late = evidence_of(make_campaign(timestamp="2026-03-29T23:30:00-05:00"))
    early = evidence_of(make_campaign(timestamp="2026-03-30T00:10:00+00:00"))
    assert late.day == early.day == evidence_of(make_campaign(timestamp="2026-03-29T10:00:00+00:00")).day + 1


def test_days_before_1970_are_negative(make_campaign):
    assert evidence_of(make_campaign(timestamp="1969-12-31T12:00:00+00:00")).day == -1


def _rows(*shares, audiences=("A", "B")):
    return [
        {
            "audience": audience,
            "creative": "crt_010",
            "metrics": {
                "impressions": int(140_000 * share),
                "clicks": int(4900 * share),
                "conversions": 205 * share,
                "spend": 3950.0 * share,
                "revenue": 22_500.0 * share,
            },
        }
        for audience, share in zip(audiences, shares, strict=True)
    ]


AUDIENCES = [{"name": "A", "attributes": {"age": "18-25"}}, {"name": "B", "attributes": {"age": "26-34"}}]


def test_a_full_breakdown_is_a_cell_each(make_campaign):
    evidence = evidence_of(make_campaign(audiences=AUDIENCES, breakdown=_rows(0.5, 0.5)))
    assert [cell.shares["creative.type:video"] for cell in evidence.cells] == [1.0, 1.0]
    assert sorted(key for cell in evidence.cells for key in cell.shares if key.startswith("audience:")) == [
        "audience:a",
        "audience:b",
    ]


def test_what_a_breakdown_leaves_out_is_shared_by_everything_listed(make_campaign):
    campaign = make_campaign(audiences=AUDIENCES, breakdown=_rows(0.25, 0.25))
    evidence = evidence_of(campaign)
    rest = next(cell for cell in evidence.cells if "audience:a" in cell.shares and "audience:b" in cell.shares)

    assert campaign.coverage() < COVERED
    assert rest.shares["audience:a"] == 0.5
    assert rest.counts.impressions == 70_000
    assert sum(cell.counts.conversions for cell in evidence.cells) == pytest.approx(205)


def test_rounding_in_the_breakdown_leaves_no_negative_rest():
    total = Counts(100, 10, 1.0, 5.0, None)
    over = Counts(100 * TOTAL_TOLERANCE, 10, 1.001, 5.01, None)
    assert total.minus([over]) == Counts(0.0, 0.0, 0.0, 0.0, None)


def test_what_adding_floats_leaves_of_a_total_is_nothing():
    rows = [Counts(10, 1, 0.1, amount, amount) for amount in (0.1, 0.2)]
    assert Counts(100, 10, 4.0, 0.3, 0.30000000000000004).minus(rows) == Counts(80, 8, 3.8, 0.0, 0.0)
    many = [Counts(10, 1, 0.1, 1e8 / 3, None)] * 3_000
    assert Counts(100_000, 9_000, 900.0, 1e11, None).minus(many).spend == 0.0
    assert Counts(100_000, 9_000, 900.0, 1e11 + 1.0, None).minus(many).spend == pytest.approx(1.0, abs=0.01)


def test_revenue_that_rows_do_not_say_is_not_given_to_the_rest():
    total, silent = Counts(100, 10, 4.0, 5.0, 80.0), Counts(50, 5, 2.0, 2.5, None)
    assert total.minus([silent]).revenue is None
    assert total.minus([Counts(50, 5, 2.0, 2.5, 30.0)]).revenue == 50.0


def test_rows_that_delivered_nothing_are_no_evidence(make_campaign):
    nothing = {"impressions": 0, "clicks": 0, "conversions": 0, "spend": 0.0, "revenue": 0.0}
    rows = [*_rows(1.0, audiences=("A",)), {"audience": "B", "creative": "crt_010", "metrics": nothing}]
    assert len(evidence_of(make_campaign(audiences=AUDIENCES, breakdown=rows)).cells) == 1
    rows = [{"audience": "A", "creative": "crt_010", "metrics": nothing}]
    assert len(evidence_of(make_campaign(audiences=AUDIENCES, breakdown=rows)).cells) == 1


def test_a_row_that_names_only_a_creative_spreads_over_the_audiences(make_campaign):
    row = {
        "creative": "crt_010",
        "metrics": {"impressions": 140_000, "clicks": 4900, "conversions": 205, "spend": 3950.0},
    }
    (cell,) = evidence_of(make_campaign(audiences=AUDIENCES, breakdown=[row])).cells
    assert cell.shares["audience:a"] == cell.shares["audience:b"] == 0.5


def test_the_order_of_breakdown_rows_does_not_matter(history):
    campaign = next(c for c in history if len(c.breakdown) > 3)
    turned = campaign.model_copy(update={"breakdown": tuple(reversed(campaign.breakdown))})
    assert encode(evidence_of(turned)) == encode(evidence_of(campaign))


def test_signal_keys_are_sorted_and_without_repetition(history_evidence):
    for evidence in history_evidence:
        keys = evidence.signal_keys()
        assert list(keys) == sorted(set(keys))


def test_what_a_campaign_does_not_say_has_no_key_and_older_payloads_still_read(sample, make_campaign):
    named = evidence_of(make_campaign(name="Summer", unit_id="bootcamp", conversion_kind="lead"))

    assert not [key for key in (b'"name"', b'"unit"', b'"kind"') if key in encode(evidence_of(sample))]
    assert decode(encode(named)) == named
    assert (named.display_name, named.unit, named.conversion_kind) == ("Summer", "bootcamp", "lead")
    assert (evidence_of(sample).display_name, evidence_of(sample).unit) == (sample.campaign_id, sample.campaign_id)
