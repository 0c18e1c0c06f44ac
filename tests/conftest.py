"""Shared parts of the tests: the sample campaigns, what is learnt from them, and an application on a fresh file."""

import json
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from threadpoolctl import threadpool_limits

from reflection.domain.campaign import Campaign
from reflection.domain.evidence import Evidence, evidence_of
from reflection.domain.knowledge import Knowledge
from reflection.evidence_table import EvidenceTable
from reflection.fitting import FittedMetrics, fit_metrics
from reflection.learn import learn
from reflection.settings import Settings
from reflection.store.database import open_database
from reflection.store.store import SqlStore
from reflection.wiring import Application, build

SAMPLES = Path(__file__).parents[1] / "data" / "samples"
FAULT = "cmp_h31_google_sales"


@pytest.fixture(scope="session", autouse=True)
def one_thread() -> Iterator[None]:
    """Linear algebra in one thread, here and in processes that tests start: threads of small systems only fight."""
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        os.environ.setdefault(name, "1")
    with threadpool_limits(1):
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
def knowledge(history_evidence: tuple[Evidence, ...]) -> Knowledge:
    """What is learnt from the forty campaigns; about a second, so it is made once."""
    return learn(history_evidence, seq=40, epoch=6, as_of="2026-04-01T00:00:00+00:00")


@pytest.fixture(scope="session")
def fitted(history_evidence: tuple[Evidence, ...]) -> FittedMetrics:
    """The fits of the forty campaigns without the faulty one."""
    return fit_metrics(EvidenceTable.of(item for item in history_evidence if item.campaign_id != FAULT))


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated, empty database file to copy: migrating takes longer than most tests."""
    path = tmp_path_factory.mktemp("migrated") / "reflection.db"
    open_database(path).close()
    return path


@pytest.fixture
def settings(tmp_path: Path, migrated: Path) -> Settings:
    """Settings that keep everything in one fresh folder and read no `.env`."""
    shutil.copy(migrated, tmp_path / "reflection.db")
    return Settings.load(
        _env_file=None,
        database_path=tmp_path / "reflection.db",
        output_dir=tmp_path / "output",
        weights_path=tmp_path / "weights.json",
        vector_backend="local",
    )


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
