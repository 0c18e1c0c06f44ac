"""What comes in: a campaign with its forecast and its facts, strict, bounded and time-zone-aware.

Knows pydantic; no storage, no statistics. Field names are the specification's, what was added is optional. Impressions,
clicks and conversions are counts (fractional where attribution splits them), spend and revenue amounts of `currency`.
"""

import re
from collections import Counter
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    field_validator,
    model_validator,
)

from reflection.domain.attribute_values import BY_SHAPE, MANY, NUMBERS_AS_TEXT, ONE
from reflection.domain.canonical_json import Content, canonical, hash_of
from reflection.domain.conversion_kind import normal_kind
from reflection.domain.instants import Day, Instant

MAX_COUNT = 2**53 - 1
"""The largest whole number after which floats skip some: 2**53 itself is also what 2**53 + 1 rounds to."""

MAX_MONEY = 1e12
MAX_AUDIENCES = 200
MAX_CREATIVES = 500
MAX_CELLS = 5_000
DUST = 1e-9
"""Amounts below this are what subtracting floats leaves, not money or conversions: they count as 0."""

TOTAL_TOLERANCE = 1.005
"""A breakdown may exceed its totals by half a per cent: platforms round each row on its own."""

REQUIRED_COUNTS = ("impressions", "clicks", "conversions", "spend")
"""What `Metrics` must state, be it as null; revenue may be left out."""

PLACEHOLDERS = frozenset(
    {"string", "unknown", "none", "null", "n/a", "na", "undefined", "nan", "tbd", "test", "-", "--", "?"}
)
"""Values that stand for 'nothing was filled in'; accepted, they would become learnings."""

CURRENCIES = re.compile(r"^[A-Z]{3}$")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")


def clean_text(value: Any) -> Any:
    """Refuse control characters: they forge log lines and file names."""
    if isinstance(value, str) and _CONTROL.search(value):
        raise ValueError("contains control characters")
    return value


def _real_name(value: Any) -> Any:
    """Refuse placeholders such as 'string' or 'unknown'; outer white space is cut, so nothing but space is nothing."""
    value = clean_text(value)
    if not isinstance(value, str):
        return value
    name = value.strip()
    if name.casefold() in PLACEHOLDERS:
        raise ValueError(f"'{name}' is a placeholder, not a name; leave the field out or give the real value")
    return name


def _no_dust(value: float) -> float:
    """Rounding dust as 0.0; divided by, it would give rates beyond every float."""
    return value if value >= DUST else 0.0


def _at_most(limit: int) -> BeforeValidator:
    """Count before looking inside, so that a list of 100,000 wrong items costs one error and not 100,000."""

    def check(value: Any) -> Any:
        if isinstance(value, (list, tuple)) and len(value) > limit:
            raise ValueError(f"{len(value)} given, at most {limit} are accepted")
        return value

    return BeforeValidator(check)


_Stripped = StringConstraints(strip_whitespace=True, min_length=1, max_length=200)
Name = Annotated[str, BeforeValidator(_real_name), _Stripped]
AttributeText = Annotated[Name, NUMBERS_AS_TEXT]
AttributeValue = Annotated[Annotated[AttributeText, ONE] | Annotated[list[AttributeText], MANY], BY_SHAPE]
Text = Annotated[str, BeforeValidator(clean_text), StringConstraints(strip_whitespace=True, max_length=5_000)]
_Identity = StringConstraints(strip_whitespace=True, min_length=1, max_length=300)
CampaignId = Annotated[str, BeforeValidator(_real_name), _Identity]
ConversionKind = Annotated[str, BeforeValidator(_real_name), _Stripped, AfterValidator(normal_kind)]
Count = Annotated[float, Field(ge=0, le=MAX_COUNT, allow_inf_nan=False, strict=True), AfterValidator(_no_dust)]
WholeCount = Annotated[int, Field(ge=0, le=MAX_COUNT, strict=True)]
Money = Annotated[float, Field(ge=0, le=MAX_MONEY, allow_inf_nan=False, strict=True), AfterValidator(_no_dust)]


class Strict(BaseModel):
    """Base of everything that comes in: immutable, no unknown fields, no coercion, no NaN."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid", allow_inf_nan=False)


class Metrics(Strict):
    """Counts and amounts of one campaign, or of one row of its breakdown.

    Null means that nobody counted it, which is not zero. What the specification requires has to be stated all the same:
    null is an answer, leaving it out is none.
    """

    impressions: WholeCount | None
    clicks: WholeCount | None
    conversions: Count | None
    spend: Money | None
    revenue: Money | None = None

    @property
    def unknown(self) -> tuple[str, ...]:
        """The required counts that are not known."""
        return tuple(name for name in REQUIRED_COUNTS if getattr(self, name) is None)

    @model_validator(mode="after")
    def _clicks_within_impressions(self) -> "Metrics":
        if self.clicks is not None and self.impressions is not None and self.clicks > self.impressions:
            raise ValueError(f"clicks ({self.clicks}) exceed impressions ({self.impressions})")
        return self


class Audience(Strict):
    """Who was addressed: a name and any attributes (age, city tier, segment ...)."""

    name: Name
    attributes: dict[Name, AttributeValue] = Field(default_factory=dict, max_length=50)


class Creative(Strict):
    """What was shown: its id, type and text, as the advertiser names them."""

    id: Name
    type: Name
    headline: Text = ""
    primary_text: Text = ""
    attributes: dict[Name, AttributeText] = Field(default_factory=dict, max_length=50)


class BreakdownRow(Strict):
    """Facts of one audience x creative cell; either may be left out, not both."""

    audience: Name | None = None
    creative: Name | None = None
    metrics: Metrics

    @model_validator(mode="after")
    def _names_something(self) -> "BreakdownRow":
        if self.audience is None and self.creative is None:
            raise ValueError("a breakdown row names an audience, a creative, or both")
        return self


class ConversionsInDoubt(Strict):
    """Days on which a campaign's conversions look lost, or counted too often, and what was spent on them."""

    first: Day = Field(strict=False)
    last: Day = Field(strict=False)
    spend: Money

    @model_validator(mode="after")
    def _in_order(self) -> "ConversionsInDoubt":
        if self.last < self.first:
            raise ValueError("last is before first")
        return self


