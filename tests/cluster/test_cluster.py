"""Learning on a cluster: the same bits as alone, however many partitions there are and whoever dies."""

import hashlib
import os
import signal
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import orjson
import pytest

from reflection.cluster.address import ClusterAddress
from reflection.cluster.cluster import DaskCluster
from reflection.domain.campaign import Campaign
from reflection.engine.learner import FITTED, READ, Learner
from reflection.errors import ConfigurationError, Unavailable
from reflection.evaluation import backtest_stages
from reflection.inference.evidence import partitions
from reflection.settings import Settings
from reflection.wiring import Application, build
from reflection.worker import backtesting
from reflection.worker.relearning import relearn_every

pytestmark = [pytest.mark.cluster, pytest.mark.filterwarnings("default")]

MEMORY = 2**30
NOW = datetime(2026, 9, 1, tzinfo=UTC)
NEW_IN_EACH = ("as_of", "generated_at", "output_path", "epoch")
WORKSPACES = ("default", "other", "third")


@pytest.fixture(scope="module")
def application(tmp_path_factory: pytest.TempPathFactory, history: tuple[Campaign, ...]) -> Iterator[Application]:
    """Forty campaigns in one workspace, fewer in two others."""
    folder = tmp_path_factory.mktemp("cluster")
    settings = Settings.load(
        _env_file=None, database_path=folder / "x.db", output_dir=folder / "output", vector_backend="local",
        weights_path=folder / "weights.json", background="none",
    )  # fmt: skip
    with build(settings) as application:
        for workspace, count in zip(WORKSPACES, (len(history), 12, 20), strict=True):
            list(application.engine.analyze_many(history[:count], workspace=workspace))
        yield application


@pytest.fixture(scope="module")
def cluster(application: Application) -> Iterator[Callable[[int | None], DaskCluster]]:
    """Two processes, asked for so many partitions; started once."""
    file = str(application.settings.database_path.resolve())
    first = DaskCluster(ClusterAddress(processes=2), file, memory=MEMORY)

    def asked_for(count: int | None) -> DaskCluster:
        other = DaskCluster(ClusterAddress(processes=2), file, memory=MEMORY, partitions=count)
        other.__dict__["client"] = first.client
        return other

    yield asked_for
    first.close()


@pytest.fixture(autouse=True)
def sampled(monkeypatch: pytest.MonkeyPatch) -> None:
    """The sample is a part of the campaigns, as in a workspace that is worth a cluster."""
    monkeypatch.setattr(partitions, "SAMPLE", 30)


