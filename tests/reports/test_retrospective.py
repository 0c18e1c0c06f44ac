"""The report on one campaign: what it shows, and that it shows what was computed."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from reflection.domain.knowledge import NOTHING, Knowledge
from reflection.reports.plots import draw
from reflection.reports.portfolio import ReportedCampaign
from reflection.reports.retrospective import retrospective
from reflection.reports.view import ReportView, Section


def _view(reported: ReportedCampaign, **options: Any) -> ReportView:
    return retrospective(reported.analysis, campaign=reported.campaign, **options)


def _section(view: ReportView, name: str) -> Section:
    return next(section for section in view.sections if section.name == name)


def test_the_head_says_who_what_when_and_the_verdict(reported: ReportedCampaign) -> None:
    view = _view(reported)
    assert view.title == "cmp_007_meta_summer_bootcamp"
    assert view.subtitle == "Meta · Lead Generation · 2026-03-29 · amounts in USD"
    assert view.verdict.startswith("The campaign did better than its forecast: ROAS 5.70")
    assert ("Forecast by", "forecast-agent") in view.facts
    assert ("Performance score", "220.73") in view.facts


def test_tiles_tell_change_and_noise_in_words(reported: ReportedCampaign) -> None:
    tiles = {tile.label: tile for tile in _view(reported).tiles}
    assert (tiles["CPA"].value, tiles["CPA"].verdict) == ("USD 19.27", "better, beyond noise")
    assert (tiles["CVR"].verdict, tiles["CVR"].tone) == ("within noise", "noise")


def test_sections_are_in_reading_order(
    reported: ReportedCampaign, knowledge: Knowledge, recommendations: dict[str, Any], board: dict[str, Any]
) -> None:
    view = _view(reported, knowledge=knowledge, recommendations=recommendations, track_record=board)
    assert [section.name for section in view.sections] == [
        "forecast",
        "why",
        "learnt",
        "next",
        "similar",
        "record",
    ]


def test_every_plot_has_its_numbers_a_text_and_a_legend(
    reported: ReportedCampaign, knowledge: Knowledge, recommendations: dict[str, Any]
) -> None:
    plots = [plot for section in _view(reported, knowledge=knowledge).sections for plot in section.plots]
    assert [plot.name for plot in plots] == ["forecast", "why-cpa", "why-roas", "learnt"]
    for plot in plots:
        assert plot.table.rows
        assert plot.description
        assert plot.legend
        assert draw(plot).startswith("<svg")
        assert draw(plot).endswith("</svg>")


def test_the_forecast_table_has_every_kpi_with_interval_and_reading(reported: ReportedCampaign) -> None:
    rows = {row[0]: row[1:] for row in _section(_view(reported), "forecast").plots[0].table.rows}
    assert rows["CPA"] == (
        "USD 50.00",
        "USD 19.27",
        "USD 17.20 to USD 21.64",
        "-61.5 %",
        "better, beyond noise",
    )
    assert rows["CVR"][-1] == "within noise"
    assert rows["CPM"][2] == "exact"
    assert list(rows) == ["CPA", "ROAS", "CTR", "CVR", "CPM", "CPC", "Average order value"]


def test_the_parts_of_the_change_add_up_as_shown(reported: ReportedCampaign) -> None:
    rows = _section(_view(reported), "why").plots[0].table.rows
    parts = {row[0]: row[3] for row in rows}
    assert parts == {"CTR": "USD -18.03", "CPM": "USD -11.25", "CVR": "USD -1.45"}
    total = sum(float(part.removeprefix("USD ")) for part in parts.values())
    assert total == pytest.approx(19.27 - 50.0)
    assert {row[0]: row[5] for row in rows}["CVR"] == "within noise"


def test_findings_and_open_effects_are_told_apart(reported: ReportedCampaign, knowledge: Knowledge) -> None:
    table = _section(_view(reported, knowledge=knowledge), "learnt").plots[0].table
    assert table.rows[0] == (
        "Age 18-25",
        "CTR",
        "+32.0 %",
        "+8.0 % to +61.0 %",
        "+50.0 %",
        "12, 1 against",
        "finding, observed",
    )
    assert table.rows[1][0] == "Creative type video"
    assert table.rows[1][-1] == "not enough evidence"


def test_cards_show_odds_money_and_both_sides(reported: ReportedCampaign, recommendations: dict[str, Any]) -> None:
    first, second = _section(_view(reported, recommendations=recommendations), "next").cards
    assert first.lane == "Do more"
    assert first.title == "Use more of age 18-25"
    assert dict(first.facts)["Odds to be better"] == "97 %"
    assert dict(first.facts)["Expected gain"] == "USD +1,200"
    assert dict(first.facts)["Worst case in 20"] == "USD -90"
    assert first.evidence == "Observed, not tested; for it: cmp_001, cmp_004; against it: cmp_002."
    assert "Expected gain" not in dict(second.facts)


def test_missing_revenue_stands_among_what_cannot_be_told(make_reported: Callable[..., ReportedCampaign]) -> None:
    metrics = {"impressions": 1000, "clicks": 100, "conversions": 10, "spend": 100.0}
    view = _view(make_reported(actual_metrics=metrics))
    assert any("Revenue is missing" in point for point in _section(view, "gaps").points)
    rows = {row[0]: row for row in _section(view, "forecast").plots[0].table.rows}
    assert rows["ROAS"][2] == "-"
    assert rows["ROAS"][5] == "revenue is missing in the result"


@pytest.mark.parametrize(
    "actual",
    [
        {"impressions": 0, "clicks": 0, "conversions": 0, "spend": 0.0},
        {"impressions": 1000, "clicks": 0, "conversions": 0, "spend": 10.0},
        {"impressions": 1000, "clicks": 10, "conversions": 0, "spend": 10.0, "revenue": 0.0},
        {"impressions": 10, "clicks": 10, "conversions": 30, "spend": 0.01, "revenue": 1e9},
    ],
)
def test_any_campaign_has_a_report(make_reported: Callable[..., ReportedCampaign], actual: dict[str, Any]) -> None:
    view = _view(make_reported(actual_metrics=actual), knowledge=NOTHING)
    assert view.verdict
    assert view.sections
    for section in view.sections:
        for plot in section.plots:
            assert "nan" not in draw(plot)
            assert "inf" not in draw(plot)


def test_the_same_input_gives_the_same_report(reported: ReportedCampaign, knowledge: Knowledge) -> None:
    assert _view(reported, knowledge=knowledge) == _view(reported, knowledge=knowledge)


def test_campaigns_that_look_alike_are_described_and_not_called_a_finding(
    reported: ReportedCampaign, knowledge: Knowledge
) -> None:
    finding = knowledge.findings[0]
    group = replace(finding, finding_id="g", category="cluster", status="descriptive", signal_key="cluster:at-risk")
    patterns = replace(reported.analysis.pattern_report, pattern_report=(finding, group), clusters=(group,))
    view = _view(
        ReportedCampaign(reported.campaign, replace(reported.analysis, pattern_report=patterns)), knowledge=knowledge
    )
    learnt = next(section for section in view.sections if section.name == "learnt")
    assert not any("at-risk" in row[0].casefold() for plot in learnt.plots for row in plot.table.rows)
    (groups,) = learnt.tables
    assert "no finding" in groups.caption
    assert len(groups.rows) == 1


def test_a_signal_that_always_comes_with_a_shown_one_is_not_told_twice(
    reported: ReportedCampaign, knowledge: Knowledge
) -> None:
    one = replace(knowledge.effects[0], signal="creative.type:video", metric="ctr")
    twin = replace(one, signal="audience.age:18-25x", metric="ctr")
    tags = replace(reported.analysis.pattern_report, auto_tags=("audience.age:18-25x", "creative.type:video"))
    known = replace(
        knowledge,
        goal_metric="ctr",
        effects=(one, twin),
        diagnostics={"aliases": {"audience.age:18-25x": "audience.age:18-25"}},
    )
    view = _view(ReportedCampaign(reported.campaign, replace(reported.analysis, pattern_report=tags)), knowledge=known)
    learnt = next(section for section in view.sections if section.name == "learnt")
    assert [row[0] for row in learnt.plots[0].table.rows] == ["Age 18-25", "Creative type video"]
