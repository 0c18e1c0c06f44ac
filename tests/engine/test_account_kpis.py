"""A KPI of the whole account is the ratio of the sums of campaigns that say both of its parts, by currency and kind."""

from collections.abc import Callable, Iterator

import pytest

from reflection.domain.campaign import Campaign, Metrics
from reflection.domain.metrics import METRICS
from reflection.engine.account_kpis import account_kpis
from reflection.settings import Settings
from reflection.wiring import Application, build

KPIS = ("ctr", "cvr", "cpm", "cpc", "cpa", "aov", "roas")
COUNTED = (
    Metrics(impressions=10_000, clicks=200, conversions=10.0, spend=100.0, revenue=500.0),
    Metrics(impressions=30_000, clicks=300, conversions=20.0, spend=500.0, revenue=None),
    Metrics(impressions=20_000, clicks=None, conversions=5.0, spend=50.0, revenue=90.0),
    Metrics(impressions=5_000, clicks=50, conversions=3.0, spend=0.0, revenue=60.0),
)


@pytest.fixture
def application(settings: Settings, make_campaign: Callable[..., Campaign]) -> Iterator[Application]:
    with build(settings) as built:
        for number, actual in enumerate(COUNTED):
            built.engine.analyze(
                make_campaign(campaign_id=f"e{number}", currency="EUR", actual_metrics=actual.model_dump())
            )
        built.engine.analyze(make_campaign(campaign_id="usd", currency="USD", actual_metrics=COUNTED[0].model_dump()))
        yield built


@pytest.mark.parametrize("metric", KPIS)
def test_it_is_the_ratio_of_sums_where_both_are_known(application: Application, metric: str):
    above, below = METRICS[metric].counts
    paid = [one for one in COUNTED if one.spend or "spend" not in (above, below)]
    both = [one for one in paid if None not in (getattr(one, above), getattr(one, below))]
    with application.store.snapshot("default") as snapshot:
        told = {one.currency: one for one in account_kpis(snapshot, metric)}

    euros, sums = told["EUR"], [sum(getattr(one, name) for one in both) for name in (above, below)]
    assert (euros.campaigns, euros.value) == (len(both), pytest.approx(METRICS[metric].scale * sums[0] / sums[1]))
    assert euros.interval is not None
    assert euros.interval[0] <= euros.value <= euros.interval[1]
    assert told["USD"].campaigns == 1


def test_an_empty_account_has_none(settings: Settings):
    with build(settings) as application, application.store.snapshot("default") as snapshot:
        assert account_kpis(snapshot, "cpa") == ()


def test_a_platform_that_is_named_has_its_own_and_spellings_are_one(
    application: Application, make_campaign: Callable[..., Campaign]
):
    for number, platform in enumerate(("Google Ads", "google ads")):
        application.engine.analyze(
            make_campaign(campaign_id=f"g{number}", platform=platform, actual_metrics=COUNTED[0].model_dump())
        )
    with application.store.snapshot("default") as snapshot:
        (google,) = account_kpis(snapshot, "cpa", {"how", "google", "ads"})
        assert (google.campaigns, google.value) == (2, 10.0)
        assert {one.platform for one in account_kpis(snapshot, "cpa", {"google"})} == {None}  # there is no "Google"
