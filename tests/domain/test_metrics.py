"""The laws of the metric table: what each metric divides, how it is composed, which way is better, what follows."""

import dataclasses
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reflection.domain.campaign import Metrics
from reflection.domain.evidence import Counts
from reflection.domain.metrics import (
    AMOUNTS,
    COMPOSED,
    COUNTS,
    FROM_CONVERSIONS,
    FROM_IMPRESSIONS,
    HEADLINES,
    KPIS,
    METRICS,
    MODELLED,
    OBSERVED,
    PLAN_METRICS,
    PRICES,
    RATES,
    ScoreWeights,
    Unit,
    log_of,
    log_rate,
    log_value,
    performance_score,
    rate_behind,
    rates,
    ratio,
    totals,
    unit_of,
    values,
)
from reflection.domain.results import Rates


def _metrics(impressions=10_000, clicks=200, conversions=10.0, spend=500.0, revenue=1500.0):
    return Metrics(impressions=impressions, clicks=clicks, conversions=conversions, spend=spend, revenue=revenue)


def test_the_definitions():
    found = rates(_metrics())
    assert found.ctr == 0.02
    assert found.cvr == 0.05
    assert found.cpa == 50.0
    assert found.roas == 3.0
    assert found.cpm == 50.0
    assert found.cpc == 2.5
    assert found.aov == 150.0


@given(st.from_type(Metrics))
def test_the_identities_of_cpa_and_roas_hold(metrics):
    found = rates(metrics)
    if found.cpa and found.ctr and found.cvr and found.cpm:
        assert found.cpa == pytest.approx(found.cpm / 1000 / (found.ctr * found.cvr), rel=1e-9)
    if found.roas and found.aov and found.cvr and found.ctr and found.cpm:
        assert found.roas == pytest.approx(found.aov * found.cvr * found.ctr * 1000 / found.cpm, rel=1e-9)


def test_a_ratio_over_nothing_is_not_defined_and_never_zero():
    assert ratio(5, 0) is None
    assert ratio(None, 5) is None
    assert ratio(5, None) is None
    assert ratio(0, 5) == 0
    nothing = rates(_metrics(0, 0, 0.0, 0.0, None))
    assert {getattr(nothing, kpi) for kpi in KPIS} == {None}


def test_the_score_is_the_specifications():
    sample = _metrics(140_000, 4900, 205, 3950.0, 22_500.0)
    assert performance_score(sample, ScoreWeights()) == pytest.approx(220.73, abs=0.005)
    assert performance_score(sample, ScoreWeights(2.0, 0.0, 0.5)) == pytest.approx(410 - 0.5 * 3950 / 205)


def test_undefined_parts_add_nothing_to_the_score():
    assert performance_score(_metrics(0, 0, 0.0, 10.0, None), ScoreWeights()) == 0.0


def test_a_denominator_below_one_is_one_too():
    assert ratio(5, 0.5) == 10.0
    assert ratio(5, 1.0) == 5.0


def test_the_weights_of_the_score_cannot_be_changed():
    with pytest.raises(dataclasses.FrozenInstanceError):
        ScoreWeights().ctr = 0.0


POSITIVE = st.floats(1e-3, 1e9)
any_counts = st.builds(Counts, POSITIVE, POSITIVE, POSITIVE, POSITIVE, POSITIVE)


@given(any_counts, st.sampled_from(sorted(METRICS)))
def test_every_metric_is_the_ratio_of_its_counts(counts, name):
    metric = METRICS[name]
    above, below = (getattr(counts, count) for count in (*metric.counts, "impressions")[:2])
    assert set(metric.counts) <= set(COUNTS)
    assert metric.value(counts) == pytest.approx(above if metric.total else metric.scale * above / below)


@given(any_counts, st.sampled_from(sorted(METRICS)))
def test_its_composition_gives_the_same_as_its_counts(counts, name):
    metric = METRICS[name]
    parts = {part: METRICS[part] for part in metric.composition}
    composed = sum(sign * math.log(parts[part].value(counts) / parts[part].scale)
                   for part, sign in metric.composition.items())  # fmt: skip
    assert composed == pytest.approx(math.log(metric.value(counts) / metric.scale), abs=1e-9)
    assert set(parts) <= {*OBSERVED, "spend"}
    assert metric.total or "spend" not in parts


def test_a_row_is_found_under_its_name():
    assert [metric.name for metric in METRICS.values()] == list(METRICS)
    assert len({metric.label for metric in METRICS.values()}) == len(METRICS)


def test_only_costs_are_better_when_they_are_lower():
    lower = {name for name, metric in METRICS.items() if metric.lower_is_better}
    assert lower == {name for name, metric in METRICS.items() if metric.numerator == "spend" and not metric.total}
    assert METRICS["cpa"].favors(rise=False)
    assert METRICS["roas"].favors(rise=True)


def test_what_means_nothing_in_another_currency_is_money_or_per_money():
    assert {name for name, metric in METRICS.items() if metric.unit is Unit.MONEY} | {"conversions_per_spend"} == {
        name for name, metric in METRICS.items() if metric.monetary
    }
    assert {name for name in COUNTS if METRICS[name].unit is Unit.MONEY} == AMOUNTS


def test_units_follow_from_what_is_divided():
    for name, metric in METRICS.items():
        sides = [count in AMOUNTS for count in metric.counts]
        if metric.total:
            assert metric.unit is (Unit.MONEY if sides[0] else Unit.COUNT), name
        else:
            kinds = {(True, False): Unit.MONEY, (False, False): Unit.SHARE}
            assert metric.unit is kinds.get(tuple(sides), Unit.RATIO), name
    assert unit_of("performance_score") is None


