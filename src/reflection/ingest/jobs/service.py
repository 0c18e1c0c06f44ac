"""What an import does with the engine: files are read, campaigns analysed, and all of it can be taken back.

    read -> compared with earlier imports -> registered with everything it will do -> done in batches -> undone

The register is the queue: a killed import is gone on with by whoever runs imports next, and the same file again is the
same import and changes nothing. Knows the importers, the engine and the register's protocol; must not know HTTP or SQL.
"""

import threading
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any

import orjson

from reflection.domain.answers import Answer, Refusal
from reflection.domain.campaign import Campaign
from reflection.domain.ports import StoredCampaign
from reflection.engine.engine import Engine
from reflection.errors import ImportFileError, NotFound, Unavailable
from reflection.ingest.jobs import import_verdict
from reflection.ingest.jobs.register import (
    DONE,
    NEW,
    REFUSED,
    REPLACED,
    RUNNING,
    UNCHANGED,
    UNDER_WAY,
    UNDOING,
    UNDONE,
    Campaigns,
    Claim,
    ImportEntry,
    ImportRegister,
    Outcome,
    PlannedCampaign,
)
from reflection.ingest.jobs.undo import Undo

if TYPE_CHECKING:
    from reflection.ingest import ImportOptions, ImportReport
    from reflection.ingest.building.day_sets import ReportedRows
    from reflection.ingest.recognition import Input

BATCH = 200
MAX_DETAILS = 100
NAMELESS_LOOKED_AT = 100
"""The last imports among which those that named no campaign are looked for."""

Progress = Callable[[int, int], bool]
"""Called with (campaigns done, campaigns in all); False stops, and the import can be gone on with later."""


def _on(done: int, total: int) -> bool:
    """Go on, whatever was done."""
    return True


