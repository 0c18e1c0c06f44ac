"""Held: whether a stored campaign is kept out of learning now, and why.

The last fit says it, except of what was analysed since by what that fit knows: a new campaign, or one that somebody
accepted. Must not know how faults are found.
"""

from typing import Any

import orjson

from reflection.domain.campaign_list import CampaignState
from reflection.domain.knowledge import Knowledge
from reflection.domain.ports import StoredCampaign
from reflection.domain.results import Analysis

LEARNING_HELD = "held"
_NAMED, _CONSEQUENCE = "suspected tracking fault: ", "; kept out of learning until it is accepted"


def fault_text(because: str) -> str:
    """Why a campaign is held, as it is stored and answered."""
    return f"{_NAMED}{because}{_CONSEQUENCE}"


def because(reason: str) -> str:
    """What looks wrong, of a reason that `fault_text` made."""
    return reason.removeprefix(_NAMED).removesuffix(_CONSEQUENCE)


def held_sentence(reason: str) -> str:
    """The verdict on a held campaign."""
    return f"Held: looks like a tracking fault, because {because(reason)}. It counts in no total and teaches nothing."


def held_reason(analysis: Analysis, knowledge: Knowledge) -> str | None:
    """Why an analysed campaign is kept out of learning; None where it is not."""
    own = analysis.notes if analysis.stored_memory.learning == LEARNING_HELD else ()
    return _reason(analysis.comparison_report.campaign_id, analysis.as_of, own, knowledge)


def stored_reason(stored: StoredCampaign, knowledge: Knowledge) -> str | None:
    """The same of a stored campaign."""
    answer: dict[str, Any] = orjson.loads(stored.answer)
    own = answer.get("notes", ()) if answer["stored_memory"]["learning"] == LEARNING_HELD else ()
    return _reason(stored.campaign_id, answer.get("as_of"), own, knowledge)


def _reason(campaign_id: str, as_of: str | None, own: Any, knowledge: Knowledge) -> str | None:
    if as_of is not None and as_of == knowledge.as_of:
        return next(iter(own), None)
    return knowledge.held.get(campaign_id)


def state_of(reason: str | None, *, accepted: bool, learnt: bool) -> CampaignState:
    """What the learning makes of a campaign."""
    if reason is not None:
        return "held"
    return "pending" if not learnt else "accepted" if accepted else "learnt"