def test_every_list_is_a_part_of_the_table():
    for names in (COUNTS, MODELLED, KPIS, HEADLINES, PLAN_METRICS):
        assert set(names) <= set(METRICS)
    assert tuple(field.name for field in dataclasses.fields(Rates)) == KPIS
    assert set(HEADLINES) <= set(KPIS)
    assert (RATES, PRICES) == (("ctr", "cvr"), ("cpm", "aov"))
    assert all(METRICS[name].composition == {name: 1} for name in OBSERVED)
    assert all(set(METRICS[name].composition) <= set(OBSERVED) for name in COMPOSED)


def test_noise_is_that_of_what_is_counted():
    assert {name for name, metric in METRICS.items() if metric.events is None} == {"cpm", "impressions", "spend"}
    assert METRICS["roas"].noise == METRICS["aov"].noise + METRICS["cvr"].noise


def test_totals_are_told_by_what_a_unit_of_spend_buys():
    assert (rate_behind("conversions"), rate_behind("revenue")) == ("conversions_per_spend", "roas")
    assert [rate_behind(name) for name in ("ctr", "roas", "clicks")] == ["ctr", "roas", "clicks"]
    assert METRICS["cpa"].short_name == "CPA"
    assert METRICS["conversions_per_spend"].short_name == "conversions per spend"


def test_values_leave_out_what_cannot_be_divided():
    assert set(values(PLAN_METRICS, Counts(0, 0, 0, 0, None))) == {"conversions"}
    assert values(["cpa"], Counts(1000, 20, 10, 500, None)) == {"cpa": 50.0}


@given(st.from_type(Metrics), st.sampled_from([*METRICS, "no such metric"]))
def test_a_log_is_finite_or_there_is_none(metrics, name):
    value = log_value(name, metrics)
    assert value is None or math.isfinite(value)
    assert name in METRICS or value is None
    assert log_of(name, float("inf")) is None


@given(any_counts, st.sampled_from(["conversions", "clicks", "impressions", "revenue", "spend"]))
def test_the_log_of_a_forecast_total_is_comparable_with_the_log_of_the_outcome(counts, name):
    assert log_of(name, getattr(counts, name)) == pytest.approx(log_value(name, counts), abs=1e-12)


def test_no_conversion_is_an_outcome_too():
    counts = Counts(1000, 20, 0, 10.0, None)
    assert log_value("conversions", counts) == pytest.approx(math.log(0.5))
    assert log_value("cpa", counts) == pytest.approx(math.log(10 / 0.5))
    assert log_value("cvr", counts) == pytest.approx(math.log(0.5 / 20.5))
    assert log_value("aov", counts) is None
    assert log_value("ctr", Counts(0, 0, 0, 10.0, None)) is None


@pytest.mark.parametrize(
    ("metric", "rate"),
    [
        ("ctr", 0.02),
        ("cvr", 0.1),
        ("cpm", 0.01),
        ("aov", 30.0),
        ("cpa", 5.0),
        ("roas", 6.0),
        ("conversions_per_spend", 0.2),
        ("cpc", 0.5),
    ],
)
def test_a_cells_log_rate_is_that_of_its_counts(metric, rate):
    found = log_rate(metric, Counts(100_000.0, 2_000.0, 200.0, 1_000.0, 6_000.0))
    assert found is not None
    assert found[0] == pytest.approx(math.log(rate), abs=0.01)
    assert 0.0 <= found[1] < 0.02


@pytest.mark.parametrize(
    ("metric", "counts"),
    [
        ("ctr", Counts(0.0, 0.0, 0.0, 0.0, None)),
        ("cvr", Counts(100.0, 0.0, 0.0, 5.0, None)),
        ("cpm", Counts(100.0, 1.0, 0.0, 0.0, None)),
        ("roas", Counts(100.0, 10.0, 1.0, 5.0, None)),
        ("aov", Counts(100.0, 10.0, 0.0, 5.0, 0.0)),
    ],
)
def test_where_nothing_was_counted_nothing_is_said(metric, counts):
    assert log_rate(metric, counts) is None


@given(any_counts, st.sampled_from([FROM_IMPRESSIONS, FROM_CONVERSIONS]))
def test_totals_follow_from_their_ratios(counts, order):
    figures = values(["ctr", "cvr", "cpa", "roas", "spend"], counts)
    followed = totals(figures, order)
    for name in COUNTS:
        assert followed[name] == pytest.approx(getattr(counts, name), rel=1e-9)


def test_figures_that_contradict_each_other_are_believed_in_order():
    figures = {"spend": 1000.0, "impressions": 1e5, "ctr": 0.01, "cpa": 10.0, "cvr": 0.05}
    assert totals(figures, FROM_IMPRESSIONS)["clicks"] == pytest.approx(1000)
    assert totals(figures, FROM_CONVERSIONS)["clicks"] == pytest.approx(2000)


def test_a_stated_total_stands_but_no_reach_is_what_its_ratio_says():
    assert totals({"spend": 10.0, "conversions": 0.0, "cpa": 1.0}, FROM_IMPRESSIONS)["conversions"] == 0.0
    assert totals({"spend": 10.0, "impressions": 0.0, "cpm": 2.0}, FROM_IMPRESSIONS)["impressions"] == 5000.0


def test_what_does_not_follow_is_left_out():
    assert totals({"spend": 10.0, "ctr": 0.02, "cpa": 0.0}, FROM_IMPRESSIONS) == {"spend": 10.0}
