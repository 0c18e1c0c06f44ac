"""What a creative that nobody ran will probably get beside the others, as far as its text says.

A lift on CTR or CVR against the average text that ran side by side with others: the ridge on traits and meaning, and
the effects of what was given (hook, angle, emotion). Most of what makes a text good is not in these, so intervals are
wide and scores stay near 50: they hold the scatter of texts that nothing explains. Pure; must not know stores.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special

from reflection.domain.creative_knowledge import CreativeKnowledge, PlacedText, TextEffect, TextModel, values_of
from reflection.domain.creative_text import TRAITS

TOO_LITTLE = "too little text: it takes at least three letters or digits"
Z90 = 1.6448536269514722


@dataclass(frozen=True, slots=True)
class TextForecast:
    """A log-normal lift of one metric.

    Attributes:
        mean, sd: of the log lift, what is not known of the weights; `scatter` of texts beyond what is foretold.
        spread: standard deviation of what is foretold of the texts learnt from.
        texts, campaigns: how many it rests on.
    """

    mean: float
    sd: float
    scatter: float
    spread: float
    texts: int
    campaigns: int

    @property
    def lift(self) -> float:
        """The median: 1.0 is the average text."""
        return math.exp(self.mean)

    @property
    def interval(self) -> tuple[float, float]:
        """90 % interval of what one such text gets."""
        reach = Z90 * math.hypot(self.sd, self.scatter)
        return math.exp(self.mean - reach), math.exp(self.mean + reach)

    @property
    def score(self) -> int:
        """0 to 100: than how many of a hundred texts that ran it would get more."""
        other = math.hypot(self.spread, self.scatter)
        return round(100 * float(special.ndtr(self.mean / math.hypot(self.sd, self.scatter, other))))


def foretold(creatives: CreativeKnowledge, text: PlacedText, metric: str) -> TextForecast | None:
    """The forecast of one metric; None where nothing is foretold, or there is too little text."""
    model, values = creatives.models.get(metric), values_of(text)
    if model is None or values is None or not text.text.says_something:
        return None
    mean, variance = log_lift(model, np.array(values) - np.array(model.centre))
    for effect in _trait_effects(creatives, text, metric):
        mean += math.log(effect.effect)
        variance += ((math.log(effect.interval[1]) - math.log(effect.interval[0])) / (2 * Z90)) ** 2
    return TextForecast(mean, math.sqrt(variance), model.scatter, model.spread, model.texts, model.campaigns)


def reasons(creatives: CreativeKnowledge, text: PlacedText) -> list[TextEffect]:
    """Effects of the traits that a text has, findings first, then by size."""
    own = frozenset(text.traits())
    effects = [effect for effect in creatives.effects if effect.trait in own]
    return sorted(effects, key=lambda one: (not one.finding, -abs(math.log(one.effect)), one.metric, one.trait))


def about(creatives: CreativeKnowledge, text: PlacedText, metric: str) -> Mapping[str, float]:
    """Lifts of a text's ``traits``, its ``meaning`` and what was ``given``; their product is the forecast."""
    model, values = creatives.models.get(metric), values_of(text)
    if model is None or values is None:
        return {}
    parts = (np.array(values) - np.array(model.centre)) * np.array(model.mean)
    of_traits = sum(math.log(effect.effect) for effect in _trait_effects(creatives, text, metric))
    sums = {
        "traits": float(parts[: len(TRAITS)].sum()),
        "meaning": float(parts[len(TRAITS) :].sum()),
        "given": of_traits,
    }
    return {name: math.exp(value) for name, value in sums.items()}


def log_lift(model: TextModel, x: NDArray[np.float64]) -> tuple[float, float]:
    """Mean and variance of the log lift of a difference of values, (p,): of a text and the average one, or of two."""
    lower = np.zeros((len(x), len(x)))
    lower[np.tril_indices(len(x))] = model.covariance
    covariance = lower + np.tril(lower, -1).T
    return float(x @ np.array(model.mean)), max(float(x @ covariance @ x), 0.0)


def _trait_effects(creatives: CreativeKnowledge, text: PlacedText, metric: str) -> list[TextEffect]:
    return [effect for effect in creatives.effects if effect.metric == metric and effect.trait in text.given]
