"""The mutation script: what it names is there, and what it counts is what was tried."""

import importlib.util
import json
import sys
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[2]
FAKE = """#!{python}
import json, sys
if sys.argv[1] == "init":
    print(open(sys.argv[2]).read())
if sys.argv[1] == "dump":
    for occurrence, outcome in enumerate({outcomes!r}):
        mutation = {{"module_path": "src/reflection/kpi.py", "operator_name": "core/NumberReplacer",
                     "occurrence": occurrence, "start_pos": [7 + occurrence, 4]}}
        result = outcome and {{"worker_outcome": "normal", "test_outcome": outcome}}
        print(json.dumps([{{"job_id": str(occurrence), "mutations": [mutation]}}, result]))
"""


@pytest.fixture(scope="module")
def script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("mutation_script", ROOT / "scripts" / "mutation.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def tried(
    script: ModuleType, folder: Path, monkeypatch: pytest.MonkeyPatch, outcomes: list[str | None], *options: str
) -> int:
    """Run the script with a cosmic-ray that only reports these outcomes, and no tests to run before."""
    fake = folder / "cosmic-ray"
    fake.write_text(FAKE.format(python=sys.executable, outcomes=outcomes), encoding="utf-8")
    fake.chmod(0o755)
    monkeypatch.setattr(script, "COPIED", ("pyproject.toml",))
    monkeypatch.setattr(script, "TESTS", {"kpi": ("--version",)})
    monkeypatch.setattr(sys, "argv", ["mutation.py", "--cosmic-ray", str(fake), "--minutes", "1", *options])
    return int(script.main())


def test_every_module_and_every_test_it_names_is_there(script: ModuleType) -> None:
    for module, tests in script.TESTS.items():
        assert (ROOT / "src" / "reflection" / f"{module.replace('.', '/')}.py").is_file(), module
        assert tests
        assert [name for name in tests if not (ROOT / name).is_file()] == [], module


def test_what_was_killed_is_counted_of_what_was_tried(
    script: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    outcomes = ["killed"] * 9 + ["survived", None, None]

    assert tried(script, tmp_path, monkeypatch, outcomes, "kpi") == 0

    said = capfd.readouterr().out
    assert "kpi: 9 of 10 killed (90%)\n  survived: src/reflection/kpi.py:16 NumberReplacer 9\n" in said
    assert f"module-path = {json.dumps('src/reflection/kpi.py')}" in said


def test_too_many_survivors_and_nothing_tried_are_failures(
    script: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert tried(script, tmp_path, monkeypatch, ["killed", "survived"]) == 1
    assert tried(script, tmp_path, monkeypatch, [None]) == 1


def test_a_module_without_known_tests_is_refused(
    script: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(SystemExit):
        tried(script, tmp_path, monkeypatch, [], "engine")
