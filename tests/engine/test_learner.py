"""The learner: takes in everything new, once, from every process, and puts it where everybody reads it."""

import shutil
from contextlib import nullcontext
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import orjson
import pytest

from reflection.domain.knowledge import NOTHING
from reflection.engine.learner import FITTED, LARGE, READ, WHOLE, Learner
from reflection.errors import LearningError
from reflection.forecasting import calibration_blob
from reflection.inference.recheck import differences
from reflection.store.campaigns import SqlStore
from reflection.store.database.open import open_database
from reflection.wiring import build

NOW = datetime(2026, 4, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def few(make_campaign):
    """Four campaigns, enough to learn from."""
    return [
        make_campaign(campaign_id=f"c{i}", platform=("Meta", "Google")[i % 2], actual={"clicks": 3000 + 500 * i})
        for i in range(4)
    ]


@pytest.fixture(scope="module")
def taught_file(tmp_path_factory, settings_in, few):
    """A database that has learnt the four."""
    settings = settings_in(tmp_path_factory.mktemp("few"))
    with build(settings) as application:
        _analyse(application, few)
        _learner(application).learn_now("default")
    return settings.database_path


@pytest.fixture
def taught(settings, taught_file):
    """An application that has learnt the four, and published nothing yet."""
    shutil.copy(taught_file, settings.database_path)
    with build(settings) as application:
        yield application


@pytest.fixture
def learner(application):
    return _learner(application)


def _learner(application):
    return Learner(application.store, clock=lambda: NOW)


def _analyse(application, campaigns, **options):
    for campaign in campaigns:
        application.engine.analyze(campaign, **options)


def test_an_empty_workspace_stays_empty(learner, application):
    assert learner.learn_now("default") is NOTHING
    assert learner.lag("default") == 0


def test_what_was_analysed_is_learnt_and_stored(learner, application, few):
    _analyse(application, few)
    assert learner.lag("default") == 4

    found = learner.learn_now("default")

    assert learner.lag("default") == 0
    assert (found.campaigns, found.seq, found.as_of) == (4, 4, "2026-04-01T00:00:00.000+00:00")
    assert application.store.knowledge("default") is found


def test_nothing_new_is_nothing_to_do(taught, monkeypatch):
    first = taught.store.knowledge("default")
    monkeypatch.setattr(taught.store, "live_evidence", lambda *args: pytest.fail("the evidence was read again"))
    assert _learner(taught).learn_now("default") is first


def test_the_weights_are_published_with_the_fit(taught, settings):
    taught.publisher.publish_pending()
    knowledge, weights = taught.store.knowledge("default"), orjson.loads(settings.weights_path.read_bytes())
    assert weights["as_of"] == knowledge.as_of
    assert set(weights["signal_weights"]) == {weight.signal_key for weight in knowledge.weights}


def test_relearning_is_a_new_epoch_with_the_same_content(taught):
    first, steps = taught.store.knowledge("default"), []
    again = _learner(taught).relearn("default", lambda done, total: steps.append((done, total)))

    assert again.epoch == first.epoch + 1
    assert (again.effects, again.findings, again.weights) == (first.effects, first.findings, first.weights)
    assert [steps[0], steps[-1]] == [(0, WHOLE), (WHOLE, WHOLE)]
    assert steps == sorted(steps)
    assert len(set(steps)) >= 5


class _Stopped(Exception):
    """Somebody pressed Ctrl-C."""


def test_a_relearn_that_is_stopped_changes_nothing_and_starts_again(taught):
    learner, before, steps = _learner(taught), taught.store.knowledge("default"), []

    for percent in (0, READ, 60, FITTED):

        def stop(done, total, percent=percent):
            if done == percent:
                raise _Stopped

        with pytest.raises(_Stopped):
            learner.relearn("default", stop)
        assert taught.store.knowledge("default") is before, percent

    again = learner.relearn("default", lambda done, total: steps.append(done))

    assert (again.epoch, again.campaigns) == (before.epoch + 1, 4)
    assert (steps[0], steps[-1]) == (0, WHOLE)
    assert differences(taught.store, "default") == []


def test_what_is_learnt_during_a_relearn_is_not_taken_back(taught, make_campaign):
    application, learner = taught, _learner(taught)
    new = [make_campaign(campaign_id="c4", actual={"clicks": 3100})]

    def progress(done, total):
        if done == 75 and new:
            _analyse(application, [new.pop()])
            Learner(application.store, clock=lambda: NOW).learn_now("default")

    knowledge = learner.relearn("default", progress)

    assert (knowledge.seq, knowledge.campaigns, learner.lag("default")) == (5, 5, 0)
    assert differences(application.store, "default") == []


def test_the_epoch_grows_with_the_evidence_and_never_falls(learner, application, few):
    _analyse(application, few[:3])
    small = learner.learn_now("default").epoch
    _analyse(application, few[3:])
    grown = learner.learn_now("default").epoch
    application.engine.delete("c3")
    assert small < grown == learner.learn_now("default").epoch


def test_what_another_process_wrote_is_taken_in(learner, application, few, settings, tmp_path):
    _analyse(application, few[:3])
    learner.learn_now("default")
    _analyse(application, few[3:])
    database = open_database(settings.database_path)
    other = Learner(SqlStore(database), clock=lambda: NOW)

    assert other.learn_now("default").campaigns == 4
    assert learner.learn_now("default").campaigns == 4
    database.close()


def test_every_workspace_that_is_behind_is_brought_up_to_date(learner, application, few):
    _analyse(application, few, workspace="acme")
    _analyse(application, few[:3], workspace="globex")
    learner.learn_all()
    assert application.store.knowledge("acme").campaigns == 4
    assert application.store.knowledge("globex").campaigns == 3


def test_a_workspace_that_cannot_be_learnt_does_not_keep_the_others_waiting(learner, application, few, monkeypatch):
    for workspace in ("acme", "broken", "globex"):
        _analyse(application, few[:3], workspace=workspace)
    learn_now = learner.learn_now
    monkeypatch.setattr(learner, "learn_now", lambda name: learn_now(name) if name != "broken" else _raise(name))

    for _ in range(2):
        with pytest.raises(LearningError, match="broken"):
            learner.learn_all()

    assert application.store.knowledge("acme").campaigns == 3
    assert application.store.knowledge("globex").campaigns == 3


def test_learning_can_be_left_between_two_workspaces(learner, application, few):
    for workspace in ("acme", "globex"):
        _analyse(application, few[:3], workspace=workspace)
    learner.learn_all(iter([True, False]).__next__)

    assert [learner.lag(name) > 0 for name in ("acme", "globex")] == [False, True]
    learner.learn_all()
    assert learner.lag("globex") == 0


def test_a_workspace_that_comes_meanwhile_waits_for_one_fit_and_not_for_the_round(
    learner, application, few, monkeypatch
):
    """Fair turns: a bulk load that goes on for ever in one workspace keeps no other one waiting."""
    _analyse(application, few[:3], workspace="bulk")
    _analyse(application, few[:3], workspace="early")
    learn_now, turns = learner.learn_now, []

    def loaded(name):
        turns.append(name)
        known = learn_now(name)
        if turns == ["bulk"]:
            _analyse(application, few[:3], workspace="calm")
        _analyse(application, few[3:], workspace="bulk")
        application.engine.delete("c3", workspace="bulk")
        return known

    monkeypatch.setattr(learner, "learn_now", loaded)
    learner.learn_all()
    assert turns == ["bulk", "calm", "early"]
    learner.learn_all()
    assert turns[3:] == ["bulk"]
    assert learner.lags() == {"bulk": 1, "calm": 0, "early": 0}


def test_the_lag_is_counted_in_campaigns_of_the_own_workspace(learner, application, few):
    _analyse(application, few[:3], workspace="mine")
    learner.learn_now("mine")
    _analyse(application, few, workspace="foreign")
    _analyse(application, few[3:], workspace="mine")
    assert learner.lags() == {"foreign": 4, "mine": 1}
    assert application.status()["learning_lag"] == {"foreign": 4, "mine": 1}
    assert application.store.behind() == ["foreign", "mine"]
    learner.learn_all()
    assert application.store.behind() == []


def _raise(name):
    raise LearningError(name)


def test_an_acceptance_is_noticed(learner, application, history, fault_id):
    google = [c for c in history if c.platform == "Google"]
    _analyse(application, google)
    assert list(learner.learn_now("default").held) == [fault_id]

    application.engine.accept(fault_id)
    assert learner.lag("default") > 0
    after = learner.learn_now("default")

    assert after.held == {}
    assert after.campaigns == len(google)


def test_the_goal_can_be_set(application, few):
    _analyse(application, few)
    found = Learner(application.store, goal="conversions_per_spend", clock=lambda: NOW).learn_now("default")
    assert found.goal_metric == "conversions_per_spend"


class _Ledger:
    """A store that only says how far it and its knowledge are."""

    def __init__(self, campaigns, behind, as_of):
        self._known = replace(NOTHING, campaigns=campaigns, seq=campaigns, as_of=as_of)
        self._behind = behind

    def knowledge(self, workspace):
        return self._known

    def experiment_changes(self, workspace):
        return self._known.experiments.changes

    def snapshot(self, workspace):
        return nullcontext(self)

    def pending(self):
        return self._behind


@pytest.mark.parametrize(
    ("campaigns", "behind", "minutes_ago", "due"),
    [
        (100, 0, 600, False),
        (100, 1, 0, True),
        (LARGE + 300, 2, 0, False),
        (LARGE + 300, 3, 0, True),
        (LARGE + 300, 1, 1, True),
        (100_000, 1, 10, False),
        (100_000, 1, 20, True),
        (100_000, 1, -600, True),  # the clock was set back since
        (1_000_000, 9_899, 60, False),
        (1_000_000, 9_900, 0, True),
    ],
)
def test_a_large_workspace_is_fitted_when_that_is_worth_it(campaigns, behind, minutes_ago, due):
    as_of = (NOW - timedelta(minutes=minutes_ago)).isoformat(timespec="milliseconds")
    learner = Learner(_Ledger(campaigns, behind, as_of), clock=lambda: NOW)

    assert learner.due("default") is due


def test_conversions_are_learnt_when_their_window_has_closed_and_not_before(application, make_campaign):
    """CPM and CTR at once; the rest by itself on the day, as a fit of its own that a recheck finds again."""
    days = (None, None, None, None, "2026-04-03", "2026-04-05")
    _analyse(
        application,
        [
            make_campaign(
                campaign_id=f"c{i}",
                platform=("Meta", "Google")[i % 2],
                actual={"clicks": 3000 + 500 * i},
                mature_on=day,
            )
            for i, day in enumerate(days)
        ],
    )
    clock = [NOW]
    learner = Learner(application.store, clock=lambda: clock[0])

    def learn_on(day):
        clock[0] = datetime(2026, 4, day, tzinfo=UTC)
        assert learner.due("default")
        learner.learn_all()
        knowledge = application.store.knowledge("default")
        assert differences(application.store, "default") == []
        assert not learner.due("default")
        seen = calibration_blob.decode(knowledge.calibration).rows
        learnt = {row.campaign_id for row in seen if "cpa" in row.observed or "conversions" in row.observed}
        return knowledge, knowledge.waiting, len(learnt), len(seen)

    first, waiting, *_ = early = learn_on(1)
    assert waiting == {"campaigns": 2, "first": "2026-04-03", "last": "2026-04-05"}
    assert early[2:] == (4, 6)
    clock[0] = datetime(2026, 4, 2, tzinfo=UTC)
    assert learner.learn_now("default") is application.store.knowledge("default")
    assert application.store.knowledge("default").epoch == first.epoch

    second = learn_on(3)
    assert (second[1]["campaigns"], second[2]) == (1, 5)
    last = learn_on(5)
    assert (last[1], last[2]) == ({}, 6)

    def on(knowledge, metric):
        return knowledge.posteriors[metric].draws.tobytes()

    assert on(first, "ctr") == on(second[0], "ctr") == on(last[0], "ctr")
    assert on(first, "cpm") == on(last[0], "cpm")
    assert len({on(knowledge, "cvr") for knowledge in (first, second[0], last[0])}) == 3
    assert _bodies(learner.relearn("default")) == _bodies(last[0])


def _bodies(knowledge):
    return knowledge.effects, knowledge.findings, knowledge.weights
