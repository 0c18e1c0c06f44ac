"""Whether a campaign that looks like a fault of tracking may count: accepted by a person, or judged by its figures.

Knows ports and the analysis; must not know how a fault is suspected.
"""

from collections.abc import Callable
from contextlib import suppress
from typing import Any

from reflection.domain.campaign import Campaign
from reflection.domain.held import stored_reason
from reflection.domain.ports import StaleRevision, Store
from reflection.engine.analysis import Analyst, InputReader
from reflection.errors import Unavailable, no_campaign

ATTEMPTS = 5
NOT_HELD = "it is not held: it is learnt from as it is"
NOT_ACCEPTED = "it was not accepted: nothing changes"


def decide(
    store: Store, analyst: Analyst, now: Callable[[], str], workspace: str, campaign_id: str, *, accepted: bool
) -> dict[str, Any]:
    """Accept a stored campaign, or take that back: it is analysed again, so that every door says the same of it.

    Args:
        now: gives the instant, RFC 3339.

    Returns:
        {campaign_id, accepted, learning, note}.

    Raises:
        NotFound: no such campaign in this workspace.
        Unavailable: the store is busy, full or lost the race too often; nothing was written.
    """
    for _ in range(ATTEMPTS):
        with store.snapshot(workspace) as snapshot:
            current = snapshot.campaign(campaign_id)
            if current is None:
                raise no_campaign(campaign_id)
            if (campaign_id in snapshot.accepted_campaigns()) == accepted:
                return _decision(campaign_id, accepted, "pending", None if accepted else NOT_ACCEPTED)
            if accepted and stored_reason(current, snapshot.knowledge()) is None:
                return _decision(campaign_id, False, "learnt", NOT_HELD)
            campaign = Campaign.model_validate_json(current.campaign_json)
            inputs = InputReader(snapshot, now())
            analysis = inputs.read(campaign, campaign.content(), current, accepted=accepted)
        with suppress(StaleRevision):
            record = analyst.record(analysis)
            (store.accept if accepted else store.unaccept)(record)
            return _decision(campaign_id, accepted, "held" if analysis.fault else "pending", analysis.fault)
    raise raced(campaign_id)


def raced(campaign_id: str) -> Unavailable:
    """Others changed a campaign between every reading and writing of it."""
    return Unavailable(
        f"campaign '{campaign_id}' is being changed by others at the same time",
        hint="send it again; nothing was stored",
    )


def _decision(campaign_id: str, accepted: bool, learning: str, note: str | None) -> dict[str, Any]:
    """What came of it; `note` says why the campaign is held, or why nothing changed."""
    return {"campaign_id": campaign_id, "accepted": accepted, "learning": learning, "note": note}
