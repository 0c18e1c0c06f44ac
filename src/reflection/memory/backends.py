"""Which index, from the word in the settings: ``auto``, ``local``, ``chroma`` or ``json``.

``auto`` is Chroma where it is installed, else the rows: searched in memory, of a large workspace by the database server
where it can. A named backend that cannot be is a configuration error; one that
does not answer, be it from the start, is a degraded answer until it does. Must not read settings itself.
"""

from pathlib import Path

from reflection.errors import ConfigurationError
from reflection.memory import chroma
from reflection.memory.index import VectorIndex
from reflection.memory.json_file import JsonFileIndex
from reflection.memory.local import LocalIndex
from reflection.memory.rows import MemoryRows
from reflection.memory.server import ServerIndex, ServerVectors

BACKENDS = ("auto", "local", "chroma", "json")


def choose_index(
    backend: str,
    rows: MemoryRows,
    *,
    chroma_path: Path | None = None,
    chroma_url: str | None = None,
    json_path: Path | None = None,
    server: ServerVectors | None = None,
) -> VectorIndex:
    """The index a setting asks for.

    Args:
        backend: one of `BACKENDS`.
        chroma_path: folder of an embedded Chroma (MARKO_VECTOR_PATH).
        chroma_url: a Chroma server's address; wins over the folder.
        json_path: file of the JSON index (MARKO_VECTOR_FALLBACK_PATH).
        server: the vectors of a database server, where the database is one.

    Raises:
        ConfigurationError: an unknown backend, or one whose path or package is missing.
    """
    if backend == "local":
        return LocalIndex(rows)
    if backend == "json":
        if json_path is None:
            raise ConfigurationError("the JSON index needs a file", field="MARKO_VECTOR_FALLBACK_PATH")
        return JsonFileIndex(json_path)
    if backend == "chroma":
        return _chroma(chroma_path, chroma_url)
    if backend == "auto":
        there = chroma.installed() and (chroma_path is not None or chroma_url is not None)
        if there:
            return _chroma(chroma_path, chroma_url)
        return LocalIndex(rows) if server is None else ServerIndex(rows, server)
    raise ConfigurationError(
        f"'{backend}' is not a vector backend",
        hint=f"one of {', '.join(BACKENDS)}",
        field="MARKO_VECTOR_BACKEND",
    )


def _chroma(path: Path | None, url: str | None) -> chroma.ChromaIndex:
    return chroma.ChromaIndex(url=url) if url is not None else chroma.ChromaIndex(path=path)
