"""What comes in for planning: one planned campaign or several, with the planner's figures if there are any.

Strict like `campaign`: a plan is a campaign that has not happened yet. Knows pydantic, campaigns and signals; must not
know how a plan is evaluated.
"""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import Field, field_validator, model_validator

from reflection.domain import signals
from reflection.domain.campaign import (
    CURRENCIES,
    DUST,
    MAX_AUDIENCES,
    MAX_CREATIVES,
    MAX_MONEY,
    Audience,
    CampaignId,
    ConversionKind,
    Count,
    Creative,
    Metrics,
    Money,
    Name,
    Strict,
)
from reflection.domain.campaign_load import statements
from reflection.domain.evidence import SECONDS_A_DAY, Counts, days_of
from reflection.domain.instants import Instant
from reflection.domain.metrics import FROM_CONVERSIONS, PLAN_METRICS, totals
from reflection.domain.planner_forecast import PlannerForecast
from reflection.domain.real_campaign import real_campaign

MAX_PLANS = 200
Budget = Annotated[float, Field(ge=DUST, le=MAX_MONEY, allow_inf_nan=False, strict=True)]
Rate = Annotated[float, Field(ge=DUST, le=1e9, allow_inf_nan=False, strict=True)]


class Figures(Strict):
    """The planner's expected figures; give counts, or rates from which counts follow with the budget."""

    impressions: Count | None = None
    clicks: Count | None = None
    conversions: Count | None = None
    revenue: Money | None = None
    ctr: Rate | None = Field(default=None, description="share of impressions, 0.02 for 2 %")
    cvr: Rate | None = Field(default=None, description="share of clicks")
    cpa: Rate | None = None
    roas: Rate | None = None


class Plan(Strict):
    """One planned campaign; a campaign without `actual_metrics` is one, as it stands."""

    plan_id: Name | None = None
    platform: Name
    objective: Name
    audiences: tuple[Audience, ...] = Field(default=(), max_length=MAX_AUDIENCES, strict=False)
    creatives: tuple[Creative, ...] = Field(default=(), max_length=MAX_CREATIVES, strict=False)
    budget: Budget
    currency: Annotated[str, Field(pattern=CURRENCIES)] | None = None
    planner: Name | None = None
    expected: Figures | None = None
    targets: dict[str, Rate] = Field(default_factory=dict, description="metric -> value that should be reached")
    campaign_id: CampaignId | None = Field(default=None, description="names the plan where plan_id does not")
    expected_metrics: Metrics | None = Field(
        default=None, description="the planner's figures as a campaign states them; its spend is the budget"
    )
    timestamp: Instant | None = None
    period_start: Instant | None = Field(default=None, description="when it begins: months differ")
    period_end: Instant | None = None
    name: Name | None = Field(default=None, description="what people call it")
    account_id: Name | None = None
    unit_id: CampaignId | None = Field(default=None, description="the real campaign this is planned for")
    conversion_kind: ConversionKind | None = Field(default=None, description="purchase, lead, app_install ...")

    @model_validator(mode="before")
    @classmethod
    def _as_a_campaign(cls, value: Any) -> Any:
        """The budget from the expected spend of a campaign that has not run yet."""
        expected = value.get("expected_metrics") if isinstance(value, Mapping) else None
        spend = expected.get("spend") if isinstance(expected, Mapping) else None
        return value if spend is None or "budget" in value else {**value, "budget": spend}

    @model_validator(mode="after")
    def _coherent(self) -> "Plan":
        if self.expected is not None and self.expected_metrics is not None:
            raise ValueError("give expected or expected_metrics, not both")
        if self.period_start and self.period_end and self.period_end < self.period_start:
            raise ValueError("period_end is before period_start")
        return self

    @field_validator("targets")
    @classmethod
    def _known(cls, value: dict[str, float]) -> dict[str, float]:
        unknown = sorted(set(value) - set(PLAN_METRICS))
        if unknown:
            raise ValueError(f"'{unknown[0]}' is no target; use {', '.join(PLAN_METRICS)}")
        return value

    def shares(self) -> dict[str, float]:
        """Membership shares of its signals, by key."""
        mix = signals.of_cell(self.platform, self.objective, list(self.audiences), list(self.creatives))
        return {signal.key: share for signal, share in mix.items()}

    @property
    def days(self) -> tuple[int, int] | None:
        """First and last day it is planned for, as of a campaign; None where it does not say."""
        stated = self.period_start or self.period_end or self.timestamp
        day = None if stated is None else int(stated.timestamp() // SECONDS_A_DAY)
        return days_of(self.period_start, self.period_end) or (None if day is None else (day, day))

    @property
    def words(self) -> str:
        """What campaigns like it are searched by."""
        names = [audience.name for audience in self.audiences] + [creative.type for creative in self.creatives]
        return " ".join([self.platform, self.objective, *names])

    @property
    def real_campaign(self) -> int:
        """A number for the real campaign it is planned for, as of the campaigns' rows (`real_campaign`)."""
        platform = signals.of_platform(self.platform).key
        return real_campaign(platform, self.account_id, self.name, self.unit_id, self.campaign_id)

    def promise(self) -> PlannerForecast:
        """What the planner promises; counts left out are 0, which promises nothing."""
        return PlannerForecast(
            signals.of_platform(self.platform).key,
            signals.of_objective(self.objective).key,
            None if self.planner is None else signals.normalise(self.planner),
            self.currency,
            self._counts(),
        )

    def _counts(self) -> Counts:
        """The planner's counts; where figures contradict each other, conversions count more than impressions."""
        stated = self.expected or self.expected_metrics
        figures = {} if stated is None else stated.model_dump(exclude_none=True)
        order = [route for route in FROM_CONVERSIONS if route[0] not in figures]  # a stated figure stands, zero too
        counts = totals({**figures, "spend": self.budget}, order)
        return Counts(
            counts.get("impressions", 0.0),
            counts.get("clicks", 0.0),
            counts.get("conversions", 0.0),
            self.budget,
            counts.get("revenue"),
        )


MOST_STATEMENTS = 10_000
"""What the audiences and creatives of all plans of one request may say together: each is looked up, and told of."""


class PlanRequest(Strict):
    """Several plans at once, or one."""

    # Not by `min_length`: a list whose only item is refused would also be called empty.
    plans: tuple[Plan, ...] = Field(max_length=MAX_PLANS, strict=False, json_schema_extra={"minItems": 1})

    @field_validator("plans")
    @classmethod
    def _some(cls, value: tuple[Plan, ...]) -> tuple[Plan, ...]:
        if not value:
            raise ValueError("give at least one plan")
        count = sum(statements(plan.audiences) + statements(plan.creatives) for plan in value)
        if count > MOST_STATEMENTS:
            raise ValueError(
                f"the audiences and creatives of all plans say {count} things together (names, types, values of "
                f"attributes); at most {MOST_STATEMENTS} can be answered at once"
            )
        return value

    @model_validator(mode="after")
    def _distinct(self) -> "PlanRequest":
        names = [name for name, _ in self.named()]
        if len(set(names)) != len(names):
            raise ValueError(f"plan_id '{next(name for name in names if names.count(name) > 1)}' is given twice")
        return self

    def named(self) -> list[tuple[str, Plan]]:
        """Every plan with its id; one without is numbered."""
        return [
            (plan.plan_id or plan.campaign_id or f"plan-{index}", plan)
            for index, plan in enumerate(self.plans, start=1)
        ]
