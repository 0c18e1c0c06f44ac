"""A randomised experiment: what was compared, how it was split, and what came out; and what is asked of the next one.

Three kinds. An ``ab`` test compares things that can be booked (two creatives, three audiences); a ``lift`` study and a
``geo`` test compare people or places that ads were shown to with others that saw none. Without results it is a test
that was ordered. Must not know what is learnt from it, nor where it is kept.
"""

from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from reflection.domain.campaign import CURRENCIES, MAX_COUNT, MAX_MONEY, ConversionKind, Count, Money, Name, Strict
from reflection.domain.canonical_json import Content, canonical, hash_of
from reflection.domain.events import Event
from reflection.domain.instants import Day
from reflection.domain.metrics import ObservedMetric

ExperimentKind = Literal["ab", "lift", "geo"]
MOST_ARMS = 20
MOST_EXPERIMENTS = 5_000
"""Experiments of one workspace."""

MOST_AT_ONCE = 1_000
"""Experiments of one request: each is answered with what it says, in about two milliseconds."""

SMALLEST, SMALLEST_EFFECT = 1e-9, 1e-6
"""Of lifts, errors and shares, and of effects worth a test: the square of less may be nothing to a computer."""


def _measurable(least: float) -> AfterValidator:
    """Refuses what is above nothing and still less than anybody can measure."""

    def checked(value: float) -> float:
        if value < least:
            raise ValueError(f"is less than can be measured: at least {least:g}")
        return value

    return AfterValidator(checked)


_Positive = Annotated[float, Field(gt=0, le=1e6, allow_inf_nan=False, strict=True), _measurable(SMALLEST)]
_Error = Annotated[float, Field(gt=0, le=MAX_MONEY, strict=True), _measurable(SMALLEST)]
SmallestEffect = Annotated[float, Field(gt=0, le=3, strict=True), _measurable(SMALLEST_EFFECT)]
ShareOfTest = Annotated[float, Field(gt=0, lt=1, strict=True), _measurable(SMALLEST)]
_Amount = Annotated[float, Field(ge=-MAX_COUNT, le=MAX_COUNT, allow_inf_nan=False, strict=True)]
SignalKey = Annotated[str, StringConstraints(pattern=r"^[^:*\x00-\x1f]+:[^*\x00-\x1f]+$", max_length=310)]
ExperimentId = Annotated[str, StringConstraints(strip_whitespace=True, pattern=r"^[\w][\w .:\-]{0,99}$")]
COUNTS = ("units", "impressions", "clicks", "conversions", "spend", "revenue", "lift", "incremental")
"""What an arm with results gives at least one of."""


class Arm(Strict):
    """One arm: what it booked, how large it was, and its counts or the estimate somebody made of them."""

    name: Name
    control: Annotated[bool, Field(description="what the others are compared with; of a study, who saw no ads")] = False
    platform: Name | None = None
    audience: Annotated[Name | None, Field(description="the name of an audience, as campaigns give it")] = None
    creative: Annotated[Name | None, Field(description="the id of a creative, as campaigns give it")] = None
    signals: Annotated[
        tuple[SignalKey, ...], Field(strict=False, max_length=20, description="such as `creative.type:video`")
    ] = ()
    share: Annotated[_Positive | None, Field(description="planned share of those assigned; null: like the others")] = (
        None
    )
    units: Annotated[Count | None, Field(description="people, sessions or places assigned by lot")] = None
    impressions: Count | None = None
    clicks: Count | None = None
    conversions: Count | None = None
    spend: Money | None = None
    revenue: Money | None = None
    lift: Annotated[_Positive | None, Field(description="of `metric` over the control: 1.12 is 12 % more")] = None
    standard_error: Annotated[_Positive | None, Field(description="of the logarithm of `lift`")] = None
    low: Annotated[_Positive | None, Field(description="lower limit of `lift`, 90 %")] = None
    high: Annotated[_Positive | None, Field(description="upper limit of `lift`, 90 %")] = None
    incremental: Annotated[_Amount | None, Field(description="conversions that ads brought, as a study found")] = None
    incremental_error: Annotated[_Error | None, Field(description="standard error of `incremental`")] = None
    attributed: Annotated[Count | None, Field(description="conversions that the platform claims for the same ads")] = (
        None
    )

    @property
    def booked(self) -> tuple[object, ...]:
        """What it booked, to compare arms by."""
        return self.platform, self.audience, self.creative, tuple(sorted(self.signals))

    @property
    def has_results(self) -> bool:
        """Whether anything was counted or estimated."""
        return any(getattr(self, name) is not None for name in COUNTS)

    @model_validator(mode="after")
    def _estimates_have_errors(self) -> "Arm":
        limits = self.low is not None and self.high is not None
        if self.lift is not None and not (limits or self.standard_error is not None):
            raise ValueError("a lift needs its standard error (of its logarithm), or its 90 % limits low and high")
        if self.low is not None and self.high is not None and not self.low < self.high:
            raise ValueError("the lower limit is below the upper one")
        if self.incremental is not None and self.incremental_error is None:
            raise ValueError("incremental conversions need incremental_error, their standard error")
        if self.clicks is not None and self.impressions is not None and self.clicks > self.impressions:
            raise ValueError("more clicks than impressions")
        return self


