"""A replayed history: nothing sees its own future, everybody is judged on the same campaigns, the page stands alone."""

import json
import re
from dataclasses import replace
from html.parser import HTMLParser

import numpy as np
import pytest

from reflection.domain.campaign import Campaign
from reflection.domain.knowledge import NOTHING
from reflection.domain.validation import read
from reflection.evaluation import backtest, hindsight
from reflection.forecasting.calibration import EMPTY
from reflection.reports.backtest import page


def _campaign(index: int, rng: np.random.Generator) -> Campaign:
    kind = str(rng.choice(["video", "image"]))
    conversions = int(rng.poisson(40 * (1.5 if kind == "video" else 0.7) * np.exp(rng.normal(0, 0.1))))
    return read(
        Campaign,
        {
            "campaign_id": f"c{index:03d}", "platform": str(rng.choice(["Meta", "Google"])), "objective": "Leads",
            "expected_metrics": {"impressions": 20_000, "clicks": 500, "conversions": 60, "spend": 400.0},
            "actual_metrics": {"impressions": 20_000, "clicks": 500, "conversions": conversions, "spend": 400.0},
            "creatives": [{"id": f"k{index % 4}", "type": kind}], "planner": "ada", "currency": "EUR",
            "timestamp": f"2025-{1 + index // 28:02d}-{1 + index % 28:02d}T00:00:00+00:00",
        },
    )  # fmt: skip


@pytest.fixture(scope="module")
def campaigns() -> list[Campaign]:
    rng = np.random.default_rng(8)
    return [_campaign(index, rng) for index in range(22)]


@pytest.fixture(scope="module")
def made(campaigns: list[Campaign]) -> list[backtest.MetricForecasts]:
    return backtest.replay(campaigns)


def test_ours_beats_the_planner_and_all_are_judged_on_the_same_campaigns(made, campaigns):
    report = backtest.summary(made, len(campaigns))
    rows = report["metrics"]["conversions"]
    assert set(rows["methods"]) == set(backtest.METHODS)
    assert rows["methods"]["ours"]["mae_log"] < rows["methods"]["planner"]["mae_log"]
    assert 0.7 <= rows["coverage"]["90"] <= 1.0
    json.dumps(report, allow_nan=False)


def test_a_later_campaign_changes_no_earlier_forecast(made, campaigns):
    changed = list(campaigns[:14])
    last = changed[-1]
    changed[-1] = last.model_copy(
        update={"actual_metrics": last.actual_metrics.model_copy(update={"conversions": 400.0})}
    )
    again = backtest.replay(changed)
    earlier = [one for one in made if one.campaign_id < last.campaign_id]
    assert [one for one in again if one.campaign_id < last.campaign_id] == earlier


def test_the_order_of_the_file_does_not_matter(made, campaigns):
    assert backtest.replay(list(reversed(campaigns[:9]))) == [one for one in made if one.campaign_id < "c009"]


def test_too_few_campaigns_give_an_empty_report_and_not_a_crash(campaigns):
    report = backtest.summary(backtest.replay(campaigns[:2]), 2)
    assert report["metrics"] == {}
    assert "Backtest of 2 campaigns" in page(report)


def test_the_page_is_whole_and_loads_nothing(made, campaigns):
    html = page(backtest.summary(made, len(campaigns)))

    tags: set[str] = set()

    class Reader(HTMLParser):
        def handle_starttag(self, tag: str, attrs: object) -> None:
            tags.add(tag)

    Reader().feed(html)
    assert {"table", "svg", "circle"} <= tags
    assert not {"script", "link", "img"} & tags
    assert "http" not in html


def test_an_interval_that_begins_at_none_is_drawn_to_the_bottom_of_what_there_is(made, campaigns):
    given = [one for one in made if one.intervals["90"]]
    of_few = [replace(one, intervals={**one.intervals, "90": [0.0, one.intervals["90"][1]]}) for one in given]
    html = page(backtest.summary(of_few, len(campaigns)))

    lowest = {float(y) for y in re.findall(r"y1='([\d.]+)'", html)}
    assert "expected 0 to" in html
    assert len(lowest) == 1, "every bar ends at the bottom"


def test_hindsight_before_anything_is_known_foretells_nothing(campaigns):
    checks = hindsight.check(campaigns[0], NOTHING, EMPTY)
    assert all(one.held is None and one.calibrated is None for one in checks)
    free = campaigns[0].expected_metrics.model_copy(update={"spend": 0.0})
    assert hindsight.check(campaigns[0].model_copy(update={"expected_metrics": free}), NOTHING, EMPTY) == []
