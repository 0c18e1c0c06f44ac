"""Missing is not zero, from door to report: a count that nobody counted makes no rate, no score, no learning."""

import json
from dataclasses import replace
from datetime import date
from io import StringIO

import numpy as np
import pytest
from rich.console import Console

from reflection.api.openapi import CMP_007
from reflection.cli.render import print_analysis
from reflection.comparison.compare import compare
from reflection.domain.campaign import REQUIRED_COUNTS, Campaign
from reflection.domain.evidence import Counts, Evidence, decode, encode, evidence_of
from reflection.domain.knowledge import Knowledge
from reflection.domain.metrics import KPIS, METRICS
from reflection.domain.planner_forecast import observed
from reflection.inference.evidence.dataset import Dataset
from reflection.inference.fit_request import FitRequest
from reflection.inference.learn import learn
from reflection.reports.service import campaign_report, portfolio_report


def _without(campaign: Campaign, *names: str) -> Campaign:
    """The campaign as if nobody had counted these, in its total and in its breakdown."""
    body = json.loads(campaign.canonical_json())
    rows = [row["metrics"] for row in body["breakdown"]]
    for metrics in (body["actual_metrics"], *rows):
        metrics.update(dict.fromkeys(names))
    return Campaign.model_validate_json(json.dumps(body))


@pytest.mark.parametrize("name", REQUIRED_COUNTS)
def test_what_nobody_counted_has_no_rate_no_interval_and_no_score_but_a_reason(sample, name):
    comparison = compare(_without(sample, name), generated_at="2026-09-30T00:00:00Z")

    for kpi in KPIS:
        delta = comparison.deltas[f"{kpi}_diff"]
        if name in METRICS[kpi].counts:
            assert (delta.actual, delta.interval, delta.pct_diff, delta.beyond_noise) == (None, None, None, None)
            assert delta.reason is not None
            assert name in delta.reason
        else:
            assert delta.actual is not None
    assert comparison.performance_score is None
    assert comparison.score_reason is not None
    assert name in comparison.score_reason
    assert any(flag.startswith(name) and "not known" in flag for flag in comparison.flags)
    assert not any("no conversions" in flag or "exceed clicks" in flag for flag in comparison.flags)


@pytest.mark.parametrize("name", REQUIRED_COUNTS)
def test_evidence_keeps_what_is_unknown_and_a_planner_is_not_judged_by_it(sample, name):
    evidence = evidence_of(_without(sample, name))

    assert decode(encode(evidence)) == evidence
    assert all(getattr(cell.counts, name) is None for cell in evidence.cells)
    judged = observed(evidence.expected, evidence.actual)
    assert judged.keys().isdisjoint(metric for metric in METRICS if name in METRICS[metric].counts)


def _half_unknown(evidence: tuple[Evidence, ...], name: str) -> list[Evidence]:
    """Every second campaign without a count."""
    return [
        replace(
            one,
            actual=replace(one.actual, **{name: None}),
            cells=tuple(replace(cell, counts=replace(cell.counts, **{name: None})) for cell in one.cells),
        )
        if number % 2
        else one
        for number, one in enumerate(evidence)
    ]


@pytest.fixture(scope="module")
def sound(history_evidence, fault_id) -> tuple[Evidence, ...]:
    """The forty campaigns without the one that is held."""
    return tuple(one for one in history_evidence if one.campaign_id != fault_id)


@pytest.fixture(scope="module")
def learnt_of_all(sound):
    return learn(sound, FitRequest(seq=1))


@pytest.mark.parametrize("name", REQUIRED_COUNTS)
def test_an_unknown_count_is_left_out_of_what_it_is_part_of_and_of_nothing_else(sound, learnt_of_all, name):
    learnt = learn(_half_unknown(sound, name), FitRequest(seq=1))

    assert np.isfinite([number for effect in learnt.effects for number in (effect.effect, *effect.interval)]).all()
    assert all(np.isfinite(effect.campaigns) for effect in learnt.effects)
    assert all(np.isfinite(finding.impact_score) for finding in learnt.findings)
    for metric in learnt.posteriors:  # draws are made together with the others, effects are not
        assert (_effects(learnt, metric) == _effects(learnt_of_all, metric)) == (name not in METRICS[metric].counts)


def _effects(knowledge: Knowledge, metric: str) -> list[tuple[str, float]]:
    return [(item.signal, item.effect) for item in knowledge.effects if item.metric == metric]


def test_where_nobody_counted_clicks_there_is_nothing_about_clicks(sound):
    evidence = [_half_unknown((one, one), "clicks")[1] for one in sound]

    learnt = learn(evidence, FitRequest(seq=1))

    assert np.isnan(Dataset.of(evidence).clicks).all()
    assert set(learnt.posteriors) == {"cpm", "aov"}


def test_what_the_rows_leave_of_a_total_is_unknown_where_a_row_does_not_say():
    total = Counts(100.0, 10.0, 1.0, 50.0, None)
    part = Counts(40.0, None, 1.0, 20.0, None)

    assert total.minus([part]) == Counts(60.0, None, 0.0, 30.0, None)


def test_a_campaign_without_clicks_goes_through_every_door(application):
    body = json.loads(json.dumps({**CMP_007, "campaign_id": "no clicks"}))
    body["actual_metrics"]["clicks"] = None
    campaign = Campaign.model_validate_json(json.dumps(body))

    application.engine.analyze(campaign)

    answer = json.loads(application.engine.show("no clicks"))
    comparison = answer["comparison_report"]
    assert comparison["performance_score"] is None
    assert comparison["actual_rates"]["ctr"] is None
    assert application.store.campaign("default", "no clicks").campaign_json == campaign.canonical_json()
    console = Console(file=StringIO(), width=200)
    print_analysis(console, answer)
    assert "score -" in console.file.getvalue()
    doors = (application.store, application.recommendations)
    assert b"none: clicks are not known" in campaign_report(*doors, "default", "no clicks", "md")
    assert b"no clicks" in portfolio_report(*doors, "default", date(2020, 1, 1), date(2030, 1, 1), "md")
