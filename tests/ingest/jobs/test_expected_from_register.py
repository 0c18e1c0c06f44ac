"""What somebody foretold becomes what was expected: in good time, in the same money, by whoever said most."""

import datetime as dt
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reflection.domain.campaign import Metrics
from reflection.domain.ports import ForecastRow
from reflection.ingest import ForecastQuery
from reflection.ingest.jobs.expected_from_register import as_counts, from_register

WANTED = ForecastQuery("google_1", "Brand", "Google", dt.date(2026, 9, 1), dt.date(2026, 9, 30), "EUR", 500.0)
ROW = ForecastRow(
    "ada", "1", "2026-08-30T10:00:00+00:00", "conversions", 50.0, campaign_id="google_1", currency="EUR",
    detail={"source": "api"},
)  # fmt: skip


def asked(*rows: ForecastRow, wanted: ForecastQuery = WANTED):
    return from_register(lambda campaign_id: [row for row in rows if row.campaign_id == campaign_id])(wanted)


def test_a_forecast_of_the_campaign_is_what_was_expected_and_says_whose_it_is():
    found = asked(ROW, replace(ROW, metric="cpa", point=8.0), replace(ROW, metric="ctr", point=0.02))

    assert found is not None
    assert found.planner == "ada"
    assert found.metrics == Metrics(impressions=0, clicks=0, conversions=50.0, spend=500.0)


@pytest.mark.parametrize(
    "row",
    [
        replace(ROW, campaign_id="google_2"),
        replace(ROW, issued_at="2026-10-01T00:00:00+00:00"),
        replace(ROW, point=None, quantiles={"0.5": 50.0}),
        replace(ROW, metric="cpa", currency="USD"),
        replace(ROW, metric="ctr"),
        replace(ROW, detail={}),
        replace(ROW, period_start="2026-10-01T00:00:00+00:00"),
        replace(ROW, period_end="2026-08-31T00:00:00+00:00"),
    ],
    ids=["another campaign", "issued afterwards", "no point", "other money", "no conversions follow", "came with it",
         "a later period", "an earlier period"],
)  # fmt: skip
def test_what_is_no_forecast_of_it_in_good_time_does_not_count(row: ForecastRow):
    assert asked(row) is None


def test_the_first_of_an_issuer_counts_and_the_issuer_who_says_most():
    later = replace(ROW, point=70.0)
    ben = [
        replace(ROW, issuer="ben", metric=name, point=value)
        for name, value in (("conversions", 40.0), ("spend", 400.0))
    ]

    found = asked(ROW, later, *ben)
    alone = asked(ROW, later)

    assert found is not None
    assert (found.planner, found.metrics.conversions, found.metrics.spend) == ("ben", 40.0, 400.0)
    assert alone is not None
    assert alone.metrics.conversions == 50.0


def test_a_period_file_without_dates_still_finds_its_forecast():
    assert asked(ROW, wanted=replace(WANTED, first=None, last=None)) is not None


@given(
    impressions=st.integers(1_000, 10**8), ctr=st.floats(0.001, 0.2), cvr=st.floats(0.001, 0.5),
    spend=st.floats(1.0, 1e6), aov=st.floats(1.0, 500.0),
)  # fmt: skip
def test_counts_from_any_complete_mix_of_rates_are_the_counts_themselves(impressions, ctr, cvr, spend, aov):
    clicks = max(1, round(impressions * ctr))
    conversions, revenue = clicks * cvr, clicks * cvr * aov
    said = {
        "counts": {"impressions": impressions, "clicks": clicks, "conversions": conversions, "revenue": revenue},
        "costs": {"cpm": 1_000 * spend / impressions, "cpc": spend / clicks, "cpa": spend / conversions,
                  "roas": revenue / spend},
        "rates": {"impressions": impressions, "ctr": clicks / impressions, "cvr": cvr, "aov": aov},
        "back": {"conversions_per_spend": conversions / spend, "cvr": cvr, "ctr": clicks / impressions, "aov": aov},
    }  # fmt: skip

    for name, metrics in said.items():
        found = as_counts(metrics, spend)
        assert found is not None, name
        assert found.impressions == pytest.approx(impressions, abs=2, rel=1e-6), name
        assert found.clicks == pytest.approx(clicks, abs=1), name
        assert found.conversions == pytest.approx(conversions, rel=1e-5, abs=1e-5), name
        assert found.spend == pytest.approx(spend, rel=1e-6), name
        assert found.revenue == pytest.approx(revenue, rel=1e-5, abs=1e-5), name


@given(st.dictionaries(st.sampled_from(["ctr", "cvr", "cpm", "cpc", "cpa", "aov", "roas", "conversions", "revenue",
       "clicks", "impressions", "spend"]), st.floats(0, 1e9)))  # fmt: skip
def test_any_mix_makes_valid_metrics_or_none(said):
    found = as_counts(said, 100.0)

    assert found is None or found.clicks <= found.impressions
