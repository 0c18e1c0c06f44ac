"""plan, track-record and backtest: real files in, tables and reports out."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from reflection.cli import make_app
from reflection.commands.track_record import bar, spark

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
    assert bar(0.5).count("█") == 10
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
    assert "not evaluable" in shown.output