class Imports:
    """The imports of one installation; safe to share between threads and processes."""

    def __init__(
        self, engine: Engine, store: Campaigns, register: ImportRegister, *, clock: Callable[[], datetime]
    ) -> None:
        self._engine = engine
        self._store = store
        self._register = register
        self._clock = clock
        self._undo = Undo(engine, store, register)
        self._one_at_a_time = threading.Lock()

    def read(
        self,
        workspace: str,
        sources: Sequence["Input"],
        options: "ImportOptions | None" = None,
        *,
        alerting: bool = False,
    ) -> list["ImportReport"]:
        """Read files as one import, and say what they change of what earlier imports said; nothing is stored.

        Expected figures are the forecast register's where somebody foretold a campaign in good time.
        With `alerting` alerts are told that they cannot be read, as they should be unless somebody only looks.

        Raises:
            ImportFileError: a file cannot be read, recognised, or read unambiguously.
        """
        from reflection.ingest import ImportOptions, read_exports  # here: they take half a second to load
        from reflection.ingest.checks.overlaps import is_nameless
        from reflection.ingest.checks.restatements import beside_earlier
        from reflection.ingest.jobs.expected_from_register import from_register
        from reflection.ingest.jobs.kept_rows import known_rows

        def known(dialect: str, keys: Collection[str]) -> "Sequence[ReportedRows]":
            return known_rows(self._register.days(workspace, keys), dialect)

        effective = replace(options or ImportOptions(), known=known)
        if effective.forecasts is None:
            effective = replace(effective, forecasts=from_register(partial(self._store.forecasts, workspace)))
        try:
            reports = read_exports(sources, effective)
        except ImportFileError as error:
            if alerting:
                self._register.note_unread(workspace, import_verdict.names_of(sources), error.message, self._now())
            raise
        names = {day[1] for report in reports if report.snapshot is not None for day in report.snapshot.cells}
        own = None if any(map(is_nameless, reports)) else names  # nobody knows whose money a nameless file tells of
        return self._beside_nameless(workspace, beside_earlier(reports, self._register.days(workspace, own)))

    def _beside_nameless(self, workspace: str, reports: list["ImportReport"]) -> list["ImportReport"]:
        """The reports without campaigns of which an import that named none may have told already."""
        from reflection.ingest.checks.overlaps import beside_others, is_nameless

        for entry in self._register.entries(workspace, NAMELESS_LOOKED_AT, (RUNNING, DONE)):
            if files := import_verdict.nameless(entry):
                remedy = f"It named no campaign, so its money may be the same: take {entry.import_id} back first."
                reports = [one if is_nameless(one) else beside_others(one, files, remedy) for one in reports]
        return reports

    def begin(self, workspace: str, reports: Sequence["ImportReport"], options: "ImportOptions | None" = None) -> str:
        """Register what was read, with everything it will do; returns the import's id. `run` does it."""
        from reflection.ingest.jobs.kept_rows import days_of

        import_id = import_verdict.import_id(reports, options)
        planned = {
            campaign.campaign_id: PlannedCampaign(
                campaign.campaign_id, campaign.content_hash(), campaign.canonical_json().encode()
            )
            for report in reports
            for campaign in report.campaigns
        }
        verdict = orjson.dumps(import_verdict.verdict(reports))
        plan = list(planned.values())
        self._register.begin(workspace, import_id, verdict, plan, days_of(reports), self._now())
        return import_id

    def run(self, workspace: str, import_id: str, progress: Progress = _on) -> dict[str, Any]:
        """Do what an import still has to do; what was done before a kill is not done again.

        Raises:
            NotFound: there is no such import.
            Unavailable: the store is down or full; run it again.
        """
        while True:
            entry = self._existing(workspace, import_id)
            if not progress(entry.done, entry.total) or not self._do_some(workspace, entry):
                return self.show(workspace, import_id)

    def undo(self, workspace: str, import_id: str) -> dict[str, Any]:
        """Take an import back: its campaigns are retracted, or get back the content they had before; idempotent.

        What was changed since by somebody else, or is also said by another import, stays as it is.

        Raises:
            NotFound: there is no such import.
            Unavailable: the store is down or full; undo it again.
        """
        if self._existing(workspace, import_id).state != UNDONE:
            self._register.change_state(workspace, import_id, UNDOING, self._now())
            self._take_all_back(workspace, import_id)
        return self.show(workspace, import_id)

    def show(self, workspace: str, import_id: str) -> dict[str, Any]:
        """The verdict of an import, its state, and what became of its campaigns.

        Raises:
            NotFound: there is no such import.
        """
        entry = self._existing(workspace, import_id)
        return import_verdict.answer_of(entry, self._register.details(workspace, import_id, MAX_DETAILS))

    def progress(self, workspace: str, import_id: str) -> dict[str, Any]:
        """State and progress alone.

        Raises:
            NotFound: there is no such import.
        """
        return import_verdict.progress_of(self._existing(workspace, import_id))

    def under_way(self, workspace: str, limit: int = 10) -> list[dict[str, Any]]:
        """State and progress of the imports that are not done with, newest first."""
        return [import_verdict.progress_of(entry) for entry in self._register.entries(workspace, limit, UNDER_WAY)]

    def recent(self, workspace: str, limit: int = 20) -> list[dict[str, Any]]:
        """The last imports, newest first."""
        return [import_verdict.answer_of(entry, ()) for entry in self._register.entries(workspace, limit)]

    def work(self, progress: Progress = _on) -> bool:
        """Go on with the oldest import that is not done with; whether there was one."""
        waiting = self._register.waiting()
        if waiting is None:
            return False
        if waiting.state == RUNNING:
            self.run(waiting.workspace, waiting.import_id, progress)
        else:
            self.undo(waiting.workspace, waiting.import_id)
        return True

    def _do_some(self, workspace: str, entry: ImportEntry) -> bool:
        """One batch of an import, unless it is done or was taken back meanwhile; whether there was something to do."""
        with self._one_at_a_time:
            if self._existing(workspace, entry.import_id).state != RUNNING:
                return False
            waiting = self._register.unsettled(workspace, entry.import_id, BATCH)
            if not waiting:
                self._register.change_state(workspace, entry.import_id, DONE, self._now(), only=RUNNING)
                return False
            self._do(workspace, entry, waiting)
            return True

    def _do(self, workspace: str, entry: ImportEntry, waiting: Sequence[tuple[Claim, bytes]]) -> None:
        """Note what is there, analyse, note what became of it."""
        ids = [claim.campaign_id for claim, _ in waiting]
        current = self._store.campaigns_named(workspace, ids)
        others = (one for one in self._register.claims_on(workspace, ids) if one.import_id != entry.import_id)
        made = {(claim.campaign_id, claim.content_hash) for claim in others}
        claims = [_with_before(claim, current.get(claim.campaign_id), made) for claim, _ in waiting]
        self._register.note_before(workspace, claims)
        campaigns = [Campaign.model_validate_json(body) for _, body in waiting]
        results = self._engine.analyze_many(campaigns, workspace=workspace, following=entry.total > BATCH)
        outcomes = []
        for claim, campaign, result in zip(claims, campaigns, results, strict=True):
            outcomes.append(_outcome(claim, campaign, current.get(claim.campaign_id), result))
        self._register.settle(workspace, entry.import_id, outcomes, self._now())

    def _take_all_back(self, workspace: str, import_id: str) -> None:
        with self._one_at_a_time:
            while claims := self._register.not_taken_back(workspace, import_id, BATCH):
                outcomes = self._undo.outcomes(workspace, claims)
                self._register.settle(workspace, import_id, outcomes, self._now())
            self._register.change_state(workspace, import_id, UNDONE, self._now(), only=UNDOING)

    def _existing(self, workspace: str, import_id: str) -> ImportEntry:
        entry = self._register.entry(workspace, import_id)
        if entry is None:
            raise NotFound(
                f"there is no import '{import_id}'", hint="'reflection imports' and GET /v1/imports list them"
            )
        return entry

    def _now(self) -> str:
        return self._clock().isoformat(timespec="milliseconds")


