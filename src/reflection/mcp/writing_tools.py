"""The three tools that write: a forecast, an outcome, and a campaign in two steps."""

from typing import Annotated, Any

from mcp.server.mcpserver import Context
from mcp.server.mcpserver.exceptions import ToolError
from pydantic import Field

from reflection.domain.canonical_json import canonical, hash_of
from reflection.mcp import views
from reflection.mcp.in_process import segment
from reflection.mcp.reading_tools import Json, RoutesOf, Tool

Figures = Annotated[dict[str, float], Field(min_length=1, description="metric -> value, such as {'cpa': 24.5}")]


class WritingTools:
    """The tools, writing as whoever calls."""

    def __init__(self, routes_of: RoutesOf) -> None:
        self._routes_of = routes_of

    def all(self) -> tuple[Tool, ...]:
        """Every tool, in the order in which they are offered."""
        return self.register_forecast, self.report_outcome, self.analyze_campaign

    async def register_forecast(
        self,
        ctx: Context,
        campaign_id: str,
        issuer: str,
        figures: Figures,
        issued_at: Annotated[str, Field(description="RFC 3339 with offset")],
        currency: str | None = None,
    ) -> Json:
        """Keep a forecast to be scored when the outcome comes; the first of an issuer counts, the same adds nothing."""
        common = {"campaign_id": campaign_id, "issuer": issuer, "issued_at": issued_at, "currency": currency}
        forecasts = [{**common, "metric": metric, "point": float(value)} for metric, value in figures.items()]
        added = await self._routes_of(ctx).post("/v1/forecasts", {"forecasts": forecasts})
        return {"campaign_id": campaign_id, "issuer": issuer, **added}

    async def report_outcome(
        self,
        ctx: Context,
        recommendation_id: str | None = None,
        recall_id: str | None = None,
        accepted: bool | None = None,
        campaign_id: str | None = None,
        note: str = "",
    ) -> Json:
        """Say what came of a recommendation (`accepted`) or of a recall (`campaign_id` and `note`)."""
        routes = self._routes_of(ctx)
        if (recommendation_id is None) == (recall_id is None):
            raise ToolError("Name either recommendation_id or recall_id.")
        if recommendation_id is not None:
            if accepted is None:
                raise ToolError("Say with `accepted` whether the recommendation was accepted.")
            body = {"accepted": accepted, "note": note}
            life = await routes.post(f"/v1/recommendations/{segment(recommendation_id)}/feedback", body)
            return {"recommendation_id": life["recommendation_id"], "state": life["state"]}
        outcome = {"campaign_id": campaign_id, "outcome": note}
        return {**await routes.post(f"/v1/learnings/recalls/{segment(recall_id or '')}/outcome", outcome)}

    async def analyze_campaign(
        self,
        ctx: Context,
        campaign: Annotated[Json, Field(description="as POST /analyze-campaign takes it")],
        confirm: Annotated[str | None, Field(description="the word of the dry run of this campaign")] = None,
    ) -> Json:
        """Compare a campaign with its forecast. Without `confirm` nothing is stored: show the draft to a person first.

        With the draft's `confirm` and the same campaign it is stored and learnt from.
        """
        routes, token = self._routes_of(ctx), confirmation(campaign)
        if confirm is None:
            return views.draft(await routes.post("/analyze-campaign", campaign, dry_run="true"), token)
        if confirm != token:
            raise ToolError("`confirm` belongs to another campaign; call once more without it and read the draft.")
        return views.receipt(await routes.post("/analyze-campaign", campaign))


def confirmation(campaign: dict[str, Any]) -> str:
    """The word that confirms exactly this campaign: a hash of its content, so that nothing has to be kept."""
    return hash_of(canonical(campaign))[:16]
