"""The report on a period: sums per currency, never across, and only campaigns of the period."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reflection.domain.held import fault_text
from reflection.domain.knowledge import Knowledge
from reflection.reports.plots import draw
from reflection.reports.portfolio import ReportedCampaign, portfolio
from reflection.reports.svg import shorten
from reflection.reports.view import ReportView, Section

ACTUAL = {"impressions": 140_000, "clicks": 4_900, "conversions": 205, "spend": 3_950.0, "revenue": 22_500.0}
EXPECTED = {"impressions": 95_000, "clicks": 1_900, "conversions": 76, "spend": 3_800.0, "revenue": 7_600.0}


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
        make_reported("cmp_a", objective="Lead Generation", actual_metrics=metrics | {"revenue": 100.0}),
        make_reported("cmp_b", objective="Lead Generation", currency="EUR", actual_metrics=metrics),
    ]
    rows = {row[0]: row for row in _section(_view(reported, knowledge), "totals").tables[0].rows}
    assert rows["USD"][1] == "2"
    assert rows["USD"][2] == "USD 4,450"
    assert rows["USD"][5] == f"USD {(3950 + 500) / 215:.2f}"
    assert rows["USD"][7] == f"{(22500 + 100) / 4450:.2f}"
    assert rows["EUR"][5] == "EUR 50.00"
    assert rows["EUR"][7] == "-"


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(factors=st.lists(st.floats(0.5, 40.0), min_size=2, max_size=5), first=st.integers(0, 4))
def test_totals_never_include_a_held_campaign(
    make_reported: Callable[..., ReportedCampaign], knowledge: Knowledge, factors: list[float], first: int
) -> None:
    reported = [
        make_reported(f"c{number}", objective="Sales", actual_metrics=ACTUAL | {"conversions": 200.0 * factor})
        for number, factor in enumerate(factors)
    ]
    out = {f"c{first % len(factors)}"}
    holding = replace(knowledge, held={name: fault_text("CPA is 1.00 where others sit at 20.00") for name in out})

    with_held = _view(reported, holding)
    without = _view([one for one in reported if one.campaign.campaign_id not in out], knowledge)

    assert with_held.tiles == without.tiles
    assert _section(with_held, "totals").tables == _section(without, "totals").tables
    assert _section(with_held, "campaigns") == _section(without, "campaigns")
    assert with_held.verdict == f"{without.verdict} 1 campaign held out: likely a tracking fault."
    assert _section(with_held, "totals").points == (
        f"1 campaign is held out, because it looks like a tracking fault: {next(iter(out))} "
        "(CPA is 1.00 where others sit at 20.00).",
    )


def test_totals_wait_for_conversions_that_still_come_in(
    make_reported: Callable[..., ReportedCampaign], knowledge: Knowledge
) -> None:
    complete = [make_reported(f"c{number}", objective="Sales", actual_metrics=ACTUAL) for number in range(3)]
    late = make_reported("late", objective="Sales", actual_metrics=ACTUAL | {"conversions": 1}, mature_on="2099-01-01")

    with_late, without = _view([*complete, late], knowledge), _view(complete, knowledge)

    assert with_late.tiles == without.tiles
    assert _section(with_late, "totals").tables == _section(without, "totals").tables
    assert _section(with_late, "totals").points == ("1 campaign is in no total yet: conversions still come in.",)


def test_leads_and_purchases_have_totals_of_their_own(
    make_reported: Callable[..., ReportedCampaign], knowledge: Knowledge
) -> None:
    nothing = {"revenue": 0.0}
    reported = [
        make_reported("shop", conversion_kind="purchase"),
        make_reported(
            "form", conversion_kind="lead", actual_metrics=ACTUAL | nothing, expected_metrics=EXPECTED | nothing
        ),
    ]
    view = _view(reported, replace(knowledge, kind="purchase"))
    rows = {row[1]: row for row in _section(view, "totals").tables[0].rows}

    assert {kind: (row[2], row[8]) for kind, row in rows.items()} == {"purchases": ("1", "5.70"), "leads": ("1", "-")}
    assert {tile.label for tile in view.tiles} == {
        "CPA, USD, purchases only", "CPA, USD, leads only", "Spend, purchases", "Spend, leads",
    }  # fmt: skip
    assert str(2 * ACTUAL["conversions"]) not in repr((view.verdict, view.tiles, _section(view, "totals")))


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
        "1 had no forecast."
    )


def test_many_campaigns_are_all_in_the_table_and_the_largest_are_drawn(
    make_reported: Callable[..., ReportedCampaign], knowledge: Knowledge
) -> None:
    reported = [make_reported(f"cmp_{number:02}") for number in range(25)]
    plot = _section(_view(reported, knowledge), "campaigns").plots[0]
    assert len(plot.table.rows) == 25
    assert draw(plot).count("<circle") == 20
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
    assert section.cards[0].reason == "Seen in 3 campaigns. An association: platforms choose who sees an ad."


def test_a_long_name_keeps_the_end_that_tells_it_from_the_others() -> None:
    label = shorten("meta_company-social-acquisition-ads_2025-09", 23)
    assert len(label) <= 23
    assert label.startswith("meta_compan")
    assert label.endswith("2025-09")
