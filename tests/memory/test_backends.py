"""The word in the settings becomes an index, or an error that says what to do."""

from pathlib import Path

import pytest

from reflection.errors import ConfigurationError
from reflection.memory.backends import choose_index
from reflection.memory.chroma import ChromaIndex, installed
from reflection.memory.json_file import JsonFileIndex
from reflection.memory.local import LocalIndex
from reflection.store.memories import MemoryRows


def test_local_and_json_are_what_they_are_called(rows: MemoryRows, tmp_path: Path) -> None:
    assert isinstance(choose_index("local", rows), LocalIndex)
    assert isinstance(choose_index("json", rows, json_path=tmp_path / "v.json"), JsonFileIndex)


def test_auto_is_chroma_where_it_is_installed_and_local_elsewhere(rows: MemoryRows, tmp_path: Path) -> None:
    index = choose_index("auto", rows, chroma_path=tmp_path / "chroma", json_path=tmp_path / "v.json")
    assert index.name == ("chroma" if installed() else "local")
    assert isinstance(choose_index("auto", rows), LocalIndex)


def test_a_backend_that_cannot_be_is_a_configuration_error(rows: MemoryRows, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="not a vector backend"):
        choose_index("postgres", rows)
    with pytest.raises(ConfigurationError, match="needs a file"):
        choose_index("json", rows)
    with pytest.raises(ConfigurationError):
        choose_index("chroma", rows)
    if not installed():
        with pytest.raises(ConfigurationError, match="not installed"):
            ChromaIndex(path=tmp_path)
