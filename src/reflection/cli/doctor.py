"""`reflection doctor`: what is configured, what is degraded, and what looks like a mistake."""

import difflib
import os
import platform
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Any

import typer
from pydantic import SecretStr
from rich.markup import escape

from reflection.cli.backup import problems_of, unsealed_sentence
from reflection.cli.session import SECONDS, JsonOption, console, open_application, print_json, text_table
from reflection.domain.workspaces import DEFAULT_WORKSPACE
from reflection.settings import Settings, variable_of, variables
from reflection.version import __version__

if TYPE_CHECKING:
    from reflection.wiring import Application

TOO_NARROW, TOO_WIDE = 0.80, 0.98
"""Coverage of 90 % intervals beyond which it is worth a sentence; of 50 campaigns, chance goes there once in 100."""

ENOUGH_CAMPAIGNS = 50
RECENT = timedelta(days=1)

_NARROW = (
    "expect campaigns outside their intervals more often than stated; usually they are of kinds that no signal tells "
    "apart, and a signal that names the kind mends it"
)
_WIDE = (
    "wider than most need: a few campaigns are far from all others, or prices (CPM, AOV) differ less than is assumed"
)


def doctor(
    verify: Annotated[
        bool, typer.Option("--verify", help="Also check every row and learn everything again to compare.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Show what is configured and what is degraded, and say what looks like a mistake.

    Also whether what was learnt foretells campaigns left out. Exit code 1 when something needs attention.

    \b
    Examples:
      reflection doctor
      reflection doctor --verify
    """
    settings = Settings.load()
    with open_application() as application:
        status = application.status()
        problems = [*application.database.remarks(), *vector_remarks(application)]
        if verify:
            from reflection.store.maintenance.sealing import unsealed_rows

            wrong = problems_of(application)
            rest = 0 if wrong else unsealed_rows(application.database)
            problems += [*wrong, unsealed_sentence(rest)] if rest else wrong
        calibration = {name: application.store.knowledge(name).coverage for name in application.store.workspaces()}
        given_up = application.alerts.given_up()
        held = {name: application.engine.held(workspace=name) for name in application.store.workspaces()}
    remarks = [
        *advice(settings, os.environ),
        *worker_remarks(status),
        *alert_remarks(given_up),
        *set_aside(status),
        *approximate(status),
        *overconfident(calibration),
        *problems,
    ]
    report = {
        "version": __version__,
        "python": platform.python_version(),
        "settings": setting_values(settings),
        "status": status,
        "calibration": calibration,
        "held": {name: reasons for name, reasons in held.items() if reasons},
        "remarks": remarks,
    }
    if as_json:
        print_json(report)
    else:
        _print(report)
    if remarks:
        raise typer.Exit(1)


def setting_values(settings: Settings) -> dict[str, Any]:
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
    from reflection.memory.chroma import installed

    for name in sorted(environment):
        if name.startswith("MARKO_") and name not in variables():
            close = difflib.get_close_matches(name, variables(), n=1)
            yield f"{name} is not a setting" + (f"; did you mean {close[0]}?" if close else "")
    if settings.openai_base_url and not settings.openai_api_key:
        yield "OPENAI_BASE_URL is set without OPENAI_API_KEY; no language model is used"
    if settings.chroma_url and settings.vector_backend == "auto" and not installed():
        yield "MARKO_CHROMA_URL is set without chromadb, so it is not used; pip install 'marko-reflection[chroma]'"


def worker_remarks(status: Mapping[str, Any], now: datetime | None = None) -> Iterable[str]:
    """One sentence where nobody learns what waits, and one where a worker died within a day."""
    waiting, worker = sum(status["learning_lag"].values()), status["worker"]
    if waiting and not worker["running"]:
        yield (
            f"{waiting} changes wait to be learnt and no worker runs; "
            "'reflection serve' or 'reflection worker' starts one"
        )
    died = worker["last_death"]
    if died and (now or datetime.now(UTC)) - datetime.fromisoformat(died) < RECENT:
        yield (
            f"the worker died {worker['deaths']} times so far, last found at {died}, and was started again; "
            "the server's log has its last words"
        )


def vector_remarks(application: "Application") -> Iterable[str]:
    """One sentence for each workspace that fills the memory of each process, where the database could search it."""
    from reflection.memory.server import ServerIndex

    index, space = application.memory.index, application.memory.embedder.space
    return index.remarks(space) if isinstance(index, ServerIndex) and space is not None else ()


def alert_remarks(given_up: Iterable[Mapping[str, Any]]) -> Iterable[str]:
    """One sentence for each of the last messages that did not arrive and are tried no longer."""
    for row in given_up:
        yield (
            f"a message of {row['alert_id']} ({row['workspace']}) was given up after {row['tries']} tries: "
            f"{row['reason']}; 'reflection alerts retry {row['alert_id']} -w {row['workspace']}' sends it again"
        )


def set_aside(status: Mapping[str, Any]) -> Iterable[str]:
    """One sentence for each thing that could not be published: why, and when it is tried again."""
    for letter in status["set_aside"]:
        what = letter["key"] or "the workspace's own files"
        yield (
            f"{what}{_in(letter['workspace'])} could not be published ({letter['reason']}), tried {letter['attempts']} "
            f"times so far; it is tried again after {letter['due_at'][:SECONDS]}, by 'reflection rebuild' at once"
        )


def approximate(status: Mapping[str, Any]) -> Iterable[str]:
    """One sentence for each workspace that says more than one fit can take in."""
    for workspace, sentence in status["approximate"].items():
        yield f"what is known{_in(workspace)}: {sentence}"


Calibration = Mapping[str, Mapping[str, Mapping[str, float] | None]]
"""Workspace -> metric -> `Knowledge.coverage`."""


def coverage_lines(calibration: Calibration) -> Iterable[str]:
    """One line per workspace and metric: how often 90 % intervals held campaigns left out."""
    for workspace, metrics in calibration.items():
        for metric, coverage in metrics.items():
            where = _of(workspace, metric)
            if coverage is None:
                yield f"{where}: too few campaigns to say whether 90 % intervals hold, or too many signals"
                continue
            line = f"{where}: 90 % intervals of campaigns left out cover {_share(coverage)} of {coverage['campaigns']}"
            wide = coverage["campaigns"] >= ENOUGH_CAMPAIGNS and coverage["coverage_90"] > TOO_WIDE
            wider = coverage.get("widening", 1.0)
            line += f"; all are shown {wider:.2f} times as wide for it" if wider > 1 else ""
            yield line + (f"; {_WIDE}" if wide else "")


def overconfident(calibration: Calibration) -> Iterable[str]:
    """One sentence per metric whose intervals hold far too seldom, and what that means."""
    for workspace, metrics in calibration.items():
        for metric, coverage in metrics.items():
            if coverage and coverage["campaigns"] >= ENOUGH_CAMPAIGNS and coverage["coverage_90"] < TOO_NARROW:
                share = f"{_share(coverage)} of {coverage['campaigns']} campaigns left out"
                yield f"{_of(workspace, metric)}: 90 % intervals cover only {share}; {_NARROW}"


def _of(workspace: str, metric: str) -> str:
    return f"{metric.upper()}{_in(workspace)}"


def _in(workspace: str) -> str:
    return "" if workspace == DEFAULT_WORKSPACE else f" ({workspace})"


def _share(coverage: Mapping[str, float]) -> str:
    return f"{coverage['coverage_90']:.0%}".replace("%", " %")


def _print(report: Mapping[str, Any]) -> None:
    out = console()
    out.print(f"reflection {report['version']} on Python {report['python']}\n")
    for title, values in (("setting", report["settings"]), ("part", report["status"])):
        table = text_table(title, "value")
        for name, value in values.items():
            table.add_row(name, escape(_text(value)))
        out.print(table)
        out.print()
    for line in coverage_lines(report["calibration"]):
        out.print(escape(line), highlight=False)
    for workspace, reasons in report["held"].items():
        for name, reason in reasons.items():
            out.print(f"held out of learning{_in(workspace)}: {escape(name)}: {escape(reason)}")
    for remark in report["remarks"]:
        out.print(f"[yellow]attention:[/] {escape(remark)}")
    if not report["remarks"] and not report["held"]:
        out.print("Nothing needs attention.")


def _text(value: Any) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {_text(item)}" for key, item in value.items())
    if isinstance(value, (list, tuple)):
        return ", ".join(_text(item) for item in value) or "(none)"
    return "(not set)" if value is None else str(value)
