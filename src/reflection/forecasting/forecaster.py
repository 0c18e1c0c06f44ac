"""Our own forecast of a campaign, made from what was known before it: the engine's hook into calibration.

Called while a campaign is analysed, with the knowledge of the last fit, so the stored prediction cannot contain the
campaign it is about. Keeps the calibration it read last, because reading one costs more than using it. Must not know
stores.
"""

from reflection.domain.campaign import Campaign
from reflection.domain.knowledge import Knowledge
from reflection.domain.planner_forecast import PlannerForecast
from reflection.domain.ports import ForecastRow
from reflection.forecasting import calibration_blob
from reflection.forecasting.calibration import EMPTY, Calibration, forecast_rows


class Forecaster:
    """Forecasts by calibration; safe to call from several threads (a lost race only reads twice)."""

    def __init__(self) -> None:
        self._last: dict[str, tuple[bytes, Calibration]] = {}

    def __call__(self, workspace: str, campaign: Campaign, knowledge: Knowledge, now: str) -> list[ForecastRow]:
        """Rows for the forecast register; none while too little was learnt."""
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

    def calibration(self, workspace: str, knowledge: Knowledge) -> Calibration:
        """The calibration of a knowledge; empty before anything was calibrated."""
        if not knowledge.calibration:
            return EMPTY
        last = self._last.get(workspace)
        if last is None or last[0] != knowledge.calibration:
            last = (knowledge.calibration, calibration_blob.decode(knowledge.calibration))
            self._last[workspace] = last
        return last[1]
