"""Which index, from the word in the settings: ``auto``, ``local``, ``chroma`` or ``json``.

``auto`` is Chroma where it is installed and answers, else local. A named backend that cannot be is a configuration
error; one that fails later is a degraded answer. Must not read settings itself.
"""

from pathlib import Path

from reflection.errors import ConfigurationError, Unavailable
from reflection.memory import chroma
from reflection.memory.embedders import Space
from reflection.memory.index import VectorIndex
from reflection.memory.jsonfile import JsonFileIndex
from reflection.memory.local import LocalIndex
from reflection.memory.rows import MemoryRows

BACKENDS = ("auto", "local", "chroma", "json")
_PROBE = Space("probe", "0", 1, "0")


def choose_index(
    backend: str,
    rows: MemoryRows,
    *,
    chroma_path: Path | None = None,
    chroma_url: str | None = None,
    json_path: Path | None = None,
) -> VectorIndex:
    """The index a setting asks for.

    Args:
        backend: one of `BACKENDS`.
        chroma_path: folder of an embedded Chroma (MARKO_VECTOR_PATH).
        chroma_url: a Chroma server's address; wins over the folder.
        json_path: file of the JSON index (MARKO_VECTOR_FALLBACK_PATH).

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
        return _chroma_if_healthy(chroma_path, chroma_url) or LocalIndex(rows)
    raise ConfigurationError(
        f"'{backend}' is not a vector backend",
        hint=f"one of {', '.join(BACKENDS)}",
        field="MARKO_VECTOR_BACKEND",
    )


def _chroma(path: Path | None, url: str | None) -> chroma.ChromaIndex:
    return chroma.ChromaIndex(url=url) if url is not None else chroma.ChromaIndex(path=path)


def _chroma_if_healthy(path: Path | None, url: str | None) -> VectorIndex | None:
    if not chroma.installed() or (path is None and url is None):
        return None
    index = _chroma(path, url)
    try:
        index.count("probe", _PROBE)
    except Unavailable:
        return None
    return index
