"""`reflection serve` and the specification's own command: they answer, stop when asked, and start again.

What happens when they are killed in a stream is told in `tests/crash/test_worker.py`.
"""

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import httpx2 as httpx
import pytest
import uvicorn

from reflection.api.openapi import CMP_007

ROOT = Path(__file__).parents[2]
PATIENCE = 300.0
"""Seconds: a machine may have a dozen others at work, and what is asked here is what comes, not how soon."""


def environment(folder):
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("MARKO_", "OPENAI_"))}
    paths = {
        "MARKO_DATABASE_PATH": "x.db",
        "MARKO_OUTPUT_DIR": "output",
        "MARKO_WEIGHTS_PATH": "weights.json",
    }
    return {**kept, **{name: str(folder / value) for name, value in paths.items()}}


def wait_until_ready(process, url):
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        assert process.poll() is None, process.stderr.read()
        try:
            if httpx.get(f"{url}/ready", timeout=PATIENCE).status_code == 200:
                return
        except httpx.TransportError:
            time.sleep(0.05)
    raise AssertionError("the server did not become ready")


def wait_until_learnt(url):
    """Until the worker has learnt what is stored; its process."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        parts = httpx.get(f"{url}/ready", timeout=PATIENCE).json()["parts"]
        if parts["worker"]["running"] and parts["learning_lag"] == {"default": 0}:
            assert parts["worker"]["deaths"] == 0
            return parts["worker"]["pid"]
        time.sleep(0.05)
    raise AssertionError(parts)


COMMANDS = (
    ("-m", "reflection.cli", "serve", "--workers", "2", "--port"),
    ("-m", "uvicorn", "app.main:app", "--port"),
)


@pytest.mark.torture(part="server")
def test_both_ways_of_starting_serve_stop_when_asked_and_share_a_file(tmp_path, free_port):
    for command in COMMANDS:
        port = free_port()
        url = f"http://127.0.0.1:{port}"
        process = subprocess.Popen(
            [sys.executable, *command, str(port)],
            cwd=ROOT,
            env=environment(tmp_path),
            stderr=subprocess.PIPE,
            text=True,
        )
        try:
            wait_until_ready(process, url)
            answer = httpx.post(f"{url}/analyze-campaign", json=CMP_007, timeout=PATIENCE)
            assert answer.json()["stored_memory"]["revision"] == 1
            pid = wait_until_learnt(url)
        finally:
            process.send_signal(signal.SIGINT)
            errors = process.communicate(timeout=PATIENCE)[1]
        assert "Traceback" not in errors
        assert not Path(f"/proc/{pid}").exists(), "the worker outlived its server"
        assert (tmp_path / "output" / "cmp_007_meta_summer_bootcamp" / "comparison.json").is_file()


def test_a_wrong_setting_stops_the_specifications_command_with_one_line(monkeypatch):
    """The application is loaded as uvicorn loads it; what `sys.exit` is given goes to standard error."""
    monkeypatch.setattr("reflection.api.logging.own_process", lambda: None)
    monkeypatch.syspath_prepend(ROOT)
    monkeypatch.setenv("MARKO_PORT", "x")
    with pytest.raises(SystemExit) as stopped:
        uvicorn.Config("app.main:app", log_config=None).load()

    assert re.fullmatch(r"error: MARKO_PORT='x' is wrong[^\n]*", stopped.value.code)
