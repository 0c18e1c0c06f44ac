"""Many analyses of one run in a terminal: five lines on all of them, then a line for each of the first.

Takes the JSON of the engine's answers as they come and keeps sums, not answers. Must not store anything.
"""

from collections.abc import Iterable, Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

import orjson
from rich.console import Console

from reflection.cli.render import print_lines, summary_row, summary_table

if TYPE_CHECKING:
    from pydantic import TypeAdapter

    from reflection.domain.results import Comparison
    from reflection.wiring import Application

SHOWN = 50


class BatchSummary:
    """What is shown of the answers of one file: the first of them, and all of them together."""

    def __init__(self, answers: Iterable[bytes]) -> None:
        from reflection.reports.period import Period

        self.analyses: list[dict[str, Any]] = []
        self._period = Period()
        self._names: set[str] = set()
        self.count = 0
        for body in answers:
            analysis = orjson.loads(body)
            self.count += 1
            self.analyses += [analysis] if self.count <= SHOWN else []
            self._names.add(analysis["comparison_report"]["campaign_id"])
            self._period.add(_comparison(analysis))

    def print_lines(self, out: Console, application: "Application", workspace: str) -> None:
        """Five lines on all of them; what turned out to be held, now that they are learnt, is told beside."""
        knowledge = application.engine.knowledge(workspace=workspace)
        for name in self._names & knowledge.held.keys():
            self._period.hold(_comparison(orjson.loads(application.engine.show(name, workspace=workspace))))
        cards = application.recommendations.recommend(workspace=workspace)["cards"]
        print_lines(out, [(line.label, line.text) for line in self._period.lines(knowledge, cards)])

    def print_table(self, out: Console) -> None:
        """A line for each of the first."""
        out.print(summary_table(summary_row(analysis) for analysis in self.analyses))
        if self.count > SHOWN:
            out.print(f"... and {self.count - SHOWN:,} more")
        out.print("[dim]'reflection show CAMPAIGN_ID' shows one in full, 'reflection effects' what was learnt.[/]")


def _comparison(analysis: Mapping[str, Any]) -> "Comparison":
    return _adapter().validate_python(analysis["comparison_report"])


@cache
def _adapter() -> "TypeAdapter[Comparison]":
    from pydantic import TypeAdapter

    from reflection.domain.results import Comparison

    return TypeAdapter(Comparison)
