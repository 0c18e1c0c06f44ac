"""What the texts of a plan's new creatives add to its rates.

A creative that ran has an effect of its own, its text says nothing more. One that never ran is foretold by its text;
what that leaves open is in the scatter of creatives never seen, which a plan's interval holds anyway. Knows knowledge
and plans; must not know where places of texts come from.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from reflection.domain import signals
from reflection.domain.campaign import Creative
from reflection.domain.creative_knowledge import PlacedText, given_traits
from reflection.domain.creative_text import CreativeText
from reflection.domain.knowledge import Knowledge
from reflection.domain.plan import Plan
from reflection.errors import Unavailable
from reflection.explain.creative_sentences import forecast_sentence
from reflection.explain.formatting import plain_name
from reflection.forecasting.creative_forecast import TextForecast, foretold
from reflection.forecasting.rate_shift import RateShift

SCORED_BY = "ctr"
"""The metric that scores and sentences are of: a text's first work is to be clicked."""


class Places(Protocol):
    """Places of texts among the packaged model's meanings."""

    def placed(self, workspace: str, texts: Sequence[CreativeText]) -> Mapping[str, tuple[int, ...]]:
        """By the keys of the texts."""


@dataclass(frozen=True, slots=True)
class TextShift(RateShift):
    """What texts add; `texts` are {creative, score, lift, interval, sentence} of each new creative."""

    texts: tuple[Mapping[str, Any], ...] = ()


NO_SHIFT = TextShift()
UNREAD = TextShift(notes=("The texts of new creatives were not read: the packaged model cannot be loaded.",))


class PlanTexts:
    """Reads the texts of plans."""

    def __init__(self, places: Places) -> None:
        self._places = places

    def of(self, workspace: str, plans: Sequence[tuple[str, Plan]], knowledge: Knowledge) -> dict[str, TextShift]:
        """By the names of the plans; those to which texts add nothing are left out. The model is asked only where there
        is something new to read."""
        new = {name: _new_texts(plan, knowledge.for_goal(plan)) for name, plan in plans}
        texts = [text.text for own in new.values() for _, text in own]
        if not texts:
            return {}
        try:
            places = self._places.placed(workspace, texts)
        except Unavailable:
            return {name: UNREAD for name, own in new.items() if own}
        return {
            name: _shift(plan, [(one, _at(text, places)) for one, text in new[name]], knowledge.for_goal(plan))
            for name, plan in plans
            if new[name]
        }


def _new_texts(plan: Plan, knowledge: Knowledge) -> list[tuple[Creative, PlacedText]]:
    """Creatives that never ran, with their texts, where anything can be foretold of them."""
    if not knowledge.creatives.models:
        return []
    keys = {key for posterior in knowledge.posteriors.values() for key in posterior.features} | set(knowledge.aliases)
    texts = [
        (one, PlacedText(CreativeText(one.headline, one.primary_text), given_traits(one.attributes)))
        for one in plan.creatives
        if signals.of_creative(one)[0][0].key not in keys
    ]
    return [(one, text) for one, text in texts if text.text.says_something]


def _at(text: PlacedText, places: Mapping[str, tuple[int, ...]]) -> PlacedText:
    return PlacedText(text.text, text.given, places.get(text.text.key))


def _shift(plan: Plan, texts: Sequence[tuple[Creative, PlacedText]], knowledge: Knowledge) -> TextShift:
    """The sum over new creatives, each by its share of the plan."""
    share = 1.0 / len(plan.creatives)
    mean: dict[str, float] = {}
    variance: dict[str, float] = {}
    for metric in knowledge.creatives.models:
        forecasts = [foretold(knowledge.creatives, text, metric) for _, text in texts]
        mean[metric] = sum(share * one.mean for one in forecasts if one is not None)
        variance[metric] = sum((share * one.sd) ** 2 for one in forecasts if one is not None)
    scores = [(one, foretold(knowledge.creatives, text, SCORED_BY)) for one, text in texts]
    rows = [_forecast_row(one, forecast) for one, forecast in scores if forecast is not None]
    notes = tuple(f"{plain_name(one['creative'])} never ran. {one['sentence']}" for one in rows)
    return TextShift(mean, variance, notes, tuple(rows))


def _forecast_row(creative: Creative, forecast: TextForecast) -> dict[str, Any]:
    return {
        "creative": creative.id,
        "score": forecast.score,
        "lift": math.exp(forecast.mean),
        "interval": list(forecast.interval),
        "sentence": forecast_sentence(SCORED_BY, forecast.lift, forecast.interval, forecast.score, forecast.texts),
    }
