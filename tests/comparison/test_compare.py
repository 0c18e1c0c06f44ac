"""Comparing a campaign with its forecast: complete, finite, and saying why where something cannot be said."""

import dataclasses
import math
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reflection.comparison.compare import compare
from reflection.domain.metrics import KPIS, ScoreWeights
from reflection.domain.scatter import NO_SCATTER, CampaignScatter

SCATTER = CampaignScatter({"cpm": 0.2, "ctr": 0.2, "cvr": 0.2, "aov": 0.2})
COUNT = st.sampled_from([0, 1, 3, 1000, 10**12])
AMOUNT = st.sampled_from([0.0, 1e-9, 0.5, 100.0, 1e12])


def _numbers(value):
    if dataclasses.is_dataclass(value):
        value = {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, (list, tuple)):
        for item in value:
            yield from _numbers(item)
    elif isinstance(value, float):
        yield value


@st.composite
def sides(draw):
    impressions = draw(COUNT)
    return {
        "impressions": impressions,
        "clicks": min(impressions, draw(COUNT)),
        "conversions": float(draw(COUNT | AMOUNT)),
        "spend": draw(AMOUNT),
        "revenue": draw(st.none() | AMOUNT),
    }


@given(
    plan=sides(),
    fact=sides(),
    scatter=st.sampled_from([NO_SCATTER, SCATTER, CampaignScatter({"ctr": 0.1, "cvr": None})]),
)
def test_no_count_leads_to_a_number_that_is_none(make_campaign, plan, fact, scatter):
    found = compare(make_campaign(expected=plan, actual=fact), generated_at="now", scatter=scatter)

    assert all(math.isfinite(number) for number in _numbers(found))
    assert set(found.deltas) == {f"{kpi}_diff" for kpi in KPIS}
    for delta in found.deltas.values():
        assert delta.pct_diff is not None or delta.reason


def test_a_forecast_of_zero_gives_a_reason_and_no_percentage(make_campaign):
    found = compare(make_campaign(expected={"clicks": 0, "conversions": 0}), generated_at="now").deltas
    assert found["ctr_diff"].pct_diff is None
    assert "the expected CTR is 0" in found["ctr_diff"].reason
    assert "the forecast has no CPA" in found["cpa_diff"].reason


@pytest.mark.parametrize(
    ("plan", "fact", "reason"),
    [
        ({"revenue": None}, {}, "revenue is missing in the forecast"),
        ({}, {"revenue": None}, "revenue is missing in the result"),
        ({"revenue": None}, {"revenue": None}, "revenue is missing in the forecast and the result"),
    ],
)
def test_missing_revenue_is_named(make_campaign, plan, fact, reason):
    found = compare(make_campaign(expected=plan, actual=fact, objective="Sales"), generated_at="now")
    assert found.deltas["roas_diff"].reason == reason
    assert found.deltas["roas_diff"].pct_diff is None
    assert "ROAS cannot be compared: revenue is missing" in " ".join(found.summary)


@pytest.mark.parametrize("revenue", [0.0, None])
@pytest.mark.parametrize(
    "goal", [{"objective": "Lead Generation"}, {"objective": "Autumn", "conversion_kind": "leads"}]
)
def test_leads_without_revenue_have_no_roas_and_need_none(make_campaign, revenue, goal):
    campaign = make_campaign(expected={"revenue": revenue}, actual={"revenue": revenue}, **goal)
    found = compare(campaign, generated_at="now")

    assert (found.actual_rates.roas, found.actual_rates.aov) == (None, None)
    assert found.deltas["roas_diff"].reason == "leads bring no revenue of their own, and none was given"
    assert not [flag for flag in found.flags if "revenue" in flag]


def test_leads_that_were_expected_to_sell_and_did_not_have_a_roas_of_nothing(make_campaign):
    leads = make_campaign(actual={"revenue": 0.0}, conversion_kind="lead")
    sales = make_campaign(expected={"revenue": 0.0}, actual={"revenue": 0.0}, objective="Sales")

    assert [compare(campaign, generated_at="now").actual_rates.roas for campaign in (leads, sales)] == [0.0, 0.0]


def test_lower_costs_and_higher_rates_are_favourable(make_campaign):
    found = compare(make_campaign(), generated_at="now").deltas
    assert found["cpa_diff"].favorable is True
    assert found["ctr_diff"].favorable is True
    worse = compare(make_campaign(actual={"clicks": 900, "conversions": 10}), generated_at="now").deltas
    assert worse["cpa_diff"].favorable is False
    assert worse["ctr_diff"].favorable is False


