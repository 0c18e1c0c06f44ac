"""Sentences on the texts of creatives: what a trait does, what is foretold, and whether scores tell anything.

Must not know stores or how anything was learnt.
"""

from collections.abc import Mapping

from reflection.domain import signals
from reflection.domain.creative_knowledge import ScoreRecord, TextEffect
from reflection.domain.creative_text import TRAITS
from reflection.domain.effect import Effect
from reflection.domain.metrics import METRICS
from reflection.domain.weights import Interval
from reflection.explain.formatting import NO_LIFT, capital, count, plain_name, rough_lift, rounded_lift

LIKELY = 0.9
"""Probability of a direction from which it is named although it is no finding."""

WHOSE = {"given": "The scores they were given", "own": "Our own scores"}


def label(trait: str) -> str:
    """How creatives with a trait are called at the start of a sentence."""
    if trait in TRAITS:
        return TRAITS[trait].label
    group, _, level = trait.partition(":")
    return f"Creatives with the {group.replace('_', ' ')} {plain_name(level)}"


def effect_sentence(effect: TextEffect) -> str:
    """``Headlines or texts that ask a question: CTR 11 % lower (90 %: -15 % to -8 %; ...)``."""
    compared = f"{count(effect.texts)} with and {count(effect.others)} without"
    basis = f"{compared}, side by side in {_campaigns(effect.campaigns)}"
    return f"{label(effect.trait)}: {_claim(effect, '')} ({_limits(effect.interval)}; {basis})."


def type_sentence(effect: Effect, spellings: Mapping[str, str]) -> str:
    """What a creative type does, against the average level of campaigns."""
    subject = capital(plain_name(signals.label_of(effect.signal, spellings)))
    basis = _campaigns(effect.real_campaigns)
    return f"{subject}: {_claim(effect, ' than the average')} ({_limits(effect.interval)}; {basis})."


def _claim(effect: TextEffect | Effect, than: str) -> str:
    """The metric with what is known of it."""
    metric, size = METRICS[effect.metric].label, rough_lift(effect.effect)
    side = "higher" if effect.effect > 1 else "lower"
    if effect.finding:
        return f"{metric} {size} {side}{than}"
    if effect.probability >= LIKELY:
        return f"{metric} perhaps {'a little' if size == NO_LIFT else size} {side}{than}, we cannot be sure yet"
    return f"{metric}: we cannot tell yet"


def _limits(interval: Interval) -> str:
    return "90 %: {} to {}".format(*map(rounded_lift, interval))


def forecast_sentence(metric: str, lift: float, interval: tuple[float, float], score: int, texts: int) -> str:
    """What a text will probably get, against the texts that ran."""
    size = "about level with" if rough_lift(lift) == NO_LIFT else f"{rounded_lift(lift)} against"
    return (
        f"{METRICS[metric].label} expected {size} your average text ({_limits(interval)}), "
        f"more than {score} of 100 of them; from {count(texts)} texts that ran side by side."
    )


def score_sentence(name: str, record: ScoreRecord) -> str:
    """Whether scores from before the creatives ran told which of two got the higher CTR."""
    basis = f"{count(record.pairs)} pairs in {_campaigns(record.campaigns)}"
    if record.share is None or record.interval is None:
        return f"{WHOSE[name]} cannot be judged yet: {basis}; it takes at least ten campaigns."
    low, high = (f"{100 * bound:.0f}" for bound in record.interval)
    right = f"of 100 pairs that ran side by side, the higher score got the higher CTR in {100 * record.share:.0f}"
    beyond = record.interval[0] > 0.5 or record.interval[1] < 0.5
    verdict = "" if beyond else "; we cannot tell that from tossing a coin"
    return f"{WHOSE[name]}: {right} (90 %: {low} to {high}; {basis}){verdict}."


def _campaigns(number: int) -> str:
    return f"{count(number)} campaign{'' if number == 1 else 's'}"
