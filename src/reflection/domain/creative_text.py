"""What a creative says, as traits that a marketer can choose: a question, a number, an offer, how long it is.

Traits are read from headline and text by marks and short lists of words; marks (question marks, digits, per cent and
currency signs, emoji) mean the same in every language, the words are of seven languages. Pure, linear in the length of
the text and the same on every machine. Must not know models, evidence or effects.
"""

import hashlib
import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from types import MappingProxyType

TEXT_GROUP = "creative.text"
"""Group of the traits, as signals name theirs: ``creative.text:question``."""

MOST_CHARACTERS = 10_000
"""Longest headline or text that is read."""

LETTERS = 3
"""Letters or digits below which there is too little text to say anything of it."""

PARTS = " | "
"""Between the parts of a headline or text that platforms keep apart and show two or three of at a time."""

SHORT, LONG = 8, 15
"""Words of a headline, of several parts the longest: up to so many it is short, from so many on long."""

SHORT_TEXT, LONG_TEXT = 12, 50
"""The same of the text below it."""

_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
_UNSPACED = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\u0e00-\u0e7f]")
_EMOJI = re.compile(r"[\U0001f1e6-\U0001faff\u2600-\u27bf\u2b50\u2b55\u231a\u231b\u23e9-\u23fa]")
_PRICE = re.compile(r"[\u0024\u00a2-\u00a5\u20a0-\u20bf]\s?\d|\d\s?(?:[\u00a2-\u00a5\u20a0-\u20bf]|(?:eur|usd|gbp)\b)")
_PER_CENT = re.compile(r"\d\s?[%\u066a\uff05]")
_STOPS = re.compile(r"[.!?。] +[^\s|]")
"""A sentence that another follows in the same part: a headline that ends in a mark is no text of two sentences."""

_QUOTE = re.compile(r"[\"“”„«»「」]")


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_OFFER = _words(
    "free sale save discount deal deals offer coupon voucher bonus gratis kostenlos rabatt angebot sparen "
    "gutschein gratuit gratuite remise promo soldes offre oferta descuento ahorra rebajas desconto promoção "
    "sconto offerta risparmia korting aanbieding bespaar"
)
_URGENCY = _words(
    "now today tonight hurry last ends ending limited deadline soon tomorrow jetzt heute bald letzte endet "
    "maintenant vite dernier dernière bientôt ahora hoy último última pronto agora hoje oggi ultimo ultima subito "
    "vandaag laatste snel"
)
_YOU = _words(
    "you your you're you'll you've yours yourself dein deine deinen deinem deiner dir dich ihre ihren sie vous votre "
    "vos tus usted você voce seu sua tuo tua tuoi je jouw jij uw"
)
_WE = _words(
    "i i'm i've my me mine we we're our ours us ich mein meine wir unser unsere uns nous notre nos mon mes yo mi "
    "nosotros nuestro nuestra nós nosso nossa noi nostro nostra wij ons onze mijn"
)
_PEOPLE = _words(
    "he he's his him she she's her hers they their them man woman guy girl boy kid kids mom dad seine ihm il elle "
    "ils ellas ellos él ella eles elas lui lei loro hij zij haar hun"
)
_HOW = _words(
    "how why what who when where which wie warum wer wann comment pourquoi quoi qui cómo por qué quién como quem "
    "perché chi hoe waarom wat"
)
_BEST = _words(
    "best worst most ever only every everyone all always never amazing incredible perfect greatest beste besten "
    "einzige immer meilleur meilleure toujours jamais mejor siempre nunca melhor sempre migliore mai altijd nooit"
)
_NOT = _words(
    "not no don't doesn't isn't can't won't wouldn't without nothing nicht kein keine ohne pas sans non sin não "
    "sem senza niet geen zonder"
)
_THIS = _words("this these here here's that that's dies diese dieser dieses hier ce cette ces este esta questo deze")


@dataclass(frozen=True)
class CreativeText:
    """Headline and text of one creative, as it was written; white space is collapsed."""

    headline: str = ""
    text: str = ""

    @cached_property
    def whole(self) -> str:
        """Headline and text in one line each."""
        return "\n".join(part for part in (_line(self.headline), _line(self.text)) if part)

    @property
    def says_something(self) -> bool:
        """Whether there are letters or digits enough to speak of a text."""
        return sum(map(str.isalnum, self.whole[:200])) >= LETTERS

    @cached_property
    def key(self) -> str:
        """Start of the SHA-256 of headline and text: equal texts, equal key."""
        return hashlib.sha256(repr((_line(self.headline), _line(self.text))).encode()).hexdigest()[:32]

    @cached_property
    def traits(self) -> Mapping[str, bool]:
        """Trait (of `TRAITS`) -> whether the text has it."""
        return traits_of(self)


