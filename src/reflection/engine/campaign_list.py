"""Lists of stored campaigns with the state of each: learnt from, waiting, held out, accepted.

Reads one snapshot. Must not know doors.
"""

import base64
import binascii
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson

from reflection.domain import signals
from reflection.domain.campaign import Campaign
from reflection.domain.campaign_list import MOST_CHARACTERS, CampaignQuery, CampaignState, ListPlace
from reflection.domain.conversion_kind import normal_kind
from reflection.domain.goal import as_given
from reflection.domain.held import LEARNING_HELD, state_of, stored_reason
from reflection.domain.knowledge import Knowledge
from reflection.domain.metrics import METRICS
from reflection.domain.ports import Snapshot, StoredCampaign
from reflection.engine.current_comparison import comparison_as_json
from reflection.errors import InvalidInput

MOST_UNLEARNT = 2_000
"""Ledger entries looked at for campaigns that are not learnt from yet; there are a few while a learner runs."""

MOST_ITEMS = 500
SHOWN = ("cpa", "roas")


@dataclass(frozen=True, slots=True)
class ListRequest:
    """What is asked of a list; see `CampaignQuery`. `kind` in any spelling, `cursor` as the last page gave it."""

    platform: str | None = None
    objective: str | None = None
    state: CampaignState | None = None
    kind: str | None = None
    search: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    limit: int = 50
    cursor: str | None = None


class CampaignLister:
    """Campaigns of one snapshot; what pages have in common is read once."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        self._knowledge: Knowledge = snapshot.knowledge()
        self._accepted = snapshot.accepted_campaigns()
        self._unlearnt = frozenset(snapshot.unlearnt(self._knowledge.seq, MOST_UNLEARNT))
        self._held = self._reasons()

    @property
    def held(self) -> dict[str, str]:
        """Campaigns that are kept out of learning now, with the reason, by id."""
        return self._held

    def page(self, request: ListRequest) -> dict[str, Any]:
        """A page of campaigns, the newest first: {items, next_cursor, as_of, pending, held}.

        Raises:
            InvalidInput: a cursor that is not ours.
        """
        size = max(1, min(request.limit, MOST_ITEMS))
        rows = self._snapshot.campaign_list(self._query(request, size + 1))
        items = [self._item(stored) for _, stored in rows[:size]]
        ended_early = sum(len(one.campaign_json) + len(one.answer) for _, one in rows) > MOST_CHARACTERS
        following = _cursor(rows[:size][-1][0]) if len(rows) > size or ended_early else None
        return {
            "items": items,
            "next_cursor": following,
            **self._snapshot.freshness(),
            "held": len(self._held),
        }

    def _query(self, request: ListRequest, size: int) -> CampaignQuery:
        among, not_among = self._ids(request.state)
        kinds, objectives = self._kinds(request.kind)
        return CampaignQuery(
            platform=request.platform,
            objective=request.objective,
            kinds=kinds,
            objectives=objectives,
            search=request.search,
            since=request.since,
            until=request.until,
            among=among,
            not_among=not_among,
            after=None if request.cursor is None else _place(request.cursor),
            limit=size,
        )

    def _ids(self, state: CampaignState | None) -> tuple[tuple[str, ...] | None, tuple[str, ...]]:
        """Which ids a state leaves, and which it leaves out."""
        held, waiting = frozenset(self._held), self._unlearnt - frozenset(self._held)
        if state is None:
            return None, ()
        if state == "learnt":
            return None, tuple(sorted(held | waiting | self._accepted))
        ids = {"held": held, "pending": waiting, "accepted": self._accepted - held - waiting}[state]
        return tuple(sorted(ids)), ()

    def _kinds(self, kind: str | None) -> tuple[tuple[str, ...] | None, tuple[str, ...]]:
        """The stated kinds, and the objectives that name it where campaigns state none."""
        if kind is None:
            return None, ()
        normal = normal_kind(kind)
        naming = [
            key
            for key in self._snapshot.objective_keys()
            if self._knowledge.kind_of_objective(signals.parse(key).level) == normal
        ]
        return (normal,), tuple(naming)

    def _item(self, stored: StoredCampaign) -> dict[str, Any]:
        campaign = as_given(Campaign.model_validate_json(stored.campaign_json))
        facts, reason = campaign.actual_metrics, self._held.get(stored.campaign_id)
        accepted, learnt = stored.campaign_id in self._accepted, stored.campaign_id not in self._unlearnt
        return {
            "campaign_id": stored.campaign_id,
            "name": stored.display_name,
            "unit_id": campaign.unit,
            "account_id": campaign.account_id,
            "platform": campaign.platform,
            "objective": campaign.objective,
            "conversion_kind": self._knowledge.kind_for(campaign) or None,
            "timestamp": campaign.timestamp.isoformat(),
            "currency": campaign.currency,
            **{name: getattr(facts, name) for name in ("spend", "conversions", "revenue")},
            **{name: METRICS[name].value(facts) for name in SHOWN},
            **self._verdict(stored, reason),
            "state": state_of(reason, accepted=accepted, learnt=learnt),
            "reason": reason,
            "revision": stored.revision,
        }

    def _verdict(self, stored: StoredCampaign, reason: str | None) -> dict[str, Any]:
        """How the campaign did, judged as of the last fit: {verdict, performance_score}; None in answers of before."""
        comparison = comparison_as_json(stored, self._knowledge)
        verdict = comparison.get("verdict") if reason is None else LEARNING_HELD
        return {"verdict": verdict, "performance_score": comparison.get("performance_score")}

    def _reasons(self) -> dict[str, str]:
        candidates = sorted({*self._knowledge.held, *self._unlearnt})
        stored = self._snapshot.campaigns_named(candidates)
        reasons = ((name, stored_reason(campaign, self._knowledge)) for name, campaign in sorted(stored.items()))
        return {name: reason for name, reason in reasons if reason is not None and name not in self._accepted}


def _cursor(place: ListPlace) -> str:
    return base64.urlsafe_b64encode(orjson.dumps(list(place))).decode().rstrip("=")


def _place(cursor: str) -> ListPlace:
    try:
        timestamp, campaign_id = orjson.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (ValueError, binascii.Error, TypeError):
        raise InvalidInput(
            "this cursor is not one of ours", hint="leave it out to begin anew", field="cursor"
        ) from None
    if not isinstance(timestamp, str) or not isinstance(campaign_id, str):
        raise InvalidInput("this cursor is not one of ours", hint="leave it out to begin anew", field="cursor")
    return ListPlace(timestamp, campaign_id)
