"""Shared parts of the tests: the sample campaigns, what is learnt from them, and an application on a fresh file."""

import functools
import gc
import itertools
import json
import os
import shutil
import socket
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import httpcore2
import numpy as np
import pytest
from hypothesis import settings as examples
from hypothesis import strategies as st
from threadpoolctl import threadpool_limits

from reflection.domain import signals
from reflection.domain.bookable import Bookable, Definition, Total, agreed, descriptions_of, root
from reflection.domain.campaign import MAX_COUNT, Campaign, Metrics
from reflection.domain.evidence import Evidence, evidence_of
from reflection.domain.knowledge import Effect, Knowledge, MetricPosterior
from reflection.domain.next_test import NextTest, Pace
from reflection.domain.results import Finding
from reflection.domain.weights import SignalWeight
from reflection.explain.proposals import ModelProposer
from reflection.inference.evidence.dataset import Dataset
from reflection.inference.fit_request import FitRequest
from reflection.inference.fits.fit import FittedMetrics, fit_metrics
from reflection.inference.learn import learn
from reflection.inference.totals.total_effects import TotalEffects
from reflection.llm.client import Answer, ModelServer, Question
from reflection.memory import packaged_model
from reflection.settings import Settings
from reflection.store.campaigns import SqlStore
from reflection.store.database.open import open_database
from reflection.wiring import Application, build

SAMPLES = Path(__file__).parents[1] / "data" / "samples"
FAULT = "cmp_h31_google_sales"
WASTEFUL = "cmp_h19_meta_sales"


@st.composite
def _metrics(draw: st.DrawFn) -> Metrics:
    """Counts and amounts that a campaign may have, the smallest, the largest and the unknown among them."""
    counts = st.sampled_from([None, 0, 1, 2, 7, 100, 10**6, MAX_COUNT])
    amounts = st.sampled_from([None, 0.0, 1e-9, 0.3, 1.0, 4999.99, 1e12])
    impressions, clicks, conversions = draw(counts), draw(counts), draw(st.one_of(counts, amounts))
    return Metrics(
        impressions=impressions,
        clicks=clicks if clicks is None or impressions is None else min(impressions, clicks),
        conversions=None if conversions is None else float(conversions),
        spend=draw(amounts),
        revenue=draw(amounts),
    )


st.register_type_strategy(Metrics, _metrics())
# No deadline: a busy machine is no fault of what is tested. The same examples every time: a run depends on no luck.
# `pytest --hypothesis-profile=thorough` looks for longer, and elsewhere every time.
examples.register_profile("usual", deadline=None, max_examples=20, derandomize=True)
examples.register_profile("thorough", deadline=None, max_examples=1_000)
examples.load_profile("usual")


gc.disable()  # what is loaded stays: nothing is looked through until all tests are there


def pytest_collection_finish() -> None:
    """Have the collector look for what tests left behind, seldom, and no more at what was loaded for them all."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)
    gc.enable()


@pytest.fixture(scope="session", autouse=True)
def one_thread() -> Iterator[None]:
    """Linear algebra in one thread, here and in processes that tests start: threads of small systems only fight."""
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        os.environ.setdefault(name, "1")
    with threadpool_limits(1):
        yield


class RememberingModel:
    """The packaged model; what it made of some tokens is remembered, because tests ask for the same texts hundreds of
    times and each takes longer than all the rest of an analysis.
    """

    def __init__(self, model: Any) -> None:
        self._model = model
        self._made: dict[bytes, Any] = {}

    def run(self, outputs: list[str], feed: dict[str, Any]) -> Any:
        tokens = feed["input_ids"].tobytes()
        if tokens not in self._made:
            self._made[tokens] = self._model.run(outputs, feed)
        return self._made[tokens]

    def __getattr__(self, name: str) -> Any:
        return getattr(self._model, name)


@pytest.fixture(scope="session", autouse=True)
def made_once() -> Iterator[None]:
    """Once a process and not once a test: vectors of equal texts, and the certificates that every HTTP client loads,
    though none of them will speak TLS here.
    """
    opened = packaged_model._open

    def remembering(folder: Path) -> tuple[Any, Any]:
        words, model = opened(folder)
        return words, RememberingModel(model)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(packaged_model, "_open", remembering)
        patch.setattr(httpcore2, "default_ssl_context", functools.cache(httpcore2.default_ssl_context))
        yield


def _campaign(**changes: Any) -> Campaign:
    """The specification's sample, changed; `expected` and `actual` change single metrics."""
    body = json.loads((SAMPLES / "incoming_campaign.json").read_text(encoding="utf-8"))
    for side in ("expected", "actual"):
        body[f"{side}_metrics"] |= changes.pop(side, {})
    return Campaign.model_validate_json(json.dumps(body | changes))