class Experiment(Strict):
    """A randomised experiment; one with the same `experiment_id` replaces it."""

    experiment_id: Annotated[
        ExperimentId | None, Field(description="your name for it; without one it is made of the content")
    ] = None
    name: Name
    kind: ExperimentKind = "ab"
    platform: Annotated[Name | None, Field(description="where it ran; null where that does not matter")] = None
    conversion_kind: Annotated[ConversionKind | None, Field(description="what it counts, such as `lead`")] = None
    metric: Annotated[ObservedMetric | None, Field(description="what the lifts of the arms are of")] = None
    start: Annotated[Day | None, Field(strict=False)] = None
    end: Annotated[Day | None, Field(strict=False)] = None
    days: Annotated[int | None, Field(ge=1, le=1000, description="how long it is to run")] = None
    budget: Annotated[Money | None, Field(description="what it is to cost, of all arms")] = None
    currency: Annotated[str, Field(pattern=CURRENCIES)] | None = None
    smallest_effect: Annotated[
        SmallestEffect, Field(description="log lift that is worth knowing; sets when one may stop")
    ] = 0.1
    accept_split: Annotated[bool, Field(description="learn from it although its split is not as planned")] = False
    arms: Annotated[tuple[Arm, ...], Field(strict=False, min_length=2, max_length=MOST_ARMS)]

    @model_validator(mode="after")
    def _makes_sense(self) -> "Experiment":
        names = [arm.name for arm in self.arms]
        if len(set(names)) < len(names):
            raise ValueError("every arm has a name of its own")
        if self.start is not None and self.end is not None and self.end < self.start:
            raise ValueError("it ends before it begins")
        controls = sum(arm.control for arm in self.arms)
        lifts = [arm.lift is not None for arm in self.arms if not arm.control]
        if controls > 1:
            raise ValueError("only one arm is the control")
        if any(lifts) and (self.metric is None or not controls or not all(lifts)):
            raise ValueError("lifts need `metric`, one arm that is the control, and one for every other arm")
        if self.kind != "ab" and not controls:
            raise ValueError("a lift or geo study has a control: those who saw no ads")
        if self.kind == "ab" and len({arm.booked for arm in self.arms}) < 2:
            raise ValueError("the arms of a test differ in a platform, an audience, a creative or signals")
        return self

    @property
    def has_results(self) -> bool:
        """Whether anything came out; else it is a test that was ordered."""
        return any(arm.has_results for arm in self.arms)

    @property
    def control(self) -> Arm:
        """What the other arms are compared with: the one that says so, or the first by name."""
        return min(self.arms, key=lambda arm: (not arm.control, arm.name))

    def content(self) -> Content:
        """Its content without the defaults, the arms by name, and the hash of that."""
        body = self.model_dump(mode="json", exclude_defaults=True)
        text = canonical(body | {"arms": sorted(body["arms"], key=lambda arm: str(arm["name"]))})
        return Content(text, hash_of(text))

    @property
    def id(self) -> str:
        """Its own name, or one made of the content."""
        return self.experiment_id or f"exp_{self.content().hash[:16]}"


@dataclass(frozen=True, slots=True)
class StoredExperiments:
    """All experiments of a workspace, and the events that people wrote down.

    Attributes:
        bodies: canonical JSON of each experiment, in the order of their ids.
        changes: how often either were changed so far: what a fit has taken in is compared with it.
        events: in any order.
    """

    bodies: tuple[str, ...] = ()
    changes: int = 0
    events: tuple[Event, ...] = ()


class TestOrder(Strict):
    """A test to run next; what is left out is as the engine proposes it."""

    __test__ = False  # pytest would take it for a class of tests

    signal: Annotated[SignalKey | None, Field(description="what to test; the proposed one without it")] = None
    against: Annotated[SignalKey | None, Field(description="what to compare it with")] = None
    budget: Annotated[Money | None, Field(description="what all arms together may cost")] = None
    days: Annotated[int | None, Field(ge=1, le=1000)] = None
    share: Annotated[ShareOfTest | None, Field(description="of what is tested")] = None
    smallest_effect: Annotated[SmallestEffect, Field(description="log lift worth knowing")] = 0.1
