"""The command line as a user has it: a process of its own, in an empty folder."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from reflection.api.examples import CMP_007


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The working directory of the commands."""
    return tmp_path


@pytest.fixture
def run(folder: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run `reflection ...` in the folder; settings as keyword arguments, standard input as `stdin`."""

    def run(*arguments: str, stdin: str = "", **settings: str) -> subprocess.CompletedProcess[str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("MARKO_", "OPENAI_"))}
        return subprocess.run(
            [sys.executable, "-m", "reflection.cli", *arguments],
            cwd=folder,
            input=stdin,
            env={**kept, "COLUMNS": "120", "NO_COLOR": "1", "OMP_NUM_THREADS": "1", **settings},
            capture_output=True,
            text=True,
            timeout=120,
        )

    return run


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