@dataclass(frozen=True)
class _Reading:
    """A text prepared for its traits."""

    whole: str
    folded: str
    words: frozenset[str]
    headline: int
    text: int


@dataclass(frozen=True, slots=True)
class Trait:
    """One trait: how creatives with it are called at the start of a sentence, and what of the text shows it."""

    label: str
    of: Callable[[_Reading], bool]


TRAITS: Mapping[str, Trait] = MappingProxyType(
    {
        "best": Trait("Texts with strong words (best, most, ever)", lambda r: bool(r.words & _BEST)),
        "capitals": Trait("Texts with a word in capitals", lambda r: any(map(_shouted, r.whole.split()))),
        "colon": Trait("Texts with a colon", lambda r: ": " in r.folded),
        "emoji": Trait("Texts with an emoji", lambda r: bool(_EMOJI.search(r.whole))),
        "exclamation": Trait("Texts with an exclamation mark", lambda r: "!" in r.folded),
        "how": Trait("Texts with how, why or what", lambda r: bool(r.words & _HOW)),
        "long": Trait(f"Headlines of {LONG} words or more", lambda r: r.headline >= LONG),
        "long_text": Trait(f"Texts of {LONG_TEXT} words or more below the headline", lambda r: r.text >= LONG_TEXT),
        "negation": Trait("Texts with a no or not", lambda r: bool(r.words & _NOT)),
        "number": Trait("Texts with a number", lambda r: any(map(str.isdigit, r.folded))),
        "offer": Trait("Texts with an offer or a price", lambda r: _offers(r)),
        "people": Trait("Texts about a person (he, she, they)", lambda r: bool(r.words & _PEOPLE)),
        "question": Trait("Headlines or texts that ask a question", lambda r: any(mark in r.folded for mark in "?؟՞")),
        "quote": Trait("Texts with a quotation", lambda r: bool(_QUOTE.search(r.whole))),
        "sentences": Trait("Texts of several sentences", lambda r: bool(_STOPS.search(r.whole))),
        "short": Trait(f"Headlines of up to {SHORT} words", lambda r: 0 < r.headline <= SHORT),
        "short_text": Trait(
            f"Texts of up to {SHORT_TEXT} words below the headline", lambda r: 0 < r.text <= SHORT_TEXT
        ),
        "suspense": Trait("Texts that break off (...)", lambda r: "..." in r.folded),
        "this": Trait("Texts that point (this, these, here)", lambda r: bool(r.words & _THIS)),
        "urgency": Trait("Texts with urgency (now, today, last)", lambda r: bool(r.words & _URGENCY)),
        "we": Trait("Texts in the first person (I, we, our)", lambda r: bool(r.words & _WE)),
        "you": Trait("Texts that address the reader (you, your)", lambda r: bool(r.words & _YOU)),
    }
)


@lru_cache(maxsize=16_384)
def traits_of(text: CreativeText) -> Mapping[str, bool]:
    """Trait -> whether the text has it, sorted by trait."""
    whole = text.whole
    folded = unicodedata.normalize("NFKC", whole).casefold()
    words = frozenset(word.replace("’", "'") for word in _WORD.findall(folded))
    reading = _Reading(whole, folded, words, _longest(text.headline), _longest(text.text))
    return MappingProxyType({name: trait.of(reading) for name, trait in TRAITS.items()})


def length_of(text: str) -> int:
    """Words of a text; in scripts without spaces two characters count as one."""
    unspaced = len(_UNSPACED.findall(text))
    return len(_WORD.findall(_UNSPACED.sub(" ", text))) + (unspaced + 1) // 2


def _longest(text: str) -> int:
    return max(map(length_of, text.split(PARTS)))


def _line(text: str) -> str:
    return " ".join(text[:MOST_CHARACTERS].split())


def _shouted(word: str) -> bool:
    letters = [letter for letter in word if letter.isalpha()]
    return len(letters) > 3 and all(map(str.isupper, letters))


def _offers(reading: _Reading) -> bool:
    return bool(reading.words & _OFFER or _PER_CENT.search(reading.folded) or _PRICE.search(reading.folded))
