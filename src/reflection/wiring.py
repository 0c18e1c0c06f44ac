"""Wiring: the only file that knows every concrete part. Settings in, an `Application` out.

Everything inside gets plain values and ports; nobody below reads settings, and nobody above builds parts.
"""

from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

import structlog

from reflection.domain.metrics import ScoreWeights
from reflection.domain.ports import InsightWriter
from reflection.engine.background import Background
from reflection.engine.engine import Engine, utc_now
from reflection.engine.learner import Learner
from reflection.engine.timing import Observer, unobserved
from reflection.explain.chat import Phraser
from reflection.explain.writer import DeterministicWriter
from reflection.ingest.jobs.service import Imports
from reflection.ingest.jobs.worker import ImportWorker
from reflection.memory.backends import choose_index
from reflection.memory.embedders import Embedder, NoEmbedder
from reflection.memory.index import VectorIndex
from reflection.memory.packaged_model import PackagedEmbedder
from reflection.memory.reindexing import Follower, Mirror
from reflection.memory.semantic import SemanticMemory
from reflection.recommendations.service import Advisor
from reflection.settings import Settings
from reflection.store.api_keys import KeyBook
from reflection.store.campaigns import SqlStore
from reflection.store.database.connections import Database
from reflection.store.database.open import open_database
from reflection.store.imports import ImportRows
from reflection.store.learning_reviews import LearningNotes
from reflection.store.learnings import LearningBook
from reflection.store.maintenance.purge import purge_workspace
from reflection.store.maintenance.retention import Retention
from reflection.store.memories import MemoryRows
from reflection.store.projections.artifacts import ArtifactFolder
from reflection.store.projections.outbox import Outbox
from reflection.store.projections.publisher import Handler, OutboxPublisher
from reflection.store.recommendations import AdviceRows
from reflection.store.tables.campaigns import instant_text

if TYPE_CHECKING:
    from reflection.explain.proposals import ProposingModel

log = structlog.get_logger("reflection")
VECTORS = "vector"
"""The outbox topic that keeps a mirror of the vectors level with the rows."""

EMBEDDING_SECONDS = 2.0
"""The longest a remote embedding may take: it stands in the way of every analysis and every question."""


class BackgroundLearner(Learner):
    """The learner with its thread."""

    def __init__(self, *args: Any, after: Callable[[Callable[[], bool]], object], **options: Any) -> None:
        super().__init__(*args, **options)
        self._after = after
        self._thread = Background("learner", self._work, _report)

    def start(self) -> None:
        """Learn in the background."""
        self._thread.start()

    def stop(self) -> None:
        """Finish the fit, or the batch of texts, in hand and stop."""
        self._thread.stop()

    def _work(self) -> None:
        self.learn_all()
        self._after(self._thread.going_on)


class BackgroundPublisher:
    """The publisher with its thread."""

    def __init__(self, publisher: OutboxPublisher) -> None:
        self._publisher = publisher
        self._thread = Background("publisher", publisher.publish_pending, _report, poll=0.2)

    def publish_pending(self) -> int:
        """Publish what is pending; how many entries."""
        return self._publisher.publish_pending()

    def publish_some(self) -> int:
        """Publish a portion of what is pending; how many entries."""
        return self._publisher.publish_some()

    def rebuild(self) -> int:
        """Publish everything again from the rows; how many things."""
        return self._publisher.rebuild()

    def start(self) -> None:
        """Publish in the background."""
        self._thread.start()

    def stop(self) -> None:
        """Publish what is pending, then stop."""
        self._thread.stop()
        self._publisher.publish_pending()