def test_exactly_as_forecast_is_neither_good_nor_bad(make_campaign):
    half = {"impressions": 47_500, "clicks": 950, "conversions": 38, "spend": 1900.0, "revenue": 3800.0}
    found = compare(make_campaign(actual=half), generated_at="now")
    assert found.verdict == "same"
    assert {delta.favorable for delta in found.deltas.values()} == {None}
    assert {delta.beyond_noise for delta in found.deltas.values()} == {False}
    assert "as expected" in found.summary[0]


def test_learnt_scatter_turns_a_move_into_noise(make_campaign):
    campaign = make_campaign(actual={"clicks": 3000})
    assert compare(campaign, generated_at="now").deltas["ctr_diff"].beyond_noise is True
    assert compare(campaign, generated_at="now", scatter=SCATTER).deltas["ctr_diff"].beyond_noise is False


def test_composed_kpis_scatter_as_their_parts_together(make_campaign):
    campaign = make_campaign(actual={"conversions": 10_000_000.0, "clicks": 100_000})
    z = compare(campaign, generated_at="now", scatter=SCATTER).deltas["cpa_diff"].z
    change = math.log((3950 / 1e7) / 50)
    assert z == pytest.approx(change / math.sqrt(3 * 0.04 + 1e-7))


def test_what_moves_the_parts_together_widens_what_is_made_of_them_and_nothing_else(make_campaign):
    apart = compare(make_campaign(), generated_at="now", scatter=SCATTER).deltas
    together = {"ctr": {"cvr": 0.5, "cpm": -0.5}, "cvr": {"ctr": 0.5, "cpm": -0.5}, "cpm": {"ctr": -0.5, "cvr": -0.5}}
    found = compare(make_campaign(), generated_at="now", scatter=CampaignScatter(SCATTER.of_metric, together)).deltas
    for kpi in ("ctr", "cvr", "cpm", "aov"):
        assert found[f"{kpi}_diff"] == apart[f"{kpi}_diff"]
    for kpi in ("cpa", "roas", "cpc"):
        low, high = found[f"{kpi}_diff"].interval
        narrow_low, narrow_high = apart[f"{kpi}_diff"].interval
        assert low < narrow_low
        assert high > narrow_high


def test_a_partly_known_scatter_is_not_taken_for_the_whole(make_campaign):
    alone = compare(make_campaign(), generated_at="now").deltas["cpa_diff"].z
    assert (
        compare(make_campaign(), generated_at="now", scatter=CampaignScatter({"ctr": 0.9})).deltas["cpa_diff"].z
        == alone
    )


@pytest.mark.parametrize(
    ("fact", "flag"),
    [
        ({"clicks": 3, "conversions": 5.0}, "conversions exceed clicks"),
        ({"revenue": None}, "revenue is missing"),
        ({"conversions": 0}, "no conversions"),
        ({"conversions": 12}, "only 12 conversions"),
    ],
)
def test_what_a_reader_must_know_first_is_flagged(make_campaign, fact, flag):
    found = compare(make_campaign(actual=fact), generated_at="now")
    assert any(flag in text for text in found.flags)
    assert any(sentence.startswith("Note: ") and flag in sentence for sentence in found.summary)


def test_a_partial_breakdown_says_its_coverage(make_campaign):
    row = {"impressions": 70_000, "clicks": 100, "conversions": 2, "spend": 5.0}
    found = compare(make_campaign(breakdown=[{"creative": "crt_010", "metrics": row}]), generated_at="now")
    assert found.breakdown_coverage == 0.5
    assert "the breakdown covers 50 % of the impressions" in found.flags


def test_the_score_takes_its_weights_from_outside(make_campaign):
    found = compare(make_campaign(), generated_at="now", score_weights=ScoreWeights(0.0, 0.0, 1.0))
    assert found.performance_score == pytest.approx(-3950 / 205)


FULL = {"impressions": 140_000, "clicks": 100, "conversions": 2, "spend": 5.0}


@pytest.mark.parametrize(
    ("impressions", "said"),
    [
        (112_000, "the breakdown covers 80 % of the impressions"),
        (0, "the breakdown covers 0 % of the impressions"),
        (139_299, "the breakdown covers 99 % of the impressions"),
        (139_300, None),  # 99.5 %, which is written as 100
        (140_000, None),
    ],
)
def test_a_breakdown_is_flagged_where_it_covers_less_than_it_would_be_rounded_to(make_campaign, impressions, said):
    row = FULL | {"impressions": impressions, "clicks": min(100, impressions)}
    found = compare(make_campaign(breakdown=[{"creative": "crt_010", "metrics": row}]), generated_at="now")
    assert [flag for flag in found.flags if "breakdown" in flag] == ([said] if said else [])


