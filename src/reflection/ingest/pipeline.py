"""One import in order: open, recognise, read, settle conversions, identify, group, expect, check, build.

The verbs in their order, each done elsewhere. Several files of one call complete each other (names, currencies, Meta
actions) and are checked against each other. Nothing is stored here: a report is either whole, or an error is raised.
"""

import datetime as dt
from collections.abc import Collection, Sequence
from dataclasses import replace
from pathlib import Path

import polars as pl

from reflection.domain.planner_forecast import PREVIOUS_PERIOD, TRAILING_28D
from reflection.domain.steps import in_steps
from reflection.ingest.building import meta_actions
from reflection.ingest.building.conversions import Choice, choose_conversions
from reflection.ingest.building.day_sets import ReportedRows, day_set
from reflection.ingest.building.drafts import Draft
from reflection.ingest.building.identity import IdentifiedRows, identify
from reflection.ingest.building.name_books import NameBook, name_book
from reflection.ingest.building.plan_file import Plan, read_plan
from reflection.ingest.campaigns_from_rows import Making, campaigns_of, days_joined
from reflection.ingest.checks import checks, maturity, overlaps, restatements, workbooks
from reflection.ingest.checks.plausibility import refuse_millionths
from reflection.ingest.checks.restatements import snapshot
from reflection.ingest.import_report import Finding, ImportReport, Totals, finding
from reflection.ingest.options import ImportOptions
from reflection.ingest.reading.header import Header
from reflection.ingest.reading.preamble import Preamble
from reflection.ingest.reading.suggested_mapping import headers_of
from reflection.ingest.reading.tables import Table
from reflection.ingest.reading.unread_names import refusal, unread_names
from reflection.ingest.recognition import FileRows, Input, read_columns, read_rows
from reflection.ingest.time_zones import zone_named, zone_stated


def read_export(source: Input, options: ImportOptions | None = None) -> ImportReport:
    """Read one export into campaigns.

    Raises:
        ImportFileError: the file cannot be read, recognised, or read unambiguously; nothing was imported.
    """
    return read_exports([source], options)[0]


def read_exports(inputs: Sequence[Input], options: ImportOptions | None = None) -> list[ImportReport]:
    """Read several exports as one import; one report per file, in the order given.

    Names tables name the campaigns of the others; days that two files both report are taken from the first.

    Raises:
        ImportFileError: any of the files cannot be read; nothing was imported.
    """
    options = options or ImportOptions()
    zone_named(options.timezone)
    files = [read_rows(item, options) for item in in_steps(inputs)]
    book = name_book([file.facts.frame for file in files if file.header.dialect.role == "names"])
    files = meta_actions.join([(file.header, file.facts, file) for file in files], _with_frame)
    plan = _plan(options)
    every_draft: list[Draft] = []
    reports: list[ImportReport] = []
    for file in in_steps(files):
        reports.append(_report(file, book, plan, _with_rows(options, reports), every_draft))
    reports = _with_plan_findings(reports, plan, every_draft)
    return overlaps.compare(overlaps.without_nameless(reports), options.previous)


def _with_rows(options: ImportOptions, reports: Sequence[ImportReport]) -> ImportOptions:
    """The options for the file after some: their rows are known, too."""

    def known(dialect: str, keys: Collection[str]) -> Sequence[ReportedRows]:
        earlier = options.known(dialect, keys) if options.known is not None else ()
        here = [one.reported for one in reports if one.dialect == dialect and one.reported is not None]
        return [*earlier, *here]

    return replace(options, known=known)


def _with_plan_findings(reports: list[ImportReport], plan: Plan | None, drafts: Sequence[Draft]) -> list[ImportReport]:
    """What is to be said of the plan, beside the first file of figures: it is a plan for all of them."""
    notes = list(plan.findings(drafts)) if plan is not None else []
    place = next((number for number, report in enumerate(reports) if report.kind == "performance"), None)
    if notes and place is not None:
        reports[place] = replace(reports[place], findings=tuple(_ordered([*reports[place].findings, *notes])))
    return reports


def _with_frame(file: FileRows, frame: pl.DataFrame, made: dict[str, str]) -> FileRows:
    """The same file with completed rows."""
    header = replace(file.header, made=made)
    return replace(file, header=header, facts=replace(file.facts, frame=frame))


def _plan(options: ImportOptions) -> Plan | None:
    if options.expected in (PREVIOUS_PERIOD, TRAILING_28D):
        return None
    return read_plan(Path(options.expected), options.plan_mapping, options.limits)


