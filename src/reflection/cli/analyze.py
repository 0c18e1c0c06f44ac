"""`reflection analyze`: campaigns from a file or standard input, retrospectives out.

Large files stream: stored in batches, what is refused goes to a rejects file with its line, and a run that was
stopped can be gone on with.
"""

from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, BinaryIO

import orjson
import typer
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from reflection.cli.batch_summary import BatchSummary
from reflection.cli.render import print_analysis
from reflection.cli.session import (
    JsonOption,
    WorkspaceOption,
    console,
    messages,
    open_application,
    print_json_line,
)
from reflection.domain.workspaces import DEFAULT_WORKSPACE
from reflection.errors import InvalidInput, ReflectionError, Unavailable

if TYPE_CHECKING:
    from reflection.domain.answers import Answer, Refusal
    from reflection.domain.campaign import Campaign
    from reflection.ingest import CampaignLine
    from reflection.wiring import Application

STANDARD_INPUT = "-"
PARTLY_REFUSED = 2
MANY = 2_000
"""Up to this many, starting other processes takes longer than they save."""

MAX_MESSAGES = 20


class Rejects:
    """What was refused: counted, the first few kept to be told, all of it in a file beside the input.

    Args:
        file: the input; standard input has no file beside it.
        resume: whether an earlier run's rejects are kept.
    """

    def __init__(self, file: str, *, resume: bool) -> None:
        self.path = None if file == STANDARD_INPUT else Path(f"{file}.rejects.jsonl")
        self.count = 0
        self.first: list[tuple[int, ReflectionError]] = []
        self._out: BinaryIO | None = None
        if self.path is not None and not resume:
            self.path.unlink(missing_ok=True)

    def add(self, line: "CampaignLine", error: ReflectionError) -> None:
        """Count a refused line, keep it for the messages while they are few, and write it to the file."""
        self.count += 1
        self.first += [(line.line, error)] if len(self.first) < MAX_MESSAGES else []
        if self.path is None:
            return
        if self._out is None:
            self._out = self.path.open("ab", buffering=0)
        body = {"line": line.line, "problem": error.message, "field": error.field, "text": line.text}
        self._out.write(orjson.dumps(body) + b"\n")

    def close(self) -> None:
        """Close the file of rejects, if one was opened; a later `add` opens it again."""
        if self._out is not None:
            self._out.close()
            self._out = None

    def drop(self) -> None:
        """Remove the file: what it would say is told as the command's own error."""
        self.close()
        if self.path is not None:
            self.path.unlink(missing_ok=True)


class Batch:
    """The analyses of one file; counts what was taken and what was refused, and knows where it is."""

    def __init__(
        self,
        application: "Application",
        workspace: str,
        bar: Progress,
        rejects: Rejects,
        processes: int,
        files: ExitStack,
    ) -> None:
        self._application = application
        self._workspace = workspace
        self._bar = bar
        self._processes = processes
        self._files = files
        self._waiting: deque[CampaignLine] = deque()
        self.rejects = rejects
        self.count = 0
        self.replays = 0
        """How many of those counted were stored before, with the same content."""
        self.line = 0
        """The last line that is done with, and every line before it."""

    def run(self, file: str, after_line: int) -> Iterator[bytes]:
        """The JSON answer of every campaign of the file that could be taken.

        Raises:
            Unavailable: the store is down or full; what was answered is stored.
        """
        from reflection.engine.engine import Refusal
        from reflection.ingest import iterate_campaigns

        size = Path(file).stat().st_size if Path(file).is_file() else None
        task = self._bar.add_task("analysing", total=size, rate="")
        self.line = after_line
        valid = self._valid(iterate_campaigns(file, after_line=after_line))
        for result in self._analysed(valid):
            line = self._waiting.popleft()
            if not isinstance(result, Refusal):
                self.count += 1
                self.replays += result.replayed
                yield result.body
            elif isinstance(result.error, Unavailable):
                raise result.error
            else:
                self.rejects.add(line, result.error)
            self.line = line.line
            elapsed = self._bar.tasks[task].elapsed or 0.0
            rate = f"{self.count / elapsed:,.0f}/s" if elapsed > 1.0 else ""
            self._bar.update(task, completed=line.offset, rate=rate)

    def _analysed(self, campaigns: Iterator["Campaign"]) -> Iterator["Answer | Refusal"]:
        """By this process, or where there are many by several."""
        first = list(islice(campaigns, MANY + 1))
        stream = chain(first, campaigns)
        if len(first) <= MANY or self._processes < 2:
            yield from self._application.engine.analyze_many(stream, workspace=self._workspace)
            return
        from reflection.cli.processes import FilesBeside, Workers

        self._files.enter_context(FilesBeside(self._application.settings))
        with Workers(self._application.settings, self._workspace, self._processes) as workers:
            yield from workers.analyze_many(stream)

    def _valid(self, lines: Iterable["CampaignLine"]) -> Iterator["Campaign"]:
        for line in lines:
            if line.campaign is not None:
                self._waiting.append(line)
                yield line.campaign
            elif line.error is not None:
                self.rejects.add(line, line.error)


