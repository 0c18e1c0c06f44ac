"""Wiring: the only file that knows every concrete part. Settings in, an `Application` out.

Everything inside gets plain values and ports; nobody below reads settings, and nobody above builds parts.
"""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

import structlog

from reflection.cluster.cluster import DaskCluster, cluster_of
from reflection.delivery.addresses import AddressGuard
from reflection.delivery.alert_service import AlertService, Outlets
from reflection.domain.board import Board, MemoryBoard
from reflection.domain.bookable import EvidenceFloor
from reflection.domain.instants import instant_text
from reflection.domain.metrics import ScoreWeights
from reflection.domain.ports import InsightWriter
from reflection.engine.attention import Attention
from reflection.engine.creative_texts import CreativeTextSource
from reflection.engine.creatives import Creatives
from reflection.engine.current_sentences import current_insights
from reflection.engine.engine import Engine, utc_now
from reflection.engine.experiments import Experiments
from reflection.engine.learner import Learner
from reflection.engine.timing import Observer, unobserved
from reflection.errors import ConfigurationError, ReflectionError, Unavailable
from reflection.explain.left_out import left_out_sentence
from reflection.explain.questions.chat import Phraser
from reflection.explain.writer import DeterministicWriter
from reflection.forecasting.forecaster import Forecaster
from reflection.forecasting.plan_texts import PlanTexts
from reflection.ingest.jobs.reported_days import AnswerCache
from reflection.ingest.jobs.service import Imports
from reflection.ingest.sample_account import SampleAccount
from reflection.memory.backends import choose_index
from reflection.memory.embedders import Embedder, NoEmbedder
from reflection.memory.index import VectorIndex
from reflection.memory.packaged_model import PackagedEmbedder
from reflection.memory.reindexing import EmbeddingBackfill, Mirror, first_search
from reflection.memory.semantic import SemanticMemory
from reflection.memory.server import search_place
from reflection.memory.text_axes import TextAxes
from reflection.recommendations.service import RecommendationService
from reflection.settings import Settings
from reflection.store.api_keys import KeyBook
from reflection.store.board import SharedBoard
from reflection.store.campaigns import SqlStore
from reflection.store.creatives import CreativeBook
from reflection.store.database.connections import Database
from reflection.store.database.migrate import Announce, silent
from reflection.store.database.open import open_database
from reflection.store.events import EventBook
from reflection.store.experiments import ExperimentBook
from reflection.store.imports import ImportRows
from reflection.store.learning_reviews import LearningNotes
from reflection.store.learnings import LearningBook
from reflection.store.maintenance.history import History
from reflection.store.maintenance.purge import Purge, PurgeResult
from reflection.store.maintenance.retention import Retention
from reflection.store.memories import MemoryRows
from reflection.store.projections.artifacts import ArtifactFolder, Telling
from reflection.store.projections.outbox import Outbox
from reflection.store.projections.publisher import Handler, OutboxPublisher
from reflection.store.recommendations import AdviceRows
from reflection.store.server_vectors import ServerVectors
from reflection.store.shares import ShareBook
from reflection.store.worker_lock import WorkerLock, worker_lock

if TYPE_CHECKING:
    from reflection.explain.proposals import ModelProposer

log = structlog.get_logger("reflection")
VECTORS = "vector"
"""The outbox topic that keeps a mirror of the vectors level with the rows."""

WARMED = 64
"""Workspaces whose vectors are read before anybody asks for them; more are not kept in memory."""

ARTIFACTS = "artifacts"
"""The outbox topic of files."""

SET_ASIDE_SHOWN = 10
IMPORTS_LOOKED_AT = 10
"""The last imports whose remarks may need somebody."""

EMBEDDING_SECONDS = 2.0
"""The longest a remote embedding may take: it stands in the way of every analysis and every question."""