class Campaign(Strict):
    """One campaign: what was forecast, what happened, to whom, with what.

    The specification calls it CampaignPerformanceInput.
    """

    campaign_id: CampaignId
    platform: Name
    objective: Name
    expected_metrics: Metrics
    actual_metrics: Metrics
    audiences: Annotated[tuple[Audience, ...], _at_most(MAX_AUDIENCES)] = Field(
        default=(), max_length=MAX_AUDIENCES, strict=False
    )
    creatives: Annotated[tuple[Creative, ...], _at_most(MAX_CREATIVES)] = Field(
        default=(), max_length=MAX_CREATIVES, strict=False
    )
    timestamp: Instant
    breakdown: Annotated[tuple[BreakdownRow, ...], _at_most(MAX_CELLS)] = Field(
        default=(), max_length=MAX_CELLS, strict=False
    )
    planner: Name | None = Field(default=None, description="who made the forecast")
    currency: Annotated[str, Field(pattern=CURRENCIES)] | None = None
    period_start: Instant | None = None
    period_end: Instant | None = None
    source: Name | None = Field(default=None, description="where the facts come from")
    recommendation_ids: tuple[Name, ...] = Field(
        default=(), max_length=100, strict=False, description="recommendations this campaign acted on"
    )
    name: Name | None = Field(default=None, description="what people call it")
    account_id: Name | None = Field(default=None, description="the advertising account it ran in")
    unit_id: CampaignId | None = Field(default=None, description="the real campaign behind monthly or daily rows")
    conversion_kind: ConversionKind | None = Field(default=None, description="what it counts: purchase, lead ...")
    mature_on: Day | None = Field(default=None, strict=False, description="the day its conversions are complete")
    conversions_in_doubt: ConversionsInDoubt | None = Field(
        default=None, description="days whose conversions look lost or doubled: asked about, and held where they matter"
    )

    @field_validator("audiences", "creatives")
    @classmethod
    def _distinct(cls, value: tuple[Any, ...]) -> tuple[Any, ...]:
        keys = [item.name if isinstance(item, Audience) else item.id for item in value]
        if double := next((key for key, count in Counter(keys).items() if count > 1), None):
            raise ValueError(f"'{double}' is given twice")
        return value

    @model_validator(mode="after")
    def _coherent(self) -> "Campaign":
        if self.period_start and self.period_end and self.period_end < self.period_start:
            raise ValueError("period_end is before period_start")
        self._check_breakdown_names()
        self._check_breakdown_totals()
        return self

    def _check_breakdown_names(self) -> None:
        audiences = {audience.name for audience in self.audiences}
        creatives = {creative.id for creative in self.creatives}
        keys: set[tuple[str | None, str | None]] = set()
        for index, row in enumerate(self.breakdown):
            if row.audience is not None and row.audience not in audiences:
                raise ValueError(f"breakdown[{index}].audience '{row.audience}' is not among the audiences")
            if row.creative is not None and row.creative not in creatives:
                raise ValueError(f"breakdown[{index}].creative '{row.creative}' is not among the creatives")
            if (row.audience, row.creative) in keys:
                raise ValueError(f"breakdown[{index}] repeats {row.audience!r} x {row.creative!r}")
            keys.add((row.audience, row.creative))

    def _check_breakdown_totals(self) -> None:
        for name in ("impressions", "clicks", "conversions", "spend", "revenue"):
            total = getattr(self.actual_metrics, name)
            parts = [getattr(row.metrics, name) for row in self.breakdown]
            listed = sum(part for part in parts if part is not None)
            if total is None and any(part is not None for part in parts):
                raise ValueError(f"breakdown gives {name}, actual_metrics does not")
            if total is not None and listed > total * TOTAL_TOLERANCE + 0.01:
                raise ValueError(f"breakdown {name} add up to {listed:g}, more than the campaign's {total:g}")

    @property
    def display_name(self) -> str:
        """What people call it: its name, or its id where it has none."""
        return self.name or self.campaign_id

    @property
    def unit(self) -> str:
        """The real campaign it belongs to: rows of several months have one."""
        return self.unit_id or self.campaign_id

    def coverage(self) -> float | None:
        """Share of the campaign's impressions that the breakdown accounts for; None without either."""
        total = self.actual_metrics.impressions
        if not self.breakdown or total is None:
            return None
        return min(1.0, sum(row.metrics.impressions or 0 for row in self.breakdown) / total) if total else 1.0

    def content(self) -> Content:
        """The canonical JSON form and its hash; to be carried along where both are needed, for making it takes time."""
        text = self.canonical_json()
        return Content(text, hash_of(text))

    def content_hash(self) -> str:
        """SHA-256 of the canonical JSON form: equal campaigns, equal hash."""
        return hash_of(self.canonical_json())

    def canonical_json(self) -> str:
        """One text per campaign content: sorted keys, no unset optional fields; a count not known is null."""
        body = self.model_dump(mode="json", exclude_none=True)
        rows = (row["metrics"] for row in body["breakdown"])
        for metrics in (body["expected_metrics"], body["actual_metrics"], *rows):
            for name in REQUIRED_COUNTS:
                metrics.setdefault(name, None)
        return canonical(body)


CampaignPerformanceInput = Campaign
"""The specification's name for the request model."""
