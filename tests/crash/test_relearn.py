"""A relearn that is killed at any moment goes on where it stood, and ends in the bits of one that never stopped."""

import os
import signal

import pytest

from reflection.inference import checkpoints
from reflection.inference.recheck import differences
from reflection.wiring import build

KILLS = [
    ("evidence-00001", "after", None),
    ("fit-cpm", "before", 15),
    ("fit-ctr", "after", 30),
    ("fit-cvr", "before", 60),
    ("fit-aov", "after", 60),
]
"""Piece, whether before or after it is in its place, and from how many per cent that relearn goes on."""


@pytest.fixture
def stored(settings, history, monkeypatch):
    """The forty campaigns, read in pieces of ten: 0, 7, 15 and 22 per cent of a relearn."""
    monkeypatch.setattr(checkpoints, "SEGMENT", 10)
    monkeypatch.setattr("reflection.engine.learner.PROGRESS_EVERY", 10)
    with build(settings) as application:
        for campaign in history:
            application.engine.analyze(campaign)
    return settings


def _killed_relearn(settings, piece, when, told):
    """Relearn in a process of its own that kills itself, as `kill -9` would, at a piece; what it said before."""
    child = os.fork()
    if child == 0:
        try:
            replace = os.replace

            def fatal(source, target):
                if os.path.basename(target) == piece and when == "before":
                    os.kill(os.getpid(), signal.SIGKILL)
                replace(source, target)
                if os.path.basename(target) == piece:
                    os.kill(os.getpid(), signal.SIGKILL)

            os.replace = fatal
            with build(settings) as application:
                application.learner.relearn("default", tell=lambda text: told.open("a").write(f"{text}\n"))
        finally:
            os._exit(3)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL, "the child died by itself"


def test_killed_five_times_it_ends_in_the_same_bits(stored, tmp_path):
    folder = tmp_path / "reflection.db.relearn"
    for number, (piece, when, percent) in enumerate(KILLS):
        told = tmp_path / f"told{number}"
        _killed_relearn(stored, piece, when, told)
        said = told.read_text() if told.exists() else ""
        assert said == ("" if percent is None else f"going on from {percent} %, where an earlier relearn was stopped\n")
        assert folder.is_dir()

    told = []
    with build(stored) as application:
        found = application.learner.relearn("default", tell=told.append)
        assert told == ["going on from 90 %, where an earlier relearn was stopped"]
        assert not folder.exists()
        assert (found.campaigns + len(found.held), found.seq) == (40, 40)
        assert differences(application.store, "default") == []
