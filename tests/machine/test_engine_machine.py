"""Whatever is done in whatever order, what is known is the fold of the set of campaigns that count, bit for bit.

A state machine submits, resubmits, revises, retracts, learns, opens the file again and kills a child in the middle of
its work. Beside it stands a dictionary: campaign id -> content. Learning is a pure function, so its results are kept by
its exact arguments; the engine, the learner and the comparison all go through the same one.
"""

import dataclasses
import json
import os
import shutil
import signal
import tempfile
import time
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from reflection.domain.campaign import Campaign
from reflection.domain.evidence import encode, evidence_of
from reflection.domain.signals import spellings_of, usual_among
from reflection.engine import learner as learner_module
from reflection.engine.engine import Engine
from reflection.engine.learner import Learner
from reflection.explain.writer import DeterministicWriter
from reflection.inference.fit_request import FitRequest
from reflection.inference.learn import learn
from reflection.store.campaigns import SqlStore
from reflection.store.database.open import open_database
from reflection.store.maintenance.verify import verify

FAST, FAST_PARTS = {"max_examples": 5, "stateful_step_count": 25}, 1
TORTURE, PARTS = {"max_examples": 100, "stateful_step_count": 60}, 20
IDS = st.sampled_from(["a", "b/.b", "ç", "d"])
VERSIONS = st.integers(0, 2)
SAMPLE = json.loads((Path(__file__).parents[2] / "data" / "samples" / "incoming_campaign.json").read_text())


def content(campaign_id: str, version: int) -> Campaign:
    """One of the contents a campaign may have."""
    body = json.loads(json.dumps(SAMPLE))
    body["campaign_id"] = campaign_id
    body["platform"] = ("Meta", "Google", "TikTok")[(len(campaign_id) + version) % 3]
    body["actual_metrics"]["clicks"] += 300 * version + 17 * len(campaign_id)
    return Campaign.model_validate_json(json.dumps(body))


_learnt: dict[tuple[Any, ...], Any] = {}


def remembered_learn(evidence: Any, request: FitRequest) -> Any:
    """`learn`, computed once for the same arguments; its labels are only written on the result."""
    campaigns = list(evidence)
    contents = tuple(encode(item) for item in campaigns)
    key = (contents, frozenset(request.accepted), request.goal, tuple(sorted(request.spellings.items())))
    if key not in _learnt:
        _learnt[key] = learn(campaigns, request)
    return dataclasses.replace(_learnt[key], seq=request.seq, epoch=request.epoch, as_of=request.as_of)


class Listed:
    """Evidence as it is, in the place of `KeptEvidence`: what was learnt is known by its contents."""

    evidence_of = staticmethod(lambda live, as_of, texts: list(live))


def remembered_partitions(parts: Any, request: FitRequest, *, progress: Any = None) -> Any:
    """`learn_partitions` of evidence that is only listed."""
    return remembered_learn(parts.total(list, list.__add__), request)


def bits(knowledge: Any) -> tuple[Any, ...]:
    """What is known, without when it was learnt and how far forecasts are calibrated."""
    names = ("campaigns", "goal_metric", "effects", "findings", "weights", "held", "next_test", "reason")
    draws = {name: one.draws.tobytes() for name, one in knowledge.posteriors.items()}
    return (*(orjson.dumps(getattr(knowledge, name), default=dict) for name in names), draws)


class NoMemory:
    """Similar campaigns are not what this is about."""

    def embed(self, text: str) -> tuple[None, None]:
        return None, None

    def similar(self, *args: Any, **options: Any) -> list[Any]:
        return []

    def status(self) -> dict[str, Any]:
        return {"index": "none"}


