"""The word in the settings becomes an index, or an error that says what to do."""

from functools import partial
from pathlib import Path

import pytest

from reflection.errors import ConfigurationError
from reflection.memory.backends import choose_index
from reflection.memory.chroma import ChromaIndex, installed
from reflection.memory.json_file import JsonFileIndex
from reflection.memory.local import LocalIndex
from reflection.store.memories import MemoryRows


def test_each_word_is_the_index_of_that_name_and_auto_is_chroma_where_it_is_installed(
    rows: MemoryRows, tmp_path: Path
) -> None:
    places = {"chroma_path": tmp_path / "chroma", "json_path": tmp_path / "v.json", "chroma_url": None}
    choose = partial(choose_index, rows=rows, server=None, **places)

    assert isinstance(choose("local"), LocalIndex)
    assert isinstance(choose("json"), JsonFileIndex)
    assert choose("auto").name == ("chroma" if installed() else "local")


def test_chroma_that_is_not_installed_is_a_configuration_error(tmp_path: Path) -> None:
    if not installed():
        with pytest.raises(ConfigurationError, match="not installed"):
            ChromaIndex(path=tmp_path)
