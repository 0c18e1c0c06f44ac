"""Campaigns stream out of JSON: one object, a list or JSON lines; a bad one does not stop the rest."""

import gzip
import io
import json
import tracemalloc
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reflection.domain import validation
from reflection.domain.campaign import Campaign
from reflection.errors import ImportFileError, InvalidInput
from reflection.ingest import CampaignLine, campaign_json, iterate_campaigns


def body(number: int = 1) -> dict[str, Any]:
    """A small valid campaign."""
    metrics = {"impressions": 1000, "clicks": 20, "conversions": 2.0, "spend": 30.0}
    return {
        "campaign_id": f"c{number}", "platform": "Meta", "objective": "Leads", "expected_metrics": metrics,
        "actual_metrics": metrics, "timestamp": "2026-03-29T10:00:00+00:00",
    }  # fmt: skip


def read(text: str | bytes, **options: int) -> list[CampaignLine]:
    """All lines of a text."""
    data = text.encode() if isinstance(text, str) else text
    return list(iterate_campaigns(io.BytesIO(data), **options))


def ids(lines: list[CampaignLine]) -> list[str | None]:
    """Campaign ids, None for errors."""
    return [line.campaign.campaign_id if line.campaign else None for line in lines]


@pytest.mark.parametrize(
    "text",
    [
        "\n".join(json.dumps(body(n)) for n in (1, 2, 3)),
        "\n\n".join(json.dumps(body(n)) for n in (1, 2, 3)) + "\r\n",
        json.dumps([body(n) for n in (1, 2, 3)]),
        json.dumps([body(n) for n in (1, 2, 3)], indent=2),
        "\ufeff" + json.dumps([body(n) for n in (1, 2, 3)]),
    ],
    ids=["lines", "blank lines", "list", "pretty list", "byte-order mark"],
)
def test_reads_all_three_forms(text: str) -> None:
    assert ids(read(text)) == ["c1", "c2", "c3"]


@pytest.mark.parametrize("text", [json.dumps(body()), json.dumps(body(), indent=2), json.dumps(body()) + "\n"])
def test_reads_one_object_however_it_is_laid_out(text: str) -> None:
    assert ids(read(text)) == ["c1"]


def test_a_bad_line_is_an_error_with_its_number_and_the_rest_goes_on() -> None:
    lines = read(
        "\n".join(
            [
                json.dumps(body(1)),
                "{oops",
                json.dumps({**body(2), "platform": "unknown"}),
                json.dumps(body(3)),
            ]
        )
    )

    assert [line.line for line in lines] == [1, 2, 3, 4]
    assert ids(lines) == ["c1", None, None, "c3"]
    assert lines[1].error is not None
    assert lines[2].error is not None
    assert lines[2].error.field == "platform"
    assert lines[1].text == "{oops"


@pytest.mark.parametrize(
    "line",
    [
        '{"a": NaN}',
        '{"a": Infinity}',
        '{"a": 1, "a": 2}',
        "[" * 100_000,
        "null",
        "3",
        '"text"',
        "{}",
        '{"a": 1e400}',
    ],
)
def test_what_is_no_campaign_is_an_error_never_a_crash(line: str) -> None:
    lines = read(json.dumps(body(1)) + "\n" + line + "\n" + json.dumps(body(2)))

    assert ids(lines) == ["c1", None, "c2"]


def test_a_line_that_is_not_utf8_is_an_error() -> None:
    lines = read(json.dumps(body(1)).encode() + b'\n{"a": "\xff\xfe"}\n' + json.dumps(body(2)).encode())

    assert ids(lines) == ["c1", None, "c2"]


def test_a_line_beyond_the_limit_is_passed_over_without_being_held() -> None:
    long = b'{"a": "' + b"x" * (9 << 20) + b'"}\n'
    lines = read(json.dumps(body(1)).encode() + b"\n" + long + json.dumps(body(2)).encode())

    assert ids(lines) == ["c1", None, "c2"]
    assert len(lines[1].text) == 2_000


