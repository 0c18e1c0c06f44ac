"""The texts that a fit learns from: those of the newest campaigns, each with its place among the model's meanings.

An ad that campaigns only name has the text that was registered for it. Places are worked out once and stored, so that
learning again finds the same bits on every machine; only texts that ran side by side with others need one. Knows ports;
must not know how anything is learnt.
"""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple, Protocol

from reflection.domain import signals
from reflection.domain.campaign import Campaign
from reflection.domain.creative_entry import CreativeEntry, RegisteredCreative
from reflection.domain.creative_knowledge import FEWEST_FORETOLD, CreativeTexts, GivenScore, PlacedText, given_traits
from reflection.domain.creative_text import CreativeText

REGISTERED = 5_000
"""Registered creatives that a fit looks at: the newest."""

MOST_TEXTS = 2_000
"""Texts that get a place: those of the newest campaigns; each takes the model about three milliseconds, once."""


class Book(Protocol):
    """Where creatives and places are kept."""

    def newest(self, workspace: str, limit: int) -> Sequence[RegisteredCreative]:
        """The creatives registered last."""

    def places(self, workspace: str, space: str, keys: Sequence[str]) -> Mapping[str, tuple[int, ...]]:
        """The places of these texts that are stored."""

    def keep(self, workspace: str, space: str, places: Mapping[str, Sequence[int]]) -> None:
        """Keep places."""


class Model(Protocol):
    """Works places out."""

    @property
    def space(self) -> str:
        """Which model and directions its places are of."""

    def places(self, texts: Sequence[str]) -> Sequence[tuple[int, ...]]:
        """The place of each text."""


class TextsOfCampaign(NamedTuple):
    """What a campaign says of the creatives that its breakdown names: key of the signal -> text and given traits."""

    campaign_id: str
    creatives: Mapping[str, PlacedText]


def texts_of(campaign: Campaign) -> TextsOfCampaign:
    """The texts of creatives that have ad rows of their own; empty ones too, for they may be registered."""
    named = {row.creative for row in campaign.breakdown}
    creatives = {
        signals.Signal(signals.CREATIVE, signals.normalise(one.id)).key: PlacedText(
            CreativeText(one.headline, one.primary_text), given_traits(one.attributes)
        )
        for one in campaign.creatives
        if one.id in named
    }
    return TextsOfCampaign(campaign.campaign_id, creatives if len(creatives) > 1 else {})


@lru_cache(maxsize=REGISTERED)
def _entry(body: str) -> CreativeEntry:
    return CreativeEntry.model_validate_json(body)


class CreativeTextSource:
    """Gathers the texts of a fit."""

    def __init__(self, book: Book, model: Model) -> None:
        self._book, self._model = book, model

    def of(self, workspace: str, campaigns: Sequence[TextsOfCampaign]) -> CreativeTexts:
        """The texts of these campaigns, the newest first, and the scores their creatives had before.

        Raises:
            Unavailable: the packaged model is missing or damaged.
        """
        registered = self._book.newest(workspace, REGISTERED) if any(one.creatives for one in campaigns) else ()
        entries = {one.creative_key: _entry(one.body) for one in registered}
        texts = {one.campaign_id: _with_registered(one.creatives, entries) for one in campaigns if one.creatives}
        texts = {name: own for name, own in texts.items() if len({text.key for text in own.values()}) > 1}
        places = self._placed(workspace, [text.text for own in texts.values() for text in own.values()])
        return CreativeTexts(
            {
                name: {key: PlacedText(text.text, text.given, places.get(text.text.key)) for key, text in own.items()}
                for name, own in texts.items()
            },
            {
                one.creative_key: GivenScore(one.day, entries[one.creative_key].score, one.own_score)
                for one in registered
            },
        )

    def placed(self, workspace: str, texts: Sequence[CreativeText]) -> dict[str, tuple[int, ...]]:
        """Places of texts by their keys, stored ones first; nothing is stored."""
        known = dict(self._book.places(workspace, self._model.space, [text.key for text in texts]))
        new = {text.key: text.whole for text in texts if text.says_something and text.key not in known}
        return known | dict(zip(new, self._model.places(list(new.values())), strict=True))

    def _placed(self, workspace: str, texts: Sequence[CreativeText]) -> dict[str, tuple[int, ...]]:
        """The places of the texts of a fit, stored from now on."""
        distinct = {text.key: text for text in texts}
        if len(distinct) < FEWEST_FORETOLD:  # the model need not be loaded
            return {}
        newest = dict(list(distinct.items())[:MOST_TEXTS])
        known = dict(self._book.places(workspace, self._model.space, list(newest)))
        new = {key: text.whole for key, text in newest.items() if key not in known}
        if new:
            made = dict(zip(new, self._model.places(list(new.values())), strict=True))
            self._book.keep(workspace, self._model.space, made)
            known = dict(self._book.places(workspace, self._model.space, list(newest)))
        return known


def _with_registered(
    creatives: Mapping[str, PlacedText], entries: Mapping[str, CreativeEntry]
) -> dict[str, PlacedText]:
    """The creatives that say something, by themselves or as registered."""
    texts = {}
    for key, text in creatives.items():
        entry = entries.get(key)
        if entry is not None and not text.text.says_something:
            text = PlacedText(entry.text, text.given)
        if entry is not None and not text.given:
            text = PlacedText(text.text, entry.given)
        if text.text.says_something:
            texts[key] = text
    return texts
