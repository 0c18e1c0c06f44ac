"""The interval that is printed is the one that decides, and only a forecast is called one: in every door."""

import io
import re
from datetime import date

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from reflection.cli.render import print_analysis
from reflection.comparison.compare import compare
from reflection.domain.basis import basis_of
from reflection.domain.knowledge import NOTHING
from reflection.domain.memory_text import outcome_of
from reflection.domain.metrics import KPIS
from reflection.domain.ports import Facts
from reflection.domain.results import Analysis, PatternReport, StoredMemory
from reflection.domain.scatter import NO_SCATTER, CampaignScatter
from reflection.domain.weights import Weights
from reflection.explain.writer import DeterministicWriter
from reflection.reports.portfolio import ReportedCampaign, portfolio
from reflection.reports.rendering import markdown
from reflection.reports.retrospective import retrospective

NO_PATTERNS = PatternReport("c", "now", (), (), (), (), (), (), ())
STORED = StoredMemory(True, False, "output", 1, False, "pending")
A_FORECAST = re.compile(
    r"its forecast|the forecast|forecast by|forecast CPA|expected|plan again|foretold|planned", re.I
)
METHOD = re.compile(r"^## Notes.*", re.M | re.S)


def _analysis(campaign, scatter=NO_SCATTER) -> Analysis:
    comparison = compare(campaign, generated_at="2026-03-29T10:00:00+00:00", scatter=scatter)
    facts = Facts(comparison, NO_PATTERNS, (), (), campaign.platform, campaign.objective)
    weights = Weights("now", {}, {}, (), "roas")
    return Analysis(comparison, NO_PATTERNS, DeterministicWriter().write(facts), weights, (), STORED)


def _terminal(analysis: Analysis) -> str:
    console = Console(width=240, file=io.StringIO(), record=True)
    print_analysis(console, orjson.loads(orjson.dumps(analysis)))
    return console.export_text()


def _number(text: str) -> float:
    return float(re.sub(r"[^0-9.-]", "", text))


def _bounds(text: str, exact: float) -> tuple[float, float]:
    if text == "exact":
        return exact, exact
    low, high = (_number(bound) for bound in text.split(" to "))
    return low, high


@st.composite
def sides(draw):
    impressions = draw(st.integers(1, 10**7))
    clicks = draw(st.integers(0, min(impressions, 10**5)))
    return {
        "impressions": impressions, "clicks": clicks, "conversions": draw(st.integers(0, 3000)),
        "spend": draw(st.integers(1, 10**7)) / 100, "revenue": draw(st.integers(0, 10**7)) / 100,
    }  # fmt: skip


@st.composite
def near(draw):
    """A forecast, and a fact at about the edge of its own interval, where rounding could turn the verdict round."""
    plan = draw(sides())
    factor = draw(st.floats(0.7, 1.4))
    return plan, {
        name: value * factor if name in ("spend", "revenue") else int(value * factor) for name, value in plan.items()
    }


@given(pair=near() | st.tuples(sides(), sides()), sigma=st.sampled_from([None, 0.02, 0.3]))
def test_a_printed_forecast_lies_outside_the_printed_interval_if_and_only_if_that_is_the_verdict(
    make_campaign, pair, sigma
):
    scatter = CampaignScatter(dict.fromkeys(("cpm", "ctr", "cvr", "aov"), sigma))
    analysis = _analysis(make_campaign(expected=pair[0], actual=pair[1]), scatter)
    printed = _terminal(analysis)
    section = retrospective(analysis).sections[0]
    rows = {row[0]: row for row in [*section.tables, *(plot.table for plot in section.plots)][-1].rows}
    for kpi in KPIS:
        delta = analysis.comparison_report.deltas[f"{kpi}_diff"]
        if delta.beyond_noise is None:
            continue
        line = next(text for text in printed.splitlines() if text.startswith(f"{kpi.upper()} "))
        cells = re.split(r"\s{2,}", line.strip())
        low, high = (_number(bound) for bound in cells[4].split(" to "))
        assert (not low <= _number(cells[1]) <= high) == delta.beyond_noise
        assert (cells[5] == "noise") == (not delta.beyond_noise)
        row = next(
            (
                row
                for name, row in rows.items()
                if name.casefold().startswith(kpi) or (kpi == "aov" and "order" in name)
            ),
            None,
        )
        if row is not None:
            low, high = _bounds(row[3], _number(row[2]))
            assert (not low <= _number(row[1]) <= high) == delta.beyond_noise
            assert ("beyond noise" in row[5]) == delta.beyond_noise


@pytest.mark.parametrize("planner", ["account-average", "previous-period", "trailing-28d", "no-forecast", "copied"])
@pytest.mark.parametrize("conversions", [5, 76, 205])
def test_what_is_no_forecast_is_never_called_one(make_campaign, planner, conversions):
    fact = {"conversions": conversions, "revenue": 100.0 * conversions}
    changes = {"planner": planner} if planner != "copied" else {}
    campaign = make_campaign(actual=fact, **changes)
    if planner == "copied":
        campaign = campaign.model_copy(update={"expected_metrics": campaign.actual_metrics})
    assert not basis_of(campaign).forecast
    analysis = _analysis(campaign)
    reported = [ReportedCampaign(campaign, analysis)]
    month = {"start": date(2026, 3, 1), "end": date(2026, 3, 31), "generated_at": "now"}
    texts = [
        *analysis.comparison_report.summary,
        *(item.text for item in analysis.insights.statements),
        *(line.text for line in analysis.insights.summary),
        _terminal(analysis),
        METHOD.sub("", markdown(retrospective(analysis, campaign=campaign))),
        METHOD.sub("", markdown(portfolio(reported, knowledge=NOTHING, **month))),
        outcome_of(analysis.comparison_report)["verdict"],
    ]
    for text in texts:
        spoken = re.sub(r"(there is )?no forecast|Forecast spend|Forecast CPA", "", text, flags=re.I)
        assert not A_FORECAST.search(spoken), A_FORECAST.search(spoken)
    assert any(
        "Do not plan again" in item.text for item in _analysis(make_campaign(actual=fact)).insights.statements
    ) == (conversions != 76)


def test_a_verdict_is_the_same_in_every_door(make_campaign):
    for conversions, verdict, word in (
        (205, "better", "better"),
        (20, "worse", "worse"),
        (78, "noise", "told from noise"),
    ):
        campaign = make_campaign(actual={"conversions": conversions, "revenue": 100.0 * conversions})
        analysis = _analysis(campaign)
        assert analysis.comparison_report.verdict == verdict
        reported = [ReportedCampaign(campaign, analysis)]
        month = {"start": date(2026, 3, 1), "end": date(2026, 3, 31), "generated_at": "now"}
        assert word in portfolio(reported, knowledge=NOTHING, **month).verdict
        happened = analysis.insights.statements[0].text
        assert ("within noise" if verdict == "noise" else f"did {verdict}") in happened
        assert retrospective(analysis, campaign=campaign).verdict == happened
