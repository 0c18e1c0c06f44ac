"""Rows that say the same thing twice must agree: what an answer shows is compared with what it was made from.

    a campaign's content          its hash
    its comparison and insights   the answer that was given when it was analysed; what a later fit may come to say
                                  of one figure stands beside, and is told anew before it is shown
    forecasts                     their hash
    patterns and weights          the newest fit
    whatever people wrote, were told or were given, and what was said of it: its seal

The fit itself is compared with the ledger by learning again (inference/recheck.py). Must not repair anything, and must
not know how anything is computed.
"""

import zlib
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

import orjson
from sqlalchemy import Table, select
from sqlalchemy.engine import Connection, RowMapping

from reflection.domain.canonical_json import hash_of
from reflection.store import fits
from reflection.store.database.connections import Database
from reflection.store.maintenance import sealing
from reflection.store.row_values import Row, forecast_hash, json_text, unpacked
from reflection.store.tables.campaigns import (
    campaigns,
    forecasts,
    insights,
    patterns,
    performance_logs,
    weights,
    workspaces,
)

_PAGE = 500
_FEW = 5
Case = tuple[str, str]
"""A sentence, and the row it is about."""

Insight = tuple[str, str, float, str, str]
"""Kind, text, priority, what is cited (JSON), and who wrote it."""


def contradictions(database: Database) -> list[str]:
    """What is wrong, one sentence a kind with the first few rows; empty when everything agrees.

    Reads one state: what others write meanwhile contradicts nothing.
    """
    cases: dict[str, list[str]] = {}
    with database.read() as connection, database.dialect.legible(connection):
        for sentence, name in _cases(connection):
            cases.setdefault(sentence, []).append(name)
    return [
        f"{sentence}: {', '.join(names[:_FEW])}{f' and {len(names) - _FEW} more' if len(names) > _FEW else ''}"
        for sentence, names in cases.items()
    ]


def _cases(connection: Connection) -> Iterator[Case]:
    for page in _pages(connection, campaigns, "campaign_id"):
        yield from _of_campaigns(connection, page)
    for page in _pages(connection, forecasts, "id"):
        for row in page:
            if forecast_hash(dict(row)) != row["content_hash"]:
                yield "a forecast is not what was registered", f"{row['workspace']}/{row['id']}"
    yield from sealing.broken(connection)
    for workspace in connection.execute(select(workspaces.c.workspace)).scalars().all():
        yield from _of_knowledge(connection, workspace)


def _pages(connection: Connection, table: Table, key: str) -> Iterator[list[RowMapping]]:
    """The rows of a table, so many of them in memory at a time."""
    order = (table.c.workspace, table.c[key])
    after: tuple[Any, ...] | None = None
    while True:
        statement = select(table).order_by(*order).limit(_PAGE)
        if after is not None:
            same = (order[0] == after[0]) & (order[1] > after[1])
            statement = statement.where((order[0] > after[0]) | same)
        page = list(connection.execute(statement).mappings())
        if page:
            yield page
        if len(page) < _PAGE:
            return
        after = (page[-1]["workspace"], page[-1][key])


def _of_campaigns(connection: Connection, page: list[RowMapping]) -> Iterator[Case]:
    keys = {(row["workspace"], row["campaign_id"]) for row in page}
    logs = _rows_of(connection, performance_logs, keys)
    insights_by_key = _rows_of(connection, insights, keys)
    for row in page:
        key = (row["workspace"], row["campaign_id"])
        name = "/".join(key)
        if hash_of(row["body"]) != row["content_hash"]:
            yield "a campaign is not what its hash says", name
        try:
            answer = orjson.loads(unpacked(row["answer"]))
            if logs.get(key) and not _compares(logs[key][0], answer["comparison_report"]):
                yield "a campaign's comparison is not the one of its analysis", name
            statements = Counter(_statement(item) for item in answer["insights"]["statements"])
            rows = Counter(_insight(item) for item in insights_by_key.get(key, ()))
            if statements - rows or not _may_come_true(rows - statements, statements, answer["comparison_report"]):
                yield "a campaign's insights are not those of its analysis", name
        except (ValueError, KeyError, TypeError, zlib.error):
            yield "the answer of an analysis is not whole", name


def _rows_of(connection: Connection, table: Table, keys: set[Case]) -> dict[Case, list[RowMapping]]:
    grouped: dict[Case, list[RowMapping]] = {}
    for workspace in sorted({workspace for workspace, _ in keys}):
        names = [name for own, name in keys if own == workspace]
        statement = select(table).where(table.c.workspace == workspace, table.c.campaign_id.in_(names))
        for row in connection.execute(statement).mappings():
            grouped.setdefault((workspace, row["campaign_id"]), []).append(row)
    return grouped


def _compares(log: RowMapping, report: Mapping[str, Any]) -> bool:
    parts = {"expected": "expected_rates", "actual": "actual_rates", "deltas": "deltas", "flags": "flags"}
    plain = {"generated_at": "generated_at", "currency": "currency", "score": "performance_score"}
    return all(orjson.loads(log[column]) == report[part] for column, part in parts.items()) and all(
        log[column] == report[part] for column, part in plain.items()
    )


def _statement(item: Mapping[str, Any]) -> Insight:
    return (item["kind"], item["text"], item["priority"], json_text(item["evidence"]), item["source"])


def _insight(row: RowMapping) -> Insight:
    return (row["kind"], row["content"], row["priority"], row["evidence"], row["source"])


def _may_come_true(beside: Counter[Insight], insights_of: Counter[Insight], report: Mapping[str, Any]) -> bool:
    """Whether sentences that were not said are such as a later fit may say: by no model, of one compared figure of
    which nothing of the kind is said, each once. Their texts are told anew; their priority is only bounded.
    """
    about = [(kind, evidence) for kind, *_, evidence, _ in insights_of]
    for kind, _, priority, evidence, source in beside.elements():
        cited = [str(one).removeprefix("delta:") + "_diff" for one in orjson.loads(evidence)]
        if source != "deterministic" or len(cited) != 1 or cited[0] not in report["deltas"]:
            return False
        if (kind, evidence) in about or not 0.0 <= priority <= 1.0:
            return False
        about.append((kind, evidence))
    return True


def _of_knowledge(connection: Connection, workspace: str) -> Iterator[Case]:
    """Patterns and weights against the newest fit that this version can read; none, nothing to compare with."""
    newest = fits.newest(connection, workspace)
    if newest is None:
        return
    knowledge = fits.load(connection, workspace, newest.fit_id)
    stated: tuple[tuple[str, Table, list[Row]], ...] = (
        ("patterns", patterns, [fits.pattern_row(finding) for finding in knowledge.every_finding]),
        ("weights", weights, [fits.weight_row(weight) for weight in knowledge.weights]),
    )
    for name, table, rows in stated:
        stored = connection.execute(select(table).where(table.c.workspace == workspace)).mappings()
        columns = rows[0].keys() if rows else ["workspace"]
        own = [{column: row[column] for column in columns} for row in stored]
        if sorted(map(json_text, own)) != sorted(map(json_text, rows)):
            yield f"{name} are not what the last fit says ('relearn' makes them again)", workspace