class EngineMachine(RuleBasedStateMachine):
    """The engine on a real file, and the set it must be the fold of."""

    empty: Path

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="machine"))
        shutil.copy(self.empty, self.folder / "store.db")
        self.expected: dict[str, Campaign] = {}
        self.open()

    def open(self) -> None:
        self.database = open_database(self.folder / "store.db")
        self.store = SqlStore(self.database)
        self.engine = Engine(self.store, NoMemory(), DeterministicWriter(), output_path=lambda *_: "")
        self.learner = Learner(self.store)

    def teardown(self) -> None:
        self.learn()
        assert verify(self.database) == []
        self.database.close()
        shutil.rmtree(self.folder)

    @rule(campaign_id=IDS, version=VERSIONS)
    def submit_or_revise(self, campaign_id: str, version: int) -> None:
        campaign = content(campaign_id, version)
        answer = self.engine.analyze(campaign)
        assert answer.replayed == (self.expected.get(campaign_id) == campaign)
        self.expected[campaign_id] = campaign

    @rule(campaign_id=IDS)
    def resubmit(self, campaign_id: str) -> None:
        """What is drawn must not depend on what is stored: a crash leaves the old or the new, as it happens."""
        if (campaign := self.expected.get(campaign_id)) is None:
            return
        before = self.store.last_seq("default")
        first, again = (self.engine.analyze(campaign).body for _ in range(2))
        assert first == again
        assert self.store.last_seq("default") == before

    @rule(campaign_id=IDS)
    def retract(self, campaign_id: str) -> None:
        assert self.engine.delete(campaign_id) == (self.expected.pop(campaign_id, None) is not None)

    @rule()
    def learn(self) -> None:
        known = self.learner.learn_now("default")
        assert self.learner.lag("default") == 0
        if known.seq:
            fold = [evidence_of(self.expected[name]) for name in sorted(self.expected)]
            spelt = usual_among(map(spellings_of, self.expected.values()))
            assert bits(known) == bits(remembered_learn(fold, FitRequest(spellings=spelt)))
            assert bits(SqlStore(self.database).knowledge("default")) == bits(known)

    @rule()
    def restart(self) -> None:
        self.database.close()
        self.open()

    @rule(campaign_id=IDS, version=VERSIONS, delete=st.booleans(), milliseconds=st.integers(0, 25))
    def crash(self, campaign_id: str, version: int, delete: bool, milliseconds: int) -> None:
        """A child is killed in the middle of a change and of learning; what it did is there or is not."""
        campaign = content(campaign_id, version)
        child = os.fork()
        if child == 0:
            try:
                self.engine.delete(campaign_id) if delete else self.engine.analyze(campaign)
                self.learner.learn_now("default")
                time.sleep(60)
            finally:
                os._exit(3)
        time.sleep(milliseconds / 1000)
        os.kill(child, signal.SIGKILL)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL, "the child died by itself"
        stored = self.store.campaign("default", campaign_id)
        after = None if delete else campaign
        found = Campaign.model_validate_json(stored.campaign_json) if stored else None
        assert found in (self.expected.get(campaign_id), after)
        self.expected.pop(campaign_id, None)
        if found is not None:
            self.expected[campaign_id] = found

    @invariant()
    def the_ledger_is_the_set(self) -> None:
        live = list(self.store.live_evidence("default"))
        fold = {name: encode(evidence_of(campaign)) for name, campaign in self.expected.items()}
        assert live == sorted(fold.items())
        signs: dict[str, int] = {}
        for entry in self.store.ledger("default"):
            signs[entry.campaign_id] = signs.get(entry.campaign_id, 0) + entry.sign
        assert {name for name, sign in signs.items() if sign} == set(self.expected)
        assert set(signs.values()) <= {0, 1}


@pytest.fixture(autouse=True)
def on_a_migrated_file(migrated: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(EngineMachine, "empty", migrated, raising=False)
    monkeypatch.setattr(learner_module, "EvidenceCache", Listed)
    monkeypatch.setattr(learner_module, "learn_partitions", remembered_partitions)


def run(machine: type[EngineMachine], **limits: int) -> None:
    checks = settings(suppress_health_check=list(HealthCheck), database=None, **limits)  # type: ignore[arg-type]
    run_state_machine_as_test(machine, settings=checks)


@pytest.mark.parametrize("part", range(FAST_PARTS))
def test_what_is_known_is_the_fold_of_the_set(part: int) -> None:
    run(seed(1_000 + part)(EngineMachine), **FAST)


@pytest.mark.parametrize(
    "part", [pytest.param(n, marks=pytest.mark.torture(part=f"machine-{1 + n % 2}")) for n in range(PARTS)]
)
def test_what_is_known_is_the_fold_of_the_set_at_length(part: int) -> None:
    run(seed(part)(EngineMachine), **TORTURE)
