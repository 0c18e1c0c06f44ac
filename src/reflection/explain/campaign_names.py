"""Which stored campaign a question means: by its id, a part of its name, or a name written with a slip.

Names are compared word by word, rare words counting most; where several campaigns fit equally none is chosen. Pure;
must not know storage or sentences.
"""

import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from reflection.domain.signals import normalise

MOST_CANDIDATES = 5
CLEARLY = 1.2
"""How much better the best has to fit than the next."""

SLIP = 0.8
"""What a word counts that fits with one slip of the pen, or as a beginning."""

_WORD = re.compile(r"[a-z]+|[0-9]+(?:-[0-9]+)*")
_NEWEST = frozenset({"latest", "newest", "recent", "last"})


@dataclass(frozen=True, slots=True)
class CampaignMatch:
    """The campaigns a question may mean, the best first: one where it is clear, none where no name fits."""

    campaign_ids: tuple[str, ...]

    def __bool__(self) -> bool:
        return bool(self.campaign_ids)

    @property
    def one(self) -> str | None:
        """The campaign that is meant, where that is clear."""
        return self.campaign_ids[0] if len(self.campaign_ids) == 1 else None


def find(message: str, names: Mapping[str, str | None], ignored: frozenset[str]) -> CampaignMatch:
    """The campaigns a message means.

    Args:
        names: ids with their display names, the newest first.
        ignored: words that ask, and name no campaign.
    """
    words = words_of(message)
    telling_words = [word for word in words if word not in ignored]
    if "campaign" in words and (set(words) & _NEWEST or len(names) == 1) and names:
        return CampaignMatch((next(iter(names)),))
    scores = _scores(telling_words, names)
    if not scores:
        return CampaignMatch(())
    best = max(scores.values())
    close = [name for name, score in scores.items() if score * CLEARLY > best]
    return CampaignMatch(tuple(sorted(close, key=lambda name: -scores[name])[:MOST_CANDIDATES]))


def words_of(text: str) -> list[str]:
    """A name or message as its words; ``h07`` is two, as is ``bootcamp2026``."""
    return _WORD.findall(normalise(text).replace("_", " "))


def names_of(campaign_id: str, title: str | None) -> frozenset[str]:
    """Every word a campaign may be called by: the parts of its names, and these as they are written together."""
    name = f"{campaign_id} {title or ''}"
    return frozenset(words_of(name)) | frozenset(re.findall(r"[a-z0-9]+", normalise(name)))


def _scores(words_asked: Sequence[str], names: Mapping[str, str | None]) -> dict[str, float]:
    """How well each campaign fits, of those that share a word which few others have."""
    words = {name: set(words_of(f"{name} {title or ''}")) for name, title in names.items()}
    common = Counter(word for own in words.values() for word in own)
    fits = {word: fit for word in common if (fit := max((_fit(other, word) for other in words_asked), default=0.0))}
    rare = max(3.0, 0.1 * len(names))
    shared = {name: [word for word in own if word in fits] for name, own in words.items()}
    if not (fitting := [name for name, own in shared.items() if any(common[word] <= rare for word in own)]):
        fitting = _sharing_all(shared)
    weight = {word: fits[word] * math.log(1 + len(names) / common[word]) for word in fits}
    return {name: sum(weight[word] for word in shared[name]) for name in fitting}


def _sharing_all(shared: Mapping[str, Sequence[str]]) -> list[str]:
    """Of words that many campaigns share, those that share all of them, where these are few."""
    most = max(map(len, shared.values()), default=0)
    fitting = [name for name, own in shared.items() if len(own) == most]
    return fitting if most > 1 and len(fitting) <= MOST_CANDIDATES else []


def _fit(asked: str, word: str) -> float:
    """1 for the same word, less for a slip or a beginning of it; numbers fit exactly or not at all."""
    if asked == word or (asked.isdigit() and word.isdigit() and asked.lstrip("0") == word.lstrip("0")):
        return 1.0
    if asked.isdigit() or min(len(asked), len(word)) < 4:
        return 0.0
    return SLIP if word.startswith(asked) or is_slip(asked, word) else 0.0


def is_slip(asked: str, word: str) -> bool:
    """Whether two words differ by one slip: a letter too much, too few, another, or two changed round."""
    if asked[:1] != word[:1] or abs(len(asked) - len(word)) > 1 or asked == word:
        return False
    start = next((i for i, (a, b) in enumerate(zip(asked, word, strict=False)) if a != b), min(len(asked), len(word)))
    a, b = asked[start:], word[start:]
    return a[1:] == b or a == b[1:] or a[1:] == b[1:] or (a[2:] == b[2:] and a[:2] == b[:2][::-1])


def closest(asked: str, words: Iterable[str]) -> str:
    """The word that is meant where one slip makes it, rather one as long as what was said; else what was said."""
    fitting = [word for word in words if len(word) >= 4 and is_slip(asked, word)] if len(asked) >= 4 else []
    return min(fitting, key=lambda word: (abs(len(word) - len(asked)), word), default=asked)
