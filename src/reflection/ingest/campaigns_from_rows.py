"""From identified rows to campaigns: drafts, what is to be said of them, expected figures, and what was left out.

Whatever the rows came from: a file that was just read, or those that are left when an import is taken back. Must not
know how files are opened or recognised.
"""

import datetime as dt
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import astuple, dataclass, field, replace
from typing import Any

import polars as pl

from reflection.domain.campaign import Campaign
from reflection.domain.number_of import number_of
from reflection.domain.planner_forecast import NO_FORECAST, PREVIOUS_PERIOD, TRAILING_28D
from reflection.domain.steps import in_steps
from reflection.ingest.building.campaigns import BuildResult, build, draft_id
from reflection.ingest.building.drafts import Draft, group_drafts
from reflection.ingest.building.expected import References
from reflection.ingest.building.name_templates import Templates
from reflection.ingest.building.plan_file import Plan
from reflection.ingest.checks import checks, maturity
from reflection.ingest.checks.stretches import stretches
from reflection.ingest.checks.tracking_faults import with_doubts
from reflection.ingest.import_report import Finding, Granularity, Reject, finding
from reflection.ingest.options import ImportOptions
from reflection.ingest.time_zones import zone_named

TORN = (
    "an earlier file splits its days in another way: they would be counted twice, or what only that file says be lost"
)


@dataclass(frozen=True, slots=True)
class Making:
    """What campaigns are made with.

    Attributes:
        counted: the event that is counted, where it is one: the objective of campaigns that state none.
        undecided: whether nothing says what a conversion is; then no campaign is made.
        zone: the zone of the days.
    """

    dialect: str
    zone: dt.tzinfo
    options: ImportOptions
    counted: str = ""
    undecided: bool = False

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready values, to make campaigns of the same rows again; a plan file is not kept."""
        options = self.options
        expected = options.expected if options.expected == TRAILING_28D else PREVIOUS_PERIOD
        return {
            "dialect": self.dialect, "zone": str(self.zone), "counted": self.counted, "undecided": self.undecided,
            "group_by": options.group_by, "expected": expected, "objective": options.objective,
            "window": options.conversion_window, "templates": astuple(options.templates),
        }  # fmt: skip

    @classmethod
    def read(cls, body: Mapping[str, Any], as_of: dt.date) -> "Making":
        """The values of `as_dict`."""
        options = ImportOptions(
            group_by=body["group_by"], expected=body["expected"], objective=body["objective"], as_of=as_of,
            conversion_window=body["window"], templates=Templates(*body["templates"]),
        )  # fmt: skip
        return cls(body["dialect"], zone_named(body["zone"]), options, body["counted"], body["undecided"])

    def drafts(self, frame: pl.DataFrame) -> list[Draft]:
        """The campaigns in the making that delivered anything."""
        grouped = group_drafts(frame, self.options.group_by)
        drafts = [_with_objective(draft, self.counted, self.options) for draft in grouped]
        kept = [draft for draft in drafts if draft.sums.delivered()]
        return maturity.with_maturity(kept, frame, self.dialect, self.options.conversion_window)


def campaigns_of(
    making: Making,
    frame: pl.DataFrame,
    drafts: Sequence[Draft],
    granularity: Granularity,
    rejects: Sequence[Reject] = (),
    plan: Plan | None = None,
    torn: Collection[str] = (),
    own: Sequence[Draft] | None = None,
) -> "MadeCampaigns":
    """The campaigns of drafts, beside expected figures, with what is to be said of them.

    Args:
        torn: keys of campaigns of whose days files say some twice (`day_sets`).
        own: the drafts that campaigns are made of, others are what they are compared with; None for all.
    """
    places = {(draft.key, draft.currency, draft.label) for draft in (drafts if own is None else own)}
    options, dialect = making.options, making.dialect
    doubts = stretches(frame, maturity.complete_by(drafts, options.as_of))
    drafts = with_doubts(drafts, doubts)
    notes = checks.campaign_findings(drafts, frame, granularity, dialect, options, doubts)
    drafts, others = _split(drafts, places)
    foreign = {draft_id(dialect, draft) for draft in others}
    made = MadeCampaigns([note for note in notes if not note.campaigns or not foreign.issuperset(note.campaigns)])
    references = References(*_sound([*drafts, *others], frame, notes, dialect), options, plan)
    faults = checks.unsound(drafts, rejects, frame) | dict.fromkeys(torn, TORN)
    for draft in in_steps(drafts):
        if fault := faults.get(draft.key):
            made.rejects.append(Reject(draft.lines[0] if draft.lines else 0, fault, draft.name))
        elif not making.undecided:
            made.add(draft, build(draft, references, dialect, options.templates, making.zone))
    return made


def _split(drafts: Sequence[Draft], places: Collection[object]) -> tuple[list[Draft], list[Draft]]:
    """Those of some places, and the others; a place without a currency is of a file that states no money."""
    inside = [
        any((draft.key, currency, draft.label) in places for currency in (draft.currency, None)) for draft in drafts
    ]
    own = [draft for draft, there in zip(drafts, inside, strict=True) if there]
    return own, [draft for draft, there in zip(drafts, inside, strict=True) if not there]


def days_joined(report: str, known: int, drafts: Sequence[Draft], dialect: str) -> Finding:
    """That campaigns were made of the days of several files."""
    first, last = min(filter(None, (one.first for one in drafts))), max(filter(None, (one.last for one in drafts)))
    message = (
        f"{known:,} campaign-days that {report} says nothing of came with other files and count with it: its campaigns "
        f"now reach from {first} to {last}. Days that it does say are counted once, as it says them."
    )
    return finding("days_joined", "info", message, (), [draft_id(dialect, draft) for draft in drafts])


@dataclass(slots=True)
class MadeCampaigns:
    """What building gave: campaigns, what was left out, and whose expected figures they carry.

    Attributes:
        of_campaigns: what is to be said of campaigns over time.
    """

    of_campaigns: list[Finding]

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


def _with_objective(draft: Draft, counted: str, options: ImportOptions) -> Draft:
    """The user's objective where the file has none, else the event that was counted."""
    event = counted if draft.sums.conversions is not None else ""
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
