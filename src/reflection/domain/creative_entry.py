"""What comes in about a creative before it runs: its text, what it is meant to be, and the score somebody gave it.

Strict like `campaign`. `creative_id` is the name under which campaigns and ad exports will know it, so that the text is
found where an export only names the ad. Knows pydantic and campaigns' fields; must not know what is foretold of it.
"""

from typing import Annotated, NamedTuple

from pydantic import BeforeValidator, Field, StringConstraints, field_validator, model_validator

from reflection.domain import signals
from reflection.domain.campaign import Name, Strict, clean_text
from reflection.domain.canonical_json import Content, canonical, hash_of
from reflection.domain.creative_knowledge import GIVEN, given_traits
from reflection.domain.creative_text import MOST_CHARACTERS, CreativeText

MOST_CREATIVES = 200
"""In one request."""

LongText = Annotated[
    str, StringConstraints(strip_whitespace=True, max_length=MOST_CHARACTERS), BeforeValidator(clean_text)
]


class CreativeEntry(Strict):
    """One creative; one with the same `creative_id` replaces it."""

    creative_id: Annotated[
        Name | None, Field(description="as campaigns and ad exports name it; without one it is made of the content")
    ] = None
    headline: LongText = ""
    primary_text: LongText = ""
    hook: Annotated[Name | None, Field(description="such as curiosity, social_proof")] = None
    angle: Name | None = None
    emotion: Annotated[Name | None, Field(description="the emotion it aims at")] = None
    media_type: Annotated[Name | None, Field(description="such as video, image")] = None
    score: Annotated[
        float | None, Field(ge=0, le=100, strict=True, description="0 to 100 as you score it; judged when it has run")
    ] = None

    @property
    def text(self) -> CreativeText:
        """Headline and text."""
        return CreativeText(self.headline, self.primary_text)

    @property
    def given(self) -> tuple[str, ...]:
        """Attributes that count as traits."""
        return given_traits({name: level for name in GIVEN if (level := getattr(self, name)) is not None})

    def content(self) -> Content:
        """Its content without the defaults, and the hash of that."""
        text = canonical(self.model_dump(mode="json", exclude_defaults=True))
        return Content(text, hash_of(text))

    @property
    def id(self) -> str:
        """Its own name, or one made of the content."""
        return self.creative_id or f"crt_{self.content().hash[:16]}"

    @property
    def key(self) -> str:
        """The key of its signal, by which campaigns' creatives are found."""
        return signals.Signal(signals.CREATIVE, signals.normalise(self.id)).key


class CreativeRequest(Strict):
    """Several creatives at once, or one."""

    creatives: Annotated[
        tuple[CreativeEntry, ...], Field(strict=False, max_length=MOST_CREATIVES, json_schema_extra={"minItems": 1})
    ]

    @field_validator("creatives")
    @classmethod
    def _some(cls, value: tuple[CreativeEntry, ...]) -> tuple[CreativeEntry, ...]:
        if not value:
            raise ValueError("give at least one creative")
        return value

    @model_validator(mode="after")
    def _distinct(self) -> "CreativeRequest":
        keys = [entry.key for entry in self.creatives]
        if len(set(keys)) < len(keys):
            double = next(entry.id for entry in self.creatives if keys.count(entry.key) > 1)
            raise ValueError(f"creative '{double}' is given twice")
        return self


class RegisteredCreative(NamedTuple):
    """What learning takes of a registered creative."""

    creative_key: str
    body: str
    own_score: float | None
    day: int
