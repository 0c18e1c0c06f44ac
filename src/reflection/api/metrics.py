"""What the process counts, in Prometheus' text format: requests, latencies, stages, and how far things are behind.

Every process has a registry of its own, so nothing is shared between servers or tests; only processes that answer at
one address (`processes`) tell their sums. Labels come from fixed sets
(route templates, methods, stages, topics): no id, name or workspace of a caller ever becomes one, which would both
grow without bound and tell callers of each other. Must not know what the routes do.
"""

import os
from collections.abc import Iterator, Mapping
from typing import Any, Final

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    disable_created_metrics,
    generate_latest,
    multiprocess,
)
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector
from starlette.types import Scope

from reflection.errors import ReflectionError
from reflection.wiring import VECTORS, Application

COUNTS = "PROMETHEUS_MULTIPROC_DIR"
"""Names the folder in which processes at one address add up their counts; Prometheus' client reads it when loaded."""

UNMATCHED: Final = "(none)"
"""The route of what never reached one: refused callers, unknown paths."""

LATENCIES = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
STAGES = (0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
disable_created_metrics()  # type: ignore[no-untyped-call]  # a second line per series that says when it was first seen
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_STATES = ("closed", "half-open", "open")


class Metrics:
    """The counters of one process; thread-safe."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        ProcessCollector(registry=self._registry)
        self._requests = Counter(
            "reflection_requests", "Requests answered.", ["method", "route", "status"], registry=self._registry
        )
        self._seconds = Histogram(
            "reflection_request_seconds",
            "Seconds from the first byte of a request to the last of its answer.",
            ["method", "route"],
            buckets=LATENCIES,
            registry=self._registry,
        )
        self._active = Gauge(
            "reflection_requests_active",
            "Requests being answered now.",
            registry=self._registry,
            multiprocess_mode="livesum",
        )
        self._stages = Histogram(
            "reflection_analysis_stage_seconds",
            "Seconds of one stage of one analysis.",
            ["stage"],
            buckets=STAGES,
            registry=self._registry,
        )

    def began(self) -> None:
        """A request came in."""
        self._active.inc()

    def ended(self, scope: Scope, status: int, seconds: float) -> None:
        """A request was answered; its route is known by now, if it had one."""
        self._active.dec()
        method = scope["method"] if scope["method"] in _METHODS else "other"
        route = getattr(scope.get("route"), "path", UNMATCHED)
        self._requests.labels(method, route, str(status)).inc()
        self._seconds.labels(method, route).observe(seconds)

    def stage(self, stage: str, seconds: float) -> None:
        """A stage of an analysis took so long."""
        self._stages.labels(stage).observe(seconds)

    def page(self, application: Application) -> bytes:
        """Everything, with the state of the application as it is now."""
        state = CollectorRegistry()
        state.register(_State(application))
        return generate_latest(self._counted()) + generate_latest(state)

    def _counted(self) -> CollectorRegistry:
        """Of this process; where several answer at one address, the counts of all and the memory of this one."""
        if COUNTS not in os.environ:
            return self._registry
        together = CollectorRegistry()
        multiprocess.MultiProcessCollector(together)  # type: ignore[no-untyped-call]
        ProcessCollector(registry=together)
        return together


class _State(Collector):
    """Asked at each scrape: what is behind, what is open, what is degraded."""

    def __init__(self, application: Application) -> None:
        self._application = application

    def collect(self) -> Iterator[Any]:
        """The state as gauges; without the store only that it cannot be read."""
        families: list[Any] = []
        try:
            families += [_breakers(self._application)]
            families += self._stored()
        except ReflectionError:
            readable = 0
        else:
            readable = 1
        yield GaugeMetricFamily("reflection_store_readable", "1 when the store answers.", value=readable)
        yield from families

    def _stored(self) -> list[Any]:
        application = self._application
        lags = application.learner.lags()
        waiting = lags.values()
        worker, alerts = application.worker.state(), application.alerts.outbox.lag().values()
        return [
            GaugeMetricFamily(
                "reflection_worker_running", "1 when somebody learns behind the servers.", worker.running
            ),
            CounterMetricFamily("reflection_worker_deaths", "Workers that died and were started again.", worker.deaths),
            GaugeMetricFamily(
                "reflection_fits_approximate",
                "Workspaces that say more than one fit can take in.",
                len(application.approximate()),
            ),
            GaugeMetricFamily("reflection_workspaces", "Workspaces with anything in them.", value=len(lags)),
            GaugeMetricFamily(
                "reflection_learning_lag_entries",
                "Campaigns with changes not learnt yet, all together.",
                sum(waiting),
            ),
            GaugeMetricFamily(
                "reflection_learning_lag_entries_worst",
                "The same of the workspace most behind.",
                max(waiting, default=0),
            ),
            GaugeMetricFamily(
                "reflection_index_lag_memories", "Memories that the vector index does not hold.", _behind(application)
            ),
            _by_topic("reflection_outbox_entries", "What is waiting to be published.", application.outbox.lag()),
            GaugeMetricFamily(
                "reflection_alerts_waiting",
                "Messages and events of alerts still to be sent.",
                sum(counts["waiting"] for counts in alerts),
            ),
            GaugeMetricFamily(
                "reflection_alerts_given_up",
                "Messages of alerts that did not arrive and are tried no longer.",
                sum(counts["given_up"] for counts in alerts),
            ),
            _by_topic("reflection_outbox_set_aside", "What could not be published.", application.outbox.dead_counts()),
        ]


def _by_topic(name: str, text: str, counts: Mapping[str, int]) -> GaugeMetricFamily:
    family = GaugeMetricFamily(name, text, labels=["topic"])
    for topic, count in {"artifacts": 0, **counts}.items():
        family.add_metric([topic], count)
    return family


def _behind(application: Application) -> int:
    """Memories without a vector, and vectors not mirrored yet; all memories where there is no model."""
    space = application.memory.embedder.space
    lacking = sum(application.memory.rows.lacking(space.id if space is not None else "").values())
    return lacking + (application.outbox.lag().get(VECTORS, 0) if application.memory.index.mirrors else 0)


def _breakers(application: Application) -> Any:
    """One line per server and state; 1 for the state it is in. No server configured, no line."""
    family = GaugeMetricFamily(
        "reflection_breaker", "1 for the state a circuit breaker is in.", labels=["server", "state"]
    )
    states = {
        "language-model": application.model.status()["breaker"] if application.model else None,
        "embedder": getattr(application.memory.embedder, "state", None),
    }
    for server, current in states.items():
        for state in _STATES if current in _STATES else ():
            family.add_metric([server, state], float(state == current))
    return family
