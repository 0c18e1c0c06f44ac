"""Platform trends: a platform that moved is named with when and how much; still ones are not."""

import datetime

import pytest

from reflection.domain.evidence import evidence_of
from reflection.inference.evidence.dataset import Dataset
from reflection.inference.findings.trends import trend_findings
from reflection.inference.fits.fit import fit_metrics

START = datetime.datetime(2025, 1, 6, tzinfo=datetime.UTC)


def _campaigns(make_campaign, jump, currency="USD"):
    """Forty campaigns over 40 weeks, half on Meta and half on Google; Meta's CTR jumps in the middle."""
    found = []
    for week in range(40):
        for platform in ("Meta", "Google"):
            wobble = 1 + 0.04 * ((7 * week + len(platform)) % 5 - 2)
            ctr = 0.02 * wobble * (jump if platform == "Meta" and week >= 20 else 1.0)
            clicks = int(200_000 * ctr)
            actual = {
                "impressions": 200_000,
                "clicks": clicks,
                "conversions": clicks * 0.05,
                "spend": 4000.0,
                "revenue": clicks * 4.0,
            }
            found.append(
                evidence_of(
                    make_campaign(
                        campaign_id=f"{platform}{week:02d}", platform=platform, currency=currency, actual=actual,
                        timestamp=(START + datetime.timedelta(weeks=week)).isoformat(),
                    )
                )
            )  # fmt: skip
    return found


@pytest.fixture(scope="module")
def moved(make_campaign):
    return trend_findings(fit_metrics(Dataset.of(_campaigns(make_campaign, jump=1.8))))


def test_a_jump_is_found_on_its_platform_with_its_size(moved):
    item = next(f for f in moved if f.signal_key == "platform:meta" and f.metric == "ctr")
    assert item.direction == "favorable"
    assert item.interval[0] < 1.8 < item.interval[1] * 1.1
    assert item.effect > 1.3
    assert item.metadata["kind"] == "drift"


def test_it_says_about_when(moved):
    item = next(f for f in moved if f.signal_key == "platform:meta" and f.metric == "ctr")
    when = datetime.date.fromisoformat(item.metadata["change_points"][0])
    jumped = (START + datetime.timedelta(weeks=20)).date()
    assert abs((when - jumped).days) <= item.metadata["bucket_days"] * 1.5
    assert item.first_seen == item.metadata["change_points"][0]


def test_the_path_has_an_interval_at_every_bucket(moved):
    item = next(f for f in moved if f.signal_key == "platform:meta" and f.metric == "ctr")
    assert len(item.metadata["path"]) >= 5
    for point in item.metadata["path"]:
        assert point["interval"][0] <= point["lift"] <= point["interval"][1]


def test_the_platform_that_stood_still_is_not_named(moved):
    assert not any(f.signal_key == "platform:google" and f.metric == "ctr" for f in moved)


def test_without_a_jump_there_is_no_trend(make_campaign):
    assert trend_findings(fit_metrics(Dataset.of(_campaigns(make_campaign, jump=1.0)))) == []


def test_the_samples_have_no_planted_trend(fitted):
    assert trend_findings(fitted) == []


def test_money_behind_a_trend_is_of_one_currency(make_campaign):
    evidence = _campaigns(make_campaign, jump=1.8)
    evidence += [
        evidence_of(
            make_campaign(
                campaign_id=f"yen{i}", currency="JPY", actual={"spend": 1e9}, timestamp="2025-09-01T00:00:00+00:00"
            )
        )
        for i in range(3)
    ]
    for item in trend_findings(fit_metrics(Dataset.of(evidence))):
        assert item.spend <= 80 * 4000.0