def _report(
    file: FileRows, book: NameBook, plan: Plan | None, options: ImportOptions, every_draft: list[Draft]
) -> ImportReport:
    """The report on one file; its drafts are added to `every_draft`."""
    header, facts = file.header, file.facts
    empty = ImportReport(
        name=file.table.name,
        kind=header.dialect.role,
        platform=header.dialect.platform,
        dialect=header.dialect.key,
        recognised_by=header.reason,
        encoding=file.table.encoding,
        rows=facts.frame.height,
        totals=Totals(),
        currency=None,
        period=None,
        granularity="none",
        rejects=facts.rejects,
        columns=read_columns(header),
        headers=headers_of(header.cells),
        sha256=file.table.sha256,
    )
    if header.dialect.role != "performance":
        note = finding(
            "completes_others",
            "info",
            f"A table of {header.dialect.role}, without figures of its own. Give it together with the files of figures "
            "that it belongs to: it completes them.",
        )
        return replace(empty, findings=(note,))
    _refuse_lost_names(file, book, options)
    choice = choose_conversions(facts.frame, header, options.conversions, file.unused)
    mapping_currency = options.mapping.currency if options.mapping else ""
    rows = identify(
        facts, header, choice.frame, book=book, stem=Path(file.table.name).stem, campaign=options.campaign,
        currency=options.currency or mapping_currency or None,
    )  # fmt: skip
    refuse_millionths(rows.frame, file.table.name)
    described = replace(empty, conversions=choice.description)
    as_of = _as_of(file, options)
    options = replace(options, as_of=as_of)
    whole, notes = maturity.without_partial_day(rows.frame, options.as_of, rows.granularity)
    rows = replace(rows, frame=whole, findings=(*rows.findings, *notes))
    counted = choice.events[0].replace("_", " ") if len(choice.events) == 1 else ""
    making = Making(empty.dialect, _zone(header, options), options, counted, choice.undecided)
    reported = ReportedRows(rows.frame, _counted(choice, options), as_of)
    drafts = making.drafts(rows.frame)
    every_draft += drafts
    described = replace(described, reported=reported, making=making.as_dict())
    return _in_lines_of(file.table, _campaigns(described, file, choice, rows, drafts, plan, making))


def _in_lines_of(table: Table, report: ImportReport) -> ImportReport:
    """A report whose lines are those of the file, where the table's rows are not."""
    if not table.layout:
        return report
    message = f"The file has {table.layout}: it is read as a table with a row for each."
    findings = [
        replace(note, rows=tuple(dict.fromkeys(map(table.line_in_file, note.rows)))) for note in report.findings
    ]
    rejects = [replace(reject, line=table.line_in_file(reject.line)) for reject in report.rejects]
    notes = _ordered([*findings, finding("laid_out", "info", message)])
    return replace(report, findings=tuple(notes), rejects=tuple(dict.fromkeys(rejects)))


def _refuse_lost_names(file: FileRows, book: NameBook, options: ImportOptions) -> None:
    """A file whose campaigns nobody names is one campaign only where no column that is not read tells its rows apart.

    Raises:
        ImportFileError: there is such a column, with the mapping that would read it.
    """
    columns = set(file.facts.frame.columns)
    if options.campaign or {"campaign", "campaign_id"} & columns or ("audience_id" in columns and book.parents):
        return
    header = file.header
    if unread := unread_names(file.table, header, file.sheets[0].facts.frame):
        fields = {**read_columns(header), "campaign": unread[0]}
        mapping = {"platform": header.dialect.platform, "columns": fields, "headers": headers_of(header.cells)}
        raise refusal(file.table.name, unread, mapping)


def _counted(choice: Choice, options: ImportOptions) -> str:
    """What is a conversion in a file, so that files which count another thing are not put together."""
    default = choice.description if options.conversions else "conversions"
    return "+".join(choice.events) or (default if choice.description else "")


def _campaigns(
    report: ImportReport,
    file: FileRows,
    choice: Choice,
    rows: IdentifiedRows,
    drafts: list[Draft],
    plan: Plan | None,
    making: Making,
) -> ImportReport:
    """Everything from drafts on: expected figures, checks, campaigns."""
    frame, dialect, options, rejects = rows.frame, report.dialect, making.options, file.facts.rejects
    assert report.reported is not None
    assert options.known is not None
    keys = frame["key"].unique().cast(pl.String).to_list()
    days = day_set(report.reported, options.known(dialect, keys))
    every = drafts if days.frame is report.reported.frame else making.drafts(days.frame)
    made = campaigns_of(making, days.frame, every, rows.granularity, rejects, plan, days.torn, drafts)
    current = replace(snapshot(frame, dialect), ids=made.ids)
    notes = [
        *choice.findings,
        *rows.findings,
        *made.findings(),
        *checks.file_findings(file.facts, file.header, rows, file.unused, undecided=choice.undecided),
        *workbooks.findings(file, frame),
        *made.of_campaigns,
        *([days_joined(report.name, days.known, every, dialect)] if days.known else []),
    ]
    if previous := options.previous.get(dialect):
        notes += restatements.findings(previous, current, monthly=options.group_by == "month")
    return replace(
        report,
        platform=report.platform or ", ".join(sorted({draft.platform for draft in drafts})),
        totals=checks.totals(frame),
        currency=_sole_value(frame, "currency"),
        period=checks.period(frame),
        granularity=rows.granularity,
        timezone=str(making.zone),
        campaigns=tuple(made.campaigns),
        findings=tuple(_ordered(notes)),
        rejects=(*rejects, *made.rejects),
        snapshot=current,
        joined=days.known > 0,
    )


def _as_of(file: FileRows, options: ImportOptions) -> dt.date:
    """The day the export was made: as the user says, as the lines above the table say, else today in its time zone."""
    stated = Preamble(file.header.preamble).made_on(file.facts.date_order)
    return options.as_of or stated or dt.datetime.now(_zone(file.header, options)).date()


def _zone(header: Header, options: ImportOptions) -> dt.tzinfo:
    """The zone of the file's days: the user's, the preamble's, the platform's, UTC."""
    stated = Preamble(header.preamble).zone()
    if options.timezone or not stated:
        return zone_named(options.timezone or header.dialect.timezone or None)
    return zone_stated(stated)


def _sole_value(frame: pl.DataFrame, column: str) -> str | None:
    values = frame[column].drop_nulls().unique().to_list()
    return values[0] if len(values) == 1 else None


def _ordered(notes: Sequence[Finding]) -> list[Finding]:
    rank = {"error": 0, "warning": 1, "info": 2}
    return sorted(notes, key=lambda item: rank[item.severity])
