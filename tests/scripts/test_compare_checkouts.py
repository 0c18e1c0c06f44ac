"""The comparison of recordings: the same folders are the same, and every difference is shown and counted."""

import subprocess
import sys
from pathlib import Path

SCRIPT = Path(__file__).parents[2] / "scripts" / "compare_checkouts.py"


def compared(base: Path, new: Path, *options: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(SCRIPT), str(base), str(new), "--recorded", *options]
    return subprocess.run(command, capture_output=True, text=True, timeout=60)


def written(folder: Path, **answers: str) -> Path:
    (folder / "http").mkdir(parents=True)
    for name, text in answers.items():
        (folder / "http" / f"{name}.txt").write_text(text, encoding="utf-8")
    return folder


def test_the_same_answers_are_the_same(tmp_path: Path) -> None:
    base, new = (written(tmp_path / side, insights="status 200", effects="status 404") for side in ("base", "new"))

    ended = compared(base, new)

    assert (ended.returncode, ended.stdout) == (0, "0 of 2 answers differ\n")


def test_every_difference_is_shown_where_it_begins(tmp_path: Path) -> None:
    base = written(tmp_path / "base", insights=f"status 200\n{'x' * 5000}1", gone="status 200")
    new = written(tmp_path / "new", insights=f"status 200\n{'x' * 5000}2", more="status 200")

    ended = compared(base, new)

    assert ended.returncode == 1
    assert [line for line in ended.stdout.splitlines() if line.startswith("===")] == [
        "=== http/gone.txt", "=== http/insights.txt", "=== http/more.txt",
    ]  # fmt: skip
    assert "x1" in ended.stdout
    assert "x2" in ended.stdout
    assert ended.stdout.count("(no such answer)") == 2
    assert ended.stdout.endswith("3 of 3 answers differ\n")


def test_some_answers_can_be_looked_at_alone(tmp_path: Path) -> None:
    base = written(tmp_path / "base", insights="1", effects="1")
    new = written(tmp_path / "new", insights="1", effects="2")

    assert compared(base, new, "--only", "insights").returncode == 0
    assert compared(base, new, "--only", "effects").returncode == 1
