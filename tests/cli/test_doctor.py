"""Whether intervals hold, as the doctor tells it: one line a metric, and what it means when they do not."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from reflection.cli.doctor import approximate, coverage_lines, overconfident, worker_remarks
from reflection.domain.knowledge import Knowledge


def _judged(share, campaigns=240):
    return {"campaigns": campaigns, "coverage_90": share, "z_sd": 1.0}


def test_a_line_says_how_many_campaigns_left_out_were_covered():
    told = list(coverage_lines({"default": {"ctr": _judged(0.9125)}, "acme": {"aov": None}}))

    assert told == [
        "CTR: 90 % intervals of campaigns left out cover 91 % of 240",
        "AOV (acme): too few campaigns to say whether 90 % intervals hold, or too many signals",
    ]


def test_a_line_says_that_intervals_were_widened():
    (line,) = coverage_lines({"default": {"ctr": {**_judged(0.75), "widening": 1.371}}})
    assert line.endswith("cover 75 % of 240; all are shown 1.37 times as wide for it")


@pytest.mark.parametrize(
    ("share", "campaigns", "narrow", "wide"),
    [
        (0.79, 50, True, False),
        (0.79, 49, False, False),
        (0.80, 1000, False, False),
        (0.98, 1000, False, False),
        (0.99, 50, False, True),
        (1.0, 49, False, False),
    ],
)
def test_only_what_chance_would_hardly_do_is_worth_a_sentence(share, campaigns, narrow, wide):
    calibration = {"acme": {"ctr": _judged(share, campaigns)}}
    remarks, (line,) = list(overconfident(calibration)), coverage_lines(calibration)

    assert bool(remarks) is narrow
    assert ("wider than most need" in line) is wide
    for remark in remarks:
        assert remark.startswith("CTR (acme): 90 % intervals cover only 79 % of 50 campaigns left out; expect")


def test_nothing_learnt_is_nothing_to_say():
    assert list(coverage_lines({"default": {}})) == list(overconfident({"default": {}})) == []


def test_the_doctor_shows_what_was_learnt(run, folder, campaign):
    (folder / "campaigns.json").write_text(json.dumps([campaign(campaign_id=f"c{number}") for number in range(21)]))
    assert run("analyze", "campaigns.json").returncode == 0

    shown, report = run("doctor"), json.loads(run("doctor", "--json").stdout)

    assert shown.returncode == 0
    assert "CTR: 90 % intervals of campaigns left out cover" in shown.stdout
    assert "of 21" in shown.stdout
    assert report["calibration"]["default"]["ctr"]["campaigns"] == 21
    assert json.loads(run("effects", "--json").stdout)["calibration"] == report["calibration"]["default"]


def test_below_a_campaign_that_is_held_nothing_says_that_all_is_well(run):
    history = Path(__file__).parents[2] / "data" / "samples" / "campaign_history.json"
    assert run("analyze", str(history)).returncode == 0

    shown = run("doctor")

    assert "held out of learning: cmp_h31_google_sales" in shown.stdout
    assert "Nothing needs attention" not in shown.stdout


def test_intervals_that_hold_too_seldom_need_attention(run, sample, monkeypatch):
    assert run("analyze", str(sample)).returncode == 0
    monkeypatch.setattr(Knowledge, "coverage", {"ctr": _judged(0.7), "aov": _judged(1.0)})

    shown = run("doctor")
    text = " ".join(shown.stdout.split())

    assert shown.returncode == 1
    assert "attention: CTR: 90 % intervals cover only 70 % of 240 campaigns left out" in text
    assert "attention: AOV" not in text


def test_nobody_learning_and_a_worker_that_died_are_remarks():
    now = datetime(2026, 11, 29, 12, tzinfo=UTC)
    worker = {"running": False, "deaths": 2, "last_death": "2026-11-29T11:00:00+00:00"}
    nobody, died = worker_remarks({"learning_lag": {"a": 2, "b": 1}, "worker": worker}, now)
    assert nobody.startswith("3 changes wait")
    assert "died 2 times" in died

    level = {"learning_lag": {"a": 0}, "worker": {**worker, "last_death": "2026-11-27T11:00:00+00:00"}}
    assert list(worker_remarks(level, now)) == []
    running = {"learning_lag": {"a": 9}, "worker": {**worker, "running": True, "last_death": None}}
    assert list(worker_remarks(running, now)) == []


def test_a_workspace_that_says_more_than_a_fit_takes_in_is_a_remark():
    status = {"approximate": {"acme": "This is approximate, because ..."}}
    assert list(approximate(status)) == ["what is known (acme): This is approximate, because ..."]
    assert list(approximate({"approximate": {}})) == []
