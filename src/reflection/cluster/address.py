"""Where the cluster is, as `MARKO_CLUSTER` says it: processes of this machine, or somebody's Dask scheduler.

Must not know what runs there.
"""

from dataclasses import dataclass

from reflection.errors import ConfigurationError

MOST_PROCESSES = 256


@dataclass(frozen=True, slots=True)
class ClusterAddress:
    """A number of processes to start here, or the address of a scheduler, such as ``tcp://host:8786``."""

    processes: int = 0
    scheduler: str = ""

    @classmethod
    def of(cls, text: str) -> "ClusterAddress":
        """Read ``local:N`` or ``dask://host:port``.

        Raises:
            ConfigurationError: it is neither.

        >>> ClusterAddress.of("local:4")
        ClusterAddress(processes=4, scheduler='')
        >>> ClusterAddress.of("dask://10.0.0.7:8786").scheduler
        'tcp://10.0.0.7:8786'
        """
        kind, _, rest = text.partition(":")
        if kind == "local" and rest.isdecimal() and 1 <= int(rest) <= MOST_PROCESSES:
            return cls(processes=int(rest))
        host, _, port = rest.removeprefix("//").rpartition(":")
        if kind in ("dask", "tls") and rest.startswith("//") and host and port.isdecimal():
            return cls(scheduler=f"{'tls' if kind == 'tls' else 'tcp'}://{host}:{port}")
        raise ConfigurationError(
            f"MARKO_CLUSTER is {text!r}",
            hint=f"say local:N (1 to {MOST_PROCESSES} processes of this machine), or dask://host:8786",
        )