class Application:
    """Everything that runs, built from one `Settings`."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.observe_stage: Observer = unobserved
        self.database: Database = open_database(settings.database_path)
        rows, embedder = MemoryRows(self.database), _embedder(settings)
        index = _index(settings, rows)
        self.keys = KeyBook(self.database)
        self.book = LearningBook(self.database)
        self.notes = LearningNotes(self.database)
        self.store = SqlStore(self.database, topics=[VECTORS] if index.mirrors else (), book=self.book)
        self.retention = Retention(self.store, self.notes)
        self.artifacts = ArtifactFolder(self.database, settings.output_dir, settings.weights_path)
        self.outbox = Outbox(self.database)
        lock = Path(f"{settings.database_path}.publish.lock")
        handlers: dict[str, Handler] = {"artifacts": self.artifacts}
        if index.mirrors:
            handlers[VECTORS] = Mirror(rows, embedder, index, self.store.workspaces)
        self.publisher = BackgroundPublisher(OutboxPublisher(self.outbox, handlers, lock))
        self.memory = SemanticMemory(rows, embedder, index, learnings=self.book)
        self.follower = Follower(rows, embedder, index)
        score_weights = ScoreWeights(settings.conversion_weight, settings.ctr_weight, settings.cpa_weight)
        self.learner = BackgroundLearner(
            self.store, goal=settings.goal_metric, score_weights=score_weights, after=self._after_learning
        )
        self.advisor = Advisor(
            self.store,
            AdviceRows(self.database),
            self.memory,
            lambda **options: self.engine.recommendations(**options),
            holdback=settings.holdback,
            clock=utc_now,
        )
        self.model = _model(settings)
        self.phraser = _phraser(self.model)
        self.engine = Engine(
            self.store,
            self.memory,
            _writer(self.model),
            output_path=lambda workspace, campaign_id: str(self.artifacts.folder_of(workspace, campaign_id)),
            score_weights=score_weights,
            forecaster=self.advisor.foresight,
            observe=lambda stage, seconds: self.observe_stage(stage, seconds),
            learnings=self.book,
        )
        self.imports = Imports(self.engine, self.store, ImportRows(self.database), clock=utc_now)
        self.importer = ImportWorker(self.imports, _report)

    def embed_new(self, go_on: Callable[[], bool] = lambda: True) -> int:
        """Embed what was stored without a vector, while `go_on`; how many memories."""
        return sum(self.follower.catch_up(workspace, go_on) for workspace in self.store.workspaces())

    def _after_learning(self, go_on: Callable[[], bool]) -> None:
        self.embed_new(go_on)
        self.retention.forget_due()

    def status(self) -> dict[str, Any]:
        """What is configured, what is degraded, and how far the projections are behind."""
        # To the first that is not level; an empty store has a mirror too, which may be down.
        all(self.memory.is_level(workspace) for workspace in self.store.workspaces() or ["default"])
        memory = self.memory.status()
        return {
            "database": str(self.settings.database_path),
            "memory": memory,
            "writer": self.model.status() if self.model else "deterministic",
            "learning_lag": {name: self.learner.lag(name) for name in self.store.workspaces()},
            "outbox_lag": self.outbox.lag(),
            "degraded": list(memory.get("degraded", ())),
        }

    def rebuild(self) -> int:
        """Recreate every projection from the rows: artifacts, weights.json, mirrors; forget what is past its time."""
        self.retention.forget_due()
        return self.publisher.rebuild()

    def purge(self, workspace: str) -> int:
        """Remove everything of a workspace: rows, vectors, files; how many rows.

        Raises:
            Unavailable: the store refused (nothing was removed), or the rows are gone and a mirror is down: `rebuild`
                removes the vectors from it.
        """
        removed = purge_workspace(self.database, workspace, instant_text(utc_now()))
        self.memory.index.purge(workspace)
        self.publisher.publish_pending()
        return removed

    def close(self) -> None:
        """Finish the batch of an import in hand and close the database; the application is not usable afterwards."""
        self.importer.stop()
        self.memory.index.close()
        self.database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def build(settings: Settings) -> Application:
    """Build the application.

    Raises:
        ConfigurationError: a setting is wrong, or a newer version wrote the database.
        Unavailable: the database cannot be opened.
    """
    return Application(settings)


def _model(settings: Settings) -> "ProposingModel | None":
    """The language model that may phrase; imported only where one is configured, because its SDK takes a second."""
    if settings.openai_api_key is None:
        return None
    from reflection.explain.proposals import ProposingModel
    from reflection.llm.client import ModelServer

    key = settings.openai_api_key.get_secret_value()
    server = ModelServer(
        key,
        settings.insights_model,
        base_url=settings.openai_base_url,
        deadline_seconds=settings.model_deadline,
    )
    return ProposingModel(server, tokens_per_day=settings.model_daily_tokens)


def _writer(model: "ProposingModel | None") -> InsightWriter:
    if model is None:
        return DeterministicWriter()
    from reflection.explain.openai_writer import OpenAIWriter

    return OpenAIWriter(model)


def _phraser(model: "ProposingModel | None") -> Phraser | None:
    if model is None:
        return None
    from reflection.explain.openai_chat import OpenAIPhraser

    return OpenAIPhraser(model)


def _index(settings: Settings, rows: MemoryRows) -> VectorIndex:
    return choose_index(
        settings.vector_backend,
        rows,
        chroma_path=settings.vector_path,
        chroma_url=settings.chroma_url,
        json_path=settings.vector_fallback_path,
    )


def _embedder(settings: Settings) -> Embedder:
    """The packaged model, none, or OpenAI's where it is named and a key is set (imported late: it takes a second)."""
    if settings.embedding_model == "none":
        return NoEmbedder()
    if settings.embedding_model == "packaged" or settings.openai_api_key is None:
        return PackagedEmbedder()
    from reflection.memory.openai_embeddings import OpenAIEmbedder

    key = settings.openai_api_key.get_secret_value()
    return OpenAIEmbedder(
        key,
        settings.embedding_model,
        base_url=settings.openai_base_url,
        deadline_seconds=min(settings.model_deadline, EMBEDDING_SECONDS),
    )


def _report(name: str, error: Exception) -> None:
    log.error("background work failed", part=name, error=type(error).__name__, exc_info=error)
