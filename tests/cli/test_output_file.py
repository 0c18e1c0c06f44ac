"""A file named for an output is whole, or as it was before."""

import os
import stat
from pathlib import Path

import pytest

from reflection.cli.output_file import output_file
from reflection.errors import InvalidInput

BEFORE, AFTER = b"of last week", b"of this week"


@pytest.fixture
def outputs(tmp_path: Path) -> Path:
    folder = tmp_path / "outputs"
    folder.mkdir()
    return folder


def test_it_is_put_in_place_at_the_end(outputs: Path) -> None:
    place = outputs / "a.csv"
    place.write_bytes(BEFORE)
    with output_file(place) as file:
        file.write(AFTER)
        assert place.read_bytes() == BEFORE

    assert place.read_bytes() == AFTER
    assert os.listdir(outputs) == ["a.csv"]


@pytest.mark.parametrize("there", [True, False])
def test_where_the_disk_is_full_it_is_as_it_was_and_a_sentence_says_why(outputs: Path, there: bool) -> None:
    place = outputs / "a.csv"
    if there:
        place.write_bytes(BEFORE)

    with pytest.raises(InvalidInput, match=r"a\.csv cannot be written: No space left on device"):
        _write_on_a_full_disk(place)

    assert [path.read_bytes() for path in outputs.iterdir()] == [BEFORE] * there


def _write_on_a_full_disk(place: Path) -> None:
    with output_file(place) as file, Path("/dev/full").open("wb", buffering=0) as full:
        file.write(AFTER)
        full.write(AFTER)


def test_a_link_stays_and_what_it_names_is_written(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("real")
    with output_file(tmp_path / "link") as file:
        file.write(AFTER)

    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real").read_bytes() == AFTER


def test_a_device_is_written_to_and_stays_one() -> None:
    with output_file(Path("/dev/null")) as file:
        file.write(AFTER)

    assert stat.S_ISCHR(os.stat("/dev/null").st_mode)


def test_a_full_device_is_a_sentence() -> None:
    with pytest.raises(InvalidInput, match="No space left"), output_file(Path("/dev/full")) as file:
        file.write(AFTER)


def test_a_pipe_is_written_to(tmp_path: Path) -> None:
    reading, writing = os.pipe()
    with output_file(Path(f"/dev/fd/{writing}")) as file:
        file.write(AFTER)
    os.close(writing)

    with open(reading, "rb") as pipe:
        assert pipe.read() == AFTER


def test_what_only_its_owner_may_read_stays_so(outputs: Path) -> None:
    place = outputs / "a.csv"
    place.write_bytes(BEFORE)
    place.chmod(0o600)
    with output_file(place) as file:
        file.write(AFTER)

    assert stat.S_IMODE(place.stat().st_mode) == 0o600


def test_two_at_once_do_not_mix(outputs: Path) -> None:
    place = outputs / "a.csv"
    with output_file(place) as first:
        first.write(BEFORE * 10_000)
        with output_file(place) as second:
            second.write(AFTER)
        assert place.read_bytes() == AFTER

    assert place.read_bytes() == BEFORE * 10_000
    assert os.listdir(outputs) == ["a.csv"]
