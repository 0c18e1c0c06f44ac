"""Many analyses of one run in a terminal: five lines on all of them, then a line for each of the first.

Takes the JSON of the engine's answers as they come and keeps sums, not answers; once they are learnt they are told from
that. Must not store anything.
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

RETOLD = 2_000
"""Up to so many are judged again once they are learnt, a second a thousand; of more by what was known as they came."""


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
        """Five lines on all of them, now that they are learnt; what turned out to be held is told beside."""
        knowledge = application.engine.knowledge(workspace=workspace)
        self._learnt(application, workspace)
        for name in self._names & knowledge.held.keys():
            self._period.hold(_comparison(orjson.loads(application.engine.show(name, workspace=workspace))))
        advice = application.recommendations.recommend(workspace=workspace)
        lines = self._period.lines(knowledge, advice["cards"], advice["tests"])
        print_lines(out, [(line.label, line.text) for line in lines])

    def _learnt(self, application: "Application", workspace: str) -> None:
        """Take the campaigns as they are told now."""
        from reflection.reports.period import Period

        if self.count > RETOLD:
            return
        self._period = Period()
        for comparison in application.engine.comparisons(sorted(self._names), workspace=workspace):
            self._period.add(comparison)
        shown = (analysis["comparison_report"]["campaign_id"] for analysis in self.analyses)
        self.analyses = [orjson.loads(application.engine.show(name, workspace=workspace)) for name in shown]

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
