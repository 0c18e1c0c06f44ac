"""The chores: which run where, that none keeps another waiting, and that stopping leaves nothing behind."""

import threading
import time
from collections.abc import Callable

import pytest

from reflection.domain.campaign import Campaign
from reflection.engine.bulk import NullMemory
from reflection.memory.index import VectorIndex
from reflection.wiring import Application
from reflection.worker.chores import ALL, COPIER, EMBEDDER, LEARNER, MIRROR, PUBLISHER, Chores
from reflection.worker.process import chores_of_worker


@pytest.mark.parametrize(("one_process", "vectors"), [(False, True), (True, False)])
def test_an_index_of_one_process_is_not_written_to_by_the_worker(one_process: bool, vectors: bool) -> None:
    class Index:
        pass

    index: VectorIndex = Index()  # type: ignore[assignment]
    index.one_process = one_process  # type: ignore[misc]
    chosen = chores_of_worker(index)

    assert {LEARNER, PUBLISHER} <= chosen
    assert ({EMBEDDER, MIRROR} <= chosen) is vectors


def test_files_and_vectors_are_made_while_a_fit_does_not_end(
    application: Application, sample: Campaign, monkeypatch: pytest.MonkeyPatch, until: Callable[..., None]
) -> None:
    release = threading.Event()
    monkeypatch.setattr(application.learner, "learn_all", lambda go_on: release.wait(60))
    monkeypatch.setattr(application.engine._analyst, "_memory", NullMemory(application.memory))
    application.engine.analyze(sample)
    chores = Chores(application)
    chores.start()
    try:
        folder = application.artifacts.folder_of("default", sample.campaign_id)
        space = application.memory.embedder.space
        assert space is not None
        until(lambda: application.memory.index.count("default", space) == 1)
        until(lambda: (folder / "comparison.json").exists())
    finally:
        running = [thread for thread in threading.enumerate() if thread.name in chores.threads]
        assert not chores.stop(0.0), "a fit that goes on is not finished"
        release.set()
        for thread in running:  # or they would hold connections that nobody closes
            thread.join(60)


@pytest.mark.sqlite  # on a Postgres server commits of other databases count as news, too
def test_a_look_at_a_store_that_nobody_wrote_to_asks_for_no_workspace(
    application: Application, sample: Campaign, monkeypatch: pytest.MonkeyPatch, until: Callable[..., None]
) -> None:
    application.engine.analyze(sample)
    looks = []
    learn_all = application.learner.learn_all
    monkeypatch.setattr(application.learner, "learn_all", lambda go_on: (looks.append(1), learn_all(go_on)))
    monkeypatch.setattr("reflection.worker.chores.SETTLED", 60.0)
    chores = Chores(application, {LEARNER}, rest=0.0)
    chores.start()
    until(lambda: application.learner.lag("default") == 0)
    time.sleep(0.5)
    assert len(looks) <= 3
    before = len(looks)
    application.engine.delete(sample.campaign_id)
    until(lambda: len(looks) > before)
    assert chores.stop()


def test_every_chore_has_a_thread_of_its_own(application: Application) -> None:
    assert set(Chores(application).threads) == ALL - {COPIER}, "who has nothing to do where no server searches vectors"
    assert set(Chores(application, {LEARNER}).threads) == {LEARNER}
