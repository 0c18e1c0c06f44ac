"""Does the file agree with itself: doubles, impossible rows, what is missing.

Each check answers with findings that say what was seen, what was done, and what the user can do. Total rows,
time and tracking have files of their own. This file must not know how files are read.
"""

from collections.abc import Sequence

import polars as pl

from reflection.domain.campaign import REQUIRED_COUNTS
from reflection.domain.metrics import AMOUNTS, COUNTS, KPIS, METRICS, OBSERVED
from reflection.domain.number_of import number_of
from reflection.ingest.building.conversions import OTHER
from reflection.ingest.building.drafts import ALWAYS_WRITTEN, Draft, metric_sums
from reflection.ingest.building.identity import IdentifiedRows
from reflection.ingest.checks import checksums, periods, tracking_faults
from reflection.ingest.checks.assumptions import assumptions
from reflection.ingest.checks.periods import period
from reflection.ingest.checks.stretches import Stretch
from reflection.ingest.dialects.dialect import SPLITS, normal_header
from reflection.ingest.import_report import Finding, Granularity, Reject, Totals, finding
from reflection.ingest.options import ImportOptions
from reflection.ingest.reading.header import Header
from reflection.ingest.reading.typed_rows import Facts

MOST_NAMED = 12
_CAUTIONS = {
    "unique_clicks": "'{0}' counts people, not clicks: CTR and CVR are lower and higher than with link clicks. Export "
    "'Link clicks' to compare with other files.",
    "pin_clicks": "'{0}' includes clicks that stay on the platform; export outbound clicks where they exist.",
}

__all__ = ["campaign_findings", "file_findings", "period", "totals", "unsound"]


def totals(frame: pl.DataFrame) -> Totals:
    """Sums over all rows, as a campaign's: null where a part is missing; amounts only where there is one currency."""
    if frame.is_empty():
        return Totals()
    sums = frame.select(metric_sums(frame)).row(0, named=True)
    single = frame["currency"].n_unique() <= 1
    return Totals(
        impressions=_whole(sums["impressions"]),
        clicks=_whole(sums["clicks"]),
        conversions=sums["conversions"],
        spend=sums["spend"] if single else None,
        revenue=sums["revenue"] if single else None,
    )


def _whole(value: float | None) -> int | None:
    return None if value is None else round(value)


def unsound(drafts: Sequence[Draft], rejects: Sequence[Reject], frame: pl.DataFrame) -> dict[str, str]:
    """Keys of campaigns whose totals would be wrong, and why."""
    twice = dict.fromkeys(periods.doubled(frame)["key"].cast(pl.String), "its rows cover some days twice")
    rejected = "some of its rows were rejected: its totals would be wrong"
    return twice | dict.fromkeys(incomplete(drafts, rejects), rejected)


def incomplete(drafts: Sequence[Draft], rejects: Sequence[Reject]) -> set[str]:
    """Keys of campaigns some of whose rows were rejected; all of them where a rejected row names no campaign."""
    if not rejects:
        return set()
    if any(not reject.campaign.strip() for reject in rejects):
        return {draft.key for draft in drafts}
    names = {reject.campaign.strip() for reject in rejects}
    return {draft.key for draft in drafts if draft.key in names or draft.name in names}


