"""How many small faults the tests would notice: mutants of a few modules, made by cosmic-ray, within a time budget.

    python scripts/mutation.py --minutes 30 signals explain.gate

Works on a copy of the tree, in a random order, so that what fits into the budget is a sample. cosmic-ray is not among
the project's dependencies: install it anywhere and name the command (`--cosmic-ray`). Prints killed and tried of each
module and every survivor with its line; ends with 1 where fewer than `PROMISED` were killed. Knows no module's meaning.
"""

import argparse
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
COPIED = ("src", "tests", "data", "app", "scripts", "pyproject.toml")
PROMISED = 0.85
SECONDS_A_MUTANT = 120.0

TESTS = {
    "signals": ("tests/test_signals.py",),
    "kpi": ("tests/test_kpi.py", "tests/test_interval_coverage.py"),
    "compare": ("tests/test_compare.py", "tests/test_comparator.py"),
    "learn": ("tests/test_learn.py",),
    "explain.gate": ("tests/explain/test_gate.py",),
    "learning.components": ("tests/learning/test_components.py", "tests/learning/test_effects.py"),
    "learning.conformal": ("tests/learning/test_conformal.py",),
    "learning.decisions": ("tests/learning/test_decisions.py",),
    "learning.discoveries": ("tests/learning/test_discoveries.py",),
    "learning.observations": ("tests/learning/test_observations.py",),
    "patterns.clusters": ("tests/patterns/test_clusters.py",),
}
"""The modules whose faults would be lies, and the tests that have to notice."""


def main() -> int:
    """Try mutants of each module named for an equal share of the time; whether enough were killed."""
    options = _options()
    share = 60.0 * options.minutes / len(options.modules)
    enough = True
    for module in options.modules:
        with tempfile.TemporaryDirectory(prefix="mutation") as folder:
            tree = Path(folder)
            _copy(tree)
            killed, survivors = _tried(tree, module, share, options.cosmic_ray)
        tried = killed + len(survivors)
        enough &= bool(tried) and killed >= PROMISED * tried
        print(f"{module}: {killed} of {tried} killed" + (f" ({killed / tried:.0%})" if tried else ""), flush=True)
        for survivor in survivors:
            print(f"  survived: {survivor}")
    return 0 if enough else 1


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument(
        "modules", nargs="*", default=list(TESTS), help=f"of {', '.join(TESTS)}; all when none is named"
    )
    parser.add_argument("--minutes", type=float, default=60.0, help="how long to try, all modules together")
    parser.add_argument("--cosmic-ray", default="cosmic-ray", help="the command of cosmic-ray 8")
    options = parser.parse_args()
    if unknown := sorted(set(options.modules) - TESTS.keys()):
        parser.error(f"no tests are known for {', '.join(unknown)}; use {', '.join(TESTS)}")
    return options


def _copy(tree: Path) -> None:
    for name in COPIED:
        source = ROOT / name
        copy = shutil.copytree if source.is_dir() else shutil.copy
        copy(source, tree / name)


def _tried(tree: Path, module: str, seconds: float, command: str) -> tuple[int, list[str]]:
    """Mutants killed, and where those were that survived."""
    path = f"src/reflection/{module.replace('.', '/')}.py"
    config, session = tree / "mutation.toml", tree / "mutation.sqlite"
    tests = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", "-m", "not torture", *TESTS[module]]
    quoted = " ".join(f"'{part}'" if " " in part else part for part in tests)
    settings = {"module-path": path, "timeout": SECONDS_A_MUTANT, "excluded-modules": [], "test-command": quoted}
    lines = ["[cosmic-ray]", *(f"{name} = {json.dumps(value)}" for name, value in settings.items())]
    config.write_text("\n".join([*lines, "", "[cosmic-ray.distributor]", 'name = "local"', ""]), encoding="utf-8")
    environment = {**os.environ, "PYTHONPATH": str(tree / "src"), "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    subprocess.run(tests, cwd=tree, env=environment, check=True, stdout=subprocess.DEVNULL)  # whole, they pass
    subprocess.run([command, "init", config.name, session.name], cwd=tree, env=environment, check=True)
    running = subprocess.Popen(
        [command, "exec", config.name, session.name], cwd=tree, env=environment, start_new_session=True
    )
    try:
        running.wait(seconds)
    except subprocess.TimeoutExpired:
        os.killpg(running.pid, signal.SIGKILL)
        running.wait()
    dumped = subprocess.run([command, "dump", session.name], cwd=tree, capture_output=True, text=True, check=True)
    killed, survivors = 0, []
    for place, outcome in _outcomes(dumped.stdout):
        if outcome == "survived":
            survivors.append(place)
        else:
            killed += 1
    return killed, sorted(survivors)


def _outcomes(dumped: str) -> Iterator[tuple[str, str]]:
    """Where each tried mutant was and what became of it."""
    for line in dumped.splitlines():
        item, result = json.loads(line)
        if result is None or result.get("test_outcome") is None:
            continue
        mutation = item["mutations"][0]
        operator = mutation["operator_name"].rpartition("/")[2]
        place = f"{mutation['module_path']}:{mutation['start_pos'][0]} {operator} {mutation['occurrence']}"
        yield place, str(result["test_outcome"]).rpartition(".")[2].casefold()


if __name__ == "__main__":
    sys.exit(main())
