"""How many small faults the tests would notice: mutants of a few modules, made by cosmic-ray, tried one by one.

    python scripts/mutation.py --minutes 30 signals explain.gate.check

Works on a copy of the tree. The tests of a module run once in this process; then each mutant gets a forked child with
all libraries imported, which forgets the project, writes the mutant and runs the same tests until one fails. The order
is random but always the same, so that what fits into the time is a sample. Of the replacements of an operator only the
`NEAREST` is tried, as others rarely survive; mutants of types and those that cannot be imported are not counted.
cosmic-ray is not among the project's dependencies: install it anywhere and name its command (`--cosmic-ray`). Prints
survivors as they are found, killed and tried of each module; ends with 1 where fewer than `PROMISED` were killed.
Knows no module's meaning.
"""

import argparse
import gc
import importlib
import importlib.util
import json
import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
COPIED = ("src", "tests", "data", "app", "scripts", "pyproject.toml")
PROMISED = 0.85
SECONDS, TIMES = 10.0, 5.0
"""CPU time of a mutant: so much, and so many times what the tests took before."""
BYTES = 8 * 1024**3
UNIMPORTABLE = 99

NEAREST = {
    *("Add_Sub", "Sub_Add", "Mul_Div", "Div_Mul", "FloorDiv_Div", "Mod_Div", "Pow_Mul", "RShift_LShift"),
    *("LShift_RShift", "BitOr_BitAnd", "BitAnd_BitOr", "BitXor_BitAnd"),
    *("Eq_NotEq", "NotEq_Eq", "Lt_LtE", "LtE_Lt", "Gt_GtE", "GtE_Gt", "Is_IsNot", "IsNot_Is"),
    *("Delete_USub", "Delete_Invert", "Delete_Not"),
}
"""One replacement of each operator, the one that changes least."""

MUTANTS = """
import ast, json, sys
from cosmic_ray.ast import ast_nodes, get_ast
from cosmic_ray.mutating import mutate_code
from cosmic_ray.plugins import get_operator, operator_names

source, nearest = open(sys.argv[1], encoding="utf-8").read(), json.loads(sys.argv[2])
whole = ast.parse(source)
types = [at for node in ast.walk(whole) for at in (getattr(node, "annotation", 0), getattr(node, "returns", 0)) if at]
spans = [((at.lineno, at.col_offset), (at.end_lineno, at.end_col_offset)) for at in types]
for name in operator_names():
    kind = name.rpartition("/")[2]
    if "Operator_" in kind and kind.partition("Operator_")[2] not in nearest or get_operator(name).arguments():
        continue
    operator = get_operator(name)()
    places = [(node, start) for node in ast_nodes(get_ast(source)) for start, _ in operator.mutation_positions(node)]
    for occurrence, (node, start) in enumerate(places):
        if any(first <= start < last for first, last in spans):
            continue
        if node.parent is not None and node.parent.type == "parameters":  # the star of keyword-only arguments
            continue
        text = mutate_code(source, operator, occurrence)
        try:
            same = ast.dump(ast.parse(text)) == ast.dump(whole)  # 1e300 + 1 is 1e300
        except SyntaxError:
            continue
        if not same:
            print(json.dumps([start[0], f"{kind} {occurrence}", text]))
"""
"""Run by cosmic-ray's Python: line, name and text of each mutant of a file."""


def _of_stats(name: str, *more: str) -> tuple[str, ...]:
    *rooms, module = name.split(".")
    own = ["/".join(("tests/stats", *rooms, f"test_{module}{laws}.py")) for laws in ("_laws", "")]
    return (*(path for path in own if (ROOT / path).is_file()), *more, "tests/stats/test_values.py")


STATS = sorted(
    ".".join(path.relative_to(ROOT / "src/reflection/stats").with_suffix("").parts)
    for path in ROOT.glob("src/reflection/stats/**/[a-z]*.py")
)
FITS = ("tests/stats/posterior/test_empirical_bayes_laws.py", "tests/stats/posterior/test_empirical_bayes.py")
BEHIND_FITS = (
    "posterior.variance_components", "sums.columns", "posterior.marginal_likelihood", "posterior.gaussian_posterior",
    "posterior.importance_sampling", "posterior.conditional_densities", "posterior.normal_scores",
)  # fmt: skip
GATE = ("check", "advice", "causes", "claims", "doubt", "figures", "owners", "reading", "subjects")
TESTS = {
    "domain.signals": ("tests/domain/test_signals.py",),
    "domain.metrics": ("tests/domain/test_metrics.py",),
    "comparison.counting_noise": ("tests/comparison/test_counting_noise.py", "tests/test_interval_coverage.py"),
    "comparison.compare": ("tests/comparison/test_compare.py", "tests/test_comparator.py"),
    "inference.learn": ("tests/inference/test_learn_laws.py", "tests/inference/test_learn.py"),
    **{
        f"explain.gate.{part}": ("tests/explain/gate/test_gate.py", "tests/explain/test_gate_sentences.py")
        for part in GATE
    },
    **{f"stats.{name}": _of_stats(name) for name in STATS},
    **{f"stats.{name}": _of_stats(name, *FITS) for name in BEHIND_FITS if name in STATS},
    "inference.findings.clusters": ("tests/inference/findings/test_clusters.py",),
}
"""The modules whose faults would be lies, and the tests that have to notice, those of the module itself first."""


