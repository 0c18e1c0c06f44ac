"""Rechecking: what is stored is what the ledger says, and one bit that is not is named."""

import dataclasses
import shutil
import sqlite3

import numpy as np
import pytest

from reflection.inference.recheck import differences, recomputed
from reflection.settings import Settings
from reflection.store import knowledge_blob
from reflection.wiring import build


@pytest.fixture(scope="module")
def learnt_file(tmp_path_factory, history):
    """A database that learnt the Google campaigns of the history, one of which is kept out."""
    path = tmp_path_factory.mktemp("learnt") / "reflection.db"
    with build(_settings(path)) as application:
        for campaign in history:
            if campaign.platform == "Google":
                application.engine.analyze(campaign)
        application.learner.learn_now("default")
    return path


def _settings(path):
    return Settings.load(
        _env_file=None, database_path=path, output_dir=path.parent / "output",
        weights_path=path.parent / "weights.json", vector_backend="local",
    )  # fmt: skip


@pytest.fixture
def taught(tmp_path, learnt_file):
    """An application on a copy of that database."""
    shutil.copy(learnt_file, tmp_path / "reflection.db")
    with build(_settings(tmp_path / "reflection.db")) as application:
        yield application


def _tamper(application, change):
    """Replace the stored knowledge by a changed one, behind the store's back."""
    blob = knowledge_blob.encode(change(application.store.knowledge("default")))
    path = application.settings.database_path
    application.close()
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE fits SET body = ?, draws = ?, calibration = ?", blob)
    connection.close()
    application.store._fits.clear()


def test_nothing_learnt_is_nothing_to_compare(application):
    assert differences(application.store, "default") == []


def test_what_is_stored_is_what_the_ledger_says(taught):
    assert taught.store.knowledge("default").effects
    assert differences(taught.store, "default") == []


def test_a_workspace_that_is_behind_agrees_as_of_its_entry(taught, make_campaign, fault_id):
    taught.engine.analyze(make_campaign())
    taught.engine.accept(fault_id)

    assert taught.learner.lag("default") > 0
    assert differences(taught.store, "default") == []


def test_corrections_and_deletions_agree(taught, history):
    google = [campaign for campaign in history if campaign.platform == "Google"]
    taught.engine.delete(google[0].campaign_id)
    taught.engine.analyze(google[1].model_copy(update={"objective": "Another"}))
    taught.learner.learn_now("default")

    assert differences(taught.store, "default") == []


def test_a_goal_set_otherwise_since_is_no_difference(taught):
    stored = taught.store.knowledge("default")
    asked = {**stored.diagnostics, "goal": "conversions_per_spend"}
    known = dataclasses.replace(stored, goal_metric="conversions_per_spend", diagnostics=asked)
    again = recomputed(taught.store, "default", known, taught.store.accepted("default"))
    assert again.goal_metric == "conversions_per_spend"


def _one_effect(knowledge):
    first = knowledge.effects[0]
    changed = dataclasses.replace(first, effect=np.nextafter(first.effect, 2.0))
    return dataclasses.replace(knowledge, effects=(changed, *knowledge.effects[1:]))


def _one_draw(knowledge):
    metric, posterior = next(iter(knowledge.posteriors.items()))
    draws = posterior.draws.copy()
    draws[0, 0] = np.nextafter(draws[0, 0], np.float32(9))
    posteriors = {**knowledge.posteriors, metric: dataclasses.replace(posterior, draws=draws)}
    return dataclasses.replace(knowledge, posteriors=posteriors)


def _one_weight(knowledge):
    return dataclasses.replace(knowledge, weights=knowledge.weights[1:])


def test_one_bit_of_each_part_is_named(taught):
    _tamper(taught, lambda knowledge: _one_weight(_one_draw(_one_effect(knowledge))))

    lines = differences(taught.store, "default")

    assert [line.split(" stored are not what the ledger says")[0] for line in sorted(lines)] == [
        f"default: {part}" for part in ("effects", "posteriors", "weights")
    ]


def test_relearning_mends_it(taught):
    _tamper(taught, _one_effect)
    taught.learner.relearn("default")

    assert differences(taught.store, "default") == []
