"""What is known of the texts of creatives: effects of their traits, and what a text alone foretells.

Made by the learner, kept with the rest of the knowledge. Rests on texts that ran side by side in one campaign, and on
nothing else. Must not know how it was learnt.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from reflection.domain import signals
from reflection.domain.creative_text import CreativeText
from reflection.domain.weights import Interval

AXES = 32
"""Directions of meaning that are kept of a text."""

AXES_GRID = 1 << 16
"""A place of a text is integers of so many to 1."""

FEWEST_FORETOLD = 30
"""Different texts side by side below which nothing is foretold: 54 columns would be learnt from fewer texts."""


GIVEN = ("angle", "emotion", "hook", "media_type")
"""Attributes of a creative that count as traits of what it says, where somebody gives them."""


@dataclass(frozen=True, slots=True)
class PlacedText:
    """A text as it is learnt from.

    Attributes:
        given: attributes that count as traits, such as ``hook:curiosity``, sorted.
        axes: its place among the packaged model's meanings, `AXES` integers on a grid of 2^-16; None while not known.
    """

    text: CreativeText
    given: tuple[str, ...] = ()
    axes: tuple[int, ...] | None = None

    @property
    def key(self) -> str:
        """Equal texts with equal attributes, equal key."""
        return " ".join((self.text.key, *self.given))

    def traits(self) -> Iterator[str]:
        """The traits it has."""
        yield from (name for name, has in self.text.traits.items() if has)
        yield from self.given


def given_traits(attributes: Mapping[str, str]) -> tuple[str, ...]:
    """The attributes of a creative that count as traits, normalised."""
    groups = ((signals.attribute_group(signals.CREATIVE, name), level) for name, level in attributes.items())
    pairs = ((group.partition(".")[2], signals.normalise(level)) for group, level in groups)
    return tuple(sorted({f"{name}:{level}" for name, level in pairs if name in GIVEN}))


@dataclass(frozen=True, slots=True)
class GivenScore:
    """What a creative was given before it ran.

    Attributes:
        day: of the registration, in days since 1970-01-01 UTC; what ran earlier says nothing of it.
        given: 0 to 100 by whoever registered it; `own` by this engine. None where there is none.
    """

    day: int
    given: float | None
    own: float | None


@dataclass(frozen=True, slots=True)
class CreativeTexts:
    """Texts as campaigns carry them, and scores from before they ran.

    Attributes:
        by_campaign: campaign id -> key of the creative's signal -> its text.
        scores: key of the creative's signal -> its scores.
    """

    by_campaign: Mapping[str, Mapping[str, PlacedText]] = field(default_factory=dict)
    scores: Mapping[str, GivenScore] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class TextEffect:
    """What texts with a trait get, as a multiple of those without that ran beside them.

    Attributes:
        lfsr, finding: as of `Effect`. reason: why it is none.
        texts, others: different texts with the trait and without it, that ran beside each other.
        campaigns: in which they did; `events` of the metric counted there with the trait.
        supporting, contradicting: ids of the campaigns that say so, or the contrary, beyond noise.
    """

    trait: str
    metric: str
    effect: float
    interval: Interval
    probability: float
    lfsr: float
    finding: bool
    reason: str
    texts: int
    others: int
    campaigns: int
    events: float
    supporting: tuple[str, ...] = ()
    contradicting: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TextModel:
    """What a text alone foretells of one metric, log scale, against the average text.

    Attributes:
        mean, covariance: of the weights of traits (sorted) and axes, p and the p (p + 1) / 2 of the lower triangle.
        centre: of the average text, (p,).
        scatter: standard deviation of texts beyond what is foretold; `spread` of what is foretold of those learnt from.
        texts, campaigns: how many it rests on.
    """

    mean: tuple[float, ...]
    covariance: tuple[float, ...]
    centre: tuple[float, ...]
    scatter: float
    spread: float
    texts: int
    campaigns: int


@dataclass(frozen=True, slots=True)
class ScoreRecord:
    """Whether scores from before creatives ran told which of two that ran side by side got the higher CTR.

    Attributes:
        pairs, right: of creatives with different scores, and those where the higher score won.
        share, interval: of `right`, and its 90 % interval; None where there are too few campaigns.
    """

    pairs: int
    right: int
    campaigns: int
    share: float | None = None
    interval: Interval | None = None


@dataclass(frozen=True, slots=True)
class CreativeKnowledge:
    """Everything one fit says of texts.

    Attributes:
        texts, campaigns: different texts that ran side by side with others, and in how many campaigns.
        models: metric -> what a text alone foretells of it; none where that is nothing beyond chance.
        scores: ``given`` and ``own`` -> how they did; empty where no scored creative has run.
        reason: why there are no effects, None where there are.
    """

    texts: int = 0
    campaigns: int = 0
    effects: tuple[TextEffect, ...] = ()
    models: Mapping[str, TextModel] = field(default_factory=dict)
    scores: Mapping[str, ScoreRecord] = field(default_factory=dict)
    reason: str | None = "no texts were learnt from yet"


NO_CREATIVES = CreativeKnowledge()


def values_of(text: PlacedText) -> Sequence[float] | None:
    """A text as numbers, (p,): its traits, sorted, and its axes; None while these are not known."""
    if text.axes is None:
        return None
    return [*map(float, text.text.traits.values()), *(value / AXES_GRID for value in text.axes)]
