"""The command line: `reflection`. Lists the commands, and turns every error into one line.

Exit codes: 0 done, 1 done but something needs attention, 2 refused (the message says why), 130 interrupted.
"""

import os
import sys
from collections.abc import Callable
from typing import Annotated, Any

import structlog
import typer

from reflection.cli import (
    alerts,
    allocate,
    analyze,
    attention,
    backtest,
    backup,
    campaigns,
    creatives,
    demo,
    doctor,
    effects,
    events,
    experiments,
    export,
    imports,
    insights,
    keys,
    learnings,
    mcp,
    pacing,
    plan,
    relearn,
    report,
    serve,
    track_record,
    watch,
    worker,
    workspace,
)
from reflection.cli.session import messages
from reflection.errors import ReflectionError
from reflection.version import __version__

COMMANDS: tuple[tuple[str, Callable[..., Any]], ...] = (
    ("demo", demo.demo),
    ("import", imports.import_files),
    ("imports", imports.imports),
    ("watch", watch.watch),
    ("analyze", analyze.analyze),
    ("campaigns", campaigns.campaigns),
    ("held", campaigns.held),
    ("accept", campaigns.accept),
    ("show", campaigns.show),
    ("attention", attention.attention),
    ("insights", insights.insights),
    ("patterns", insights.patterns),
    ("recommend", insights.recommend),
    ("effects", effects.effects),
    ("plan", plan.plan),
    ("allocate", allocate.allocate),
    ("pacing", pacing.pacing),
    ("track-record", track_record.track_record),
    ("backtest", backtest.backtest),
    ("learnings", learnings.learnings),
    ("search", learnings.search),
    ("report", report.report),
    ("export", export.export),
    ("serve", serve.serve),
    ("worker", worker.worker),
    ("mcp", mcp.mcp),
    ("relearn", relearn.relearn),
    ("rebuild", relearn.rebuild),
    ("reindex", learnings.reindex),
    ("backup", backup.backup),
    ("restore", backup.restore),
    ("verify", backup.verify),
    ("migrate", backup.migrate),
    ("doctor", doctor.doctor),
)
GROUPS: tuple[tuple[str, typer.Typer], ...] = (
    ("alerts", alerts.app),
    ("creatives", creatives.app),
    ("events", events.app),
    ("experiment", experiments.app),
    ("keys", keys.app),
    ("workspace", workspace.app),
)

REFUSED = 2
INTERRUPTED = 130


def _version(flag: bool) -> None:
    if flag:
        typer.echo(f"reflection {__version__}")
        raise typer.Exit


def overview(
    show_version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and stop.")
    ] = False,
) -> None:
    """Learn from marketing campaigns: forecast against fact, what can be learnt, and what to do next.

    \b
    Start here:
      reflection demo                     a real account's retrospective
      reflection analyze campaigns.json   your own campaigns
      reflection serve                    the HTTP interface, documentation at /docs
      reflection doctor                   what is configured
    """


def make_app() -> typer.Typer:
    """The command tree: every subcommand and group, tied to the function that runs it."""
    app = typer.Typer(
        name="reflection",
        no_args_is_help=True,
        add_completion=False,
        rich_markup_mode="rich",
        callback=overview,
    )
    for name, command in COMMANDS:
        app.command(name)(command)
    for name, group in GROUPS:
        app.add_typer(group, name=name)
    return app


def main() -> None:
    """Run the command line; the outermost door, which no exception leaves."""
    structlog.configure(logger_factory=lambda *_: structlog.WriteLogger(sys.stderr))  # stderr as it is then
    try:
        make_app()()
    except ReflectionError as error:
        _say(error.message, error.hint)
        sys.exit(REFUSED)
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
    except BrokenPipeError:  # the reader (head, less) had enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
    except Exception as error:
        if os.environ.get("MARKO_LOG_LEVEL", "").upper() == "DEBUG":
            raise
        _say(
            f"something unforeseen happened ({type(error).__name__})",
            "run it again with MARKO_LOG_LEVEL=DEBUG",
        )
        sys.exit(REFUSED)


def _say(problem: str, hint: str) -> None:
    """One line on standard error, whatever the message holds."""
    between = " " if problem.endswith((".", "!", "?")) else "; "
    line = " ".join(f"error: {problem}{between + hint if hint else ''}".split())
    messages().print(line, markup=False, soft_wrap=True)
