"""Backup while others write, and restore to a new place.

A backup is one plain database file: the state after some commit, none torn. Must not know what is in it.
"""

import os
import shutil
from pathlib import Path

from reflection.errors import ConfigurationError, Conflict, InvalidInput, NotFound
from reflection.store.database.connections import Database
from reflection.store.database.database_file import copy_database, problem_of_file
from reflection.store.projections import atomic_files


def backup(database: Database, target: Path) -> None:
    """Copy the database into `target`, replacing an earlier backup there only once the new one is whole.

    Raises:
        ConfigurationError: it is a server's database, which has tools of its own for that.
        StorageFull, Unavailable: `target` is as it was.
    """
    if not database.is_file:
        raise ConfigurationError(
            f"{database.name} is copied by Postgres' own pg_dump",
            hint="pg_dump --enable-row-security, as docs/operations.md says; 'reflection verify' proves a restored one",
        )
    beside = target.with_name(f".{target.name}.pending")
    with atomic_files.translated_errors():
        target.parent.mkdir(parents=True, exist_ok=True)
        beside.unlink(missing_ok=True)
    try:
        with database.read() as connection:
            copy_database(connection, beside)
        with atomic_files.translated_errors():
            atomic_files.flush_file(beside)
            os.replace(beside, target)
            atomic_files.flush_folder(target.parent)
    finally:
        beside.unlink(missing_ok=True)


def restore(source: Path, target: Path) -> None:
    """Put a backup at a new place, from where `open_database` opens it.

    Raises:
        NotFound: there is no file at `source`.
        InvalidInput: it is no backup, or no whole one.
        Conflict: something is at `target` already; nothing is replaced.
    """
    if not source.is_file():
        raise NotFound(f"there is no backup at {source.name}")
    problem = problem_of_file(source)
    if problem is not None:
        hint = "give a file that 'reflection backup' wrote; nothing was changed"
        raise InvalidInput(f"{source.name} is no backup: {problem}", hint=hint)
    beside = target.with_name(f".{target.name}.pending")
    for place in (target, target.with_name(target.name + "-wal"), target.with_name(target.name + "-shm")):
        if place.exists():
            raise Conflict(
                f"{place.name} exists already; a restore goes to a new place",
                hint="move the old database away, with its -wal and -shm files, or restore elsewhere",
            )
    with atomic_files.translated_errors():
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            shutil.copyfile(source, beside)
            atomic_files.flush_file(beside)
            os.replace(beside, target)
            atomic_files.flush_folder(target.parent)
        finally:
            beside.unlink(missing_ok=True)