@pytest.fixture(scope="session")
def samples() -> Path:
    """The folder of the sample campaigns."""
    return SAMPLES


@pytest.fixture(scope="session")
def fault_id() -> str:
    """The campaign of the history whose tracking is planted to be faulty."""
    return FAULT


@pytest.fixture(scope="session")
def make_campaign() -> Callable[..., Campaign]:
    """make_campaign(platform="Google", actual={"clicks": 3}): the specification's sample with changes."""
    return _campaign


@pytest.fixture(scope="session")
def sample() -> Campaign:
    """cmp_007_meta_summer_bootcamp, exactly as in the specification."""
    return _campaign()


@pytest.fixture(scope="session")
def history() -> tuple[Campaign, ...]:
    """The forty campaigns with a planted truth."""
    bodies = json.loads((SAMPLES / "campaign_history.json").read_text(encoding="utf-8"))
    return tuple(Campaign.model_validate_json(json.dumps(body)) for body in bodies)


@pytest.fixture(scope="session")
def history_evidence(history: tuple[Campaign, ...]) -> tuple[Evidence, ...]:
    """What the forty campaigns say to the learner."""
    return tuple(evidence_of(campaign) for campaign in history)


@pytest.fixture(scope="session")
def knowledge(history: tuple[Campaign, ...], history_evidence: tuple[Evidence, ...]) -> Knowledge:
    """What is learnt from the forty campaigns; about a second, so it is made once."""
    request = FitRequest(
        seq=40, epoch=6, as_of="2026-04-01T00:00:00+00:00", definitions=agreed(map(descriptions_of, history))
    )
    return learn(history_evidence, request)


@pytest.fixture(scope="session")
def wasteful_evidence(history: tuple[Campaign, ...]) -> tuple[Evidence, ...]:
    """The forty campaigns, of which `WASTEFUL` paid four times as much for the same."""
    bodies = [campaign.model_dump(mode="json") for campaign in history]
    (body,) = (body for body in bodies if body["campaign_id"] == WASTEFUL)
    for metrics in (body["actual_metrics"], *(row["metrics"] for row in body["breakdown"])):
        metrics["spend"] *= 4
    return tuple(evidence_of(Campaign.model_validate_json(json.dumps(body))) for body in bodies)


@pytest.fixture(scope="session")
def knowledge_of_waste(wasteful_evidence: tuple[Evidence, ...]) -> Knowledge:
    """What is learnt where one campaign wasted its money."""
    return learn(wasteful_evidence, FitRequest(seq=40, epoch=6, as_of="2026-04-01T00:00:00+00:00"))


