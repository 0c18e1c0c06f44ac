"""The mutation script: what it names is there, what the tests notice is killed, and the share decides."""

import importlib.util
import json
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[2]
GOOD = '"""A module."""\n\n\ndef double(number):\n    return 2 * number\n'
FAULTS = {
    "noticed": GOOD.replace("2 *", "3 *"),
    "alike": GOOD.replace("2 * number", "number + number"),
    "unimportable": GOOD + "\nnothing += 1\n",
    "endless": GOOD.replace("return", "while number:\n        pass\n    return"),
}
MAKER = """#!{python}
import json, sys
for name, text in json.loads({faults!r}).items():
    print(json.dumps([5, name, text]))
"""
RUN = """
import importlib.util, sys
from pathlib import Path
spec = importlib.util.spec_from_file_location("mutation_script", {script!r})
script = importlib.util.module_from_spec(spec)
sys.modules[spec.name] = script
spec.loader.exec_module(script)
script.ROOT, script.COPIED, script.SECONDS, script.TIMES = Path({root!r}), ("src", "tests"), 1.0, 0.0
script.TESTS = {{"kpi": ("tests/test_kpi.py",)}}
sys.argv[1:] = ["kpi", "--minutes", "5", "--cosmic-ray", {command!r}]
sys.exit(script.main())
"""


@pytest.fixture(scope="module")
def script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("mutation_script", ROOT / "scripts" / "mutation.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def tried(folder: Path, *faults: str, good: str = GOOD) -> subprocess.CompletedProcess[str]:
    """Run the script on a project of one module, with a cosmic-ray that makes these faults."""
    package = folder / "src" / "reflection"
    package.mkdir(parents=True)
    (package / "__init__.py").touch()
    (package / "kpi.py").write_text(good, encoding="utf-8")
    (folder / "tests").mkdir()
    test = "from reflection.kpi import double\n\n\ndef test_double():\n    assert double(3) == 6\n"
    (folder / "tests" / "test_kpi.py").write_text(test, encoding="utf-8")
    maker = folder / "bin" / "python"  # the interpreter beside the command
    maker.parent.mkdir()
    chosen = json.dumps({name: FAULTS[name] for name in faults})
    maker.write_text(MAKER.format(python=sys.executable, faults=chosen), encoding="utf-8")
    maker.chmod(0o755)
    code = RUN.format(
        script=str(ROOT / "scripts" / "mutation.py"), root=str(folder), command=str(maker.with_name("cosmic-ray"))
    )
    return subprocess.run([sys.executable, "-c", code], cwd=folder, capture_output=True, text=True, check=False)


def test_every_module_and_every_test_it_names_is_there(script: ModuleType) -> None:
    for module, tests in script.TESTS.items():
        assert (ROOT / "src" / "reflection" / f"{module.replace('.', '/')}.py").is_file(), module
        assert tests
        assert [name for name in tests if not (ROOT / name).is_file()] == [], module


def test_every_module_of_the_learning_core_is_named(script: ModuleType) -> None:
    room = ROOT / "src" / "reflection" / "stats"
    modules = {".".join(path.relative_to(room).with_suffix("").parts) for path in room.glob("**/[a-z]*.py")}
    named = {name.removeprefix("stats.") for name in script.TESTS if name.startswith("stats.")}
    assert named == modules
    assert "tests/stats/sums/test_design.py" in script.TESTS["stats.sums.design"]


@pytest.mark.torture(part="soak")
def test_what_fails_or_never_ends_is_killed_and_what_cannot_be_imported_is_not_counted(tmp_path: Path) -> None:
    found = tried(tmp_path, "noticed", "endless", "unimportable")

    assert found.returncode == 0, found.stderr
    assert "kpi: 2 of 2 killed (100.0%); 3 made\n" in found.stdout
    assert (tmp_path / "src" / "reflection" / "kpi.py").read_text(encoding="utf-8") == GOOD, "a copy is what is mutated"


def test_a_survivor_is_named_with_its_line_and_too_many_are_a_failure(tmp_path: Path) -> None:
    found = tried(tmp_path, "noticed", "alike")

    assert found.returncode == 1
    assert "  kpi survived: 5 alike: return number + number\n" in found.stdout
    assert "kpi: 1 of 2 killed (50.0%); 2 made\n" in found.stdout


def test_tests_that_fail_without_any_mutant_tell_nothing(tmp_path: Path) -> None:
    found = tried(tmp_path, "alike", good=FAULTS["noticed"])

    assert found.returncode == 1
    assert "fail without any mutant" in found.stderr


def test_a_module_without_known_tests_is_refused(script: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["mutation.py", "engine"])
    with pytest.raises(SystemExit):
        script.main()
