"""What an import says back: totals, period, findings with their rows, rejected rows, and the campaigns.

Values only: nothing here reads a file or decides anything. `ImportReport.as_dict` is what command line and API answer.
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from reflection.domain.campaign import Campaign

if TYPE_CHECKING:
    from reflection.ingest.building.day_sets import ReportedRows

Severity = Literal["info", "warning", "error"]
Granularity = Literal["hour", "day", "week", "month", "period", "none"]
MAX_ROWS = 20
CampaignDay = tuple[str, str, dt.date, dt.date]
"""Platform, campaign name in lower case, first and last day."""

_FIGURES = 5


@dataclass(frozen=True, slots=True)
class Finding:
    """Something the user should know: what was seen, what was done about it, what they can do.

    Attributes:
        code: stable, for programs.
        severity: info (nothing to do), warning (look at it), error (something was left out).
        rows: line numbers in the file, at most the first twenty.
        campaigns: ids of the campaigns it concerns; empty when it is about the file.
    """

    code: str
    severity: Severity
    message: str
    rows: tuple[int, ...] = ()
    campaigns: tuple[str, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """The verdict's shape; `campaigns` only where there are some."""
        body: dict[str, Any] = {
            "code": self.code,
            "severity": self.severity,
            "message": self.message,
            "rows": list(self.rows),
        }
        return body | ({"campaigns": list(self.campaigns)} if self.campaigns else {})


def finding(
    code: str, severity: Severity, message: str, rows: Sequence[int] = (), campaigns: Sequence[str] = ()
) -> Finding:
    """A finding that names at most the first twenty rows."""
    lines = sorted(line for line in rows if line)  # 0 is a row of another file
    return Finding(code, severity, message, tuple(lines[:MAX_ROWS]), tuple(campaigns))


@dataclass(frozen=True, slots=True)
class Reject:
    """A row (or a whole campaign) that was left out: where, which, and why."""

    line: int
    reason: str
    campaign: str = ""

    def as_dict(self) -> dict[str, Any]:
        """The row as the verdict shows it: {line, campaign, reason}."""
        return {"line": self.line, "campaign": self.campaign, "reason": self.reason}


@dataclass(frozen=True, slots=True)
class Totals:
    """Sums over the rows read; None where the file does not say. Amounts are None when currencies differ."""

    impressions: int | None = None
    clicks: int | None = None
    conversions: float | None = None
    spend: float | None = None
    revenue: float | None = None


@dataclass(frozen=True, slots=True)
class ImportReport:
    """The verdict on one import.

    Attributes:
        kind: performance, or names / actions when the file only completes others.
        dialect: platform dialect and what it was recognised by, in words.
        conversions: what was counted as a conversion, in words; '' where none was chosen.
        rows: performance rows read (totals, footers and rejects not counted).
        period: first and last day; None when the file has no dates.
        campaigns: ready to be analysed, ordered by period, then id.
        columns: field -> header as the file writes it, of what was read; `headers` are all of the file's.
        sha256: of the unpacked bytes: the same file again is the same import.
        reported: its identified rows, and `making` what their campaigns were made with: kept for the files to come.
        joined: whether its campaigns hold days that came with other files.
    """

    name: str
    kind: Literal["performance", "names", "actions"]
    platform: str
    dialect: str
    recognised_by: str
    encoding: str
    rows: int
    totals: Totals
    currency: str | None
    period: tuple[dt.date, dt.date] | None
    granularity: Granularity
    conversions: str = ""
    timezone: str = "UTC"
    campaigns: tuple[Campaign, ...] = ()
    findings: tuple[Finding, ...] = ()
    rejects: tuple[Reject, ...] = ()
    columns: Mapping[str, str] = field(default_factory=dict)
    headers: tuple[str, ...] = ()
    sha256: str = ""
    snapshot: "Snapshot | None" = field(default=None, repr=False)
    reported: "ReportedRows | None" = field(default=None, repr=False)
    making: Mapping[str, Any] = field(default_factory=dict, repr=False)
    joined: bool = False

    def as_dict(self) -> dict[str, Any]:
        """The verdict as JSON-ready values; `campaigns` is their ids."""
        return {
            "name": self.name,
            "kind": self.kind,
            "platform": self.platform,
            "dialect": self.dialect,
            "recognised_by": self.recognised_by,
            "encoding": self.encoding,
            "rows": self.rows,
            "totals": asdict(self.totals),
            "currency": self.currency,
            "period": [day.isoformat() for day in self.period] if self.period else None,
            "granularity": self.granularity,
            "timezone": self.timezone,
            "conversions": self.conversions,
            "campaigns": [campaign.campaign_id for campaign in self.campaigns],
            "findings": [item.as_dict() for item in self.findings],
            "rejects": [item.as_dict() for item in self.rejects],
            "columns": dict(self.columns),
            "headers": list(self.headers),
            "sha256": self.sha256,
        }


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What an import said about each campaign and day span, kept to see what a later file changes.

    Attributes:
        source: the dialect it came from.
        cells: platform, campaign name in lower case, first and last day -> impressions, clicks, conversions, spend,
            revenue. One name on two platforms is two campaigns.
        ids: platform and name -> ids of the campaigns made of them.
        by_id: platforms and names of the campaigns that the file tells apart by more than their names.
    """

    source: str
    cells: dict[CampaignDay, tuple[float | None, ...]]
    ids: dict[tuple[str, str], tuple[str, ...]] = field(default_factory=dict)
    by_id: frozenset[tuple[str, str]] = frozenset()

    def as_list(self) -> list[list[Any]]:
        """JSON-ready rows [campaign name, first day, last day, *figures, platform, whether told apart by an id], sorted
        by platform, name, day."""
        return [
            [name, first.isoformat(), last.isoformat(), *values, platform, (platform, name) in self.by_id]
            for (platform, name, first, last), values in sorted(self.cells.items(), key=lambda item: item[0])
        ]

    @classmethod
    def from_list(cls, source: str, platform: str, rows: Sequence[Sequence[Any]]) -> "Snapshot":
        """A snapshot of `source` from the rows that `as_list` made; older ones do not say their platform, or ids."""
        cells: dict[CampaignDay, tuple[float | None, ...]] = {}
        for name, first, last, *rest in rows:
            place = str(rest[_FIGURES]) if len(rest) > _FIGURES else platform
            days = dt.date.fromisoformat(first), dt.date.fromisoformat(last)
            cells[(place, str(name), *days)] = tuple(rest[:_FIGURES])
        return cls(source, cells)

    def of_other_keys(self, rows: Sequence[Sequence[Any]]) -> list[Sequence[Any]]:
        """Of such rows those whose campaigns have an id where they have a name alone here, or the other way round."""
        place, key = _FIGURES + 3, _FIGURES + 4
        return [
            row
            for row in rows
            if len(row) > key and (row[place], row[0]) in self.ids and ((row[place], row[0]) in self.by_id) != row[key]
        ]