@pytest.fixture(scope="session")
def fitted(history_evidence: tuple[Evidence, ...]) -> FittedMetrics:
    """The fits of the forty campaigns without the faulty one."""
    return fit_metrics(Dataset.of(item for item in history_evidence if item.campaign_id != FAULT))


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated, empty database file to copy: migrating takes longer than most tests."""
    path = tmp_path_factory.mktemp("migrated") / "reflection.db"
    open_database(path).close()
    return path


@pytest.fixture(scope="session")
def settings_in(migrated: Path) -> Callable[..., Settings]:
    """settings_in(folder, background="threads"): everything in one folder, on a migrated database; no `.env` is read.

    Nothing runs in the background unless asked for: learning after every request is most of what a test would cost.
    """

    def make(folder: Path, **values: Any) -> Settings:
        folder.mkdir(parents=True, exist_ok=True)
        if not (folder / "reflection.db").exists():
            shutil.copy(migrated, folder / "reflection.db")
        return Settings.load(
            _env_file=None,
            database_path=folder / "reflection.db",
            output_dir=folder / "output",
            weights_path=folder / "weights.json",
            **{"vector_backend": "local", "background": "none", **values},
        )

    return make


@pytest.fixture(scope="session")
def free_port() -> Callable[[], int]:
    """free_port(): for a server that is about to start.

    Not one of those that the system hands out: a client's connection, or another process of these tests, could take it
    before the server does.
    """
    ports = itertools.count(20_000 + os.getpid() % 1_000 * 10)

    def port() -> int:
        for number in ports:
            with socket.socket() as probe, suppress(OSError):
                probe.bind(("127.0.0.1", number))
                return number
        raise AssertionError("there is always another one")

    return port


@pytest.fixture
def settings(tmp_path: Path, settings_in: Callable[..., Settings]) -> Settings:
    """Settings that keep everything in one fresh folder and read no `.env`."""
    return settings_in(tmp_path)


@pytest.fixture(scope="session")
def learnt(
    tmp_path_factory: pytest.TempPathFactory, settings_in: Callable[..., Settings], history: tuple[Campaign, ...]
) -> Path:
    """A database with the forty campaigns, learnt from and published, to copy: making it takes three seconds."""
    settings = settings_in(tmp_path_factory.mktemp("learnt"))
    with build(settings) as application:
        for campaign in history:
            application.engine.analyze(campaign)
        application.learner.learn_now("default")
        application.publisher.publish_pending()
    return settings.database_path


@pytest.fixture
def store(tmp_path: Path, migrated: Path) -> Iterator[SqlStore]:
    """A store on a fresh file."""
    shutil.copy(migrated, tmp_path / "store.db")
    database = open_database(tmp_path / "store.db")
    yield SqlStore(database)
    database.close()


@pytest.fixture
def application(settings: Settings) -> Iterator[Application]:
    """The whole application on a fresh file; nothing runs in the background."""
    with build(settings) as built:
        yield built


@pytest.fixture
def learnt_application(settings: Settings, learnt: Path) -> Iterator[Application]:
    """The whole application, which has learnt from the forty campaigns."""
    shutil.copy(learnt, settings.database_path)
    with build(settings) as built:
        yield built


REFERENCE = {"cpm": 0.01, "ctr": 0.02, "cvr": 0.05, "aov": 40.0}
"""CPM 10 per 1,000, CTR 2 %, CVR 5 %, AOV 40: CPA 10, ROAS 4."""

Maker = Callable[..., Knowledge]


def _finding(signal: str, metric: str, effect: float) -> Finding:
    return Finding(
        finding_id=f"f-{signal}", category="platform_trend", title="", description="", signal_key=signal,
        impact_score=1.0, evidence_count=6, metadata={}, metric=metric,
        direction="favorable" if effect > 0 else "unfavorable", effect=float(np.exp(effect)), interval=None,
        probability=0.99, lfsr=0.01, raw_lift=None, effective_campaigns=12.0, spend=6000.0,
        supporting=("c2", "c1"), contradicting=("c9",),
    )  # fmt: skip


def _effect(signal: str, metric: str, mean: float, sd: float, finding: bool) -> Effect:
    low, high = np.exp(mean - 1.645 * sd), np.exp(mean + 1.645 * sd)
    return Effect(
        signal=signal, group=signal.partition(":")[0], metric=metric, raw_lift=float(np.exp(mean * 1.5)),
        effect=float(np.exp(mean)), interval=(float(low), float(high)), probability=0.9, lfsr=0.01 if finding else 0.3,
        campaigns=12.0, spend=6000.0, finding=finding, reason="" if finding else "few campaigns",
    )  # fmt: skip


def _knowledge(
    effects: Mapping[str, tuple[float, float, bool]],
    *,
    metric: str = "roas",
    sigma: float = 0.1,
    draws: int = 1000,
    **changes: Any,
) -> Knowledge:
    """`effects`: signal -> (mean log lift, standard deviation, is a finding); all of it sits in the CVR."""
    features = tuple(sorted(effects))
    posteriors = {}
    for part, reference in REFERENCE.items():
        rng = np.random.default_rng(len(part) + ord(part[0]))
        matrix = np.zeros((1 + len(features), draws), dtype=np.float32)
        matrix[0] = rng.normal(0, 0.02, draws)
        if part == "cvr":
            for row, key in enumerate(features, start=1):
                mean, sd, _ = effects[key]
                matrix[row] = rng.normal(mean, sd, draws)
        tau = {key.partition(":")[0]: 0.2 for key in features}
        posteriors[part] = MetricPosterior(features, matrix, sigma, tau, reference)
    known = {
        "epoch": 3, "seq": 40, "as_of": "2026-03-01T00:00:00+00:00", "campaigns": 40, "goal_metric": metric,
        "currency": "EUR", "reason": None, "posteriors": posteriors,
        "effects": tuple(_effect(key, metric, *effects[key]) for key in features),
        "findings": tuple(_finding(key, metric, effects[key][0]) for key in features if effects[key][2]),
        "weights": tuple(
            SignalWeight(key, float(np.exp(effects[key][0])), 3, 1, "2026-03-01T00:00:00+00:00", (0.5, 2.0), None, 12.0)
            for key in features
        ),
        "mixtures": {metric: (0.3, 0.1, 0.2, 0.2, 0.2)},
        "pace": Pace(500_000.0, 5_000.0),
    }  # fmt: skip
    return _booked(Knowledge(**{**known, **changes}))


def _booked(knowledge: Knowledge) -> Knowledge:
    """The knowledge with every platform, audience and creative signal as something booked, each of one part only."""
    effects = {effect.signal: effect for effect in knowledge.effects if root(effect.signal) != signals.OBJECTIVE}
    bookables = [_bookable(effect, signals.parse(key).parts) for key, effect in sorted(effects.items())]
    knowledge = replace(knowledge, bookables=tuple(bookables))
    totals = TotalEffects(knowledge, knowledge.goal_metric).of(bookables)
    both = zip(bookables, totals, strict=True)
    return replace(knowledge, bookables=tuple(replace(one, total=judged.total) for one, judged in both))


def _bookable(effect: Effect, parts: tuple[signals.Signal, ...]) -> Bookable:
    key = parts[-1].key
    return Bookable(
        key=effect.signal, label=signals.spoken(effect.signal, {}).removeprefix("platform "),
        definition=Definition(key, root(key), {key: 1.0}),
        platform=parts[0].key if len(parts) > 1 else None, campaigns=12, rows=24, spend=effect.spend, with_spend=12,
        conversions=600.0,
        objectives={}, enough=True, supporting=("c1", "c2"), contradicting=("c9",),
    )  # fmt: skip


@pytest.fixture
def make_knowledge() -> Maker:
    """Make a `Knowledge` from {signal: (mean log lift, sd, is a finding)}."""
    return _knowledge


@pytest.fixture
def video_works() -> Knowledge:
    """Video works, image does not, Google is promising, age 45+ is open; video differs on Meta."""
    return _knowledge(
        {
            "platform:meta": (-0.05, 0.1, False),
            "platform:google": (0.15, 0.15, False),
            "objective:leads": (0.3, 0.05, True),
            "creative.type:video": (0.3, 0.08, True),
            "creative.type:image": (-0.3, 0.08, True),
            "audience.age:45+": (-0.02, 0.12, False),
            "platform*creative.type:meta*video": (0.1, 0.1, False),
        }
    )


@pytest.fixture(scope="session")
def candidate() -> Callable[[NextTest], Bookable]:
    """Something open that is worth a test."""
    return _candidate


def _candidate(test: NextTest) -> Bookable:
    total = Total(test.metric, 1.05, (0.8, 1.4), 1.3, 0.6, 0.4, "explore", stake=500.0, currency="EUR", test=test)
    one = _bookable(_effect(test.signal_key, test.metric, 0.05, 0.2, False), signals.parse(test.signal_key).parts)
    return replace(one, total=total)


class TwistingServer:
    """A model that swaps names, promotes noise and turns signs, with the evidence it is given."""

    model = "twisting"

    def ask(self, question: Question) -> Answer:
        evidence = json.loads(question.data.split("\n")[1])["evidence"]
        return Answer(json.dumps({"items": [item for e in evidence for item in self._items(e, evidence)][:48]}), 10)

    def _items(self, item: dict[str, Any], everything: list[dict[str, Any]]) -> list[dict[str, Any]]:
        ref, figures = item["ref"], item["figures"]
        texts = []
        if item["kind"] == "delta" and "change" in figures:
            opposite = "fell" if figures["change"].startswith("+") else "rose"
            texts.append(f"{item['about'].upper()} {opposite} to {{{ref}.actual}}.")
            if item["certainty"] == "noise":
                texts.append(f"{item['about'].upper()} moved to {{{ref}.actual}}, beyond noise.")
        if item["kind"] == "finding":
            others = [other["ref"] for other in everything if other["kind"] == "finding" and other is not item]
            texts += [f"{{{other}.about}} came with {item['detail']['metric'].upper()} {{{ref}.size}} above average."
                      for other in others]  # fmt: skip
            step = "less" if item["detail"]["direction"] == "favorable" else "more"
            texts.append(f"Plan {step} with {{{ref}.about}}, which is {{{ref}.odds}} likely to be above average.")
        kinds = ("key_learning", "recommendation")
        refs = [other["ref"] for other in everything if other["kind"] in ("finding", "delta")][:8]
        return [
            {"kind": kind, "text": text, "evidence": refs if ref in refs else [ref, *refs[:7]]}
            for text in texts
            for kind in kinds
        ]


@pytest.fixture(scope="session")
def twisting_model() -> ModelProposer:
    """A model that swaps names, promotes noise and turns signs, whatever evidence it is given."""
    return ModelProposer(cast(ModelServer, TwistingServer()), tokens_per_day=10**9)
