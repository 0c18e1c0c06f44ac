"""Signal keys: the only place that makes and reads them.

A signal is something a campaign has and another may share: its platform, an age band, a creative type. Its key is
``group:level``, such as ``platform:meta`` or ``audience.age:18-25``; an interaction is ``a*b:x*y``. Two spellings of
one thing ("R&D" and "r&d", "18-25" and "18 – 25") give one key. Knows campaigns; must not know evidence or numbers.

Three names, here and everywhere: `platform` is as it was written ("Meta "), `platform_name` normalised ("meta"),
`platform_key` the key of its signal ("platform:meta"); so of an objective.
"""

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import NamedTuple

from reflection.domain.campaign import Audience, Campaign, Creative

PLATFORM = "platform"
OBJECTIVE = "objective"
AUDIENCE = "audience"
CREATIVE = "creative"
CREATIVE_TYPE = "creative.type"
AUDIENCE_AGE = "audience.age"
CROSS = "*"
"""Joins the groups, and the levels, of an interaction."""

INTERACTIONS = ((PLATFORM, CREATIVE_TYPE), (PLATFORM, AUDIENCE_AGE))
"""Interactions that are part of every campaign's evidence; others are made of a whole set
(`inference.evidence.pairs`).
"""

ATTRIBUTE_ALIASES = {
    "age_range": "age",
    "age_group": "age",
    "ages": "age",
    "age": "age",
    "tier": "city_tier",
    "sex": "gender",
}
_DASHES = re.compile(r"\s*[\u2010-\u2015\u2212\uFE58\uFE63\uFF0D-]+\s*")
_SPACE = re.compile(r"\s+")
_ESCAPES = {"%": "%25", ":": "%3a", "*": "%2a", "/": "%2f"}
_ESCAPE_TABLE = str.maketrans(_ESCAPES)


class Signal(NamedTuple):
    """One signal: its group (``audience.age``) and its level (``18-25``), both normalised."""

    group: str
    level: str

    @property
    def key(self) -> str:
        """The text form, ``group:level``."""
        return f"{self.group}:{self.level}"

    @property
    def parts(self) -> tuple["Signal", ...]:
        """The main signals of an interaction, or the signal itself."""
        return _parts(self)

    @property
    def label(self) -> str:
        """How a person reads it: ``age 18-25``, ``video on meta``."""
        return label_of(self.key, {})


@lru_cache(maxsize=16_384)
def _parts(signal: Signal) -> tuple[Signal, ...]:
    groups, levels = signal.group.split("*"), signal.level.split("*")
    return tuple(Signal(group, level) for group, level in zip(groups, levels, strict=True))


@lru_cache(maxsize=16_384)
def normalise(text: str) -> str:
    """One spelling for one thing: NFKC, case folded, dashes unified, white space collapsed, separators escaped."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    return _SPACE.sub(" ", _DASHES.sub("-", folded)).strip().translate(_ESCAPE_TABLE)


def attribute_group(prefix: str, attribute: str) -> str:
    """The group of an attribute: ``audience`` + ``age_range`` -> ``audience.age``."""
    name = normalise(attribute).replace(" ", "_").replace("-", "_")
    return f"{prefix}.{ATTRIBUTE_ALIASES.get(name, name)}"


UNSTATED_LEVELS = frozenset({"unspecified", "not specified", "unknown", "not set", "(not set)", "undefined", "n%2fa"})
"""Levels that stand where nothing was said; whatever has one has nothing in common."""


def is_unstated(key: str) -> bool:
    """Whether a signal says nothing: ``creative.type:unspecified``, or an interaction with it."""
    return any(part.level in UNSTATED_LEVELS for part in parse(key).parts)


@lru_cache(maxsize=16_384)
def parse(key: str) -> Signal:
    """Read a key back: the inverse of `Signal.key`."""
    group, _, level = key.partition(":")
    return Signal(group, level)


@lru_cache(maxsize=16_384)
def part_keys(key: str) -> tuple[str, ...]:
    """Keys of the main signals of an interaction, or the key itself."""
    return tuple(part.key for part in parse(key).parts)


def of_platform(platform: str) -> Signal:
    """The signal of a platform."""
    return Signal(PLATFORM, normalise(platform))


def of_objective(objective: str) -> Signal:
    """The signal of an objective."""
    return Signal(OBJECTIVE, normalise(objective))


def crossed(context: Signal, signal: Signal) -> Signal:
    """The interaction of two main signals: what differs of the second where the first holds."""
    return Signal(f"{context.group}{CROSS}{signal.group}", f"{context.level}{CROSS}{signal.level}")


def as_stored(key: str) -> str:
    """The signal by which campaigns with this one are found: of a pair that is no part of evidence, its second one.

    What is no signal stays as it is: no campaign is found by it.
    """
    try:
        first, *rest = parse(key).parts
    except ValueError:
        return key
    return rest[0].key if rest and (first.group, rest[0].group) not in INTERACTIONS else key


def of_audience(audience: Audience) -> list[tuple[Signal, float]]:
    """An audience's signals with their shares: its name, and each attribute (a list splits its share)."""
    return [(Signal(group, normalise(text)), share) for group, text, share in _said_of_audience(audience)]


def of_creative(creative: Creative) -> list[tuple[Signal, float]]:
    """A creative's signals with their shares: its id, its type, and each attribute."""
    return [(Signal(group, normalise(text)), share) for group, text, share in _said_of_creative(creative)]