@dataclass(frozen=True)
class Mutant:
    """A file with one small fault: where the fault is, what it is called, and the whole text."""

    line: int
    name: str
    text: str

    def __str__(self) -> str:
        return f"{self.line} {self.name}: {self.text.splitlines()[self.line - 1].strip()}"


def main() -> int:
    """Try mutants of each module named for an equal share of the time; whether enough were killed."""
    options = _options()
    enough = True
    for module in options.modules:
        sys.stdout.flush()
        child = os.fork()
        if not child:  # modules do not see each other's imports
            os._exit(_module(module, 60.0 * options.minutes / len(options.modules), options.cosmic_ray))
        enough &= os.waitpid(child, 0)[1] == 0
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


def _module(module: str, seconds: float, command: str) -> int:
    """Try one module's mutants on a copy of the tree, and print what became of them."""
    with tempfile.TemporaryDirectory(prefix="mutation") as folder:
        tree = Path(folder)
        for name in COPIED:
            (shutil.copytree if (ROOT / name).is_dir() else shutil.copy)(ROOT / name, tree / name)
        mutants = list(_mutants(tree / _path(module), command))
        random.Random(0).shuffle(mutants)
        killed, survivors = _tried(tree, module, mutants, seconds)
    tried = killed + len(survivors)
    share = f" ({killed / tried:.1%})" if tried else ""
    print(f"{module}: {killed} of {tried} killed{share}; {len(mutants)} made", flush=True)
    return 0 if tried and killed >= PROMISED * tried else 1


def _path(module: str) -> Path:
    return Path("src/reflection", *module.split(".")).with_suffix(".py")


def _mutants(path: Path, command: str) -> Iterator[Mutant]:
    python = Path(shutil.which(command) or command).with_name("python")
    made = subprocess.run(
        [python, "-c", MUTANTS, path, json.dumps(sorted(NEAREST))], check=True, text=True, capture_output=True
    )
    for line in made.stdout.splitlines():
        yield Mutant(*json.loads(line))


def _tried(tree: Path, module: str, mutants: list[Mutant], seconds: float) -> tuple[int, list[Mutant]]:
    """How many of the mutants were killed within the time, and which survived."""
    path = tree / _path(module)
    os.environ.update({"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "PYTHONDONTWRITEBYTECODE": "1"})
    os.chdir(tree)
    sys.path.insert(0, str(tree / "src"))
    import hypothesis

    hypothesis.settings.register_profile(
        "mutation", deadline=None, database=None, phases=[hypothesis.Phase.explicit, hypothesis.Phase.generate]
    )
    hypothesis.settings.load_profile("mutation")
    if _tests(module):
        raise SystemExit(f"the tests of {module} fail without any mutant: {' '.join(TESTS[module])}")
    gc.freeze()  # a child has nothing to look for among what is here already
    sys.dont_write_bytecode = True
    Path(importlib.util.cache_from_source(str(path))).unlink(missing_ok=True)
    limit = int(SECONDS + TIMES * time.process_time())
    began, killed, survivors = time.monotonic(), 0, []
    for number, mutant in enumerate(mutants):
        if time.monotonic() - began > seconds:
            break
        status = _status(tree, module, mutant, limit)
        if status == 0:
            survivors.append(mutant)
            print(f"  {module} survived: {mutant}", flush=True)
        else:
            killed += status != UNIMPORTABLE
        if number % 50 == 49:
            print(f"  {module}: {number + 1} of {len(mutants)} after {time.monotonic() - began:.0f} s", flush=True)
    return killed, survivors


def _status(tree: Path, module: str, mutant: Mutant, limit: int) -> int:
    """What became of a mutant, in a child of its own: 0 where its tests pass, `UNIMPORTABLE`, else it is killed."""
    child = os.fork()
    if child:
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    outcome = 1
    try:
        resource.setrlimit(resource.RLIMIT_CPU, (limit, limit))
        resource.setrlimit(resource.RLIMIT_AS, (BYTES, BYTES))
        signal.alarm(10 * limit)  # for one that sleeps
        for name, loaded in list(sys.modules.items()):
            if str(getattr(loaded, "__file__", None)).startswith(str(tree)):
                del sys.modules[name]
        (tree / _path(module)).write_text(mutant.text, encoding="utf-8")
        outcome = UNIMPORTABLE
        importlib.import_module(f"reflection.{module}")
        outcome = 1
        outcome = _tests(module)
    finally:
        os._exit(outcome)


def _tests(module: str) -> int:
    """Run the tests of a module in this process, silently, until one fails."""
    import pytest

    quiet = os.open(os.devnull, os.O_WRONLY)
    streams = os.dup(1), os.dup(2)
    os.dup2(quiet, 1)
    os.dup2(quiet, 2)
    try:
        options = ("-x", "-q", "--assert=plain", "-m", "not torture", "--hypothesis-seed=0", "--basetemp=basetemp")
        plugins = [part for name in ("xdist", "schemathesis", "anyio", "time_machine") for part in ("-p", f"no:{name}")]
        return int(pytest.main([*options, *plugins, *TESTS[module]]))
    finally:
        for number, stream in enumerate(streams, 1):
            os.dup2(stream, number)


if __name__ == "__main__":
    sys.exit(main())
