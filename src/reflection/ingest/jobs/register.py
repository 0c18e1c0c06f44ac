"""What imports need to be remembered: the values, and the protocol that the store implements.

A claim is what one import says of one campaign. Claims make an import resumable (what is not settled is still to do)
and undoable (what was there before is written before anything is touched). Must not know files, tables or analyses.
"""

import hashlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Protocol

import orjson

from reflection.domain.ports import ForecastRow, Store

RUNNING, DONE, UNDOING, UNDONE = "running", "done", "undoing", "undone"
UNDER_WAY = (RUNNING, UNDOING)
NEW, REPLACED, UNCHANGED, REFUSED = "new", "replaced", "unchanged", "refused"
RETRACTED, RESTORED, KEPT = "retracted", "restored", "kept"
CHANGES = (NEW, REPLACED, UNCHANGED, REFUSED, RETRACTED, RESTORED, KEPT)


@dataclass(frozen=True, slots=True)
class PlannedCampaign:
    """A campaign that an import is going to store: its content as canonical JSON."""

    campaign_id: str
    content_hash: str
    body: bytes


@dataclass(frozen=True, slots=True)
class Claim:
    """What one import says of one campaign.

    Attributes:
        before: content hashes that were current before each time this import was done, the latest last; empty = there
            was no such campaign, None = not looked at yet.
        in_force: whether the import was not taken back.
    """

    import_id: str
    campaign_id: str
    content_hash: str
    before: tuple[str, ...] | None = None
    in_force: bool = True

    @property
    def brought_it(self) -> bool:
        """Whether the campaign had another content before this import."""
        return self.before is not None and self.content_hash not in self.before


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a campaign: of its import, or (`undone`) of taking the import back."""

    campaign_id: str
    change: str
    detail: str = ""
    undone: bool = False


@dataclass(frozen=True, slots=True)
class KeptFile:
    """The rows of one file as they were read: what later files of the same campaigns are put together with.

    Attributes:
        rows: campaign's key -> the columns of its rows (`ReportedRows.of_campaigns`); of files read before campaigns
            were kept apart, all rows as base64.
        counted, as_of: what a conversion is in it, and the day of the export.
        making: what campaigns were made with (`Making.as_dict`).
        kinds: name of each column -> what its values are.
    """

    rows: Mapping[str, list[list[Any]]] | str
    counted: str
    as_of: str
    making: dict[str, Any]
    kinds: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Days:
    """The days that an import reported: `rows` as `Snapshot.as_list` gives them; `currency` of its amounts, None where
    none was stated, or several were (`mixed`); `files`: the rows that were read, in the order given."""

    dialect: str
    platform: str
    rows: list[list[Any]]
    currency: str | None = None
    mixed: bool = False
    files: tuple[KeptFile, ...] = ()

    @classmethod
    def read(cls, dialect: str, platform: str, body: bytes, verdict: bytes, portions: Iterable[bytes] = ()) -> "Days":
        """From JSON: what `body` and `portions` gave, and the import's verdict, which says the currency; several were
        not added up.

        The body of imports of before campaigns were kept apart has all rows; before rows were kept, days alone.
        """
        summary, stored = orjson.loads(verdict), orjson.loads(body)
        mixed = summary.get("totals", {}).get("spend") is None
        rows, heads = (stored, []) if isinstance(stored, list) else (stored["rows"], stored["files"])
        files = [KeptFile(**head) for head in heads]
        for portion in map(orjson.loads, portions):
            rows += portion["days"]
            for place, columns in portion["files"]:
                files[place] = replace(files[place], rows={**files[place].rows, portion["campaign"]: columns})
        return cls(dialect, platform, rows, summary.get("currency"), mixed, tuple(files))

    @property
    def counted(self) -> frozenset[str]:
        """What conversions are in its files, whose rows were kept."""
        return frozenset(file.counted for file in self.files)

    def body(self) -> bytes:
        """What is said of its files, as JSON; their rows are in `portions`."""
        return orjson.dumps({"rows": [], "files": [asdict(replace(file, rows={})) for file in self.files]})

    def portions(self) -> dict[str, bytes]:
        """What is said of each campaign, as JSON, by `campaign_mark`: of its name the days, of its key the rows."""
        days: dict[str, list[list[Any]]] = {}
        for row in self.rows:
            days.setdefault(str(row[0]), []).append(row)
        files: dict[str, list[tuple[int, list[list[Any]]]]] = {}
        for place, file in enumerate(self.files):
            for key, columns in file.rows.items() if isinstance(file.rows, Mapping) else ():
                files.setdefault(key, []).append((place, columns))
        return {
            campaign_mark(one): orjson.dumps({"campaign": one, "days": days.get(one, []), "files": files.get(one, [])})
            for one in sorted(days.keys() | files.keys())
        }


def campaign_mark(campaign: str) -> str:
    """What a campaign's name or key is looked for by: as short as an index likes, whatever the length of names."""
    return hashlib.blake2b(campaign.encode(), digest_size=12).hexdigest()


