"""plan, track-record and backtest: real files in, tables and reports out."""

import json
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from reflection.cli.main import make_app
from reflection.cli.plan import interval, number
from reflection.cli.track_record import bar, spark
from reflection.evaluation import backtest_stages

PLAN = {"platform": "Meta", "objective": "Leads", "budget": 500.0, "expected": {"cpa": 10.0}}


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MARKO_DATABASE_PATH", str(tmp_path / "reflection.db"))
    return lambda *arguments: CliRunner().invoke(make_app(), list(arguments))


@pytest.mark.parametrize("body", [PLAN, [PLAN, PLAN], {"plans": [PLAN]}])
def test_a_plan_file_may_hold_one_plan_or_several(run, tmp_path: Path, body: object):
    (tmp_path / "plan.json").write_text(json.dumps(body))
    shown = run("plan", "plan.json", "--json")
    assert shown.exit_code == 0, shown.output
    answer = json.loads(shown.stdout)
    assert answer["plans"][0]["metrics"]["cpa"]["planner"] == pytest.approx(10.0)


def test_a_plan_is_printed_with_what_the_data_cannot_say(run, tmp_path: Path):
    (tmp_path / "plan.json").write_text(json.dumps(PLAN))
    shown = run("plan", "plan.json")
    assert "not identified" in shown.output
    assert "nothing has been learnt yet" in shown.output


@pytest.mark.parametrize("text", ["nonsense", "3", "{}"])
def test_what_is_no_plan_is_refused(run, tmp_path: Path, text: str):
    (tmp_path / "plan.json").write_text(text)
    assert run("plan", "plan.json").exception is not None
    assert run("plan", "missing.json").exception is not None


def test_an_empty_track_record_says_so(run):
    shown = run("track-record")
    assert shown.exit_code == 0, shown.output
    assert "No forecast met its outcome yet" in shown.output
    assert json.loads(run("track-record", "--json").stdout)["issuers"] == []


def test_small_plots():
    assert bar(0.5).count("█") == 5
    assert bar(None) == ""
    assert spark([{"low": 0.0, "happened": 0.0}, {"low": 0.9, "happened": 1.0}]) == " ········█"


def test_a_backtest_writes_its_report(run, tmp_path: Path):
    metrics = {"impressions": 20_000, "clicks": 500, "conversions": 40, "spend": 400.0}
    campaigns = [
        {
            "campaign_id": f"c{k}", "platform": "Meta", "objective": "Leads", "planner": "ada",
            "expected_metrics": {**metrics, "conversions": 60}, "actual_metrics": {**metrics, "conversions": 38 + k},
            "timestamp": f"2026-01-{k + 1:02d}T00:00:00+00:00",
        }
        for k in range(8)
    ]  # fmt: skip
    (tmp_path / "history.json").write_text(json.dumps(campaigns))
    shown = run("backtest", "history.json", "--folder", "out")
    assert shown.exit_code == 0, shown.output
    report = json.loads((tmp_path / "out" / "report.json").read_text())
    assert report["metrics"]["conversions"]["n"] > 0
    assert (tmp_path / "out" / "report.html").read_text().startswith("<!doctype html>")
    assert set(report) == {"campaigns", "metrics", "coverage", "forecasts"}


def test_a_stored_history_is_replayed_and_what_to_replay_is_said_once(
    run, learnt: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(backtest_stages, "FIRST_FIT", 25)  # one fit instead of a dozen
    monkeypatch.setattr(backtest_stages, "REFIT_GROWTH", 1.0)
    shutil.copy(learnt, tmp_path / "reflection.db")
    shown = run("backtest", "--workspace", "default", "--folder", "out", "--json")
    assert shown.exit_code == 0, shown.output
    assert json.loads(shown.stdout) | {"metrics": {}} == {
        "campaigns": 40, "changed": 0, "metrics": {}, "coverage": json.loads(shown.stdout)["coverage"],
    }  # fmt: skip
    assert json.loads(shown.stdout)["metrics"]["cpa"]["methods"].keys() >= {"planner", "ours"}
    for wrong in ([], ["a.json", "--all"], ["--workspace", "default", "--all"]):
        assert "name a file, or --workspace, or --all" in str(run("backtest", *wrong).exception)
    assert "there is no workspace 'nobody'" in str(run("backtest", "--workspace", "nobody").exception)


@pytest.mark.parametrize(
    ("value", "text"),
    [(None, "-"), (0.0, "0"), (4.7712, "4.77"), (168.23, "168"), (18_771.8, "18,772"), (3_128_627.8, "3.13 M")],
)
def test_figures_are_short_and_never_in_scientific_notation(value: float | None, text: str):
    assert number(value) == text


def test_rates_are_printed_in_per_cent_with_the_unit_once():
    assert number(0.01333, rate=True) == "1.33 %"
    assert interval([0.0148, 0.0403], rate=True) == "1.48–4.03 %"
    assert interval([6.91, 47.1]) == "6.91–47.1"
    assert interval(None) == "-"


def test_a_folder_without_campaigns_is_named_and_nothing_is_written(run, tmp_path: Path):
    (tmp_path / "empty").mkdir()
    refused = run("backtest", "empty")
    assert "there are no campaigns in empty" in str(refused.exception)
    assert not (tmp_path / "backtest-output").exists()


def test_an_issuer_is_named_whole_and_platforms_are_shown_on_demand(run, tmp_path: Path):
    campaigns = [
        {
            "campaign_id": f"c{k}", "platform": "Meta", "objective": "Leads", "planner": "a planner with a long name",
            "expected_metrics": {"impressions": 10_000, "clicks": 200, "conversions": 20, "spend": 200.0},
            "actual_metrics": {"impressions": 10_000, "clicks": 190 + k, "conversions": 18, "spend": 200.0},
            "creatives": [{"id": "a", "type": "video"}], "timestamp": f"2026-02-{1 + k:02d}T00:00:00+00:00",
        }
        for k in range(3)
    ]  # fmt: skip
    (tmp_path / "campaigns.json").write_text(json.dumps(campaigns))
    assert run("analyze", "campaigns.json").exit_code == 0

    shown, more = run("track-record").output, run("track-record", "--by-platform").output

    assert "Forecasts of a planner with a long name" in shown
    assert "no forecast met its outcome yet" in shown
    assert "meta" not in shown
    assert "meta" in more
