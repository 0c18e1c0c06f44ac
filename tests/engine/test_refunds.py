"""Refunds are told for what they are: no sale is worth nothing by chance, and no campaign sells less than nothing."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reflection.comparison.compare import compare
from reflection.domain.campaign import Campaign
from reflection.domain.evidence import evidence_of
from reflection.domain.knowledge import NOTHING
from reflection.domain.validation import FieldErrors, read
from reflection.engine.analysis import campaign_facts
from reflection.explain.writer import DeterministicWriter
from reflection.inference.findings.for_campaign import patterns_for

PLAN = {"impressions": 100_000, "clicks": 1_200, "conversions": 50.0, "spend": 1_000.0, "revenue": 4_000.0}


def _verdict(campaign: Campaign) -> str:
    keys = evidence_of(campaign).signal_keys()
    patterns = patterns_for(campaign, keys, NOTHING, generated_at="")
    facts = campaign_facts(campaign, keys, compare(campaign, generated_at=""), patterns, NOTHING, similar=(), notes=())
    return DeterministicWriter().write(facts).summary[0].text


@given(conversions=st.integers(1, 400), spend=st.floats(1.0, 5_000.0))
def test_conversions_without_any_revenue_are_asked_about_and_make_no_roas(
    make_campaign: Callable[..., Campaign], conversions: int, spend: float
):
    actual = {**PLAN, "conversions": float(conversions), "spend": spend, "revenue": 0.0}
    campaign = make_campaign(objective="Sales", currency="EUR", expected_metrics=PLAN, actual_metrics=actual)
    comparison = compare(campaign, generated_at="")

    for kpi in ("roas", "aov"):
        delta = comparison.deltas[f"{kpi}_diff"]
        assert delta.pct_diff is None
        assert delta.reason == "its conversions brought no revenue (refunded, or not counted?)"
    verdict = _verdict(campaign)
    assert "ROAS 0.00" not in verdict
    assert "Its conversions brought no revenue (refunded, or not counted?)" in verdict


def test_no_conversion_and_no_revenue_is_no_refund(make_campaign: Callable[..., Campaign]):
    actual = {**PLAN, "conversions": 0.0, "revenue": 0.0}
    campaign = make_campaign(objective="Sales", currency="EUR", expected_metrics=PLAN, actual_metrics=actual)

    assert "refunded" not in _verdict(campaign)


@pytest.mark.parametrize("field", ["revenue", "conversions"])
def test_more_refunds_than_sales_are_refused_with_what_to_do(field: str):
    body: dict[str, Any] = {
        "campaign_id": "c", "platform": "Meta", "objective": "Sales", "timestamp": "2026-10-01T00:00:00Z",
        "expected_metrics": PLAN, "actual_metrics": {**PLAN, field: -25.0},
    }  # fmt: skip
    with pytest.raises(FieldErrors, match="take refunds off the sales that they belong to, down to 0"):
        read(Campaign, body)