def of_cell(platform: str, objective: str, audiences: list[Audience], creatives: list[Creative]) -> dict[Signal, float]:
    """Membership shares of one cell: every group's shares add up to at most 1.

    Several audiences (creatives) without a breakdown share equally. Interactions are products of the shares of their
    parts, which is exact for platform interactions because a campaign has one platform.
    """
    shares = {of_platform(platform): 1.0, of_objective(objective): 1.0}
    for members in ([of_audience(item) for item in audiences], [of_creative(item) for item in creatives]):
        for signals in members:
            for signal, share in signals:
                shares[signal] = shares.get(signal, 0.0) + share / len(members)
    members_of: dict[str, list[tuple[Signal, float]]] = {}
    for signal, share in shares.items():
        members_of.setdefault(signal.group, []).append((signal, share))
    for first, second in INTERACTIONS:
        for a, share in members_of.get(first, ()):
            shares |= {crossed(a, b): share * other for b, other in members_of.get(second, ())}
    return shares


def of_campaign(campaign: Campaign) -> dict[Signal, float]:
    """Membership shares of a whole campaign, ignoring any breakdown."""
    return of_cell(campaign.platform, campaign.objective, list(campaign.audiences), list(campaign.creatives))


def spellings_of(campaign: Campaign) -> dict[str, str]:
    """How the campaign itself spells its main signals: key -> level, such as ``platform:meta`` -> ``Meta``."""
    pairs = [(PLATFORM, campaign.platform), (OBJECTIVE, campaign.objective)]
    pairs += [item[:2] for audience in campaign.audiences for item in _said_of_audience(audience)]
    pairs += [item[:2] for creative in campaign.creatives for item in _said_of_creative(creative)]
    spellings: dict[str, str] = {}
    for group, text in pairs:
        spellings.setdefault(Signal(group, normalise(text)).key, _SPACE.sub(" ", text).strip())
    return spellings


def usual_among(spellings: Iterable[Mapping[str, str]]) -> dict[str, str]:
    """The most frequent spelling of each signal, of equally common ones the smallest, whatever their order.

    Keys whose level is spelt so anyway are left out. `spellings`: one campaign's after the other (`spellings_of`).
    """
    counts: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for own in spellings:
        for key, text in own.items():
            counts[key][text] += 1
    usual = {key: min(texts, key=lambda text: (-texts[text], text)) for key, texts in sorted(counts.items())}
    return {key: text for key, text in usual.items() if text != _unescape(parse(key).level)}


def label_of(key: str, spellings: Mapping[str, str]) -> str:
    """How a person reads a signal, in a given spelling: ``platform Meta x age 18-25``, ``age 18 with type video``."""
    signal = parse(key)
    joint = " x " if signal.group.startswith(f"{PLATFORM}{CROSS}") else " with "
    return joint.join(f"{_group_label(part.group)} {_level_of(part, spellings)}".strip() for part in signal.parts)


def level_text(key: str, spellings: Mapping[str, str]) -> str:
    """The level of a main signal as campaigns spell it: ``Parents 35-44``."""
    return _level_of(parse(key), spellings)


def spoken(key: str, spellings: Mapping[str, str]) -> str:
    """A signal as a marketer says it: ``creative type video on Meta``, ``segment Parents with creative type video``."""
    *context, signal = parse(key).parts
    name = label_of(signal.key, spellings)
    for part in context:
        of_platform = part.group == PLATFORM
        level, label = _level_of(part, spellings), label_of(part.key, spellings)
        name = f"{name} on {level}" if of_platform else f"{label} with {name}"
    return name


def labels_of(campaign: Campaign) -> dict[str, str]:
    """How the campaign itself spells its signals: key -> label, such as ``platform:meta`` -> ``platform Meta``."""
    spellings = spellings_of(campaign)
    mains = [parse(key) for key in spellings]
    both = [
        crossed(a, b)
        for first, second in INTERACTIONS
        for a in mains
        for b in mains
        if (a.group, b.group) == (first, second)
    ]
    return {signal.key: label_of(signal.key, spellings) for signal in [*mains, *both]}


def _said_of_audience(audience: Audience) -> list[tuple[str, str, float]]:
    """Group, text and share of everything an audience says; a list of values splits its share."""
    pairs = [(AUDIENCE, audience.name, 1.0)]
    for attribute, value in audience.attributes.items():
        levels = [value] if isinstance(value, str) else value
        pairs += [(attribute_group(AUDIENCE, attribute), level, 1.0 / len(levels)) for level in levels]
    return pairs


def _said_of_creative(creative: Creative) -> list[tuple[str, str, float]]:
    """Group, text and share of everything a creative says."""
    pairs = [(CREATIVE, creative.id, 1.0), (CREATIVE_TYPE, creative.type, 1.0)]
    return pairs + [(attribute_group(CREATIVE, name), level, 1.0) for name, level in creative.attributes.items()]


def _level_of(signal: Signal, spellings: Mapping[str, str]) -> str:
    return spellings.get(signal.key) or _unescape(signal.level)


def _group_label(group: str) -> str:
    last = group.split(".")[-1].replace("_", " ")
    return {"type": "creative type"}.get(last, last)


def _unescape(level: str) -> str:
    for plain, escaped in reversed(_ESCAPES.items()):  # '%' last, or it would unescape twice
        level = level.replace(escaped, plain)
    return level
