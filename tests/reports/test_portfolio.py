"""The report on a period: sums per currency, never across, and only campaigns of the period."""

from collections.abc import Callable
from datetime import date
from typing import Any

from reflection.domain.knowledge import Knowledge
from reflection.reports.portfolio import ReportedCampaign, portfolio
from reflection.reports.svg import shorten
from reflection.reports.view import ReportView, Section


def _view(reported: list[ReportedCampaign], knowledge: Knowledge, **options: Any) -> ReportView:
    period = {"start": date(2026, 3, 1), "end": date(2026, 3, 31)} | options
    return portfolio(reported, knowledge=knowledge, generated_at="2026-04-01T00:00:00+00:00", **period)


def _section(view: ReportView, name: str) -> Section:
    return next(section for section in view.sections if section.name == name)


def test_totals_are_ratios_of_sums_per_currency(
    make_reported: Callable[..., ReportedCampaign], knowledge: Knowledge
) -> None:
    metrics = {"impressions": 1000, "clicks": 100, "conversions": 10, "spend": 500.0}
    reported = [
        make_reported(),
        make_reported("cmp_a", actual_metrics=metrics | {"revenue": 100.0}),
        make_reported("cmp_b", currency="EUR", actual_metrics=metrics),
    ]
    rows = {row[0]: row for row in _section(_view(reported, knowledge), "totals").tables[0].rows}
    assert rows["USD"][1] == "2"
    assert rows["USD"][2] == "USD 4,450"
    assert rows["USD"][5] == f"USD {(3950 + 500) / 215:.2f}"
    assert rows["USD"][7] == f"{(22500 + 100) / 4450:.2f}"
    assert rows["EUR"][5] == "EUR 50.00"
    assert rows["EUR"][7] == "-"


def test_only_campaigns_of_the_period_count(
    make_reported: Callable[..., ReportedCampaign], knowledge: Knowledge
) -> None:
    reported = [make_reported(), make_reported("old", timestamp="2026-02-28T23:59:59+00:00")]
    view = _view(reported, knowledge)
    assert view.subtitle == "1 campaign"
    assert len(_section(view, "campaigns").plots[0].table.rows) == 1


def test_an_empty_period_says_so_and_still_shows_what_is_known(knowledge: Knowledge) -> None:
    view = _view([], knowledge)
    assert view.verdict == "No campaign of this period is stored."
    assert [section.name for section in view.sections] == ["learnt", "next"]


def test_the_verdict_counts_by_reading(make_reported: Callable[..., ReportedCampaign], knowledge: Knowledge) -> None:
    expected = make_reported().campaign.expected_metrics.model_dump()
    noise = make_reported("same", actual_metrics={**expected, "conversions": 77})
    alone = make_reported("alone", actual_metrics=expected)
    worse = make_reported(
        "worse",
        actual_metrics={
            "impressions": 95000,
            "clicks": 1900,
            "conversions": 20,
            "spend": 3800.0,
            "revenue": 1.0,
        },
    )
    view = _view([make_reported(), noise, worse, alone], knowledge)
    assert view.verdict == (
        "Of 4 campaigns, 1 did better than forecast beyond noise, 1 did worse, 1 cannot be told from noise, "
        "1 cannot be compared."
    )


def test_many_campaigns_are_all_in_the_table_and_the_largest_are_drawn(
    make_reported: Callable[..., ReportedCampaign], knowledge: Knowledge
) -> None:
    reported = [make_reported(f"cmp_{number:02}") for number in range(25)]
    plot = _section(_view(reported, knowledge), "campaigns").plots[0]
    assert len(plot.table.rows) == 25
    assert plot.svg.count("<circle") == 20
    assert "The 20 largest of 25 are drawn." in plot.legend


def test_recommendations_of_the_workspace_are_shown(
    make_reported: Callable[..., ReportedCampaign], knowledge: Knowledge, recommendations: dict[str, Any]
) -> None:
    view = _view([make_reported()], knowledge, recommendations=recommendations)
    assert len(_section(view, "next").cards) == 2
    without = _view([make_reported()], knowledge, recommendations={**recommendations, "cards": []})
    assert _section(without, "next").points == ("Plan more with age 18-25.",)


def test_cards_take_the_place_of_their_sentences_and_use_the_campaigns_spelling(
    make_reported: Callable[..., ReportedCampaign], knowledge: Knowledge, recommendations: dict[str, Any]
) -> None:
    reported = make_reported(audiences=[{"name": "Students", "attributes": {"age_range": "18 – 25"}}])
    card = recommendations["cards"][0] | {"signal": "audience.age:18-25", "label": "age 18-25"}
    view = _view([reported], knowledge, recommendations={**recommendations, "cards": [card]})
    section = _section(view, "next")
    assert section.points == ()
    assert section.cards[0].title == "Use more of age 18 – 25"
    assert section.cards[0].reason == "A finding on 3 campaigns. An association: platforms choose who sees an ad."


def test_a_long_name_keeps_the_end_that_tells_it_from_the_others() -> None:
    label = shorten("meta_company-social-acquisition-ads_2025-09", 23)
    assert len(label) <= 23
    assert label.startswith("meta_compan")
    assert label.endswith("2025-09")