def _relearnt(
    application: Application,
    cluster: DaskCluster | None,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> str:
    """SHA-256 of effects, findings, weights and draws learnt again, and of the answers that are told from them."""
    learner = Learner(application.store, cluster=cluster, cluster_from=1, clock=lambda: NOW)
    knowledge = learner.relearn("default", progress)
    stored = application.store.campaigns("default")
    told = [_stripped(orjson.loads(application.engine.show(one.campaign_id))) for one in stored]
    said = [knowledge.effects, knowledge.findings, knowledge.weights, told]
    seal = hashlib.sha256(orjson.dumps(said, default=dict))
    for metric, posterior in sorted(knowledge.posteriors.items()):
        seal.update(metric.encode() + posterior.draws.tobytes())
    return seal.hexdigest()


def _stripped(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _stripped(item) for name, item in value.items() if name not in NEW_IN_EACH}
    return [_stripped(item) for item in value] if isinstance(value, list) else value


@pytest.fixture(scope="module")
def alone(application: Application) -> str:
    """What one process learns, in one partition."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(partitions, "SAMPLE", 30)
        return _relearnt(application, None)


@pytest.mark.parametrize("count", [1, 4, 13])
def test_every_number_of_partitions_learns_and_answers_the_same_bits(
    application: Application, cluster: Callable[[int | None], DaskCluster], alone: str, count: int
) -> None:
    seen: list[int] = []
    assert _relearnt(application, cluster(count), lambda done, total: seen.append(done)) == alone
    assert seen == sorted(seen)
    assert {READ, FITTED} < set(seen)
    assert len([done for done in set(seen) if done <= READ]) > min(count, 3), "partitions are told as they are read"


def test_a_killed_worker_costs_its_partitions_and_nothing_else(
    application: Application, cluster: Callable[[int | None], DaskCluster], alone: str
) -> None:
    four, killed = cluster(4), list[int]()

    def kill(done: int, total: int) -> None:
        if done > READ and not killed:  # every partition is read, and the first metric fitted
            killed.extend(four.client.run(os.getpid).values())
            os.kill(killed[0], signal.SIGKILL)

    assert _relearnt(application, four, kill) == alone
    assert len(killed) == 2


def _replayed(
    application: Application,
    cluster: DaskCluster | None,
    progress: Callable[[int, int], object] = lambda done, total: 0,
) -> bytes:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(application, "cluster", cluster)
        patch.setattr(backtesting, "CLUSTER_FROM", 1)
        patch.setattr(backtest_stages, "PORTION", 10)
        patch.setattr(backtest_stages, "FIRST_FIT", 12)
        patch.setattr(backtest_stages, "REFIT_GROWTH", 1.0)
        return orjson.dumps(backtesting.backtest(application, "default", progress))


@pytest.fixture(scope="module")
def replayed(application: Application) -> bytes:
    """The report of one process."""
    return _replayed(application, None)


@pytest.mark.parametrize("count", [1, 4, 13])
def test_a_history_is_replayed_to_the_same_bits_in_any_number_of_partitions_and_beside_a_death(
    application: Application, cluster: Callable[[int | None], DaskCluster], replayed: bytes, count: int
) -> None:
    seen: list[tuple[int, int]] = []
    own = cluster(count)

    def watch(done: int, total: int) -> None:
        seen.append((done, total))
        if count == 4 and len(seen) == 3:
            os.kill(next(iter(own.client.run(os.getpid).values())), signal.SIGKILL)

    assert orjson.loads(replayed)["metrics"], "something is foretold"
    assert _replayed(application, own, watch) == replayed
    assert seen == sorted(seen)
    assert seen[-1] == (40, 40)
    assert len({done for done, _ in seen}) >= 4


def test_histories_are_tasks_of_their_own(application: Application, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = application.settings.model_copy(update={"cluster": "local:2", "cluster_memory": MEMORY})
    with Application(settings) as other:
        monkeypatch.setattr(other.store, "workspaces", lambda: ["other"])
        assert backtesting.backtest_every(other) == {"other": backtesting.backtest(application, "other")}


def test_workspaces_are_tasks_and_learn_what_they_learn_alone(
    application: Application, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(partitions, "SAMPLE", 200_000)  # as it is in the workers
    before = {name: application.learner.relearn(name).effects for name in WORKSPACES}
    settings = application.settings.model_copy(update={"cluster": "local:2", "cluster_memory": MEMORY})
    seen: list[tuple[int, int]] = []
    with Application(settings) as other:
        counts = relearn_every(other, progress=lambda done, total: seen.append((done, total)))
    assert counts == {name: application.store.knowledge(name).campaigns for name in WORKSPACES}
    assert seen == [(1, 3), (2, 3), (3, 3)]
    assert {name: application.store.knowledge(name).effects for name in WORKSPACES} == before


def test_it_listens_on_this_machine_only(cluster: Callable[[int | None], DaskCluster]) -> None:
    import psutil  # comes with Dask; this file is read where that is missing, too

    ours = [psutil.Process(), *psutil.Process().children(recursive=True)]
    listening = [c.laddr for process in ours for c in process.net_connections("tcp") if c.status == psutil.CONN_LISTEN]
    assert cluster(None).workers
    assert listening
    assert {address.ip for address in listening} == {"127.0.0.1"}


@pytest.mark.parametrize(
    "wrong", ["4", "local", "local:0", "local:many", "dask:host:8786", "dask://host", "http://a:1"]
)
def test_an_address_that_is_none_says_what_to_write(wrong: str) -> None:
    with pytest.raises(ConfigurationError, match="MARKO_CLUSTER") as caught:
        ClusterAddress.of(wrong)
    assert "local:N" in str(caught.value.hint)


def test_a_scheduler_that_does_not_answer_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("reflection.cluster.cluster.CONNECT_SECONDS", 0.5)
    with pytest.raises(Unavailable, match=r"tcp://127\.0\.0\.1:9"):
        _ = DaskCluster(ClusterAddress.of("dask://127.0.0.1:9"), None, memory=MEMORY).client
