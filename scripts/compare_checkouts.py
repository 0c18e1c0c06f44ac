"""Compare what the programs of two checkouts answer: every command, every route, the library, the demo, the files.

    python scripts/compare_checkouts.py BASE NEW                    two folders with this project in them
    python scripts/compare_checkouts.py BASE NEW --python-base BASE/.venv/bin/python --kept answers

Both are recorded by `record_answers.py` of the checkout this script is in (what is asked: `answer_steps.py`), one after
the other, and compared byte for byte. Prints the answers that differ with the first lines of the difference; exit code
1 when there are any, 2 when a recording fails. With `--recorded`, BASE and NEW are folders of answers recorded before.
"""

import argparse
import difflib
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

RECORDER = Path(__file__).with_name("record_answers.py")
WIDTH = 300


def main() -> int:
    """Record both, compare, print; the exit code."""
    options = _parser().parse_args()
    with tempfile.TemporaryDirectory(prefix="compared-") as temporary:
        folders = [options.base, options.new]
        if not options.recorded:
            kept = (options.kept or Path(temporary)).resolve()
            pythons = (options.python_base, options.python_new)
            pairs = zip(("base", "new"), folders, pythons, strict=True)
            folders = [record(checkout, python, kept / name) for name, checkout, python in pairs]
        base, new = folders
        differing = [name for name in names(base, new, options.only) if content(base / name) != content(new / name)]
        for name in differing:
            print(f"=== {name}")
            print(*difference(base / name, new / name, options.lines), sep="\n")
        print(f"{len(differing)} of {len(list(names(base, new, options.only)))} answers differ")
    return int(bool(differing))


def record(checkout: Path, python: str, folder: Path) -> Path:
    """Record one checkout's answers with an interpreter that has its dependencies.

    Raises:
        SystemExit: it ended with an error.
    """
    sources = os.pathsep.join(str(checkout.resolve() / part) for part in ("src", "."))
    command = [python, "-W", "ignore", str(RECORDER), str(folder)]
    print(f"recording {checkout}", file=sys.stderr, flush=True)
    ended = subprocess.run(command, env={**os.environ, "PYTHONPATH": sources}, check=False)
    if ended.returncode:
        print(f"{checkout}: the recording ended with {ended.returncode}", file=sys.stderr)
        raise SystemExit(2)
    return folder


def names(base: Path, new: Path, only: str) -> Iterator[str]:
    """The answers of either side, in order."""
    yield from sorted(
        name
        for name in {str(path.relative_to(side)) for side in (base, new) for path in side.rglob("*") if path.is_file()}
        if only in name
    )


def content(path: Path) -> bytes | None:
    """An answer; None where this side has none."""
    return path.read_bytes() if path.is_file() else None


def difference(base: Path, new: Path, lines: int) -> Iterator[str]:
    """The first lines of a unified difference; long lines are cut around the first character that differs."""
    texts = [(content(path) or b"(no such answer)").decode("utf-8", "replace").splitlines() for path in (base, new)]
    if len(texts[0]) == len(texts[1]):
        cut = [_around(old, fresh) for old, fresh in zip(*texts, strict=True)]
        texts = [[old for old, _ in cut], [fresh for _, fresh in cut]]
    found = difflib.unified_diff(*texts, "base", "new", n=0, lineterm="")
    return (line[:WIDTH] for line in islice(found, lines))


def _around(old: str, new: str) -> tuple[str, str]:
    """Two lines from a little before where they part."""
    if old == new:
        return old, new
    alike = next((at for at, (one, other) in enumerate(zip(old, new, strict=False)) if one != other), 0)
    begin = max(0, alike - WIDTH // 3)
    return old[begin:], new[begin:]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("base", type=Path, help="the checkout that is right")
    parser.add_argument("new", type=Path, help="the checkout that is to answer the same")
    parser.add_argument("--python-base", default=sys.executable, help="interpreter of the base")
    parser.add_argument("--python-new", default=sys.executable, help="interpreter of the new one")
    parser.add_argument("--recorded", action="store_true", help="both are folders of answers already")
    parser.add_argument("--kept", type=Path, help="keep both recordings in this folder")
    parser.add_argument("--only", default="", help="only answers whose file has this in its name")
    parser.add_argument("--lines", type=int, default=20, help="lines of each difference that are printed")
    return parser


if __name__ == "__main__":
    sys.exit(main())
