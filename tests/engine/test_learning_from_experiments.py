"""An experiment is learnt from when it comes, again when it is corrected, and no more when it is taken back."""

import shutil

from reflection import Engine
from reflection.store import knowledge_blob


def test_the_learner_follows_every_change_of_an_experiment(history, migrated, tmp_path):
    arms = [
        {"name": "old", "creative": "crt_image", "impressions": 9e5, "clicks": 9000.0},
        {"name": "new", "creative": "crt_video", "impressions": 9e5, "clicks": 11_000.0},
    ]
    with Engine(shutil.copy(migrated, tmp_path / "e.db"), output=tmp_path, embedding_model="none") as engine:
        for _ in engine.analyze_many(history[:12]):
            pass
        store = engine._application.store
        before = store.knowledge("default")

        (item,) = engine.experiments.add({"experiment_id": "t", "name": "hook", "arms": arms})["items"]
        assert item["state"] == "learnt"
        assert store.behind() == []
        graded = {row["signal"]: row["grade"] for row in engine.effects(metric="ctr")["items"]}
        assert graded["creative:crt_video"] == "randomised"
        learnt = store.knowledge("default")
        assert engine.experiments.add({"experiment_id": "t", "name": "hook", "arms": arms})["items"][0]["outcome"] == (
            "unchanged"
        )
        assert store.knowledge("default").epoch == learnt.epoch, "the same again is no news"

        engine.experiments.remove("t")
        after = store.knowledge("default")
        assert after.effects == before.effects
        bits = [knowledge_blob.encode(one).draws for one in (before, after)]
        assert bits[0] == bits[1]