@pytest.mark.parametrize(
    ("conversions", "said"),
    [
        (0, ["no conversions: there is no CPA"]),
        (0.5, ["only 0.5 conversions: CVR, CPA, ROAS and order value are uncertain"]),
        (1, ["only 1 conversion: CVR, CPA, ROAS and order value are uncertain"]),
        (29, ["only 29 conversions: CVR, CPA, ROAS and order value are uncertain"]),
        (30, []),
    ],
)
def test_conversions_are_too_few_below_thirty_and_none_is_not_few(make_campaign, conversions, said):
    found = compare(make_campaign(actual={"conversions": conversions}), generated_at="now")
    assert list(found.flags) == said


def test_as_many_conversions_as_clicks_are_no_surplus(make_campaign):
    found = compare(make_campaign(actual={"clicks": 300, "conversions": 300}), generated_at="now")
    assert not any("exceed" in flag for flag in found.flags)


@pytest.mark.parametrize(
    ("plan", "fact", "flagged"),
    [(None, 5.0, True), (None, None, False), (5.0, 5.0, False), (5.0, None, False)],
)
def test_a_forecast_without_revenue_is_flagged_where_the_fact_has_one(make_campaign, plan, fact, flagged):
    found = compare(make_campaign(expected={"revenue": plan}, actual={"revenue": fact}), generated_at="now")
    assert any("the forecast has no revenue" in flag for flag in found.flags) == flagged


SAME = {"impressions": 95_000, "clicks": 1900, "conversions": 76, "spend": 3800.0, "revenue": 7600.0}


NOTHING = dict.fromkeys(SAME)


@pytest.mark.parametrize(
    "change", [{"actual": SAME}, {"expected": NOTHING}, {"planner": "no-forecast"}, {"planner": "No forecast"}]
)
def test_where_the_expected_figures_are_no_forecast_of_anybody_nothing_is_compared(make_campaign, change):
    comparison = compare(make_campaign(**change), generated_at="now", scatter=SCATTER)

    assert (comparison.basis, comparison.verdict, comparison.drivers) == ("no-forecast", None, ())
    assert set(dataclasses.asdict(comparison.expected_rates).values()) == {None}
    for delta in comparison.deltas.values():
        assert (delta.expected, delta.pct_diff, delta.favorable, delta.beyond_noise) == (None, None, None, None)
        assert "no forecast to compare it with" in delta.reason
    assert comparison.deltas["cpa_diff"].actual == comparison.actual_rates.cpa
    assert not any("expected" in sentence for sentence in comparison.summary)


@pytest.mark.parametrize(
    ("planner", "days", "basis", "words"),
    [
        ("account-average", 30, "account-average", "CPA the account's average of 50.00, 19.27 actual"),
        ("previous-period", 30, "month-before", "CPA 50.00 in the month before, 19.27 actual"),
        ("previous-period", 6, "week-before", "CPA 50.00 in the week before"),
        ("previous-period", 90, "period-before", "CPA 50.00 in the period before"),
        ("trailing-28d", 30, "trailing-28d", "CPA 50.00 in the four weeks before"),
        ("media team", 30, "forecast", "CPA 50.00 expected"),
    ],
)
def test_what_it_is_compared_with_is_said(make_campaign, planner, days, basis, words):
    start = datetime(2026, 3, 1, tzinfo=UTC)
    period = {"period_start": start.isoformat(), "period_end": (start + timedelta(days=days)).isoformat()}
    comparison = compare(make_campaign(planner=planner, **period), generated_at="now")

    assert comparison.basis == basis
    assert comparison.summary[0].startswith(words)
    assert basis == "forecast" or not any("expected" in text or "forecast" in text for text in comparison.summary)


@pytest.mark.parametrize(
    ("fact", "verdict"),
    [
        ({}, "better"),
        ({"conversions": 20, "revenue": 500.0}, "worse"),
        ({"conversions": 205, "revenue": 3000.0}, "mixed"),
        ({"conversions": 79, "revenue": 7700.0}, "noise"),
        ({"conversions": 0, "revenue": 0.0}, "worse"),
        ({"conversions": 0, "revenue": None}, None),
    ],
)
def test_the_verdict_is_that_on_cost_and_return(make_campaign, fact, verdict):
    assert compare(make_campaign(actual=fact), generated_at="now").verdict == verdict