@dataclass(frozen=True, slots=True)
class PendingImport:
    """An import that is not done with."""

    workspace: str
    import_id: str
    state: str


@dataclass(frozen=True, slots=True)
class ImportEntry:
    """One import of the register; `counts` are campaigns by what became of them (see `CHANGES`)."""

    import_id: str
    state: str
    verdict: bytes
    created_at: str
    updated_at: str
    done: int
    total: int
    counts: Mapping[str, int] = field(default_factory=dict)


class Campaigns(Store, Protocol):
    """A store that also tells a campaign's history."""

    def revisions(self, workspace: str, campaign_id: str) -> list[dict[str, Any]]:
        """Every content a campaign ever had: {revision, content_hash, body, created_at}, oldest first."""

    def forecasts(self, workspace: str, campaign_id: str | None = None) -> Sequence[ForecastRow]:
        """The forecast register's rows of a campaign, in the order of entry."""


class ImportRegister(Protocol):
    """The register of imports; every method is one transaction."""

    def begin(
        self,
        workspace: str,
        import_id: str,
        verdict: bytes,
        planned: Sequence[PlannedCampaign],
        days: Sequence[Days],
        now: str,
    ) -> None:
        """Register an import and everything it is going to do; one that is there already starts again."""

    def entry(self, workspace: str, import_id: str) -> ImportEntry | None:
        """One import; None when it is not there."""

    def entries(self, workspace: str, limit: int, states: Sequence[str] | None = None) -> list[ImportEntry]:
        """The last imports, newest first; in some states only, where they are given."""

    def waiting(self) -> PendingImport | None:
        """The oldest import of any workspace that is not done with."""

    def change_state(self, workspace: str, import_id: str, state: str, now: str, *, only: str | None = None) -> bool:
        """Change an import's state, if `only` is given from that one; whether it was changed."""

    def note_unread(self, workspace: str, files: str, reason: str, now: str) -> None:
        """Note for the alerts that files could not be read; the same files and reason once a day."""

    def unsettled(self, workspace: str, import_id: str, limit: int) -> list[tuple[Claim, bytes]]:
        """Claims that are still to be done, in order, each with its campaign's JSON."""

    def note_before(self, workspace: str, claims: Sequence[Claim]) -> None:
        """Write what was current before each campaign of these claims is touched."""

    def settle(self, workspace: str, import_id: str, outcomes: Sequence[Outcome], now: str) -> None:
        """Write what became of campaigns: of claims to be done, or of those taken back."""

    def restate(self, workspace: str, claim: Claim) -> None:
        """Change what an import says of a campaign that was made anew of the rows that are left."""

    def not_taken_back(self, workspace: str, import_id: str, limit: int) -> list[Claim]:
        """Claims of an import that are still to be taken back, in order."""

    def claims_on(self, workspace: str, campaign_ids: Sequence[str]) -> list[Claim]:
        """What every import says of some campaigns, oldest import first."""

    def details(self, workspace: str, import_id: str, limit: int) -> list[dict[str, str]]:
        """Campaigns that were replaced or refused: {campaign_id, change, undone, detail}."""

    def days(self, workspace: str, campaigns: Collection[str] | None = None) -> list[Days]:
        """The days that imports in force reported, the latest import last; with `campaigns` what was said under these
        names and keys alone (and all of imports of before campaigns were kept apart)."""
