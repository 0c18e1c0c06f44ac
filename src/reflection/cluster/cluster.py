"""A Dask cluster: opened when it is first needed, closed with the application.

Everything listens on 127.0.0.1 where the cluster is of this machine, and no dashboard is started. Must not know what is
learnt, nor when.
"""

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

from reflection.cluster.address import ClusterAddress
from reflection.cluster.dask_partitions import DaskPartitions
from reflection.cluster.tasks import partition_evidence
from reflection.errors import ConfigurationError, Unavailable
from reflection.inference.evidence.partition_evidence import PartitionEvidence
from reflection.inference.fit_request import FitRequest
from reflection.settings import Settings

if TYPE_CHECKING:
    from distributed import Client, Future

PARTITION = 250_000
"""Campaigns of a partition at most: about half a gigabyte of a worker's memory while it is read, whatever the whole."""

CONNECT_SECONDS = 10.0
Progress = Callable[[int, int], object]


class DaskCluster:
    """Processes of this machine, or somebody's scheduler.

    Args:
        file: the database file, which all workers must be able to open; None for a server, which each worker finds in
            its own settings.
        memory: bytes that a process of this machine may take.
        partitions: how many there are of a workspace; None: as many as there are workers, and as its size takes.
    """

    def __init__(
        self, address: ClusterAddress, file: str | None, *, memory: int, partitions: int | None = None
    ) -> None:
        self.place = file
        self._address, self._memory, self._partitions = address, memory, partitions

    def read(
        self, workspace: str, upto: int, request: FitRequest, progress: Progress, campaigns: int, before: str = ""
    ) -> DaskPartitions[PartitionEvidence]:
        """The live evidence of a workspace in partitions, as the ledger ended at entry `upto`.

        Args:
            progress: told how many partitions of all are read. campaigns: about how many there are.
            before: only evidence of an earlier day counts.
        """
        count = self._partitions or max(len(self.workers), -(-campaigns // PARTITION), 1)
        tasks = [
            self.client.submit(
                partition_evidence, self.place, workspace, upto, request, part, count, before, pure=False
            )
            for part in range(count)
        ]
        self._wait(tasks, progress)
        return DaskPartitions(self.client, tasks)

    def each(self, function: Callable[..., Any], items: Sequence[Any], *more: Any, progress: Progress) -> list[Any]:
        """What a function, importable by name, says of each item, in their order; each is a task of its own."""
        client = self.client  # says what is missing, also where there is nothing to do
        return self.results([client.submit(function, item, *more, pure=False) for item in items], progress)

    def submit(self, function: Callable[..., Any], *arguments: Any) -> "Future":
        """A task; its arguments may be tasks."""
        return self.client.submit(function, *arguments, pure=False)

    def results(self, tasks: "Sequence[Future]", progress: Progress) -> list[Any]:
        """What became of tasks, in their order; `progress` is told how many are done, and how many there are."""
        self._wait(tasks, progress)
        return [task.result() for task in tasks]

    @property
    def workers(self) -> dict[str, Any]:
        """The workers there are now, by address."""
        workers: dict[str, Any] = self.client.scheduler_info(n_workers=-1)["workers"]
        return workers

    @cached_property
    def client(self) -> "Client":
        """The connection.

        Raises:
            ConfigurationError: the extra is not installed.
            Unavailable: nobody answers there.
        """
        try:
            import dask
            from distributed import Client, LocalCluster
        except ImportError as error:
            raise ConfigurationError(
                "MARKO_CLUSTER is set, and Dask is not installed", hint="pip install 'marko-reflection[cluster]'"
            ) from error
        dask.config.set({"distributed.worker.daemon": True, "distributed.admin.large-graph-warning-threshold": "1GB"})
        if self._address.scheduler:
            try:
                return Client(self._address.scheduler, timeout=CONNECT_SECONDS)
            except OSError as error:
                raise Unavailable(f"no Dask scheduler answers at {self._address.scheduler}") from error
        local = LocalCluster(
            n_workers=self._address.processes,
            threads_per_worker=1,
            processes=True,
            host="127.0.0.1",
            dashboard_address=None,
            memory_limit=self._memory,
        )
        return Client(local)

    def close(self) -> None:
        """End the connection, and the processes that were started; nothing where it was never needed."""
        if "client" in self.__dict__:
            client = self.__dict__.pop("client")
            local = client.cluster
            client.close()
            if local is not None:
                local.close()

    def _wait(self, tasks: "Sequence[Future]", progress: Progress) -> None:
        from distributed import as_completed

        for done, task in enumerate(as_completed(tasks), start=1):
            if task.status == "error":
                task.result()  # raises what went wrong there
            progress(done, len(tasks))


def cluster_of(settings: Settings) -> DaskCluster | None:
    """Where large workspaces are learnt in partitions; None where that is in this process.

    Raises:
        ConfigurationError: the address is none.
    """
    if not settings.cluster:
        return None
    file = str(settings.database_path.resolve()) if settings.database_url is None else None
    return DaskCluster(ClusterAddress.of(settings.cluster), file, memory=settings.cluster_memory)
