"""A relearn that is killed leaves the old knowledge or the new; started again, it ends in the same bits."""

import os
import signal

import pytest

from reflection.engine.learner import FITTED, READ, WHOLE
from reflection.inference.recheck import differences
from reflection.store import fits
from reflection.wiring import build


@pytest.fixture
def taught(settings, history):
    """Twelve campaigns, learnt once."""
    with build(settings) as application:
        for campaign in history[:12]:
            application.engine.analyze(campaign)
        application.learner.learn_now("default")
    return settings


def _kill():
    os.kill(os.getpid(), signal.SIGKILL)


def _killed_relearn(settings, moment):
    """Relearn in a process of its own that kills itself, as `kill -9` would, at so many per cent or before a commit."""
    child = os.fork()
    if child == 0:
        try:
            if moment == "before the commit":
                save = fits.save
                fits.save = lambda *args: (save(*args), _kill())
            with build(settings) as application:
                application.learner.relearn("default", lambda done, total: _kill() if done == moment else None)
        finally:
            os._exit(3)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL, "the child died by itself"


def _bits(knowledge):
    draws = {metric: posterior.draws.tobytes() for metric, posterior in knowledge.posteriors.items()}
    return knowledge.effects, knowledge.findings, knowledge.weights, draws


@pytest.mark.parametrize(
    "moments",
    [
        (FITTED, "before the commit"),
        pytest.param((READ, 60, FITTED, "before the commit", WHOLE), marks=pytest.mark.torture(part="server")),
    ],
)
def test_killed_at_any_moment_it_leaves_the_old_or_the_new_and_ends_in_the_same_bits(taught, tmp_path, moments):
    with build(taught) as application:
        before = application.store.knowledge("default")
    files = {path.name for path in tmp_path.iterdir()}

    for moment in moments:
        _killed_relearn(taught, moment)
        with build(taught) as application:
            left = application.store.knowledge("default")
        assert left.epoch == before.epoch + (moment == WHOLE), moment
        assert _bits(left) == _bits(before), moment

    with build(taught) as application:
        again = application.learner.relearn("default")
        assert (again.epoch, again.seq) == (before.epoch + 1 + (WHOLE in moments), before.seq)
        assert _bits(again) == _bits(before)
        assert differences(application.store, "default") == []
    assert {path.name for path in tmp_path.iterdir()} <= files, "a stopped relearn leaves nothing beside the database"
