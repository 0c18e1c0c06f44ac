"""The demo: what the README shows of it is what it prints."""

import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from reflection.cli.main import make_app

ROOT = Path(__file__).parents[2]
NUMBER = re.compile(r"\d[\d,]*(?:\.\d+)?")


def _words(line: str) -> list[str]:
    return NUMBER.sub("#", line).split()


def _numbers(line: str) -> list[float]:
    return [float(number.replace(",", "")) for number in NUMBER.findall(line)]


def test_the_readme_shows_what_the_demo_prints(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)  # it brings its own account
    monkeypatch.setenv("COLUMNS", "100")
    result = CliRunner().invoke(make_app(), ["demo", "--folder", str(tmp_path / "demo")])

    assert result.exit_code == 0, result.output
    printed = iter(result.output.splitlines())
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    block = re.search(r"## What the demo prints.*?```text\n(.*?)```", readme, re.DOTALL)
    assert block is not None
    for line in block[1].splitlines():
        if not line.strip() or line == "...":
            continue
        same = next((shown for shown in printed if _words(shown) == _words(line)), None)
        assert same is not None, f"the demo does not print: {line}"
        assert _numbers(same) == pytest.approx(_numbers(line), rel=0.02, abs=2.0)  # another processor rounds otherwise
