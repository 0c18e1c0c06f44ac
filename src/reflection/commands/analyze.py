"""`reflection analyze`: campaigns from a file or standard input, retrospectives out."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import orjson
import typer
from rich.progress import Progress

from reflection.commands.render import print_analysis, summary_row, summary_table
from reflection.commands.session import (
    JsonOption,
    WorkspaceOption,
    console,
    messages,
    open_application,
    print_json_line,
    progress_bar,
    require_some,
)
from reflection.errors import ReflectionError
from reflection.settings import DEFAULT_WORKSPACE

if TYPE_CHECKING:
    from reflection.wiring import Application

STANDARD_INPUT = "-"
PARTLY_REFUSED = 2


class Batch:
    """The analyses of one file, one after the other; counts what was taken and what was refused."""

    def __init__(self, application: "Application", workspace: str, bar: Progress) -> None:
        self._application = application
        self._workspace = workspace
        self._bar = bar
        self.taken = 0
        self.refused: list[tuple[int, ReflectionError]] = []

    def run(self, file: str) -> Iterator[bytes]:
        """The JSON answer of every campaign of the file that could be taken."""
        from reflection.importers import iterate_campaigns

        size = Path(file).stat().st_size if Path(file).is_file() else None
        task = self._bar.add_task("analysing", total=size)
        for line in iterate_campaigns(file):
            self._bar.update(task, completed=line.offset)
            try:
                if line.campaign is None:
                    self._refuse(line.line, line.error)
                    continue
                answer = self._application.engine.analyze(line.campaign, workspace=self._workspace)
            except ReflectionError as error:
                self._refuse(line.line, error)
                continue
            self.taken += 1
            yield answer.body

    def _refuse(self, line: int, error: ReflectionError | None) -> None:
        if error is not None:
            self.refused.append((line, error))


def analyze(
    file: Annotated[
        str, typer.Argument(help="A JSON file (one campaign, a list, or JSON lines); - is standard input.")
    ],
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    as_json: JsonOption = False,
) -> None:
    """Analyse campaigns: forecast against fact, why it moved, what can be learnt, what to do next.

    One campaign is shown in full, several in one line each. A campaign analysed again replaces itself; grey
    is noise. With --json, one JSON document per line.

    \b
    Examples:
      reflection analyze data/samples/incoming_campaign.json
      cat campaigns.jsonl | reflection analyze - --json > analyses.jsonl
    """
    with open_application() as application, progress_bar() as bar:
        batch = Batch(application, workspace, bar)
        answers = batch.run(file)
        if as_json:
            for body in answers:
                print_json_line(body)
        else:
            _show([orjson.loads(body) for body in answers])
        if batch.taken:
            application.learner.learn_now(workspace)
    _conclude(batch)


def _show(analyses: list[dict[str, Any]]) -> None:
    out = console()
    if len(analyses) == 1:
        print_analysis(out, analyses[0])
    elif analyses:
        out.print(summary_table(summary_row(analysis) for analysis in analyses))
        out.print(
            "[dim]'reflection show CAMPAIGN_ID' shows one in full, 'reflection effects' what was learnt.[/]"
        )


def _conclude(batch: Batch) -> None:
    """Say what was refused, one line each.

    Raises:
        ReflectionError: the file's only campaign was refused.
    """
    if len(batch.refused) == 1 and not batch.taken:
        raise batch.refused[0][1]
    for line, error in batch.refused:
        messages().print(f"line {line} refused: {error.message}", markup=False, soft_wrap=True)
    if batch.refused:
        messages().print(f"{batch.taken} analysed, {len(batch.refused)} refused; nothing of those was stored")
        raise typer.Exit(PARTLY_REFUSED)
    require_some(batch.taken, "campaigns in the file")
