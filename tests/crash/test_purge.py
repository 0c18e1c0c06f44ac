"""Purges beside a server and a client that still sends, killed at any moment: what says it is done leaves nothing."""

import itertools
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx2 as httpx
import pytest

from reflection.api.openapi import CMP_007

CANARY = "canaryword"
KEY, OTHER = "purged-key-0123456789abcdef", "other-key-0123456789abcdef"
KILLS, PATIENCE = 6, 300.0


def places_of_canary(folder: Path) -> list[str]:
    """Files that hold texts of the purged workspace or are named by them, those of a server at work among them."""
    places = []
    for path in folder.rglob("*"):
        try:
            if CANARY in path.name or (path.is_file() and CANARY.encode() in path.read_bytes()):
                places.append(path.name)
        except FileNotFoundError:  # gone meanwhile
            continue
    return places


def purging(folder: Path) -> "subprocess.Popen[str]":
    own = {"MARKO_DATABASE_PATH": "x.db", "MARKO_OUTPUT_DIR": "output", "MARKO_WEIGHTS_PATH": "weights.json"}
    return subprocess.Popen(
        [sys.executable, "-m", "reflection.cli", "workspace", "purge", "acme", "--yes"],
        env={**os.environ, "MARKO_EMBEDDING_MODEL": "none", **{name: str(folder / path) for name, path in own.items()}},
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.mark.torture(part="server")
def test_what_says_that_it_is_done_leaves_nothing(start: Callable[..., Any], tmp_path: Path) -> None:
    server = start("env", f"MARKO_API_KEYS=acme={KEY},globex={OTHER}").ready(Authorization=f"Bearer {KEY}")

    def post(key: str, name: str) -> None:
        body = {**CMP_007, "campaign_id": name, "name": name}
        headers = {"Authorization": f"Bearer {key}"}
        answer = httpx.post(f"{server.url}/analyze-campaign", json=body, headers=headers, timeout=PATIENCE)
        assert answer.status_code == 200, answer.text

    post(OTHER, "kept")
    for number in range(KILLS):
        for campaign in range(10):
            post(KEY, f"{CANARY}{campaign}")
        killed = purging(tmp_path)
        time.sleep(1.0 + number / KILLS)  # wherever it is by then
        killed.kill()
        killed.communicate()
        again = purging(tmp_path)
        assert again.communicate()[1], "it says what it did"
        assert again.returncode in (0, 2), "done, or nothing is left to do"
        assert places_of_canary(tmp_path) == []

    stop = threading.Event()

    def send() -> None:
        for number in itertools.takewhile(lambda _: not stop.is_set(), itertools.count()):
            post(KEY, f"{CANARY}{number % 9}")

    sender = threading.Thread(target=send)
    sender.start()
    for _ in range(2):
        beside = purging(tmp_path)
        left = beside.communicate()[1]
        assert beside.returncode == 0 or "still sends" in left or "somebody reads" in left, left
    stop.set()
    sender.join()

    last = purging(tmp_path)
    last.communicate()
    assert last.returncode in (0, 2)
    assert places_of_canary(tmp_path) == []
    server.end(signal.SIGTERM)
    assert places_of_canary(tmp_path) == []