def file_findings(
    facts: Facts, header: Header, rows: IdentifiedRows, unused: Sequence[str] = (), *, undecided: bool = False
) -> list[Finding]:
    """Findings about the file as a whole.

    Args:
        unused: headers of number columns that nothing is made of.
        undecided: whether the user has to say what a conversion is; then their absence is no news.
    """
    notes = checksums.findings(facts, header)
    notes += _doubles(rows, header)
    notes += _impossible(rows.frame)
    notes += _attribution(rows.frame)
    notes += _unknown(rows.frame, header, undecided=undecided)
    notes += assumptions(facts, header)
    if facts.rejects:
        first = facts.rejects[0]
        message = (
            f"{number_of(len(facts.rejects), 'row')} cannot be read: {first.reason} (line {first.line}). "
            "Campaigns with such rows are left out."
        )
        notes.append(finding("rows_rejected", "error", message, [reject.line for reject in facts.rejects]))
    if strange := [name.partition(".")[2] for name in header.made if name.startswith(f"{OTHER}.")]:
        message = f"Action types that are not known here and not counted: {', '.join(sorted(strange))}."
        notes.append(finding("actions_unknown", "warning", message))
    notes += _alike(header, unused)
    if unused := [name for name in unused if normal_header(name) not in _written(header)]:
        named = ", ".join(f"'{name}'" for name in unused[:MOST_NAMED]) + (" ..." if len(unused) > MOST_NAMED else "")
        notes.append(finding("columns_not_used", "info", f"Number columns that nothing is made of: {named}."))
    for code, name in header.cautions:
        notes.append(finding(code, "warning", _CAUTIONS[code].format(name)))
    if rows.granularity in ("week", "month", "period"):
        message = f"Rows are {rows.granularity}s, not days: they are taken as whole periods, never as a daily series."
        notes.append(finding("not_daily", "info", message))
    if rows.granularity == "none" and rows.frame.height:
        notes.append(periods.without_days(header))
    return notes


def _written(header: Header) -> set[str]:
    return {normal_header(header.cells[index]) for index in header.columns.values()}


def _alike(header: Header, unused: Sequence[str]) -> list[Finding]:
    """Columns that are left because another one of the same header is read."""
    names = sorted({f"'{name}'" for name in unused if normal_header(name) in _written(header)})
    if not names:
        return []
    message = (
        f"{', '.join(names)} stands over several columns: the first of them is read. Take the others away, or give the "
        "one that counts a name of its own."
    )
    return [finding("columns_alike", "warning", message)]


def _attribution(frame: pl.DataFrame) -> list[Finding]:
    """Conversions that are counted within different windows."""
    if "attribution" not in frame.columns:
        return []
    ran = frame.filter((pl.col("impressions") > 0).fill_null(False))
    settings = sorted(ran["attribution"].cast(pl.String).drop_nulls().unique().to_list())
    if len(settings) < 2:
        return []
    named = ", ".join(f"'{setting}'" for setting in settings[:MOST_NAMED])
    message = (
        f"Conversions are counted under different attribution settings: {named}. A difference in CVR, CPA or ROAS "
        "between such campaigns may be the setting's."
    )
    return [finding("attribution_mixed", "warning", message)]


def campaign_findings(
    drafts: Sequence[Draft],
    frame: pl.DataFrame,
    granularity: Granularity,
    dialect: str,
    options: ImportOptions,
    doubts: Sequence[Stretch] = (),
) -> list[Finding]:
    """Findings about campaigns over time; `doubts` are stretches of days whose conversions look wrong."""
    notes = periods.findings(drafts, frame, granularity, dialect, options)
    return notes + tracking_faults.findings(drafts, doubts, dialect, options.accept)


def _doubles(identified: IdentifiedRows, header: Header) -> list[Finding]:
    """Rows alike in every cell, and rows of the same campaign, cell and day (device and other segments)."""
    notes: list[Finding] = []
    frame = identified.frame
    grain = frame.select("key", "currency", "first", "last", "audience", "creative").hash_rows()
    delivered = pl.col("impressions").fill_null(0) + pl.col("spend").fill_null(0.0) > 0
    rows = frame.select("line", "twin", grain.alias("grain"), delivered.alias("delivered")).filter("delivered")
    if lines := rows.filter(~pl.col("twin").is_first_distinct())["line"].to_list():
        notes.append(
            finding("identical_rows", "warning", f"Rows that repeat another row cell by cell: {len(lines)}. They are "
                    "added, as platforms do list such rows; if the file was pasted together, remove them.", lines)
        )  # fmt: skip
    if lines := rows.filter(~pl.col("grain").is_first_distinct())["line"].to_list():
        split = [header.written(name) for name in SPLITS if name in header.columns and name in frame.columns]
        why = f" (split by {', '.join(split)})" if split else ""
        explained = split or identified.granularity == "hour"
        doubt = "" if explained else "; if a day was exported twice, take one of its rows away"
        message = (
            f"Rows of the same campaign, audience, creative and days as another{why}: {len(lines)}. They are "
            f"added{doubt}."
        )
        notes.append(finding("rows_summed", "info" if explained else "warning", message, lines))
    return notes


