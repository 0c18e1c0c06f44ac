"""Taking an import back: each of its campaigns becomes what it would be had the import never come.

Where other imports in force have rows of a campaign it is made anew of these; else it gets back the content it had
before any import, or goes. What somebody else changed since stays. Must not know HTTP or SQL.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial

from reflection.domain.campaign import Campaign
from reflection.domain.ports import StoredCampaign
from reflection.engine.engine import Engine
from reflection.ingest.jobs.register import KEPT, RESTORED, RETRACTED, Campaigns, Claim, ImportRegister, Outcome


class Undo:
    """Takes claims back, one campaign after the other; whatever was done before a kill is not done again."""

    def __init__(self, engine: Engine, store: Campaigns, register: ImportRegister) -> None:
        self._engine, self._store, self._register = engine, store, register

    def outcomes(self, workspace: str, claims: Sequence[Claim]) -> list[Outcome]:
        """Take some claims of an import back, which is in force no more."""
        ids = [claim.campaign_id for claim in claims]
        related, left = self._register.claims_on(workspace, ids), self._left(workspace, ids)
        return [self._take_back(workspace, claim, related, left) for claim in claims]

    def _left(self, workspace: str, ids: Sequence[str]) -> dict[str, Campaign]:
        """Campaigns as the rows of the imports that are left make them."""
        from reflection.ingest.jobs.expected_from_register import from_register
        from reflection.ingest.jobs.kept_rows import made_anew

        forecasts = from_register(partial(self._store.forecasts, workspace))
        return made_anew(self._register.days(workspace), ids, forecasts)

    def _take_back(
        self, workspace: str, claim: Claim, related: Sequence[Claim], left: Mapping[str, Campaign]
    ) -> Outcome:
        """Retract or restore one campaign, if it still says what the import said, or make it of the rows left."""
        campaign_id = claim.campaign_id
        current = self._store.campaign(workspace, campaign_id)
        others = [other for other in related if other.campaign_id == campaign_id and other.import_id != claim.import_id]
        in_force = [other for other in others if other.in_force]
        if current is not None and campaign_id in left and in_force:
            return self._make_anew(workspace, current, left[campaign_id], [claim, *in_force])
        if current is None or current.content_hash != claim.content_hash:
            return Outcome(campaign_id, KEPT, undone=True)
        if any(other.in_force and other.content_hash == claim.content_hash for other in others):
            return Outcome(campaign_id, KEPT, undone=True)
        history = self._store.revisions(workspace, campaign_id)
        revision = revision_to_restore(claim, others, {row["revision"]: row["content_hash"] for row in history})
        if revision is None:
            return Outcome(campaign_id, KEPT, undone=True)
        if revision == 0:
            self._engine.delete(campaign_id, workspace=workspace)
            return Outcome(campaign_id, RETRACTED, undone=True)
        body = next(row["body"] for row in history if row["revision"] == revision)
        self._engine.analyze(Campaign.model_validate_json(body), workspace=workspace)
        return Outcome(campaign_id, RESTORED, undone=True)

    def _make_anew(
        self, workspace: str, current: StoredCampaign, campaign: Campaign, claims: Sequence[Claim]
    ) -> Outcome:
        """Store what the rows that are left say of a campaign, unless somebody else changed it since.

        Args:
            claims: of the import that is taken back, then of those in force, the oldest first.
        """
        from reflection.ingest.jobs.kept_rows import with_plan_of

        campaign = with_plan_of(campaign, Campaign.model_validate_json(current.campaign_json))
        content = campaign.content_hash()
        hashes = {claim.content_hash for claim in claims}
        if content != current.content_hash:
            if current.content_hash not in hashes:
                return Outcome(current.campaign_id, KEPT, undone=True)
            self._engine.analyze(campaign, workspace=workspace)
        self._register.restate(workspace, replace(claims[-1], content_hash=content))
        return Outcome(current.campaign_id, KEPT if content == current.content_hash else RESTORED, undone=True)


def revision_to_restore(claim: Claim, others: Sequence[Claim], history: Mapping[int, str]) -> int | None:
    """The revision a campaign goes back to when a claim is taken back; 0 = it goes, None = it stays as it is.

    It is the latest content that another import in force says, or that was there before an import was done, unless
    that content came from an import that was taken back since.

    Args:
        others: claims of other imports on the same campaign.
        history: revision -> content hash.
    """
    if not claim.brought_it:
        return None
    current = {other.content_hash for other in others if other.in_force}
    retractions = {other.content_hash for other in others if other.brought_it} - current
    originals = {content for source in (claim, *others) for content in source.before or ()}
    candidates = (current | originals) - retractions - {claim.content_hash}
    return max((revision for revision, content in history.items() if content in candidates), default=0)