@pytest.mark.parametrize(("text", "reason"), [(b"\n", "blank lines"), (b" " * 1024, "blank"), (b"\0" * 4096, "a line")])
def test_what_never_ends_is_given_up(text: bytes, reason: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A device, or an archive of a few kilobytes: neither time nor memory grows with what it goes on to give."""
    for name in ("MAX_LINE", "MAX_WHOLE"):
        monkeypatch.setattr(campaign_json, name, 1 << 20)

    class Endless(io.RawIOBase):
        def readable(self) -> bool:
            return True

        def readinto(self, buffer: Any) -> int:
            buffer[:] = (text * (len(buffer) // len(text) + 1))[: len(buffer)]
            return len(buffer)

    with pytest.raises(ImportFileError, match=reason):
        list(iterate_campaigns(Endless()))  # type: ignore[arg-type]


def test_a_first_line_that_is_broken_does_not_make_the_file_a_whole() -> None:
    lines = read('{"oops": }\n' + json.dumps(body(2)) + "\n" + json.dumps(body(3)))

    assert ids(lines) == [None, "c2", "c3"]


def test_resumes_after_a_line() -> None:
    text = "\n".join(json.dumps(body(n)) for n in range(1, 6))

    assert ids(read(text, after_line=3)) == ["c4", "c5"]


def test_offsets_grow_to_the_size_of_the_file() -> None:
    text = "\n".join(json.dumps(body(n)) for n in range(1, 6)) + "\n"
    offsets = [line.offset for line in read(text)]

    assert offsets == sorted(offsets)
    assert offsets[-1] == len(text)


def test_reads_paths_and_gzip(tmp_path: Path) -> None:
    plain, packed = tmp_path / "a.jsonl", tmp_path / "a.jsonl.gz"
    text = json.dumps(body(1)) + "\n" + json.dumps(body(2)) + "\n"
    plain.write_text(text)
    packed.write_bytes(gzip.compress(text.encode()))

    assert ids(list(iterate_campaigns(plain))) == ids(list(iterate_campaigns(str(packed)))) == ["c1", "c2"]


def test_reads_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    class _Input:
        buffer = io.BytesIO(json.dumps(body()).encode())

    monkeypatch.setattr("sys.stdin", _Input())

    assert ids(list(iterate_campaigns("-"))) == ["c1"]


@pytest.mark.parametrize("text", ["", "   \n ", "[1, 2", "[" * 50_000])
def test_an_empty_or_broken_whole_is_refused(text: str) -> None:
    with pytest.raises(ImportFileError):
        read(text)


def test_a_missing_file_and_a_cut_off_archive_are_refused(tmp_path: Path) -> None:
    packed = tmp_path / "a.jsonl.gz"
    packed.write_bytes(gzip.compress(json.dumps(body()).encode() * 50)[:60])
    for path in (tmp_path / "none.json", packed):
        with pytest.raises(ImportFileError):
            list(iterate_campaigns(path))


@given(st.binary(max_size=300))
def test_garbage_never_crashes(data: bytes) -> None:
    try:
        lines = read(data)
    except ImportFileError:
        return
    assert all(line.campaign is None and line.error is not None for line in lines)


def test_memory_does_not_grow_with_json_lines() -> None:
    line = json.dumps(body()).encode() + b"\n"

    class _Endless(io.RawIOBase):
        left = 4_000

        def readable(self) -> bool:
            return True

        def readinto(self, buffer: Any) -> int:
            if not self.left:
                return 0
            self.left -= 1
            buffer[: len(line)] = line
            return len(line)

    stream: Iterator[CampaignLine] = iterate_campaigns(_Endless())  # type: ignore[arg-type]
    next(stream)
    tracemalloc.start()
    count = sum(1 for found in stream if isinstance(found.campaign, Campaign))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert count == 3_999
    assert peak < 2 << 20


WRONG = st.sampled_from([None, "", 3, -1, [], {}, "string", "x" * 400, True, 1e20, [{"name": 5}], [{"id": "a"}]])


@given(changes=st.dictionaries(st.sampled_from([*body(), "audiences", "creatives", "audience"]), WRONG, max_size=3))
def test_a_line_is_refused_in_the_words_of_every_other_door(changes: dict[str, Any]) -> None:
    """What is wrong, where it stands and how many things more are said as over HTTP and in the library."""
    sent = {**body(), **changes}
    (line,) = read(json.dumps(sent))
    if line.error is None:
        assert line.campaign == validation.read(Campaign, json.dumps(sent))
        return
    for value in (json.dumps(sent), sent):  # as a body, and as the library's argument
        with pytest.raises(InvalidInput) as other:
            validation.read(Campaign, value)
        assert (line.error.message, line.error.field) == (other.value.message, other.value.field)
    assert "Input should" not in line.error.message