class Application:
    """Everything that runs, built from one `Settings`; `announce` hears what takes long while it is built."""

    def __init__(self, settings: Settings, announce: Announce = silent) -> None:
        self.settings = settings
        self.observe_stage: Observer = unobserved
        self.wake_imports: Callable[[], None] = _nobody
        self.database: Database = open_database(settings.database, announce=announce)
        self.keys = KeyBook(self.database)
        self.notes = LearningNotes(self.database)
        self.events = EventBook(self.database)
        self.shares = ShareBook(self.database)
        self.book = LearningBook(self.database)
        self.board: Board = _board(settings, self.database)
        rows, embedder = MemoryRows(self.database), _embedder(settings, self.board)
        index = _index(settings, rows, self.database)
        self.memory = SemanticMemory(rows, embedder, index, learnings=self.book)
        self.backfill = EmbeddingBackfill(rows, embedder, index)
        self.store = SqlStore(self.database, topics=[VECTORS] if index.mirrors else (), book=self.book)
        creatives = CreativeBook(self.database)
        texts = CreativeTextSource(creatives, TextAxes())
        self.creatives = Creatives(creatives, self.store, texts)
        self.experiments = Experiments(ExperimentBook(self.database), self.store)
        self.artifacts = ArtifactFolder(
            self.database, settings.output_dir, settings.weights_path, current=self._current
        )
        self.outbox = Outbox(self.database)
        self.worker: WorkerLock = worker_lock(settings.database)
        self.publisher = _publisher(settings, self.outbox, self.artifacts, self.store, self.memory)
        self.cluster = cluster_of(settings)
        self.learner = _learner(settings, self.database, self.store, texts, self.cluster)
        self.model = _model(settings, self.board)
        self.phraser = _phraser(self.model)
        forecaster, plan_texts = Forecaster(), PlanTexts(texts)
        self.recommendations = _recommendations(self, forecaster, plan_texts)
        self.alerts = _alerts(settings, self.database, self.store, self.recommendations)
        self.retention = Retention(
            self.store,
            self.notes,
            (self.alerts, self.shares),
            History(self.database, settings.history_days),
            board=SharedBoard(self.database),
        )
        self.engine = Engine(
            self.store,
            self.memory,
            _writer(self.model),
            output_path=self.artifacts.folder_of,
            score_weights=_score_weights(settings),
            forecaster=forecaster,
            texts=plan_texts,
            observe=self._observe,
        )
        imports = ImportRows(self.database)
        self.days = AnswerCache(imports)
        self.imports = Imports(self.engine, self.store, imports, clock=utc_now)
        self.sample = SampleAccount(self.engine, self.store, self.learner.learn_now, lambda name: self.purge(name).rows)

    def warm(self) -> None:
        """Read vectors before the first request asks for them; a mirror that is down is left for later."""
        for workspace in self.store.workspaces()[:WARMED]:
            if (space := self.memory.embedder.space) is not None:
                with suppress(Unavailable):
                    first_search(self.memory.index, space, workspace)

    def status(self, workspace: str | None = None) -> dict[str, Any]:
        """What is configured, what is degraded, who works behind it, and how far that is behind.

        Args:
            workspace: nothing is told of any other, nor counted over them; None for all.
        """
        names = self.store.workspaces() if workspace is None else [workspace]
        # To the first that is not level; an empty store has a mirror too, which may be down.
        all(self.memory.is_level(name) for name in names or ["default"])
        memory, worker = self.memory.status() | {"vectors": search_place(self.memory.index)}, self.worker.state()
        lags = self.learner.lags()
        learning_lag = {name: lags.get(name, 0) for name in names}
        lag = self.alerts.outbox.lag().items()
        alerts = {name: counts for name, counts in lag if workspace in (None, name)}
        approximate = self.approximate(*names)
        troubles = {
            "not-learning": any(learning_lag.values()) and not worker.running,
            "alerts-given-up": any(counts["given_up"] for counts in alerts.values()),
            "unpublished": any(self.outbox.dead_counts(workspace).values()),
            "approximate": bool(approximate),  # a workspace says more than one fit can take in
        }
        return {
            "database": self.database.name,
            "memory": memory,
            "writer": self.model.status() if self.model else "deterministic",
            "worker": asdict(worker),
            "learning_lag": learning_lag,
            "outbox_lag": self.outbox.lag(workspace),
            "alerts": alerts,
            "set_aside": [asdict(letter) for letter in self.outbox.some_dead(SET_ASIDE_SHOWN, workspace)],
            "approximate": approximate,
            "degraded": [*memory["degraded"], *(name for name, there in troubles.items() if there)],
        }

    def approximate(self, *names: str) -> dict[str, str]:
        """Workspaces whose fit left something out, and what; of all where none are named."""
        workspaces = names or self.store.workspaces()
        sentences = {name: left_out_sentence(self.store.knowledge(name).left_out) for name in workspaces}
        return {name: sentence for name, sentence in sentences.items() if sentence}

    def attention(self, workspace: str, limit: int) -> dict[str, Any]:
        """What needs somebody in a workspace; see `Attention.page`."""
        imports = self.imports.recent(workspace, IMPORTS_LOOKED_AT)
        with self.store.snapshot(workspace) as snapshot:
            return Attention(snapshot, imports, utc_now()).page(limit)

    def send_alerts(self) -> None:
        """Send what is due, where no worker does: for commands, which leave nobody behind."""
        if not self.worker.state().running:
            self.alerts.sender.work(at_once=True)

    def rebuild(self) -> int:
        """Recreate every projection from the rows: artifacts, weights.json, mirrors; forget what is past its time."""
        self.retention.work()
        if not self.memory.index.mirrors:
            self.memory.index.reset()
        return self.publisher.rebuild()

    def purge(self, workspace: str, *, scrubbed: bool = False) -> PurgeResult:
        """Remove everything of a workspace: rows, vectors, files; see `Purge`."""
        return Purge(self.database, self.memory.index, self.publisher, self.artifacts).all_of(
            workspace, instant_text(utc_now()), scrubbed=scrubbed
        )

    def close(self) -> None:
        """Close the database; the application is not usable afterwards."""
        self.memory.index.close()
        if self.cluster is not None:
            self.cluster.close()
        self.database.close()

    def _current(self, workspace: str) -> Telling:
        """How campaigns of a workspace are told today, for files."""
        return self.engine.telling(workspace)

    def _observe(self, stage: str, seconds: float) -> None:
        """To whoever wants to know at the moment."""
        self.observe_stage(stage, seconds)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def build(settings: Settings, announce: Announce = silent) -> Application:
    """Build the application; `announce` hears what takes long.

    Raises:
        ConfigurationError: a setting is wrong, or a newer version wrote the database.
        Unavailable: the database cannot be opened.
    """
    return Application(settings, announce)


