"""The specification's command: the same files every time, in the promised places."""

import io
import json
import runpy
import sys
from contextlib import redirect_stdout
from pathlib import Path

import pytest

from reflection.settings import variables

SCRIPT = Path(__file__).parents[2] / "scripts" / "generate_example_outputs.py"
CAMPAIGN = "cmp_007_meta_summer_bootcamp"
WHEN = ("generated_at", "as_of", "created_at")


def _run(folder, **settings):
    """Run the command in this process, which knows the vectors of the sample's texts; what it printed."""
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(io.StringIO()) as printed:
        for name in variables():
            patch.delenv(name, raising=False)
        for name, value in settings.items():
            patch.setenv(name, value)
        patch.setattr(sys, "argv", [str(SCRIPT)])
        patch.chdir(folder)
        runpy.run_path(str(SCRIPT), run_name="__main__")
    return printed.getvalue()


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


def test_running_it_again_gives_the_same_files_wherever_they_go(ran, tmp_path):
    _run(tmp_path, MARKO_OUTPUT_DIR="elsewhere", MARKO_WEIGHTS_PATH="w.json")
    assert _without_instants(_artifacts(tmp_path, "elsewhere")) == _without_instants(_artifacts(ran[0]))
    again, first = (json.loads(path.read_text()) for path in (tmp_path / "w.json", ran[0] / "weights.json"))
    assert again["signal_weights"] == first["signal_weights"]
