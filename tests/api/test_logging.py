"""Logs are one JSON object per line, without secrets, whatever they are made of."""

import json
import os

import structlog

from reflection.api import logging
from reflection.api.logging import MINUTE, Lines, OnceAMinute, Redact, configure
from reflection.settings import Settings


def test_a_line_break_cannot_forge_a_line(capsys):
    configure(Settings(_env_file=None))

    structlog.get_logger().info("event\nforged: line", name="a\r\nb\u2028c")

    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 1
    assert json.loads(lines[0])["name"] == "a\r\nb\u2028c"


def test_secrets_are_struck_out_of_everything(capsys):
    configure(Settings(_env_file=None, api_keys="acme=canary-key-of-acme", openai_api_key="sk-canary"))

    try:
        raise RuntimeError("the server said: sk-canary is wrong")
    except RuntimeError:
        structlog.get_logger().exception("failed", sent={"key": ["canary-key-of-acme"]})

    text = capsys.readouterr().err
    assert "canary" not in text
    assert "the server said" in text


def test_a_secret_inside_another_is_struck_out_whole():
    assert Redact(("abc", "abcdef"))(None, "info", "x abcdef abc") == "x *** ***"
    signing = "whsec_" + 32 * "aB+/" + "="
    assert Redact(())(None, "info", f"x {signing} y") == "x *** y"


def test_the_level_is_respected(capsys):
    configure(Settings(_env_file=None, log_level="ERROR"))

    structlog.get_logger().info("quiet")
    structlog.get_logger().error("loud")

    assert [json.loads(line)["event"] for line in capsys.readouterr().err.splitlines()] == ["loud"]


def test_the_same_trouble_is_a_line_a_minute_with_a_count(capsys, monkeypatch):
    now = [0.0]
    monkeypatch.setattr(logging, "OnceAMinute", lambda: OnceAMinute(lambda: now[0]))
    configure(Settings(_env_file=None))
    log = structlog.get_logger()

    def fail(path):
        try:
            raise OSError(path)
        except OSError as error:
            log.error("background work failed", part="publisher", error="OSError", exc_info=error)

    for second in range(150):
        now[0] = float(second)
        fail(f"/a/{second}")
        log.error("background work failed", part="learner")
        log.info("request", path="/")

    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    seen = [line.get("repeated", 0) for line in lines if line.get("part") == "publisher"]
    assert seen == [0, MINUTE - 1, MINUTE - 1]
    assert sum(line.get("part") == "learner" for line in lines) == 3
    assert sum(line["event"] == "request" for line in lines) == 150


def test_who_stops_reading_loses_lines_which_are_counted_and_keeps_nobody_waiting():
    reading, writing = os.pipe()
    lines, sent = Lines(writing, most=50), 2_000
    for number in range(sent):
        lines.write(json.dumps({"event": "x" * 500, "number": number}) + "\n")  # a pipe holds a hundred of them

    with os.fdopen(reading, encoding="utf-8") as reader:
        seen = []
        while len(seen) + sum(line.get("lines", 0) for line in seen) <= sent - 1:
            seen.append(json.loads(reader.readline()))
            if "lines" in seen[-1]:
                seen[-1]["lines"] -= 1  # this line itself is none of those that were sent
        lines.close()
        os.close(writing)

    assert seen[0]["number"] == 0
    assert sum("lines" in line for line in seen) >= 1


def test_a_device_that_is_full_takes_no_line_and_stops_nobody():
    handle = os.open("/dev/full", os.O_WRONLY)
    lines = Lines(handle)
    for _ in range(10):
        lines.write("a line\n")
    lines.close(5.0)
    os.close(handle)

    assert lines.lost == 10
