"""The specification's command: the same files every time, in the promised places."""

import json
import os
import runpy
import subprocess
import sys
from pathlib import Path

import pytest

from reflection.settings import variables

SCRIPT = Path(__file__).parents[2] / "scripts" / "generate_example_outputs.py"
CAMPAIGN = "cmp_007_meta_summer_bootcamp"
WHEN = ("generated_at", "as_of", "created_at")


def _run(folder):
    done = subprocess.run(
        [sys.executable, str(SCRIPT)],
        cwd=folder,
        env={name: value for name, value in os.environ.items() if not name.startswith(("MARKO_", "OPENAI_"))},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def _without_instants(value):
    if isinstance(value, dict):
        return {key: _without_instants(item) for key, item in value.items() if key not in WHEN}
    return [_without_instants(item) for item in value] if isinstance(value, list) else value


@pytest.fixture(scope="module")
def ran(tmp_path_factory):
    folder = tmp_path_factory.mktemp("example")
    return folder, _run(folder)


def _artifacts(folder, output="output"):
    return {path.name: json.loads(path.read_text()) for path in sorted((folder / output / CAMPAIGN).iterdir())}


def test_the_four_artifacts_and_the_weights_are_written(ran):
    folder, _ = ran
    assert set(_artifacts(folder)) == {"comparison.json", "patterns.json", "insights.json", "updated_weights.json"}
    assert len(json.loads((folder / "weights.json").read_text())["signal_weights"]) > 10


def test_nothing_else_is_left_behind(ran):
    folder, _ = ran
    assert {path.name for path in folder.iterdir()} == {"output", "weights.json"}


def test_the_figures_are_the_specifications(ran):
    comparison = _artifacts(ran[0])["comparison.json"]
    assert comparison["performance_score"] == pytest.approx(220.73, abs=0.005)
    assert comparison["deltas"]["ctr_diff"]["pct_diff"] == pytest.approx(75.0)


def test_the_patterns_come_from_the_history(ran):
    patterns = _artifacts(ran[0])["patterns.json"]
    assert [finding["signal_key"] for finding in patterns["high_performing_creatives"]] == ["creative.type:video"]
    weights = _artifacts(ran[0])["updated_weights.json"]["signal_weights"]
    assert weights["creative.type:video"] > 1.2


def test_it_prints_where_the_files_are(ran):
    _, printed = ran
    for name in ("comparison", "patterns", "insights", "updated_weights"):
        assert str(Path("output") / CAMPAIGN / f"{name}.json") in printed
    assert "performance score 220.73" in printed
    assert printed.splitlines()[-1].strip() == "weights.json"


def test_running_it_again_gives_the_same_files_wherever_they_go(ran, tmp_path, monkeypatch):
    """In this process: that it is a command of its own was shown before."""
    for name in variables():
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("MARKO_OUTPUT_DIR", "elsewhere")
    monkeypatch.setenv("MARKO_WEIGHTS_PATH", "w.json")
    monkeypatch.chdir(tmp_path)
    runpy.run_path(str(SCRIPT))["main"]([])
    assert _without_instants(_artifacts(tmp_path, "elsewhere")) == _without_instants(_artifacts(ran[0]))
    again, first = (json.loads(path.read_text()) for path in (tmp_path / "w.json", ran[0] / "weights.json"))
    assert again["signal_weights"] == first["signal_weights"]
