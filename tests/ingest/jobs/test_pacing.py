"""Where the month ends: intervals that hold, gaps that are no zeros, campaigns that ended, and what cannot be told."""

import datetime as dt

import numpy as np
import pytest

from reflection.domain.metrics import COUNTS
from reflection.ingest.jobs.pacing import pacing
from reflection.ingest.jobs.register import Days


def row(day, campaign, spend, conversions):
    """A day of a campaign, as an import's snapshot keeps it."""
    counts = dict.fromkeys(COUNTS) | {"spend": spend, "conversions": conversions}
    return [campaign, day.isoformat(), day.isoformat(), *(counts[name] for name in COUNTS), "Meta"]


def file(rows, currency="EUR"):
    return Days("meta", "Meta", rows, currency)


def history(days, seed=1, campaigns=6, without=()):
    """Steady campaigns with overdispersed days up to the 20th of a month."""
    rng, end = np.random.default_rng(seed), dt.date(2026, 6, 20)
    rows = []
    for name in range(campaigns):
        level = float(rng.lognormal(2, 0.7))
        for back in range(days):
            day = end - dt.timedelta(days=back)
            if day not in without:
                rows.append(row(day, f"c{name}", 10 * level * float(rng.lognormal(0, 0.3)), float(rng.poisson(level))))
    return rows


def test_a_month_is_foretold_with_an_interval_whose_past_is_told():
    answer = pacing([file(history(120))])
    account, *campaigns = answer["items"]
    assert (answer["day"], answer["period_end"], answer["days_left"]) == ("2026-06-20", "2026-06-30", 10)
    assert (account["kind"], len(campaigns)) == ("account", 6)
    for item in answer["items"]:
        for metric in ("spend", "conversions"):
            pace = item[metric]
            assert pace["so_far"] <= pace["interval"][0] <= pace["projected"] <= pace["interval"][1]
    assert account["spend"]["projected"] == pytest.approx(account["spend"]["so_far"] * 1.5, rel=0.1)
    assert answer["coverage"]["spend"]["forecasts"] == 7 * 10
    assert pacing([file(history(120)[::-1])]) == answer, "whatever the order of rows"


def test_intervals_hold_nine_times_of_ten():
    held = [pacing([file(history(150, seed))])["coverage"]["conversions"] for seed in range(20)]
    share = sum(one["forecasts"] * one["coverage_90"] for one in held) / sum(one["forecasts"] for one in held)
    assert 0.86 <= share <= 0.97


def test_a_gap_is_no_day_without_delivery():
    gap = {dt.date(2026, 6, 1) - dt.timedelta(days=back) for back in range(3)}
    pace = pacing([file(history(120, without=gap))])["items"][0]["spend"]
    assert pace["projected"] is None
    assert pace["reason"] == "10 days are to come, which takes 30 days without a gap, not 19"
    assert pace["so_far"] > 0


def test_what_has_ended_or_began_yesterday_is_told_as_that():
    rows = history(120, campaigns=1)
    early = [row(dt.date(2026, 6, 1), "ended", 5.0, 1.0)]
    late = [row(dt.date(2026, 6, 20), "new", 5.0, 1.0)]
    items = {item["campaign"]: item for item in pacing([file(rows + early + late)])["items"]}
    assert set(items) == {None, "c0", "new"}
    assert items["new"]["spend"]["projected"] is None


def test_the_last_day_of_a_month_is_its_end():
    rows = [row(dt.date(2026, 6, day), "c", 2.0, None) for day in range(1, 31)]
    (account, _) = pacing([file(rows)])["items"]
    assert (account["spend"]["projected"], account["spend"]["interval"]) == (60.0, [60.0, 60.0])
    assert account["conversions"] == {
        "so_far": None, "projected": None, "interval": None, "reason": "some days do not say their conversions",
    }  # fmt: skip


def test_where_no_file_speaks_of_days_nothing_is_said():
    assert pacing([])["items"] == []
    assert pacing([])["day"] is None
