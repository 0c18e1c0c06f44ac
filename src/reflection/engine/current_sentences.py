"""The list of insights as of the last fit: what campaigns say of themselves is told anew.

What is stored of a campaign is what it said when it came, and what a later fit may come to say of its figures. Which of
it is so hangs on how much campaigns differ, which is learnt; the rest is left out. Pure; must not know stores.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from reflection.domain.knowledge import Knowledge
from reflection.domain.learning_summary import LearningSummary
from reflection.domain.list_query import ListQuery, Place
from reflection.domain.ports import Snapshot, StoredCampaign
from reflection.domain.results import Statement
from reflection.engine.current_analysis import current_analysis
from reflection.learnings.insights import insights

Row = dict[str, Any]
Statements = Mapping[tuple[str, tuple[str, ...]], Statement]
"""What a campaign says, by kind and cited evidence."""


def current_insights(
    reader: Snapshot,
    knowledge: Knowledge,
    query: ListQuery,
    summaries: Sequence[LearningSummary] | None = None,
) -> tuple[list[Row], str | None]:
    """A page of the list, and the cursor of the next one (None at the end); see `learnings.insights.insights`."""
    rows: list[Row] = []
    statements: dict[str, Statements] = {}
    part, following = query, None
    while True:
        page, following = insights(reader, knowledge, part, summaries)
        unread = sorted({row["campaign_id"] for row in page if _is_own(row)} - statements.keys())
        statements |= {name: _statements(one, knowledge) for name, one in reader.campaigns_named(unread).items()}
        rows += _retold(page, statements)
        if following is None or len(rows) >= query.limit:
            break
        part = replace(query, after=Place.of_cursor(following))
    if len(rows) > query.limit:
        rows = rows[: query.limit]
        following = Place(rows[-1]["priority"], rows[-1]["id"]).cursor
    return rows, following


def _retold(rows: Sequence[Row], statements: Mapping[str, Statements]) -> Iterator[Row]:
    for row in rows:
        if not _is_own(row):
            yield row
        elif (now := _counterpart(row, statements[row["campaign_id"]])) is not None:
            yield {**row, "content": now.text, "source": now.source, "evidence": list(now.evidence)}


def _counterpart(row: Row, statements: Statements) -> Statement | None:
    """What is said today in the place of a stored sentence; one that cites several things may cite more by now."""
    cited = tuple(row["evidence"])
    if (exact := statements.get((row["kind"], cited))) is not None or len(cited) == 1:
        return exact
    wider = (one for (kind, evidence), one in statements.items() if kind == row["kind"] and set(evidence) >= set(cited))
    return next(wider, None)


def _is_own(row: Row) -> bool:
    """Whether it is a stored sentence of its campaign; what the workspace knows has a name as its id."""
    return isinstance(row["id"], int)


def _statements(stored: StoredCampaign, knowledge: Knowledge) -> Statements:
    statements = current_analysis(stored, knowledge).insights.statements
    return {(statement.kind, statement.evidence): statement for statement in statements}
