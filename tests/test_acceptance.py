"""The promises as a whole: replays leave no trace, orders do not matter, corrections replace, processes meet."""

import json
import random
import sqlite3
import subprocess
import sys
from contextlib import closing

import orjson

from reflection.domain.results import TOLD_FROM_KNOWLEDGE
from reflection.store.maintenance.verify import verify
from reflection.wiring import build

OTHER_PROCESS = """
import sys
from reflection import Engine
with Engine(sys.argv[1], output=sys.argv[2], vector_backend="local") as engine:
    for line in sys.stdin:
        engine.analyze(line)
"""


def _dump(path):
    """Every row of every table."""
    with closing(sqlite3.connect(path)) as connection:
        tables = [
            name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")
        ]
        return {name: connection.execute(f'SELECT * FROM "{name}"').fetchall() for name in tables}


def _files(folder):
    return {path.relative_to(folder): path.read_bytes() for path in sorted(folder.rglob("*.json"))}


def _analyse(application, campaigns):
    for campaign in campaigns:
        application.engine.analyze(campaign)
    application.learner.learn_now("default")
    application.publisher.publish_pending()


def _content(knowledge):
    """What is known, without when it was learnt."""
    draws = {name: posterior.draws.tobytes() for name, posterior in knowledge.posteriors.items()}
    return (
        knowledge.effects,
        knowledge.findings,
        knowledge.weights,
        knowledge.held,
        knowledge.next_test,
        knowledge.campaigns,
        knowledge.epoch,
        draws,
    )


def _lines(campaigns):
    return "".join(f"{campaign.canonical_json()}\n" for campaign in campaigns)


def test_the_same_file_twice_leaves_the_store_as_it_was(application, history):
    settings = application.settings
    _analyse(application, history[:8])
    before, files = _dump(settings.database_path), _files(settings.output_dir)

    _analyse(application, history[:8])

    assert _dump(settings.database_path) == before
    assert _files(settings.output_dir) == files
    assert verify(application.database) == []


def test_forty_campaigns_in_any_order_give_the_same_weights_and_findings(
    learnt_application, settings_in, tmp_path, history, fault_id
):
    """As they come and learnt at once, or shuffled and learnt in two steps."""
    shuffled = list(history)
    random.Random(2).shuffle(shuffled)
    with build(settings_in(tmp_path / "shuffled")) as another:
        _analyse(another, shuffled[:7])
        _analyse(another, shuffled)
        contents = [_content(one.store.knowledge("default")) for one in (learnt_application, another)]
        weights = [one.engine.weights().updated_signals for one in (learnt_application, another)]

    assert contents[0] == contents[1]
    assert weights[0] == weights[1]
    effects, findings, _, held = contents[0][:4]
    found = {(effect.signal, effect.metric) for effect in effects if effect.finding}
    assert {("creative.type:video", "ctr"), ("audience.age:18-25", "cvr"), ("audience.segment:parents", "cvr")} <= found
    assert findings
    assert list(held) == [fault_id]


def test_a_fault_is_held_and_learnt_once_it_is_accepted(application, history, fault_id):
    google = [campaign for campaign in history if campaign.platform == "Google"]
    _analyse(application, google)
    assert list(application.store.knowledge("default").held) == [fault_id]

    application.engine.accept(fault_id)
    _analyse(application, [])

    knowledge = application.store.knowledge("default")
    assert knowledge.held == {}
    assert knowledge.campaigns == len(google)
    assert verify(application.database) == []


def test_a_correction_replaces_everything_the_first_version_left(
    application, settings_in, make_campaign, history, tmp_path
):
    wrong = make_campaign(currency="USD", actual={"clicks": 3000, "conversions": 100})
    right = make_campaign(currency="USD")
    _analyse(application, [*history[:5], wrong])
    _analyse(application, [right])

    with build(settings_in(tmp_path / "straight")) as straight:
        _analyse(straight, [*history[:5], right])
        assert _content(application.store.knowledge("default")) == _content(straight.store.knowledge("default"))

    stored = application.engine.insights(limit=500)
    own = [row["content"] for row in stored if row["campaign_id"] == right.campaign_id and isinstance(row["id"], int)]
    answer = orjson.loads(application.engine.show(right.campaign_id))
    said = [
        item["text"]
        for item in answer["insights"]["statements"]
        if not any(one.startswith(TOLD_FROM_KNOWLEDGE) for one in item["evidence"])
    ]
    assert sorted(own) == sorted(said)
    comparison = json.loads((application.settings.output_dir / right.campaign_id / "comparison.json").read_text())
    assert comparison["actual_counts"] == answer["comparison_report"]["actual_counts"]


def test_a_deletion_retracts_what_was_learnt_and_what_comes_back_teaches_the_same_again(
    application, settings_in, history, tmp_path
):
    _analyse(application, history[:6])
    before = _content(application.store.knowledge("default"))
    assert application.engine.delete(history[5].campaign_id)
    _analyse(application, [])

    with build(settings_in(tmp_path / "never")) as never:
        _analyse(never, history[:5])
        left, straight = _content(application.store.knowledge("default")), _content(never.store.knowledge("default"))
    assert left[:6] == straight[:6]
    assert left[7] == straight[7]
    assert not (application.settings.output_dir / history[5].campaign_id).exists()
    assert verify(application.database) == []

    _analyse(application, [history[5]])
    assert _content(application.store.knowledge("default")) == before


def test_two_processes_on_one_file_both_see_every_campaign(application, history):
    mine, theirs = history[:4], history[4:8]
    command = [
        sys.executable,
        "-c",
        OTHER_PROCESS,
        str(application.settings.database_path),
        str(application.settings.output_dir),
    ]
    other = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    for campaign in mine:
        application.engine.analyze(campaign)
    _, errors = other.communicate(_lines(theirs), timeout=120)
    assert other.returncode == 0, errors

    knowledge = application.learner.learn_now("default")

    assert knowledge.campaigns == 8
    for campaign in (*mine, *theirs):
        assert application.engine.show(campaign.campaign_id)
    with build(application.settings) as another:
        assert _content(another.store.knowledge("default")) == _content(knowledge)
    assert verify(application.database) == []


def test_a_restart_changes_nothing(application, history):
    _analyse(application, history[:5])
    before = _dump(application.settings.database_path)
    application.close()
    with build(application.settings) as again:
        _analyse(again, history[:5])
        assert _dump(application.settings.database_path) == before