def _with_before(claim: Claim, current: StoredCampaign | None, made: Collection[tuple[str, str]]) -> Claim:
    """The claim with what it replaces; one whose campaign is stored already remembers what it replaced then.

    Args:
        made: contents that imports made, with the campaign's id: they follow from their rows and are nobody's own.
    """
    if current is None:
        return replace(claim, before=())
    if claim.before is None and (claim.campaign_id, current.content_hash) in made:
        return replace(claim, before=())
    earlier = claim.before or ()
    if claim.before is not None and current.content_hash == claim.content_hash:
        return claim
    return replace(
        claim, before=(*(content for content in earlier if content != current.content_hash), current.content_hash)
    )


def _outcome(claim: Claim, campaign: Campaign, before: StoredCampaign | None, result: Answer | Refusal) -> Outcome:
    """What became of a campaign; of a replaced one, which figures changed."""
    if isinstance(result, Refusal):
        if isinstance(result.error, Unavailable):  # not the campaign's fault: the import is gone on with later
            raise result.error
        return Outcome(claim.campaign_id, REFUSED, result.error.message)
    if before is not None and before.content_hash == claim.content_hash:
        return Outcome(claim.campaign_id, UNCHANGED)
    if before is None:
        return Outcome(claim.campaign_id, NEW)
    return Outcome(claim.campaign_id, REPLACED, _difference(before, campaign))


def _difference(before: StoredCampaign, campaign: Campaign) -> str:
    """JSON: the metrics that changed, each with its old and its new value."""
    old = orjson.loads(before.campaign_json)["actual_metrics"]
    new = campaign.actual_metrics.model_dump(exclude_none=True)
    changed = {name: [old.get(name), new.get(name)] for name in {**old, **new} if old.get(name) != new.get(name)}
    return orjson.dumps(changed).decode()
