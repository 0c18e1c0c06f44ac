"""Making a report for a door: reads what is stored through the engine and the store, gives the file's bytes.

The doors (command line and HTTP) share this; the contents are made in retrospective.py and portfolio.py. Must not know
SQL, HTTP or the command line.
"""

from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import date
from typing import Protocol

from pydantic import TypeAdapter

from reflection.domain.campaign import Campaign
from reflection.domain.knowledge import Knowledge
from reflection.domain.ports import Snapshot, StoredCampaign
from reflection.domain.results import Analysis
from reflection.domain.steps import in_steps
from reflection.engine.current_analysis import current_analysis
from reflection.engine.current_comparison import current_comparison
from reflection.errors import no_campaign
from reflection.recommendations.service import RecommendationService
from reflection.reports.portfolio import ReportedCampaign, portfolio
from reflection.reports.rendering import Format, render
from reflection.reports.retrospective import retrospective

PAGE = 500
_ANALYSIS: TypeAdapter[Analysis] = TypeAdapter(Analysis)


class CampaignPages(Protocol):
    """Where stored campaigns are read, in one state or page by page."""

    def snapshot(self, workspace: str) -> AbstractContextManager[Snapshot]:
        """One state of a workspace."""

    def campaigns(self, workspace: str, *, after: str = "", limit: int = PAGE) -> list[StoredCampaign]:
        """The campaigns after an id, in the order of their ids."""


def campaign_report(
    pages: CampaignPages,
    service: RecommendationService,
    workspace: str,
    campaign_id: str,
    kind: Format,
) -> bytes:
    """The report on one campaign.

    Raises:
        NotFound: no such campaign in this workspace.
        ReportsMissing: HTML or PDF without the `reports` extra.
    """
    with pages.snapshot(workspace) as snapshot:
        stored, knowledge = snapshot.campaign(campaign_id), snapshot.knowledge()
        pending = snapshot.pending(beside=campaign_id)
    if stored is None:
        raise no_campaign(campaign_id)
    campaign = Campaign.model_validate_json(stored.campaign_json)
    view = retrospective(
        replace(current_analysis(stored, knowledge), pending=pending),
        campaign=campaign,
        knowledge=knowledge,
        recommendations=service.recommend(
            workspace=workspace,
            platform=campaign.platform,
            objective=campaign.objective,
            goal=knowledge.kind_for(campaign),
        ),
        track_record=service.track_record(workspace=workspace),
    )
    return render(view, kind)


def portfolio_report(
    pages: CampaignPages,
    service: RecommendationService,
    workspace: str,
    start: date,
    end: date,
    kind: Format,
) -> bytes:
    """The report on all campaigns of a period, both days included.

    Raises:
        ReportsMissing: HTML or PDF without the `reports` extra.
    """
    with pages.snapshot(workspace) as snapshot:
        knowledge, pending = snapshot.knowledge(), snapshot.pending()
    every = (
        (stored, Campaign.model_validate_json(stored.campaign_json)) for stored in in_steps(_all(pages, workspace))
    )
    campaigns = [
        _reported(stored, campaign, knowledge)
        for stored, campaign in every
        if start <= campaign.timestamp.date() <= end
    ]
    recommendations = service.recommend(workspace=workspace)
    view = portfolio(
        campaigns,
        start=start,
        end=end,
        knowledge=knowledge,
        recommendations=recommendations,
        track_record=service.track_record(workspace=workspace),
        generated_at=str(recommendations.get("generated_at", "")),
        pending=pending,
    )
    return render(view, kind)


def _all(pages: CampaignPages, workspace: str) -> Iterator[StoredCampaign]:
    after = ""
    while page := pages.campaigns(workspace, after=after, limit=PAGE):
        yield from page
        after = page[-1].campaign_id


def _reported(stored: StoredCampaign, campaign: Campaign, knowledge: Knowledge) -> ReportedCampaign:
    then = _ANALYSIS.validate_json(stored.answer)
    return ReportedCampaign(campaign, replace(then, comparison_report=current_comparison(then, campaign, knowledge)))
