"""The section on the track record: were forecasts, probabilities, findings and advice right?

The figures are those of the scoreboard (track_record.py), which `GET /v1/track-record` serves; here they get words and
a plot. Must not know formats or how anything is scored.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from reflection.domain.forecast_register import ISSUER
from reflection.domain.metrics import HEADLINES
from reflection.explain import formatting
from reflection.explain.phrases.sentences_en import ENGLISH
from reflection.reports.plot_data import ShareRow, Shares
from reflection.reports.view import Plot, Section, Table

MOST_ISSUERS = 6
NONE = "-"
LEVEL = "90"
LEAD = (
    "Every forecast is judged by what it said when it was made, and every learning by whether it still holds: "
    "how far this report may be trusted."
)
_HEAD = ("Forecast by", "KPI", "Forecasts", "Result against it", "Typical miss", "In its 90 % interval", "Skill")


def record_section(board: Mapping[str, Any] | None) -> Iterator[Section]:
    """The section, or nothing where nothing was asked for."""
    if board is None:
        return
    rows = _rows(board.get("issuers", ()))
    points = tuple(_points(board))
    if not rows:
        yield Section("record", "Track record", lead="No forecast has met its outcome yet.", points=points)
        return
    table = Table(
        "Forecasts against what came, all platforms; a skill above zero beats the average of the past",
        _HEAD,
        tuple(_cells(row) for row in rows),
        (2, 3, 4, 5, 6),
    )
    judged = [row for row in rows if row["coverage"][LEVEL] is not None]
    if not judged:
        yield Section("record", "Track record", lead=LEAD, points=points, tables=(table,))
        return
    yield Section("record", "Track record", lead=LEAD, points=points, plots=(_plot(judged, table),))


def _rows(issuers: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Ours first, then those with the most forecasts; all platforms together."""
    overall = [row for row in issuers if row["platform"] is None and row["metric"] in HEADLINES]
    weight: dict[str, int] = {}
    for row in overall:
        weight[row["issuer"]] = max(weight.get(row["issuer"], 0), row["n"])
    order = sorted(weight, key=lambda name: (name != ISSUER, -weight[name], name))[:MOST_ISSUERS]
    selection = [row for row in overall if row["issuer"] in order]
    return sorted(selection, key=lambda row: (order.index(row["issuer"]), HEADLINES.index(row["metric"])))


def _cells(row: Mapping[str, Any]) -> tuple[str, ...]:
    coverage = row["coverage"][LEVEL]
    return (
        _issuer(row["issuer"]),
        formatting.capital(ENGLISH.kpi(row["metric"])),
        formatting.count(row["n"]),
        NONE if row["bias"] is None else formatting.signed_lift(math.exp(row["bias"])),
        NONE if row["mae_log"] is None else formatting.percent(100.0 * math.expm1(row["mae_log"])),
        "no interval given" if coverage is None else formatting.percent(100.0 * coverage),
        NONE if row["crps_skill"] is None else f"{row['crps_skill']:+z.2f}",
    )


def _plot(rows: Sequence[Mapping[str, Any]], table: Table) -> Plot:
    shares = [
        ShareRow(
            subject=row["metric"],
            label=f"{_issuer(row['issuer'])}: {ENGLISH.kpi(row['metric'])}",
            note=ENGLISH.counted("forecast", row["n"], formatting.count(row["n"])),
            share=row["coverage"][LEVEL],
            value=formatting.percent(100.0 * row["coverage"][LEVEL]),
        )
        for row in rows
    ]
    title = "How often outcomes fell into the 90 % interval of their forecast"
    description = "; ".join(f"{share.label}: {share.value} of {share.note}" for share in shares)
    legend = "Dot: share of outcomes inside. The line marks the promised 90 %. Few forecasts say little."
    return Plot("record", title, description, Shares(0.9, tuple(shares)), table, legend)


def _points(board: Mapping[str, Any]) -> Iterator[str]:
    findings, advice, holdback = board["findings"], board["advice"], board["holdback"]
    if findings["n"]:
        replication, promise = findings["replicated"], findings["promised"]
        learnings = ENGLISH.counted("learning", findings["n"], formatting.count(findings["n"]))
        clause = "" if promise is None else f" ({formatting.percent(100.0 * promise)} were promised to)"
        yield f"Of {learnings} ever established, {formatting.percent(100.0 * replication)} still hold{clause}."
    else:
        yield f"{formatting.capital(findings['reason'])}."
    if advice["n"]:
        yield (
            f"Advice was followed {formatting.count(advice['n'])} times: predicted "
            f"{formatting.signed_lift(advice['predicted_lift'])}, measured "
            f"{formatting.signed_lift(advice['measured_lift'])}. {formatting.capital(advice['reason'])}."
        )
    else:
        yield f"{formatting.capital(advice['reason'])}."
    if holdback["evaluable"]:
        low, high = (formatting.signed_lift(bound) for bound in holdback["interval"])
        lift = formatting.signed_lift(holdback["lift"])
        metric = ENGLISH.kpi(holdback["metric"])
        yield f"Campaigns that got advice did {lift} ({low} to {high}) on {metric} against those held back at random."
    else:
        yield f"Whether advice helps cannot be said: {holdback['reason'].removeprefix('not evaluable: ')}."


def _issuer(name: str) -> str:
    return "This engine" if name == ISSUER else formatting.plain_name(name, 60)
