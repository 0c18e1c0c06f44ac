"""Logs are one JSON object per line, without secrets, whatever they are made of."""

import json

import structlog

from reflection.api.logging import Redact, configure
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


def test_the_level_is_respected(capsys):
    configure(Settings(_env_file=None, log_level="ERROR"))

    structlog.get_logger().info("quiet")
    structlog.get_logger().error("loud")

    assert [json.loads(line)["event"] for line in capsys.readouterr().err.splitlines()] == ["loud"]
