"""Our own forecast of a campaign, made from what was known before it: the engine's hook into calibration.

Called while a campaign is analysed, with the knowledge of the last fit, so the stored prediction cannot contain the
campaign it is about. Keeps the calibration it read last, because reading one costs more than using it. Must not know
stores.
"""

from collections.abc import Iterable, Iterator

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
from reflection.inference.tracking_faults import suspected_fault

MOST_ENTRIES = 200
"""Ledger entries taken in for one answer: a fraction of a second. More wait only where nobody learns, and are taken in
by the answers after it."""


class Forecaster:
    """Forecasts by calibration; safe to call from several threads (a lost race only reads twice)."""

    def __init__(self) -> None:
        self._last: dict[str, tuple[bytes, Calibration]] = {}
        self._folded: dict[str, tuple[bytes, Calibration]] = {}

    def __call__(self, workspace: str, campaign: Campaign, knowledge: Knowledge, now: str) -> list[ForecastRow]:
        """Rows for the forecast register; none while too little was learnt, nor where nobody forecast anything."""
        if not basis_of(campaign).forecast:
            return []
        return forecast_rows(
            self.calibration(workspace, knowledge),
            PlannerForecast.of_campaign(campaign),
            issued_at=now,
            campaign_id=campaign.campaign_id,
            platform=campaign.platform,
            objective=campaign.objective,
            period_start=campaign.period_start.isoformat() if campaign.period_start else None,
            period_end=campaign.period_end.isoformat() if campaign.period_end else None,
        )

    def up_to_date(self, snapshot: Snapshot, knowledge: Knowledge) -> Calibration:
        """The calibration with what was stored since the last fit, as far as `MOST_ENTRIES`; as the next fit makes it.

        Of campaigns that look like tracking faults nothing is learnt here; the next fit sees them among all others.
        """
        workspace, fitted = snapshot.workspace, self.calibration(snapshot.workspace, knowledge)
        blob, state = self._folded.get(workspace, (b"", fitted))
        if blob != knowledge.calibration or not blob:
            state = fitted
        entries = snapshot.ledger(state.seq, MOST_ENTRIES)
        if entries:
            held = {*knowledge.held, *_suspects(entries, knowledge)} - snapshot.accepted_campaigns()
            state = fold(entries, state, held=held, day=day_of(knowledge.as_of))
        self._folded[workspace] = (knowledge.calibration, state)
        return state

    def calibration(self, workspace: str, knowledge: Knowledge) -> Calibration:
        """The calibration of a knowledge; empty before anything was calibrated."""
        if not knowledge.calibration:
            return EMPTY
        last = self._last.get(workspace)
        if last is None or last[0] != knowledge.calibration:
            last = (knowledge.calibration, calibration_blob.decode(knowledge.calibration))
            self._last[workspace] = last
        return last[1]


def _suspects(entries: Iterable[LedgerEntry], knowledge: Knowledge) -> Iterator[str]:
    """Campaigns among these that look like tracking faults, beside those of the last fit."""
    added = (entry for entry in entries if entry.sign > 0)
    return (entry.campaign_id for entry in added if suspected_fault(decode(entry.payload), knowledge))
