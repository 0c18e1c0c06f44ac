"""Which index, from the word in the settings: ``auto``, ``local``, ``chroma`` or ``json``.

``auto`` is Chroma where it is installed, else the rows: searched in memory, of a large workspace by the database server
where it can. One that does not answer, be it from the start, is a degraded answer until it does. Must not read settings
itself.
"""

from pathlib import Path

from reflection.memory import chroma
from reflection.memory.index import VectorIndex
from reflection.memory.json_file import JsonFileIndex
from reflection.memory.local import LocalIndex
from reflection.memory.rows import MemoryRows
from reflection.memory.server import ServerIndex, ServerVectors


def choose_index(
    backend: str,
    rows: MemoryRows,
    *,
    chroma_path: Path,
    chroma_url: str | None,
    json_path: Path,
    server: ServerVectors | None,
) -> VectorIndex:
    """The index a setting asks for.

    Args:
        chroma_path: folder of an embedded Chroma (MARKO_VECTOR_PATH).
        chroma_url: a Chroma server's address; wins over the folder.
        json_path: file of the JSON index (MARKO_VECTOR_FALLBACK_PATH).
        server: the vectors of a database server, where the database is one.

    Raises:
        ConfigurationError: Chroma is named and not installed.
    """
    if backend == "json":
        return JsonFileIndex(json_path)
    if backend == "chroma" or (backend == "auto" and chroma.installed()):
        return chroma.ChromaIndex(url=chroma_url) if chroma_url is not None else chroma.ChromaIndex(path=chroma_path)
    if backend == "local" or server is None:
        return LocalIndex(rows, asks_first=server is None)
    return ServerIndex(rows, server)