def _board(settings: Settings, database: Database) -> Board:
    """Shared where several processes answer: on a server's database, and of a file where settings say so."""
    alone = database.is_file and settings.workers == 1
    return MemoryBoard() if alone else SharedBoard(database)


def _model(settings: Settings, board: Board) -> "ModelProposer | None":
    """The language model that may phrase; imported only where one is configured, because its SDK takes a second."""
    if settings.openai_api_key is None:
        return None
    from reflection.explain.proposals import ModelProposer
    from reflection.llm.client import ModelServer

    key = settings.openai_api_key.get_secret_value()
    server = ModelServer(
        key,
        settings.insights_model,
        base_url=settings.openai_base_url,
        deadline_seconds=settings.model_deadline,
    )
    return ModelProposer(server, board=board, tokens_per_day=settings.model_daily_tokens)


def _writer(model: "ModelProposer | None") -> InsightWriter:
    if model is None:
        return DeterministicWriter()
    from reflection.explain.openai_writer import OpenAIWriter

    return OpenAIWriter(model)


def _phraser(model: "ModelProposer | None") -> Phraser | None:
    if model is None:
        return None
    from reflection.explain.questions.openai_chat import OpenAIPhraser

    return OpenAIPhraser(model)


def _score_weights(settings: Settings) -> ScoreWeights:
    return ScoreWeights(settings.conversion_weight, settings.ctr_weight, settings.cpa_weight)


def _learner(
    settings: Settings, database: Database, store: SqlStore, texts: CreativeTextSource, cluster: DaskCluster | None
) -> Learner:
    return Learner(
        store,
        goal=settings.goal_metric,
        score_weights=_score_weights(settings),
        floor=EvidenceFloor(settings.finding_campaigns, settings.finding_events),
        texts=texts,
        cluster=cluster,
        alone=database.alone,
    )


def _recommendations(application: Application, forecaster: Forecaster, texts: PlanTexts) -> RecommendationService:
    rows, holdback = AdviceRows(application.database), application.settings.holdback
    store, memory = application.store, application.memory
    return RecommendationService(
        store, rows, memory, current_insights, forecaster=forecaster, texts=texts, holdback=holdback, clock=utc_now
    )


def _alerts(
    settings: Settings, database: Database, store: SqlStore, recommendations: RecommendationService
) -> AlertService:
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    outlets = Outlets(
        guard=AddressGuard(settings.alert_hosts),
        mail_url=settings.mail_url.get_secret_value() if settings.mail_url else None,
        base_url=(settings.public_url or f"http://{host}:{settings.port}").rstrip("/"),
        log_days=settings.alert_log_days,
    )
    return AlertService(database, outlets, store, recommendations, clock=utc_now)


def _publisher(
    settings: Settings, outbox: Outbox, artifacts: ArtifactFolder, store: SqlStore, memory: SemanticMemory
) -> OutboxPublisher:
    """Publishes files, and vectors where the index mirrors the rows."""
    handlers: dict[str, Handler] = {ARTIFACTS: artifacts}
    if memory.index.mirrors:
        handlers[VECTORS] = Mirror(memory.rows, memory.embedder, memory.index, store.workspaces)
    beside = settings.database_path if settings.database_url is None else settings.output_dir
    return OutboxPublisher(outbox, handlers, Path(f"{beside}.publish.lock"))


def _index(settings: Settings, rows: MemoryRows, database: Database) -> VectorIndex:
    index = choose_index(
        settings.vector_backend,
        rows,
        chroma_path=settings.vector_path,
        chroma_url=settings.chroma_url,
        json_path=settings.vector_fallback_path,
        server=None if database.is_file else ServerVectors(database),
    )
    if index.one_process and settings.workers > 1:
        raise ConfigurationError(
            f"an embedded Chroma folder belongs to one process, and MARKO_WORKERS is {settings.workers}",
            hint="name a Chroma server (MARKO_CHROMA_URL), or set MARKO_VECTOR_BACKEND=local",
            field="MARKO_WORKERS",
        )
    return index


def _embedder(settings: Settings, board: Board) -> Embedder:
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
        board=board,
    )


def _nobody() -> None:
    """Nobody works on imports here; whoever does looks by itself."""


def report_error(name: str, error: Exception) -> None:
    """Log an error of background work, by the name of the work; what was foreseen needs no traceback."""
    details = {"message": error.message} if isinstance(error, ReflectionError) else {"exc_info": error}
    log.error("background work failed", part=name, error=type(error).__name__, **details)
