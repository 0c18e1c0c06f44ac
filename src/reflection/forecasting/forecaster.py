"""Our own forecast of a campaign, made from what was known before it: the engine's hook into calibration.

A campaign's ledger entry is written in its own transaction, and a calibration is a fold over the ledger; so whoever
asks takes in what was stored since the last fit, and nobody waits for the next one. An analysis asks before its own
entry is there, so a stored forecast cannot contain the campaign it is about. Keeps what it read and folded last: that
costs more than using it. Must not know stores.
"""

import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date

from reflection.domain.basis import basis_of
from reflection.domain.campaign import Campaign
from reflection.domain.evidence import decode
from reflection.domain.knowledge import Knowledge
from reflection.domain.maturity import day_of
from reflection.domain.planner_forecast import PlannerForecast
from reflection.domain.ports import ForecastRow, LedgerEntry, Snapshot
from reflection.forecasting import calibration_blob
from reflection.forecasting.calibration import EMPTY, Calibration, forecast_rows
from reflection.forecasting.calibration_update import fold
from reflection.inference.faults.tracking_faults import suspected_fault

MOST_ENTRIES = 200
"""Ledger entries taken in for one answer: a fraction of a second. More wait only where nobody learns, and are taken in
by the answers after it."""


@dataclass(frozen=True, slots=True)
class _CalibrationFold:
    """A calibration that was folded here, and what else it is a function of: the epoch in which it began, the campaigns
    that were kept out of it, the day by which conversions had to be complete. `is_due`: the next entry makes a full fit
    due, so that who may make none has nothing to read."""

    state: Calibration
    epoch: int
    held: frozenset[str]
    day: date | None
    is_due: bool = False

    def holds_after(self, knowledge: Knowledge) -> bool:
        """Whether a fit folds the same entries to the same state, so that nobody has to read its own: it is large."""
        return (
            self.state.seq >= knowledge.seq
            and self.epoch == knowledge.epoch
            and self.held == set(knowledge.held)
            and self.day == day_of(knowledge.as_of)
        )


class Forecaster:
    """The calibrations of all workspaces; safe to call from several threads, which then share what one has folded."""

    def __init__(self) -> None:
        self._last: dict[str, tuple[bytes, Calibration]] = {}
        self._folded: dict[str, _CalibrationFold] = {}
        self._one_at_a_time = threading.Lock()

    def up_to_date(self, snapshot: Snapshot, knowledge: Knowledge, *, refits: bool = True) -> Calibration:
        """The calibration with what was stored since the last fit, as far as `MOST_ENTRIES`; as the next fit makes it.

        Of campaigns that look like tracking faults nothing is learnt here; the next fit sees them among all others.

        Args:
            refits: whether to go on where a full fit of the calibration is due, which takes a tenth of a second.
        """
        with self._one_at_a_time:
            folded = self._folded.get(snapshot.workspace)
            if folded is None or not folded.holds_after(knowledge):
                fitted, day = self.fitted(snapshot, knowledge), day_of(knowledge.as_of)
                folded = _CalibrationFold(fitted, knowledge.epoch, frozenset(knowledge.held), day)
            waits = folded.is_due and not refits
            entries = [] if waits else snapshot.ledger(folded.state.seq, MOST_ENTRIES)
            if entries:
                held = {*knowledge.held, *_suspects(entries, knowledge)}
                held -= snapshot.accepted_campaigns() if held else frozenset()
                state = fold(entries, folded.state, held=held, day=folded.day, refits=refits)
                due = state.seq < entries[-1].seq
                folded = replace(folded, state=state, held=folded.held | held, is_due=due)
            self._folded[snapshot.workspace] = folded
            return folded.state

    def fitted(self, snapshot: Snapshot, knowledge: Knowledge) -> Calibration:
        """The calibration of the last fit; empty before anything was calibrated."""
        if not knowledge.calibration:
            return EMPTY
        last = self._last.get(snapshot.workspace)
        if last is None or last[0] != knowledge.calibration:
            last = (knowledge.calibration, calibration_blob.decode(knowledge.calibration))
            self._last[snapshot.workspace] = last
        return last[1]


def forecasts(campaign: Campaign, calibration: Calibration, now: str) -> list[ForecastRow]:
    """Rows for the forecast register; none while too little was learnt, nor where nobody forecast anything."""
    if not basis_of(campaign).forecast:
        return []
    return [
        replace(
            row,
            campaign_id=campaign.campaign_id,
            platform=campaign.platform,
            objective=campaign.objective,
            period_start=campaign.period_start.isoformat() if campaign.period_start else None,
            period_end=campaign.period_end.isoformat() if campaign.period_end else None,
        )
        for row in forecast_rows(calibration, PlannerForecast.of_campaign(campaign), issued_at=now)
    ]


def _suspects(entries: Iterable[LedgerEntry], knowledge: Knowledge) -> Iterator[str]:
    """Campaigns among these that look like tracking faults, beside those of the last fit."""
    added = (entry for entry in entries if entry.sign > 0)
    return (entry.campaign_id for entry in added if suspected_fault(decode(entry.payload), knowledge))
