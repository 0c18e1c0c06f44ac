"""One import in order: open, recognise, read, settle conversions, identify, group, expect, check, build.

The verbs in their order, each done elsewhere. Several files of one call complete each other (names, currencies, Meta
actions) and are checked against each other. Nothing is stored here: a report is either whole, or an error is raised.
"""

import datetime as dt
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import polars as pl

from reflection.domain.campaign import Campaign
from reflection.domain.number_of import number_of
from reflection.domain.planner_forecast import NO_FORECAST, PREVIOUS_PERIOD, TRAILING_28D
from reflection.errors import ImportFileError
from reflection.ingest.building import meta_actions
from reflection.ingest.building.campaigns import BuildResult, build, draft_id
from reflection.ingest.building.conversions import Choice, choose_conversions
from reflection.ingest.building.drafts import Draft, group_drafts
from reflection.ingest.building.expected import References
from reflection.ingest.building.identity import IdentifiedRows, identify
from reflection.ingest.building.name_books import NameBook, name_book
from reflection.ingest.building.plan_file import Plan, read_plan
from reflection.ingest.checks import checks, maturity, overlaps, restatements, workbooks
from reflection.ingest.checks.plausibility import refuse_millionths
from reflection.ingest.checks.restatements import snapshot
from reflection.ingest.import_report import Finding, ImportReport, Reject, Totals, finding
from reflection.ingest.options import ImportOptions
from reflection.ingest.reading.header import Header
from reflection.ingest.reading.preamble import Preamble
from reflection.ingest.recognition import FileRows, Input, headers_of, read_columns, read_rows

_OFFSET = re.compile(r"GMT([+-])([01]?\d|2[0-3]):([0-5]\d)")


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
    files = [read_rows(item, options) for item in inputs]
    book = name_book([file.facts.frame for file in files if file.header.dialect.role == "names"])
    files = meta_actions.join([(file.header, file.facts, file) for file in files], _with_frame)
    plan = _plan(options)
    every_draft: list[Draft] = []
    reports = [_report(file, book, plan, options, every_draft) for file in files]
    return overlaps.compare(_with_plan_findings(reports, plan, every_draft), options.previous)


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
    choice = choose_conversions(facts.frame, header, options.conversions, file.unused)
    mapping_currency = options.mapping.currency if options.mapping else ""
    rows = identify(
        facts, header, choice.frame, book=book, stem=Path(file.table.name).stem, campaign=options.campaign,
        currency=options.currency or mapping_currency or None,
    )  # fmt: skip
    refuse_millionths(rows.frame, file.table.name)
    described = replace(empty, conversions=choice.description)
    options = replace(options, as_of=_as_of(file, options))
    whole, notes = maturity.without_partial_day(rows.frame, options.as_of, rows.granularity)
    rows = replace(rows, frame=whole, findings=(*rows.findings, *notes))
    drafts = maturity.with_maturity(
        _drafts(rows, choice, options), rows.frame, empty.dialect, options.conversion_window
    )
    every_draft += drafts
    return _campaigns(described, file, choice, rows, drafts, plan, options)


def _as_of(file: FileRows, options: ImportOptions) -> dt.date:
    """The day the export was made: as the user says, as the lines above the table say, else today in its time zone."""
    stated = Preamble(file.header.preamble).made_on(file.facts.date_order)
    return options.as_of or stated or dt.datetime.now(_zone(file.header, options)).date()


def _drafts(rows: IdentifiedRows, choice: Choice, options: ImportOptions) -> list[Draft]:
    """The campaigns in the making that delivered anything."""
    drafts = [_with_objective(draft, choice, options) for draft in group_drafts(rows.frame, options.group_by)]
    return [draft for draft in drafts if draft.sums.delivered()]


def _campaigns(
    report: ImportReport,
    file: FileRows,
    choice: Choice,
    rows: IdentifiedRows,
    drafts: list[Draft],
    plan: Plan | None,
    options: ImportOptions,
) -> ImportReport:
    """Everything from drafts on: expected figures, checks, campaigns."""
    frame, dialect, rejects = rows.frame, report.dialect, file.facts.rejects
    zone = _zone(file.header, options)
    campaign_notes = checks.campaign_findings(drafts, frame, rows.granularity, dialect, options)
    references = References(*_sound(drafts, frame, campaign_notes, dialect), options, plan)
    outcome = _BuildOutcome()
    faults = checks.unsound(drafts, rejects, frame)
    for draft in drafts:
        if fault := faults.get(draft.key):
            outcome.rejects.append(Reject(draft.lines[0], fault, draft.name))
        elif not choice.undecided:
            outcome.add(draft, build(draft, references, dialect, options.templates, zone))
    current = replace(snapshot(frame, dialect), ids=outcome.ids)
    notes = [
        *choice.findings,
        *rows.findings,
        *outcome.findings(),
        *checks.file_findings(file.facts, file.header, rows, file.unused, undecided=choice.undecided),
        *workbooks.findings(file.table, file.unread, file.facts.frame, frame),
        *campaign_notes,
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
        timezone=str(zone),
        campaigns=tuple(outcome.campaigns),
        findings=tuple(_ordered(notes)),
        rejects=(*rejects, *outcome.rejects),
        snapshot=current,
    )


