"""The command line in an empty folder: in this process (fast), or as a process of its own."""

import io
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from reflection.api.openapi import CMP_007
from reflection.cli import main
from reflection.domain.knowledge import NOTHING
from reflection.engine.learner import Learner
from reflection.settings import variables


@dataclass(frozen=True)
class Result:
    """What a command did."""

    returncode: int
    stdout: str
    stderr: str


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, migrated: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working directory of the commands, with an empty database; no setting of the machine reaches them."""
    shutil.copy(migrated, tmp_path / "reflection.db")
    for name in variables():
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("COLUMNS", "120")
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def nothing_learnt(monkeypatch: pytest.MonkeyPatch) -> None:
    """Commands learn nothing: it is most of what one costs, and not what every test is about."""
    monkeypatch.setattr(Learner, "learn_now", lambda learner, workspace: NOTHING)


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., Result]:
    """Run `reflection ...` in this process; settings as keyword arguments, standard input as `stdin`."""

    def run(*arguments: str, stdin: str = "", **settings: str) -> Result:
        with monkeypatch.context() as patch:
            patch.setattr(sys, "argv", ["reflection", *arguments])
            patch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin.encode()), encoding="utf-8"))
            for name, value in settings.items():
                patch.setenv(name, value)
            capsys.readouterr()
            with pytest.raises(SystemExit) as ended:
                main.main()
        printed = capsys.readouterr()
        return Result(int(ended.value.code or 0), printed.out, printed.err)

    return run


@pytest.fixture
def spawn(folder: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run `reflection ...` as a process of its own."""

    def spawn(*arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "reflection.cli", *arguments],
            cwd=folder,
            input=stdin,
            env={**os.environ, "OMP_NUM_THREADS": "1"},
            capture_output=True,
            text=True,
            timeout=600,
        )

    return spawn


@pytest.fixture
def sample(folder: Path) -> Path:
    """The specification's sample as a file."""
    path = folder / "incoming_campaign.json"
    path.write_text(json.dumps(CMP_007))
    return path


@pytest.fixture
def campaign() -> Callable[..., dict[str, Any]]:
    """The sample with fields changed."""
    return lambda **changes: {**CMP_007, **changes}