def _impossible(frame: pl.DataFrame) -> list[Finding]:
    notes: list[Finding] = []
    checks = (
        ("clicks_above_impressions", pl.col("clicks") > pl.col("impressions"),
         "more clicks than impressions", "They count in the totals, not in the breakdown"),
        ("conversions_above_clicks", pl.col("conversions") > pl.col("clicks"),
         "more conversions than clicks",
         "View-through, or another attribution: no conversion rate above 1 is taken from them silently"),
        ("spend_without_impressions", (pl.col("spend") > 0) & (pl.col("impressions") == 0),
         "spend without impressions", "They are counted; if that is not meant, export them again"),
    )  # fmt: skip
    for code, condition, fault, remark in checks:
        lines = frame.filter(condition.fill_null(False))["line"].to_list()
        if lines:
            notes.append(finding(code, "warning", f"Rows with {fault}: {len(lines)}. {remark}.", lines))
    still = frame.filter((pl.col("impressions").fill_null(0) == 0) & (pl.col("spend").fill_null(0.0) == 0)).height
    if still:
        notes.append(finding("not_delivered", "info", f"Rows that were not delivered: {still} of {frame.height:,}."))
    return [*notes, *_holes(frame)]


def _holes(frame: pl.DataFrame) -> list[Finding]:
    """Cells that say nothing in columns that do."""
    notes: list[Finding] = []
    for name in COUNTS:
        if frame[name].null_count() in (0, frame.height):
            continue
        strict = name in ALWAYS_WRITTEN
        did = pl.any_horizontal(pl.col(count).fill_null(0) > 0 for count in ("impressions", "clicks", "spend"))
        doing = did if strict else pl.col("impressions") > 0 if name == "clicks" else pl.col("clicks") > 0
        lines = frame.filter(pl.col(name).is_null() & doing.fill_null(False))["line"].to_list()
        if lines:
            what = "have clicks" if doing is not did and name != "clicks" else "were delivered"
            stays = "stays" if name in AMOUNTS else "stay"
            done = f"the {name} of their campaigns {stays} unknown" if strict else "only what is known is added"
            message = f"Rows that {what} and say nothing about {name}: {len(lines)}; {done}."
            notes.append(finding("cells_missing", "info" if name == "clicks" else "warning", message, lines))
    return notes


def _unknown(frame: pl.DataFrame, header: Header, *, undecided: bool) -> list[Finding]:
    """Counts that no row states: which KPIs that costs, and whether anything is left to learn."""
    empty = [name for name in REQUIRED_COUNTS if frame.height and frame[name].null_count() == frame.height]
    notes = [_lacking(name, header) for name in empty if not (undecided and name == "conversions")]
    if not any(set(METRICS[metric].counts).isdisjoint(empty) for metric in OBSERVED if metric != "aov"):
        message = f"Nothing can be learnt from this file: it does not say {', '.join(empty)}. Export it with them."
        notes.append(finding("nothing_to_learn", "warning", message))
    return notes


def _lacking(name: str, header: Header) -> Finding:
    events = [column for column in header.columns if column.startswith("conversion.")] if name == "conversions" else []
    if named := [column for column in (name, *events) if column in header.columns]:
        cause = f"The column '{header.written(named[0])}' is empty"
    else:
        cause = f"The file has no column of {name} that is known here"
    lost = ", ".join(METRICS[kpi].short_name for kpi in KPIS if name in METRICS[kpi].counts)
    message = f"{cause}: {name} {'stays' if name in AMOUNTS else 'stay'} unknown, never 0, and so do {lost}."
    return finding("column_missing", "warning", message)