def _sound(
    drafts: Sequence[Draft], frame: pl.DataFrame, notes: Sequence[Finding], dialect: str
) -> tuple[list[Draft], pl.DataFrame]:
    """What expected figures may rest on: drafts and rows without those whose tracking looks faulty."""
    suspects = {identity for note in notes if note.code == "tracking_fault" for identity in note.campaigns}
    sound = [draft for draft in drafts if draft_id(dialect, draft) not in suspects]
    for draft in drafts if suspects else ():
        if draft_id(dialect, draft) not in suspects:
            continue
        inside = pl.col("first").is_between(pl.lit(draft.first), pl.lit(draft.last))
        frame = frame.filter(~((pl.col("key").cast(pl.String) == draft.key) & inside).fill_null(False))
    return sound, frame


@dataclass(slots=True)
class _BuildOutcome:
    """What building gave: campaigns, what was left out, and whose expected figures they carry."""

    campaigns: list[Campaign] = field(default_factory=list)
    rejects: list[Reject] = field(default_factory=list)
    notes: list[Finding] = field(default_factory=list)
    ids: dict[tuple[str, str], tuple[str, ...]] = field(default_factory=dict)

    def add(self, draft: Draft, result: BuildResult) -> None:
        """Keep a campaign, or the reason why there is none."""
        self.notes += result.findings
        if result.campaign is not None:
            self.campaigns.append(result.campaign)
            place = draft.platform, draft.name.lower()
            self.ids[place] = (*self.ids.get(place, ()), result.campaign.campaign_id)
        elif result.reject is not None:
            self.rejects.append(result.reject)

    def findings(self) -> list[Finding]:
        """What was noticed while building, who expects, and what was left out."""
        notes = [*self.notes, *_expected_findings(Counter(campaign.planner or "" for campaign in self.campaigns))]
        if self.rejects:
            left_out = number_of(len(self.rejects), "campaign is", "campaigns are")
            message = f"{left_out} left out; the first: {self.rejects[0].reason}."
            notes.append(
                finding("campaigns_left_out", "error", message, [reject.line for reject in self.rejects if reject.line])
            )
        return notes


def _zone(header: Header, options: ImportOptions) -> dt.tzinfo:
    """The zone of the file's days: the user's, the preamble's, the platform's, UTC."""
    stated = Preamble(header.preamble).zone()
    if options.timezone or not stated:
        return zone_named(options.timezone or header.dialect.timezone or None)
    if match := _OFFSET.search(stated):
        offset = dt.timedelta(hours=int(match[2]), minutes=int(match[3]))
        return dt.timezone(-offset if match[1] == "-" else offset)
    return zone_named("UTC" if stated.upper().startswith("GMT") else stated)


def _with_objective(draft: Draft, choice: Choice, options: ImportOptions) -> Draft:
    """The user's objective where the file has none, else the event that was counted."""
    counted = len(choice.events) == 1 and draft.sums.conversions is not None
    event = choice.events[0].replace("_", " ") if counted else ""
    return replace(draft, objective=draft.objective or options.objective or event)


def _expected_findings(labels: Counter[str]) -> list[Finding]:
    notes: list[Finding] = []
    if missing := labels.pop(NO_FORECAST, 0):
        message = (
            f"Campaigns without forecast, past, or others to compare with: {missing}. Their expected figures are the "
            "facts themselves, so the comparison says nothing. Give a plan with --expected PLAN.csv."
        )
        notes.append(finding("expected_missing", "warning", message))
    if labels:
        sources = ", ".join(f"{planner} ({count})" for planner, count in sorted(labels.items()))
        message = (
            f"Expected figures, by source and number of campaigns: {sources}. `planner` of each campaign says which."
        )
        notes.append(finding("expected_from", "info", message))
    return notes


def _sole_value(frame: pl.DataFrame, column: str) -> str | None:
    values = frame[column].drop_nulls().unique().to_list()
    return values[0] if len(values) == 1 else None


def _ordered(notes: Sequence[Finding]) -> list[Finding]:
    rank = {"error": 0, "warning": 1, "info": 2}
    return sorted(notes, key=lambda item: rank[item.severity])


def zone_named(name: str | None) -> dt.tzinfo:
    """A time zone by its IANA name; UTC for None.

    Raises:
        ImportFileError: there is no such zone.
    """
    try:
        return ZoneInfo(name) if name and name != "UTC" else dt.UTC
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ImportFileError(
            f"'{name}' is no time zone.", hint="Use one such as Europe/Berlin.", field="timezone"
        ) from error
