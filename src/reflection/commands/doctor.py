"""`reflection doctor`: what is configured, what is degraded, and what looks like a mistake."""

import difflib
import os
import platform
from collections.abc import Iterable, Mapping
from importlib.metadata import version
from typing import Annotated, Any

import typer
from pydantic import SecretStr
from rich.markup import escape
from rich.table import Table

from reflection.commands.backup import problems_of
from reflection.commands.session import JsonOption, console, open_application, print_json
from reflection.settings import Settings, variable_of, variables

SHORT_KEY = 16
"""Keys shorter than this can be guessed."""


def doctor(
    verify: Annotated[
        bool, typer.Option("--verify", help="Also check every row and learn everything again to compare.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Show what is configured and what is degraded, and say what looks like a mistake.

    Exit code 1 when something needs attention.

    \b
    Examples:
      reflection doctor
      reflection doctor --verify
    """
    settings = Settings.load()
    with open_application() as application:
        status = application.status()
        problems = problems_of(application) if verify else []
    remarks = [*advice(settings, os.environ), *problems]
    report = {
        "version": version("reflection"),
        "python": platform.python_version(),
        "settings": shown(settings),
        "status": status,
        "remarks": remarks,
    }
    if as_json:
        print_json(report)
    else:
        _print(report)
    if remarks:
        raise typer.Exit(1)


def shown(settings: Settings) -> dict[str, Any]:
    """Every setting by its variable, secrets as 'set'."""
    values: dict[str, Any] = {}
    for field in Settings.model_fields:
        value = getattr(settings, field)
        if field == "api_keys":
            value = [f"{key.workspace}{'' if key.writes else ':read'}=(set)" for key in value]
        elif isinstance(value, SecretStr):
            value = "(set)"
        elif value is not None and not isinstance(value, (int, float, str, tuple)):
            value = str(value)
        values[variable_of(field)] = value
    return values


def advice(settings: Settings, environment: Mapping[str, str]) -> Iterable[str]:
    """What looks like a mistake, one sentence each."""
    for name in sorted(environment):
        if name.startswith("MARKO_") and name not in variables():
            close = difflib.get_close_matches(name, variables(), n=1)
            yield f"{name} is not a setting" + (f"; did you mean {close[0]}?" if close else "")
    if any(len(key.secret.get_secret_value()) < SHORT_KEY for key in settings.api_keys):
        yield f"MARKO_API_KEYS has a key of fewer than {SHORT_KEY} characters; take a longer one"
    if settings.openai_base_url and not settings.openai_api_key:
        yield "OPENAI_BASE_URL is set without OPENAI_API_KEY; no language model is used"


def _print(report: Mapping[str, Any]) -> None:
    out = console()
    out.print(f"reflection {report['version']} on Python {report['python']}\n")
    for title, values in (("setting", report["settings"]), ("part", report["status"])):
        table = Table(title, "value", box=None, pad_edge=False)
        for name, value in values.items():
            table.add_row(name, escape(_text(value)))
        out.print(table)
        out.print()
    for remark in report["remarks"]:
        out.print(f"[yellow]attention:[/] {escape(remark)}")
    if not report["remarks"]:
        out.print("Nothing needs attention.")


def _text(value: Any) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {_text(item)}" for key, item in value.items())
    if isinstance(value, (list, tuple)):
        return ", ".join(_text(item) for item in value) or "(none)"
    return "(not set)" if value is None else str(value)
