"""Our own forecast of a campaign, made from what was known before it: the engine's hook into calibration.

Called while a campaign is analysed, with the knowledge of the last fit, so the stored prediction cannot contain the
campaign it is about. Keeps the calibration it read last, because reading one costs more than using it. Must not know
stores.
"""

from typing import Any

from reflection.domain.campaign import Campaign
from reflection.domain.knowledge import Knowledge
from reflection.domain.planner_forecast import Promise
from reflection.domain.ports import ForecastRow
from reflection.forecasting import calibration_json
from reflection.forecasting.calibration import EMPTY, Calibration, forecast_rows

KEY = "calibration"
"""Where a calibration lives in `Knowledge.diagnostics`."""


def encoded(knowledge: Knowledge) -> dict[str, Any] | None:
    """The calibration a knowledge carries, as plain values."""
    body = knowledge.diagnostics.get(KEY)
    return dict(body) if body else None


class Forecaster:
    """Forecasts by calibration; safe to call from several threads (a lost race only reads twice)."""

    def __init__(self) -> None:
        self._last: dict[str, tuple[str, Calibration]] = {}

    def __call__(self, workspace: str, campaign: Campaign, knowledge: Knowledge, now: str) -> list[ForecastRow]:
        """Rows for the forecast register; none while too little was learnt."""
        return forecast_rows(
            self.calibration(workspace, knowledge),
            Promise.of_campaign(campaign),
            issued_at=now,
            campaign_id=campaign.campaign_id,
            platform=campaign.platform,
            objective=campaign.objective,
            period_start=campaign.period_start.isoformat() if campaign.period_start else None,
            period_end=campaign.period_end.isoformat() if campaign.period_end else None,
        )

    def calibration(self, workspace: str, knowledge: Knowledge) -> Calibration:
        """The calibration of a knowledge; empty before anything was calibrated."""
        body = encoded(knowledge)
        if body is None:
            return EMPTY
        digest = str(body.get("digest"))
        last = self._last.get(workspace)
        if last is None or last[0] != digest:
            last = (digest, calibration_json.decode(body))
            self._last[workspace] = last
        return last[1]
