"""Conversions wait until their window has closed; what was shown, clicked and paid does not."""

from dataclasses import replace
from datetime import date

import pytest

from reflection.domain.evidence import decode, encode, evidence_of
from reflection.domain.maturity import EvidenceOfDay, counted_by, day_of, evidence_by, waits

CLOSED = date(2026, 4, 7)
BEFORE = date(2026, 4, 6)


@pytest.fixture
def young(make_campaign):
    return make_campaign(mature_on="2026-04-07", actual={"revenue": 900.0})


def test_until_the_window_has_closed_what_came_of_it_is_not_known(young):
    counted = counted_by(young, BEFORE).actual_metrics
    assert (counted.conversions, counted.revenue) == (None, None)
    assert (counted.impressions, counted.clicks, counted.spend) == (
        young.actual_metrics.impressions, young.actual_metrics.clicks, young.actual_metrics.spend,
    )  # fmt: skip
    assert counted_by(young, CLOSED) is young
    assert counted_by(young, None) is young


def test_nobody_waits_who_did_not_say_until_when(sample):
    assert not waits(sample, date(1970, 1, 1))
    assert counted_by(sample, date(1970, 1, 1)) is sample


def test_every_cell_of_the_evidence_waits(history):
    campaign = next(one for one in history if one.breakdown).model_copy(update={"mature_on": CLOSED})
    evidence = evidence_of(campaign)
    early = evidence_by(evidence, BEFORE)
    assert len(early.cells) == len(evidence.cells) > 1
    assert {(cell.counts.conversions, cell.counts.revenue) for cell in early.cells} == {(None, None)}
    assert [cell.counts.clicks for cell in early.cells] == [cell.counts.clicks for cell in evidence.cells]
    assert evidence_by(evidence, CLOSED) is evidence


def test_the_ledger_keeps_the_day_and_older_entries_their_bytes(young):
    evidence = evidence_of(young)
    assert decode(encode(evidence)).mature_on == CLOSED
    assert encode(decode(encode(evidence))) == encode(evidence)
    assert b"mature_on" not in encode(replace(evidence, mature_on=None))
    assert decode(encode(replace(evidence, mature_on=None))).mature_on is None


def test_a_campaign_that_waits_for_nothing_keeps_its_hash(sample, young):
    assert "mature_on" not in sample.canonical_json()
    assert '"mature_on":"2026-04-07"' in young.canonical_json()


def test_what_waits_is_counted_in_passing(make_campaign):
    days = ("2026-04-07", "2026-04-09", None)
    items = [evidence_of(make_campaign(campaign_id=f"c{i}", mature_on=day)) for i, day in enumerate(days)]
    evidence = EvidenceOfDay(items, "2026-04-06T10:00:00+00:00")
    assert [item.actual.conversions is None for item in evidence] == [True, True, False]
    assert evidence.waiting.as_diagnostics() == {"campaigns": 2, "first": "2026-04-07", "last": "2026-04-09"}
    later = EvidenceOfDay(items, "2026-04-09T00:00:00+00:00")
    assert list(later) == items
    assert later.waiting.as_diagnostics() == {}


def test_days_are_days_of_utc():
    assert day_of("2026-04-06T23:30:00-02:00") == CLOSED
    assert day_of(None) is None
