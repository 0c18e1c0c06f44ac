"""Wiring: settings in, a whole application out; its threads start, work and stop."""

import json
import time

import pytest

from reflection.errors import ReflectionError
from reflection.settings import Settings
from reflection.wiring import Application, build
from reflection.worker.chores import Chores


def test_an_application_is_whole(application, settings, sample):
    assert isinstance(application, Application)
    application.engine.analyze(sample)
    assert application.settings is settings
    assert application.store.campaign("default", sample.campaign_id).revision == 1


def test_the_status_says_how_far_everything_is_behind(application, sample):
    application.engine.analyze(sample)
    before = application.status()
    assert before["learning_lag"] == {"default": 1}
    assert before["outbox_lag"]

    application.learner.learn_now("default")
    application.publisher.publish_pending()

    after = application.status()
    assert after["learning_lag"] == {"default": 0}
    assert after["database"].endswith("reflection.db")
    assert isinstance(after["degraded"], list)


def test_artifacts_are_published_and_can_be_rebuilt(application, sample, settings):
    application.engine.analyze(sample)
    application.publisher.publish_pending()
    folder = settings.output_dir / sample.campaign_id
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    assert len(before) == 4
    for path in folder.iterdir():
        path.unlink()

    assert application.rebuild() > 0

    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


def test_the_threads_learn_publish_and_stop(application, make_campaign, settings):
    chores = Chores(application)
    chores.start()
    for i in range(3):
        application.engine.analyze(make_campaign(campaign_id=f"c{i}"))
    deadline = time.monotonic() + 60
    while application.status()["learning_lag"] != {"default": 0} or not settings.weights_path.exists():
        assert time.monotonic() < deadline, "the threads took too long"
        time.sleep(0.02)
    chores.stop()
    assert application.store.knowledge("default").campaigns == 3
    assert (settings.output_dir / "c2" / "comparison.json").exists()


def test_a_database_that_cannot_be_opened_is_one_clear_error(tmp_path):
    (tmp_path / "folder.db").mkdir()
    settings = Settings.load(_env_file=None, database_path=tmp_path / "folder.db", vector_backend="local")
    with pytest.raises(ReflectionError):
        build(settings)


def test_every_part_gets_its_settings(tmp_path, sample):
    settings = Settings.load(
        _env_file=None,
        database_path=tmp_path / "x.db",
        output_dir=tmp_path / "o",
        weights_path=tmp_path / "w.json",
        vector_backend="local",
        conversion_weight=0.0,
        ctr_weight=0.0,
        cpa_weight=2.0,
        goal_metric="conversions_per_spend",
    )
    with build(settings) as application:
        application.engine.analyze(sample)
        application.learner.learn_now("default")
        answer = json.loads(application.engine.show(sample.campaign_id))
        assert answer["comparison_report"]["performance_score"] == pytest.approx(-2 * 3950 / 205)
        assert application.store.knowledge("default").goal_metric == "conversions_per_spend"
