"""Backup while others write, and restore to a new place.

A backup is one plain database file: the state after some commit, none torn. Must not know what is in it.
"""

import os
import shutil
from contextlib import closing
from pathlib import Path

from reflection.errors import ConfigurationError, Conflict, InvalidInput, NotFound, StatementRefused
from reflection.store.database.connections import Database
from reflection.store.database.database_file import copy_database, is_database, problem_of_file
from reflection.store.database.open import open_database
from reflection.store.maintenance.agreement import contradictions
from reflection.store.maintenance.sealing import unsealed_rows
from reflection.store.maintenance.verify import verify
from reflection.store.projections import atomic_files
from reflection.store.projections.passing_folders import passing_folder
from reflection.store.worker_lock import worker_lock

_LOGS = ("-wal", "-journal")
"""What ends the name of a file with changes that SQLite makes in the database it finds beside it, whichever that is."""

_OWN = ("", *_LOGS, "-shm", ".worker.lock", ".publish.lock")
"""What the files of a database end in."""


def backup(database: Database, target: Path) -> None:
    """Copy the database into `target`, replacing an earlier backup there only once the new one is whole.

    Raises:
        ConfigurationError: it is a server's database, which has tools of its own for that.
        InvalidInput: `target` names no file.
        Conflict: `target` is the database itself, one that somebody works on or has worked on, or no database.
            StorageFull, Unavailable: `target` is as it was, too.
    """
    if not database.is_file:
        raise ConfigurationError(
            f"{database.name} is copied by Postgres' own pg_dump",
            hint="pg_dump --enable-row-security, as docs/operations.md says; 'reflection verify' proves a restored one",
        )
    if not target.name:
        raise InvalidInput(f"'{target}' is a folder", hint="name the file to write")
    own = os.path.realpath(database.path)
    if os.path.realpath(target) in (f"{own}{suffix}" for suffix in _OWN):
        raise Conflict(f"{target.name} is a file of the database itself", hint="write the backup elsewhere")
    with atomic_files.translated_errors():
        other = target.is_file() and target.stat().st_size and not is_database(target)
        log = _log_of(target)
    if other:
        raise Conflict(f"{target.name} is no backup, so it is not replaced", hint="write the backup elsewhere")
    if log is not None:
        raise Conflict(
            f"{target.name} is a database that somebody worked on, not a backup: {log.name} holds a part of it",
            hint="write the backup elsewhere",
        )
    _check_nobody_works_on(target)
    beside = target.with_name(f".{target.name}.pending")
    with atomic_files.translated_errors():
        target.parent.mkdir(parents=True, exist_ok=True)
        _remove(beside)
    try:
        with database.read() as connection:
            copy_database(connection, beside)
        with atomic_files.translated_errors():
            atomic_files.flush_file(beside)
            atomic_files.replace_file(beside, target)
            atomic_files.flush_folder(target.parent)
    finally:
        _remove(beside)


def _remove(copy: Path) -> None:
    """A copy that is not put in place, and what SQLite may have left beside it where it could not write."""
    for suffix in ("", *_LOGS):
        _beside(copy, suffix).unlink(missing_ok=True)


def restore(source: Path, target: Path) -> int:
    """Put a backup at a new place, from where `open_database` opens it; a copy of it is verified before.

    Returns:
        How many of its rows have no seal, so that nothing proves them.

    Raises:
        NotFound: there is no file at `source`.
        InvalidInput: it is no backup, or no whole one; nothing was put in place.
        Conflict: something is at `target` already, or somebody works on what was there; nothing is replaced.
    """
    if not target.name:
        raise InvalidInput(f"'{target}' is a folder", hint="name the file to write")
    with atomic_files.translated_errors():
        _check_backup(source)
        for place in (target, *(_beside(target, suffix) for suffix in (*_LOGS, "-shm"))):
            if os.path.lexists(place):
                raise Conflict(
                    f"{place.name} exists already; a restore goes to a new place",
                    hint="move the old database away, with its -wal, -shm and -journal files, or restore elsewhere",
                )
        _check_nobody_works_on(target)
        target.parent.mkdir(parents=True, exist_ok=True)
        with passing_folder(".restoring-", target.parent) as folder:
            proved, whole = folder / "proved.db", folder / target.name
            shutil.copyfile(source, whole)
            shutil.copyfile(whole, proved)
            problems, unsealed = _proof(proved)
            if problems:
                more = f" and {len(problems) - 1} more" if len(problems) > 1 else ""
                raise InvalidInput(f"{source.name} is not sound: {problems[0]}{more}", hint="restore an earlier backup")
            atomic_files.flush_file(whole)
            atomic_files.replace_file(whole, target)
            atomic_files.flush_folder(target.parent)
    return unsealed


def _check_backup(source: Path) -> None:
    """Refuse what is no whole file of ours.

    Raises:
        NotFound: there is no file. InvalidInput: it is no backup, or cannot be read.
    """
    try:
        if not source.is_file():
            raise NotFound(f"there is no backup at {source.name}")
        problem, log = problem_of_file(source), _log_of(source)
    except OSError as error:
        hint = "look who may read it; nothing was changed"
        raise InvalidInput(f"{source.name} cannot be read: {error.strerror}", hint=hint) from error
    if log is not None:
        problem = f"{log.name} beside it holds a part of it"
    if problem is not None:
        hint = "give a file that 'reflection backup' wrote; nothing was changed"
        raise InvalidInput(f"{source.name} is no backup: {problem}", hint=hint)


def _log_of(path: Path) -> Path | None:
    """The file beside a database with changes of it, where one has any; no backup has one."""
    logs = (_beside(path, suffix) for suffix in _LOGS)
    return next((log for log in logs if log.is_file() and log.stat().st_size), None)


def _proof(path: Path) -> tuple[list[str], int]:
    """What is wrong with the rows of a database, which is brought to this version's tables for it, and how many have no
    seal."""
    try:
        with closing(open_database(path)) as database:
            problems = verify(database) or contradictions(database)
            return problems, 0 if problems else unsealed_rows(database)
    except StatementRefused as error:  # tables or texts that no version of ours wrote
        return [error.message], 0


def _check_nobody_works_on(target: Path) -> None:
    """Refuse a place whose database a server or a worker has open, also where it was moved: they go on with that one.

    Raises:
        Conflict: it is.
    """
    if worker_lock(target).state().running:
        raise Conflict(f"somebody works on {target.name}", hint="stop the server and its worker; nothing was changed")


def _beside(path: Path, suffix: str) -> Path:
    return path.with_name(path.name + suffix)
