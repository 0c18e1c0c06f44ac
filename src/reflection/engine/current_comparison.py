"""How a stored campaign did, judged by what is known today: the same campaigns are told alike however they came.

What was counted does not change. Whether a difference is beyond noise hangs on how much campaigns differ, which is
learnt: of campaigns that came in one load nothing was known yet when each was stored. Pure; must not know stores.
"""

from collections.abc import Mapping
from typing import Any

import orjson

from reflection.comparison.compare import compare
from reflection.domain.campaign import Campaign
from reflection.domain.knowledge import Knowledge
from reflection.domain.maturity import day_of, waits
from reflection.domain.metrics import ScoreWeights
from reflection.domain.ports import StoredCampaign
from reflection.domain.results import Analysis, Comparison

_SCORED = ("conversion", "ctr", "cpa")


def current_comparison(then: Analysis, campaign: Campaign, knowledge: Knowledge) -> Comparison:
    """The comparison of a stored analysis as of the last fit; figures are the stored ones, unless conversions waited.

    Args:
        knowledge: of the whole workspace.
    """
    return _compared(then.comparison_report.generated_at, then.weights.scoring_weights, campaign, knowledge)


def stored_comparison(stored: StoredCampaign, knowledge: Knowledge) -> Comparison:
    """The same of a stored campaign."""
    return _of_answer(orjson.loads(stored.answer), stored, knowledge)


def comparison_as_json(stored: StoredCampaign, knowledge: Knowledge) -> Mapping[str, Any]:
    """The same as JSON; the one it was answered with where nothing was learnt since."""
    then = orjson.loads(stored.answer)
    if (then["as_of"], then["epoch"]) == (knowledge.as_of, knowledge.epoch):
        return dict(then["comparison_report"])
    return dict(orjson.loads(orjson.dumps(_of_answer(then, stored, knowledge))))


def _of_answer(then: Mapping[str, Any], stored: StoredCampaign, knowledge: Knowledge) -> Comparison:
    moment, weights = then["comparison_report"]["generated_at"], then["weights"]["scoring_weights"]
    return _compared(moment, weights, Campaign.model_validate_json(stored.campaign_json), knowledge)


def _compared(moment: str, weights: Mapping[str, float], campaign: Campaign, knowledge: Knowledge) -> Comparison:
    """
    Args:
        moment: when it was analysed; of what waited then and does not any longer it is the fit's that counts.
        weights: those its score is made with.
    """
    grown = waits(campaign, day_of(moment)) and not waits(campaign, day_of(knowledge.as_of))
    return compare(
        campaign,
        generated_at=knowledge.as_of or moment if grown else moment,
        scatter=knowledge.for_goal(campaign).scatter,
        score_weights=ScoreWeights(*(weights[f"{name}_weight"] for name in _SCORED)),
    )