def analyze(
    file: Annotated[
        str, typer.Argument(help="A JSON file (one campaign, a list, or JSON lines); - is standard input.")
    ],
    from_line: Annotated[
        int, typer.Option("--from-line", min=1, help="Go on here: lines before it are passed over.")
    ] = 1,
    processes: Annotated[
        int | None, typer.Option(min=1, max=16, help="How many analyse a large file.", show_default="one per core")
    ] = None,
    workspace: WorkspaceOption = DEFAULT_WORKSPACE,
    as_json: JsonOption = False,
) -> None:
    """Analyse campaigns: forecast against fact, why it moved, what can be learnt, what to do next.

    One campaign is shown in full, several in one line each. A campaign analysed again replaces itself; grey
    is noise. With --json, one JSON document per line. Lines that are refused go to FILE.rejects.jsonl. A run that was
    stopped can be run again: what is stored is passed over. Of more than 200 campaigns the vectors follow
    ('reflection reindex' makes them at once).

    \b
    Examples:
      reflection analyze data/samples/incoming_campaign.json
      cat campaigns.jsonl | reflection analyze - --json > analyses.jsonl
      reflection analyze big.jsonl --from-line 40001
    """
    from reflection.cli.processes import cores

    rejects = Rejects(file, resume=from_line > 1)
    with open_application() as application, _bar() as bar, ExitStack() as files:
        batch = Batch(application, workspace, bar, rejects, processes or cores(), files)
        summary = None
        try:
            answers = batch.run(file, from_line - 1)
            if as_json:
                for body in answers:
                    print_json_line(body)
            else:
                summary = BatchSummary(answers)
        except (KeyboardInterrupt, Unavailable):
            _say_where(batch)
            raise
        finally:
            rejects.close()
        if summary is not None and summary.count == 1:
            print_analysis(console(), summary.analyses[0])
        if batch.count:
            _finish(application, workspace, bar, files)
        if summary is not None and summary.count > 1:
            summary.print_lines(console(), application, workspace)
            summary.print_table(console())
    _conclude(batch)


def _finish(application: "Application", workspace: str, bar: Progress, files: ExitStack) -> None:
    """Learn from what was stored, and write those of its files that were not written meanwhile, by `files`."""
    task = bar.add_task("learning", total=None, rate="")
    application.learner.learn_now(workspace)
    bar.update(task, description="writing files")
    files.close()
    application.publisher.publish_some()  # the rest, and what is to be said of it, when the command is done
    bar.remove_task(task)


def _say_where(batch: Batch) -> None:
    messages().print(
        f"stopped after line {batch.line}: {batch.count} analysed; go on with --from-line {batch.line + 1} "
        "(going through the whole file again does no harm)"
    )


def _conclude(batch: Batch) -> None:
    """Say what was refused, one line each.

    Raises:
        ReflectionError: the file's only campaign was refused.
    """
    rejects = batch.rejects
    if rejects.count == 1 and not batch.count:
        rejects.drop()
        raise rejects.first[0][1]
    for line, error in rejects.first:
        messages().print(f"line {line} refused: {error.message}", markup=False, soft_wrap=True)
    if batch.replays:
        messages().print(f"{batch.replays:,} of {batch.count:,} were stored before and passed over")
    if rejects.count:
        where = f" see {rejects.path}" if rejects.path is not None else " nothing of those was stored"
        messages().print(f"{batch.count} analysed, {rejects.count} refused;{where}", markup=False, soft_wrap=True)
        raise typer.Exit(PARTLY_REFUSED)
    if not batch.count:
        raise InvalidInput("there are no campaigns in the file", hint="'reflection analyze FILE' stores campaigns")


def _bar() -> Progress:
    """Bytes of the file, campaigns a second, time left; on standard error, silent when nobody watches."""
    watched = messages()
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        TextColumn("{task.fields[rate]}"),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        console=watched,
        transient=True,
        disable=not watched.is_terminal,
    )
